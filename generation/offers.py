"""What could be made now and what it would cost: the words and prices on the buttons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from generation import planning, services, staleness
from generation.catalogue import ImpossibleRequest, model_for
from generation.listing import UNSETTLED
from generation.models import Batch, Job
from generation.planning import CLIPS, EVERYTHING, STILLS, VOICES, Estimate
from generation.providers.base import Operation
from generation.states import JobState
from generation.wishes import RENDERER, Wish
from projects.access import OpenProject
from scenes.models import Shot

CHOICES: dict[str, tuple[str, ...]] = {
    "everything": EVERYTHING,
    "stills": (STILLS,),
    # A clip starts from its still, so that the stills it needs come with it.
    "clips": (STILLS, CLIPS),
    "clips_only": (CLIPS,),
    "voices": (VOICES,),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What is missing or stale of some shots, with a price for each choice.

    Attributes:
        shots: how many shots it is about.
        whole: whether that is the whole film.
        fresh: whether it is about further takes of what is there.
        prices: an estimate for each of ``CHOICES`` that would make something.
        old_still: whether a chosen still was made before its shot changed: a clip would move the old picture.
        on_their_way: how many jobs for it go on already; they are not counted again.
        waiting: how many of those wait for a producer's yes.
        problem: why nothing can be asked for; empty when it can.
    """

    shots: int
    whole: bool
    fresh: bool
    prices: dict[str, Estimate]
    on_their_way: int = 0
    waiting: int = 0
    old_still: bool = False
    problem: str = ""

    @property
    def everything(self) -> Estimate:
        """What all of it comes to."""
        return self.prices.get("everything") or planning.estimate([])

    @property
    def render_cost(self) -> int:
        """What one rendering of the film costs, in micro-units."""
        return model_for(RENDERER, Operation.FILM).estimate(Operation.FILM, {})

    @property
    def film_cost(self) -> int:
        """What everything and then the film come to, in micro-units."""
        return self.everything.cost + self.render_cost


def offer(
    opened: OpenProject,
    *,
    shot_ids: Sequence[UUID] | None = None,
    fresh: bool = False,
    changed_by: UUID | None = None,
    going_on: Collection[str] | None = None,
) -> Offer:
    """Work out what could be made for some shots of an opened project.

    Args:
        opened: the project.
        shot_ids: which shots; all that are in the film when None.
        fresh: further takes, instead of what is missing.
        changed_by: only what shows this element as it was.
        going_on: fingerprints of the jobs for them that go on, where the caller knows them already.
    """
    try:
        wanted = _wishes(opened, shot_ids, EVERYTHING, fresh=fresh, changed_by=changed_by)
    except ImpossibleRequest as error:
        return Offer(len(shot_ids or ()), shot_ids is None, fresh, {}, problem=str(error))
    waiting: set[str] = set()
    if going_on is None:
        jobs = Job.objects.filter(project=opened.project, state__in=UNSETTLED)
        states = dict(jobs.values_list("fingerprint", "state"))
        going_on = set(states)
        waiting = {one for one, state in states.items() if state == JobState.WAITING_APPROVAL}
    new = [wish for wish in wanted if wish.fingerprint not in going_on]
    prices = {}
    for choice, kinds in CHOICES.items():
        estimate = planning.estimate([wish for wish in new if wish.kind in kinds])
        if estimate.anything:
            prices[choice] = estimate
    return Offer(
        shots=len(shot_ids) if shot_ids is not None else 0,
        whole=shot_ids is None,
        fresh=fresh,
        prices=prices,
        on_their_way=len(wanted) - len(new),
        waiting=sum(wish.fingerprint in waiting for wish in wanted),
        old_still=any(_is_of_old_still(wish) for wish in wanted),
    )


def accept(
    opened: OpenProject,
    *,
    choice: str,
    shot_ids: Sequence[UUID] | None = None,
    fresh: bool = False,
    changed_by: UUID | None = None,
    max_concurrent: int | None = None,
) -> Batch:
    """Ask for what a choice offers.

    Args:
        opened: the project, opened to spend.
        choice: one of ``CHOICES``.
        shot_ids, fresh, changed_by: as for ``offer``.
        max_concurrent: so many jobs at once; as many as may be when None.

    Raises:
        ImpossibleRequest: something cannot be made, or there is no such choice.
        NothingToDo: it is there already.
    """
    if choice not in CHOICES:
        raise ImpossibleRequest(f"There is no choice {choice[:40]!r}. There are: {', '.join(CHOICES)}.")
    wanted = _wishes(opened, shot_ids, CHOICES[choice], fresh=fresh, changed_by=changed_by)
    title = _title(choice, wanted, fresh=fresh)
    return services.generate(opened=opened, wanted=wanted, title=title, max_concurrent=max_concurrent)


@dataclass(frozen=True, slots=True)
class StaleShots:
    """The selects that their shots have changed under since.

    Attributes:
        kinds: which of still, clip and voice, by shot.
        why: a sentence for each shot.
        problem: what kept it from being told of some.
    """

    kinds: dict[str, list[str]]
    why: dict[str, str]
    problem: str


def stale(opened: OpenProject) -> StaleShots:
    """Return what is stale in an opened project, and why."""
    wanted = planning.wanted_of(opened)
    found = staleness.stale_of(wanted.wishes)
    kinds: dict[str, set[str]] = defaultdict(set)
    for one in found:
        kinds[str(one.shot.pk)].add(str(one.wish.kind))
    return StaleShots(
        kinds={shot: sorted(names) for shot, names in kinds.items()},
        why=staleness.reasons(opened.project, found),
        problem=" ".join(wanted.problems.values()),
    )


def _wishes(
    opened: OpenProject,
    shot_ids: Sequence[UUID] | None,
    kinds: Sequence[str],
    *,
    fresh: bool,
    changed_by: UUID | None = None,
) -> list[Wish]:
    shots = None if shot_ids is None else [Shot(pk=shot_id) for shot_id in shot_ids]
    wanted = planning.wishes_for(opened, shots=shots, kinds=kinds, fresh=fresh)
    if changed_by is None:
        return wanted
    return [wish for wish in wanted if staleness.changed_by(wish, changed_by)]


def _is_of_old_still(wish: Wish) -> bool:
    still = wish.shot.still if wish.shot is not None and wish.kind == STILLS else None
    # One that a person brought has no recipe, and is what they want to see.
    return still is not None and bool(still.recipe) and still.recipe != wish.recipe


def _title(choice: str, wanted: Sequence[Wish], *, fresh: bool) -> str:
    labels = list(dict.fromkeys(wish.shot.label for wish in wanted if wish.shot is not None))
    what = {"stills": "Stills", "clips": "Clips", "clips_only": "Clips", "voices": "Voices"}.get(choice, "Everything")
    what = f"New {what.lower()}" if fresh else what
    if not labels:
        return what
    return f"{what} · {labels[0]}" if len(labels) == 1 else f"{what} · {len(labels)} shots"
