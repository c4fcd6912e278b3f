"""The folder tree: each scene has a folder, and the project one of its own."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.operations import Example, operation
from projects.access import OpenProject
from scenes import files
from scenes.api.base import FootageResource
from scenes.api.shown_scenes import FolderChange, FolderIn, FolderOut, FolderQuery
from scenes.models import Scene
from scenes.services import scene_order

_ID = "0191f2a0-1111-4222-8333-444455556666"


class Folders(FootageResource):
    """The folders of a project."""

    tag = "folders"

    @operation(answer=FolderOut, query=FolderQuery, listed=True)
    def get(self, request: Request) -> Response:
        """List a project's folders in the order of the film, the whole project's own last, with counts and sizes."""
        return self.answer(files.folders(self.open(self.asked["project"]).project))

    @operation(
        answer=FolderOut,
        body=FolderIn,
        status=201,
        needs=Right.CREATE,
        examples=[Example("A folder", {"project": _ID, "name": "EXT. HARBOUR - DAWN"})],
    )
    def post(self, request: Request) -> Response:
        """Make a scene folder: its scene is put into the film."""
        opened = self.open(self.sent["project"])
        after = self.named(Scene.objects.of(opened.project), self.sent["after"], "after")
        scene, _ = scene_order.insert_scene(opened=opened, after=after, heading=self.sent["name"])
        return self.answer(_folder(opened, scene.pk), location=reverse("api:folder", args=[scene.pk]))


class OneFolder(FootageResource):
    """One scene folder."""

    tag = "folders"

    @operation(answer=FolderOut)
    def get(self, request: Request, scene_id: UUID) -> Response:
        """Read a scene folder's name, counts and sizes."""
        opened, scene = self.open_scene(scene_id)
        return self.answer(_folder(opened, scene.pk))

    @operation(
        answer=FolderOut,
        body=FolderChange,
        needs=Right.CREATE,
        examples=[Example("A name", {"name": "INT. BAR - DAY"})],
    )
    def patch(self, request: Request, scene_id: UUID) -> Response:
        """Rename a scene folder: its scene's heading. On disk it is named by the scene's number, for life."""
        opened, scene = self.open_scene(scene_id)
        scene_order.edit_scene(opened=opened, scene=scene, changes={"heading": self.sent["name"]})
        return self.answer(_folder(opened, scene.pk))


class ArchiveFolder(FootageResource):
    """Putting a folder away."""

    tag = "folders"

    @operation(answer=FolderOut, needs=Right.CREATE)
    def post(self, request: Request, scene_id: UUID) -> Response:
        """Put a scene folder away: its scene is left out of the film, and every file stays."""
        opened, scene = self.open_scene(scene_id)
        scene_order.omit_scene(opened=opened, scene=scene)
        return self.answer(_folder(opened, scene.pk))


class UnarchiveFolder(FootageResource):
    """Taking a folder out again."""

    tag = "folders"

    @operation(answer=FolderOut, needs=Right.CREATE)
    def post(self, request: Request, scene_id: UUID) -> Response:
        """Take a scene folder out of the archive: its scene is back in the film."""
        opened, scene = self.open_scene(scene_id)
        scene_order.restore_scene(opened=opened, scene=scene)
        return self.answer(_folder(opened, scene.pk))


def _folder(opened: OpenProject, scene_id: UUID) -> files.Folder:
    found = next((one for one in files.folders(opened.project) if one.id == str(scene_id)), None)
    if found is None:
        raise Http404("No such folder.")
    return found
