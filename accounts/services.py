"""What people do with teams and their members.

Whatever changes who is in a team holds the team's row first: two owners who remove each other at once cannot both
succeed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from accounts.access import OpenTeam
from accounts.models import Invitation, Membership, Role, Team, TeamEvent, User
from accounts.policies import GIVING_REFUSED, REFUSALS, Right, gives, grants

UNDO_WITHIN = timedelta(hours=1)


class NotPossible(Exception):
    """What was asked cannot be done as things stand; the message says what to do."""


@transaction.atomic
def create_team(*, name: str, owner: User) -> Team:
    """Make a team and its owner's membership.

    Args:
        name: shown to everybody in the team; shortened to 120 characters.
        owner: the person who may do everything in it.
    """
    team = Team.objects.create(name=name.strip()[:120] or f"{owner.shown_name}'s team")
    Membership.objects.create(team=team, user=owner, role=Role.OWNER)
    note(team, TeamEvent.Kind.BEGUN, actor=owner)
    return team


@transaction.atomic
def rename_team(*, opened: OpenTeam, name: str) -> Team:
    """Give a team another name.

    Args:
        opened: the team, opened by one of its owners.
        name: shortened to 120 characters.

    Raises:
        NotPossible: the name is empty.
        PermissionDenied: they are no owner any more.
    """
    team = hold(opened, Right.OWN)
    before, team.name = team.name, name.strip()[:120]
    if not team.name:
        raise NotPossible("A team needs a name.")
    if team.name != before:
        team.save(update_fields=["name"])
        note(team, TeamEvent.Kind.RENAMED, actor=opened.user, name=team.name, was=before)
    return team


@transaction.atomic
def change_role(*, opened: OpenTeam, person_id: UUID, role: str) -> Membership:
    """Make a member something else; invitations that they sent and could not send any more end.

    Args:
        opened: the team, opened by somebody who manages it.
        person_id: the member.
        role: what they will be.

    Raises:
        Http404: no such member.
        PermissionDenied: only an owner may do that.
        NotPossible: they are the last owner, or there is no such role.
    """
    team = hold(opened, Right.MANAGE)
    membership = _member(team, person_id)
    if role not in Role.values:
        raise NotPossible("There is no such role. Choose one from the list.")
    _may_give(opened, membership.role, role)
    if membership.role == role:
        return membership
    _keep_an_owner(membership)
    was, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    ended = _end_invitations(team, person_id, [one for one in Role.values if not gives(role, one)])
    note(
        team,
        TeamEvent.Kind.ROLE_CHANGED,
        actor=opened.user,
        person=membership.user,
        role=role,
        was=was,
        invitations=ended,
    )
    return membership


@transaction.atomic
def remove_member(*, opened: OpenTeam, person_id: UUID) -> TeamEvent:
    """Remove a member: their sockets close, invitations that they sent end. What they made and ordered stays.

    Args:
        opened: the team, opened by somebody who manages it.
        person_id: the member.

    Returns:
        The entry in the team's log; it can be taken back for ``UNDO_WITHIN``.

    Raises:
        Http404: no such member.
        PermissionDenied: only an owner may remove this one.
        NotPossible: they are the last owner.
    """
    team = hold(opened, Right.MANAGE)
    membership = _member(team, person_id)
    _may_give(opened, membership.role)
    _keep_an_owner(membership)
    membership.delete()
    return note(
        team,
        TeamEvent.Kind.REMOVED,
        actor=opened.user,
        person=membership.user,
        role=membership.role,
        since=membership.created_at.isoformat(),
        invitations=_end_invitations(team, person_id),
    )


@transaction.atomic
def restore_member(*, opened: OpenTeam, event_id: int) -> Membership:
    """Take a removal back: the person is what they were before.

    Args:
        opened: the team, opened by somebody who manages it.
        event_id: the removal in the team's log.

    Raises:
        Http404: no such removal.
        PermissionDenied: only an owner may make somebody that.
        NotPossible: it is too long ago, or they are back already.
    """
    team = hold(opened, Right.MANAGE)
    removal = TeamEvent.objects.filter(team=team, pk=event_id, kind=TeamEvent.Kind.REMOVED).first()
    if removal is None or removal.person is None:
        raise Http404("No such removal.")
    role = removal.payload["role"]
    _may_give(opened, role)
    later = TeamEvent.objects.filter(team=team, person=removal.person, pk__gt=removal.pk).exists()
    if later or timezone.now() - removal.created_at > UNDO_WITHIN:
        raise NotPossible("That is too long ago to be taken back. Send an invitation.")
    membership = Membership.objects.create(team=team, user=removal.person, role=role)
    # "Since when" tells of the first day, not of a slip of the hand.
    Membership.objects.filter(pk=membership.pk).update(created_at=removal.payload["since"])
    note(team, TeamEvent.Kind.RESTORED, actor=opened.user, person=removal.person, role=role)
    return membership


@transaction.atomic
def leave_team(*, opened: OpenTeam) -> None:
    """Leave a team; invitations that they sent end, as they would when somebody removes them.

    Args:
        opened: the team, opened by the member who leaves.

    Raises:
        NotPossible: they are its last owner.
    """
    team = hold(opened, Right.SEE)
    membership = _member(team, opened.user.pk)
    _keep_an_owner(membership)
    membership.delete()
    note(
        team,
        TeamEvent.Kind.LEFT,
        actor=opened.user,
        person=opened.user,
        role=membership.role,
        invitations=_end_invitations(team, opened.user.pk),
    )


@transaction.atomic
def change_profile(*, user: User, name: str) -> User:
    """Change how colleagues see a person.

    Args:
        user: themselves.
        name: shortened to 120 characters; empty: what stands before the @ of their address.
    """
    user.name = name.strip()[:120]
    user.save(update_fields=["name"])
    return user


def hold(opened: OpenTeam, right: Right) -> Team:
    """Hold a team's row until the transaction ends, and ask again what the person may do in it by now.

    Raises:
        PermissionDenied: they may not, or not any more.
    """
    team = Team.objects.select_for_update(no_key=True).get(pk=opened.team.pk)
    role = Membership.objects.filter(team=team, user=opened.user).values_list("role", flat=True).first()
    # Somebody whose role has changed since they opened the page opens it again: what they saw holds no more.
    if role != opened.role or not grants(role, right):
        raise PermissionDenied(REFUSALS[right])
    return team


def note(
    team: Team, kind: TeamEvent.Kind, *, actor: User | None, person: User | None = None, **payload: str | int
) -> TeamEvent:
    """Write into a team's log, in the caller's transaction.

    Args:
        team: whose log.
        kind: what was done.
        actor: who did it.
        person: whom it concerns, where it concerns somebody.
        payload: names and roles as they are now; the person's name is added.
    """
    if person is not None:
        payload["person"] = person.shown_name
    return TeamEvent.objects.create(team=team, kind=kind, actor=actor, person=person, payload=payload)


def _member(team: Team, person_id: UUID) -> Membership:
    membership = Membership.objects.filter(team=team, user=person_id).select_related("user").first()
    if membership is None:
        raise Http404("No such member.")
    return membership


def _end_invitations(team: Team, sender_id: UUID, roles: Iterable[str] = Role.values) -> int:
    """End what somebody has offered and may not offer any more: it would be a way back.

    Returns:
        How many invitations.
    """
    waiting = Invitation.objects.filter(team=team, invited_by=sender_id, accepted_at=None, revoked_at=None)
    return waiting.filter(role__in=list(roles)).update(revoked_at=timezone.now())


def _may_give(opened: OpenTeam, *roles: str) -> None:
    if not all(gives(opened.role, role) for role in roles):
        raise PermissionDenied(GIVING_REFUSED)


def _keep_an_owner(membership: Membership) -> None:
    if membership.role != Role.OWNER:
        return
    owners = Membership.objects.filter(team=membership.team_id, role=Role.OWNER, user__is_active=True)
    if not owners.exclude(pk=membership.pk).exists():
        raise NotPossible(f"{membership.user.shown_name} is the team's only owner. Make somebody else an owner first.")
