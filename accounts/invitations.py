"""A place in a team, offered by mail. The link is the proof that an address is one's own; only its hash is kept."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.access import OpenTeam
from accounts.models import Invitation, Membership, Role, Team, TeamEvent, User
from accounts.policies import GIVING_REFUSED, ROLES_IN_WORDS, Right, gives
from accounts.services import NotPossible, hold, note

logger = logging.getLogger(__name__)

VALID_FOR = timedelta(days=7)
# A mail server that does not answer must not hold up whoever invites.
MAIL_SECONDS = 10
MOST_FAILURES = 3

# Makes the address of an invitation's page from its token.
LinkFor = Callable[[str], str]


class NotOpen(Exception):
    """The link is unknown, used, taken back or too old; all look the same."""


class OtherAddress(Exception):
    """The link was made for an address that is not this person's."""


class HasAccount(Exception):
    """There is an account with the address already: they log in instead."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An invitation, and whether its mail has left."""

    invitation: Invitation
    mailed: bool


def invite(*, opened: OpenTeam, email: str, role: str, link_for: LinkFor) -> Sent:
    """Offer somebody a place in a team; whoever has an open invitation gets a new one.

    Nothing in the answer tells whether the address has an account here.

    Args:
        opened: the team, opened by somebody who manages it.
        email: a valid address.
        role: what they will be.
        link_for: makes the address of the invitation's page.

    Raises:
        NotPossible: they are in the team already.
        PermissionDenied: only an owner may invite for that role.
    """
    return invite_all(opened=opened, wanted=[(email, role)], link_for=link_for)[0]


def invite_all(*, opened: OpenTeam, wanted: Sequence[tuple[str, str]], link_for: LinkFor) -> list[Sent]:
    """Offer several people a place in a team: all of them, or nobody.

    Args:
        opened: the team, opened by somebody who manages it.
        wanted: addresses and roles, each address once.
        link_for: makes the address of an invitation's page.

    Raises:
        NotPossible: one of them is in the team already.
        PermissionDenied: only an owner may invite for one of the roles.
    """
    with transaction.atomic():
        team = hold(opened, Right.MANAGE)
        offered = [_offer(opened, team, email.strip().lower(), role) for email, role in wanted]
    sent: list[Sent] = []
    for invitation, token in offered:
        # A mail server that is away for some is away for all; whoever invites does not wait for each of them.
        away = sum(not one.mailed for one in sent) >= MOST_FAILURES
        sent.append(Sent(invitation, not away and _mail(invitation, link_for(token))))
    return sent


def _offer(opened: OpenTeam, team: Team, address: str, role: str) -> tuple[Invitation, str]:
    token = secrets.token_urlsafe(32)
    if not gives(opened.role, role):
        raise PermissionDenied(GIVING_REFUSED)
    if Membership.objects.filter(_belongs_to(address, "user__"), team=team).exists():
        raise NotPossible(f"{address} is in this team already.")
    there: dict[str, Any] = {"team": team, "email": address, "accepted_at": None, "revoked_at": None}
    # A new one takes the place of one that waits: not for those who may not take that one back.
    waiting = Invitation.objects.filter(**there).values_list("role", flat=True).first()
    if waiting is not None and not gives(opened.role, waiting):
        raise PermissionDenied(GIVING_REFUSED)
    invitation, created = Invitation.objects.update_or_create(
        **there, defaults={"role": role, "invited_by": opened.user, **_fresh(token)}
    )
    kind = TeamEvent.Kind.INVITED if created else TeamEvent.Kind.INVITED_AGAIN
    note(team, kind, actor=opened.user, email=address, role=role)
    return invitation, token


def send_again(*, opened: OpenTeam, invitation_id: UUID, link_for: LinkFor) -> Sent:
    """Send an invitation anew, with a new link; the one before works no more.

    Args:
        opened: the team, opened by somebody who manages it.
        invitation_id: one that nobody has accepted; it may be too old.
        link_for: makes the address of the invitation's page.

    Raises:
        Http404: no such invitation.
        PermissionDenied: only an owner may invite for that role.
    """
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        team = hold(opened, Right.MANAGE)
        invitation = _waiting(opened, team, invitation_id)
        for field, value in _fresh(token).items():
            setattr(invitation, field, value)
        invitation.invited_by = opened.user
        invitation.save(update_fields=["token_hash", "expires_at", "invited_by"])
        note(team, TeamEvent.Kind.INVITED_AGAIN, actor=opened.user, email=invitation.email, role=invitation.role)
    return Sent(invitation, _mail(invitation, link_for(token)))


def waiting_in(opened: OpenTeam) -> QuerySet[Invitation]:
    """Return the invitations to an opened team that nobody has accepted; none for those who do not manage it."""
    rows = Invitation.objects.filter(team=opened.team, accepted_at=None, revoked_at=None).select_related("invited_by")
    return rows if opened.can_manage else rows.none()


