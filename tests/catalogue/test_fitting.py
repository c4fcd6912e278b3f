"""The nearest that is possible for a project's format, and the model that meets a need best."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation import catalogue
from generation.catalogue import Durations, ImpossibleRequest, Model, Size, Sizes, choose, model_for, model_named
from generation.providers.base import InputFile, Operation

T2I, I2V, T2V = Operation.TEXT_TO_IMAGE, Operation.IMAGE_TO_VIDEO, Operation.TEXT_TO_VIDEO
USABLE = [
    (model, operation)
    for model in catalogue.models().values()
    for operation in model.capabilities
    if model.usable_for(operation)
]


def inputs_for(model: Model, operation: Operation) -> list[InputFile]:
    """Return the files that an order needs at least."""
    capability = model.can(operation)
    kind = {"video": "video/mp4", "audio": "audio/wav"}.get(capability.source, "image/png")
    wanted = [
        ("first_frame", "image/png", capability.first_frame == "must"),
        ("source", kind, bool(capability.source)),
        ("mask", "image/png", capability.mask),
    ]
    files = [InputFile(role, media_type, role) for role, media_type, needed in wanted if needed]
    return files + [InputFile("r", "image/png", "reference")] * capability.references.least


@pytest.mark.parametrize(
    ("model", "operation", "format_", "expected"),
    [
        ("gen4_turbo", I2V, (1280, 720), {"width": 1280, "height": 720, "ratio": "1280:720"}),
        ("gen4_turbo", I2V, (960, 960), {"width": 960, "height": 960, "ratio": "960:960"}),
        ("gen4_image", T2I, (720, 1280), {"width": 720, "height": 1280, "ratio": "720:1280"}),
        # Nearest in shape first, then in the number of pixels.
        ("gpt_image_2", T2I, (1280, 720), {"width": 1920, "height": 1088, "ratio": "1920:1088"}),
        ("veo3.1", T2V, (960, 540), {"width": 1280, "height": 720, "ratio": "1280:720"}),
        ("runware:101@1", T2I, (1280, 720), {"width": 1280, "height": 704}),
        ("runware:101@1", T2I, (4000, 2000), {"width": 2048, "height": 1024}),
        ("bfl:5@1", T2I, (3840, 2160), {"width": 2048, "height": 1152}),
        # The model's own words; the pixels only where they are known.
        ("hailuo3", T2V, (1280, 720), {"ratio": "16:9", "resolution": "768p"}),
        ("grok_imagine_1_5", T2V, (720, 1280), {"width": 720, "height": 1280, "ratio": "9:16", "resolution": "720p"}),
        ("wan3", I2V, (1280, 720), {"ratio": "auto_720p"}),
        # The first frame decides.
        ("klingai:6@1", I2V, (1280, 720), {}),
    ],
)
def test_a_format_is_fitted(
    model: str, operation: Operation, format_: tuple[int, int], expected: dict[str, object]
) -> None:
    fitting = model_named(model).fit(operation, width=format_[0], height=format_[1])
    fitting.pop("duration_ms", None)
    assert fitting == expected


@pytest.mark.parametrize(
    ("model", "operation", "wanted", "expected"),
    [
        ("gen4_turbo", I2V, 3100, {"duration_ms": 4000}),
        ("gen4_turbo", I2V, 500, {"duration_ms": 2000}),
        ("gen4_turbo", I2V, None, {"duration_ms": 2000}),
        ("klingai:6@1", I2V, 5001, {"duration_ms": 10_000}),
        ("aleph2", Operation.VIDEO_TO_VIDEO, 7300, {"source_ms": 7300}),
        ("aleph2", Operation.VIDEO_TO_VIDEO, None, {}),
        ("eleven_text_to_sound_v2", Operation.SOUND_EFFECT, 3030, {"duration_ms": 3100}),
        ("eleven_text_to_sound_v2", Operation.SOUND_EFFECT, None, {}),
    ],
)
def test_a_length_is_fitted(model: str, operation: Operation, wanted: int | None, expected: dict[str, int]) -> None:
    fitting = model_named(model).fit(operation, width=1280, height=720, duration_ms=wanted)
    assert {name: value for name, value in fitting.items() if name.endswith("_ms")} == expected


def test_a_frame_rate_is_fitted_where_it_can_be_chosen() -> None:
    assert model_named("animatic-clip").fit(T2V, width=1280, height=720, fps=29)["fps"] == 30
    assert "fps" not in model_named("gen4_turbo").fit(I2V, width=1280, height=720, fps=24)


@settings(max_examples=400, deadline=None)
@given(
    which=st.sampled_from(USABLE),
    width=st.integers(16, 8192),
    height=st.integers(16, 8192),
    duration_ms=st.integers(1, 60_000),
    fps=st.integers(1, 120),
)
def test_whatever_is_fitted_is_possible_and_has_a_price(
    which: tuple[Model, Operation], width: int, height: int, duration_ms: int, fps: int
) -> None:
    model, operation = which
    capability = model.can(operation)
    lengths = capability.durations
    if lengths is not None and (duration_ms > lengths.most or (lengths.of_source and duration_ms < lengths.least)):
        with pytest.raises(ImpossibleRequest) as refused:
            model.fit(operation, width=width, height=height, duration_ms=duration_ms)
        assert refused.value.field == "duration"
        return
    parameters = model.fit(operation, width=width, height=height, duration_ms=duration_ms, fps=fps)
    assert parameters.get("duration_ms", duration_ms) >= duration_ms
    options = {name: capability.options[name][-1] for name in capability.needed}
    if "outpaint" in options:
        options["outpaint"] = {"left": options["outpaint"]}
    ordered = {**parameters, "options": options, "voice": capability.voice_for("ANNA")}
    if capability.tokens_most:
        ordered["max_tokens"] = capability.tokens_most
    prompt = "A man walks." if capability.prompt is not None else ""
    inputs = inputs_for(model, operation)
    model.check(operation, prompt=prompt, parameters=ordered, inputs=inputs)
    free = model.provider in {"animatic", "assembly", "flux"}
    assert (model.estimate(operation, ordered, prompt=prompt, inputs=len(inputs)) == 0) is free


@settings(max_examples=200, deadline=None)
@given(
    least=st.integers(1, 512),
    multiple=st.sampled_from([1, 2, 16, 64]),
    width=st.integers(1, 20_000),
    height=st.integers(1, 20_000),
)
def test_bounds_are_kept_by_rounding(least: int, multiple: int, width: int, height: int) -> None:
    sizes = Sizes(least=least, most=2048, multiple=multiple, most_pixels=2_000_000)
    size = sizes.nearest(width, height)
    assert size is not None
    assert sizes.of(size.parameters) == size


def test_a_word_decides_and_pixels_beside_it_must_agree() -> None:
    sizes = model_named("grok_imagine_1_5").can(T2V).sizes
    assert sizes is not None
    words = {"ratio": "16:9", "resolution": "720p"}
    assert sizes.of(words) == Size(1280, 720, "16:9", "720p")
    assert sizes.of({**words, "width": 1280, "height": 720}) == Size(1280, 720, "16:9", "720p")
    assert sizes.of({**words, "width": 1280, "height": 700}) is None
    assert sizes.of({"width": 1280, "height": 720}) == Size(1280, 720, "16:9", "720p")
    assert sizes.of({"ratio": "16:9"}) is None


def test_lengths_that_are_listed_are_the_only_ones() -> None:
    lengths = Durations(5000, 10_000, listed=(5000, 8000, 10_000))
    assert [lengths.covering(wanted) for wanted in (0, 5001, 8000, 10_001)] == [5000, 8000, 8000, None]
    assert str(lengths) == "5, 8 or 10 s"
    assert not lengths.allows(6000)


# --- choice ----------------------------------------------------------------------------------------------------------


def costs(models: list[Model], operation: Operation) -> list[int]:
    """Return what each would cost for the same shot."""
    return [
        model.estimate(operation, model.fit(operation, width=1280, height=720, duration_ms=5000)) for model in models
    ]


def test_the_cheapest_come_first() -> None:
    found = choose(I2V, "cheapest", providers={"runway", "runware"}, width=1280, height=720, duration_ms=5000)
    assert costs(found, I2V) == sorted(costs(found, I2V))
    assert {model.provider for model in found} == {"runway", "runware"}
    assert found[0].id == "klingai:6@0"


def test_the_fastest_come_first() -> None:
    found = choose(I2V, "fastest", providers={"runway"}, width=1280, height=720, duration_ms=5000)
    assert [model.typical_seconds for model in found] == sorted(model.typical_seconds for model in found)


def test_the_best_come_first_and_the_cheaper_of_two() -> None:
    found = choose(I2V, "best", providers={"runway"}, width=1280, height=720, duration_ms=5000)
    assert [model.quality for model in found] == sorted((model.quality for model in found), reverse=True)
    best = [model for model in found if model.quality == found[0].quality]
    assert costs(best, I2V) == sorted(costs(best, I2V))


def test_only_what_can_do_it_is_offered() -> None:
    def ids(**need: object) -> set[str]:
        return {model.id for model in choose(T2I, "best", providers={"runway", "runware"}, **need)}  # type: ignore[arg-type]

    assert "gen4_image_turbo" not in ids()  # it cannot do without a reference
    assert "gen4_image_turbo" in ids(references=2)
    assert "gen4_image" not in ids(references=4)
    assert ids(negative_prompt=True) == {"runware:97@1", "runware:108@1"}
    long = choose(I2V, "best", providers={"runway"}, width=1280, height=720, duration_ms=20_000)
    assert {model.id for model in long} == {"seedance2_5", "wan3", "wan3_prime"}
    assert choose(I2V, "best", providers={"runway"}, duration_ms=40_000) == []
    assert choose(I2V, "best", providers=()) == []


def test_neither_the_retired_nor_those_without_a_price_are_offered() -> None:
    for operation in Operation:
        for model in choose(operation, "cheapest", providers={"runway", "runware", "animatic", "assembly"}):
            assert not model.retired
            assert model.can(operation).price is not None


@pytest.mark.parametrize(
    ("provider", "operation", "first"),
    [
        ("runway", I2V, "gen4_turbo"),
        ("runway", T2I, "gen4_image"),
        ("runway", Operation.TEXT_TO_SPEECH, "eleven_multilingual_v2"),
        ("runway", Operation.SOUND_EFFECT, "eleven_text_to_sound_v2"),
        ("runway", Operation.VIDEO_TO_VIDEO, "seedance2_mini"),
        ("runware", I2V, "klingai:6@1"),
        ("runware", T2I, "runware:101@1"),
        ("runware", Operation.INPAINT, "runware:101@1"),
        ("runware", Operation.UPSCALE_IMAGE, "runware:504@1"),
        ("runware", Operation.REMOVE_BACKGROUND, "runware:109@1"),
        ("runware", Operation.CAPTION, "runware:152@2"),
        ("animatic", I2V, "animatic-clip"),
        ("assembly", Operation.FILM, "film"),
    ],
)
def test_a_provider_has_a_first_model(provider: str, operation: Operation, first: str) -> None:
    assert model_for(provider, operation).id == first
