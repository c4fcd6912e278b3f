"""A note becomes an instruction for a new take: what it would cost, asking for it, and what has become of it.

Such a take has the recipe of its shot as it stands: it is stale when the shot changes, and not because somebody's note
was heard. Its fingerprint is that of the note and of how many takes came from it before: whoever asks twice, or two
people at once, get one take.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from generation import planning, services
from generation.catalogue import ImpossibleRequest, model_named
from generation.catalogue.limits import PromptRule
from generation.choosing.pictures import input_of
from generation.choosing.shot_settings import words_of
from generation.job_rows import UNSETTLED, JobRow, with_all_that_is_shown
from generation.media.moments import frame_at
from generation.media.probe import Unreadable
from generation.models import Batch, Job
from generation.providers.base import InputFile, Operation
from generation.states import JobState
from generation.storing import measure, put
from generation.wishes import BUILT_IN, Alternative, Wish, hash_of
from projects.access import OpenProject
from projects.models import Comment, Subject
from scenes import storage
from scenes.models import Asset, Shot, Take
from scenes.services.takes import add_asset

AS_BEFORE, FRAME, KEEP = "", "frame", "keep"
_KINDS = (Take.Kind.STILL, Take.Kind.CLIP)
_SIGN = "Direction:"
_COPY_BYTES = 1024 * 1024
_SHOWN_JOBS = (*UNSETTLED, JobState.FAILED)
# A take is read with all that planning needs of its shot.
WITH_SHOT = tuple(f"shot__{name}" for name in planning.READ)


@dataclass(frozen=True, slots=True)
class Start:
    """What a new take could begin with. ``cost`` is what the take costs then, micro-units."""

    value: str
    label: str
    cost: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A new take from a note, before anybody asks for it.

    Attributes:
        note: what was said.
        take: what it was said about.
        plain: what would be made of the shot without the note.
        first: the still that has to be made for it first, if any.
        prompt: the words with the note's.
        rule: how long they may be.
        starts: what it could begin with, the usual first; one entry where there is no choice.
        number: how many takes came from the note before.
    """

    note: Comment
    take: Take
    plain: Wish
    first: Wish | None
    prompt: str
    rule: PromptRule
    starts: tuple[Start, ...]
    number: int

    @property
    def cost(self) -> int:
        """What it costs at most as it stands, micro-units."""
        return self.starts[0].cost

    @property
    def seconds(self) -> float:
        """How long it usually takes."""
        return planning.estimate([*([self.first] if self.first else []), self.plain]).seconds


@dataclass(frozen=True, slots=True)
class NoteState:
    """What has become of a note.

    Attributes:
        note: what was said.
        takes: what was made from it, the oldest first.
        row: the job that goes on for it or that failed last; None where there is none.
        closed_by: the approved take that closed it.
    """

    note: Comment
    takes: tuple[Take, ...] = ()
    row: JobRow | None = None
    closed_by: Take | None = None

    @property
    def going_on(self) -> bool:
        """Whether a take is on its way."""
        return self.row is not None and self.row.job.state in UNSETTLED

    @property
    def open(self) -> bool:
        """Whether a new take can be asked for."""
        return self.note.resolved_at is None and not self.going_on

    @property
    def key(self) -> str:
        """What is shown of it, in one word: the same key, the same picture."""
        row = f"{self.row.job.pk}{self.row.job.state}" if self.row else ""
        takes = [f"{take.pk}{take.verdict}" for take in self.takes]
        return hash_of([row, takes, str(self.note.resolved_at), self.note.text])[:16]


def note_of(opened: OpenProject, note_id: UUID) -> tuple[Comment, Take] | None:
    """Return a note on a still or clip of an opened project with that take; None where there is no such note."""
    notes = Comment.objects.of(opened.project).filter(subject_kind=Subject.TAKE, parent=None)
    note = notes.select_related("author", "guest").filter(pk=note_id).first()
    if note is None:
        return None
    takes = Take.objects.of(opened.project).filter(kind__in=_KINDS)
    take = takes.select_related(*WITH_SHOT, "asset", "mezzanine").filter(pk=note.subject_id).first()
    return (note, take) if take is not None else None


def draft_for(opened: OpenProject, note: Comment, take: Take) -> Draft:
    """Return the new take that a note could become.

    Args:
        opened: the project.
        note, take: from ``note_of``.

    Raises:
        ImpossibleRequest: it cannot be made; the message says what can be done.
    """
    plain, first = _plain(opened, take)
    rule = plain.model.can(plain.operation).prompt
    if rule is None:
        raise ImpossibleRequest(f"{plain.model.label} takes no words. Choose another model for shot {take.shot.label}.")
    words = " ".join(note.text.replace("@", "").split())
    return Draft(
        note=note,
        take=take,
        plain=plain,
        first=first,
        prompt=_joined(plain.prompt, words, rule, by_hand=bool(take.shot.prompt_by_hand.strip())),
        rule=rule,
        starts=_starts(note, take, plain, first),
        number=Take.objects.filter(note=note).count(),
    )


