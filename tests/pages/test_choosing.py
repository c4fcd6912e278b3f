"""A shot's model is chosen from what can make it: prices, reasons, settings kept, taken over and used again."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from generation.catalogue import ImpossibleRequest, models
from generation.choosing import choices, glossary, shot_settings
from generation.choosing.shot_settings import Settings
from generation.providers.base import Operation
from projects.access import OpenProject
from projects.models import Event, Project
from scenes.models import Asset, Element, Shot, Take
from tests.pages.footage import add_scenes, add_take

pytestmark = pytest.mark.django_db

FRAGMENT = {"HX-Request": "true"}
MOST_QUERIES = 10


@pytest.fixture(autouse=True)
def keys(settings: Any) -> None:
    """Runway can be asked here; Runware cannot."""
    settings.PROVIDERS = {
        **settings.PROVIDERS,
        "runway": {"key": "key_" + "a" * 128, "url": ""},
        "runware": {"key": "", "url": ""},
    }


@pytest.fixture
def shot(project: Project) -> Shot:
    """A shot of four seconds."""
    return add_scenes(project, 1, 1)[0]


@pytest.fixture
def carol(cast: SimpleNamespace, client_of: Callable[[User | None], Client]) -> Client:
    """Carol's browser."""
    return client_of(cast.carol)


def _url(name: str, project: Project, *others: object) -> str:
    return reverse(f"generation:{name}", args=[project.pk, *others])


def _words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def _picture(project: Project, name: str = "a") -> Asset:
    return Asset.objects.create(
        project=project, kind="image", origin="uploaded", key=f"projects/{project.pk}/{name}",
        media_type="image/png", sha256=(name * 64)[:64], size=9, original_name=f"{name}.png",
    )  # fmt: skip


def _settings(shot: Shot, kind: str) -> dict[str, Any]:
    shot.refresh_from_db()
    return dict(shot.clip_settings if kind == "clip" else shot.still_settings)


def test_the_price_is_that_of_this_shot(opened: OpenProject, shot: Shot) -> None:
    by_id = {option.model.id: option for option in choices.options_for(opened, shot, "clip")}
    turbo = models()["gen4_turbo"]
    fitting = turbo.fit(Operation.IMAGE_TO_VIDEO, width=1280, height=720, duration_ms=4000)
    assert by_id["gen4_turbo"].price == turbo.estimate(Operation.IMAGE_TO_VIDEO, fitting, inputs=1) > 0
    Shot.objects.filter(pk=shot.pk).update(duration_ms=8000)
    shot.refresh_from_db()
    longer = {option.model.id: option for option in choices.options_for(opened, shot, "clip")}
    assert longer["gen4_turbo"].price == 2 * (by_id["gen4_turbo"].price or 0)


def test_a_shot_of_fourteen_seconds_says_who_cannot_make_it_and_why(
    carol: Client, project: Project, shot: Shot
) -> None:
    Shot.objects.filter(pk=shot.pk).update(duration_ms=14_000)
    answer = carol.get(_url("choice_models", project, shot.pk, "clip"), headers=FRAGMENT)
    possible, impossible = _words(answer).split("Not for this shot")
    assert "Gen-4 Turbo Runway · makes at most 10 s; this shot is 14 s" in impossible
    assert "Gen-4 Turbo" not in possible
    assert 'value="gen4_turbo"' not in answer.content.decode()
    assert "Animatic clip" in possible


def test_models_without_a_key_and_retired_ones_are_not_offered(opened: OpenProject, shot: Shot, settings: Any) -> None:
    offered = {option.model.id for option in choices.options_for(opened, shot, "clip")}
    assert "gen4_turbo" in offered
    assert not any(models()[name].retired for name in offered)
    settings.PROVIDERS = {name: {"key": "", "url": ""} for name in settings.PROVIDERS}
    assert {option.model.provider for option in choices.options_for(opened, shot, "clip")} == {"animatic"}
    opened.project.rehearsal = True
    assert "gen4_turbo" in {option.model.id for option in choices.options_for(opened, shot, "clip")}


def test_a_need_names_a_model_that_films(opened: OpenProject, shot: Shot) -> None:
    options = choices.options_for(opened, shot, "clip")
    found = choices.by_need(choices.wanted_of(shot, "clip"), options)
    filming = [option for option in options if not option.problem and option.model.provider != "animatic"]
    assert found["cheapest"].price == min(option.price or 0 for option in filming)
    assert found["best"].model.quality == max(option.model.quality for option in filming)
    assert found["fastest"].model.typical_seconds == min(option.model.typical_seconds for option in filming)


