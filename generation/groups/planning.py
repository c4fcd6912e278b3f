"""What one action over several projects would make, cost and take. Asks for nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.access import OpenTeam
from accounts.policies import Right
from generation import planning, staleness
from generation.catalogue import ImpossibleRequest
from generation.job_rows import UNSETTLED
from generation.models import BatchGroup, Job
from generation.money.room import Room, room_for
from generation.planning import CLIPS, EVERYTHING, STILLS, Estimate, Wanted
from generation.wishes import Wish
from projects.access import OpenProject, open_project
from projects.models import Project
from scenes.models import Shot, Take

MOST_PROJECTS = 100
# Each shot is looked at while a person waits: 2,000 take some three seconds to price and eight to ask for.
MOST_SHOTS = 5_000
_Make = BatchGroup.Make


@dataclass(frozen=True, slots=True)
class Item:
    """What would be made of one project.

    Attributes:
        opened: it.
        estimate: of what is asked for anew.
        going_on: how many jobs for it go on already; they are not counted.
        problems: why some shots cannot be made; the others are.
        room: what is left of the budgets, and whether it waits for a producer's yes.
    """

    opened: OpenProject
    estimate: Estimate
    going_on: int
    problems: tuple[str, ...]
    room: Room

    @property
    def jobs(self) -> int:
        """How many things would be made."""
        return self.estimate.stills + self.estimate.clips + self.estimate.voices

    @property
    def too_dear(self) -> bool:
        """Whether a budget is too small for it as things stand."""
        return self.room.left is not None and self.estimate.cost > self.room.left


@dataclass(frozen=True, slots=True)
class Preview:
    """What an action would make of each project, and of all of them."""

    make: _Make
    items: tuple[Item, ...]
    total: Estimate

    @property
    def anything(self) -> bool:
        """Whether there is anything to make."""
        return self.total.anything


def projects_named(opened: OpenTeam, ids: Iterable[UUID]) -> list[OpenProject]:
    """Open projects of a team to spend in them, each once, in the order of their names.

    Raises:
        ImpossibleRequest: none or too many are named, one is not the team's or archived, rehearsals and others are
            named together, or several have too many shots together.
    """
    wanted = set(ids)
    if not wanted:
        raise ImpossibleRequest("Choose at least one project.", field="projects")
    if len(wanted) > MOST_PROJECTS:
        raise ImpossibleRequest(f"Choose at most {MOST_PROJECTS} projects at once.", field="projects")
    found = list(Project.objects.current().filter(team=opened.team, pk__in=wanted).order_by("name", "pk"))
    if len(found) != len(wanted):
        raise ImpossibleRequest(
            "One of these projects is not in this team any more, or in the archive. Choose again.", field="projects"
        )
    if len({project.rehearsal for project in found}) > 1:
        raise ImpossibleRequest(
            "Some of these projects rehearse and some generate for real. Choose one kind at a time: their money is not "
            "added up.",
            field="projects",
        )
    shots = Shot.objects.filter(project__in=found, omitted_at=None).count()
    if len(found) > 1 and shots > MOST_SHOTS:
        raise ImpossibleRequest(
            f"These projects have {shots:,} shots together, and {MOST_SHOTS:,} is the most for one action. Choose "
            "fewer projects at once.",
            field="projects",
        )
    return [open_project(opened.user, project.pk, Right.SPEND) for project in found]


def wanted_by(opened: OpenProject, make: str) -> Wanted:
    """Return what an action makes of one project; a shot that cannot be made does not hide the others."""
    if make == _Make.STORYBOARD:
        return planning.wanted_of(opened, kinds=(STILLS,))
    if make == _Make.APPROVED_CLIPS:
        approved = Shot.objects.of(opened.project).in_film().filter(still__verdict=Take.Verdict.APPROVED)
        shots = [Shot(pk=pk) for pk in approved.values_list("pk", flat=True)]
        return planning.wanted_of(opened, shots=shots, kinds=(CLIPS,))
    wanted = planning.wanted_of(opened, kinds=EVERYTHING)
    if make == _Make.STALE:
        stale = [one for one in wanted.wishes if staleness.select_of(one) is not None]
        # A clip starts from its still, whether that is stale or was never made.
        kept = {wish.fingerprint for one in stale for wish in (one, one.input_wish) if wish is not None}
        return Wanted([one for one in wanted.wishes if one.fingerprint in kept], wanted.problems)
    return wanted


def preview(opened: OpenTeam, *, make: str, projects: Sequence[OpenProject]) -> Preview:
    """Work out what an action would come to.

    Args:
        opened: the team, opened to spend.
        make: one of ``BatchGroup.Make``.
        projects: from ``projects_named``.
    """
    items: list[Item] = []
    every: list[Wish] = []
    for project in projects:
        try:
            wanted = wanted_by(project, make)
        except ImpossibleRequest as error:
            nothing = planning.estimate([])
            items.append(Item(project, nothing, 0, (str(error),), room_for(project, 0)))
            continue
        jobs = Job.objects.filter(project=project.project, state__in=UNSETTLED)
        going_on = set(jobs.values_list("fingerprint", flat=True))
        new = [wish for wish in wanted.wishes if wish.fingerprint not in going_on]
        every += new
        comes_to = planning.estimate(new)
        items.append(
            Item(
                opened=project,
                estimate=comes_to,
                going_on=len(wanted.wishes) - len(new),
                problems=tuple(dict.fromkeys(wanted.problems.values())),
                room=room_for(project, comes_to.cost),
            )
        )
    return Preview(_Make(make), tuple(items), planning.estimate(every))
