"""Claude, by Anthropic's Messages API and its official client."""

from .provider import AnthropicProvider

__all__ = ["AnthropicProvider"]
