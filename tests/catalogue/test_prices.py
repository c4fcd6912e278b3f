"""What an order will cost at most: never less than what is charged for it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation import catalogue
from generation.catalogue import model_named
from generation.providers.base import Operation

T2I, I2V, T2V, V2V = (
    Operation.TEXT_TO_IMAGE,
    Operation.IMAGE_TO_VIDEO,
    Operation.TEXT_TO_VIDEO,
    Operation.VIDEO_TO_VIDEO,
)
SILENT = {"options": {"audio": False}}
CENT = 10_000


@pytest.mark.parametrize(
    ("model", "operation", "parameters", "micros"),
    [
        # by the second
        ("gen4_turbo", I2V, {"ratio": "1280:720", "duration_ms": 5000}, 25 * CENT),
        ("gen4_turbo", I2V, {"ratio": "1280:720", "duration_ms": 10_000}, 50 * CENT),
        ("gen4.5", T2V, {"ratio": "1280:720", "duration_ms": 5000}, 60 * CENT),
        ("gen4.5", T2V, {"duration_ms": 5000, "options": {"outputFormat": "hdr10"}}, 160 * CENT),
        # with and without sound; with it when nothing is said
        ("veo3.1", T2V, {"duration_ms": 8000}, 320 * CENT),
        ("veo3.1", T2V, {"duration_ms": 8000, **SILENT}, 160 * CENT),
        ("google:3@2", T2V, {"width": 1280, "height": 720, "duration_ms": 8000}, 160 * CENT),
        # by the size, and as the dearest when it is not known
        ("seedance2", T2V, {"ratio": "1280:720", "duration_ms": 5000}, 180 * CENT),
        ("seedance2", T2V, {"ratio": "3840:2160", "duration_ms": 5000}, 750 * CENT),
        ("seedance2", T2V, {"duration_ms": 5000}, 750 * CENT),
        ("h3_max", T2V, {"resolution": "480p", "duration_ms": 5000}, 25 * CENT),
        ("h3_max", T2V, {"resolution": "768p", "duration_ms": 5000}, 40 * CENT),
        # no less than a minimum
        ("seedance2_mini", T2V, {"ratio": "1280:720", "duration_ms": 4000}, 64 * CENT),
        ("seedance2_5", T2V, {"ratio": "640:640", "duration_ms": 4000}, 80 * CENT),
        # by the source, each started second; as the longest when it is not known
        ("aleph2", V2V, {"source_ms": 7300}, 8 * 28 * CENT),
        ("aleph2", V2V, {}, 30 * 28 * CENT),
        ("seedance2_mini", V2V, {"ratio": "1280:720", "duration_ms": 4000}, (4 + 15) * 16 * CENT),
        ("seedance2_mini", V2V, {"ratio": "1280:720", "duration_ms": 4000, "source_ms": 2100}, (4 + 3) * 16 * CENT),
        ("hailuo3", V2V, {"resolution": "768p", "duration_ms": 5000, "source_ms": 3000}, (5 * 10 + 3 * 15) * CENT),
        # by the frame
        (
            "magnific_video_upscaler_creative",
            Operation.UPSCALE_VIDEO,
            {"resolution": "720p", "source_ms": 1000, "source_fps": 24},
            17 * CENT,  # 16.8
        ),
        # by the picture
        ("gen4_image", T2I, {"ratio": "1280:720"}, 5 * CENT),
        ("gen4_image", T2I, {"ratio": "1920:1080"}, 8 * CENT),
        ("gpt_image_2", T2I, {"ratio": "1920:1088"}, 20 * CENT),
        ("gpt_image_2", T2I, {"ratio": "1920:1088", "options": {"quality": "low"}, "outputs": 3}, 3 * CENT),
        ("gpt_image_2", T2I, {"ratio": "3840:1648"}, 41 * CENT),
        ("gpt_image_2", T2I, {"ratio": "auto"}, 41 * CENT),
        ("magnific_precision_upscaler_v2", Operation.UPSCALE_IMAGE, {}, 150 * CENT),
        ("magnific_precision_upscaler_v2", Operation.UPSCALE_IMAGE, {"width": 4096, "height": 2304}, 25 * CENT),
        # by the megapixel
        ("runware:101@1", T2I, {"width": 1024, "height": 1024}, 3800),
        ("runware:101@1", T2I, {"width": 1024, "height": 1088}, 7600),
        ("runware:101@1", T2I, {"width": 1024, "height": 1024, "options": {"steps": 50}}, 7600),
        ("bfl:5@1", T2I, {"width": 1024, "height": 1024, "outputs": 2}, 60_000),
        # nothing
        ("animatic-clip", T2V, {"duration_ms": 30_000}, 0),
    ],
)
def test_what_an_order_costs(model: str, operation: Operation, parameters: dict[str, Any], micros: int) -> None:
    assert model_named(model).estimate(operation, parameters) == micros


def test_pictures_that_come_with_it_are_counted() -> None:
    flux, grok = model_named("bfl:5@1"), model_named("grok_imagine_1_5")
    assert flux.estimate(T2I, {"width": 512, "height": 512}, inputs=3) == 120_000
    assert grok.estimate(I2V, {"resolution": "720p", "duration_ms": 4000}, inputs=1) == 65 * CENT


@pytest.mark.parametrize(("characters", "micros"), [(1, CENT), (50, CENT), (51, 2 * CENT), (500, 10 * CENT)])
def test_speech_is_paid_by_started_fifty_characters(characters: int, micros: int) -> None:
    voice = model_named("eleven_v3")
    assert voice.estimate(Operation.TEXT_TO_SPEECH, {"voice": "Maya"}, prompt="a" * characters) == micros
    assert voice.estimate(Operation.TEXT_TO_SPEECH, {"voice": "Maya"}, prompt="🎬" * 26) == 2 * CENT


def test_a_sound_without_a_length_is_counted_as_the_provider_counts_it() -> None:
    sound = model_named("eleven_text_to_sound_v2")
    assert sound.estimate(Operation.SOUND_EFFECT, {}) == 2 * CENT
    assert sound.estimate(Operation.SOUND_EFFECT, {"duration_ms": 7500}) == 8 * CENT


def test_an_estimate_keeps_the_version_of_its_price() -> None:
    assert model_named("gen4_turbo").price_version == "2026-11-21"


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_order_is_cheaper_for_what_is_not_known(data: st.DataObject) -> None:
    """What the order leaves open counts as the most that it can be."""
    model = data.draw(st.sampled_from([model for model in catalogue.models().values() if not model.retired]))
    operation = data.draw(st.sampled_from(sorted(model.capabilities)))
    capability = model.can(operation)
    if capability.price is None or (capability.sizes is not None and not capability.sizes.listed):
        return
    listed = capability.sizes.listed if capability.sizes is not None else ()
    size = data.draw(st.sampled_from(listed)).parameters if listed else {}
    known = model.estimate(operation, {**size, "duration_ms": 5000, "source_ms": 5000})
    assert model.estimate(operation, {"duration_ms": 5000, "source_ms": 5000}) >= known


def test_every_price_names_its_source() -> None:
    for model in catalogue.models().values():
        for capability in model.capabilities.values():
            assert capability.price is None or len(capability.price.source) > 10
            assert model.source


@pytest.mark.parametrize(
    "wanted",
    [
        "klingai:6@1", "klingai:6@0", "klingai:kling-video@3-pro", "bfl:5@1", "runware:101@1", "runware:100@1",
        "runware:504@1", "runware:109@1", "runware:152@2", "xai:tts@0", "minimax:music@2.6", "runware:102@1",
        "google:3@2", "bytedance:seedance@1.5-pro", "gen4_turbo", "gen4.5", "gen4_image", "eleven_multilingual_v2",
    ],
)  # fmt: skip
def test_what_films_are_made_with_has_a_price(wanted: str) -> None:
    model = model_named(wanted)
    assert all(capability.price is not None for capability in model.capabilities.values())
