"""The feed tells runs of the same kind as one, the newest first."""

from __future__ import annotations

from types import SimpleNamespace

from django.db import transaction

from projects import events
from projects.activity import feed
from projects.models import Project


def tell(project: Project, kind: str, actor=None) -> None:
    with transaction.atomic():
        events.record(project.pk, kind, {}, actor=actor)


def test_runs_by_one_person_are_one_entry(cast: SimpleNamespace, project: Project) -> None:
    for kind, actor in (
        ("script_saved", cast.carol),
        ("take_added", cast.carol),
        ("take_added", cast.carol),
        ("image_generation_started", None),
        ("take_added", cast.carol),
        ("take_added", cast.bob),
        ("take_added", None),
    ):
        tell(project, kind, actor)
    told = [(one.event.type, one.event.actor, one.count) for one in feed(project)]
    assert told == [
        ("take_added", None, 1),
        ("take_added", cast.bob, 1),
        ("take_added", cast.carol, 3),
        ("script_saved", cast.carol, 1),
    ]


def test_the_feed_is_short_and_of_one_project(cast: SimpleNamespace, project: Project) -> None:
    other = Project.objects.create(team=cast.team, name="Other")
    tell(other, "script_saved", cast.bob)
    for _ in range(4):
        tell(project, "script_saved", cast.carol)
        tell(project, "breakdown_applied", cast.carol)
    told = feed(project, limit=3)
    assert [one.event.number for one in told] == [8, 7, 6]
    assert {one.event.project_id for one in told} == {project.pk}


def test_each_kind_has_its_sentence(cast: SimpleNamespace, project: Project, client_of) -> None:
    tell(project, "script_saved", cast.carol)
    tell(project, "video_generation_failed")
    tell(project, "video_generation_failed")
    tell(project, "film_generation_completed")
    answer = client_of(cast.dave).get(f"/projects/{project.pk}/activity/")
    assert next(template.name for template in answer.templates) == "projects/activity.html"
    for words in ("saved the script", "could not make 2 takes", "rendered the film"):
        assert words in answer.text
