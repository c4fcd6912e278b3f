"""Planning the work on shots: status, person, day; and taking back what was just done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.policies import Right
from projects.access import OpenProject, open_project
from projects.models import Event
from projects.undoing import say
from scenes.board import STATUSES
from scenes.models import Shot
from scenes.services import shot_order, statuses
from scenes.services.changing import ShotError
from scenes.services.taking_back import take_back, undo_address

REFUSED = 422
MOST_SHOTS = 20_000


@login_required
@require_POST
def shots_status(request: HttpRequest, project_id: UUID) -> HttpResponseBase:
    """Say how far the work on some shots is."""
    opened = open_project(request.user, project_id, Right.REVIEW)
    shots, status = shots_named(request), request.POST.get("status", "")
    return answered(
        request,
        opened,
        lambda: statuses.set_status(opened=opened, shot_ids=shots, status=status),
        lambda event: f"{_named(event)}: {STATUSES[Shot.Status(status)][0].lower()}.",
    )


@login_required
@require_POST
def shots_assign(request: HttpRequest, project_id: UUID) -> HttpResponseBase:
    """Give some shots to a member, or to nobody."""
    opened = open_project(request.user, project_id, Right.CREATE)
    shots, person = shots_named(request), _id_or_none(request.POST.get("person", ""))

    def said(event: Event) -> str:
        if person is None:
            return f"{_named(event)}: nobody’s now."
        name = "you" if person == opened.user.pk else statuses.members(opened).get(pk=person).shown_name
        return f"{_named(event)}: given to {name}."

    return answered(request, opened, lambda: statuses.assign(opened=opened, shot_ids=shots, person=person), said)


@login_required
@require_POST
def shots_due(request: HttpRequest, project_id: UUID) -> HttpResponseBase:
    """Say until when some shots are wanted."""
    opened = open_project(request.user, project_id, Right.CREATE)
    shots, text = shots_named(request), request.POST.get("due", "").strip()

    def change() -> Event | None:
        try:
            due_on = date.fromisoformat(text) if text else None
        except ValueError:
            raise ShotError("Write the day as year-month-day, for example 2027-03-31.", "due") from None
        return statuses.set_due(opened=opened, shot_ids=shots, due_on=due_on)

    return answered(
        request, opened, change, lambda event: f"{_named(event)}: due {text}." if text else f"{_named(event)}: no day."
    )


@login_required
@require_POST
def shots_omit(request: HttpRequest, project_id: UUID) -> HttpResponseBase:
    """Leave some shots out of the film, or take them back into it."""
    opened = open_project(request.user, project_id, Right.CREATE)
    shots = shots_named(request)
    if request.POST.get("restore"):
        return answered(
            request,
            opened,
            lambda: shot_order.restore_shots(opened=opened, shot_ids=shots),
            lambda event: f"{_named(event)}: back in the film.",
        )
    return answered(
        request,
        opened,
        lambda: shot_order.omit_shots(opened=opened, shot_ids=shots),
        lambda event: f"{_named(event)}: left out of the film.",
    )


@login_required
@require_POST
def undo(request: HttpRequest, project_id: UUID, number: int) -> HttpResponseBase:
    """Take back what the person did."""
    opened = open_project(request.user, project_id, Right.REVIEW)
    try:
        take_back(opened=opened, number=number)
    except ShotError as error:
        return refused(request, opened, error)
    return done(request, opened)


def answered(
    request: HttpRequest,
    opened: OpenProject,
    change: Callable[[], Event | None],
    said: Callable[[Event], str],
) -> HttpResponseBase:
    """Make a change; answer with what was done and the way back, or with why not."""
    try:
        event = change()
    except ShotError as error:
        return refused(request, opened, error)
    response = done(request, opened)
    return say(request, response, said(event), undo=undo_address(event)) if event else response


def done(request: HttpRequest, opened: OpenProject) -> HttpResponse:
    """Answer that it is done: the page hears of the change itself as everybody else does."""
    return HttpResponse(status=204) if request.headers.get("HX-Request") else back(request, opened)


def refused(request: HttpRequest, opened: OpenProject, error: ShotError) -> HttpResponse:
    """Answer with why something cannot be."""
    if request.headers.get("HX-Request"):
        return HttpResponse(str(error), status=REFUSED, content_type="text/plain; charset=utf-8")
    messages.error(request, str(error))
    return back(request, opened)


def back(request: HttpRequest, opened: OpenProject) -> HttpResponse:
    """Lead a plain form back to the scene or the shot that it came from."""
    for name in ("scene", "shot"):
        if row := _id_or_none(request.POST.get(f"from_{name}", "")):
            return redirect(f"scenes:{name}", opened.project.pk, row)
    return redirect("scenes:storyboard", opened.project.pk)


def shots_named(request: HttpRequest) -> list[UUID]:
    """Return the shots that a form names.

    Raises:
        Http404: one of them is no id, or there are more than any film has.
    """
    parts = [part for part in request.POST.get("shots", "").split(",") if part]
    if len(parts) > MOST_SHOTS:
        raise Http404("No such shots.")
    try:
        return [UUID(part) for part in parts]
    except ValueError:
        raise Http404("No such shot.") from None


def _id_or_none(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Http404("Nobody like that.") from None


def _named(event: Event) -> str:
    count = len(event.payload["shotIds"])
    return f"Shot {event.payload['label']}" if count == 1 else f"{count} shots"
