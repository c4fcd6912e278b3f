"""How comments find the footage that they are about."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse

from projects.models import Project, Subject
from projects.subjects import Found, register, register_many
from scenes.files import name_of
from scenes.models import Asset, Element, Render, Scene, Script, Shot, Take


def _people(*ids: UUID | None) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(one for one in ids if one))


def _script(project: Project, subject_id: UUID) -> Found | None:
    script = Script.objects.filter(project=project, pk=subject_id).first()
    if script is None:
        return None
    link = reverse("scenes:script", args=[project.pk])
    return Found(f"Script, version {script.version}", link, people=_people(script.created_by_id))


def _scene(project: Project, subject_id: UUID) -> Found | None:
    scene = Scene.objects.filter(project=project, pk=subject_id).first()
    if scene is None:
        return None
    return Found(f"Scene {scene.number}", reverse("scenes:scene", args=[project.pk, scene.pk]))


def _shot(project: Project, subject_id: UUID) -> Found | None:
    shot = Shot.objects.of(project).filter(pk=subject_id).first()
    if shot is None:
        return None
    link = reverse("scenes:shot", args=[project.pk, shot.pk])
    return Found(f"Shot {shot.label}", link, shot.pk, _people(shot.assignee_id))


def _take(project: Project, subject_id: UUID) -> Found | None:
    take = Take.objects.of(project).select_related("shot__scene").filter(pk=subject_id).first()
    if take is None:
        return None
    link = reverse("scenes:shot", args=[project.pk, take.shot_id])
    people = _people(take.created_by_id, take.shot.assignee_id)
    return Found(f"Shot {take.shot.label}, {take.get_kind_display().lower()} {take.number}", link, take.shot_id, people)


def _element(project: Project, subject_id: UUID) -> Found | None:
    element = Element.objects.of(project).filter(pk=subject_id).first()
    return Found(element.shown_name, reverse("scenes:element", args=[project.pk, element.pk])) if element else None


def _asset(project: Project, subject_id: UUID) -> Found | None:
    asset = Asset.objects.kept().filter(project=project, pk=subject_id).first()
    if asset is None:
        return None
    link = reverse("scenes:asset", args=[project.pk, asset.pk])
    return Found(name_of(asset), link, people=_people(asset.created_by_id))


def _render(project: Project, subject_id: UUID) -> Found | None:
    render = Render.objects.kept().filter(film__project=project, pk=subject_id).first()
    if render is None:
        return None
    link = reverse("scenes:film", args=[project.pk])
    return Found(f"Rendering {render.number}", link, people=_people(render.created_by_id))


def _shots(project: Project, ids: set[UUID]) -> dict[UUID, Found]:
    rows = Shot.objects.of(project).filter(pk__in=ids).select_related("scene")
    return {
        shot.pk: Found(f"Shot {shot.label}", reverse("scenes:shot", args=[project.pk, shot.pk]), shot.pk)
        for shot in rows
    }


def _scenes(project: Project, ids: set[UUID]) -> dict[UUID, Found]:
    board = reverse("scenes:storyboard", args=[project.pk])
    rows = Scene.objects.filter(project=project, pk__in=ids)
    return {scene.pk: Found(f"Scene {scene.number}", f"{board}#scene-{scene.number}") for scene in rows}


def register_all() -> None:
    """Make the footage known to comments; called once, when the application is ready."""
    for kind, finder in (
        (Subject.SCRIPT, _script),
        (Subject.SCENE, _scene),
        (Subject.SHOT, _shot),
        (Subject.TAKE, _take),
        (Subject.ELEMENT, _element),
        (Subject.ASSET, _asset),
        (Subject.RENDER, _render),
    ):
        register(kind, finder)
    register_many(Subject.SHOT, _shots)
    register_many(Subject.SCENE, _scenes)
