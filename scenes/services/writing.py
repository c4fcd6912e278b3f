"""Writing together: what is being typed is kept, what was changed in different places is put together, and what was
changed in the same place is shown to a person. Nothing is overwritten, and nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from projects import events
from projects.access import OpenProject
from projects.models import Project
from scenes.models import Script, ScriptDraft
from scenes.screenplay.merging import Agreed, Merged, merge
from scenes.screenplay.reading import MAX_BYTES, ScriptError, clean_text, read_pasted
from scenes.services.scripts import ScriptChanged, current_script, hold_project, save_script

NAME_LIMIT = 80
DRAFT_LIMIT = 30  # windows of one person in one project that may hold something unsaved


class CannotKeep(Exception):
    """What is being written cannot be kept here. The message says why; the browser still has it."""


class Conflict(Exception):
    """Others have changed the same passage. The message says what to do; nothing was saved.

    Args:
        message: for the person.
        latest: the version that everybody sees.
        merged: the pieces to choose from.
    """

    def __init__(self, message: str, latest: Script, merged: Merged) -> None:
        super().__init__(message)
        self.latest_version = latest.version
        self.pieces: list[dict[str, str]] = [
            {"same": piece.text} if isinstance(piece, Agreed) else {"mine": piece.mine, "theirs": piece.theirs}
            for piece in merged.pieces
        ]


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a text that was to be saved.

    Attributes:
        script: the latest version.
        made: whether it is new; the same text again makes none.
        merged: whether it has what others had saved meanwhile.
    """

    script: Script
    made: bool
    merged: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How what somebody writes stands to the script that everybody sees.

    Attributes:
        state: ``kept`` as a draft, ``saved`` as a version, ``conflict`` when a person must choose, or ``refused``.
        latest: the script as everybody sees it; None before the first version.
        base: the version that the writer's text goes on from: the latest, once they have taken ``text`` or chosen.
        text: what belongs into the editor instead of what was sent; None where that may stay.
        merged: for ``conflict``, the pieces to choose from.
        message: for ``refused``, what to do.
    """

    state: str
    latest: Script | None
    base: int
    text: str | None = None
    merged: Merged | None = None
    message: str = ""


@transaction.atomic
def keep_draft(*, opened: OpenProject, window: UUID, text: str, based_on: int) -> Standing:
    """Keep what somebody is typing, and tell how it stands to what others have saved meanwhile.

    Args:
        opened: the project, opened to create.
        window: made up by the browser, the same for each call of one window.
        text: all that is in the editor.
        based_on: the version that the writing began from; 0 before the first.

    Raises:
        CannotKeep: it is too long, or the person has too many unsaved texts.
    """
    text = _stored_form(text)
    base = _base(opened, window, based_on)
    latest = current_script(opened.project)
    if _same(text, base.text if base else ""):
        ScriptDraft.objects.filter(project=opened.project, author=opened.user, window=window).delete()
    else:
        _write_draft(opened, window, text, base.version if base else 0)
    return _against(latest, base, text, "kept")


@transaction.atomic
def save_text(*, opened: OpenProject, window: UUID, text: str, based_on: int, automatic: bool = False) -> Standing:
    """Make what somebody has written the next version, together with what others have saved meanwhile.

    Args:
        opened: the project, opened to create.
        window, text, based_on: as for ``keep_draft``.
        automatic: nobody pressed a button; then nothing is brought into another form, and what is no script yet stays
            a draft.

    Raises:
        CannotKeep: as for ``keep_draft``.
    """
    hold_project(opened)
    kept = keep_draft(opened=opened, window=window, text=text, based_on=based_on)
    typed = _stored_form(text)
    try:
        imported = read_pasted(typed)
    except ScriptError as error:
        return kept if automatic else Standing("refused", kept.latest, kept.base, message=error.message)
    if automatic and not _same(imported.fountain, typed):
        return kept
    base = _base(opened, window, based_on)
    standing = _against(current_script(opened.project), base, imported.fountain, "saved")
    if standing.state == "conflict":
        return standing
    whole = imported.fountain if standing.text is None else standing.text
    saved = save_script(
        opened=opened, text=whole.strip("\n") + "\n", source_format=imported.source_format, automatic=automatic
    )
    drafts = ScriptDraft.objects.filter(project=opened.project, author=opened.user, window=window)
    if standing.text is None:
        # Should our answer get lost, the window goes on from here, and not against its own text.
        _write_draft(opened, window, saved.text, saved.version)
    else:
        drafts.delete()
    return Standing("saved", saved, saved.version, text=None if _same(saved.text, typed) else saved.text)


@transaction.atomic
def save_version(*, opened: OpenProject, text: str, based_on: int) -> Saved:
    """Make a text the next version, together with what others have saved meanwhile; there is no draft to it.

    Args:
        opened: the project, opened to create.
        text: all of it.
        based_on: the version that it goes on from; 0 before the first.

    Raises:
        ScriptError: the text cannot be a script; the message says what to do.
        ScriptChanged: there is no such version to go on from.
        Conflict: others have changed the same passage.
    """
    imported = read_pasted(text)
    hold_project(opened)
    latest = current_script(opened.project)
    base = Script.objects.filter(project=opened.project, version=based_on).first()
    if base is None and based_on:
        if latest is None:
            raise ScriptChanged("There is no script yet: a first version goes on from 0.")
        raise ScriptChanged("There is no such version to go on from. Read the latest one first.")
    standing = _against(latest, base, imported.fountain, "saved")
    if latest is not None and standing.merged is not None:
        words = "Others have changed the same passage. Choose from the pieces, and send it on from the latest version."
        raise Conflict(words, latest, standing.merged)
    whole = imported.fountain if standing.text is None else standing.text
    script = save_script(opened=opened, text=whole.strip("\n") + "\n", source_format=imported.source_format)
    made = latest is None or script.version != latest.version
    return Saved(script, made, merged=made and standing.text is not None)


def unsaved_drafts(opened: OpenProject) -> list[ScriptDraft]:
    """Return what a person has written in an opened project that is in no version, the latest first."""
    drafts = list(ScriptDraft.objects.filter(project=opened.project, author=opened.user))
    versions = {draft.based_on for draft in drafts}
    rows = Script.objects.filter(project=opened.project, version__in=versions) if versions else []
    texts = {script.version: script.text for script in rows}
    return [draft for draft in drafts if not _same(draft.text, texts.get(draft.based_on, ""))]


def drop_draft(*, opened: OpenProject, window: UUID) -> None:
    """Throw away what a person has not saved in one window; they asked for it.

    Args:
        opened: the project, opened to create.
        window: as for ``keep_draft``; of the same person.
    """
    ScriptDraft.objects.filter(project=opened.project, author=opened.user, window=window).delete()


@transaction.atomic
def restore_version(*, opened: OpenProject, version: int) -> Script:
    """Make an earlier version the latest, as a version of its own; those in between stay.

    Args:
        opened: the project, opened to create.
        version: an earlier one.

    Raises:
        Script.DoesNotExist: there is no such version.
    """
    hold_project(opened)
    wanted = Script.objects.get(project=opened.project, version=version)
    return save_script(
        opened=opened,
        text=wanted.text,
        source_format=wanted.source_format,
        name=f"Back to {wanted.name or f'version {wanted.version}'}"[:NAME_LIMIT],
    )


@transaction.atomic
def name_version(*, opened: OpenProject, version: int, name: str) -> None:
    """Say what people call a version.

    Args:
        opened: the project, opened to create.
        version: which.
        name: at most ``NAME_LIMIT`` characters, the rest is cut off; empty takes the name away.

    Raises:
        Script.DoesNotExist: there is no such version.
    """
    script = Script.objects.get(project=opened.project, version=version)
    name = " ".join(clean_text(name)[0].split())[:NAME_LIMIT]
    if name == script.name:
        return
    Script.objects.filter(pk=script.pk).update(name=name)
    events.record(opened.project.pk, "script_named", {"version": version, "name": name}, actor=opened.user)


def _stored_form(text: str) -> str:
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise CannotKeep(
            f"A script may have at most {MAX_BYTES // 1024 // 1024} MB. Shorten it, or split it into parts."
        )
    return clean_text(text)[0]


def _base(opened: OpenProject, window: UUID, based_on: int) -> Script | None:
    """Return the version that a window's text goes on from: what it says, or later, where it missed our answer."""
    drafts = ScriptDraft.objects.filter(project=opened.project, author=opened.user, window=window)
    known = drafts.values_list("based_on", flat=True).first() or 0
    return Script.objects.filter(project=opened.project, version=max(based_on, known)).first()


