"""The review: a take is approved or sent back with a note, and either can be taken back.

An approved take is the one that goes into the film, whoever approves it. The notes that led to it close with it. A
verdict names what its person has seen: two people who decide at once are told of each other, and neither is overruled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from projects import events
from projects.access import OpenProject
from projects.commenting import add_comment
from projects.models import Comment, Event, Notification, Subject
from projects.notifying import notify
from projects.subjects import find
from scenes import mirror
from scenes.models import Shot, Take
from scenes.services.changing import hold, refresh_status

APPROVED, CHANGES, NONE = Take.Verdict.APPROVED, Take.Verdict.CHANGES, Take.Verdict.NONE
KINDS = (Take.Kind.STILL, Take.Kind.CLIP)
_LONGEST_CHAIN = 50


class ReviewError(Exception):
    """A take cannot be judged like that. The message says what can be done."""


@transaction.atomic
def approve_take(*, opened: OpenProject, take: Take, seen: str | None = None) -> bool:
    """Say that a take is good: it goes into the film, and the notes that led to it are closed.

    A shot is approved with its clip; with its still only while it has no clip. Where a newer take waits for its review,
    the shot waits with it.

    Args:
        opened: the take's project, opened to review.
        take: a still or clip of the project's.
        seen: the verdict that the person saw; None where they do not say.

    Returns:
        Whether anything has changed.

    Raises:
        ReviewError: it is in the trash, or somebody else has judged it meanwhile.
    """
    shot, now = _held(opened, take), timezone.now()
    select = f"{take.kind}_id"
    before = {"verdict": take.verdict, "select": str(getattr(shot, select) or ""), "status": shot.status}
    if take.verdict == APPROVED and getattr(shot, select) == take.pk:
        return False
    _refuse_unseen(take, seen)
    _judge(take, APPROVED, opened, now)
    status = shot.status
    if take.kind == Take.Kind.CLIP or shot.clip_id is None:
        status = Shot.Status.REVIEW if _newer_waits(take) else Shot.Status.APPROVED
    Shot.objects.filter(pk=shot.pk).update(**{select: take.pk}, status=status, updated_at=now)
    closed = _close_notes(opened, take, now)
    refresh_status(shot.scene_id)
    mirror.want(shot.scene_id)
    _tell_people(opened, take, f"{opened.user.shown_name} approves {_name(take)}.")
    after = {"status": status, "notes": closed}
    events.record(opened.project.pk, "take_approved", {**_payload(take), "before": before, **after}, actor=opened.user)
    return True


@transaction.atomic
def send_back(
    *,
    opened: OpenProject,
    take: Take,
    text: str,
    time_ms: int | None = None,
    drawing: Sequence[Any] = (),
    seen: str | None = None,
) -> bool:
    """Say that a take needs another try, and why. It stays where it is until there is a better one.

    Args:
        opened: the take's project, opened to review.
        take: a still or clip of the project's.
        text: what is to be changed; may be empty beside a drawing, or where the take has an open note already.
        time_ms, drawing: as for ``add_comment``.
        seen: as for ``approve_take``.

    Returns:
        Whether anything has changed.

    Raises:
        ReviewError: nobody says why, it is in the trash, or somebody else has judged it meanwhile.
        CommentError: the note is too long.
    """
    shot, now = _held(opened, take), timezone.now()
    text = text.replace("\x00", "")
    says_why = bool(text.strip() or drawing)
    if take.verdict == CHANGES and not says_why:
        return False
    _refuse_unseen(take, seen)
    if not says_why and not _open_notes(opened, take).exists():
        raise ReviewError("Say what is to be changed: write a note, or draw on the frame.")
    before = {"verdict": take.verdict, "status": shot.status}
    _judge(take, CHANGES, opened, now)
    status = Shot.Status.REVIEW if _newer_waits(take) else Shot.Status.CHANGES
    Shot.objects.filter(pk=shot.pk).update(status=status, updated_at=now)
    found = find(opened.project, Subject.TAKE, take.pk)
    if says_why and found is not None:
        # Whose take it is hears of the verdict, which says the same.
        add_comment(
            opened=opened,
            kind=Subject.TAKE,
            subject_id=take.pk,
            found=replace(found, people=()),
            text=text,
            time_ms=time_ms,
            drawing=drawing,
        )
    why = f": {' '.join(text.split())}" if text.strip() else "."
    _tell_people(opened, take, f"{opened.user.shown_name} sends {_name(take)} back{why}")
    details = {**_payload(take), "before": before, "status": status}
    events.record(opened.project.pk, "take_sent_back", details, actor=opened.user)
    return True


@transaction.atomic
def withdraw_verdict(*, opened: OpenProject, take: Take) -> bool:
    """Take a verdict back, and what it brought about as far as nobody has changed it since.

    Args:
        opened: the take's project, opened to review.
        take: a still or clip of the project's.

    Returns:
        Whether there was a verdict.
    """
    shot = _held(opened, take)
    if take.verdict == NONE:
        return False
    type_of = {APPROVED: "take_approved", CHANGES: "take_sent_back"}
    told = Event.objects.filter(project=opened.project, type=type_of[Take.Verdict(take.verdict)])
    last = told.filter(payload__takeId=str(take.pk)).order_by("-number").first()
    payload = last.payload if last is not None else {}
    before = payload.get("before", {})
    changes: dict[str, Any] = {}
    if shot.status == payload.get("status"):
        changes["status"] = before.get("status") or Shot.Status.REVIEW
    select = f"{take.kind}_id"
    earlier = before.get("select", "")
    if earlier not in ("", str(take.pk)) and getattr(shot, select) == take.pk:
        there = Take.objects.kept().filter(pk=earlier, shot=shot, kind=take.kind)
        changes[select] = there.values_list("pk", flat=True).first() or take.pk
    Shot.objects.filter(pk=shot.pk).update(**changes, updated_at=timezone.now())
    if take.verdict == APPROVED:
        closed = Comment.objects.filter(project=opened.project, pk__in=payload.get("notes", []))
        closed.filter(resolved_at=take.verdict_at).update(resolved_at=None, resolved_by=None)
    Take.objects.filter(pk=take.pk).update(verdict=NONE, verdict_by=None, verdict_at=None)
    refresh_status(shot.scene_id)
    mirror.want(shot.scene_id)
    events.record(opened.project.pk, "verdict_withdrawn", _payload(take), actor=opened.user)
    return True


@transaction.atomic
def star_take(*, opened: OpenProject, take: Take, starred: bool) -> bool:
    """Mark a take as worth coming back to, or not any more.

    Args:
        opened: the take's project, opened to comment.
        take: one of the project's.
        starred: whether it is.

    Returns:
        Whether anything has changed.
    """
    hold(opened.project)
    rows = Take.objects.kept().filter(pk=take.pk, starred_at__isnull=starred)
    if not rows.update(starred_at=timezone.now() if starred else None):
        return False
    kind = "take_starred" if starred else "take_unstarred"
    events.record(opened.project.pk, kind, _payload(take), actor=opened.user)
    return True


def _held(opened: OpenProject, take: Take) -> Shot:
    """Return the take's shot, held with its project until the transaction ends, and read the take as it is now.

    Raises:
        ReviewError: the take is in the trash, or is no picture.
    """
    if take.kind not in KINDS:
        raise ReviewError("Stills and clips are reviewed; voices are heard in them.")
    hold(opened.project)
    shot = Shot.objects.get(pk=take.shot_id)
    take.refresh_from_db(fields=["verdict", "verdict_by", "verdict_at", "deleted_at", "note"])
    if take.deleted_at is not None:
        raise ReviewError("This take is in the trash. Take it out first.")
    return shot


def _refuse_unseen(take: Take, seen: str | None) -> None:
    if seen is None or seen == take.verdict:
        return
    who = take.verdict_by.shown_name if take.verdict_by else "Somebody"
    did = {APPROVED: "approved it", CHANGES: "sent it back", NONE: "took the verdict back"}
    raise ReviewError(f"{who} {did[Take.Verdict(take.verdict)]} a moment ago. Look again, then decide.")


def _judge(take: Take, verdict: Take.Verdict, opened: OpenProject, now: Any) -> None:
    take.verdict, take.verdict_by, take.verdict_at = verdict, opened.user, now
    take.save(update_fields=["verdict", "verdict_by", "verdict_at"])


def _newer_waits(take: Take) -> bool:
    newer = Take.objects.kept().filter(shot=take.shot_id, kind=take.kind, number__gt=take.number)
    return newer.filter(verdict=NONE).exists()


def _open_notes(opened: OpenProject, take: Take) -> Any:
    return Comment.objects.about(opened.project, Subject.TAKE, take.pk).filter(parent=None, resolved_at=None)


def _close_notes(opened: OpenProject, take: Take, now: Any) -> list[str]:
    """Close the note that asked for a take, and the one that asked for the take it was about, and so on."""
    chain: list[UUID] = []
    note = take.note
    while note is not None and note.pk not in chain and len(chain) < _LONGEST_CHAIN:
        chain.append(note.pk)
        about = Take.objects.filter(pk=note.subject_id, shot=take.shot_id).select_related("note").first()
        note = about.note if about is not None else None
    still_open = Comment.objects.filter(project=opened.project, pk__in=chain, resolved_at=None)
    closed = [str(pk) for pk in still_open.values_list("pk", flat=True)]
    still_open.update(resolved_at=now, resolved_by=opened.user)
    return closed


def _tell_people(opened: OpenProject, take: Take, text: str) -> None:
    people = {one for one in (take.created_by_id, take.shot.assignee_id) if one}
    link = f"{reverse('scenes:rushes', args=[opened.project.pk])}?show=all&take={take.pk}"
    kind = Notification.Kind.DECIDED
    notify(project=opened.project, people=people, kind=kind, text=text, link=link, actor=opened.user)


def _name(take: Take) -> str:
    return f"{take.get_kind_display().lower()} {take.number} of shot {take.shot.label}"


def _payload(take: Take) -> dict[str, Any]:
    return {
        "takeId": str(take.pk),
        "shotId": str(take.shot_id),
        "sceneId": str(take.shot.scene_id),
        "kind": take.kind,
        "number": take.number,
        "label": take.shot.label,
    }
