"""Runware: one address, arrays of tasks, a name of our own for each order."""

from .provider import RunwareProvider

__all__ = ["RunwareProvider"]
