"""The film through the API: what the film page does, in the API's own words, and taken back by what is answered."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project
from scenes.models import Asset, Film, Render, Shot, Sound, Title
from tests.api.conftest import Program
from tests.api.test_floor import refusal
from tests.pages.footage import add_scenes, add_take

pytestmark = pytest.mark.django_db


@pytest.fixture
def shots(project: Project) -> list[Shot]:
    """Three shots with a clip each."""
    made = add_scenes(project, 1, 3)
    for shot in made:
        Asset.objects.filter(pk=add_take(shot, "clip", recipe="x").asset_id).update(duration_ms=6000)
    return made


@pytest.fixture
def carol(cast: SimpleNamespace, program_of: Callable[..., Program]) -> Program:
    """A program of Carol's."""
    return program_of(cast.carol)


@pytest.fixture
def film(carol: Program, project: Project) -> str:
    """The address of the film."""
    return f"films/{carol.get(f'films?project={project.pk}').json()['results'][0]['id']}"


@pytest.fixture
def sound(project: Project) -> Asset:
    """A sound of ten seconds."""
    made: Asset = Asset.objects.create(
        project=project, kind="audio", origin="uploaded", key=f"projects/{project.pk}/audio/x.wav",
        media_type="audio/wav", sha256="e" * 64, size=1, duration_ms=10_000, original_name="Sea",
    )  # fmt: skip
    return made


def change(asks: Program, film: str, said: dict[str, Any]) -> dict[str, Any]:
    """Change the cut; return what came of it."""
    answer = asks.post(f"{film}/changes", said)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_everything_is_cut_and_taken_back(
    carol: Program,
    cast: SimpleNamespace,
    project: Project,
    shots: list[Shot],
    film: str,
    sound: Asset,
    client_of: Callable[..., Client],
) -> None:
    first, second, third = (str(shot.pk) for shot in shots)
    before = carol.get(film).json()
    assert [row["shot"] for row in before["shots"]] == [first, second, third]
    assert (before["follows_storyboard"], before["duration_ms"]) == (True, 12_000)
    done = [
        change(carol, film, {"move": {"shot": third, "before": first}}),
        change(carol, film, {"shots": [{"id": second, "trim_ms": 500, "transition": "fade", "transition_ms": 800}]}),
        change(carol, film, {"film": {"fade_out_ms": 900, "muted": ["clips"]}}),
        change(carol, film, {"add_sound": {"asset": str(sound.pk), "track": "effects", "shot": second, "gain_db": -6}}),
        change(carol, film, {"add_title": {"text": "The Last Ferry", "place": "opening", "length_ms": 3000}}),
    ]
    laid, title = done[3]["made"], done[4]["made"]
    done.append(change(carol, film, {"sounds": [{"id": laid, "start_ms": 250, "length_ms": 4000}]}))
    done.append(change(carol, film, {"titles": [{"id": title, "subtext": "1962"}]}))
    cut = carol.get(film).json()
    assert [row["shot"] for row in cut["shots"]] == [third, first, second]
    assert (cut["shots"][2]["trim_ms"], cut["shots"][2]["transition"], cut["follows_storyboard"]) == (
        500,
        "fade",
        False,
    )
    assert (cut["fade_out_ms"], cut["muted"]) == (900, ["clips"])
    as_laid = {"track": "effects", "shot": second, "start_ms": 250, "length_ms": 4000, "gain_db": -6.0, "ducked": False}
    assert cut["sounds"][0].items() >= as_laid.items()
    assert (cut["titles"][0]["text"], cut["titles"][0]["subtext"]) == ("The Last Ferry", "1962")
    # The film page plays the same.
    page = client_of(cast.dave).get(reverse("generation:cut", args=[project.pk])).json()
    assert [row["shotId"] for row in page["shots"]] == [third, first, second]
    for one in reversed(done):
        change(carol, film, one["inverse"])
    after = carol.get(film).json()
    assert {**after, "updated_at": ""} == {
        **before,
        "updated_at": "",
        "follows_storyboard": after["follows_storyboard"],
    }


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, 409),
        ({"trims": []}, 400),
        ({"film": {"fade_out_ms": -1}}, 400),
        ({"film": {"muted": ["noise"]}}, 400),
        ({"add_title": {}}, 409),
        ({"add_title": {"text": "x" * 161}}, 400),
        ({"add_sound": {"asset": str(uuid.uuid4())}}, 409),
        ({"shots": [{"id": str(uuid.uuid4()), "trim_ms": 1}]}, 409),
        ({"shots": [{"id": "SHOT", "duration_ms": 90_000}]}, 409),
        ({"shots": [{"id": "SHOT", "trim_ms": 2**40}]}, 400),
        ({"shots": [{"trim_ms": 1}]}, 400),
        ({"shots": {"SHOT": {"trim_ms": 1}}}, 400),
        ({"sounds": [{"id": str(uuid.uuid4()), "deleted": True}]}, 409),
        ({"add_sound": {"asset": "SHOT", "gain_db": "loud"}}, 400),
        ({"move": {"shot": "SHOT", "before": "SHOT"}}, 409),
        ({"film": {"fade_out_ms": 100}, "add_title": {"text": " "}}, 409),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_of_it_is_done(
    carol: Program, shots: list[Shot], film: str, said: dict[str, Any], status: int
) -> None:
    before = carol.get(film).content
    text = str(said).replace("SHOT", str(shots[0].pk)).replace("'", '"').replace("True", "true")
    answer = carol.post(f"{film}/changes", text.encode())
    refusal(answer, status, "invalid" if status == 400 else "not_possible")
    assert carol.get(film).content == before
    assert not Sound.objects.exists()
    assert not Title.objects.exists()


