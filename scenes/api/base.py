"""What addresses of the footage have in common: ids in bodies are looked for in the opened project alone."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

from django.db import models

from accounts.rest.errors import field_error
from projects.access import OpenProject
from projects.api.base import ProjectResource
from scenes.models import Scene, Shot

Row = TypeVar("Row", bound=models.Model)


class FootageResource(ProjectResource):
    """An address of the footage."""

    def named(self, rows: models.QuerySet[Row], row_id: UUID | None, field: str) -> Row | None:
        """Return what a body names among an opened project's rows; None where it names nothing.

        Raises:
            ValidationError: it is not among them, whether it is somebody else's or does not exist.
        """
        if row_id is None:
            return None
        row = rows.filter(pk=row_id).first()
        if row is None:
            raise field_error(field, "There is no such thing in this project.")
        return row

    def all_named(self, rows: models.QuerySet[Row], ids: Collection[UUID], field: str) -> list[Row]:
        """Return all that a body names, in its order; errors as for ``named``."""
        found = rows.in_bulk(list(ids))
        if missing := [one for one in ids if one not in found]:
            raise field_error(field, f"There is no such thing in this project: {missing[0]}.")
        return [found[one] for one in dict.fromkeys(ids)]

    def open_scene(self, scene_id: UUID) -> tuple[OpenProject, Scene]:
        """Open the project of a scene."""
        return self.open_of(Scene.objects.all(), scene_id)

    def shots_named(self, opened: OpenProject, ids: Collection[UUID]) -> list[UUID]:
        """Return the ids of shots that a body names; errors as for ``named``."""
        there = set(Shot.objects.of(opened.project).filter(pk__in=ids).values_list("pk", flat=True))
        if missing := [one for one in ids if one not in there]:
            raise field_error("shots", f"There is no such shot in this project: {missing[0]}.")
        return list(dict.fromkeys(ids))
