"""Ours and the official clients, reading the same answers. Each function returns what ``_told`` makes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import anthropic
import openai

from benchmarks.writing.provider import prompt, seconds_since
from generation.providers.anthropic import AnthropicProvider
from generation.providers.base import Context, Operation, Order, Provider
from generation.providers.parasail import ParasailProvider

KEY = "sk-ant-api03-" + "0" * 30
CLAUDE, LLAMA = "claude-sonnet-5-5", "parasail-llama-33-70b-fp8"
TOKENS = 8000

Read = Callable[[Callable[[str], None]], None]


def ours_claude(url: str, pieces: int, pause: float) -> dict[str, Any]:
    """Our adapter for Claude."""
    return _ours(AnthropicProvider(), CLAUDE, url, pieces, pause)


def ours_openai(url: str, pieces: int, pause: float) -> dict[str, Any]:
    """Our adapter for OpenAI's protocol."""
    return _ours(ParasailProvider(), LLAMA, f"{url}/v1", pieces, pause)


def theirs_claude(url: str, pieces: int, pause: float) -> dict[str, Any]:
    """Anthropic's official client."""
    client = anthropic.Anthropic(api_key=KEY, base_url=url, max_retries=0)

    def read(say: Callable[[str], None]) -> None:
        wanted: Any = [{"role": "user", "content": prompt(pieces, pause)}]
        for event in client.messages.create(model=CLAUDE, max_tokens=TOKENS, messages=wanted, stream=True):
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                say(event.delta.text)

    return _told(read)


def theirs_openai(url: str, pieces: int, pause: float) -> dict[str, Any]:
    """OpenAI's official client."""
    client = openai.OpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=0)

    def read(say: Callable[[str], None]) -> None:
        wanted: Any = [{"role": "user", "content": prompt(pieces, pause)}]
        chunks: Iterable[Any] = client.chat.completions.create(
            model="m", max_tokens=TOKENS, messages=wanted, stream=True, stream_options={"include_usage": True}
        )
        for chunk in chunks:
            if chunk.choices and chunk.choices[0].delta.content:
                say(chunk.choices[0].delta.content)

    return _told(read)


def _ours(provider: Provider, model: str, url: str, pieces: int, pause: float) -> dict[str, Any]:
    order = Order(uuid4(), Operation.TEXT_TO_TEXT, model, prompt(pieces, pause), {"max_tokens": TOKENS})

    def read(say: Callable[[str], None]) -> None:
        context = Context(
            key=KEY,
            work_dir=Path(),
            input_file=Path,
            report=lambda share: None,
            check=lambda: None,
            base_url=url,
            fetch_origins=(url.removesuffix("/v1"),),
            say=say,
        )
        provider.submit(order.uuid, provider.prepare(order, context), context)

    return _told(read)


def _told(read: Read) -> dict[str, Any]:
    """Read one answer to warm up and one to measure; return how late each piece was, and the processor's seconds."""
    read(lambda piece: None)
    late: list[float] = []
    before = time.process_time()
    read(lambda piece: late.append(seconds_since(piece)))
    return {"late": late, "cpu": time.process_time() - before}
