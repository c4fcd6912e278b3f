"""A new project together with its first script, or without one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db import transaction

from accounts.models import Team, User
from projects.access import OpenProject
from projects.services import ProjectDetails, create_project
from scenes.models import Script
from scenes.screenplay.fountain import parse_fountain
from scenes.screenplay.reading import ImportedScript, read_script
from scenes.services.scripts import save_script

NAMELESS = "Untitled film"


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """A script that somebody brought; the name is only a hint at its format."""

    data: bytes
    name: str = ""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What was begun; both last fields are None without a script."""

    opened: OpenProject
    script: Script | None = None
    imported: ImportedScript | None = None


@transaction.atomic
def start_project(*, user: User, team: Team, details: ProjectDetails, file: ScriptFile | None) -> Beginning:
    """Begin a project with the script that came along, if one did. Without a name the script's title names it.

    Args:
        user: who begins it.
        team: whose it will be.
        details: an empty name is allowed here.
        file: the script.

    Raises:
        ScriptError: the file cannot be read as a script; nothing was begun.
        PermissionDenied: their role may not begin projects in this team.
    """
    imported = read_script(file.data, file.name) if file else None
    if not details.name.strip():
        title = parse_fountain(imported.fountain).title if imported else ""
        details = replace(details, name=" ".join(title.split())[:120] or NAMELESS)
    opened = create_project(user=user, team=team, details=details)
    if imported is None:
        return Beginning(opened)
    script = save_script(opened=opened, text=imported.fountain, source_format=imported.source_format)
    return Beginning(opened, script, imported)