def price_for(opened: OpenProject, take: Take) -> tuple[int, float]:
    """Return what a new take in place of one costs and how long it usually takes, whatever the note says.

    Raises:
        ImpossibleRequest: it cannot be made.
    """
    plain, first = _plain_of(planning.wanted_again(opened, take.shot, kinds=(take.kind,)), take)
    estimate = planning.estimate([*([first] if first else []), plain])
    return estimate.cost, estimate.seconds


def frame_for(*, opened: OpenProject, note: Comment, take: Take) -> Asset | None:
    """Return the frame that a note is about as a picture of the project; takes a while, so not in a transaction.

    Args:
        opened: the project, opened to spend.
        note, take: from ``note_of``.

    Returns:
        None where no take can begin with it.

    Raises:
        ImpossibleRequest: the clip cannot be read any more, or nothing can be made from the note.
    """
    draft = draft_for(opened, note, take)
    return _frame(opened, draft) if FRAME in [one.value for one in draft.starts] else None


def ask(
    *,
    opened: OpenProject,
    note: Comment,
    take: Take,
    prompt: str,
    start: str = AS_BEFORE,
    number: int | None = None,
    frame: Asset | None = None,
) -> Batch | None:
    """Ask for a new take from a note.

    Args:
        opened: the project, opened to spend.
        note, take: from ``note_of``.
        prompt: the words as the person sends them.
        start: what it begins with; one of the draft's.
        number: how many takes from this note the person knew of.
        frame: from ``frame_for``, where it was made already.

    Returns:
        The batch; None where a take has come from the note that the person did not know of yet.

    Raises:
        ImpossibleRequest: the note is settled, or it cannot be made like that; the message says what can be done.
        BudgetExceeded: it does not fit under a cap.
        NothingToDo: it was made before.
    """
    if note.resolved_at is not None:
        raise ImpossibleRequest("This note is settled. Reopen it to have another take made from it.")
    draft = draft_for(opened, note, take)
    if number is not None and number < draft.number:
        return None
    if start not in [one.value for one in draft.starts]:
        raise ImpossibleRequest("The take cannot begin with that. Choose again.", field="start")
    words = words_of(prompt).strip()
    if not words:
        raise ImpossibleRequest("Say in the prompt what the take is to show.", field="prompt")
    wish = _wish(opened, draft, words, start, frame)
    wanted = [draft.first] if draft.first is not None and wish.input_wish is not None else []
    title = f"From a note · {take.shot.label}"
    return services.generate(opened=opened, wanted=[*wanted, wish], title=title, note=note)


def states_of(opened: OpenProject, take: Take) -> list[NoteState]:
    """Return what has become of the notes on a take of an opened project, in three queries."""
    notes = list(Comment.objects.about(opened.project, Subject.TAKE, take.pk).filter(parent=None))
    return _states(opened, notes)


def state_of(opened: OpenProject, note: Comment) -> NoteState:
    """Return what has become of one note of an opened project."""
    return _states(opened, [note])[0]


def _states(opened: OpenProject, notes: Sequence[Comment]) -> list[NoteState]:
    if not notes:
        return []
    made: dict[UUID, list[Take]] = defaultdict(list)
    for take in Take.objects.of(opened.project).filter(note__in=notes).order_by("created_at"):
        made[take.note_id].append(take)
    rows: dict[UUID, JobRow] = {}
    jobs = Job.objects.filter(project=opened.project, batch__note__in=notes, state__in=_SHOWN_JOBS)
    for job in with_all_that_is_shown(jobs.order_by("created_at")):
        if job.batch.note_id is not None:
            # Why a job has failed is said by the job itself: its attempts are not asked for.
            rows[job.batch.note_id] = JobRow(job, ())
    found = []
    for note in notes:
        takes, last = tuple(made[note.pk]), rows.get(note.pk)
        if last is not None and last.job.state == JobState.FAILED:
            # A take that came later has answered it.
            last = None if takes and takes[-1].created_at > last.job.created_at else last
        closed = (one for one in takes if note.resolved_at is not None and one.verdict_at == note.resolved_at)
        found.append(NoteState(note, takes, last, next(closed, None)))
    return found


def _plain(opened: OpenProject, take: Take) -> tuple[Wish, Wish | None]:
    """Return what would be made of the take's shot without any note, and the still that this needs first."""
    wanted = planning.wanted_of(opened, shots=[Shot(pk=take.shot_id)], kinds=(take.kind,), fresh=True)
    return _plain_of(wanted, take)


def _plain_of(wanted: planning.Wanted, take: Take) -> tuple[Wish, Wish | None]:
    for problem in wanted.problems.values():
        raise ImpossibleRequest(problem)
    plain = next((wish for wish in wanted.wishes if wish.kind == take.kind), None)
    if plain is None:
        raise ImpossibleRequest(f"Shot {take.shot.label} is omitted. Put it back into the film first.")
    return plain, plain.input_wish


