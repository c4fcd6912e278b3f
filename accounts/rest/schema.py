"""The description of the API (OpenAPI 3.1), made of what the operations say of themselves.

Loaded only where somebody asks for the description: the library that writes it is heavy.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_array_type, build_basic_type, build_object_type
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from accounts.policies import Right
from accounts.rest.errors import TITLES
from accounts.rest.fields import Body, Dollars, PageQuery, Refusal, Word
from accounts.rest.operations import Operation, operation_of

_CODES: Mapping[int, str] = {
    400: "invalid, parse_error",
    401: "authentication_failed, not_authenticated",
    403: "not_allowed, scope_missing, people_only",
    404: "not_found: it does not exist, or it is not yours to see; the two are not told apart",
    409: "in_progress: a request with the same Idempotency-Key is being answered",
    412: "changed_meanwhile: it is not any more what If-Match says",
    413: "too_large",
    415: "unsupported_media_type",
    422: "idempotency_key_reused: the key came with another request",
    429: "throttled: retry_after says when to come back",
}
_RIGHTS: Mapping[Right, str] = {
    Right.SEE: "every member",
    Right.COMMENT: "every member who may comment",
    Right.REVIEW: "every member who may review",
    Right.CREATE: "artists, producers and owners",
    Right.SPEND: "artists, producers and owners, within the limits",
    Right.MANAGE: "producers and owners",
    Right.OWN: "owners",
}


class Schema(AutoSchema):
    """Reads an operation of a ``Resource``."""

    method_mapping = {**AutoSchema.method_mapping}

    @property
    def said(self) -> Operation:
        """The operation."""
        found = operation_of(self.view, self.method)
        if found is None:
            raise TypeError(f"{type(self.view).__name__}.{self.method.lower()} does not say what it takes and answers.")
        return found

    def is_excluded(self) -> bool:
        """Leave out what is no operation: methods that only refuse."""
        return operation_of(self.view, self.method) is None

    def get_operation_id(self) -> str:
        """Return a name for clients' methods: ``shots_list``, ``shot_create``."""
        words = re.sub(r"(?<!^)(?=[A-Z])", "_", type(self.view).__name__).lower()
        verb = {"get": "list" if self.said.paged or self.said.listed else "get"}.get(
            self.method.lower(), self.method.lower()
        )
        return f"{words}_{verb}"

    def get_tags(self) -> list[str]:
        """Return the chapter."""
        return [getattr(self.view, "tag", "") or "other"]

    def get_summary(self) -> str:
        """Return the first line of the method's docstring."""
        return self.said.summary or self._docstring().split("\n\n")[0].replace("\n", " ").rstrip(".")

    def get_description(self) -> str:  # type: ignore[override]
        """Return the docstring, who may, and what a token must allow."""
        said, parts = self.said, [self._docstring()]
        if said.anyone:
            parts.append("Anybody may ask.")
        else:
            who = _RIGHTS[said.needs] if said.needs is not None else "whoever is logged in, for what is theirs"
            parts.append(f"For {who}. Scope of a token: `{said.scope_for(self.method)}`.")
        if said.people_only:
            parts[-1] = f"For {_RIGHTS[said.needs or Right.SEE]}, in the browser; not for tokens."
        if self.method == "POST" and said.once:
            parts.append("Heeds `Idempotency-Key`: the same request with the same key is answered the same for 7 days.")
        return "\n\n".join(part for part in parts if part)

    def _docstring(self) -> str:
        return inspect.getdoc(getattr(self.view, self.method.lower())) or ""

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return how to log in."""
        if self.said.anyone:
            return []
        return [{"session": []}] if self.said.people_only else [{"token": []}, {"session": []}]

    def get_override_parameters(self) -> list[Any]:
        """Return what may stand behind the question mark and in the head."""
        said = self.said
        found: list[Any] = []
        query = said.query or (PageQuery if said.paged else None)
        if query is not None:
            found.append(query)
        if self.method == "GET" and said.answer is not None and not said.media:
            names = "Only these fields of what is answered, with commas between."
            found.append(OpenApiParameter("fields", str, description=names))
        if self.method == "POST" and said.once:
            text = "Any text of yours, new for each new request; with it, nothing is made or paid twice."
            found.append(_header("Idempotency-Key", text, maxLength=255, minLength=1, pattern=r"^[\x21-\x7e]+$"))
        if self.method in ("PATCH", "PUT", "DELETE") and operation_of(self.view, "GET") is not None:
            found.append(_header("If-Match", "An ETag from reading it: change only what is still as you read it."))
        return found

    def get_request_serializer(self) -> Any:
        """Return what is sent."""
        return {self.said.takes: OpenApiTypes.BINARY} if self.said.takes else self.said.body

    def get_response_serializers(self) -> Any:
        """Return what is answered, refusals included."""
        said = self.said
        answers: dict[Any, Any] = {}
        title = TITLES_OF_SUCCESS.get(said.status, "Done")
        media = "*/*" if said.media == ANY_FILE else said.media
        if media:
            answers[(said.status, media)] = OpenApiResponse(OpenApiTypes.BINARY, description=title)
        elif said.answer is None:
            answers[204 if said.status == 200 else said.status] = OpenApiResponse(description="Done, nothing to say")
        else:
            shown: Any = said.answer
            if said.paged:
                shown = _page_of(self, said.answer)
            elif said.listed:
                shown = said.answer(many=True)
            answers[said.status] = OpenApiResponse(shown, description=title)
        if said.stored:
            answers[(206, media)] = OpenApiResponse(OpenApiTypes.BINARY, description="What Range asks for")
            answers[302] = OpenApiResponse(description="It lies at Location, for some minutes")
            answers[304] = OpenApiResponse(description="What If-None-Match names is what there is")
        for status, kind in said.also.items():
            answers[status] = OpenApiResponse(kind, description=TITLES_OF_SUCCESS.get(status, "Done"))
        if self.method == "GET" and not said.media:
            answers[304] = OpenApiResponse(description="What If-None-Match names is what there is")
        for status, codes in self._refusals().items():
            answers[status] = OpenApiResponse(Refusal, description=f"{TITLES.get(status, 'Refused')}. {codes}")
        return answers

    def _refusals(self) -> dict[int, str]:
        said = self.said
        statuses = {400, 429} if not said.anyone else {400}
        if not said.anyone:
            statuses |= {401, 403}
        if "{" in self.path or said.needs is not None:
            statuses.add(404)
        if self.method in ("POST", "PUT", "PATCH"):
            statuses |= {413, 415}
        if self.method == "POST" and said.once:
            statuses |= {409, 422}
        if self.method in ("PATCH", "PUT", "DELETE") and operation_of(self.view, "GET") is not None:
            statuses.add(412)
        told = {status: [_CODES[status]] for status in statuses}
        for status, codes in said.refusals.items():
            told.setdefault(status, []).extend(codes)
        return {status: "; ".join(texts) for status, texts in sorted(told.items())}

    def get_examples(self) -> list[OpenApiExample]:
        """Return the bodies that the tests send, too."""
        return [OpenApiExample(one.title, value=dict(one.body), request_only=True) for one in self.said.examples]

    def _is_list_view(self, serializer: Any = None) -> bool:
        return self.said.listed  # a page is an object

    def _get_paginator(self) -> None:
        return None

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        if isinstance(field, Dollars):
            amount = r"^-?[0-9]+\.[0-9]{6}$" if direction == "response" else r"^([0-9]{1,6}(\.[0-9]{0,6})?|1000000)$"
            kind: Any = ["string", "null"] if field.allow_null else "string"
            made: dict[str, Any] = {"type": kind, "pattern": amount, "examples": ["12.500000"]}
            return {**made, "description": str(field.help_text)} if field.help_text else made
        if isinstance(field, serializers.FileField):
            return {"type": "string", "format": "binary", "description": str(field.help_text or "")}
        made = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if isinstance(field, Word) and direction == "request":
            made["pattern"] = r"\S"
        return made

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        made = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, Body):
            made["additionalProperties"] = False
        return made


ANY_FILE = "application/octet-stream"
_HEADS: Mapping[str, str] = {
    "RateLimit-Limit": "Requests of this kind in a minute.",
    "RateLimit-Remaining": "How many are left of them.",
    "RateLimit-Reset": "Seconds until the next minute begins.",
    "Retry-After": "Seconds to wait.",
}
TITLES_OF_SUCCESS: Mapping[int, str] = {200: "Here it is", 201: "Made", 202: "Taken on; ask at Location how it goes"}


def _header(name: str, text: str, **limits: Any) -> OpenApiParameter:
    kind: Any = {"type": "string", **limits} if limits else str
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=text)


def _page_of(schema: Schema, kind: type[serializers.Serializer[Any]]) -> Any:
    row = schema.resolve_serializer(kind(), "response")
    address = {"type": ["string", "null"], "format": "uri"}
    return build_object_type(
        properties={
            "next": {**address, "description": "The page after this; null at the end."},
            "previous": {**address, "description": "The page before this; null at the beginning."},
            "results": build_array_type(row.ref),
        },
        required=["next", "previous", "results"],
    )


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add what holds for the whole API: how to log in, and the heads of all answers."""
    schemes = result.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes.clear()
    schemes["token"] = {"type": "http", "scheme": "bearer", "description": "A token from the team's settings."}
    schemes["session"] = {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "A logged-in browser."}
    whole = build_basic_type(OpenApiTypes.INT)
    heads = {name: {"schema": whole, "description": text} for name, text in _HEADS.items()}
    result["components"]["headers"] = heads
    limits = {name: {"$ref": f"#/components/headers/{name}"} for name in heads if name.startswith("RateLimit")}
    for path in result["paths"].values():
        for said in path.values():
            for status, answer in said["responses"].items():
                if said.get("security"):
                    answer["headers"] = dict(limits)
                if status == "429":
                    answer["headers"]["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    _without(result, "x-spec-enum-id")
    _share_refusals(result)
    return result


def _share_refusals(result: dict[str, Any]) -> None:
    """Write each refusal that many operations answer once: it would be most of the description."""
    named: dict[str, str] = {}
    shared: dict[str, Any] = {}
    for path in result["paths"].values():
        for said in path.values():
            for status, answer in said["responses"].items():
                if int(status) < 400:
                    continue
                text = json.dumps(answer, sort_keys=True)
                if text not in named:
                    named[text] = f"Refused{status}" + (f"_{n}" if (n := _count(shared, status)) else "")
                    shared[named[text]] = answer
                said["responses"][status] = {"$ref": f"#/components/responses/{named[text]}"}
    result["components"]["responses"] = shared


def _count(shared: Mapping[str, Any], status: str) -> int:
    return sum(name.startswith(f"Refused{status}") for name in shared)


def _without(part: Any, name: str) -> None:
    """Take out everywhere what the library notes for itself."""
    if isinstance(part, dict):
        part.pop(name, None)
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _without(inner, name)
