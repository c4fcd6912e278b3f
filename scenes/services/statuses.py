"""How far the work on shots is, whose it is and until when: what moves by itself, and what people say.

By itself: a shot that is asked for is in progress, and a new still or clip of it waits for review.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, User
from accounts.policies import REFUSALS, Right
from projects import events
from projects.access import OpenProject
from projects.models import Event, Notification
from projects.notifying import notify
from scenes.models import Shot
from scenes.services.changing import ShotError, hold

_S = Shot.Status
# What a reviewer says; the rest is for those who make the film.
REVIEWED = (_S.REVIEW, _S.CHANGES, _S.APPROVED)

# Ids of shots by what they had.
Before = dict[str, list[str]]


def work_begins(shot_ids: Iterable[UUID]) -> None:
    """Note, in the caller's transaction, that something was asked for. What was approved or waits stays so."""
    Shot.objects.filter(pk__in=list(shot_ids), status__in=[_S.TODO, _S.CHANGES]).update(
        status=_S.IN_PROGRESS, updated_at=timezone.now()
    )


def take_arrived(shot_id: UUID) -> None:
    """Note, in the caller's transaction, that there is a new picture to look at."""
    Shot.objects.filter(pk=shot_id).exclude(status=_S.REVIEW).update(status=_S.REVIEW, updated_at=timezone.now())


@transaction.atomic
def set_status(
    *, opened: OpenProject, shot_ids: Collection[UUID], status: str, taking_back: bool = False
) -> Event | None:
    """Say how far the work on some shots is.

    Args:
        opened: the shots' project, opened to review.
        shot_ids: some of the project's; others are passed over.
        status: one of ``Shot.Status``.
        taking_back: they were so before, and the person only takes back their own word.

    Returns:
        What was told; None where all of them were so already.

    Raises:
        ShotError: there is no such status, or no such shot.
        PermissionDenied: all but what a reviewer says is for those who make the film.
    """
    if status not in set(_S):
        raise ShotError(f"There is no such status. There are: {', '.join(_S)}.", "status")
    if status not in REVIEWED and not taking_back and not opened.allows(Right.CREATE):
        raise PermissionDenied(REFUSALS[Right.CREATE])
    changed, before = _set(opened, shot_ids, "status", status)
    return _told(opened, "shot_status_changed", changed, before, {"status": status, "said": _S(status).label})


@transaction.atomic
def assign(*, opened: OpenProject, shot_ids: Collection[UUID], person: UUID | None) -> Event | None:
    """Give shots to a member of the team, who hears of it once.

    Args:
        opened: the shots' project, opened to create.
        shot_ids: some of the project's; others are passed over.
        person: a member's id; None takes the shots from whoever had them.

    Returns:
        What was told; None where they had them already.

    Raises:
        ShotError: the person is no member of the team, or there is no such shot.
    """
    if person is not None and not members(opened).filter(pk=person).exists():
        raise ShotError("Only members of the team can be given a shot. Invite them first.", "person")
    changed, before = _set(opened, shot_ids, "assignee_id", person)
    name = members(opened).get(pk=person).shown_name if person else "nobody"
    if changed and person is not None:
        _tell_the_assignee(opened, person, changed)
    return _told(opened, "shot_assigned", changed, before, {"assigneeId": str(person or ""), "said": name})


@transaction.atomic
def set_due(*, opened: OpenProject, shot_ids: Collection[UUID], due_on: date | None) -> Event | None:
    """Say until when some shots are wanted.

    Args:
        opened: the shots' project, opened to create.
        shot_ids: some of the project's; others are passed over.
        due_on: the day; None for no day.

    Returns:
        What was told; None where it was so already.

    Raises:
        ShotError: there is no such shot.
    """
    changed, before = _set(opened, shot_ids, "due_on", due_on)
    return _told(opened, "shot_due_changed", changed, before, {"dueOn": str(due_on or "")})


def members(opened: OpenProject) -> QuerySet[User]:
    """Return the people to whom shots of a project can be given."""
    people = Membership.objects.filter(team=opened.project.team_id, user__is_active=True).values("user")
    return User.objects.filter(pk__in=people).order_by("name", "email")


def _set(opened: OpenProject, shot_ids: Collection[UUID], field: str, value: Any) -> tuple[list[Shot], Before]:
    """Set one field of some shots; return those that changed, and what they had before."""
    hold(opened.project)
    rows = list(Shot.objects.of(opened.project).filter(pk__in=shot_ids))
    if not rows:
        raise ShotError("Choose a shot first.")
    changed = [row for row in rows if getattr(row, field) != value]
    before: Before = defaultdict(list)
    for row in changed:
        before[str(getattr(row, field) or "")].append(str(row.pk))
    Shot.objects.filter(pk__in=[row.pk for row in changed]).update(**{field: value}, updated_at=timezone.now())
    return changed, before


def _told(
    opened: OpenProject, event_type: str, changed: Sequence[Shot], before: Before, said: dict[str, str]
) -> Event | None:
    """Tell what has changed, with what it was before, so that it can be taken back."""
    if not changed:
        return None
    payload = {
        "shotIds": [str(row.pk) for row in changed],
        "shots": len(changed),
        "label": changed[0].label,
        "before": dict(before),
        **said,
    }
    return events.record(opened.project.pk, event_type, payload, actor=opened.user)


def _tell_the_assignee(opened: OpenProject, person: UUID, shots: Sequence[Shot]) -> None:
    labels = [shot.label for shot in shots]
    project = opened.project
    if len(shots) == 1:
        what, link = f"shot {labels[0]}", reverse("scenes:shot", args=[project.pk, shots[0].pk])
    else:
        more = ", …" if len(labels) > 5 else ""
        what = f"{len(shots)} shots ({', '.join(labels[:5])}{more})"
        link = f"{reverse('scenes:storyboard', args=[project.pk])}?person=me"
    notify(
        project=project,
        people=[person],
        kind=Notification.Kind.ASSIGNED,
        text=f"{opened.user.shown_name} gave you {what} of {project.name}.",
        link=link,
        actor=opened.user,
    )
