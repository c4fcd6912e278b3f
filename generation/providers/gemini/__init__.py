"""Google Gemini over HTTP: pictures in the answer itself, clips as interactions that are looked at until they end."""

from .provider import GeminiProvider

__all__ = ["GeminiProvider"]
