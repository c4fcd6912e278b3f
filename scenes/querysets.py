"""Which footage, and for whom. An opened project, or a viewer, comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Replace

from projects.models import Project
from projects.trash import TrashableQuerySet

if TYPE_CHECKING:
    from scenes.models import Scene, Shot  # noqa: F401


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


class AssetQuerySet(TrashableQuerySet):
    """Stored files."""

    def for_user(self, user: Any) -> AssetQuerySet:
        """Return the files of the projects that a person may enter."""
        return self.filter(project__in=Project.objects.for_user(user))

    def with_trash(self) -> AssetQuerySet:
        """Add ``in_trash``: the file is in the trash itself, or all takes that show it are and nothing else does."""
        takes = self.model._meta.get_field("takes").related_model._default_manager
        shown = takes.filter(models.Q(asset=models.OuterRef("pk")) | models.Q(mezzanine=models.OuterRef("pk")))
        elements = self.model._meta.apps.get_model("scenes", "Element")._default_manager
        portraits = elements.filter(deleted_at=None, references=models.OuterRef("pk"))
        rows: AssetQuerySet = self.annotate(
            in_trash=models.Case(
                models.When(deleted_at__isnull=False, then=True),
                models.When(
                    models.Exists(shown) & ~models.Exists(shown.filter(deleted_at=None)) & ~models.Exists(portraits),
                    then=True,
                ),
                default=False,
                output_field=models.BooleanField(),
            )
        )
        return rows


class ElementQuerySet(TrashableQuerySet):
    """Characters, locations and props."""

    def of(self, project: Project) -> ElementQuerySet:
        """Return an opened project's elements by kind and name, those in the trash left out."""
        return self.kept().filter(project=project).order_by("kind", "name")


class TakeQuerySet(TrashableQuerySet):
    """Takes."""

    def of(self, project: Project) -> TakeQuerySet:
        """Return an opened project's takes, those in the trash left out."""
        return self.kept().filter(project=project)

    def in_review(self) -> TakeQuerySet:
        """Return the stills and clips that nobody has judged yet, of the film's shots in review."""
        takes = self.kept().filter(shot__omitted_at=None, shot__scene__omitted_at=None)
        return takes.filter(verdict="", kind__in=("still", "clip"), shot__status="review")

    def not_in_a_clip(self) -> TakeQuerySet:
        """Leave out the stills that a clip of their shot was made from: judging the clip judges them."""
        clips = self.model._default_manager.kept().filter(shot=models.OuterRef("shot"), kind="clip")
        # Where a database has no type for ids it keeps them without hyphens; the clip tells its still's with them.
        names = _bare(KeyTextTransform("inputAsset", "inputs")), _bare(models.OuterRef("asset"))
        made = clips.annotate(made_from=names[0], still=names[1]).filter(made_from=models.F("still"))
        return self.exclude(models.Q(kind="still") & models.Exists(made))


def _bare(name: Any) -> Replace:
    return Replace(Cast(name, models.CharField()), models.Value("-"), models.Value(""))
