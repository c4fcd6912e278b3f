"""The film: its cut and what was rendered of it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.operations import Example, operation
from projects.bins import throw_away
from scenes.api.base import FootageResource
from scenes.api.cut_changes import from_service, to_service
from scenes.api.shown_film import CutChange, CutChanged, FilmCut, FilmOut, RenderOut, RenderQuery
from scenes.cut import in_cut_order
from scenes.models import Film, Render, Shot, Take
from scenes.services.film_cut import change_cut, film_of


class Films(FootageResource):
    """The films of a project."""

    tag = "films"

    @operation(answer=FilmOut, query=RenderQuery, paged=True)
    def get(self, request: Request) -> Response:
        """List a project's films: there is one."""
        film = film_of(self.open(self.asked["project"]).project)
        return self.page(Film.objects.filter(pk=film.pk), "created_at")


class OneFilm(FootageResource):
    """One film."""

    tag = "films"

    @operation(answer=FilmCut)
    def get(self, request: Request, film_id: UUID) -> Response:
        """Read a film as it is cut now: its shots in order, sounds and titles."""
        opened, film = self.open_of(Film.objects.all(), film_id)
        shots = in_cut_order(list(Shot.objects.of(opened.project).in_film()), film.order)
        cut = {
            "follows_storyboard": not film.order,
            "duration_ms": sum(shot.duration_ms for shot in shots),
            "shots": shots,
            "sounds": film.sounds.kept(),
            "titles": film.titles.kept(),
        }
        return self.answer({**vars(film), **cut})


class ChangeFilm(FootageResource):
    """Cutting."""

    tag = "films"

    @operation(
        answer=CutChanged,
        body=CutChange,
        needs=Right.CREATE,
        refusals={409: ["not_possible: the film cannot be cut like that; the sentence says what can be"]},
        examples=[
            Example("A title before the film", {"add_title": {"text": "Low Water", "place": "opening"}}),
            Example("A fade at the end", {"film": {"fade_out_ms": 1200}}),
        ],
    )
    def post(self, request: Request, film_id: UUID) -> Response:
        """Change the cut: order, trims, lengths, transitions, sounds and titles; all that is said, or nothing.

        The answer has the change that takes it back, in the same form.
        """
        opened, _ = self.open_of(Film.objects.all(), film_id)
        changed = change_cut(opened=opened, change=to_service(self.sent))
        return self.answer({"made": changed.made or None, "inverse": from_service(changed.inverse)})


def _renders() -> QuerySet[Render]:
    named = Prefetch("asset__takes", Take.objects.select_related("shot__scene"))
    rows: QuerySet[Render] = Render.objects.kept().defer("plan")
    return rows.select_related("film", "asset__created_by", "created_by").prefetch_related(named)


class Renders(FootageResource):
    """The renderings of a project's film."""

    tag = "films"

    @operation(answer=RenderOut, query=RenderQuery, paged=True)
    def get(self, request: Request) -> Response:
        """List the renderings of a project's film, the newest first."""
        opened = self.open(self.asked["project"])
        return self.page(_renders().filter(film__project=opened.project), "-number")


class OneRender(FootageResource):
    """One rendering."""

    tag = "films"

    @operation(answer=RenderOut)
    def get(self, request: Request, render_id: UUID) -> Response:
        """Read a rendering; its bytes are those of its asset."""
        return self.answer(self.open_of(_renders(), render_id, "film__project_id")[1])

    @operation(needs=Right.CREATE)
    def delete(self, request: Request, render_id: UUID) -> Response:
        """Put a rendering into the trash."""
        opened, render = self.open_of(_renders(), render_id, "film__project_id")
        throw_away(opened=opened, kind="render", row=render)
        return self.answer(None)
