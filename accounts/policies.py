"""What a role grants: one table, and a sentence for each refusal."""

from __future__ import annotations

from enum import StrEnum

from accounts.models import Role


class Right(StrEnum):
    """Something a member may do in the team's projects."""

    SEE = "see"
    COMMENT = "comment"
    REVIEW = "review"
    CREATE = "create"
    SPEND = "spend"
    MANAGE = "manage"
    OWN = "own"


_CREATIVE = frozenset({Right.SEE, Right.COMMENT, Right.REVIEW, Right.CREATE, Right.SPEND})

GRANTS: dict[str, frozenset[Right]] = {
    Role.OWNER: _CREATIVE | {Right.MANAGE, Right.OWN},
    Role.PRODUCER: _CREATIVE | {Right.MANAGE},
    Role.ARTIST: _CREATIVE,
    Role.REVIEWER: frozenset({Right.SEE, Right.COMMENT, Right.REVIEW}),
}

REFUSALS: dict[Right, str] = {
    Right.SEE: "You are not a member of this team. Ask its owner for an invitation.",
    Right.COMMENT: "Your role cannot comment here. Ask an owner or producer to change your role.",
    Right.REVIEW: "Your role cannot approve or send back. Ask an owner or producer for the reviewer role.",
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


# Whom a role may invite, change and remove, and what it may make of them. A producer sets budgets and says yes to
# spending: that trust is the owners' to give.
GIVES: dict[str, frozenset[str]] = {
    Role.OWNER: frozenset(Role.values),
    Role.PRODUCER: frozenset({Role.ARTIST, Role.REVIEWER}),
    Role.ARTIST: frozenset(),
    Role.REVIEWER: frozenset(),
}
GIVING_REFUSED = "Only owners decide who is an owner or producer. Ask one of them."

ROLES_IN_WORDS: dict[str, str] = {
    Role.OWNER: "everything, the team, its keys and its members included",
    Role.PRODUCER: "budgets, approvals of spending, projects, artists and reviewers; and all that artists may",
    Role.ARTIST: "everything creative, and spending within the limits",
    Role.REVIEWER: "sees everything, comments, approves takes or sends them back",
}

# What a program may do with a token, as far as the person may for whom it acts.
SCOPES_IN_WORDS: dict[str, str] = {
    "read": "sees what you see in this team: projects, scripts, takes, costs",
    "write": "changes the film and the team as you may; starts nothing that costs money and sets no limits",
    "spend": "starts generations and renderings, sets limits and keys, and lets people in, as you may",
}


def gives(role: str, other: str) -> bool:
    """Return whether a role may make somebody something else, or change and remove somebody who is that."""
    return other in GIVES.get(role, frozenset())
