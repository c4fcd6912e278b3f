"""A take repeats the project of its shot: in every take that is made, and in those that were there before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import F
from django.utils import timezone

from projects.access import OpenProject
from projects.models import Project
from scenes.models import Asset, Scene, Shot, Take
from scenes.services.takes import add_take
from tests.pages.footage import add_scenes

BEFORE, AFTER = ("scenes", "0010_uploads_in_parts"), ("scenes", "0011_take_project")


def test_a_take_is_of_its_shots_project(opened: OpenProject, project: Project) -> None:
    other = Project.objects.create(team=project.team, name="Another film")
    for film in (project, other):
        shot = add_scenes(film, 1, 1)[0]
        asset = Asset.objects.create(project=film, kind="image", origin="uploaded", key=f"{film.pk}.png", size=1)
        add_take(
            shot=Shot.objects.get(pk=shot.pk), line=None, kind="still", asset=asset, mezzanine=None, attempt_id=None,
            recipe="", fingerprint="", inputs={}, author=None,
        )  # fmt: skip
    assert not Take.objects.exclude(project=F("shot__scene__project")).exists()
    assert [take.shot.scene.project for take in Take.objects.of(project)] == [project]


@pytest.fixture
def before() -> Iterator[MigrationExecutor]:
    """The tables as they were before takes knew their project."""
    executor = MigrationExecutor(connection)
    executor.migrate([BEFORE])
    yield MigrationExecutor(connection)
    latest = MigrationExecutor(connection)
    latest.migrate(latest.loader.graph.leaf_nodes())


@pytest.mark.django_db(transaction=True)
def test_takes_that_were_there_before_learn_their_project(before: MigrationExecutor) -> None:
    apps = before.loader.project_state(list(before.loader.applied_migrations)).apps
    made: dict[str, Any] = {}
    team = apps.get_model("accounts", "Team").objects.create(name="Harbour Pictures")
    for name in ("One", "Two"):
        film = apps.get_model("projects", "Project").objects.create(team=team, name=name)
        scene = apps.get_model("scenes", Scene.__name__).objects.create(project=film, number="1", position=0)
        shot = apps.get_model("scenes", "Shot").objects.create(scene=scene, letter="A", position=0, duration_ms=1)
        asset = apps.get_model("scenes", "Asset").objects.create(project=film, key=name, size=1)
        for number, deleted_at in ((1, None), (2, timezone.now())):
            take = apps.get_model("scenes", "Take").objects.create(
                shot=shot, kind="still", number=number, asset=asset, deleted_at=deleted_at
            )
            made[take.pk] = film.pk
    executor = MigrationExecutor(connection)
    executor.migrate([AFTER])
    assert dict(Take.objects.values_list("pk", "project")) == made
    executor.loader.build_graph()
    executor.migrate([BEFORE])
    assert apps.get_model("scenes", "Take").objects.count() == len(made)
