"""Runway's part of the catalogue against the official client's typed requests: what changes there is seen here."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from runwayml import types

from generation import catalogue
from generation.catalogue import Capability, Model
from generation.providers.base import Operation
from tests.catalogue.typed import Field, fields_of

REQUESTS: dict[Operation, Any] = {
    Operation.IMAGE_TO_VIDEO: types.image_to_video_create_params.ImageToVideoCreateParams,
    Operation.TEXT_TO_VIDEO: types.text_to_video_create_params.TextToVideoCreateParams,
    Operation.VIDEO_TO_VIDEO: types.video_to_video_create_params.VideoToVideoCreateParams,
    Operation.TEXT_TO_IMAGE: types.text_to_image_create_params.TextToImageCreateParams,
    Operation.UPSCALE_IMAGE: types.image_upscale_create_params.ImageUpscaleCreateParams,
    Operation.UPSCALE_VIDEO: types.video_upscale_create_params.VideoUpscaleCreateParams,
    Operation.SOUND_EFFECT: types.sound_effect_create_params.SoundEffectCreateParams,
    Operation.TEXT_TO_SPEECH: types.text_to_speech_create_params.TextToSpeechCreateParams,
}
NOT_OFFERED = {"recraft_v4_1_vector": "makes drawings as SVG, which no shot can use"}
# Sizes that the client knows and the catalogue does not offer, by model and operation: the first only with references;
# Wan takes the shape of its frames and nothing else where there are some.
WAN_SHAPES = {
    "832:480", "720:544", "624:624", "544:720", "480:832", "1280:720", "1104:832", "960:960", "832:1104", "720:1280",
    "1920:1080", "1648:1248", "1440:1440", "1248:1648", "1080:1920",
}  # fmt: skip
SIZES_LEFT_OUT = {
    ("hailuo3", Operation.TEXT_TO_VIDEO): {"adaptive"},
    ("hailuo3", Operation.VIDEO_TO_VIDEO): {"adaptive"},
    ("wan3", Operation.IMAGE_TO_VIDEO): WAN_SHAPES,
    ("wan3_prime", Operation.IMAGE_TO_VIDEO): WAN_SHAPES,
}


def requests_of(operation: Operation) -> dict[str, dict[str, Field]]:
    """Return the fields of each model's request."""
    union = REQUESTS[operation]
    parts = get_args(union) or (union,)
    return {next(iter(fields_of(part)["model"].words)): fields_of(part) for part in parts}


def ours(*, retired: bool = False) -> list[tuple[Model, Capability]]:
    """Return what the catalogue says that Runway's models do."""
    return [
        (model, capability)
        for model in catalogue.models().values()
        if model.provider == "runway" and bool(model.retired) is retired
        for capability in model.capabilities.values()
    ]


CASES = [pytest.param(model, capability, id=f"{model.id}-{capability.operation}") for model, capability in ours()]


@pytest.mark.parametrize("operation", REQUESTS)
def test_every_model_of_the_client_is_in_the_catalogue(operation: Operation) -> None:
    there = {model.id for model, capability in ours() if capability.operation == operation}
    assert set(requests_of(operation)) - there == {name for name in NOT_OFFERED if name in requests_of(operation)}


def test_what_is_retired_here_is_gone_there() -> None:
    gone = {model.id for model, _ in ours(retired=True)}
    assert gone == {"gen3a_turbo", "gen4_aleph", "veo3", "upscale_v1"}
    assert not gone & {name for operation in REQUESTS for name in requests_of(operation)}


@pytest.mark.parametrize(("model", "capability"), CASES)
def test_the_request_has_what_the_catalogue_asks_for(model: Model, capability: Capability) -> None:
    fields = requests_of(capability.operation)[model.id]
    assert (capability.prompt is not None) == ("promptText" in fields)
    assert bool(capability.negative_prompt) == ("negativePrompt" in fields)
    assert (capability.seed_most is not None) == ("seed" in fields)
    assert capability.outputs_most == 1 or "outputCount" in fields
    assert bool(capability.references.most) <= bool({"references", "referenceImages"} & set(fields))
    tagged = "tag" in fields["referenceImages"].inside if "referenceImages" in fields else False
    assert not capability.references.most or capability.references.tags == tagged
    assert (capability.durations is not None and not capability.durations.of_source) == ("duration" in fields)


