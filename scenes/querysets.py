"""Which footage, and for whom. An opened project, or a viewer, comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from projects.models import Project

if TYPE_CHECKING:
    from scenes.models import Asset, Scene, Shot  # noqa: F401


class SceneQuerySet(models.QuerySet["Scene"]):
    """Scenes."""

    def of(self, project: Project) -> SceneQuerySet:
        """Return an opened project's scenes in order, omitted ones included."""
        return self.filter(project=project).order_by("position")

    def in_film(self) -> SceneQuerySet:
        """Leave out omitted scenes."""
        return self.filter(omitted_at=None)


class ShotQuerySet(models.QuerySet["Shot"]):
    """Shots."""

    def of(self, project: Project) -> ShotQuerySet:
        """Return an opened project's shots in the order of the film, with their scenes."""
        return self.filter(scene__project=project).select_related("scene").order_by("scene__position", "position")

    def in_film(self) -> ShotQuerySet:
        """Leave out omitted shots and those of omitted scenes."""
        return self.filter(omitted_at=None, scene__omitted_at=None)


class AssetQuerySet(models.QuerySet["Asset"]):
    """Stored files."""

    def for_user(self, user: Any) -> AssetQuerySet:
        """Return the files of the projects that a person may enter."""
        return self.filter(project__in=Project.objects.for_user(user))
