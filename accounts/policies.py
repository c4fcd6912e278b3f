"""What a role grants: one table, and a sentence for each refusal."""

from __future__ import annotations

from enum import StrEnum

from accounts.models import Role


class Right(StrEnum):
    """Something a member may do in the team's projects."""

    SEE = "see"
    COMMENT = "comment"
    CREATE = "create"
    SPEND = "spend"
    MANAGE = "manage"
    OWN = "own"


_CREATIVE = frozenset({Right.SEE, Right.COMMENT, Right.CREATE, Right.SPEND})

GRANTS: dict[str, frozenset[Right]] = {
    Role.OWNER: _CREATIVE | {Right.MANAGE, Right.OWN},
    Role.PRODUCER: _CREATIVE | {Right.MANAGE},
    Role.ARTIST: _CREATIVE,
    Role.REVIEWER: frozenset({Right.SEE, Right.COMMENT}),
}

REFUSALS: dict[Right, str] = {
    Right.SEE: "You are not a member of this team. Ask its owner for an invitation.",
    Right.COMMENT: "Your role cannot comment here. Ask an owner or producer to change your role.",
    Right.CREATE: (
        "Your role can look and comment, but not change the film. Ask an owner or producer for the artist role."
    ),
    Right.SPEND: "Your role cannot start generations. Ask an owner or producer for the artist role.",
    Right.MANAGE: "Only producers and owners can do this. Ask one of them.",
    Right.OWN: "Only the team's owner can do this.",
}


def grants(role: str, right: Right) -> bool:
    """Return whether a role holds a right; an unknown role holds none."""
    return right in GRANTS.get(role, frozenset())