def test_nobody_else_cuts_and_nothing_of_others_is_laid(
    carol: Program, cast: SimpleNamespace, shots: list[Shot], film: str, program_of: Callable[..., Program]
) -> None:
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Theirs")
    foreign = add_scenes(theirs, 1, 1)[0]
    tune = Asset.objects.create(
        project=theirs, kind="audio", origin="uploaded", key="k", media_type="audio/wav", sha256="f" * 64,
        size=1, duration_ms=9,
    )  # fmt: skip
    refusal(carol.post(f"{film}/changes", {"add_sound": {"asset": str(tune.pk)}}), 409, "not_possible")
    refusal(carol.post(f"{film}/changes", {"add_title": {"text": "x", "shot": str(foreign.pk)}}), 409, "not_possible")
    refusal(carol.post(f"{film}/changes", {"shots": [{"id": str(foreign.pk), "trim_ms": 0}]}), 409, "not_possible")
    said = {"film": {"fade_out_ms": 100}}
    refusal(program_of(cast.dave).post(f"{film}/changes", said), 403, "not_allowed")
    mallory = program_of(cast.mallory)
    assert mallory.get(film).content == mallory.get(f"films/{uuid.uuid4()}").content
    refusal(mallory.post(f"{film}/changes", said), 404, "not_found")
    assert Film.objects.get(pk=film.partition("/")[2]).fade_out_ms == 0


def test_renderings_are_listed_read_and_deleted(
    carol: Program, cast: SimpleNamespace, project: Project, film: str, program_of: Callable[..., Program]
) -> None:
    row = Asset.objects.create(
        project=project, kind="export", origin="derived", key="k", media_type="video/mp4", sha256="a" * 64,
        size=1, height=720, width=1280,
    )  # fmt: skip
    for number in (1, 2):
        Render.objects.create(film=Film.objects.get(), number=number, asset=row, event_number=number)
    listed = carol.get(f"renders?project={project.pk}").json()["results"]
    assert [one["number"] for one in listed] == [2, 1]
    path = f"renders/{listed[0]['id']}"
    assert carol.get(path).json()["asset"]["name"].startswith("Rendering ")
    refusal(program_of(cast.dave).delete(path), 403, "not_allowed")
    refusal(program_of(cast.mallory).get(path), 404, "not_found")
    assert carol.delete(path).status_code == 204
    refusal(carol.get(path), 404, "not_found")
