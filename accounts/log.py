"""A team's log in sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import Role, Team, TeamEvent

SHOWN = 40
_Kind = TeamEvent.Kind
_SOMEBODY, _RUSHES = "Somebody who has gone", "Rushes"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was done: by whom, what, when."""

    who: str
    what: str
    at: datetime


def lines_of(team: Team) -> list[Line]:
    """Return what was done in a team lately, the newest first."""
    return [Line(who(event), sentence(event), event.created_at) for event in events_of(team)[:SHOWN]]


def events_of(team: Team) -> QuerySet[TeamEvent]:
    """Return what was done in a team, the newest first, with everybody who is named."""
    return TeamEvent.objects.filter(team=team).select_related("actor", "person")


def who(event: TeamEvent) -> str:
    """Say who did something."""
    if event.actor is None and event.payload.get("by_itself"):
        return _RUSHES
    return event.actor.shown_name if event.actor else _SOMEBODY


def sentence(event: TeamEvent) -> str:
    """Say what somebody did, to be read after their name."""
    return _SENTENCES[_Kind(event.kind)](event)


def _role(word: Any) -> str:
    return Role(word).label.lower() if word in Role.values else str(word)


def _person(event: TeamEvent) -> str:
    return event.person.shown_name if event.person else str(event.payload.get("person", _SOMEBODY))


def _as(event: TeamEvent) -> str:
    role = _role(event.payload.get("role", ""))
    return f"{'an' if role[:1] in 'aeiou' else 'a'} {role}"


def _removed(event: TeamEvent) -> str:
    count = event.payload.get("invitations", 0)
    ended = f", and took back {count} invitation{'s' if count != 1 else ''} of theirs" if count else ""
    return f"removed {_person(event)}, who was {_as(event)}{ended}"


def _ended(event: TeamEvent) -> str:
    count = event.payload.get("invitations", 0)
    return f"; {count} invitation{'s' if count != 1 else ''} that they had sent ended" if count else ""


def _hook(verb: str) -> Callable[[TeamEvent], str]:
    def words(event: TeamEvent) -> str:
        more = event.payload.get("more", "")
        return f"{verb} the webhook “{event.payload['webhook']}”{': ' if more else ''}{more}"

    return words


def _changed(event: TeamEvent) -> str:
    return f"made {_person(event)} {_as(event)} (before: {_role(event.payload['was'])}){_ended(event)}"


_SENTENCES: dict[TeamEvent.Kind, Callable[[TeamEvent], str]] = {
    _Kind.BEGUN: lambda event: "began the team",
    _Kind.RENAMED: lambda event: f"renamed the team from “{event.payload['was']}” to “{event.payload['name']}”",
    _Kind.INVITED: lambda event: f"invited {event.payload['email']} as {_as(event)}",
    _Kind.INVITED_AGAIN: lambda event: f"sent {event.payload['email']} the invitation again, as {_as(event)}",
    _Kind.REVOKED: lambda event: f"took back the invitation for {event.payload['email']}",
    _Kind.JOINED: lambda event: f"joined as {_as(event)}",
    _Kind.ROLE_CHANGED: _changed,
    _Kind.REMOVED: _removed,
    _Kind.RESTORED: lambda event: f"took the removal of {_person(event)} back",
    _Kind.LEFT: lambda event: f"left the team{_ended(event)}",
    _Kind.TOKEN_MADE: lambda event: f"made the API token “{event.payload['token']}” ({event.payload['shown']}…)",
    _Kind.TOKEN_REVOKED: lambda event: f"revoked the API token “{event.payload['token']}” ({event.payload['shown']}…)",
    _Kind.WEBHOOK_MADE: _hook("made"),
    _Kind.WEBHOOK_CHANGED: _hook("changed"),
    _Kind.WEBHOOK_DELETED: _hook("deleted"),
    _Kind.WEBHOOK_SECRET: _hook("gave a new secret to"),
    _Kind.WEBHOOK_OFF: _hook("turned off"),
    _Kind.WEBHOOK_ON: _hook("turned on"),
}
