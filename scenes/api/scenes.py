"""Scenes: read, inserted, written otherwise, put in order, left out and taken back."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.operations import Example, operation
from scenes import mirror
from scenes.api.base import FootageResource
from scenes.api.shown_scenes import SceneChange, SceneIn, SceneMirror, SceneOrderIn, SceneOut, SceneQuery
from scenes.models import Scene
from scenes.services import scene_order

_ID = "0191f2a0-1111-4222-8333-444455556666"


class Scenes(FootageResource):
    """The scenes of a project."""

    tag = "scenes"

    @operation(answer=SceneOut, query=SceneQuery, paged=True)
    def get(self, request: Request) -> Response:
        """List a project's scenes in the order of the film, omitted ones included unless you say otherwise."""
        rows = Scene.objects.of(self.open(self.asked["project"]).project)
        if "omitted" in self.asked:
            rows = rows.filter(omitted_at__isnull=not self.asked["omitted"])
        return self.page(rows, "position")

    @operation(
        answer=SceneOut,
        body=SceneIn,
        status=201,
        needs=Right.CREATE,
        examples=[
            Example("A first scene", {"project": _ID, "heading": "INT. WHEELHOUSE - DAY", "action": "She waits."})
        ],
    )
    def post(self, request: Request) -> Response:
        """Put a new scene into the film, with a first shot that shows the place. Between 12 and 13 comes 12A."""
        opened = self.open(self.sent["project"])
        after = self.named(Scene.objects.of(opened.project), self.sent["after"], "after")
        scene, _ = scene_order.insert_scene(
            opened=opened, after=after, heading=self.sent["heading"], action=self.sent["action"]
        )
        return self.answer(self.one(Scene.objects.all(), scene.pk), location=reverse("api:scene", args=[scene.pk]))


class OneScene(FootageResource):
    """One scene."""

    tag = "scenes"

    @operation(answer=SceneOut)
    def get(self, request: Request, scene_id: UUID) -> Response:
        """Read a scene."""
        return self.answer(self.open_scene(scene_id)[1])

    @operation(
        answer=SceneOut,
        body=SceneChange,
        needs=Right.CREATE,
        examples=[Example("Another light", {"time_of_day": "night"})],
    )
    def patch(self, request: Request, scene_id: UUID) -> Response:
        """Write a scene otherwise than the script does; a later breakdown keeps these words."""
        opened, scene = self.open_scene(scene_id)
        scene_order.edit_scene(opened=opened, scene=scene, changes=self.sent)
        return self.answer(self.one(Scene.objects.all(), scene_id))


class OmitScene(FootageResource):
    """Leaving a scene out."""

    tag = "scenes"

    @operation(answer=SceneOut, needs=Right.CREATE)
    def post(self, request: Request, scene_id: UUID) -> Response:
        """Leave a scene out of the film; its number, shots and takes are kept."""
        opened, scene = self.open_scene(scene_id)
        scene_order.omit_scene(opened=opened, scene=scene)
        return self.answer(self.one(Scene.objects.all(), scene_id))


class RestoreScene(FootageResource):
    """Taking a scene back."""

    tag = "scenes"

    @operation(answer=SceneOut, needs=Right.CREATE)
    def post(self, request: Request, scene_id: UUID) -> Response:
        """Take an omitted scene back into the film, where it was."""
        opened, scene = self.open_scene(scene_id)
        scene_order.restore_scene(opened=opened, scene=scene)
        return self.answer(self.one(Scene.objects.all(), scene_id))


class SceneOrder(FootageResource):
    """The order of the scenes."""

    tag = "scenes"

    @operation(
        body=SceneOrderIn,
        needs=Right.CREATE,
        refusals={409: ["not_possible: the project has other scenes than these; read them again"]},
        examples=[Example("Two scenes", {"project": _ID, "order": [_ID, "0191f2a0-1111-4222-8333-444455556667"]})],
    )
    def post(self, request: Request) -> Response:
        """Put the scenes of the film into another order; numbers stay with their scenes."""
        scene_order.reorder_scenes(opened=self.open(self.sent["project"]), order=self.sent["order"])
        return self.answer(None)


class SceneJson(FootageResource):
    """The scene as its folder has it."""

    tag = "folders"

    @operation(answer=SceneMirror)
    def get(self, request: Request, scene_id: UUID) -> Response:
        """Read what ``metadata/scene.json`` says of a scene."""
        return self.answer(mirror.describe(self.open_scene(scene_id)[1]))
