"""What no browser of ours would send to the studio's forms: an answer in words, never a crash, nothing kept of it."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from projects.guest_access import address_of
from projects.models import Comment, Guest, Notification, Project, Subject
from scenes.models import Element, Scene, Shot, Take, Title
from tests.pages.footage import add_scenes, finish
from tests.pages.guests import at, enter, make_link

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User | None], Client]
# A whole number that no floating-point number holds; JSON reads it without complaint.
ENDLESS = "1" + "0" * 400


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    cache.clear()


@pytest.fixture
def shot(project: Project) -> Shot:
    """A shot with a still and a clip."""
    made: list[Shot] = add_scenes(project, 1, 2)
    finish(made)
    return Shot.objects.select_related("scene").get(pk=made[0].pk)


@pytest.fixture
def clip(shot: Shot) -> Take:
    assert shot.clip is not None
    return shot.clip


def stroke(*points: str, tool: str = "pen") -> str:
    return f'[{{"tool": "{tool}", "colour": "red", "points": [{", ".join(points)}]}}]'


DRAWINGS = [
    stroke(f"[{ENDLESS}, 0.5]"),
    stroke(f"[-{ENDLESS}, 0.5]"),
    stroke("[Infinity, NaN]"),
    stroke("[1e400, 0]"),
    stroke("[true, false]"),
    stroke('["0", "1"]'),
    stroke("[0, 0]", tool="\\ud800"),
    stroke("[0, 0]", tool="url(https://evil.example.com)"),
    stroke(*["[0.5, 0.5]"] * 5000),
    "[" + ",".join(['{"tool": "pen", "colour": "red", "points": [[0, 0]]}'] * 10_000) + "]",
    "[" * 100_000,
    '{"a": 1}',
    "[null]",
    "9" * 5000,
    "\x00",
]


@pytest.mark.parametrize("drawing", DRAWINGS, ids=range(len(DRAWINGS)))
def test_a_drawing_that_is_none_is_refused_at_each_door(
    drawing: str, cast: SimpleNamespace, project: Project, clip: Take, client_of: ClientOf
) -> None:
    dave = client_of(cast.dave)
    link = make_link(project, cast.bob)
    guest = enter(link)
    given = {"text": "Here.", "drawing": drawing}
    about = {"kind": Subject.TAKE, "id": clip.pk}
    for answer in (
        dave.post(reverse("projects:comments", args=[project.pk, "take", clip.pk]), given),
        dave.post(reverse("scenes:send_back", args=[project.pk, clip.pk]), given),
        guest.post(at(link, "notes"), {**given, **about}),
    ):
        assert answer.status_code == 422
    assert not Comment.objects.exists()
    assert Take.objects.get(pk=clip.pk).verdict == Take.Verdict.NONE


def mark(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode()


@pytest.mark.parametrize(
    ("sort", "by"),
    [
        ("size", float("inf")),
        ("length", float("nan")),
        ("size", 10**400),
        ("size", -1),
        ("name", "a\x00b"),
        ("name", "\ud800"),
        ("new", "0001-01-01T00:00:00+23:59"),
        ("old", "9999-12-31T23:59:59-23:59"),
        ("old", "2027-01-01"),
        ("new", None),
        ("\x00", []),
    ],
)
def test_a_place_in_the_list_that_is_none(
    by: Any, sort: str, cast: SimpleNamespace, project: Project, shot: Shot, client_of: ClientOf
) -> None:
    page = reverse("scenes:assets", args=[project.pk])
    after = mark(sort, by, str(uuid.uuid4()))
    assert client_of(cast.dave).get(page, {"sort": sort, "after": after}).status_code == 200


@pytest.mark.parametrize(
    "asked", [{"text": "a\x00b"}, {"folder": "\x00"}, {"kind": "\x00"}, {"after": "ż"}, {"after": "="}]
)
def test_a_search_for_what_no_file_is_called(
    asked: dict[str, str], cast: SimpleNamespace, project: Project, shot: Shot, client_of: ClientOf
) -> None:
    assert client_of(cast.dave).get(reverse("scenes:assets", args=[project.pk]), asked).status_code == 200


def test_what_no_database_stores_is_in_no_note(
    cast: SimpleNamespace, project: Project, clip: Take, client_of: ClientOf
) -> None:
    Take.objects.filter(pk=clip.pk).update(created_by=cast.carol)
    answer = client_of(cast.dave).post(
        reverse("scenes:send_back", args=[project.pk, clip.pk]), {"text": "Slower\x00, please."}
    )
    assert answer.status_code < 400
    assert Comment.objects.get().text == "Slower, please."
    assert "\x00" not in Notification.objects.get(user=cast.carol).text


@pytest.mark.parametrize("name", ["Ve\x00ra", "Vera\x07", "\u202eareV", "\x00", "\u200b"])
def test_a_guests_name_has_nothing_that_nobody_sees(
    name: str, cast: SimpleNamespace, project: Project, shot: Shot
) -> None:
    link = make_link(project, cast.bob)
    answer = Client().post(address_of(link), {"name": name})
    assert answer.status_code in (302, 422)
    assert all(guest.name.isprintable() for guest in Guest.objects.all())
    assert Guest.objects.count() == ("V" in name)


@pytest.mark.parametrize("due", ["9999999-01-01", "0001-01-01", "10000-01-01", "2027-02-30", "²", "\x00", "1" * 5000])
def test_a_day_that_is_none(due: str, cast: SimpleNamespace, project: Project, shot: Shot, client_of: ClientOf) -> None:
    answer = client_of(cast.carol).post(
        reverse("scenes:shots_due", args=[project.pk]), {"shots": str(shot.pk), "due": due}, headers={"HX-Request": "1"}
    )
    assert answer.status_code in (204, 422)
    for page in ("scenes:storyboard", "projects:activity", "projects:detail"):
        assert client_of(cast.dave).get(reverse(page, args=[project.pk])).status_code == 200


def test_words_with_what_no_database_stores(
    cast: SimpleNamespace, project: Project, shot: Shot, clip: Take, client_of: ClientOf
) -> None:
    """Each form that takes words, one by one."""
    carol, bob, nul = client_of(cast.carol), client_of(cast.bob), "a\x00b"
    mara = Element.objects.create(project=project, kind="character", name="MARA", handle="mara")
    forms: list[tuple[Client, str, list[Any], dict[str, str]]] = [
        (carol, "scenes:scene_insert", [], {"heading": f"INT. {nul} - DAY", "action": nul}),
        (carol, "scenes:scene_edit", [shot.scene_id], {"heading": f"INT. {nul} - DAY"}),
        (carol, "scenes:scene_edit", [shot.scene_id], {"action": nul}),
        (carol, "scenes:scene_edit", [shot.scene_id], {"location": nul}),
        (carol, "scenes:shot_insert", [shot.scene_id], {"description": nul}),
        (carol, "scenes:shot_edit", [shot.pk], {"prompt": nul}),
        (carol, "scenes:elements", [], {"kind": "prop", "name": nul, "description": nul}),
        (carol, "scenes:element_edit", [mara.pk], {"name": nul, "description": nul, "voice": nul}),
        (carol, "scenes:asset_rename", [clip.asset_id], {"name": nul}),
        (carol, "scenes:script", [], {"text": f"INT. ROOM - DAY\n\n{nul}", "version": "0"}),
        (carol, "scenes:script_draft", [uuid.uuid4()], {"text": nul, "base": "0"}),
        (carol, "scenes:film_change", [], {"change": json.dumps({"addTitle": {"text": f"{nul}\ud800"}})}),
        (carol, "generation:upload_begin", [], {"name": f"{nul}.png", "size": "9"}),
        (bob, "scenes:share", [], {"name": nul, "days": "7"}),
        (bob, "projects:settings", [], {"name": nul}),
        (bob, "projects:delete", [], {"name": nul}),
        (carol, "projects:comments", ["shot", shot.pk], {"text": nul}),
    ]
    for client, name, ids, given in forms:
        status = client.post(reverse(name, args=[project.pk, *ids]), given).status_code
        assert status < 500, f"{name}: {status}"
    words = [
        *Scene.objects.values_list("heading", flat=True),
        *Scene.objects.values_list("action", flat=True),
        *Shot.objects.values_list("prompt_by_hand", flat=True),
        *Shot.objects.values_list("description", flat=True),
        *Element.objects.values_list("description", flat=True),
        *Title.objects.values_list("text", flat=True),
    ]
    assert not [text for text in words if "\x00" in text]


@pytest.mark.parametrize(
    "change",
    [
        {"shots": {"%": {"trimMs": -1}}},
        {"shots": {"%": {"trimMs": 10**400}}},
        {"shots": {"%": {"durationMs": float("nan")}}},
        {"shots": {"%": {"durationMs": float("inf")}}},
        {"shots": {"%": {"transition": ["cut"]}}},
        {"film": {"muted": [{}]}},
        {"film": {"muted": [None]}},
        {"film": {"fadeOutMs": 10**400}},
        {"move": {"shot": {}, "before": []}},
        {"order": [{}]},
        {"addTitle": {"text": "x" * 100_000}},
        {"addTitle": {"text": "x", "startMs": 10**400}},
        {"addTitle": {"text": "x", "shotId": "\x00"}},
        {"addTitle": {"text": "x", "place": {}, "style": []}},
        {"addSound": {"assetId": "x"}},
        {"sounds": {"\ud800": {}}},
        {"sounds": {"c826f4c0-39e2-439d-9ffb-16f79f0643e0": {"deleted": True}}},
        {"": 1},
        {},
    ],
    ids=repr,
)
def test_a_cut_that_cannot_be(
    change: dict[str, Any], cast: SimpleNamespace, project: Project, shot: Shot, client_of: ClientOf
) -> None:
    said = json.dumps(change).replace("%", str(shot.pk))
    answer = client_of(cast.carol).post(reverse("scenes:film_change", args=[project.pk]), {"change": said})
    assert answer.status_code == (200 if "order" in change else 422)
    now = Shot.objects.get(pk=shot.pk)
    assert (now.trim_ms, now.duration_ms, now.transition) == (shot.trim_ms, shot.duration_ms, shot.transition)
