"""Tickets for sockets: a program, which cannot send its token along with one, shows a word that holds once."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from django.core.cache import cache

from projects.access import OpenProject
from projects.passes import Pass

SECONDS = 60


def issue(*, opened: OpenProject, came_by: Pass) -> str:
    """Return a ticket for a project's socket. It holds for ``SECONDS``, for one socket.

    Args:
        opened: the project, opened to see.
        came_by: what the socket depends on from then on: it closes when this no longer lets anybody in.
    """
    text = secrets.token_urlsafe(32)
    kept = {"project": str(opened.project.pk), "session": came_by.session, "token": came_by.token}
    cache.set(_key(text), kept, SECONDS)
    return text


def redeem(text: str, project_id: UUID | str) -> Pass | None:
    """Take a ticket; None when it does not hold (any more), or is for another project.

    Args:
        text: as it was sent.
        project_id: of the project whose socket is asked for.
    """
    key = _key(text)
    kept = cache.get(key)
    # Of two who come with the same ticket at once, only one deletes it.
    if kept is None or not cache.delete(key) or kept["project"] != str(project_id):
        return None
    return Pass(session=kept["session"], token=kept["token"])


def _key(text: str) -> str:
    return f"ticket:{hashlib.sha256(text.encode()).hexdigest()}"
