"""E-mails to those in a team who decide: about money, and about what stops by itself."""

from __future__ import annotations

from uuid import UUID

from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from accounts.models import Membership, User
from accounts.policies import GRANTS, Right
from projects.models import Notification
from projects.notifying import want_mail

# A mail server that does not answer must not hold up whoever asked for a clip.
MAIL_SECONDS = 10


def deciders(team_id: UUID, right: Right) -> list[UUID]:
    """Return the ids of those in a team who have a right, the owners first."""
    roles = [role for role, rights in GRANTS.items() if right in rights]
    people = Membership.objects.filter(team=team_id, role__in=roles, user__is_active=True)
    return list(people.order_by("role", "created_at").values_list("user", flat=True))


def mail_after_commit(team_id: UUID, right: Right, subject: str, text: str, kind: Notification.Kind) -> None:
    """Write to everybody in a team who has a right and wants such mail, once the transaction is there to stay.

    A mail that cannot be sent is logged, and what was committed goes on.

    Args:
        team_id: which team.
        right: what they may.
        subject: in words; line breaks in names are taken out.
        text: plain.
        kind: what it is about, as people choose it.
    """
    transaction.on_commit(lambda: _send(team_id, right, " ".join(subject.split()), text, kind), robust=True)


def _send(team_id: UUID, right: Right, subject: str, text: str, kind: Notification.Kind) -> None:
    people = deciders(team_id, right)
    wanted = want_mail(people, kind)
    addresses = dict(User.objects.filter(pk__in=wanted).values_list("pk", "email"))
    get_connection(timeout=MAIL_SECONDS).send_messages(
        [EmailMessage(subject, text, to=[addresses[person]]) for person in people if person in addresses]
    )
