"""Every operation of the API, found where its addresses are, and what is sent to it.

All is derived from what operations say of themselves. What cannot be derived is in the tables at the top; nothing
else need be done for a new operation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

from accounts.policies import Right
from accounts.rest.fields import PageQuery
from accounts.rest.operations import Operation, operation_of
from accounts.rest.views import Resource
from tests.world import World

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

# Ids in addresses and bodies whose names say too little; by the name of the address, then of the id.
IDS: dict[str, dict[str, str]] = {
    "PUT upload_part": {"part": "number"},
    "GET job_by_task": {"task_id": "token"},
    "POST job_send": {"job_id": "trial_id"},
    "POST scenes": {"after": "scene"},
    "POST folders": {"after": "scene"},
    "POST scene_order": {"order": "scene"},
    "POST shots": {"after": "shot"},
    "POST shot_order": {"order": "shot"},
    "GET takes_compare": {"takes": "take"},
    "PUT element_pictures": {"picture": "asset"},
    "POST element_merge": {"into": "element"},
    "POST comments": {"subject_id": "take_id"},
    "GET trash": {"kind": "heap"},
    "POST trash_restore": {"id": "take_id"},
}

# Who may do it with the world's own things, where the operation's right is only a part of it.
NARROWER: dict[str, Right] = {
    # The world's token is the owner's; only owners see and revoke those of others.
    "GET token": Right.OWN,
    "DELETE token": Right.OWN,
    # The world's comment is the owner's, too: nobody else changes its words, only who manages the project deletes it.
    "PATCH comment": Right.OWN,
    "DELETE comment": Right.MANAGE,
    "POST comment_restore": Right.MANAGE,
    # Who may see may ask; the bin of takes says who may take one back.
    "POST trash_restore": Right.CREATE,
}

# A person's own, here the owner's: to everybody else in the team it does not exist.
PRIVATE = frozenset({"GET upload", "DELETE upload", "POST upload_links", "PUT upload_part", "POST upload_finish"})

# Good requests that the world, as it stands, refuses for a reason of its own.
REFUSED: dict[str, frozenset[int]] = {
    # The world's upload comes at once, and not here; and what the examples send is no picture.
    "PUT upload_part": frozenset({409}),
    "POST upload_finish": frozenset({409}),
    "POST asset_upload": frozenset({422}),
    "POST shot_upload": frozenset({422}),
    "POST film_sounds": frozenset({422}),
    # Nothing is in doubt, and no provider knows the world's jobs by a number of theirs.
    "GET job_evidence": frozenset({409}),
    # The world's job has made nothing yet, and was for a shot.
    "POST job_send": frozenset({409}),
    "GET job_by_task": frozenset({404}),
    # Nobody can write where there is no key, and what the world has had written is no proposal.
    "POST writings": frozenset({409}),
    "POST writing_estimate": frozenset({409}),
    "POST writing_apply": frozenset({409}),
    "POST writing_leave": frozenset({409}),
    # Alice is the only owner; nobody was removed.
    "POST team_leave": frozenset({409}),
    "POST removal_undo": frozenset({404}),
    # Tests reach no name service, so that the example's host cannot be found.
    "POST webhooks": frozenset({400}),
    # Whoever comes first deletes it.
    "DELETE webhook": frozenset({404}),
    # The world has a script, more than one scene and shot, one take, and an asset that is in use and has no thumbnail.
    "POST scripts": frozenset({409}),
    "POST script_import": frozenset({409}),
    "POST scene_order": frozenset({409}),
    "POST shot_order": frozenset({409}),
    "GET takes_compare": frozenset({400}),
    "DELETE asset": frozenset({409}),
    "GET asset_thumb": frozenset({404}),
    "GET asset_subtitles": frozenset({404}),
    "POST element_merge": frozenset({409}),
    # Nobody has done anything yet that could be taken back.
    "POST undo": frozenset({409}),
    # A project is deleted by its name, and this one is not in the trash.
    "DELETE project": frozenset({409}),
    "POST project_undelete": frozenset({404}),
}


@dataclass(frozen=True)
class Asked:
    """One operation.

    Attributes:
        key: method and name of the address, ``POST projects``.
        name: of the address, with its namespace.
        ids: the names of the ids in the address.
    """

    key: str
    name: str
    ids: tuple[str, ...]
    view: type[Resource]
    method: str
    said: Operation

    def address(self, world: World) -> str:
        """Return the address, with all that must stand behind the question mark, about the world's things."""
        query = self.query(world)
        return reverse(self.name, kwargs=self.ids_in(world)) + (f"?{urlencode(query)}" if query else "")

    @property
    def operation_id(self) -> str:
        """What the description calls it."""
        words = re.sub(r"(?<!^)(?=[A-Z])", "_", self.view.__name__).lower()
        many = self.said.paged or self.said.listed
        return f"{words}_{'list' if self.method == 'GET' and many else self.method.lower()}"

    def ids_in(self, world: World) -> dict[str, Any]:
        """Return the ids in the address."""
        return {name: _id(world, self.key, name) for name in self.ids}

    def query(self, world: World) -> dict[str, Any]:
        """Return what must stand behind the question mark."""
        kind = self.said.query or (PageQuery if self.said.paged else None)
        if kind is None:
            return {}
        fields = kind().fields.items()
        return {name: self._value(world, name, field) for name, field in fields if field.required}

    def _value(self, world: World, name: str, field: Any) -> Any:
        if isinstance(field, serializers.ChoiceField):
            return IDS.get(self.key, {}).get(name) or next(iter(field.choices))
        if isinstance(field, serializers.IntegerField):
            return field.min_value or 1
        return _id(world, self.key, name)

    def body(self, world: World) -> Any:
        """Return the body of the first example, about the world's things."""
        if self.said.body is None:
            return None
        example = self.said.examples[0].body if self.said.examples else {}
        return self.filled(world, self.said.body(), example)

    def sent(self, world: World) -> tuple[bytes, str]:
        """Return the body as it is sent, and as what: a form where the operation takes files."""
        body = self.body(world)
        if not issubclass(self.view.parser_classes[0], MultiPartParser) or self.said.body is None:
            return b"" if body is None else json.dumps(body).encode(), "application/json"
        files = {name for name, field in self.said.body().fields.items() if isinstance(field, serializers.FileField)}
        form = {name: value for name, value in (body or {}).items() if value is not None}
        form |= {name: SimpleUploadedFile("sent", str(form[name]).encode()) for name in files & set(form)}
        return encode_multipart(BOUNDARY, form), MULTIPART_CONTENT

    def filled(
        self, world: World, serializer: Any, example: Mapping[str, Any], *, strict: bool = True
    ) -> dict[str, Any]:
        """Return a body with the world's ids in place of others; unless it is strict, an unknown one stays."""
        made = dict(example)
        for name, value in example.items():
            try:
                made[name] = self._with_ids(world, name, serializer.fields.get(name), value)
            except LookupError:
                if strict:
                    raise
        return made

    def _with_ids(self, world: World, name: str, field: Any, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(field, serializers.UUIDField):
            return str(_id(world, self.key, name))
        if isinstance(field, serializers.ListField) and isinstance(field.child, serializers.UUIDField):
            return [str(_id(world, self.key, name.removesuffix("s")))] if value else []
        if isinstance(field, serializers.ListSerializer | serializers.ListField) and isinstance(value, list):
            return [self._with_ids(world, name.removesuffix("s"), field.child, inner) for inner in value]
        if isinstance(field, serializers.Serializer) and isinstance(value, Mapping):
            return self.filled(world, field, value)
        return value


def _id(world: World, key: str, name: str) -> Any:
    """Return the world's id for a name: ``project`` and ``project_id`` are the same."""
    named = IDS.get(key, {}).get(name, name)
    for one in (named, f"{named}_id"):
        if one in world.ids:
            return world.ids[one]
    raise LookupError(f"{key}: say in tests/api/matrix.py or tests/world.py what “{name}” is.")


def operations() -> Iterator[Asked]:
    """Walk through the addresses of the API and return every operation."""
    for pattern in _patterns():
        view = getattr(pattern.callback, "cls", None)
        if view is None or not issubclass(view, Resource):
            continue
        for method in METHODS:
            said = operation_of(view, method)
            if said is not None:
                ids = tuple(pattern.pattern.converters)
                yield Asked(f"{method} {pattern.name}", f"api:{pattern.name}", ids, view, method, said)


def silent() -> list[str]:
    """Return methods that answer and do not say what they take and answer."""
    return [
        f"{view.__name__}.{method.lower()}"
        for view in {getattr(pattern.callback, "cls", None) for pattern in _patterns()}
        if view is not None
        for method in METHODS
        if hasattr(view, method.lower()) and operation_of(view, method) is None
    ]


def others() -> set[str]:
    """Return the names of addresses of the API that are no resources."""
    return {
        str(pattern.name)
        for pattern in _patterns()
        if not issubclass(getattr(pattern.callback, "cls", None) or object, Resource)
    }


def _patterns() -> Iterator[URLPattern]:
    def walk(inner: list[Any]) -> Iterator[URLPattern]:
        for one in inner:
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns)
            else:
                yield one

    for found in get_resolver().url_patterns:
        if isinstance(found, URLResolver) and found.namespace == "api":
            yield from walk(found.url_patterns)
