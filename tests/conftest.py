"""The fixed cast: Alice owns, Bob produces, Carol makes, Dave reviews; Mallory is a stranger with a team of her own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.core.management.commands import flush
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from hypothesis import settings as hypothesis

from accounts.models import Membership, Role, Team, User
from accounts.policies import Right
from accounts.seen import NOTED_EVERY
from accounts.services import create_team
from projects.access import OpenProject, open_project
from projects.models import Project

# Found once, found always: in continuous integration the same examples are tried each time.
# Without a deadline: how long something takes is measured, not asserted.
hypothesis.register_profile("steady", derandomize=True, deadline=None)
hypothesis.register_profile("free", deadline=None)
hypothesis.load_profile("steady" if os.environ.get("CI") else "free")

PASSWORD = "correct-horse-battery-staple"
SCRIPT = """Title: The Last Ferry

EXT. HARBOUR - DAWN

Fog lies on the water. MARA, 60, unties the last ferry.

MARA
One more crossing. Then the bridge has you all.

INT. WHEELHOUSE - DAY

She sets the wheel. The engine coughs and catches.

EXT. OPEN SEA - NIGHT

A single light, far out, goes dark.
"""


_DATABASE = {"db", "transactional_db", "live_server"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever reaches a database through a fixture, so that ``make test-scale`` chooses it, too."""
    for item in items:
        reached = set(getattr(item, "fixturenames", ()))
        if reached & _DATABASE and item.get_closest_marker("django_db") is None:
            item.add_marker(pytest.mark.django_db)


@pytest.fixture(scope="session", autouse=True)
def _tables_emptied_quickly() -> Iterator[None]:
    """After a test that commits, empty the tables that hold something, and leave what each migration writes anew.

    Django truncates every table and has all permissions made again: seconds on PostgreSQL, where most tests have
    filled a few tables.
    """
    kept = {"django_content_type", "auth_permission"}

    def filled(style: object, connection: BaseDatabaseWrapper, **options: object) -> list[str]:
        tables = [table for table in connection.introspection.django_table_names() if table not in kept]
        name = connection.ops.quote_name
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(f"SELECT '{t}' WHERE EXISTS (SELECT 1 FROM {name(t)})" for t in tables))
            # In one transaction, at whose end references are looked at, so that any order will do.
            return [f"DELETE FROM {name(table)}" for (table,) in cursor.fetchall()]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", filled)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *args, **options: None)
        yield


@pytest.fixture
def cast(db: None) -> SimpleNamespace:
    """The people by name, and ``team``, which all of them but Mallory belong to."""
    people = {
        name: User.objects.create_user(f"{name}@example.com", PASSWORD, name=name.title())
        for name in ("alice", "bob", "carol", "dave", "mallory")
    }
    team: Team = create_team(name="Harbour Pictures", owner=people["alice"])
    for name, role in (("bob", Role.PRODUCER), ("carol", Role.ARTIST), ("dave", Role.REVIEWER)):
        Membership.objects.create(team=team, user=people[name], role=role)
    create_team(name="Strangers", owner=people["mallory"])
    return SimpleNamespace(**people, team=team)


@pytest.fixture
def project(cast: SimpleNamespace) -> Project:
    """An empty project of the cast's team."""
    return Project.objects.create(team=cast.team, name="The Last Ferry", created_by=cast.alice)


@pytest.fixture
def opened(cast: SimpleNamespace, project: Project) -> OpenProject:
    """The project, opened by Carol to create."""
    return open_project(cast.carol, project.pk, Right.CREATE)


@pytest.fixture
def client_of(db: None) -> Callable[[User | None], Client]:
    """Return a function that gives a browser in which a person is logged in; None is a visitor."""

    def make(person: User | None) -> Client:
        client = Client()
        if person is not None:
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
            # Their being here is noted already, so that whoever counts queries counts the page's own.
            cache.add(f"seen:{client.session.session_key}", True, NOTED_EVERY)
        return client

    return make
