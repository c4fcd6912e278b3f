"""Shots: read, inserted, changed, split, put in order."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.operations import Example, operation
from accounts.rest.pages import ids_of_few
from projects.access import OpenProject
from scenes.api.base import FootageResource
from scenes.api.shown_shots import ShotChange, ShotIn, ShotOrderIn, ShotOut, ShotQuery, SplitIn
from scenes.models import Shot
from scenes.querysets import ShotQuerySet
from scenes.services import shot_order, shots

_ID = "0191f2a0-1111-4222-8333-444455556666"


def shown_shots() -> ShotQuerySet:
    """Return all shots with what is shown of them; the door decides whose."""
    lines = Prefetch("lines", to_attr="shown_lines")
    return Shot.objects.select_related("assignee").prefetch_related("scene__project", lines)


class Shots(FootageResource):
    """The shots of a project."""

    tag = "shots"

    @operation(answer=ShotOut, query=ShotQuery, paged=True)
    def get(self, request: Request) -> Response:
        """List a project's shots in the order of the film, omitted ones included unless you say otherwise."""
        asked = self.asked
        project = self.open(asked["project"]).project
        columns = {"scene": "scene", "status": "status", "person": "assignee", "due_before": "due_on__lt"}
        wanted = {column: asked[name] for name, column in columns.items() if name in asked}
        rows = shown_shots().filter(scene__project=project, **wanted)
        # In the order of the film, few of a kind would be looked for among all its shots.
        few = ids_of_few(Shot.objects.filter(project=project, **wanted)) if wanted and "scene" not in asked else None
        if few is not None:
            rows = shown_shots().filter(pk__in=few)
        if "omitted" in asked:
            rows = rows.exclude(omitted_at=None, scene__omitted_at=None) if asked["omitted"] else rows.in_film()
        if "scene" in asked:
            return self.page(rows, "position")
        return self.page(rows, "scene__position", "position")

    @operation(
        answer=ShotOut,
        body=ShotIn,
        status=201,
        needs=Right.CREATE,
        examples=[Example("A close-up", {"scene": _ID, "angle": "close-up shot", "description": "Her hands."})],
    )
    def post(self, request: Request) -> Response:
        """Put a new shot into a scene; it gets the next free letter."""
        said = dict(self.sent)
        opened, scene = self.open_scene(said.pop("scene"))
        after = self.named(Shot.objects.filter(scene=scene), said.pop("after"), "after")
        shot, _ = shot_order.insert_shot(opened=opened, scene=scene, after=after, **said)
        return self.answer(self.one(shown_shots(), shot.pk), location=reverse("api:shot", args=[shot.pk]))


class ShotResource(FootageResource):
    """An address of one shot."""

    def open_shot(self, shot_id: UUID) -> tuple[OpenProject, Shot]:
        """Open the project of a shot."""
        return self.open_of(shown_shots(), shot_id, "scene__project_id")


class OneShot(ShotResource):
    """One shot."""

    tag = "shots"

    @operation(answer=ShotOut)
    def get(self, request: Request, shot_id: UUID) -> Response:
        """Read a shot."""
        return self.answer(self.open_shot(shot_id)[1])

    @operation(
        answer=ShotOut,
        body=ShotChange,
        needs=Right.CREATE,
        examples=[Example("A prompt", {"prompt": "Fog on black water, one light far out.", "duration_ms": 5000})],
    )
    def patch(self, request: Request, shot_id: UUID) -> Response:
        """Change angle, prompt or length; a later breakdown leaves alone what was set here."""
        opened, shot = self.open_shot(shot_id)
        shots.edit_shot(opened=opened, shot=shot, **self.sent)
        return self.answer(self.one(shown_shots(), shot_id))


class SplitShot(ShotResource):
    """Cutting a shot in two."""

    tag = "shots"

    @operation(
        answer=ShotOut,
        body=SplitIn,
        status=201,
        needs=Right.CREATE,
        examples=[Example("At two seconds", {"at_ms": 2000})],
    )
    def post(self, request: Request, shot_id: UUID) -> Response:
        """Cut a shot in two; answered with the second half. Takes stay with the first, and no line is cut."""
        opened, shot = self.open_shot(shot_id)
        half, _ = shot_order.split_shot(opened=opened, shot=shot, at_ms=self.sent["at_ms"])
        return self.answer(self.one(shown_shots(), half.pk), location=reverse("api:shot", args=[half.pk]))


class ShotOrder(FootageResource):
    """The order of a scene's shots."""

    tag = "shots"

    @operation(
        body=ShotOrderIn,
        needs=Right.CREATE,
        refusals={409: ["not_possible: the scene has other shots than these; read them again"]},
        examples=[Example("Two shots", {"scene": _ID, "order": [_ID, "0191f2a0-1111-4222-8333-444455556667"]})],
    )
    def post(self, request: Request) -> Response:
        """Put the shots of a scene into another order; letters stay with their shots."""
        opened, scene = self.open_scene(self.sent["scene"])
        shot_order.reorder_shots(opened=opened, scene=scene, order=self.sent["order"])
        return self.answer(None)
