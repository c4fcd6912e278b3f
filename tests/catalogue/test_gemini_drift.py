"""Gemini's part of the catalogue, and what its rehearsal takes, against the types of the official client."""

from __future__ import annotations

import typing
from typing import Any

from google.genai import types
from google.genai._gaos.types.interactions import imageresponseformat, model, videoconfig, videoresponseformat

from generation import catalogue
from generation.catalogue import Model
from generation.providers.base import Operation, Usage
from generation.providers.gemini import clips, pictures
from generation.rehearsal.gemini import fields

DRAWN = {Operation.TEXT_TO_IMAGE, Operation.IMAGE_TO_IMAGE}
# An old name of another one.
LEFT_OUT = {"nano-banana-pro-preview"}


def ours() -> dict[str, Model]:
    return {model.id: model for model in catalogue.models().values() if model.provider == "gemini"}


def words_of(hint: Any) -> set[str]:
    """Return the words of an enumeration that may hold others, too."""
    return {word for part in typing.get_args(hint) for word in typing.get_args(part) if isinstance(word, str)}


def test_every_model_that_draws_or_films_is_here() -> None:
    theirs = {name for name in words_of(model.Model) if any(part in name for part in ("image", "banana", "omni"))}
    assert theirs - LEFT_OUT <= ours().keys()
    assert {name for name, one in ours().items() if not one.retired} <= theirs


def test_sizes_are_those_that_the_client_names() -> None:
    ratios, resolutions = (
        words_of(videoresponseformat.VideoResponseFormatAspectRatio),
        words_of(videoresponseformat.Resolution),
    )
    for one in ours().values():
        for operation, able in one.capabilities.items():
            if one.retired or able.sizes is None:
                continue
            named = {size.ratio for size in able.sizes.listed}, {size.resolution for size in able.sizes.listed}
            if operation in DRAWN:
                assert named[0] <= words_of(imageresponseformat.ImageResponseFormatAspectRatio)
                assert named[1] <= words_of(imageresponseformat.ImageResponseFormatImageSize)
            else:
                assert named == (ratios, resolutions)
    assert set(fields.RATIOS) <= words_of(imageresponseformat.ImageResponseFormatAspectRatio)
    assert set(fields.RESOLUTIONS) == resolutions
    assert set(fields.TASKS) == words_of(videoconfig.Task)


def test_every_reason_and_status_that_the_client_knows_has_words() -> None:
    of_text = {"FINISH_REASON_UNSPECIFIED", "STOP", "OTHER", "NO_IMAGE", "PUP_LIMITED_DISABLED"}
    of_tools = {name for name in types.FinishReason.__members__ if "TOOL" in name or "FUNCTION" in name}
    known = {*pictures._ENDINGS, *of_text, *of_tools, "MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE", "CONTINUATION"}
    assert set(types.FinishReason.__members__) <= known
    from google.genai._gaos.types.interactions.interaction import InteractionStatus

    assert words_of(InteractionStatus) <= {
        *clips._GOING_ON, *clips._ENDED_WITHOUT, "completed", "failed", "cancelled",
    }  # fmt: skip


def test_what_is_set_aside_is_never_less_than_what_the_usual_tokens_cost() -> None:
    """A picture or clip of the documented tokens, 1,500 of thoughts, 300 of words, two pictures read."""
    for one in ours().values():
        for operation in () if one.retired else one.capabilities:
            for size in one.can(operation).sizes.listed:  # type: ignore[union-attr]
                order = size.parameters | ({} if operation in DRAWN else {"duration_ms": 10_000})
                if operation in DRAWN:
                    made = fields.PICTURES[one.id][size.resolution]
                else:
                    made = round(10 * 5792 * {"360p": 1 / 3, "720p": 1, "1080p": 1.5, "4k": 3}[size.resolution])
                cost = one.charge(operation, order, Usage(300 + 2 * 1120, 1500, made))
                assert cost is not None
                assert cost <= one.estimate(operation, order, prompt="x" * 1200, inputs=2), (one.id, operation, size)
