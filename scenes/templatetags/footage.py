"""Footage for pages of rooms that do not know it: their templates ask here, their code does not."""

from __future__ import annotations

from collections.abc import Sequence

from django import template

from projects.models import Project
from scenes.services import overviews
from scenes.services.overviews import Footage, Overview

register = template.Library()


@register.simple_tag
def with_footage(projects: Sequence[Project]) -> list[tuple[Project, Footage]]:
    """Pair projects that were listed for a person with the figures of their films."""
    footage = overviews.footage_of(projects)
    return [(project, footage[project.pk]) for project in projects]


@register.simple_tag
def overview_of(project: Project) -> Overview:
    """Return an opened project's progress by scene and what it needs next."""
    return overviews.overview_of(project)
