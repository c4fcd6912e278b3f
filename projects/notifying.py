"""Telling people: something waits for their attention."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, User
from projects import live
from projects.models import Comment, MailChoice, Notification, Project


def notify(
    *,
    project: Project,
    people: Iterable[UUID],
    kind: Notification.Kind,
    text: str,
    link: str,
    actor: User | None = None,
    comment: Comment | None = None,
    mailed: bool = False,
) -> list[Notification]:
    """Tell members of the project's team something, in the caller's transaction; their open pages hear it after that.

    Args:
        project: where it happened.
        people: ids; whoever is no member any more, and whoever did it, hears nothing.
        kind: why they are told.
        text: what happened, in a sentence that needs no other; shortened to 300 characters.
        link: the address on this site where they see it.
        actor: who did it; None for the machine and for guests.
        comment: what was said, where something was.
        mailed: a mail of its own goes out for this, so that the digest leaves it out.
    """
    members = Membership.objects.filter(team=project.team_id, user__in=set(people), user__is_active=True)
    if actor is not None:
        members = members.exclude(user=actor)
    now = timezone.now() if mailed else None
    told = Notification.objects.bulk_create(
        Notification(
            user_id=user_id,
            project=project,
            kind=kind,
            text=text[:300],
            link=link,
            actor=actor,
            comment=comment,
            mailed_at=now,
        )
        for user_id in members.values_list("user", flat=True)
    )
    for one in told:
        message = {"type": "notified", "id": str(one.pk), "kind": one.kind, "text": one.text}
        transaction.on_commit(partial(live.tell, one.user_id, message, team_id=project.team_id))
    return told


def want_mail(people: Iterable[UUID], kind: Notification.Kind) -> set[UUID]:
    """Return those of these people who want mail about things of a kind."""
    wanted = set(people)
    for choice in MailChoice.objects.filter(user__in=wanted):
        if choice.pace == MailChoice.Pace.NEVER or kind in choice.muted:
            wanted.discard(choice.user_id)
    return wanted
