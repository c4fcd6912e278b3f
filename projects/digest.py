"""Mail about what waits for people, as they chose: at once, hourly, daily or never.

Each mail is claimed by a conditional update before it goes out: of two processes one sends it, and a crash in between
loses the mail and not the notifications, which wait in the product. Nothing is ever mailed twice.
"""

from __future__ import annotations

import logging
import smtplib
import socket
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.links import site_address
from accounts.models import User
from projects.models import MailChoice, Notification

logger = logging.getLogger(__name__)
OLDEST_DAYS = 3
MOST_IN_ONE = 40
MAIL_SECONDS = 10
_SALT = "projects.digest.unsubscribe"
_Pace = MailChoice.Pace
# With these nothing of the mail has reached the server, so that it may be sent again.
_NOT_SENT = (ConnectionRefusedError, socket.gaierror, smtplib.SMTPConnectError, smtplib.SMTPAuthenticationError)


def send_due(now: datetime | None = None) -> int:
    """Send what is due to everybody. May run in several processes at once.

    Args:
        now: the time to go by; None: the clock's.

    Returns:
        How many mails went out.
    """
    now = now or timezone.now()
    sent = 0
    oldest = now - timedelta(days=OLDEST_DAYS)
    waiting = Notification.objects.filter(mailed_at=None, read_at=None, created_at__gt=oldest, created_at__lte=now)
    for user_id in waiting.order_by().values_list("user", flat=True).distinct():
        try:
            sent += _send_to(user_id, now)
        except Exception:
            logger.exception("The digest for %s could not be sent; what waits is in the product", user_id)
    return sent


def token_of(user: User) -> str:
    """Return the word in a mail's link that ends these mails."""
    return signing.dumps(str(user.pk), salt=_SALT)


def user_of(token: str) -> User | None:
    """Return whose mails a link ends; None when it is not ours."""
    try:
        return User.objects.filter(pk=signing.loads(token, salt=_SALT)).first()
    except (signing.BadSignature, ValueError):
        return None


def is_due(choice: MailChoice, since: datetime, now: datetime) -> bool:
    """Return whether somebody's mail is due.

    Args:
        choice: how they want it.
        since: when the oldest of what waits came.
        now: the time.
    """
    if choice.pace == _Pace.AT_ONCE:
        return True
    if choice.pace == _Pace.HOURLY:
        return since <= now - timedelta(hours=1)
    if choice.pace == _Pace.DAILY:
        zone = _zone(choice.zone)
        local = now.astimezone(zone)
        due = datetime.combine(local.date(), time(choice.hour), tzinfo=zone)
        if due > local:
            due = datetime.combine(local.date() - timedelta(days=1), time(choice.hour), tzinfo=zone)
        return since < due and (choice.mailed_at is None or choice.mailed_at < due)
    return False


def _send_to(user_id: UUID, now: datetime) -> int:
    defaults = {"since": now - timedelta(days=OLDEST_DAYS)}
    choice, _ = MailChoice.objects.select_related("user").get_or_create(user_id=user_id, defaults=defaults)
    rows = _claim(choice, now) if choice.pace != _Pace.NEVER else []
    if not rows:
        return 0
    try:
        _send(choice.user, rows)
    except _NOT_SENT as error:
        logger.warning("The mail server cannot be reached, the digest is tried again: %s", error)
        Notification.objects.filter(pk__in=[row.pk for row in rows]).update(mailed_at=None)
        return 0
    return 1


@transaction.atomic
def _claim(choice: MailChoice, now: datetime) -> list[Notification]:
    """Take what is to be mailed; nothing when it is not time yet, or when somebody else has taken it."""
    rows = Notification.objects.for_user(choice.user).unread().filter(mailed_at=None, created_at__lte=now)
    rows = rows.filter(created_at__gte=max(choice.since, now - timedelta(days=OLDEST_DAYS)))
    found = list(rows.exclude(kind__in=choice.muted).select_related("project").order_by("project__name", "created_at"))
    if not found or not is_due(choice, min(row.created_at for row in found), now):
        return []
    if not MailChoice.objects.filter(pk=choice.pk, mailed_at=choice.mailed_at).update(mailed_at=now):
        return []
    Notification.objects.filter(pk__in=[row.pk for row in found], mailed_at=None).update(mailed_at=now)
    return found


def _send(user: User, rows: Sequence[Notification]) -> None:
    site = site_address()
    stop = site + reverse("projects:unsubscribe", args=[token_of(user)])
    context = {
        "user": user,
        "rows": rows[:MOST_IN_ONE],
        "left_out": max(0, len(rows) - MOST_IN_ONE),
        "site": site,
        "stop": stop,
        "settings_address": site + reverse("projects:notification_settings"),
        "all_address": site + reverse("projects:notifications"),
    }
    first = " ".join(rows[0].text.split())
    subject = first if len(rows) == 1 else f"{len(rows)} things wait for you"
    mail = EmailMessage(
        subject=f"Rushes · {subject}",
        body=render_to_string("projects/digest.txt", context),
        to=[user.email],
        headers={
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
        connection=get_connection(timeout=MAIL_SECONDS),
    )
    mail.send()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
