"""Pages of long lists: each row once, whatever has the same place and whatever comes and goes between two pages."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import signing
from django.utils import timezone

from projects.models import Comment, Project
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
