"""The models of all providers as programs see them: what each can do at most, and why it cannot be ordered."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from generation import catalogue
from generation.models import ProviderAccount
from generation.providers.base import Operation
from tests.api.test_floor import refusal
from tests.provider_accounts.test_through_the_api import program

pytestmark = pytest.mark.django_db


def models(person: Any, cast: SimpleNamespace, **asked: str) -> dict[str, dict[str, Any]]:
    """Return the models that somebody is told of, by id."""
    more = "".join(f"&{name}={value}" for name, value in asked.items())
    answer = program(person).get(f"models?team={cast.team.pk}{more}")
    assert answer.status_code == 200, answer.content
    return {one["id"]: one for one in answer.json()}


def test_every_provider_of_the_catalogue_is_there_with_a_reason(cast: SimpleNamespace, keyed: ProviderAccount) -> None:
    told = models(cast.alice, cast)
    assert {one["provider"] for one in told.values()} == {
        model.provider for model in catalogue.models().values() if not model.retired
    }
    for one in told.values():
        assert one["usable"] == (one["why_not"] == ""), one["id"]
    assert told["gen4_image"]["why_not"] == ""
    without = next(one for one in told.values() if one["provider"] == "runware")
    assert "no key" in without["why_not"]
    assert set(models(cast.alice, cast, usable="true")) == {key for key, one in told.items() if one["usable"]}


def test_what_a_model_makes_at_most_and_of_what_kind(cast: SimpleNamespace) -> None:
    told = models(cast.alice, cast, provider="runway")
    picture = told["gen4_image"]
    assert picture["media"] == ["image"]
    sizes = catalogue.models()["gen4_image"].capabilities[Operation.TEXT_TO_IMAGE].sizes
    assert sizes is not None
    assert picture["longest_side"] == max(max(one.width or 0, one.height or 0) for one in sizes.listed)
    assert picture["most_pixels"] == max((one.width or 0) * (one.height or 0) for one in sizes.listed)


def test_filters_narrow(cast: SimpleNamespace) -> None:
    everything = models(cast.alice, cast)
    good = models(cast.alice, cast, quality="5")
    assert good
    assert {one["quality"] for one in good.values()} == {5}
    assert set(good) < set(everything)
    negative = models(cast.alice, cast, negative_prompt="true")
    assert negative
    assert all(one["negative_prompt"] for one in negative.values())
    assert {one["media"][0] for one in models(cast.alice, cast, media="text").values()} <= {"text", "image", "video"}
    refusal(program(cast.alice).get(f"models?team={cast.team.pk}&quality=9"), 400, "invalid")
    refusal(program(cast.mallory).get(f"models?team={cast.team.pk}"), 404, "not_found")


def test_who_is_left_out_is_told_beside_its_models(cast: SimpleNamespace, keyed: ProviderAccount) -> None:
    assert models(cast.alice, cast, provider="runway")["gen4_image"]["trouble"] == ""
    ProviderAccount.objects.update(tripped_at=timezone.now(), probe_at=timezone.now(), trip_reason="It was down.")
    told = models(cast.alice, cast, provider="runway")["gen4_image"]
    assert told["usable"]
    assert "It was down." in told["trouble"]


@pytest.mark.parametrize("need", ["cheapest", "fastest", "best"])
@pytest.mark.parametrize("operation", ["text_to_text", "text_to_speech", "sound_effect", "text_to_music"])
def test_words_and_sounds_are_chosen_by_need_as_well(operation: str, need: Any) -> None:
    everybody = {model.provider for model in catalogue.models().values()}
    wanted = Operation(operation)
    found = catalogue.choose(wanted, need, providers=everybody)
    able = {model.id for model in catalogue.models().values() if model.usable_for(wanted)}
    assert {model.id for model in found} <= able
    assert found, "somebody does it, and nobody is found"
    if need == "best":
        assert [model.quality for model in found] == sorted((model.quality for model in found), reverse=True)
