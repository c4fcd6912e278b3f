"""Titles as the film shows them, for whoever shows it before it is rendered."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from generation.cut import format_of
from generation.media import titles
from generation.media.cache import PieceCache
from projects.models import Project
from scenes.models import Title


def drawing_of(project: Project, title: Title) -> bytes:
    """Return a title of an opened project's film as a transparent PNG of the film's size.

    It is the very file that the renderer lays over the picture, and kept where that keeps it.
    """
    video_format = format_of(project)
    said = (title.text, title.subtext, title.place, title.style)
    cache = PieceCache(Path(settings.DATA_DIR) / "joins")
    path = cache.path("title", ".png", titles.ingredients(*said, video_format))
    cache.ensure(path, lambda to: titles.draw(*said, to, video_format))
    return path.read_bytes()
