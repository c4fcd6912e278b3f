"""What Runway is sent: equal to what its official client sends for the same wish."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from runwayml import RunwayML

from generation.providers.base import Operation
from generation.providers.errors import Refused
from generation.providers.runway import RunwayProvider
from generation.providers.runway.bodies import PATHS
from tests.providers.runway_double import KEY, PNG, TASK, Double, at, files, order, runway, says

PNG_URI = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
MP4_URI = f"data:video/mp4;base64,{base64.b64encode(b'clip').decode()}"
MP3_URI = f"data:audio/mpeg;base64,{base64.b64encode(b'sound').decode()}"


# operation, model, prompt, input roles, parameters, the client's method, its arguments
SAMPLES: list[tuple[Operation, str, str, tuple[str, ...], dict[str, Any], str, dict[str, Any]]] = [
    (
        Operation.IMAGE_TO_VIDEO,
        "gen4_turbo",
        "Fog 🌫",
        ("first_frame",),
        {"ratio": "1280:720", "width": 1280, "height": 720, "duration_ms": 5000, "seed": 1, "outputs": 1},
        "image_to_video",
        {"prompt_image": PNG_URI, "prompt_text": "Fog 🌫", "ratio": "1280:720", "duration": 5, "seed": 1},
    ),
    (
        Operation.IMAGE_TO_VIDEO,
        "gen4_turbo",
        "",
        ("first_frame",),
        {"width": 960, "height": 960, "options": {"contentModeration.publicFigureThreshold": "low"}},
        "image_to_video",
        {
            "prompt_image": PNG_URI,
            "ratio": "960:960",
            "content_moderation": {"public_figure_threshold": "low"},
        },
    ),
    (
        Operation.IMAGE_TO_VIDEO,
        "veo3.1",
        "A ferry",
        ("first_frame", "last_frame"),
        {
            "ratio": "1920:1080",
            "duration_ms": 8000,
            "negative_prompt": "rain",
            "seed": 0,
            "options": {"audio": False},
        },
        "image_to_video",
        {
            "prompt_image": [{"uri": PNG_URI, "position": "first"}, {"uri": PNG_URI, "position": "last"}],
            "prompt_text": "A ferry",
            "negative_prompt": "rain",
            "ratio": "1920:1080",
            "duration": 8,
            "seed": 0,
            "audio": False,
        },
    ),
    (
        Operation.IMAGE_TO_VIDEO,
        "klingO3_pro",
        "A ferry",
        ("first_frame", "reference"),
        {"ratio": "1920:1080", "duration_ms": 4000},
        "image_to_video",
        {
            "prompt_image": PNG_URI,
            "references": [{"uri": PNG_URI}],
            "prompt_text": "A ferry",
            "ratio": "1920:1080",
            "duration": 4,
        },
    ),
    (
        Operation.IMAGE_TO_VIDEO,
        "hailuo3",
        "A ferry",
        ("first_frame",),
        {"ratio": "16:9", "resolution": "2k", "duration_ms": 6000},
        "image_to_video",
        {
            "prompt_image": PNG_URI,
            "prompt_text": "A ferry",
            "ratio": "16:9",
            "resolution": "2k",
            "duration": 6,
        },
    ),
    (
        Operation.IMAGE_TO_VIDEO,
        "kling2.5_turbo_pro",
        "A ferry",
        ("first_frame",),
        {"width": 1920, "height": 1080, "duration_ms": 10_000},
        "image_to_video",
        {"prompt_image": PNG_URI, "prompt_text": "A ferry", "duration": 10},
    ),
    (
        Operation.TEXT_TO_VIDEO,
        "gen4.5",
        "A ferry",
        (),
        {"ratio": "1280:720", "duration_ms": 2000, "options": {"outputFormat": "prores", "proresProfile": "422"}},
        "text_to_video",
        {
            "prompt_text": "A ferry",
            "ratio": "1280:720",
            "duration": 2,
            "output_format": "prores",
            "prores_profile": "422",
        },
    ),
    (
        Operation.TEXT_TO_VIDEO,
        "seedance2",
        "A ferry",
        ("reference:anna", "reference"),
        {"ratio": "1280:720", "duration_ms": 4000},
        "text_to_video",
        {
            "prompt_text": "A ferry",
            "ratio": "1280:720",
            "duration": 4,
            "references": [{"uri": PNG_URI}, {"uri": PNG_URI}],
        },
    ),
    (
        Operation.VIDEO_TO_VIDEO,
        "aleph2",
        "Make it night",
        ("source.mp4",),
        {"duration_ms": 5000, "width": 1280, "height": 720, "seed": 4294967295},
        "video_to_video",
        {"video_uri": MP4_URI, "prompt_text": "Make it night", "seed": 4294967295},
    ),
    (
        Operation.VIDEO_TO_VIDEO,
        "klingO3_standard",
        "Make it night",
        ("source.mp4", "reference"),
        {"duration_ms": 5000, "options": {"providerSettings.keepOriginalSound": True}},
        "video_to_video",
        {
            "prompt_video": MP4_URI,
            "prompt_text": "Make it night",
            "references": [{"uri": PNG_URI}],
            "provider_settings": {"keep_original_sound": True},
        },
    ),
    (
        Operation.TEXT_TO_IMAGE,
        "gen4_image",
        "@anna at the harbour",
        ("reference:anna", "reference"),
        {"ratio": "1920:1080", "seed": 7},
        "text_to_image",
        {
            "prompt_text": "@anna at the harbour",
            "ratio": "1920:1080",
            "seed": 7,
            "reference_images": [{"uri": PNG_URI, "tag": "anna"}, {"uri": PNG_URI}],
        },
    ),
    (
        Operation.TEXT_TO_IMAGE,
        "seedream5_pro",
        "A harbour",
        ("reference:anna",),
        {"ratio": "2048:2048", "outputs": 4, "options": {"grounding": True}},
        "text_to_image",
        {
            "prompt_text": "A harbour",
            "ratio": "2048:2048",
            "reference_images": [{"uri": PNG_URI}],
            "output_count": 4,
            "grounding": True,
        },
    ),
    (
        Operation.UPSCALE_IMAGE,
        "magnific_precision_upscaler_v2",
        "",
        ("source",),
        {"width": 1, "height": 1, "options": {"scaleFactor": 4, "ultraDetail": 30}},
        "image_upscale",
        {"image_uri": PNG_URI, "scale_factor": 4, "ultra_detail": 30},
    ),
    (
        Operation.UPSCALE_VIDEO,
        "magnific_video_upscaler_creative",
        "",
        ("source.mp4",),
        {"duration_ms": 5000, "resolution": "4k", "options": {"fpsBoost": True}},
        "video_upscale",
        {"video_uri": MP4_URI, "resolution": "4k", "fps_boost": True},
    ),
    (
        Operation.SOUND_EFFECT,
        "eleven_text_to_sound_v2",
        "Gulls",
        (),
        {"duration_ms": 2500, "options": {"loop": True}},
        "sound_effect",
        {"prompt_text": "Gulls", "duration": 2.5, "loop": True},
    ),
    (
        Operation.SOUND_EFFECT,
        "mirelo_sfx_2_0",
        "Gulls",
        (),
        {"duration_ms": 3000, "negative_prompt": "voices", "seed": 3, "outputs": 2, "options": {"format": "wav"}},
        "sound_effect",
        {
            "prompt_text": "Gulls",
            "duration": 3,
            "negative_prompt": "voices",
            "seed": 3,
            "num_variants": 2,
            "format": "wav",
        },
    ),
    (
        Operation.TEXT_TO_SPEECH,
        "eleven_v3",
        "One more crossing.",
        (),
        {"voice": "Leslie", "seed": 5, "options": {"stability": 0.5, "useSpeakerBoost": False}},
        "text_to_speech",
        {
            "prompt_text": "One more crossing.",
            "voice": {"type": "runway-preset", "preset_id": "Leslie"},
            "seed": 5,
            "stability": 0.5,
            "use_speaker_boost": False,
        },
    ),
    (
        Operation.TEXT_TO_SPEECH,
        "seed_audio",
        "One more crossing.",
        ("voice.mp3",),
        {"options": {"sampleRate": 48000}},
        "text_to_speech",
        {
            "prompt_text": "One more crossing.",
            "voice": {"type": "reference-audio", "audio_uri": MP3_URI},
            "sample_rate": 48000,
        },
    ),
]


@pytest.fixture
def double() -> Iterator[Double]:
    with runway() as server:
        for path in PATHS.values():
            server.on("POST", path, says({"id": TASK, "estimatedCost": {"credits": 25}}))
        yield server


@pytest.mark.parametrize(
    ("operation", "model", "prompt", "roles", "parameters", "method", "arguments"),
    SAMPLES,
    ids=[f"{sample[0]}-{sample[1]}" for sample in SAMPLES],
)
def test_the_request_is_the_official_clients_own(
    operation: Operation,
    model: str,
    prompt: str,
    roles: tuple[str, ...],
    parameters: dict[str, Any],
    method: str,
    arguments: dict[str, Any],
    double: Double,
    tmp_path: Path,
) -> None:
    client = RunwayML(api_key=KEY, base_url=double.origin, max_retries=0, _strict_response_validation=True)
    getattr(client, method).create(model=model, **arguments)

    provider, context = RunwayProvider(), at(double.origin, tmp_path)
    wish = order(operation, model, prompt, files(tmp_path, *roles), **parameters)
    submission = provider.submit(wish.uuid, provider.prepare(wish, context), context)

    official, ours = double.sent
    assert (ours.method, ours.path) == (official.method, official.path)
    assert ours.json == official.json
    for name in ("authorization", "x-runway-version", "content-type"):
        assert ours.headers[name] == official.headers[name]
    assert (submission.task_id, submission.estimated_cost) == (TASK, 250_000)


# --- what is refused before anything is sent -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "model", "roles", "code"),
    [
        (Operation.IMAGE_TO_VIDEO, "gen4_turbo", (), "first_frame_missing"),
        (Operation.IMAGE_TO_VIDEO, "veo3.1", ("last_frame",), "first_frame_missing"),
        (Operation.VIDEO_TO_VIDEO, "aleph2", (), "source_missing"),
        (Operation.UPSCALE_IMAGE, "magnific_precision_upscaler_v2", (), "source_missing"),
        (Operation.UPSCALE_VIDEO, "enhance_frame_rate", (), "source_missing"),
        (Operation.TEXT_TO_MUSIC, "eleven_v3", (), "unknown_operation"),
        (Operation.TEXT_TO_IMAGE, "gen4_image", ("reference:Anna",), "bad_tag"),
        (Operation.TEXT_TO_IMAGE, "gen4_image", ("reference:al",), "bad_tag"),
        (Operation.TEXT_TO_IMAGE, "gen4_image", ("reference:a" + "n" * 16,), "bad_tag"),
        (Operation.TEXT_TO_IMAGE, "gen4_image", ("reference:1st_mate",), "bad_tag"),
        (Operation.TEXT_TO_IMAGE, "gen4_image", ("reference:anna", "reference:anna"), "bad_tag"),
    ],
)
def test_what_runway_cannot_take_is_refused_here(
    operation: Operation, model: str, roles: tuple[str, ...], code: str, tmp_path: Path
) -> None:
    wish = order(operation, model, "x", files(tmp_path, *roles), ratio="1280:720")
    with pytest.raises(Refused) as raised:
        RunwayProvider().prepare(wish, at("http://127.0.0.1:1", tmp_path))
    assert raised.value.code == code
    assert raised.value.public.endswith(".")
