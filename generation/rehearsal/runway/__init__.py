"""Runway's protocol, version 2024-11-06, as its official package 5.24.0 speaks it."""

VERSION = "2024-11-06"
MICROS_PER_CREDIT = 10_000
