"""Anthropic's Messages API, as its official package 2.12.0 speaks it."""

VERSIONS = ("2026-10-21", "2023-06-01")
