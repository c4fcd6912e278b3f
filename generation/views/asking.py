"""Prices before, and orders after: the bar of the storyboard, the shot's buttons, the film's button."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.policies import Right
from generation import listing, offers, services
from generation.catalogue import ImpossibleRequest
from generation.cut import latest_render
from generation.models import Approval, Batch, Job
from generation.money.ledger import BudgetExceeded
from generation.services import NothingToDo
from projects.access import OpenProject, open_project
from scenes.models import Shot

REFUSED = 422
MOST_SHOTS = 20_000
AT_ONCE = ("1", "2", "4", "8", "16")


@login_required
@require_http_methods(["GET", "POST"])
def estimate(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with the bar: what the selection lacks and what it would cost. POST only for long selections."""
    opened = open_project(request.user, project_id, Right.SEE)
    data = request.POST or request.GET
    return _bar(request, opened, shots=shots_named(data.get("shots", "")), fresh=bool(data.get("fresh")))


@login_required
@require_POST
def generate(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Ask for what a button offers."""
    opened = open_project(request.user, project_id, Right.SPEND)
    shots, fresh = shots_named(request.POST.get("shots", "")), bool(request.POST.get("fresh"))
    said, status = "", 200
    try:
        batch = offers.accept(
            opened,
            choice=request.POST.get("choice", ""),
            shot_ids=shots,
            fresh=fresh,
            max_concurrent=_at_once(request),
        )
        said = batch_words(batch, f"Asked for: {batch.title}.")
    except (ImpossibleRequest, NothingToDo, BudgetExceeded) as error:
        said, status = str(error), REFUSED
    if request.POST.get("from") == "shot" and shots:
        return _answer(request, opened, said, status) or _making(request, opened, shots[0], said=said, status=status)
    return _answer(request, opened, said, status) or _bar(request, opened, shots=shots, said=said, status=status)


@login_required
@require_POST
def make_film(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The one button: whatever is missing, then the film."""
    opened = open_project(request.user, project_id, Right.SPEND)
    said, status = "The film is being made. You can leave this page; it goes on.", 200
    try:
        said = batch_words(services.make_film(opened=opened, max_concurrent=_at_once(request)), said)
    except (ImpossibleRequest, NothingToDo, BudgetExceeded) as error:
        said, status = str(error), REFUSED
    return _answer(request, opened, said, status) or _bar(request, opened, shots=None, said=said, status=status)


def _at_once(request: HttpRequest) -> int | None:
    """Return how many jobs of the batch may go on at once; None where the person leaves that open."""
    text = request.POST.get("at_once", "")
    return int(text) if text in AT_ONCE else None


def batch_words(batch: Batch, going: str) -> str:
    """Return what becomes of a batch: it goes, or waits for a word."""
    if batch.approval != Approval.WAITING:
        return going
    return f"“{batch.title}” waits for a producer’s yes. They have been written to; nothing is spent until then."


@login_required
@require_POST
def render_film(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Render the film as it is cut now."""
    opened = open_project(request.user, project_id, Right.SPEND)
    said, status = "", 200
    try:
        services.render(opened=opened)
    except (ImpossibleRequest, NothingToDo, BudgetExceeded) as error:
        said, status = str(error), REFUSED
    return _answer(request, opened, said, status) or _rendering(request, opened, said=said, status=status)


@login_required
@require_safe
def rendering(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Answer with the film's button, or with how far its rendering is."""
    return _rendering(request, open_project(request.user, project_id, Right.SEE))


@login_required
@require_safe
def making(request: HttpRequest, project_id: UUID, shot_id: UUID) -> HttpResponse:
    """Answer with one shot's jobs and what another take would cost."""
    return _making(request, open_project(request.user, project_id, Right.SEE), shot_id)


@login_required
@require_safe
def board(request: HttpRequest, project_id: UUID) -> JsonResponse:
    """Answer with what a storyboard shows of the jobs, as JSON: open and failed ones, and what is stale."""
    opened = open_project(request.user, project_id, Right.SEE)
    stale = offers.stale(opened)
    return JsonResponse(
        {
            "number": opened.project.last_event_number,
            "jobs": listing.on_the_board(opened.project),
            "stale": stale.kinds,
            "why": stale.why,
            "problem": stale.problem,
        }
    )


def _bar(
    request: HttpRequest,
    opened: OpenProject,
    *,
    shots: Sequence[UUID] | None,
    fresh: bool = False,
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    offer = offers.offer(opened, shot_ids=shots, fresh=fresh)
    latest = latest_render(opened.project) if offer.whole else None
    context = {
        "opened": opened,
        "offer": offer,
        "shown": not offer.everything.anything and latest is not None and not getattr(latest, "outdated", True),
        "shots": ",".join(str(shot) for shot in shots or ()),
        "said": said,
        "refused": status == REFUSED,
        "at_once": AT_ONCE,
    }
    return render(request, "generation/bar.html", context, status=status)


def _making(
    request: HttpRequest, opened: OpenProject, shot_id: UUID, *, said: str = "", status: int = 200
) -> HttpResponse:
    rows = listing.job_rows(listing.unsettled(opened.project).filter(shot=shot_id))
    offer = None
    if opened.can_spend:
        going_on = {row.job.fingerprint for row in rows}
        offer = offers.offer(opened, shot_ids=[shot_id], fresh=True, going_on=going_on)
    if not rows and not (offer and offer.prices) and not Shot.objects.of(opened.project).filter(pk=shot_id).exists():
        raise Http404("No such shot.")
    context = {
        "opened": opened,
        "shot_id": shot_id,
        "rows": rows,
        "offer": offer,
        "said": said,
        "refused": status == REFUSED,
    }
    return render(request, "generation/making.html", context, status=status)


def _rendering(request: HttpRequest, opened: OpenProject, *, said: str = "", status: int = 200) -> HttpResponse:
    jobs = Job.objects.filter(project=opened.project).exclude(film=None).order_by("-created_at")[:1]
    latest = latest_render(opened.project)
    context = {
        "opened": opened,
        "row": next(iter(listing.job_rows(jobs)), None),
        "offer": offers.offer(opened),
        "latest": latest,
        "shown": latest is not None and not getattr(latest, "outdated", True),
        "said": said,
        "refused": status == REFUSED,
    }
    return render(request, "generation/rendering.html", context, status=status)


def _answer(request: HttpRequest, opened: OpenProject, said: str, status: int) -> HttpResponse | None:
    """Return where to go on for a browser that sent a plain form; None for one that waits for a fragment."""
    if request.headers.get("HX-Request"):
        return None
    if said:
        (messages.error if status == REFUSED else messages.success)(request, said)
    return redirect("generation:jobs", opened.project.pk)


def shots_named(text: str) -> list[UUID] | None:
    """Return the shots that a form names, or None for all.

    Raises:
        BadRequest: more than any film has; databases take only so many in one question.
        Http404: one of them is no id.
    """
    parts = text.split(",")
    if len(parts) > MOST_SHOTS:
        raise BadRequest(f"At most {MOST_SHOTS} shots can be named. Leave them out to ask for the whole film.")
    try:
        return [UUID(part) for part in parts if part] or None
    except ValueError:
        raise Http404("No such shot.") from None
