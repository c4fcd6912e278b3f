"""What guests do at a review link: come in, watch, comment, approve. Each leaves an event, as what members do does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from projects import commenting, events
from projects.guest_access import OpenReview, Review, TooManyTries, count_try
from projects.models import Comment, Guest, GuestVerdict, Notification, Project, ReviewLink
from projects.notifying import notify
from projects.oneline import one_line
from projects.subjects import Found

NAME_LIMIT = 80
# Who looks again after this long pays another visit.
VISIT_GAP = timedelta(minutes=30)
# A guest who writes much is one piece of news for an hour, not twenty.
NEWS_GAP = timedelta(hours=1)
# Tries of a password in ten minutes: from one place, from all, and from one place once all have tried that often.
_TRIES, _TRIES_IN_ALL, _TRIES_UNDER_ATTACK = 20, 200, 5
# A guest may take back what slipped out, until the team has surely begun to work with it.
TAKE_BACK_WITHIN = timedelta(minutes=15)
# Notes and verdicts of one guest in ten minutes.
_NOTES, _VERDICTS = 100, 200
_MUCH = "That was a lot at once. Wait a few minutes."
_WAIT = "Too many tries. Wait ten minutes, then try again."


class EntryRefused(Exception):
    """A guest does not come in like that. The message says why.

    Args:
        field: ``name`` or ``password``.
        message: for the person.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def enter(*, review: Review, name: str, password: str, address: str) -> Guest:
    """Let somebody in under the name that they give.

    Args:
        review: the link that they came by.
        name: how the team will see them.
        password: as typed; ignored where none is asked for.
        address: the network address that they come from; tries are counted by it.

    Raises:
        EntryRefused: the name or the password will not do.
        TooManyTries: from this address, or at this link, somebody has tried too often.
    """
    shown = one_line(name)
    if not any(letter.isprintable() for letter in shown.replace(" ", "")):
        raise EntryRefused("name", "Say who you are, so that the team knows whose notes these are.")
    if len(shown) > NAME_LIMIT:
        raise EntryRefused("name", f"A name has at most {NAME_LIMIT} characters.")
    # Counted before the password is looked at: hashing costs us more than a try costs them.
    count_try(f"enter:{review.link.pk}:{place_of(address)}", most=60, seconds=600, said=_WAIT)
    if review.link.password:
        _count_password(review.link, address)
        if not check_password(password, review.link.password):
            raise EntryRefused("password", "That is not the password. Ask the person who sent you the link.")
    return Guest.objects.create(link=review.link, name=shown)


def _count_password(link: ReviewLink, address: str) -> None:
    """Count a try by where it comes from. Tries from everywhere shut nobody out: strangers would lock the guests' door.

    They leave fewer to each place, so that whoever guesses from many places at once gets nowhere either.

    Raises:
        TooManyTries: from this place somebody has tried too often.
    """
    most = _TRIES
    try:
        count_try(f"password:{link.pk}", most=_TRIES_IN_ALL, seconds=600, said=_WAIT)
    except TooManyTries:
        most = _TRIES_UNDER_ATTACK
    count_try(f"password:{link.pk}:{place_of(address)}", most=most, seconds=600, said=_WAIT)


def place_of(address: str) -> str:
    """Return what a network address is counted by: itself, or for IPv6 the network that one household has."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    if not isinstance(ip, IPv6Address):
        return str(ip)
    mapped = ip.ipv4_mapped
    return str(mapped) if mapped else str(ip_network((ip.packed[:8] + bytes(8), 64)))


def count_view(*, review: OpenReview) -> bool:
    """Count a visit: the page was opened, and it is the first time in half an hour.

    Returns:
        Whether it was counted; of two pages that open at once only one is.
    """
    now = timezone.now()
    first_of_visit = Q(views=0) | Q(last_seen_at__lt=now - VISIT_GAP)
    rows = Guest.objects.filter(pk=review.guest.pk)
    if rows.filter(first_of_visit).update(views=F("views") + 1, last_seen_at=now):
        return True
    still_here(review=review)
    return False


def still_here(*, review: OpenReview) -> None:
    """Note that a guest's page is open."""
    Guest.objects.filter(pk=review.guest.pk).update(last_seen_at=timezone.now())


def notes_of(review: OpenReview) -> list[Comment]:
    """Return what a guest wrote and what was answered, the oldest first. What others say stays with the team."""
    own = Q(guest=review.guest, parent=None) | Q(parent__guest=review.guest, parent__deleted_at=None)
    return list(Comment.objects.of(review.project).filter(own).select_related("author", "guest").order_by("created_at"))


