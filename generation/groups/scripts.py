"""Several scripts at once: each becomes a project with its scenes and shots."""

from __future__ import annotations

from pathlib import PurePath

from django.db import transaction

from accounts.access import OpenTeam
from projects.access import OpenProject
from projects.services import ProjectDetails
from scenes.screenplay.fountain import parse_fountain
from scenes.screenplay.reading import read_script
from scenes.services.scripts import apply_breakdown, preview, scenes_per_paragraph
from scenes.services.starting import ScriptFile, start_project


@transaction.atomic
def bring(*, opened: OpenTeam, file: ScriptFile) -> OpenProject:
    """Begin a project with a script and break it down; its title names it, or else the file.

    Args:
        opened: the team, opened to manage it.
        file: the script.

    Raises:
        ScriptError: it cannot be read as a script; nothing was begun.
        PermissionDenied: their role may not begin projects in this team.
    """
    title = " ".join(parse_fountain(read_script(file.data, file.name).fountain).title.split())
    name = title or " ".join(PurePath(file.name).stem.replace("_", " ").replace("-", " ").split()).title()
    begun = start_project(user=opened.user, team=opened.team, details=ProjectDetails(name=name[:120]), file=file)
    script = begun.script
    if script is None:
        raise LookupError("A file always brings a script.")
    if preview(project=begun.opened.project, script=script).breakdown.suggestion is not None:
        script = scenes_per_paragraph(opened=begun.opened)
    apply_breakdown(opened=begun.opened, version=script.version)
    return begun.opened
