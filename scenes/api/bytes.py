"""Answers that are files and not JSON."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from scenes.exporting import Exported


class FileAnswer:
    """For resources whose answer is a file: whatever ``Accept`` says, refusals are JSON and the rest is the file."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """Choose what refusals are written with."""
        return JSONRenderer(), JSONRenderer.media_type

    def saved_file(self, exported: Exported) -> HttpResponse:
        """Answer with a file that was made just now."""
        answer = HttpResponse(exported.content, content_type=exported.media_type)
        answer["Content-Disposition"] = f'attachment; filename="{exported.name}"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer
