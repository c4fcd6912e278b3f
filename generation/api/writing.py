"""Having a film written, and help while writing: asked for, priced, read, taken or left."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Left
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.operations import Example, operation
from generation.api.jobs import ASKING, SPEND
from generation.api.jobs_shown import MOST_LISTED
from generation.api.waiting import WaitingResource, WaitQuery, wait_for
from generation.api.writing_shown import ApplyIn, OutlineIn, WritingIn, WritingOut, WritingPriceOut, WritingText
from generation.models import Job, Writing
from generation.states import JOB_ENDED
from generation.writing import applying, asking
from generation.writing.kinds import Wanted
from projects.access import OpenProject
from projects.api.base import ProjectResource
from scenes.models import Element, Scene, Shot

ID = "0191f2a0-1111-4222-8333-444455556666"
_UNFIT = ["not_possible: it is not written, has been decided about, or what it was made for has changed; `stale` says"]
_READ = ("job", "script", "decided_by", "scene", "shot__scene__project", "element")

_UNSEEN = ("result_text", "prompt", "parameters", "context", "inputs", "alternatives")


def _rows() -> QuerySet[Writing]:
    return Writing.objects.select_related(*_READ)


def _listed() -> QuerySet[Writing]:
    """Return pieces for a list: of whole scripts and answers, nothing is read that it does not show."""
    rows = Writing.objects.select_related("job", "script", "decided_by").annotate(
        before_begins=Left("before", MOST_LISTED)
    )
    return rows.defer("before", "script__text", *(f"job__{name}" for name in _UNSEEN))


class _WritingResource(WaitingResource):
    def begun(self, made_id: Any) -> tuple[QuerySet[Job], Any]:
        """Return the job of a piece, and of the screenplay that follows it by itself, and how the piece is read."""
        own = Job.objects.filter(writing=made_id)
        jobs = own | Job.objects.filter(input_job__writing=made_id)
        return jobs.distinct(), lambda: self.shown(*self.open_of(_rows(), made_id))

    def shown(self, opened: OpenProject, row: Writing) -> Writing:
        """Return a piece with what can be done with it."""
        row.decidable = applying.open_for_decision(row)  # type: ignore[attr-defined]
        row.stale = applying.stale(opened, row) if applying.open_for_decision(row) else ""  # type: ignore[attr-defined]
        return row

    def wanted(self, opened: OpenProject) -> Wanted:
        """Return what a body asks for, of the opened project alone."""
        said = dict(self.sent)
        project = opened.project
        rows = Writing.objects.filter(project=project).select_related("outline", "job")
        shots = Shot.objects.of(project).select_related("scene__project__team")
        return Wanted(
            source=self.named(rows, said.pop("writing"), "writing"),
            scene=self.named(Scene.objects.filter(project=project), said.pop("scene"), "scene"),
            shot=self.named(shots, said.pop("shot"), "shot"),
            element=self.named(Element.objects.of(project), said.pop("element"), "element"),
            **said,
        )


class Writings(_WritingResource):
    """What was written in a project."""

    tag = "writing"

    @operation(answer=WritingOut, paged=True)
    def get(self, request: Request, project_id: UUID) -> Response:
        """List what was written in a project, the newest first: outlines, screenplays, proposals."""
        return self.page(_listed().filter(project=self.open(project_id).project))

    @operation(
        answer=WritingText,
        body=WritingIn,
        query=WaitQuery,
        status=202,
        also={200: WritingText},
        needs=Right.SPEND,
        scope=SPEND,
        refusals=ASKING,
        examples=[
            Example(
                "A screenplay from an idea",
                {
                    "kind": "outline",
                    "idea": "A ferrywoman makes her last crossing before the bridge opens.",
                    "minutes": 5,
                    "genre": "drama",
                    "then_screenplay": True,
                },
            ),
            Example(
                "Other words for a passage",
                {"kind": "rewrite", "passage": "One more crossing.", "instruction": "She says nothing."},
            ),
        ],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Have something written: an outline (and the screenplay after it), or a proposal for what there is.

        A screenplay becomes a version of the script; its words are pushed while they come, as
        `text_generation_progress`. A proposal changes nothing until somebody applies it. What costs more than the
        project's limit waits for a producer's yes. `POST /jobs/{job}/cancel` stops it; what there is of a screenplay
        is kept as an unfinished version, which `continuation` goes on with.
        """
        opened = self.open(project_id)
        made = asking.ask(opened=opened, wanted=self.wanted(opened))
        opened, row = self.open_of(_rows(), made.pk)
        status = 200 if row.job.state in JOB_ENDED else 202
        return self.answer(self.shown(opened, row), status=status, location=reverse("api:writing", args=[row.pk]))


class WritingEstimate(_WritingResource):
    """The price of writing."""

    tag = "writing"

    @operation(
        answer=WritingPriceOut,
        body=WritingIn,
        refusals={409: ["not_possible: nobody can write here; the detail says what to enter where"]},
        examples=[Example("A screenplay", {"kind": "outline", "idea": "A ferry.", "then_screenplay": True})],
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Tell what writing something would cost, and who would write it. Nothing is asked for."""
        opened = self.open(project_id)
        return self.answer(asking.plan_of(opened, self.wanted(opened)))


class OneWriting(_WritingResource):
    """One piece of writing."""

    tag = "writing"

    @operation(answer=WritingText, query=WaitQuery)
    def get(self, request: Request, writing_id: UUID) -> Response:
        """Read a piece of writing with its words; with `?wait=30`, when it has ended."""
        self.open_of(_rows(), writing_id)
        wait_for(Job.objects.filter(writing=writing_id), self.asked.get("wait"))
        return self.answer(self.shown(*self.open_of(_rows(), writing_id)))

    @operation(
        answer=WritingText,
        body=OutlineIn,
        needs=Right.CREATE,
        refusals={409: _UNFIT},
        examples=[
            Example(
                "Another ending",
                {
                    "title": "Fog and Iron",
                    "logline": "She stays aboard.",
                    "scenes": [{"heading": "EXT. HARBOUR - DAWN", "happens": "Nobody comes.", "minutes": 1}],
                },
            )
        ],
    )
    def put(self, request: Request, writing_id: UUID) -> Response:
        """Put an outline into your own words; a screenplay that is written from it afterwards follows them."""
        opened, row = self.open_of(_rows(), writing_id)
        return self.answer(self.shown(opened, applying.change_outline(opened=opened, row=row, outlined=self.sent)))


class ApplyWriting(_WritingResource):
    """Taking a proposal."""

    tag = "writing"

    @operation(
        answer=WritingText,
        body=ApplyIn,
        needs=Right.CREATE,
        refusals={409: _UNFIT},
        examples=[Example("The first of the shots", {"shots": [0]})],
    )
    def post(self, request: Request, writing_id: UUID) -> Response:
        """Take a proposal: it goes into the script, the scene, the element or the shot, as if you had typed it."""
        opened, row = self.open_of(_rows(), writing_id)
        return self.answer(self.shown(opened, applying.apply(opened=opened, row=row, chosen=self.sent["shots"])))


class LeaveWriting(ProjectResource):
    """Leaving a proposal."""

    tag = "writing"

    @operation(answer=WritingOut, needs=Right.CREATE, refusals={409: _UNFIT})
    def post(self, request: Request, writing_id: UUID) -> Response:
        """Leave a proposal as it is; nothing changes."""
        opened, row = self.open_of(_rows(), writing_id)
        return self.answer(applying.leave(opened=opened, row=row))