def add_guest_comment(
    *,
    review: OpenReview,
    kind: str,
    subject_id: UUID,
    found: Found,
    text: str,
    time_ms: int | None = None,
    drawing: Sequence[Any] = (),
    parent: Comment | None = None,
) -> Comment:
    """Say something as a guest.

    Args:
        review: the guest's.
        kind: one of ``Subject``.
        subject_id: what it is about; the caller has made sure that the link shows it.
        found: the same, as ``subjects.find`` found it.
        text: may be empty beside a drawing.
        time_ms: where in it, milliseconds.
        drawing: strokes on the frame, checked.
        parent: one of the guest's own notes.

    Raises:
        PermissionDenied: the link is for watching only.
        CommentError: there is nothing in it, or too much.
        TooManyTries: they write faster than anybody can.
    """
    if not review.link.may_comment:
        raise PermissionDenied("This link is for watching only.")
    count_try(f"note:{review.guest.pk}", most=_NOTES, seconds=600, said=_MUCH)
    return commenting.add_guest_comment(
        guest=review.guest,
        kind=kind,
        subject_id=subject_id,
        found=found,
        text=text,
        time_ms=None if parent else time_ms,
        drawing=drawing,
        parent=parent,
    )


def to_take_back(review: OpenReview, notes: Sequence[Comment]) -> set[UUID]:
    """Return the ids of what a guest may still take back of what ``notes_of`` gave.

    Who was answered, or heard that it is done, writes another note: others would lose their words with it.
    """
    answered = {note.parent_id for note in notes if note.guest_id != review.guest.pk}
    since = timezone.now() - TAKE_BACK_WITHIN
    return {
        note.pk
        for note in notes
        if note.guest_id == review.guest.pk
        and note.created_at > since
        and note.resolved_at is None
        and note.pk not in answered
    }


@transaction.atomic
def take_back_note(*, review: OpenReview, note_id: UUID) -> None:
    """Take back what the guest wrote a moment ago.

    Args:
        review: the guest's.
        note_id: one of their notes or answers.

    Raises:
        Comment.DoesNotExist: they have written no such thing.
        CommentError: it is too late, or somebody has answered.
    """
    Project.objects.select_for_update(no_key=True).get(pk=review.project.pk)
    notes = notes_of(review)
    note = next((one for one in notes if one.pk == note_id and one.guest_id == review.guest.pk), None)
    if note is None:
        raise Comment.DoesNotExist
    if note.pk not in to_take_back(review, notes):
        raise commenting.CommentError("The team has this note by now. Write another one that says what you mean.")
    commenting.take_back_guest_comment(comment=note, guest=review.guest)


def give_verdict(*, review: OpenReview, kind: str, subject_id: UUID, found: Found, verdict: str) -> None:
    """Approve something as a guest, or ask for changes; the last word counts. No shot changes its status by it.

    Args:
        review: the guest's.
        kind: one of ``Subject``.
        subject_id: what it is about; the caller has made sure that the link shows it.
        found: the same, as ``subjects.find`` found it.
        verdict: one of ``GuestVerdict.Verdict``; empty takes back what was said.

    Raises:
        PermissionDenied: the link does not ask for it.
        TooManyTries: they change their mind faster than anybody can.
    """
    if not review.link.may_approve:
        raise PermissionDenied("This link does not ask for approval.")
    count_try(f"verdict:{review.guest.pk}", most=_VERDICTS, seconds=600, said=_MUCH)
    subject: dict[str, Any] = {"guest": review.guest, "subject_kind": kind, "subject_id": subject_id}
    with transaction.atomic():
        if verdict:
            said = GuestVerdict.Verdict(verdict)
            GuestVerdict.objects.update_or_create(
                **subject, defaults={"verdict": said, "event_number": review.project.last_event_number}
            )
            words = "approved" if said == GuestVerdict.Verdict.APPROVED else "asked for changes on"
            _tell(review, f"{review.guest.name} (guest) {words} {found.label}")
        elif GuestVerdict.objects.filter(**subject).delete()[0]:
            words = "took back their verdict on"
        else:
            return
        events.record(
            review.project.pk,
            "guest_verdict",
            {
                "kind": kind,
                "subjectId": str(subject_id),
                "shotId": str(found.shot_id or ""),
                "verdict": verdict,
                "said": words,
                "about": found.label,
                "guest": review.guest.name,
                "linkId": str(review.link.pk),
            },
        )


@dataclass(frozen=True, slots=True)
class Said:
    """What a guest has said so far: their notes with answers, and their verdicts by what they are about."""

    notes: list[Comment]
    verdicts: dict[str, str]


def said_by(review: OpenReview) -> Said:
    """Return what a guest has said so far, in two queries."""
    verdicts = review.guest.verdicts.values_list("subject_id", "verdict")
    return Said(notes_of(review), {str(subject_id): verdict for subject_id, verdict in verdicts})


def _tell(review: OpenReview, text: str) -> None:
    """Tell the link's maker; of one guest's verdicts once an hour while that is not read."""
    maker = review.link.created_by_id
    if maker is None:
        return
    link = reverse("scenes:review_links", args=[review.project.pk]) + f"#guest-{review.guest.pk}"
    told = Notification.objects.filter(
        user=maker,
        kind=Notification.Kind.GUEST,
        link=link,
        read_at=None,
        created_at__gt=timezone.now() - NEWS_GAP,
    )
    count = review.guest.verdicts.count()
    if count > 1:
        text = f"{review.guest.name} (guest) has said what they think of {count} things"
    if not told.update(text=text[:300]):
        notify(project=review.project, people=[maker], kind=Notification.Kind.GUEST, text=text, link=link)
