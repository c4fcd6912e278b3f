"""Filters for pages about people."""

from __future__ import annotations

from django import template

from accounts.devices import device_named

register = template.Library()
register.filter("device", device_named)
