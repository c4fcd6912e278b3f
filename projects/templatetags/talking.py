"""How people and what they say are shown."""

from __future__ import annotations

import json
import re
from typing import Any

from django import template
from django.http import HttpRequest
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from projects.inbox import also_waiting_for, waiting_for
from projects.mentions import pattern_for
from projects.models import Comment, Project

register = template.Library()
_ADDRESS = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_TRAILING = ".,;:!?)]}…"
_COLOURS = 5
MEMBERS_SHOWN = 50


@register.filter
def colour(person: Any) -> int:
    """Return the number, 1 to 5, of a person's colour; the same everywhere."""
    return person.pk.int % _COLOURS + 1 if person is not None else _COLOURS


@register.filter
def as_json(value: Any) -> str:
    """Return a value as JSON, to be escaped as any text."""
    return json.dumps(value, separators=(",", ":"))


@register.filter
def timecode(time_ms: int, fps: int = 24) -> str:
    """Return a place in a clip as minutes, seconds and frames: ``0:02.14``."""
    # Places are kept in whole milliseconds, and few frames begin with one.
    seconds, frames = divmod((int(time_ms) + 1) * int(fps) // 1000, int(fps))
    return f"{seconds // 60}:{seconds % 60:02d}.{frames:02d}"


@register.filter
def said(comment: Comment) -> SafeString:
    """Return a comment's words: escaped, with lines kept, addresses that can be followed and names that stand out."""
    names = pattern_for(person.shown_name for person in comment.mentions.all())
    parts: list[str] = []
    end = 0
    for match in _ADDRESS.finditer(comment.text):
        address = match[0].rstrip(_TRAILING)
        parts += [_with_names(comment.text[end : match.start()], names), _link(address)]
        end = match.start() + len(address)
    parts.append(_with_names(comment.text[end:], names))
    return mark_safe("".join(parts))  # noqa: S308 - each part was escaped where it was made


def _with_names(text: str, names: re.Pattern[str] | None) -> str:
    if names is None:
        return _lines(text)
    parts: list[str] = []
    end = 0
    for match in names.finditer(text):
        parts += [_lines(text[end : match.start()]), format_html('<b class="mention">{}</b>', match[0])]
        end = match.end()
    parts.append(_lines(text[end:]))
    return "".join(parts)


def _lines(text: str) -> str:
    return conditional_escape(text).replace("\n", "<br>")


def _link(address: str) -> str:
    return format_html(
        '<a class="link" href="{}" rel="noopener noreferrer nofollow ugc" target="_blank">{}</a>', address, address
    )


@register.simple_tag
def unread_of(request: HttpRequest) -> int:
    """Return the number on a person's bell; asked once for a request."""
    kept: int | None = getattr(request, "unread_notifications", None)
    if kept is None:
        kept = waiting_for(request.user)
        request.unread_notifications = kept  # type: ignore[attr-defined]
    return kept


@register.simple_tag
def members_of(request: HttpRequest, project: Project) -> list[User]:
    """Return who is in the team of an opened project, by name; fifty at most. Brings the bell's number along."""
    members = User.objects.filter(memberships__team=project.team_id, is_active=True)
    found = list(members.annotate(bell=also_waiting_for(request.user))[:MEMBERS_SHOWN])
    if found:
        request.unread_notifications = vars(found[0])["bell"]  # type: ignore[attr-defined]
    return sorted(found, key=lambda person: (person.shown_name.casefold(), str(person.pk)))