def _against(latest: Script | None, base: Script | None, text: str, state: str) -> Standing:
    since = base.version if base else 0
    if latest is None or latest.version == since:
        return Standing(state, latest, since)
    merged = merge(base.text if base else "", text, latest.text)
    if not merged.clean:
        return Standing("conflict", latest, latest.version, merged=merged)
    return Standing(state, latest, latest.version, text=None if _same(merged.text, text) else merged.text)


def _write_draft(opened: OpenProject, window: UUID, text: str, based_on: int) -> None:
    mine = ScriptDraft.objects.filter(project=opened.project, author=opened.user)
    if not mine.filter(window=window).exists() and mine.count() >= DRAFT_LIMIT and not _forget_saved(opened):
        raise CannotKeep("You have many unsaved texts of this script. Take them up or throw them away first.")
    ScriptDraft.objects.update_or_create(
        project=Project(pk=opened.project.pk),
        author=opened.user,
        window=window,
        defaults={"text": text, "based_on": based_on},
    )


def _forget_saved(opened: OpenProject) -> bool:
    """Delete the drafts that hold nothing unsaved; return whether there was one."""
    mine = ScriptDraft.objects.filter(project=opened.project, author=opened.user)
    unsaved = [draft.pk for draft in unsaved_drafts(opened)]
    return bool(mine.exclude(pk__in=unsaved).delete()[0])


def _same(one: str, other: str) -> bool:
    """Empty lines at the ends are no change: the stored form has none."""
    return one.strip("\n") == other.strip("\n")
