"""Tokens by which programs act for a person, in one team."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from accounts import doors
from accounts.access import OpenTeam
from accounts.models import ApiToken, TeamEvent
from accounts.policies import Right
from accounts.services import NotPossible, hold, note

PREFIX = "rushes_"
SHOWN = len(PREFIX) + 6
LONGEST_DAYS = 366
MOST_TOKENS = 50


@transaction.atomic
def create_token(
    *, opened: OpenTeam, name: str, scopes: Collection[str], days: int | None = 90
) -> tuple[ApiToken, str]:
    """Make a token for a member; its text is returned once and kept by nobody.

    Args:
        opened: the team in which it will hold, opened by the member for whom it will act.
        name: what it is for; shortened to 80 characters.
        scopes: of ``ApiToken.Scope``, one at least.
        days: how long it holds; None until it is revoked.

    Raises:
        NotPossible: no name or scope, a longer time than a year, or too many tokens.
        PermissionDenied: they are no member any more.
    """
    team = hold(opened, Right.SEE)
    name = " ".join(name.split())[:80]
    if not name:
        raise NotPossible("Say what the token is for, so that you know later which one to revoke.")
    chosen = [scope for scope in ApiToken.Scope.values if scope in scopes]
    if not chosen or len(chosen) != len(set(scopes)):
        raise NotPossible("Choose at least one of the scopes read, write and spend.")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise NotPossible(f"A token holds for 1 to {LONGEST_DAYS} days, or until it is revoked.")
    if ApiToken.objects.filter(team=team, user=opened.user).living().count() >= MOST_TOKENS:
        raise NotPossible(f"You have {MOST_TOKENS} tokens in this team. Revoke one that is not used any more.")
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        team=team,
        user=opened.user,
        name=name,
        shown=text[:SHOWN],
        digest=digest_of(text),
        scopes=chosen,
        expires_at=None if days is None else timezone.now() + timedelta(days=days),
    )
    note(team, TeamEvent.Kind.TOKEN_MADE, actor=opened.user, token=name, shown=token.shown)
    return token, text


@transaction.atomic
def revoke_token(*, opened: OpenTeam, token_id: UUID) -> ApiToken:
    """End a token at once. Members revoke their own, owners everybody's.

    Raises:
        Http404: no such token here, or not theirs to revoke.
    """
    tokens = ApiToken.objects.filter(team=opened.team, pk=token_id)
    token = (tokens if opened.can_own else tokens.filter(user=opened.user)).first()
    if token is None:
        raise Http404("No such token.")
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        note(opened.team, TeamEvent.Kind.TOKEN_REVOKED, actor=opened.user, token=token.name, shown=token.shown)
        doors.changed(token.user_id)
    token.refresh_from_db()
    return token


def digest_of(text: str) -> str:
    """Return what is kept of a token: it has 256 bits of chance, so that a plain hash cannot be guessed back."""
    return hashlib.sha256(text.encode()).hexdigest()


def find_token(text: str) -> ApiToken | None:
    """Return the token that a program sent, with its person and membership; None when it does not hold (any more)."""
    if not text.startswith(PREFIX) or len(text) > 120:
        return None
    token = ApiToken.objects.living().filter(digest=digest_of(text)).select_related("user", "team").first()
    if token is None or not token.user.is_active:
        return None
    return token
