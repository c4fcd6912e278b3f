"""What a model cannot do is said before anything is reserved: what to change, and what there is instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from generation import catalogue
from generation.catalogue import ImpossibleRequest, model_for, model_named
from generation.providers.base import InputFile, Operation

T2I, I2V, T2V, V2V = (
    Operation.TEXT_TO_IMAGE,
    Operation.IMAGE_TO_VIDEO,
    Operation.TEXT_TO_VIDEO,
    Operation.VIDEO_TO_VIDEO,
)
FRAME = InputFile("a", "image/png", "first_frame")
LAST = InputFile("b", "image/png", "last_frame")
REFERENCE = InputFile("c", "image/png", "reference")
CLIP = InputFile("d", "video/mp4", "source")
PICTURE = InputFile("e", "image/png", "source")
MASK = InputFile("f", "image/png", "mask")
TURBO = {"ratio": "1280:720", "duration_ms": 5000}


def refusal(
    model: str,
    operation: Operation,
    parameters: dict[str, Any],
    *,
    prompt: str = "A man walks.",
    inputs: Sequence[InputFile] = (),
) -> tuple[str, str]:
    """Return what to change and the message."""
    with pytest.raises(ImpossibleRequest) as refused:
        model_named(model).check(operation, prompt=prompt, parameters=parameters, inputs=inputs)
    return refused.value.field, str(refused.value)


@pytest.mark.parametrize(
    ("model", "operation", "parameters", "inputs", "field", "message"),
    [
        # length
        ("klingai:6@1", I2V, {"duration_ms": 7000}, [FRAME], "duration", "makes clips of 5 or 10 s, not 7 s."),
        (
            "gen4_turbo",
            I2V,
            {**TURBO, "duration_ms": 11000},
            [FRAME],
            "duration",
            "2 to 10 s in steps of 1 s, not 11 s.",
        ),
        ("gen4_turbo", I2V, {**TURBO, "duration_ms": 5500}, [FRAME], "duration", "not 5.5 s."),
        ("gen4_turbo", I2V, {**TURBO, "duration_ms": True}, [FRAME], "duration", "not True."),
        ("gen4_turbo", I2V, {"ratio": "1280:720"}, [FRAME], "duration", "Say how long it should be"),
        ("gen4_image", T2I, {"ratio": "1280:720", "duration_ms": 5000}, [], "duration", "there is none to choose"),
        ("aleph2", V2V, {"duration_ms": 5000}, [CLIP], "duration", "its result is as long as its source"),
        ("aleph2", V2V, {"source_ms": 31000}, [CLIP], "duration", "takes clips of 2 to 30 s, not 31 s."),
        # size
        ("gen4_turbo", I2V, {**TURBO, "ratio": "16:9"}, [FRAME], "size", "takes 1280x720, 720x1280, 1104x832, 960x960"),
        ("gen4_turbo", I2V, {"duration_ms": 5000}, [FRAME], "size", "Say how large it should be"),
        ("gen4_image", T2I, {"width": 1280, "height": 700}, [], "size", "1280x720, 1360x768, 1920x1080"),
        ("gen4_image", T2I, {"width": 1280, "height": 700}, [], "size", "and 11 more, not 1280x700."),
        ("runware:101@1", T2I, {"width": 1280, "height": 720}, [], "size", "128 to 2048 pixels a side in steps of 64"),
        ("runware:101@1", T2I, {"width": 4096, "height": 64}, [], "size", "not 4096x64."),
        (
            "grok_imagine_1_5",
            I2V,
            {"duration_ms": 5000, "resolution": "4k"},
            [FRAME],
            "size",
            "720p, 480p or 1080p, not 4k.",
        ),
        ("klingai:6@1", I2V, {"duration_ms": 5000, "resolution": "720p"}, [FRAME], "size", "its source decides"),
        # seed
        ("gen4_turbo", I2V, {**TURBO, "seed": 2**32}, [FRAME], "seed", "seeds from 0 to 4294967295, not 4294967296."),
        ("gen4_turbo", I2V, {**TURBO, "seed": -1}, [FRAME], "seed", "not -1."),
        ("klingai:6@1", I2V, {"duration_ms": 5000, "seed": 1}, [FRAME], "seed", "takes no seed. Leave it out."),
        # references and frames
        (
            "gen4_image",
            T2I,
            {"ratio": "1280:720"},
            [REFERENCE] * 4,
            "references",
            "at most 3 reference pictures, not 4.",
        ),
        ("gen4_image_turbo", T2I, {"ratio": "1280:720"}, [], "references", "at least 1 reference picture, not 0."),
        ("gen4_turbo", I2V, TURBO, [FRAME, REFERENCE], "references", "takes no reference pictures, not 1."),
        ("gen4_turbo", I2V, TURBO, [], "source", "needs a first frame. Give it a picture, or make a still first."),
        ("gen4_turbo", I2V, TURBO, [FRAME, LAST], "source", "takes no last frame. Leave it out."),
        ("veo3.1", I2V, {**TURBO, "duration_ms": 4000}, [LAST], "source", "needs a first frame"),
        ("veo3.1", I2V, {**TURBO, "duration_ms": 4000}, [FRAME, FRAME], "source", "takes one first frame, not 2."),
        # source and mask
        ("aleph2", V2V, {}, [], "source", "needs a clip to work on: exactly one, not 0."),
        ("aleph2", V2V, {}, [PICTURE], "source", "needs a clip as source, not image/png."),
        ("gen4_image", T2I, {"ratio": "1280:720"}, [PICTURE], "source", "changes no file. Leave the source out."),
        (
            "bfl:1@2",
            Operation.INPAINT,
            {},
            [PICTURE],
            "source",
            "needs one mask, white where it shall paint; there are 0.",
        ),
        (
            "runware:504@1",
            Operation.UPSCALE_IMAGE,
            {"options": {"upscaleFactor": 2}},
            [PICTURE, MASK],
            "source",
            "no mask",
        ),
        # options
        ("gen4_image", T2I, {"ratio": "1280:720", "outputs": 2}, [], "options", "makes one result at a time, not 2."),
        ("gen4_image", T2I, {"ratio": "1280:720", "options": {"mood": "sad"}}, [], "options", "has no option 'mood'."),
        ("gen4_image", T2I, {"ratio": "1280:720", "options": ["sad"]}, [], "options", "as names with values"),
        (
            "runware:504@1",
            Operation.UPSCALE_IMAGE,
            {"options": {"upscaleFactor": 3}},
            [PICTURE],
            "options",
            "2 or 4 as",
        ),
        ("runware:504@1", Operation.UPSCALE_IMAGE, {}, [PICTURE], "options", "needs upscaleFactor: 2 or 4."),
        ("animatic-clip", T2V, {"width": 2, "height": 2, "duration_ms": 500, "fps": 60}, [], "options", "24, 25 or 30"),
        ("bfl:1@3", Operation.OUTPAINT, {"options": {"outpaint": {"top": 0}}}, [PICTURE], "options", "shall grow"),
        ("bfl:1@3", Operation.OUTPAINT, {"options": {"outpaint": {"top": 70}}}, [PICTURE], "options", "0 to 1024"),
        ("bfl:1@3", Operation.OUTPAINT, {"options": {"outpaint": 64}}, [PICTURE], "options", "for each of top, right"),
        # model
        ("gen4_turbo", T2V, TURBO, [], "model", "Gen-4 Turbo cannot do text_to_video; it does image_to_video."),
        ("gen3a_turbo", I2V, {}, [], "model", "gen3a_turbo was retired on 2026-07-30; use gen4_turbo instead."),
    ],
)
def test_an_impossible_order_is_refused(
    model: str, operation: Operation, parameters: dict[str, Any], inputs: list[InputFile], field: str, message: str
) -> None:
    # What takes no words is asked without.
    prompt = "" if model == "runware:504@1" else "A man walks."
    changed, said = refusal(model, operation, parameters, prompt=prompt, inputs=inputs)
    assert message in said
    assert changed == field


def test_a_prompt_is_counted_as_the_model_counts_it() -> None:
    turbo = model_named("gen4_turbo")
    turbo.check(I2V, prompt="a" * 998 + "🎬", parameters=TURBO, inputs=[FRAME])
    assert refusal("gen4_turbo", I2V, TURBO, prompt="a" * 999 + "🎬", inputs=[FRAME]) == (
        "prompt",
        "The prompt has 1,001 characters (an emoji counts as two); Gen-4 Turbo takes 1,000. Shorten it by 1.",
    )
    flux = {"width": 1024, "height": 1024}
    model_named("runware:101@1").check(T2I, prompt="🎬" * 3000, parameters=flux)
    assert refusal("runware:101@1", T2I, flux, prompt="🎬" * 3001) == (
        "prompt",
        "The prompt has 3,001 characters; FLUX.1 dev takes 3,000. Shorten it by 1.",
    )


def test_a_prompt_that_must_be_there_is_asked_for() -> None:
    assert refusal("gen4_image", T2I, {"ratio": "1280:720"}, prompt=" \n")[0] == "prompt"
    assert "at least 2 characters" in refusal("runware:101@1", T2I, {"width": 512, "height": 512}, prompt="a")[1]
    model_named("gen4_turbo").check(I2V, prompt="", parameters=TURBO, inputs=[FRAME])
    with pytest.raises(ImpossibleRequest, match=r"takes no prompt\. Leave it out"):
        model_named("runware:504@1").check(Operation.UPSCALE_IMAGE, prompt="sharper", inputs=[PICTURE])


def test_a_negative_prompt_is_refused_where_it_would_be_ignored() -> None:
    parameters = {"duration_ms": 5000, "negative_prompt": "rain"}
    model_named("klingai:6@1").check(I2V, prompt="A man walks.", parameters=parameters, inputs=[FRAME])
    assert refusal("gen4_turbo", I2V, {**TURBO, **parameters}, inputs=[FRAME])[0] == "negative_prompt"
    parameters["negative_prompt"] = "r" * 2501
    assert "The negative prompt has 2,501 characters" in refusal("klingai:6@1", I2V, parameters, inputs=[FRAME])[1]


def test_a_voice_is_one_of_those_there_are() -> None:
    speech = model_named("eleven_v3").can(Operation.TEXT_TO_SPEECH)
    field, message = refusal("eleven_v3", Operation.TEXT_TO_SPEECH, {"voice": "GREGOR"}, prompt="No.")
    assert (field, "Maya, Arjun, Serene" in message, "and 41 more" in message) == ("voice", True, True)
    assert refusal("eleven_v3", Operation.TEXT_TO_SPEECH, {}, prompt="No.")[0] == "voice"
    assert speech.voice_for("GREGOR") == speech.voice_for("GREGOR") in speech.voices
    assert speech.voice_for("Maya") == "Maya"
    model_named("animatic-voice").check(Operation.TEXT_TO_SPEECH, prompt="No.", parameters={"voice": "GREGOR"})


def test_two_references_of_one_name_are_refused() -> None:
    twice = [InputFile("a", "image/png", "reference", tag="anna"), InputFile("b", "image/png", "reference", tag="anna")]
    assert "Two references are called @anna." in refusal("gen4_image", T2I, {"ratio": "1280:720"}, inputs=twice)[1]


def test_an_unknown_model_names_those_there_are() -> None:
    with pytest.raises(
        ImpossibleRequest, match=r"There is no model 'gen4_trubo'\. There are: gen4_turbo, gen4\.5"
    ) as said:
        model_named("gen4_trubo")
    assert said.value.field == "model"
    with pytest.raises(ImpossibleRequest, match=r"and \d+ more") as said:
        model_named("")
    assert "gen3a_turbo" not in str(said.value)


def test_a_model_without_a_price_is_refused() -> None:
    with pytest.raises(
        ImpossibleRequest, match=r"No price is known for Kling 3\.0 Pro.*ask your administrator"
    ) as said:
        model_named("kling3.0_pro").estimate(T2V, {"ratio": "1920:1080", "duration_ms": 5000})
    assert said.value.field == "model"
    assert "kling3.0_pro (text_to_video)" in catalogue.unpriced()
    assert model_for("runway", T2V).id == "gen4.5"


def test_a_provider_that_does_not_do_it_names_those_that_do() -> None:
    with pytest.raises(ImpossibleRequest, match=r"'runway' does not do caption\. These do: runware\."):
        model_for("runway", Operation.CAPTION)


def test_too_long_a_shot_is_refused_with_the_longest() -> None:
    with pytest.raises(ImpossibleRequest, match=r"makes at most 10 s, and 12\.3 s are wanted\. Split the shot") as said:
        model_named("gen4_turbo").fit(I2V, width=1280, height=720, duration_ms=12_300)
    assert said.value.field == "duration"