def test_the_teams_first_choice_comes_first(opened: OpenProject, shot: Shot, settings: Any) -> None:
    known = ("runway", "runware")
    settings.PROVIDERS = {name: {"key": "k" * (name in known), "url": ""} for name in settings.PROVIDERS}
    for order in (["runware", "runway"], ["runway", "runware"]):
        opened.project.team.provider_order = order
        options = choices.options_for(opened, shot, "still")
        paid = [one.model.provider for one in options if not one.problem and one.model.provider != "animatic"]
        assert list(dict.fromkeys(paid)) == order


def test_defaults_are_priced_at_five_seconds(opened: OpenProject, project: Project) -> None:
    turbo = next(one for one in choices.defaults_for(project, "clip") if one.model.id == "gen4_turbo")
    assert turbo.price == 5 * 50_000
    assert {one.model.provider for one in choices.defaults_for(project, "voice")} >= {"animatic", "runway"}


def test_a_model_is_chosen_and_the_picker_shows_it_with_its_price(carol: Client, project: Project, shot: Shot) -> None:
    before = carol.get(_url("choice", project, shot.pk, "clip"), headers=FRAGMENT)
    assert "Clip · as the project Animatic clip free" in _words(before)
    answer = carol.post(_url("choice", project, shot.pk, "clip"), {"model": "gen4_turbo"}, headers=FRAGMENT)
    assert answer.status_code == 200
    assert "Clip Gen-4 Turbo $0.20" in _words(answer)
    assert _settings(shot, "clip") == {"model": "gen4_turbo"}
    event = Event.objects.get(project=project, type="shot_edited")
    assert event.payload["changed"] == ["clip_settings"]
    carol.post(_url("choice", project, shot.pk, "clip"), {"model": ""}, headers=FRAGMENT)
    assert _settings(shot, "clip") == {}