@transaction.atomic
def revoke(*, opened: OpenTeam, invitation_id: UUID) -> Invitation:
    """Take an invitation back: its link works no more.

    Args:
        opened: the team, opened by somebody who manages it.
        invitation_id: one that nobody has accepted.

    Raises:
        Http404: no such invitation.
        PermissionDenied: only an owner may take this one back.
    """
    team = hold(opened, Right.MANAGE)
    invitation = _waiting(opened, team, invitation_id)
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    note(team, TeamEvent.Kind.REVOKED, actor=opened.user, email=invitation.email, role=invitation.role)
    return invitation


def find(token: str) -> Invitation:
    """Return the open invitation that a link is for.

    Raises:
        NotOpen: there is none, or it is used, taken back or too old, or whoever sent it could not send it any more.
    """
    rows = Invitation.objects.select_related("team", "invited_by")
    invitation = rows.filter(token_hash=_hash(token), accepted_at=None, revoked_at=None).first()
    if invitation is None or invitation.expires_at <= timezone.now() or not _still_given(invitation):
        raise NotOpen
    return invitation


def _still_given(invitation: Invitation) -> bool:
    """Ask what the sender is by now: an account can be closed, and a place be taken, in the admin, too."""
    places = Membership.objects.filter(team=invitation.team_id, user=invitation.invited_by_id, user__is_active=True)
    return any(gives(role, invitation.role) for role in places.values_list("role", flat=True))


def is_for(invitation: Invitation, user: User) -> bool:
    """Return whether an invitation was made for a person's address."""
    return User.objects.filter(_belongs_to(invitation.email), pk=user.pk).exists()


def has_account(invitation: Invitation) -> bool:
    """Return whether the invited address has an account. Only to be told to whoever holds the link."""
    return User.objects.filter(_belongs_to(invitation.email)).exists()


@transaction.atomic
def accept(*, token: str, user: User) -> Membership:
    """Take the place in the team. The same link twice at once makes one membership.

    Args:
        token: from the link.
        user: whoever is logged in.

    Raises:
        NotOpen: the link is unknown, used, taken back or too old.
        OtherAddress: it was made for somebody else's address.
    """
    invitation = _hold(token)
    if not is_for(invitation, user):
        raise OtherAddress
    return _join(invitation, user)


@transaction.atomic
def accept_as_newcomer(*, token: str, name: str, password: str) -> Membership:
    """Make an account for the invited address and take the place in the team. The link has proven the address.

    Args:
        token: from the link.
        name: how colleagues will see them.
        password: has passed the validators.

    Raises:
        NotOpen: the link is unknown, used, taken back or too old.
        HasAccount: there is an account with this address.
    """
    invitation = _hold(token)
    if has_account(invitation):
        raise HasAccount
    user = User.objects.create_user(invitation.email, password, name=name.strip()[:120])
    return _join(invitation, user)


def _hold(token: str) -> Invitation:
    invitation = find(token)
    Team.objects.select_for_update(no_key=True).get(pk=invitation.team_id)
    return find(token)


def _join(invitation: Invitation, user: User) -> Membership:
    membership, created = Membership.objects.get_or_create(
        team=invitation.team, user=user, defaults={"role": invitation.role}
    )
    invitation.accepted_at = timezone.now()
    invitation.accepted_by = user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    address, _ = EmailAddress.objects.get_or_create(
        user=user, email=invitation.email, defaults={"primary": user.email == invitation.email}
    )
    if not address.verified:
        address.verified = True
        address.save(update_fields=["verified"])
    if created:
        note(invitation.team, TeamEvent.Kind.JOINED, actor=user, person=user, role=membership.role)
    return membership


def _belongs_to(address: str, prefix: str = "") -> Q:
    own = Q(**{f"{prefix}email__iexact": address})
    return own | Q(
        **{
            f"{prefix}pk__in": EmailAddress.objects.filter(email__iexact=address, verified=True).values("user"),
        }
    )


def _waiting(opened: OpenTeam, team: Team, invitation_id: UUID) -> Invitation:
    rows = Invitation.objects.select_related("team", "invited_by")
    invitation = rows.filter(team=team, pk=invitation_id, accepted_at=None, revoked_at=None).first()
    if invitation is None:
        raise Http404("No such invitation.")
    if not gives(opened.role, invitation.role):
        raise PermissionDenied(GIVING_REFUSED)
    return invitation


def _fresh(token: str) -> dict[str, object]:
    return {"token_hash": _hash(token), "expires_at": timezone.now() + VALID_FOR}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _mail(invitation: Invitation, link: str) -> bool:
    words = {
        "invitation": invitation,
        "link": link,
        "role": Role(invitation.role).label.lower(),
        "may": ROLES_IN_WORDS[invitation.role],
    }
    subject = " ".join(render_to_string("accounts/invitation_subject.txt", words).split())
    text = render_to_string("accounts/invitation_message.txt", words)
    try:
        with get_connection(timeout=MAIL_SECONDS) as connection:
            EmailMessage(subject, text, to=[invitation.email], connection=connection).send()
    except OSError as error:  # a mail server that is away, and all that it says
        logger.warning("The invitation %s could not be mailed: %s", invitation.pk, error)
        return False
    return True
