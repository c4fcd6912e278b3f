"""Pages of long lists: each row once, whatever has the same place and whatever comes and goes between two pages."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import signing
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects import events
from projects.models import Comment, Delivery, Project, WebhookEndpoint
from scenes.models import Element, Scene, Shot
from tests.api.conftest import Program

TIES, LIMIT = 2500, 200


def scene_of(project: Project, position: int) -> Scene:
    number = Scene.objects.filter(project=project).count() + 1
    return Scene.objects.create(project=project, number=str(number), position=position)


def add_ties(scene: Scene, count: int, first: int = 0) -> list[str]:
    """Add shots that all have the same place in their scene; return their ids."""
    shots = Shot.objects.bulk_create(
        Shot(scene=scene, letter=f"L{number}", position=7, angle="medium shot", duration_ms=1000)
        for number in range(first, first + count)
    )
    return [str(shot.pk) for shot in shots]


def pages(
    program: Program, path: str, way: str = "next", between: Callable[[int], None] | None = None
) -> Iterator[Any]:
    """Read one page after the other, with something done between two."""
    number = 0
    while path:
        answer = program.get(path)
        assert answer.status_code == 200, answer.content
        yield answer.json()
        number += 1
        path = (answer.json()[way] or "").partition("/api/v1/")[2]
        if between is not None:
            between(number)


def ids(found: Iterator[Any]) -> list[str]:
    return [row["id"] for page in found for row in page["results"]]


@pytest.mark.parametrize("asked", ["project={project}", "project={project}&scene={scene}"])
def test_rows_of_the_same_place_come_once_each_way(
    asked: str, cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    scene = scene_of(project, 0)
    there = add_ties(scene, TIES)
    dave = program_of(cast.dave)
    path = f"shots?{asked.format(project=project.pk, scene=scene.pk)}&limit={LIMIT}&fields=id"
    forwards = list(pages(dave, path))
    assert [len(page["results"]) for page in forwards] == [LIMIT] * (TIES // LIMIT) + [TIES % LIMIT]
    seen = ids(iter(forwards))
    assert len(seen) == TIES
    assert set(seen) == set(there)
    last = forwards[-1]["previous"].partition("/api/v1/")[2]
    back = [[row["id"] for row in page["results"]] for page in pages(dave, last, "previous")]
    assert [one for page in reversed(back) for one in page] == seen[: -(TIES % LIMIT)]
    assert forwards[0]["previous"] is None


def test_what_comes_and_goes_between_two_pages_moves_nothing_else(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    scenes = [scene_of(project, 3), scene_of(project, 3)]  # the same place, too
    there = {one for scene in scenes for one in add_ties(scene, TIES // 2)}
    dave, seen, gone, come = program_of(cast.dave), list[str](), set[str](), list[str]()

    def meanwhile(number: int) -> None:
        behind, ahead = seen[-1], sorted(there - set(seen) - gone)[:2]
        for one in (behind, *ahead):
            Shot.objects.filter(pk=one).delete()
            gone.add(one)
        come.extend(add_ties(scenes[number % 2], 3, first=TIES + number * 10))

    for page in pages(dave, f"shots?project={project.pk}&limit={LIMIT}&fields=id", between=meanwhile):
        found = [row["id"] for row in page["results"]]
        assert not gone & set(found)
        seen += found
    assert len(seen) == len(set(seen))
    assert there - gone <= set(seen) <= there | set(come)
    assert len(come) > 30


@pytest.mark.parametrize("ordering", ["created_at", "-created_at"])
def test_ties_in_time_both_ways(
    ordering: str, cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    said = Comment.objects.bulk_create(
        Comment(project=project, author=cast.carol, subject_kind="project", subject_id=project.pk, text="Hm.")
        for _ in range(45)
    )
    now = timezone.now()
    Comment.objects.update(created_at=now)
    Comment.objects.filter(pk__in=[one.pk for one in said[:5]]).update(created_at=now.replace(microsecond=0))
    seen = ids(pages(program_of(cast.dave), f"comments?project={project.pk}&limit=10&ordering={ordering}"))
    assert sorted(seen) == sorted(str(one.pk) for one in said)
    oldest = {str(one.pk) for one in said[:5]}
    assert set(seen[-5:] if ordering == "-created_at" else seen[:5]) == oldest


def test_where_a_whole_page_has_gone_the_ends_are_still_reached(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    there = add_ties(scene_of(project, 0), 6)
    dave = program_of(cast.dave)
    first, second, _ = pages(dave, f"shots?project={project.pk}&limit=2")
    rest = [row["id"] for row in first["results"]]
    Shot.objects.filter(pk__in=set(there) - set(rest)).delete()
    empty = dave.get(first["next"].partition("/api/v1/")[2]).json()
    assert (empty["results"], empty["next"]) == ([], None)
    assert ids(pages(dave, empty["previous"].partition("/api/v1/")[2], "previous")) == rest
    Shot.objects.all().delete()
    late = add_ties(scene_of(project, 1), 1)
    empty = dave.get(second["previous"].partition("/api/v1/")[2]).json()
    assert (empty["results"], empty["previous"]) == ([], None)
    assert ids(pages(dave, empty["next"].partition("/api/v1/")[2])) == late


@pytest.mark.parametrize("few", [0, 4, 1000])
@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ("status=changes", [1, 3, 5, 7, 9, 11]),
        ("person={person}", [2, 5, 8, 11]),
        ("due_before=2030-01-01", [3, 7, 11]),
        ("status=changes&person={person}", [5, 11]),
        ("status=changes&omitted=false", [1, 3, 5, 7, 9]),
        ("status=changes&omitted=true", [11]),
        ("status=approved", []),
    ],
)
def test_few_and_many_of_a_kind_come_in_the_order_of_the_film(
    asked: str,
    there: list[int],
    few: int,
    cast: SimpleNamespace,
    project: Project,
    program_of: Callable[..., Program],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("accounts.rest.pages.FEW", few)
    scenes = [scene_of(project, 1), scene_of(project, 0)]
    other = scene_of(Project.objects.create(team=project.team, name="Another film"), 0)
    for at in (0, 1):
        add_ties(scenes[at], 6)
    made = list(Shot.objects.of(project).order_by("scene__position", "pk"))
    for number, shot in enumerate(made):
        shot.position = number % 6
        shot.status = Shot.Status.CHANGES if number % 2 else Shot.Status.TODO
        shot.assignee = cast.carol if number % 3 == 2 else None
        shot.due_on = date(2029, 12, 31) if number % 4 == 3 else None
        shot.omitted_at = timezone.now() if number == 11 else None
        shot.save()
    add_ties(other, 3)
    Shot.objects.filter(scene=other).update(
        status=Shot.Status.CHANGES, assignee=cast.carol, due_on=date(2029, 12, 31), omitted_at=None
    )
    path = f"shots?project={project.pk}&limit=2&{asked.format(person=cast.carol.pk)}"
    assert ids(pages(program_of(cast.dave), path)) == [str(made[number].pk) for number in there]


@pytest.mark.parametrize("few", [0, 4, 1000])
@pytest.mark.parametrize(
    ("asked", "there"),
    [("about=Money", [9, 6, 3]), ("person={person}", [8, 6, 4, 2]), ("about=Money&person={person}", [6])],
)
def test_few_and_many_of_what_was_done_come_the_latest_first(
    asked: str,
    there: list[int],
    few: int,
    cast: SimpleNamespace,
    project: Project,
    program_of: Callable[..., Program],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("accounts.rest.pages.FEW", few)
    for film in (project, Project.objects.create(team=project.team, name="Another film")):
        for number in range(1, 10):
            kind, who = ("cut_changed", "budget_changed")[number % 3 == 0], (cast.carol, cast.bob)[number % 2]
            with transaction.atomic():
                events.record(film.pk, kind, {}, actor=who)
    path = f"activity?project={project.pk}&limit=2&{asked.format(person=cast.carol.pk)}"
    found = [row["seq"] for page in pages(program_of(cast.dave), path) for row in page["results"]]
    assert found == there


@pytest.mark.local  # PostgreSQL reads short tables whole, and knows from its statistics how long they are
@pytest.mark.parametrize(
    ("path", "index"),
    [
        ("shots?project={project}&status=changes", "shot_by_status"),
        ("shots?project={project}&due_before=2030-01-01", "shot_by_due_on"),
        ("activity?project={project}&about=Money", "event_by_type"),
        ("deliveries?webhook={webhook}&state=failed", "delivery_by_state"),
    ],
)
def test_the_few_of_a_kind_are_found_by_an_index(
    path: str, index: str, cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    webhook = WebhookEndpoint.objects.create(team=project.team, url="https://rushes.example/hook", types=["*"])
    Delivery.objects.create(endpoint=webhook, number=1, type="webhook_test", state="failed")
    add_ties(scene_of(project, 0), 2)
    Shot.objects.update(status=Shot.Status.CHANGES, due_on=date(2029, 12, 31))
    with transaction.atomic():
        events.record(project.pk, "budget_changed", {}, actor=cast.bob)
    alice = program_of(cast.alice)
    with CaptureQueriesContext(connection) as asked:
        answer = alice.get(path.format(project=project.pk, webhook=webhook.pk))
    assert answer.json()["results"], answer.content
    plans = []
    for query in asked.captured_queries:
        if query["sql"].startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                plans += [row[-1] for row in cursor.fetchall()]
    assert any(f"INDEX {index} (" in plan for plan in plans), plans
    # Nothing is found by whose it is alone: that would be to look through all of it.
    assert not [plan for plan in plans if plan.endswith(("(project_id=?)", "(endpoint_id=?)"))], plans


def test_a_place_of_many_signs_fits_into_a_cursor(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    for kind in Element.Kind:
        Element.objects.create(project=project, kind=kind, name="🎬" * 200, handle=kind)
    assert len(set(ids(pages(program_of(cast.dave), f"elements?project={project.pk}&limit=1")))) == 3


def test_a_cursor_that_was_not_handed_out_for_this_list_is_refused(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    add_ties(scene_of(project, 0), 3)
    dave = program_of(cast.dave)
    path = f"shots?project={project.pk}&limit=1"
    good = dave.get(path).json()["next"].partition("cursor=")[2].partition("&")[0]
    other = dave.get(f"{path}&scene={Scene.objects.get().pk}").json()["next"].partition("cursor=")[2].partition("&")[0]
    forged = urlsafe_b64encode(b'["scene__position,position",false,["0","7","x"]]').decode().rstrip("=")
    for cursor in ("abc", "%00", good[:-1], good[1:], other, forged, f"{forged}:{good.partition('%3A')[2]}", "p%3D5",
                   signing.dumps(["scene__position,position", False, ["0", "7", "x"]], salt="another")):  # fmt: skip
        answer = dave.get(f"{path}&cursor={cursor}")
        assert answer.status_code == 400, cursor
        assert list(answer.json()["fields"]) == ["cursor"], cursor
    assert dave.get(f"{path}&cursor={good}").status_code == 200
