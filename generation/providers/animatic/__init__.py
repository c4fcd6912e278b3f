"""The built-in provider: stills drawn from the shot, clips as camera moves over them, offline voices."""

from .provider import AnimaticProvider

__all__ = ["AnimaticProvider"]
