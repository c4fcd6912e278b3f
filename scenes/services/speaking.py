"""What voices are told beside the script: whether a narrator reads the action, and how words are spoken."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from projects import events
from projects.access import OpenProject
from projects.models import Project
from projects.oneline import one_line
from scenes.models import Element, Line
from scenes.screenplay.reading import clean_text
from scenes.services.changing import hold
from scenes.services.narration import NARRATOR, follow_shots

MOST_PRONUNCIATIONS = 200
MOST_LETTERS = 80


class SpeakingError(Exception):
    """What was asked for cannot be; the message says what to do.

    Args:
        message: for people.
        field: ``pronunciations``.
    """

    def __init__(self, message: str, field: str = "pronunciations") -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def change_speaking(
    *, opened: OpenProject, narrated: bool | None = None, pronunciations: Sequence[tuple[str, str]] | None = None
) -> list[str]:
    """Have a narrator read the action or not, and say how words are spoken. None leaves a part as it is.

    Args:
        opened: the project, opened to create.
        narrated: whether a narrator reads the action of shots in which nobody speaks.
        pronunciations: pairs of a word, as the script has it, and what voices are given in its place.

    Returns:
        What has changed.

    Raises:
        SpeakingError: a pair is not one, or there are too many.
    """
    project = opened.project
    hold(project)
    project.refresh_from_db(fields=["narrated", "pronunciations"])
    changed: list[str] = []
    if pronunciations is not None and (pairs := _pairs(pronunciations)) != project.pronunciations:
        project.pronunciations = pairs
        changed.append("pronunciations")
    if narrated is not None and narrated != project.narrated:
        project.narrated = narrated
        changed.append("narrated")
    if not changed:
        return changed
    project.save(update_fields=[*changed, "updated_at"])
    if "narrated" in changed and narrated:
        follow_shots(project)
        _cast_narrator(project)
    elif "narrated" in changed:
        Line.objects.filter(shot__scene__project=project, narration=True).delete()
    events.record(project.pk, "speaking_changed", {"fields": changed, "narrated": project.narrated}, actor=opened.user)
    return changed


def read_pronunciations(text: str) -> list[tuple[str, str]]:
    """Read what a person wrote: ``word = how it is spoken``, one a line.

    Raises:
        SpeakingError: a line is not that; the message says which.
    """
    pairs = []
    for number, row in enumerate(text.splitlines(), start=1):
        if not row.strip():
            continue
        word, sign, spoken = row.partition("=")
        if not sign:
            raise SpeakingError(f"Line {number} has no “=”. Write it like this: Siobhan = Shi-vawn.")
        pairs.append((word, spoken))
    return pairs


def _pairs(given: Sequence[tuple[str, str]]) -> list[list[str]]:
    if len(given) > MOST_PRONUNCIATIONS:
        raise SpeakingError(f"At most {MOST_PRONUNCIATIONS} words. Take some out.")
    pairs: dict[str, list[str]] = {}
    for word, spoken in given:
        pair = [one_line(clean_text(part)[0]) for part in (word, spoken)]
        if not all(pair):
            raise SpeakingError("Say both: the word as the script has it, and how it is spoken.")
        if any(len(part) > MOST_LETTERS for part in pair):
            raise SpeakingError(f"“{pair[0][:30]}…” is too long: a word or name has at most {MOST_LETTERS} letters.")
        pairs[pair[0].casefold()] = pair
    return list(pairs.values())


def _cast_narrator(project: Project) -> None:
    """Give the narrator a page of its own, where its voice is chosen like everybody's."""
    names = Element.objects.filter(project=project, kind=Element.Kind.CHARACTER, name=NARRATOR)
    if not names.exists():
        Element.objects.create(project=project, kind=Element.Kind.CHARACTER, name=NARRATOR)
