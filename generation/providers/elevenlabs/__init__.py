"""ElevenLabs: speech, sound effects and music, whose answers are the sounds themselves."""

from .provider import ElevenLabsProvider

__all__ = ["ElevenLabsProvider"]
