"""What people do with a project itself: begin it, change it, put it away, take it out again."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, Team, User
from accounts.policies import REFUSALS, Right, grants
from projects import events
from projects.access import OpenProject
from projects.models import Project


@dataclass(frozen=True, slots=True)
class ProjectDetails:
    """What a person says about a project.

    Attributes:
        name: at most 120 characters.
        resolution: one of ``Project.Look``.
        fps: frames a second, one of ``Project.FrameRate``.
        style: added to every prompt; may be empty.
        logline: the film in a sentence; may be empty.
    """

    name: str
    resolution: str = Project.Look.WIDE
    fps: int = 24
    style: str = ""
    logline: str = ""


@transaction.atomic
def create_project(*, user: User, team: Team, details: ProjectDetails) -> OpenProject:
    """Begin a project in a team.

    Args:
        user: who begins it.
        team: whose it will be.
        details: checked by the form or serializer that read them.

    Raises:
        PermissionDenied: they are no member, or their role may not begin projects.
    """
    role = Membership.objects.of(user).filter(team=team).values_list("role", flat=True).first() or ""
    if not grants(role, Right.MANAGE):
        raise PermissionDenied(REFUSALS[Right.MANAGE if role else Right.SEE])
    project = Project.objects.create(team=team, created_by=user, **asdict(details))
    events.record(project.pk, "project_created", {"name": project.name}, actor=user)
    return OpenProject(project=project, user=user, role=role)


@transaction.atomic
def change_project(*, opened: OpenProject, details: ProjectDetails) -> None:
    """Change what a project is called and how its film is made. Nothing that exists is made again by this.

    Args:
        opened: the project, opened to manage.
        details: as for ``create_project``.
    """
    project = opened.project
    changed = [name for name, value in asdict(details).items() if getattr(project, name) != value]
    if not changed:
        return
    for name in changed:
        setattr(project, name, getattr(details, name))
    project.save(update_fields=[*changed, "updated_at"])
    events.record(project.pk, "project_changed", {"fields": changed}, actor=opened.user)


@transaction.atomic
def choose_models(
    *, opened: OpenProject, still_model: str, clip_model: str, voice_model: str, text_model: str | None = None
) -> None:
    """Choose what makes stills, clips and voices where a shot has no choice of its own, and what writes.

    Args:
        opened: the project, opened to create.
        still_model, clip_model, voice_model: names of models, checked by the caller; empty: the built-in one.
        text_model: the same; empty: the first that the team can ask; None leaves it.
    """
    project = opened.project
    chosen = {"still_model": still_model, "clip_model": clip_model, "voice_model": voice_model}
    if text_model is not None:
        chosen["text_model"] = text_model
    changed = [name for name, value in chosen.items() if getattr(project, name) != value]
    if not changed:
        return
    for name in changed:
        setattr(project, name, chosen[name])
    project.save(update_fields=[*changed, "updated_at"])
    events.record(project.pk, "project_changed", {"fields": changed}, actor=opened.user)


@transaction.atomic
def rehearse(*, opened: OpenProject, rehearsal: bool) -> None:
    """Have paid models simulated from now on, or meant.

    Args:
        opened: the project, opened to manage.
        rehearsal: whether they are simulated.
    """
    if opened.project.rehearsal == rehearsal:
        return
    opened.project.rehearsal = rehearsal
    opened.project.save(update_fields=["rehearsal", "updated_at"])
    events.record(opened.project.pk, "project_changed", {"fields": ["rehearsal"]}, actor=opened.user)


@transaction.atomic
def limit_approval(*, opened: OpenProject, limit: int | None) -> None:
    """Set what one action of an artist may cost before a producer must agree.

    Args:
        opened: the project, opened to manage.
        limit: micro-units of a dollar; None asks nobody.
    """
    if opened.project.approval_limit == limit:
        return
    opened.project.approval_limit = limit
    opened.project.save(update_fields=["approval_limit", "updated_at"])
    events.record(opened.project.pk, "project_changed", {"fields": ["approval_limit"]}, actor=opened.user)


@transaction.atomic
def archive_project(*, opened: OpenProject) -> None:
    """Put a project away: it leaves the team's home, keeps everything, and can be taken out again.

    Args:
        opened: the project, opened to manage.
    """
    if Project.objects.filter(pk=opened.project.pk, archived_at=None).update(archived_at=timezone.now()):
        events.record(opened.project.pk, "project_archived", {}, actor=opened.user)


@transaction.atomic
def restore_project(*, opened: OpenProject) -> None:
    """Take a project out of the archive.

    Args:
        opened: the project, opened to manage.
    """
    if Project.objects.filter(pk=opened.project.pk).exclude(archived_at=None).update(archived_at=None):
        events.record(opened.project.pk, "project_restored", {}, actor=opened.user)
