"""The person at this machine: the owner, team and projects that commands work for when nobody is logged in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from accounts.models import User
from accounts.policies import Right
from accounts.services import create_team
from projects.access import OpenProject, open_project
from projects.models import Project
from projects.services import ProjectDetails, create_project
from scenes.screenplay.syntax import Notice
from scenes.services.scripts import apply_breakdown, import_script, preview, scenes_per_paragraph

OWNER_EMAIL = "owner@rushes.local"
OWNER_NAME = "Studio owner"
TEAM_NAME = "Harbour Pictures"
SAMPLE = Path(__file__).resolve().parent.parent / "scenes" / "samples" / "the_last_ferry.fountain"
SAMPLE_NAME = "The Last Ferry"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A script that has become a project; ``notices`` are what was changed on the way in."""

    opened: OpenProject
    notices: tuple[str, ...]


@transaction.atomic
def local_owner() -> User:
    """Return the owner that commands act as, made with the first use and without a password."""
    owner = User.objects.filter(email=OWNER_EMAIL).first()
    if owner is None:
        owner = User.objects.create_user(OWNER_EMAIL, None, name=OWNER_NAME, is_staff=True, is_superuser=True)
    if not owner.memberships.exists():
        create_team(name=TEAM_NAME, owner=owner)
    return owner


def load_script(*, owner: User, data: bytes, filename: str, name: str, format_like: str = "") -> Loaded:
    """Bring a script into the owner's project of that name, made when there is none, and break it down.

    The same script again changes nothing, so that a command that was interrupted goes on where it was.

    Args:
        owner: whose team.
        data: the script file.
        filename: what it is called.
        name: the project's name.
        format_like: the picture format, ``1280x720`` for one; the project's own when empty.

    Raises:
        ScriptError: the file cannot be read as a script; the message says what to do.
    """
    membership = owner.memberships.select_related("team").order_by("created_at")[0]
    project = Project.objects.current().filter(team=membership.team, name=name).first()
    if project is None:
        details = ProjectDetails(name=name, resolution=format_like or Project.Look.WIDE)
        project = create_project(user=owner, team=membership.team, details=details).project
    opened = open_project(owner, project.pk, Right.CREATE)
    script, imported = import_script(opened=opened, data=data, filename=filename)
    notices = [_sentence(notice) for notice in imported.notices]
    seen = preview(project=opened.project, script=script)
    if seen.breakdown.suggestion is not None:
        script = scenes_per_paragraph(opened=opened)
        notices.append("There are no scene headings, so each block of paragraphs has become a scene.")
        seen = preview(project=opened.project, script=script)
    notices += [_sentence(notice) for notice in seen.breakdown.warnings]
    apply_breakdown(opened=opened, version=script.version)
    return Loaded(opened, tuple(dict.fromkeys(notices)))


def _sentence(notice: Notice) -> str:
    return f"Line {notice.line}: {notice.message}" if notice.line else notice.message
