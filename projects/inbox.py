"""A person's notifications: what waits, what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.db.models import Count, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from projects import live
from projects.models import MailChoice, Notification

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Some notifications, the latest first, and whether there are earlier ones."""

    rows: list[Notification]
    more: bool


def waiting_for(user: Any) -> int:
    """Return how many notifications a person has not read. One query."""
    return Notification.objects.for_user(user).unread().count()


def also_waiting_for(user: Any) -> Any:
    """Return the same number as a part of another query, so that it costs none of its own."""
    counted = Notification.objects.for_user(user).unread().order_by().values("user").annotate(count=Count("pk"))
    return Coalesce(Subquery(counted.values("count")), 0)


def page_of(user: User, *, unread: bool = False, before: UUID | None = None) -> Page:
    """Return a person's notifications, the latest first.

    Args:
        user: whose.
        unread: only those that were not read.
        before: only those that came before this one of theirs.
    """
    rows = Notification.objects.for_user(user).select_related("actor", "project__team", "comment__guest")
    if unread:
        rows = rows.unread()
    last = Notification.objects.filter(user=user, pk=before).first() if before else None
    if last is not None:
        rows = rows.filter(created_at__lte=last.created_at).exclude(pk=last.pk)
        rows = rows.exclude(created_at=last.created_at, pk__gt=last.pk)
    found = list(rows[: PAGE + 1])
    return Page(found[:PAGE], len(found) > PAGE)


def read(user: User, *only: UUID) -> int:
    """Note that a person has seen some of their notifications, or all; their other pages hear of it.

    Args:
        user: whose; those of one team while a token acts for them.
        only: ids of those that were seen; none: all.

    Returns:
        How many had not been read.
    """
    rows = Notification.objects.filter(user=user, read_at=None)
    if user.only_team is not None:
        rows = rows.filter(project__team=user.only_team)
    if only:
        rows = rows.filter(pk__in=only)
    with transaction.atomic():
        count = rows.update(read_at=timezone.now())
        if count:
            transaction.on_commit(lambda: live.tell(user.pk, {"type": "notifications_read"}))
    return count


def mail_choice_of(user: User) -> MailChoice:
    """Return how a person wants mail; the defaults, not saved, where they never chose."""
    return MailChoice.objects.filter(user=user).first() or MailChoice(user=user)


def zones() -> list[str]:
    """Return the names of the time zones, by name."""
    return sorted(name for name in available_timezones() if "/" in name or name == "UTC")


def choose_mail(*, user: User, pace: str, hour: int, zone: str, muted: list[str]) -> MailChoice:
    """Set how a person wants mail. What has waited longer than that is not mailed any more.

    Args:
        user: whose.
        pace: one of ``MailChoice.Pace``.
        hour: of the day where they are, for once a day.
        zone: a time zone's name; empty: the installation's.
        muted: kinds, of ``Notification.Kind``, of which they want no mail.
    """
    if zone:
        ZoneInfo(zone)
    chosen = {"pace": pace, "hour": hour, "zone": zone, "muted": muted, "since": timezone.now()}
    return MailChoice.objects.update_or_create(user=user, defaults=chosen)[0]


def stop_mail(user: User) -> None:
    """Send a person no mail about notifications any more."""
    MailChoice.objects.update_or_create(user=user, defaults={"pace": MailChoice.Pace.NEVER, "since": timezone.now()})
