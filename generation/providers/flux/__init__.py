"""FLUX on this machine: diffusers pipelines from a folder of models, run in a process of their own."""

from .provider import FluxProvider

__all__ = ["FluxProvider"]
