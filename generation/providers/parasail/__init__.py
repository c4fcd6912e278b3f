"""Parasail: open models of language, in OpenAI's protocol."""

from .provider import ParasailProvider

__all__ = ["ParasailProvider"]
