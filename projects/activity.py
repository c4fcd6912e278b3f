"""The feed and the audit: a project's events in words, with runs of the same kind told as one in the feed.

A new kind of event gets one line in ``SENTENCES``. Names in braces come from the event's payload and are escaped;
``{count}`` is the length of a run, ``{shot}`` and ``{scene}`` link to what ``shotId`` and ``sceneId`` name, ``{those}``
tells of ``shotIds``: one by its name, several by their number.
"""

from __future__ import annotations

import contextlib
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from projects.models import Event, Project, Subject
from projects.subjects import Found, find_many

SCRIPT, SHOTS, TAKES, ELEMENTS, TALK, MONEY, FILM, PROJECT, TROUBLE = (
    "Script", "Scenes and shots", "Takes", "Elements and files", "Comments", "Money", "Film", "Project", "Troubles",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said after the name of whoever did it.

    Attributes:
        group: under which the audit filters it.
        one: the words for a single event, in the past tense.
        many: the words for a run of them; empty: those for one.
        bad: whether it needs attention.
    """

    group: str
    one: str
    many: str = ""
    bad: bool = False


SENTENCES: dict[str, Sentence] = {
    "project_created": Sentence(PROJECT, "began the project"),
    "project_changed": Sentence(PROJECT, "changed the settings"),
    "project_archived": Sentence(PROJECT, "put the project into the archive"),
    "project_restored": Sentence(PROJECT, "took the project out of the archive"),
    "project_deleted": Sentence(PROJECT, "put the project into the trash"),
    "project_undeleted": Sentence(PROJECT, "took the project out of the trash"),
    "thing_deleted": Sentence(PROJECT, "put “{label}” into the trash", "put {count} things into the trash"),
    "thing_restored": Sentence(PROJECT, "took “{label}” out of the trash", "took {count} things out of the trash"),
    "script_saved": Sentence(SCRIPT, "saved the script, version {version}"),
    "script_named": Sentence(SCRIPT, "called version {version} of the script “{name}”"),
    "breakdown_applied": Sentence(SCRIPT, "broke the script down: {scenes:scene}, {shots:shot}"),
    "speaking_changed": Sentence(PROJECT, "changed the narrator, or how words are spoken"),
    "shot_edited": Sentence(SHOTS, "changed {shot}", "changed {count} shots"),
    "shots_omitted": Sentence(SHOTS, "left {those} out of the film"),
    "shots_restored": Sentence(SHOTS, "put {those} back into the film"),
    "shots_reordered": Sentence(SHOTS, "moved shots of {scene}"),
    "shot_inserted": Sentence(SHOTS, "inserted {shot}", "inserted {count} shots"),
    "shot_split": Sentence(SHOTS, "split {shot}", "split {count} shots"),
    "shots_joined": Sentence(SHOTS, "joined the halves of {shot}"),
    "shot_status_changed": Sentence(SHOTS, "set {those} to “{said}”"),
    "shot_assigned": Sentence(SHOTS, "gave {those} to {said}"),
    "shot_due_changed": Sentence(SHOTS, "set the day of {those}"),
    "scene_inserted": Sentence(SHOTS, "inserted {scene}", "inserted {count} scenes"),
    "scene_edited": Sentence(SHOTS, "changed {scene}"),
    "scene_omitted": Sentence(SHOTS, "left {scene} out of the film"),
    "scene_restored": Sentence(SHOTS, "put {scene} back into the film"),
    "scenes_reordered": Sentence(SHOTS, "moved a scene"),
    "take_added": Sentence(TAKES, "made a new take of {shot}", "made {count} new takes"),
    "take_selected": Sentence(
        TAKES, "chose a take of {shot} for the film", "chose takes of {count} shots for the film"
    ),
    "take_approved": Sentence(TAKES, "approved a take of {shot}", "approved takes of {count} shots"),
    "take_sent_back": Sentence(TAKES, "asked for changes on {shot}", "asked for changes on {count} shots"),
    "verdict_withdrawn": Sentence(TAKES, "took back the verdict on {shot}", "took back {count} verdicts"),
    "take_starred": Sentence(TAKES, "starred a take of {shot}", "starred {count} takes"),
    "take_unstarred": Sentence(TAKES, "took the star off a take of {shot}", "took the stars off {count} takes"),
    "guest_verdict": Sentence(TAKES, "{said} {about}", "gave {count} verdicts"),
    "review_link_made": Sentence(PROJECT, "made the review link “{name}”"),
    "review_link_revoked": Sentence(PROJECT, "closed the review link “{name}”"),
    "review_link_restored": Sentence(PROJECT, "opened the review link “{name}” again"),
    "review_link_changed": Sentence(PROJECT, "changed how long the review link “{name}” opens"),
    "comment_added": Sentence(TALK, "commented on {subject}", "wrote {count} comments"),
    "comment_edited": Sentence(TALK, "edited a comment on {subject}", "edited {count} comments"),
    "comment_deleted": Sentence(TALK, "deleted a comment on {subject}", "deleted {count} comments"),
    "comment_restored": Sentence(TALK, "took back a comment on {subject}", "took back {count} comments"),
    "comment_resolved": Sentence(TALK, "resolved a comment on {subject}", "resolved {count} comments"),
    "comment_reopened": Sentence(TALK, "reopened a comment on {subject}", "reopened {count} comments"),
    "element_created": Sentence(ELEMENTS, "added {name}", "added {count} elements"),
    "element_changed": Sentence(ELEMENTS, "changed {name}", "changed {count} elements"),
    "element_merged": Sentence(ELEMENTS, "merged {name} into {into}", "merged {count} elements"),
    "asset_added": Sentence(ELEMENTS, "uploaded “{name}”", "uploaded {count} files"),
    "asset_renamed": Sentence(ELEMENTS, "named a file “{name}”", "named {count} files"),
    "jobs_queued": Sentence(TAKES, "asked for “{title}”", "asked for “{title}” and {others} more"),
    "cut_changed": Sentence(FILM, "changed the cut"),
    "film_generation_completed": Sentence(FILM, "rendered the film"),
    "film_generation_failed": Sentence(FILM, "could not render the film", bad=True),
    **{
        f"{media}_generation_{what}": sentence
        for media in ("image", "video", "audio")
        for what, sentence in {
            "failed": Sentence(TROUBLE, "could not make a take", "could not make {count} takes", bad=True),
            "rerouted": Sentence(
                TAKES, "went on to another provider for a take", "went on to another provider for {count} takes"
            ),
            "unknown": Sentence(
                TROUBLE,
                "does not know what became of an order",
                "does not know what became of {count} orders",
                bad=True,
            ),
        }.items()
    },
    "provider_failing": Sentence(TROUBLE, "stopped asking {label}, which kept failing", bad=True),
    "provider_recovered": Sentence(TROUBLE, "asks {label} again: it works"),
    "text_generation_failed": Sentence(
        TROUBLE, "could not write something", "could not write {count} things", bad=True
    ),
    "text_generation_rerouted": Sentence(SCRIPT, "went on to another provider to write something"),
    "text_generation_unknown": Sentence(
        TROUBLE,
        "does not know whether something is being written",
        "does not know of {count} things to write",
        bad=True,
    ),
    "unknown_resolved": Sentence(TROUBLE, "said what became of an order", "said what became of {count} orders"),
    "approval_wanted": Sentence(MONEY, "asked a producer for “{title}”"),
    "approval_given": Sentence(MONEY, "agreed to “{title}”"),
    "approval_declined": Sentence(MONEY, "declined “{title}”"),
    "approval_expired": Sentence(MONEY, "let “{title}” expire: nobody agreed in time"),
    "budget_changed": Sentence(MONEY, "changed the project’s budget"),
    "budget_warning": Sentence(MONEY, "has used 80\u00a0% of a budget", bad=True),
    "cost_overrun": Sentence(MONEY, "was charged more than was estimated", bad=True),
    "cost_adjusted": Sentence(MONEY, "corrected what was charged"),
}
GROUPS = tuple(dict.fromkeys(sentence.group for sentence in SENTENCES.values()))
_LOOKED_AT = 300


@dataclass(slots=True)
class Told:
    """One entry of the feed: the latest event of a run, how many it stands for, and what is said of them."""

    event: Event
    count: int
    subjects: set[str] = field(default_factory=set)
    words: str = ""

    @property
    def bad(self) -> bool:
        """Whether it needs attention."""
        return SENTENCES[self.event.type].bad

    @property
    def who(self) -> str:
        """Whoever did it: a member, a guest, or the machine."""
        if self.event.actor:
            return self.event.actor.shown_name
        guest = self.event.payload.get("guest")
        return f"{guest} (guest)" if guest else "Rushes"


def feed(project: Project, *, limit: int = 12) -> list[Told]:
    """Return the latest entries of an opened project's feed, the newest first.

    Args:
        project: the project.
        limit: entries at most; a run of the same type by the same person counts once.
    """
    rows = Event.objects.filter(project=project, type__in=SENTENCES).select_related("actor").order_by("-number")
    told: list[Told] = []
    for event in rows[:_LOOKED_AT]:
        last = told[-1] if told else None
        if last and last.event.type == event.type and _doer(last.event) == _doer(event):
            last.count += 1
            last.subjects.add(_subject_of(event))
        elif len(told) == limit:
            break
        else:
            told.append(Told(event, 1, {_subject_of(event)}))
    return tell(project, told)


def recent(projects: Sequence[Project], *, limit: int = 12) -> list[Told]:
    """Return the latest entries over several projects, the newest first, in one query; what they name is not linked.

    Args:
        projects: those of one person.
        limit: entries at most; a run of the same type by the same person in one project counts once.
    """
    known = {project.pk: project for project in projects}
    rows = Event.objects.filter(project__in=known, type__in=SENTENCES).select_related("actor").order_by("-created_at")
    told: list[Told] = []
    for event in rows[:_LOOKED_AT]:
        event.project = known[event.project_id]
        last = told[-1] if told else None
        same = last is not None and last.event.type == event.type and last.event.project_id == event.project_id
        if last is not None and same and _doer(last.event) == _doer(event):
            last.count += 1
            last.subjects.add(_subject_of(event))
        elif len(told) == limit:
            break
        else:
            told.append(Told(event, 1, {_subject_of(event)}))
    for one in told:
        _put(one, {}, {})
    return told


def audit(project: Project, *, person: UUID | None = None, group: str = "", before: int | None = None) -> list[Told]:
    """Return what people and the machine did in an opened project, each event by itself, the newest first.

    Args:
        project: the project.
        person: only what this person did.
        group: only one of ``GROUPS``.
        before: only events with a smaller number: the next page.
    """
    rows = rows_of(project, person=person, group=group)
    if before is not None:
        rows = rows.filter(number__lt=before)
    return tell(project, [Told(event, 1) for event in rows[: AUDIT_PAGE + 1]])


def rows_of(project: Project, *, person: UUID | None = None, group: str = "") -> QuerySet[Event]:
    """Return the events of an opened project that there are words for, the newest first.

    Args:
        project, person, group: as for ``audit``.
    """
    types = [name for name, sentence in SENTENCES.items() if not group or sentence.group == group]
    rows = Event.objects.filter(project=project, type__in=types).select_related("actor").order_by("-number")
    return rows if person is None else rows.filter(actor=person)


AUDIT_PAGE = 50


def tell(project: Project, told: Sequence[Told]) -> list[Told]:
    """Put entries of one project into words, with one query for each kind of thing that they name."""
    shots = find_many(project, Subject.SHOT, _ids(told, "shotId") | _only_ids(told))
    scenes = find_many(project, Subject.SCENE, _ids(told, "sceneId"))
    for one in told:
        _put(one, shots, scenes)
    return list(told)


def _put(one: Told, shots: Mapping[UUID, Found], scenes: Mapping[UUID, Found]) -> None:
    sentence = SENTENCES[one.event.type]
    payload = one.event.payload
    distinct = len(one.subjects) if one.subjects - {""} else one.count
    words = sentence.many if sentence.many and distinct > 1 else sentence.one
    values = {
        **payload,
        "count": distinct,
        "others": one.count - 1,
        "shot": _named(shots, payload.get("shotId"), "a shot"),
        "scene": _named(scenes, payload.get("sceneId"), "a scene"),
        "those": _those(payload, shots),
        "subject": _about(payload, shots),
    }
    one.words = _format(words, values)


class _Words(string.Formatter):
    """Fills braces with escaped values: ``{title}``, and ``{shots:shot}`` for a number with its noun."""

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return kwargs.get(str(key), "")

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec:
            return f"{conditional_escape(value)} {format_spec}{'' if value == 1 else 's'}"
        return conditional_escape(value)


def _format(words: str, values: Mapping[str, Any]) -> SafeString:
    return mark_safe(_Words().vformat(words, (), values))  # noqa: S308 - the words are ours, each value is escaped


def _doer(event: Event) -> tuple[UUID | None, Any]:
    return event.actor_id, event.payload.get("guest")


def _subject_of(event: Event) -> str:
    """Return what a run counts once: a shot that was changed thrice is one shot. A take or a comment is one each."""
    if event.type.startswith("shot_") or event.type in ("take_selected", "take_approved", "take_sent_back"):
        return str(event.payload.get("shotId", ""))
    return str(event.number)


def _ids(told: Iterable[Told], name: str) -> set[UUID]:
    found = set()
    for one in told:
        try:
            found.add(UUID(str(one.event.payload.get(name) or "")))
        except ValueError:
            continue
    return found


def _only_ids(told: Iterable[Told]) -> set[UUID]:
    """Return the shots of events about several shots that are about one."""
    found = set()
    for one in told:
        several = one.event.payload.get("shotIds")
        if isinstance(several, list) and len(several) == 1:
            with contextlib.suppress(ValueError):
                found.add(UUID(str(several[0])))
    return found


def _those(payload: Mapping[str, Any], shots: Mapping[UUID, Found]) -> SafeString | str:
    several = payload.get("shotIds")
    if not isinstance(several, list):
        return "shots"
    return _named(shots, several[0], "a shot") if len(several) == 1 else f"{len(several)} shots"


def _named(found: Mapping[UUID, Found], wanted: Any, otherwise: str) -> SafeString | str:
    try:
        thing = found.get(UUID(str(wanted or "")))
    except ValueError:
        thing = None
    return _link(thing.label, thing.link) if thing else otherwise


def _about(payload: Mapping[str, Any], shots: Mapping[UUID, Found]) -> SafeString | str:
    label, link = payload.get("label"), payload.get("link")
    if label and link and str(link).startswith("/"):
        return _link(label, link)
    kind = payload.get("kind")
    words = Subject(kind).label.lower() if kind in Subject.values else "it"
    return _named(shots, payload.get("shotId"), f"the {words}")


def _link(label: str, link: str) -> SafeString:
    return format_html('<a class="link" href="{}">{}</a>', link, label)