def test_what_the_new_model_takes_as_well_stays(carol: Client, project: Project, shot: Shot) -> None:
    data = {"fields": "1", "model": "gen4_turbo", "seed": "42"}
    assert carol.post(_url("choice", project, shot.pk, "clip"), data, headers=FRAGMENT).status_code == 200
    carol.post(_url("choice", project, shot.pk, "clip"), {"model": "gen4.5"}, headers=FRAGMENT)
    assert _settings(shot, "clip") == {"model": "gen4.5", "seed": 42}
    carol.post(_url("choice", project, shot.pk, "clip"), {"model": "gemini_omni_flash"}, headers=FRAGMENT)
    assert _settings(shot, "clip") == {"model": "gemini_omni_flash"}


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        ("clip", {"model": "gen3a_turbo"}, "gen4_turbo"),
        ("clip", {"model": "nonsense"}, "There is no model"),
        ("clip", {"model": "gen4_image"}, "cannot do image_to_video"),
        ("clip", {"model": "klingai:6@1"}, ""),
        ("clip", {"fields": "1", "model": "gen4_turbo", "seed": "12.5"}, "whole number"),
        ("clip", {"fields": "1", "model": "gen4_turbo", "seed": "4294967296"}, "0 to 4294967295"),
        ("clip", {"fields": "1", "model": "gen4_turbo", "negative_prompt": "rain"}, "takes no negative prompt"),
        ("clip", {"fields": "1", "model": "gen4_turbo", "references": "{picture}"}, "takes no reference pictures"),
        ("still", {"fields": "1", "model": "gen4_image", "references": "nonsense"}, "not in this project"),
        ("still", {"fields": "1", "model": "gen4_image", "references": "{foreign}"}, "not in this project"),
        ("still", {"fields": "1", "model": "gpt_image_2", "option.quality": "superb"}, "low or auto as quality"),
        ("still", {"model": "gen4_image_turbo"}, "at least 1 reference picture"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_words_and_nothing_is_written(
    cast: SimpleNamespace, carol: Client, project: Project, shot: Shot, kind: str, data: dict[str, str], words: str
) -> None:
    hers = Project.objects.create(team=cast.mallory.teams.get(), name="Hers", created_by=cast.mallory)
    ids = {"{picture}": str(_picture(project).pk), "{foreign}": str(_picture(hers, "b").pk)}
    data = {name: ids.get(value, value) for name, value in data.items()}
    answer = carol.post(_url("choice", project, shot.pk, kind), data, headers=FRAGMENT)
    assert answer.status_code == 422
    assert words in _words(answer).replace("&#x27;", "'")
    assert 'role="alert"' in answer.content.decode()
    assert _settings(shot, kind) == {}
    assert not Event.objects.filter(project=project, type="shot_edited").exists()


def test_a_refusal_keeps_what_was_typed(carol: Client, project: Project, shot: Shot) -> None:
    picture = _picture(project)
    data = {"fields": "1", "model": "gen4_image", "seed": "many", "references": str(picture.pk)}
    answer = carol.post(_url("choice", project, shot.pk, "still"), data, headers=FRAGMENT).content.decode()
    assert 'value="many"' in answer
    assert f'value="{picture.pk}"' in answer
    assert "Use Gen-4 Image" in answer


def test_too_many_references_are_refused(opened: OpenProject, project: Project, shot: Shot) -> None:
    ids = tuple(str(_picture(project, name).pk) for name in "abcd")
    with pytest.raises(ImpossibleRequest, match="at most 3") as caught:
        shot_settings.save_choice(
            opened=opened, shot=shot, kind="still", settings=Settings(model="gen4_image", references=ids)
        )
    assert caught.value.field == "references"


def test_who_is_in_the_shot_comes_along_by_themselves(carol: Client, project: Project, shot: Shot) -> None:
    Shot.objects.filter(pk=shot.pk).update(characters=["MARA"], still_settings={"model": "gen4_image"})
    mara = Element.objects.create(project=project, kind="character", name="MARA")
    assert "Comes along" not in _words(carol.get(_url("choice", project, shot.pk, "still"), headers=FRAGMENT))
    mara.references.add(_picture(project))
    answer = carol.get(_url("choice", project, shot.pk, "still"), headers=FRAGMENT)
    assert "Comes along: Mara" in _words(answer)
    # The built-in one takes none, so that nobody comes along.
    Shot.objects.filter(pk=shot.pk).update(still_settings={})
    assert "Comes along" not in _words(carol.get(_url("choice", project, shot.pk, "still"), headers=FRAGMENT))
    # What needs a reference has one in her.
    answer = carol.post(_url("choice", project, shot.pk, "still"), {"model": "gen4_image_turbo"}, headers=FRAGMENT)
    assert answer.status_code == 200


def test_the_settings_of_a_take_are_used_again(carol: Client, project: Project, shot: Shot) -> None:
    reference, first = _picture(project, "a"), _picture(project, "b")
    take = add_take(shot, "still", recipe="")
    inputs = {
        "model": "gen4_image",
        "seed": 7,
        "parameters": {"width": 1280, "height": 720, "seed": 7},
        "inputs": [
            {"sha256": reference.sha256, "role": "reference", "tag": "a"},
            {"sha256": first.sha256, "role": "first_frame", "tag": ""},
            {"sha256": "f" * 64, "role": "reference", "tag": "gone"},
        ],
    }
    Take.objects.filter(pk=take.pk).update(inputs=inputs)
    answer = carol.post(_url("use_again", project, take.pk), headers=FRAGMENT)
    assert (answer.status_code, _words(answer)) == (200, "The next one is made like this.")
    assert _settings(shot, "still") == {"model": "gen4_image", "seed": 7, "references": [str(reference.pk)]}
    picker = carol.get(_url("choice", project, shot.pk, "still"), headers=FRAGMENT).content.decode()
    assert "seed 7" in picker
    assert str(reference.pk) in picker


def test_a_take_that_somebody_brought_has_no_settings(carol: Client, project: Project, shot: Shot) -> None:
    take = add_take(shot, "still", recipe="")
    answer = carol.post(_url("use_again", project, take.pk), headers=FRAGMENT)
    assert answer.status_code == 422
    assert _settings(shot, "still") == {}


def test_a_take_of_a_retired_model_names_its_successor(carol: Client, project: Project, shot: Shot) -> None:
    take = add_take(shot, "clip", recipe="")
    Take.objects.filter(pk=take.pk).update(inputs={"model": "gen3a_turbo", "parameters": {}})
    answer = carol.post(_url("use_again", project, take.pk), headers=FRAGMENT)
    assert answer.status_code == 422
    assert "gen4_turbo" in _words(answer)


def test_a_take_shows_who_made_it_for_how_much_and_of_what(carol: Client, project: Project, shot: Shot) -> None:
    reference = _picture(project)
    take = add_take(shot, "clip", recipe="")
    inputs = {
        "provider": "runway", "provider_label": "Runway", "model": "gen4_turbo", "model_label": "Gen-4 Turbo",
        "prompt": "Fog <b>rolls</b> in.", "parameters": {"duration_ms": 5000, "seed": 4}, "cost": 250_000, "seed": 4,
        "rehearsal": True, "quality": {"code": "frozen", "text": "Almost nothing moves."},
        "inputs": [{"sha256": reference.sha256, "role": "reference", "tag": "mara"}],
        "served": [{"provider": "runware", "model": "x", "why_not": "No such size."}],
    }  # fmt: skip
    Take.objects.filter(pk=take.pk).update(inputs=inputs)
    page = carol.get(reverse("scenes:shot", args=[project.pk, shot.pk]), headers=FRAGMENT)
    words = _words(page)
    facts = ("Gen-4 Turbo", "Runway · $0.25", "Simulated", "Almost nothing moves.", "Length 5 s")
    facts = ("Gen-4 Turbo", "Runway · $0.25", "Simulated", "Almost nothing moves.", "Length 5 s")
    for fact in (*facts, "Runware could not: No such size."):
        assert fact in words, fact
    assert "Fog &lt;b&gt;rolls&lt;/b&gt; in." in page.content.decode()
    taken = carol.get(_url("take_inputs", project, take.pk), headers=FRAGMENT)
    assert "@mara" in _words(taken)
    assert str(reference.pk) in taken.content.decode()


def test_a_reviewer_sees_but_has_nothing_to_press(
    cast: SimpleNamespace, client_of: Callable[[User | None], Client], project: Project, shot: Shot
) -> None:
    dave = client_of(cast.dave)
    seen = dave.get(_url("choice", project, shot.pk, "clip"), headers=FRAGMENT).content.decode()
    assert "Animatic clip" in seen
    assert "<button" not in seen
    assert dave.post(_url("choice", project, shot.pk, "clip"), {"model": "gen4_turbo"}).status_code == 403
    assert _settings(shot, "clip") == {}


def test_there_is_no_picker_for_other_kinds(carol: Client, project: Project, shot: Shot) -> None:
    assert carol.get(_url("choice", project, shot.pk, "voice")).status_code == 404
    assert carol.get(_url("at_hand", project), {"kind": "export"}).status_code == 404


def test_only_this_projects_pictures_are_at_hand(cast: SimpleNamespace, carol: Client, project: Project) -> None:
    own = _picture(project)
    other = Project.objects.create(team=cast.team, name="Another", created_by=cast.alice)
    foreign = _picture(other, "b")
    shown = carol.get(_url("at_hand", project), headers=FRAGMENT).content.decode()
    assert str(own.pk) in shown
    assert str(foreign.pk) not in shown


def test_a_plain_form_leads_back_to_the_shot(carol: Client, project: Project, shot: Shot) -> None:
    answer = carol.post(_url("choice", project, shot.pk, "clip"), {"model": "gen4_turbo"})
    assert (answer.status_code, answer["Location"]) == (302, reverse("scenes:shot", args=[project.pk, shot.pk]))
    assert _settings(shot, "clip") == {"model": "gen4_turbo"}


def test_pages_ask_a_fixed_number_of_questions(carol: Client, project: Project, shot: Shot) -> None:
    Shot.objects.filter(pk=shot.pk).update(characters=["MARA"], still_settings={"model": "gen4_image"})
    mara = Element.objects.create(project=project, kind="character", name="MARA")
    for name in "abcdefgh":
        mara.references.add(_picture(project, name))
        add_take(shot, "still", recipe="")
    for address in (
        _url("choice", project, shot.pk, "still"),
        _url("choice_models", project, shot.pk, "still"),
        _url("at_hand", project),
        reverse("scenes:shot", args=[project.pk, shot.pk]),
    ):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert carol.get(address, headers=FRAGMENT).status_code == 200
        assert len(asked) <= MOST_QUERIES, f"{address}: {[one['sql'][:90] for one in asked]}"


def test_a_setting_of_a_model_that_is_gone_is_said_and_can_be_replaced(
    carol: Client, project: Project, shot: Shot
) -> None:
    Shot.objects.filter(pk=shot.pk).update(clip_settings={"model": "gone_model", "seed": 3})
    picker = carol.get(_url("choice", project, shot.pk, "clip"), headers=FRAGMENT)
    assert "There is no model" in _words(picker)
    answer = carol.post(_url("choice", project, shot.pk, "clip"), {"model": "gen4_turbo"}, headers=FRAGMENT)
    assert answer.status_code == 200
    assert _settings(shot, "clip") == {"model": "gen4_turbo", "seed": 3}


def test_every_option_of_every_model_is_named_for_people() -> None:
    for model in models().values():
        for capability in model.capabilities.values():
            for control in glossary.controls(capability, {}):
                assert control.help, f"{model.id}: {control.name}"
                assert control.values or control.sides or control.least < control.most
