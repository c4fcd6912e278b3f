"""Pieces of writing as pages and programs show them: what was asked, what there is of it, and what can be done next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from generation.job_rows import UNSETTLED, JobRow, rows_of, with_all_that_is_shown
from generation.models import Job, Writing
from generation.states import JobState
from generation.writing import applying
from generation.writing.kinds import SCREENPLAYS, Kind, unfinished
from projects.access import OpenProject
from scenes.models import Element, Scene, Shot
from scenes.services.scripts import current_script

PAGE = 30
_READ = ("script", "outline", "scene", "shot__scene__project", "element", "job__batch")


@dataclass(frozen=True)
class Piece:
    """A piece of writing with its job.

    Attributes:
        opened: the project.
        row: what was asked for.
        job_row: its job as lists show it.
    """

    opened: OpenProject
    row: Writing
    job_row: JobRow

    @property
    def job(self) -> Job:
        """Its job."""
        return self.job_row.job

    @property
    def going_on(self) -> bool:
        """Whether it is still to come."""
        return self.job.state in UNSETTLED

    @property
    def streams(self) -> bool:
        """Whether its words are worth watching while they come; data is not."""
        return self.going_on and self.row.kind in SCREENPLAYS

    @property
    def words(self) -> str:
        """What has come of it so far, or came before it failed."""
        return self.job.result_text

    @cached_property
    def stale(self) -> str:
        """Why a proposal no longer fits; empty while it does, and once somebody has decided."""
        return applying.stale(self.opened, self.row) if self.can_decide else ""

    @property
    def can_decide(self) -> bool:
        """Whether a person can take it or leave it."""
        return applying.open_for_decision(self.row)

    @cached_property
    def can_continue(self) -> bool:
        """Whether it is the unfinished screenplay that is the latest version."""
        if not self.row.cut or self.row.kind not in SCREENPLAYS or self.going_on:
            return False
        return unfinished(self.opened) == self.row

    @cached_property
    def is_latest(self) -> bool:
        """Whether the version that it became is what everybody sees."""
        return self.row.script_id is not None and current_script(self.opened.project) == self.row.script

    @property
    def about(self) -> str:
        """What it is about, in words."""
        row = self.row
        if row.scene is not None:
            return f"scene {row.scene.number}"
        if row.shot is not None:
            return f"shot {row.shot.label}"
        return row.element.shown_name if row.element is not None else ""

    @property
    def shots(self) -> list[dict[str, Any]]:
        """The shots that it proposes."""
        found: list[dict[str, Any]] = self.row.result.get("shots", [])
        return found

    @property
    def refused(self) -> bool:
        """Whether it ended without anything to use."""
        return self.job.state in (JobState.FAILED, JobState.CANCELLED)


def pieces_of(opened: OpenProject, rows: QuerySet[Writing], *, most: int = PAGE) -> list[Piece]:
    """Return pieces of an opened project's writing, the newest first, with all that is shown of them."""
    found = list(rows.filter(project=opened.project).select_related(*_READ).order_by("-created_at")[:most])
    jobs = with_all_that_is_shown(Job.objects.filter(pk__in=[row.job_id for row in found]))
    by_job = {one.job.pk: one for one in rows_of(list(jobs))}
    made = []
    for row in found:
        job_row = by_job[row.job_id]
        row.job = job_row.job
        made.append(Piece(opened, row, job_row))
    return made


def piece_of(opened: OpenProject, row: Writing) -> Piece:
    """Return one piece of an opened project's writing."""
    return pieces_of(opened, Writing.objects.filter(pk=row.pk))[0]


def on_the_script(opened: OpenProject) -> list[Piece]:
    """Return what the script's page shows: what is being written, what can be gone on with, what waits for a word."""
    newest = Writing.objects.filter(kind__in=SCREENPLAYS, project=opened.project).order_by("-created_at")
    last = newest.values_list("pk", flat=True).first()
    rewrites = Q(kind=Kind.REWRITE, decision=Writing.Decision.OPEN) & ~Q(job__state=JobState.CANCELLED)
    going = Q(job__state__in=UNSETTLED, kind__in=(*SCREENPLAYS, Kind.OUTLINE))
    found = pieces_of(opened, Writing.objects.filter(rewrites | going | Q(pk=last)), most=10)
    return [piece for piece in found if _worth_showing(piece)]


def _worth_showing(piece: Piece) -> bool:
    if piece.row.kind == Kind.REWRITE:
        return piece.going_on or piece.refused or piece.can_decide
    if piece.is_latest and not piece.row.cut:
        # The next step is offered until somebody has taken it.
        return not Scene.objects.filter(project=piece.row.project_id).exists()
    return piece.going_on or piece.can_decide or piece.can_continue or (piece.refused and not piece.row.script_id)


def about(opened: OpenProject, kinds: Sequence[str], subject: Scene | Shot | Element) -> list[Piece]:
    """Return what was last written about a scene, shot or element, as far as it waits for something."""
    name = type(subject)._meta.model_name
    found = pieces_of(opened, Writing.objects.filter(kind__in=kinds, **{str(name): subject}), most=3)
    return [piece for piece in found if piece.going_on or piece.can_decide or piece.refused][:1]
