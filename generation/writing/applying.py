"""What a person makes of words that were written: an outline in their own words, a proposal taken or left.

Nothing that a model wrote changes anything before somebody takes it here, by the services that they would use by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from generation.models import Writing
from generation.states import JobState
from generation.writing import ending, shapes
from generation.writing.cleaning import NoScreenplay
from generation.writing.kinds import SCREENPLAYS, Kind, prompt_of, scene_text
from projects.access import OpenProject
from scenes.models import Shot
from scenes.screenplay.reading import read_pasted
from scenes.services.elements import edit_element
from scenes.services.scripts import current_script, hold_project, save_script
from scenes.services.shot_order import insert_shot
from scenes.services.shots import edit_shot
from scenes.services.writing import restore_version

PROPOSALS = (Kind.REWRITE, Kind.SHOTS, Kind.DESCRIPTION, Kind.TIGHTEN, Kind.SOFTEN)
CHANGED = {
    Kind.REWRITE: "The passage has been changed in the script since this was proposed.",
    Kind.SHOTS: "The scene has been changed since these were proposed.",
    Kind.DESCRIPTION: "The description has been changed since this was proposed.",
    Kind.TIGHTEN: "The prompt has been changed since this was proposed.",
    Kind.SOFTEN: "The prompt has been changed since this was proposed.",
}


class CannotApply(Exception):
    """A proposal cannot be taken as things stand; the message says why and what to do."""


def stale(opened: OpenProject, row: Writing) -> str:
    """Return why a proposal no longer fits what it was made for; empty while it does.

    Args:
        opened: the project.
        row: one of its writings, with its scene, shot and element.
    """
    kind = Kind(row.kind)
    if kind == Kind.REWRITE:
        latest = current_script(opened.project)
        fits = latest is not None and row.before in latest.text
    elif kind == Kind.SHOTS:
        fits = row.scene is not None and row.scene.omitted_at is None and scene_text(row.scene) == row.before
    elif kind == Kind.DESCRIPTION:
        fits = row.element is not None and row.element.deleted_at is None and row.element.description == row.before
    elif kind in (Kind.TIGHTEN, Kind.SOFTEN):
        fits = row.shot is not None and prompt_of(row.shot) == row.before
    else:
        fits = True
    return "" if fits else f"{CHANGED[kind]} Ask for another one."


def open_for_decision(row: Writing) -> bool:
    """Return whether a person can take or leave it now."""
    if row.decision != Writing.Decision.OPEN:
        return False
    if row.job.state != JobState.SUCCEEDED:
        return broke_off(row)
    return row.kind in PROPOSALS or (row.kind in SCREENPLAYS and (row.set_aside or "text" in row.result))


def broke_off(row: Writing) -> bool:
    """Return whether it is a screenplay that never came to its end, of which there are words and no version.

    They are paid for, so that somebody can keep them, unfinished, and go on from there.
    """
    job = row.job
    found = row.kind in SCREENPLAYS and row.script_id is None and job.state == JobState.FAILED
    return found and bool(job.result_text.strip()) and job.failure_code not in (ending.NO_SCREENPLAY, ending.STOPPED)


@transaction.atomic
def apply(*, opened: OpenProject, row: Writing, chosen: Collection[int] | None = None) -> Writing:
    """Take a proposal: it becomes part of the script, the scene, the element or the shot.

    Of a screenplay that broke off, what came becomes a version, unfinished.

    Args:
        opened: the project, opened to create.
        row: one of its writings.
        chosen: of proposed shots, which, counted from 0; all of them when None.

    Raises:
        CannotApply: it has been decided about, is not written, or does not fit any more.
        ScriptError, ShotError, ElementError: what it would make is not possible.
    """
    hold_project(opened)
    row = _read_again(row)
    if not open_for_decision(row):
        raise CannotApply("This has been decided about already, or it is not written yet. Look at it again.")
    if row.kind in PROPOSALS and (why := stale(opened, row)):
        raise CannotApply(why)
    kind = Kind(row.kind)
    if kind in SCREENPLAYS:
        _use_screenplay(opened, row)
    elif kind == Kind.REWRITE:
        _rewrite(opened, row)
    elif kind == Kind.SHOTS:
        _insert(opened, row, chosen)
    elif kind == Kind.DESCRIPTION and row.element is not None:
        edit_element(opened=opened, element=row.element, description=row.result["text"])
    elif row.shot is not None:
        edit_shot(opened=opened, shot=row.shot, prompt=row.result["text"])
    return _decide(opened, row, Writing.Decision.ACCEPTED)


@transaction.atomic
def leave(*, opened: OpenProject, row: Writing) -> Writing:
    """Leave a proposal as it is; nothing changes.

    Args:
        opened: the project, opened to create.
        row: one of its writings.

    Raises:
        CannotApply: it has been decided about already, or is not written.
    """
    hold_project(opened)
    row = _read_again(row)
    if not open_for_decision(row):
        raise CannotApply("This has been decided about already, or it is not written yet. Look at it again.")
    return _decide(opened, row, Writing.Decision.LEFT)


@transaction.atomic
def change_outline(*, opened: OpenProject, row: Writing, outlined: Mapping[str, Any]) -> Writing:
    """Put an outline into a person's own words; what is written from it later follows them.

    Args:
        opened: the project, opened to create.
        row: one of its outlines.
        outlined: all of it, as ``shapes.Outline`` has it.

    Raises:
        CannotApply: it is not written yet, or is no outline.
        NotInForm: something of it is missing or too long; the message says what.
    """
    hold_project(opened)
    row = _read_again(row)
    if row.kind != Kind.OUTLINE or not row.result:
        raise CannotApply("Only an outline that is written can be changed.")
    row.result = shapes.given(shapes.Outline, outlined)
    row.save(update_fields=["result"])
    return row


def _read_again(row: Writing) -> Writing:
    related = ("job", "script", "scene", "shot__scene__project", "element", "outline")
    return Writing.objects.select_related(*related).get(pk=row.pk)


def _decide(opened: OpenProject, row: Writing, decision: str) -> Writing:
    row.decision, row.decided_by, row.decided_at = decision, opened.user, timezone.now()
    row.save(update_fields=["decision", "decided_by", "decided_at"])
    return row


def _use_screenplay(opened: OpenProject, row: Writing) -> None:
    if row.script is not None:
        restore_version(opened=opened, version=row.script.version)
        return
    if "text" in row.result:
        row.script = save_script(opened=opened, text=read_pasted(row.result["text"]).fountain)
    else:
        try:
            text = ending.screenplay_in(row, row.job.result_text)
        except NoScreenplay as error:
            raise CannotApply(f"{error} There is nothing to keep as a version; try again.") from error
        row.cut = ending.BROKEN
        row.script = save_script(opened=opened, text=text, name=ending.version_name(row, row.job.model))
    row.save(update_fields=["script", "cut"])


def _rewrite(opened: OpenProject, row: Writing) -> None:
    latest = current_script(opened.project)
    if latest is None:
        raise CannotApply(f"{CHANGED[Kind.REWRITE]} Ask for another one.")
    if latest.text.count(row.before) > 1:
        raise CannotApply(
            "These words are in the script more than once, so that it is not clear which are meant. Select more of "
            "what stands around them, and ask again."
        )
    imported = read_pasted(latest.text.replace(row.before, row.result["text"].strip("\n"), 1))
    save_script(opened=opened, text=imported.fountain, source_format=latest.source_format)


def _insert(opened: OpenProject, row: Writing, chosen: Collection[int] | None) -> None:
    proposed = row.result["shots"]
    wanted = range(len(proposed)) if chosen is None else sorted(set(chosen))
    if not wanted or not all(0 <= place < len(proposed) for place in wanted):
        raise CannotApply("Choose at least one of the proposed shots.")
    if row.scene is None:
        raise CannotApply(f"{CHANGED[Kind.SHOTS]} Ask for another one.")
    after = Shot.objects.filter(scene=row.scene).order_by("position").last()
    for place in wanted:
        shot = proposed[place]
        after, _ = insert_shot(
            opened=opened,
            scene=row.scene,
            after=after,
            angle=shot["angle"],
            description=shot["description"],
            duration_ms=round(shot["seconds"] * 1000),
        )
