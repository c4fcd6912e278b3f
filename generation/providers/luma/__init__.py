"""Luma: generations that are looked at, files by their addresses only, and a list in which a lost order is found."""

from .provider import LumaProvider

__all__ = ["LumaProvider"]
