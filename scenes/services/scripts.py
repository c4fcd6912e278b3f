"""The screenplay's way into the film: save, import, see what a breakdown would change, carry it out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Max

from projects import events
from projects.access import OpenProject
from projects.models import Project
from scenes.models import Script
from scenes.screenplay.breakdown import break_down
from scenes.screenplay.changes import ChangePlan, plan_changes
from scenes.screenplay.drafts import Breakdown, SceneDraft
from scenes.screenplay.fountain import parse_fountain
from scenes.screenplay.paragraphs import scenes_from_paragraphs
from scenes.screenplay.reading import ImportedScript, read_script
from scenes.services.breakdowns import carry_out, known_scenes

# Numbers name folders; others than these are given anew.
_FOLDER_NUMBER = re.compile(r"[0-9A-Z]{1,16}")


class ScriptChanged(Exception):
    """Somebody saved the script in the meantime. The message says what to do; nothing was saved."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a script would make of the film: the breakdown, and what it changes. Nothing is stored yet."""

    script: Script
    breakdown: Breakdown
    plan: ChangePlan


def current_script(project: Project) -> Script | None:
    """Return an opened project's latest script, or None before the first."""
    return Script.objects.filter(project=project).order_by("-version").first()


@transaction.atomic
def save_script(
    *,
    opened: OpenProject,
    text: str,
    source_format: str = "fountain",
    based_on: int | None = None,
    name: str = "",
    automatic: bool = False,
) -> Script:
    """Save the script as a new version; the same text again saves nothing.

    Args:
        opened: the project, opened to create.
        text: Fountain; brought into the stored form by ``read_script``.
        source_format: what it was before: fountain, fdx or plain.
        based_on: the version that the writer saw; None overrules whatever is there.
        name: what people call the new version.
        automatic: nobody pressed a button.

    Raises:
        ScriptChanged: somebody else saved since that version.
        ScriptError: the text cannot be a script; the message says what to do.
    """
    hold_project(opened)
    latest = current_script(opened.project)
    if latest is not None and latest.text == text:
        return latest
    if based_on is not None and based_on != (latest.version if latest else 0):
        who = latest.created_by.shown_name if latest and latest.created_by else "Somebody"
        raise ScriptChanged(
            f"{who} saved the script while you were writing. Your text is still here: copy it, "
            "reload the page, and bring your changes in."
        )
    last = Script.objects.filter(project=opened.project).aggregate(last=Max("version"))["last"] or 0
    script = Script.objects.create(
        project=opened.project,
        version=last + 1,
        text=text,
        source_format=source_format,
        name=name,
        automatic=automatic,
        created_by=opened.user,
    )
    payload = {"scriptId": str(script.pk), "version": script.version, "by": opened.user.shown_name}
    events.record(opened.project.pk, "script_saved", payload, actor=opened.user)
    return script


def hold_project(opened: OpenProject) -> None:
    """Hold the project's row until the caller's transaction ends: it serialises writers, so that versions count."""
    Project.objects.filter(pk=opened.project.pk).update(logline=opened.project.logline)


def import_script(
    *, opened: OpenProject, data: bytes, filename: str, based_on: int | None = None
) -> tuple[Script, ImportedScript]:
    """Read a script file of any kind we know and save it as the new version.

    Args:
        opened: the project, opened to create.
        data: the file.
        filename: what it was called; only a hint.
        based_on: as for ``save_script``.

    Raises:
        ScriptError: the file cannot be read as a script; the message says what to do. Nothing was changed.
        ScriptChanged: as for ``save_script``.
    """
    imported = read_script(data, filename)
    script = save_script(opened=opened, text=imported.fountain, source_format=imported.source_format, based_on=based_on)
    return script, imported


def scenes_per_paragraph(*, opened: OpenProject, based_on: int | None = None) -> Script:
    """Give a script without headings one scene per block of paragraphs, as a new version.

    Args:
        opened: the project, opened to create.
        based_on: as for ``save_script``.

    Raises:
        ScriptChanged: as for ``save_script``.
    """
    script = current_script(opened.project)
    text = scenes_from_paragraphs(script.text if script else "")
    return save_script(opened=opened, text=text, source_format="plain", based_on=based_on)


def preview(*, project: Project, script: Script) -> Preview:
    """Work out what the script would make of an opened project's film."""
    breakdown = break_down(parse_fountain(script.text))
    drafts = tuple(_with_folder_number(draft) for draft in breakdown.scenes)
    breakdown = replace(breakdown, scenes=drafts)
    return Preview(script=script, breakdown=breakdown, plan=plan_changes(known_scenes(project), drafts))


def _with_folder_number(draft: SceneDraft) -> SceneDraft:
    number = (draft.number or "").upper().strip(".")
    return replace(draft, number=number if _FOLDER_NUMBER.fullmatch(number) else None)


@transaction.atomic
def apply_breakdown(*, opened: OpenProject, version: int) -> Preview:
    """Carry out what the preview of a script version shows. Takes and work by hand are kept; nothing is deleted.

    Args:
        opened: the project, opened to create.
        version: the script version that the person saw.

    Raises:
        ScriptChanged: the script has been saved since, so the preview is not true any more.
    """
    hold_project(opened)
    script = current_script(opened.project)
    if script is None or script.version != version:
        raise ScriptChanged("The script has been saved since this preview. Look at the new preview first.")
    seen = preview(project=opened.project, script=script)
    carry_out(opened=opened, seen_plan=seen.plan, breakdown=seen.breakdown)
    return seen
