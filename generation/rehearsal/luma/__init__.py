"""Luma's protocol, as its official package lumaai 1.21.0 speaks it."""

PROVIDER = "luma"