def _joined(base: str, words: str, rule: PromptRule, *, by_hand: bool) -> str:
    """Return a prompt with a note's words at its end. A built one is shortened for them, one by hand never."""
    if not words:
        return base
    if rule.count(words) > rule.most // 2 and not by_hand:
        words = _shortened(words, rule, rule.most // 2)
    direction = f" {_SIGN} {words}"
    room = rule.most - rule.count(direction)
    return (base if by_hand else _shortened(base, rule, room)) + direction


def _shortened(text: str, rule: PromptRule, most: int) -> str:
    while text and rule.count(text) > most:
        text = text.rpartition(" ")[0] or text[:most]
    return text


def _starts(note: Comment, take: Take, plain: Wish, first: Wish | None) -> tuple[Start, ...]:
    usual = (first.estimate if first else 0) + plain.estimate
    if plain.operation is Operation.IMAGE_TO_VIDEO:
        label = "a new still, made first" if first else "the shot’s still, as before"
        starts = [Start(AS_BEFORE, f"From {label}", usual)]
        if take.kind == Take.Kind.CLIP and note.time_ms is not None:
            starts.append(Start(FRAME, "From the frame that the note is about", plain.estimate))
        return tuple(starts)
    starts = [Start(AS_BEFORE, "From the words alone" if not plain.inputs else "As before", usual)]
    references = plain.model.can(plain.operation).references.most
    if take.kind == Take.Kind.STILL and _pictures(plain) < references:
        inputs = (*plain.inputs, input_of(take.asset, "reference"))
        starts.append(Start(KEEP, "Keep to this take, as a reference", replace(plain, inputs=inputs).estimate))
    return tuple(starts)


def _pictures(wish: Wish) -> int:
    return sum(one.role == "reference" for one in wish.inputs)


def _wish(opened: OpenProject, draft: Draft, prompt: str, start: str, frame: Asset | None) -> Wish:
    plain = draft.plain
    wish = replace(
        plain,
        prompt=prompt,
        context=_context(plain, prompt),
        fingerprint=hash_of(["note", str(draft.note.pk), draft.number]),
    )
    if start == FRAME:
        wish = replace(wish, input_asset=frame or _frame(opened, draft), input_wish=None)
    elif start == KEEP:
        wish = replace(wish, inputs=(*plain.inputs, input_of(draft.take.asset, "reference")))
    _check(wish.model.id, wish, prompt, wish.parameters)
    return replace(wish, alternatives=tuple(_alternatives(wish, prompt)))


def _alternatives(wish: Wish, prompt: str) -> list[Alternative]:
    """Return who is asked next with the same words, as far as they take them."""
    found = []
    for other in wish.alternatives:
        try:
            _check(other.model, wish, prompt, dict(other.parameters))
        except ImpossibleRequest:
            continue
        found.append(replace(other, prompt=prompt))
    return found


def _check(model_id: str, wish: Wish, prompt: str, parameters: object) -> None:
    begins = wish.input_asset is not None or wish.input_wish is not None
    first = (InputFile("", "image/png", "first_frame"),) if begins else ()
    model_named(model_id).check(
        wish.operation,
        prompt=prompt,
        parameters=parameters,  # type: ignore[arg-type]
        inputs=(*first, *wish.inputs),
    )


def _context(plain: Wish, prompt: str) -> dict[str, object]:
    """Have the note seen by a provider that draws the shot itself."""
    context = dict(plain.context)
    if plain.model.provider == BUILT_IN:
        heard = prompt.partition(_SIGN)[2].strip() or prompt
        context["caption"] = f"{context.get('caption', '')} ({heard})"
    return context


def _frame(opened: OpenProject, draft: Draft) -> Asset:
    """Return the frame that a note is about as a picture of the project.

    Raises:
        ImpossibleRequest: the clip cannot be read any more.
    """
    take, scene = draft.take, draft.take.shot.scene
    root: Path = settings.DATA_DIR / "work"
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="frame-", dir=root) as name:
        folder = Path(name)
        picture = folder / "frame.png"
        try:
            frame_at(_local(take.film_asset, folder), picture, at_ms=draft.note.time_ms or 0)
        except (Unreadable, OSError) as error:
            raise ImpossibleRequest(
                "The frame could not be taken from this clip. Begin with the shot’s still instead.", field="start"
            ) from error
        stored = put(opened.project.pk, scene, Asset.Kind.IMAGE, picture, measure(picture, "image/png"), folder)
    with transaction.atomic():
        return add_asset(
            project_id=opened.project.pk,
            scene=scene,
            file=stored,
            origin=Asset.Origin.DERIVED,
            author=opened.user.pk,
            name=f"A frame of {take.shot.label}, clip {take.number}",
        )


def _local(asset: Asset, folder: Path) -> Path:
    path = storage.local_path(asset.key)
    if path is not None:
        return path
    target = folder / f"clip{Path(asset.key).suffix}"
    with storage.open_file(asset.key) as source, target.open("wb") as sink:
        while chunk := source.read(_COPY_BYTES):
            sink.write(chunk)
    return target
