"""The REST API put together: every room's addresses, the description of them all, and a page to read it in."""

from __future__ import annotations

import functools
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, re_path
from django.views.decorators.http import require_safe

from accounts.rest.errors import Refusal, Refused
from accounts.rest.views import Resource
from config.api_text import ABOUT, CHAPTERS

VERSION = "v1"


@functools.cache
def description() -> dict[str, Any]:
    """Return the description (OpenAPI 3.1) of the API as this process serves it."""
    # Heavy, and asked for by few.
    from drf_spectacular.generators import SchemaGenerator

    writer: Any = SchemaGenerator(patterns=[path("api/v1/", include(resources))])  # type: ignore[no-untyped-call]
    made: dict[str, Any] = writer.get_schema(request=None, public=True)
    made["info"]["description"] = ABOUT
    made["servers"] = [{"url": "/", "description": "This installation"}]
    used = {tag for methods in made["paths"].values() for one in methods.values() for tag in one["tags"]}
    made["tags"] = [{"name": name, "description": text} for name, text in CHAPTERS.items() if name in used]
    return made


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Answer with the description as JSON."""
    return HttpResponse(_as_json(), content_type="application/json", headers={"Cache-Control": "public, max-age=300"})


@functools.cache
def _as_json() -> str:
    return json.dumps(description(), indent=1)


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Show the description as a page."""
    return render(request, "api/reference.html")


class Nothing(Resource):
    """What is at no address; the same form as every refusal."""

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Refuse at once, whoever asks."""
        raise Refused(Refusal(404, "not_found", "There is nothing at this address. /api/v1/docs lists what there is."))


resources = [
    path("", include("accounts.api.urls")),
    path("", include("projects.api.urls")),
    path("", include("scenes.api.urls")),
    path("", include("generation.api.urls")),
    path("", include("generation.api.upload_urls")),
]
urlpatterns = [
    path("openapi.json", openapi, name="openapi"),
    path("docs", reference, name="reference"),
    *resources,
    re_path(r"", Nothing.as_view(), name="nothing"),
]
