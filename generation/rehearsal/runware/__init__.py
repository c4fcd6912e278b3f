"""Runware's protocol, as its official package 1.8.0 (schemas of 12 October 2026) speaks it over REST."""

PROVIDER = "runware"
MICROS_PER_DOLLAR = 1_000_000