@pytest.mark.parametrize(("model", "capability"), CASES)
def test_what_the_client_requires_is_required(model: Model, capability: Capability) -> None:
    lengths, sizes = capability.durations, capability.sizes
    given = {
        "model": True,
        "promptText": capability.prompt is not None and capability.prompt.required,
        "promptImage": capability.first_frame == "must",
        "promptVideo": capability.source == "video",
        "videoUri": capability.source == "video",
        "imageUri": capability.source == "image",
        "referenceImages": capability.references.least > 0,
        "ratio": sizes is not None and not sizes.optional and all(size.ratio for size in sizes.listed),
        "duration": lengths is not None and not lengths.optional and not lengths.of_source,
        "voice": bool(capability.voices),
        **dict.fromkeys(capability.needed, True),
    }
    fields = requests_of(capability.operation)[model.id]
    required = {name for name, field in fields.items() if field.required}
    assert {name for name in required if not given.get(name)} == set()


@pytest.mark.parametrize(("model", "capability"), CASES)
def test_sizes_are_those_of_the_client(model: Model, capability: Capability) -> None:
    fields = requests_of(capability.operation)[model.id]
    listed = capability.sizes.listed if capability.sizes is not None else ()
    for name in ("ratio", "resolution"):
        offered = {getattr(size, name) for size in listed} - {""}
        # ``768P`` and ``768p`` are the same word twice.
        there = {word for word in fields[name].words if word == word.lower()} if name in fields else set()
        assert there - offered == (SIZES_LEFT_OUT.get((model.id, capability.operation), set()) & there)
        assert offered - there == set()


@pytest.mark.parametrize(("model", "capability"), CASES)
def test_lengths_are_those_of_the_client(model: Model, capability: Capability) -> None:
    fields = requests_of(capability.operation)[model.id]
    words = {word for word in fields["duration"].words if isinstance(word, int)} if "duration" in fields else set()
    if words:
        assert capability.durations is not None
        assert {length / 1000 for length in capability.durations.listed} == words


@pytest.mark.parametrize(("model", "capability"), CASES)
def test_frames_are_those_of_the_client(model: Model, capability: Capability) -> None:
    fields = requests_of(capability.operation)[model.id]
    assert (capability.first_frame != "no") == ("promptImage" in fields)
    positions = fields["promptImage"].inside if "promptImage" in fields else {}
    if "position" in positions:
        assert (capability.last_frame != "no") == ("last" in positions["position"].words)


# Forms that the media gate does not take: what is paid for must be usable.
UNUSABLE_HERE = {
    "prores", "png_sequence", "hdr_pq_12bit_master", "hdr_prores", "hdr_png_sequence", "hdr_exr_sequence",
    "hdr_exr_acescg_sequence_1_3", "hdr_exr_acescg_sequence_2_0",
}  # fmt: skip


@pytest.mark.parametrize(("model", "capability"), CASES)
def test_options_are_those_of_the_client(model: Model, capability: Capability) -> None:
    fields = requests_of(capability.operation)[model.id]
    for name, values in capability.options.items():
        head, *path = name.split(".")
        field = fields[head]
        for step in path:
            field = field.inside[step]
        if field.words:
            assert set(values) == field.words - (UNUSABLE_HERE if name == "outputFormat" else set()), name
        elif field.kind is bool:
            assert set(values) == {True, False}, name
        else:
            assert field.kind in (int, float), name


def test_voices_are_those_of_the_client() -> None:
    for name, fields in requests_of(Operation.TEXT_TO_SPEECH).items():
        presets = fields["voice"].inside.get("presetId")
        voices = catalogue.model_named(name).can(Operation.TEXT_TO_SPEECH).voices
        assert set(voices) == (presets.words if presets is not None else set())
