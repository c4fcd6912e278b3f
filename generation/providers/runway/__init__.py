"""Runway: one path for each operation, tasks that are looked at, and no way to ask what became of a lost order."""

from .provider import RunwayProvider

__all__ = ["RunwayProvider"]
