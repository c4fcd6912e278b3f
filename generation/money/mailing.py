"""E-mails about money, to those in a team who decide about it."""

from __future__ import annotations

from uuid import UUID

from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from accounts.models import Membership
from accounts.policies import GRANTS, Right

# A mail server that does not answer must not hold up whoever asked for a clip.
MAIL_SECONDS = 10


def mail_after_commit(team_id: UUID, right: Right, subject: str, text: str) -> None:
    """Write to everybody in a team who has a right, once the transaction is there to stay.

    A mail that cannot be sent is logged, and what was committed goes on.

    Args:
        team_id: which team.
        right: what they may.
        subject: in words; line breaks in names are taken out.
        text: plain.
    """
    transaction.on_commit(lambda: _send(team_id, right, " ".join(subject.split()), text), robust=True)


def _send(team_id: UUID, right: Right, subject: str, text: str) -> None:
    roles = [role for role, rights in GRANTS.items() if right in rights]
    people = Membership.objects.filter(team=team_id, role__in=roles, user__is_active=True)
    get_connection(timeout=MAIL_SECONDS).send_messages(
        [
            EmailMessage(subject, text, to=[address])
            for address in people.order_by("role", "created_at").values_list("user__email", flat=True)
        ]
    )
