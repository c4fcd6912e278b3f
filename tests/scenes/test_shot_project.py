"""A shot repeats the project of its scene: in every shot that is made, and in those that were there before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import F

from accounts.policies import Right
from projects.access import OpenProject, open_project
from projects.models import Project
from scenes.models import Shot
from scenes.services import scene_order, shot_order
from scenes.services.scripts import apply_breakdown, save_script
from tests.conftest import SCRIPT

BEFORE, AFTER = ("scenes", "0013_lists_by_kind"), ("scenes", "0014_shot_project")


def test_a_shot_is_of_its_scenes_project(opened: OpenProject, project: Project) -> None:
    other = Project.objects.create(team=project.team, name="Another film")
    for film in (opened, open_project(opened.user, other.pk, Right.CREATE)):
        apply_breakdown(opened=film, version=save_script(opened=film, text=SCRIPT).version)
        first = Shot.objects.of(film.project)[0]
        shot_order.insert_shot(opened=film, scene=first.scene, after=first)
        shot_order.split_shot(opened=film, shot=first)
        scene_order.insert_scene(opened=film, after=first.scene, heading="INT. CABIN - DAY")
    assert not Shot.objects.exclude(project=F("scene__project")).exists()
    assert Shot.objects.filter(project=project).count() == Shot.objects.of(project).count() > 5


def test_it_stays_that_project(opened: OpenProject, project: Project) -> None:
    apply_breakdown(opened=opened, version=save_script(opened=opened, text=SCRIPT).version)
    shot = Shot.objects.of(project)[0]
    shot.save()
    assert Shot.objects.get(pk=shot.pk).project_id == project.pk


@pytest.fixture
def before() -> Iterator[MigrationExecutor]:
    """The tables as they were before shots knew their project."""
    executor = MigrationExecutor(connection)
    executor.migrate([BEFORE])
    yield MigrationExecutor(connection)
    latest = MigrationExecutor(connection)
    latest.migrate(latest.loader.graph.leaf_nodes())


@pytest.mark.django_db(transaction=True)
def test_shots_that_were_there_before_know_it_too(before: MigrationExecutor) -> None:
    models = before.loader.project_state(list(before.loader.applied_migrations)).apps
    team = models.get_model("accounts", "Team").objects.create(name="Team")
    films = {}
    for name in ("One", "Two"):
        film = models.get_model("projects", "Project").objects.create(team=team, name=name)
        scene = models.get_model("scenes", "Scene").objects.create(project=film, number="1", position=0)
        shots = models.get_model("scenes", "Shot").objects
        films[shots.create(scene=scene, letter="A", position=0, angle="wide shot", duration_ms=1000).pk] = film.pk
    MigrationExecutor(connection).migrate([AFTER])
    assert dict(Shot.objects.values_list("pk", "project")) == films
