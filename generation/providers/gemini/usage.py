"""What Gemini says it counted, in tokens. It tells no money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generation.providers.base import Usage

from .wire import inner, inners

_MEDIA = {"image", "video", "audio"}
# Nothing beyond it is a count of tokens.
_MOST = 1_000_000_000


def of_picture(said: Mapping[str, Any], *, made: bool) -> Usage | None:
    """Read the ``usageMetadata`` of an answer of ``generateContent``.

    Args:
        said: the answer.
        made: whether there is a picture in it: of tokens that nobody says the kind of, its maker knows best.
    """
    meta = inner(said.get("usageMetadata"))
    modalities = [
        (each.get("modality"), each.get("tokenCount")) for each in inners(meta.get("candidatesTokensDetails"))
    ]
    return _usage(
        read=(meta.get("promptTokenCount"), meta.get("toolUsePromptTokenCount")),
        written=meta.get("candidatesTokenCount"),
        thought=meta.get("thoughtsTokenCount"),
        modalities=modalities,
        made=made,
    )


def of_clip(said: Mapping[str, Any], *, made: bool) -> Usage | None:
    """Read the ``usage`` of an interaction. Arguments as for ``of_picture``."""
    usage = inner(said.get("usage"))
    modalities = [(each.get("modality"), each.get("tokens")) for each in inners(usage.get("output_tokens_by_modality"))]
    return _usage(
        read=(usage.get("total_input_tokens"), usage.get("total_tool_use_tokens")),
        written=usage.get("total_output_tokens"),
        thought=usage.get("total_thought_tokens"),
        modalities=modalities,
        made=made,
    )


def _usage(
    *, read: tuple[Any, ...], written: Any, thought: Any, modalities: list[tuple[Any, Any]], made: bool
) -> Usage | None:
    inputs, output = [_whole(each) for each in read], _whole(written)
    if inputs[0] is None and output is None:
        return None
    if made and output is None:
        # What it read alone is not the price of what it made.
        return None
    media = sum(_whole(count) or 0 for kind, count in modalities if str(kind).lower() in _MEDIA)
    if not modalities and made:
        media = output or 0
    words = max((output or 0) - media, 0) + (_whole(thought) or 0)
    return Usage(sum(each or 0 for each in inputs), words, media)


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        return None
    return value
