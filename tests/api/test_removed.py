"""Who is removed from a team, or loses a role, while a request of theirs is worked out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import Http404

from accounts.access import open_team
from accounts.models import Membership, Role, User
from accounts.policies import Right
from accounts.services import change_role, remove_member
from generation import planning
from generation.models import Approval, Attempt, Batch, Job
from projects.access import ask_again, open_project
from projects.api.base import ProjectResource
from projects.models import Project
from scenes.services.scripts import apply_breakdown, save_script
from tests.api.conftest import Program
from tests.api.test_floor import refusal
from tests.conftest import SCRIPT
from tests.engine.stage import wait_until

Meanwhile = Callable[[Any, str, Callable[[], Any]], None]


@pytest.fixture
def film(project: Project, opened: Any) -> Project:
    """The project with shots that want stills."""
    apply_breakdown(opened=opened, version=save_script(opened=opened, text=SCRIPT).version)
    return project


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Return a function that has something happen once, right after a step of a request."""

    def arrange(module: Any, step: str, happens: Callable[[], Any]) -> None:
        was, left = getattr(module, step), [happens]

        def then(*args: Any, **kwargs: Any) -> Any:
            found = was(*args, **kwargs)
            while left:
                left.pop()()
            return found

        monkeypatch.setattr(module, step, then)

    return arrange


def removal(cast: SimpleNamespace, person: User) -> Callable[[], Any]:
    """Return what removes somebody from the team."""
    return partial(remove_member, opened=open_team(cast.alice, cast.team.pk, Right.MANAGE), person_id=person.pk)


def demotion(cast: SimpleNamespace, person: User, role: Role) -> Callable[[], Any]:
    """Return what gives somebody another role."""
    owner = open_team(cast.alice, cast.team.pk, Right.MANAGE)
    return partial(change_role, opened=owner, person_id=person.pk, role=role)


def nothing_was_asked_for() -> bool:
    """Return whether there is no trace of an order."""
    return not Batch.objects.exists() and not Job.objects.exists() and not Attempt.objects.exists()


def test_who_was_removed_meanwhile_buys_nothing(
    film: Project, cast: SimpleNamespace, program_of: Callable[..., Program], meanwhile: Meanwhile
) -> None:
    program = program_of(cast.carol)
    meanwhile(planning, "wishes_for", removal(cast, cast.carol))
    refusal(program.post("batches", {"project": str(film.pk), "make": "stills"}), 404, "not_found")
    assert not Membership.objects.filter(team=cast.team, user=cast.carol).exists()
    assert nothing_was_asked_for()


def test_who_may_only_review_by_now_buys_nothing(
    film: Project, cast: SimpleNamespace, program_of: Callable[..., Program], meanwhile: Meanwhile
) -> None:
    program = program_of(cast.carol)
    meanwhile(planning, "wishes_for", demotion(cast, cast.carol, Role.REVIEWER))
    refusal(program.post("batches", {"project": str(film.pk), "make": "stills"}), 403, "not_allowed")
    assert nothing_was_asked_for()


def test_a_producer_who_is_none_any_more_needs_a_yes_as_artists_do(
    film: Project, cast: SimpleNamespace, program_of: Callable[..., Program], meanwhile: Meanwhile
) -> None:
    Project.objects.filter(pk=film.pk).update(approval_limit=0, rehearsal=True, still_model="gen4_image")
    program = program_of(cast.bob)
    meanwhile(planning, "wishes_for", demotion(cast, cast.bob, Role.ARTIST))
    answer = program.post("batches", {"project": str(film.pk), "make": "stills"})
    assert answer.status_code == 202, answer.content
    assert Batch.objects.get().approval == Approval.WAITING


def test_who_was_removed_meanwhile_agrees_to_nothing(
    film: Project, cast: SimpleNamespace, program_of: Callable[..., Program], meanwhile: Meanwhile
) -> None:
    Project.objects.filter(pk=film.pk).update(approval_limit=0, rehearsal=True, still_model="gen4_image")
    program_of(cast.carol).post("batches", {"project": str(film.pk), "make": "stills"})
    batch, program = Batch.objects.get(), program_of(cast.bob)
    meanwhile(ProjectResource, "open_of", removal(cast, cast.bob))
    refusal(program.post(f"batches/{batch.pk}/approve"), 404, "not_found")
    batch.refresh_from_db()
    assert batch.approval == Approval.WAITING
    assert not Attempt.objects.exists()


@pytest.mark.scale  # SQLite keeps every other writer out meanwhile
@pytest.mark.django_db(transaction=True)
def test_a_removal_waits_for_what_is_being_bought(project: Project, cast: SimpleNamespace) -> None:
    opened, removed = open_project(cast.carol, project.pk, Right.SPEND), threading.Event()

    def remove() -> None:
        try:
            removal(cast, cast.carol)()
            removed.set()
        finally:
            connection.close()

    remover = threading.Thread(target=remove)
    with transaction.atomic():
        ask_again(opened, Right.SPEND)
        remover.start()
        wait_until(somebody_waits_for_a_lock)
        assert not removed.is_set()
    remover.join()
    assert removed.is_set()
    with transaction.atomic(), pytest.raises(Http404):
        ask_again(opened, Right.SPEND)


def somebody_waits_for_a_lock() -> bool:
    """Return whether a transaction of this database waits for another one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])
