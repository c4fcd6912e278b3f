"""Whatever speaks OpenAI's protocol: a server of one's own, or a company's."""

from .provider import OpenAICompatibleProvider

__all__ = ["OpenAICompatibleProvider"]
