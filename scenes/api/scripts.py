"""Scripts: versions, what a breakdown of one would change, and the way there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.operations import Example, operation
from accounts.rest.parsing import MultiPartParser
from projects.api.base import ProjectResource
from scenes.api.bytes import FileAnswer
from scenes.api.shown_scripts import (
    BreakdownOut,
    ExportQuery,
    ScriptChange,
    ScriptFileIn,
    ScriptImported,
    ScriptIn,
    ScriptOut,
    ScriptQuery,
    ScriptSaved,
    ScriptText,
)
from scenes.exporting import export_script
from scenes.models import Script
from scenes.screenplay.reading import MAX_BYTES
from scenes.services import scripts, writing

_ID = "0191f2a0-1111-4222-8333-444455556666"
_CHANGED = ["script_changed: somebody has saved since; read the latest version and send your change again"]
_UNREADABLE = ["empty, binary, undecodable, malformed_xml, not_final_draft, no_content, …: it is no script"]


def _rows() -> QuerySet[Script]:
    return Script.objects.select_related("created_by", "project")


class Scripts(ProjectResource):
    """The versions of a project's script."""

    tag = "scripts"

    @operation(answer=ScriptOut, query=ScriptQuery, paged=True)
    def get(self, request: Request) -> Response:
        """List the versions of a project's script, the latest first, without their texts."""
        opened = self.open(self.asked["project"])
        rows = _rows().filter(project=opened.project).defer("text")
        if "automatic" in self.asked:
            rows = rows.filter(automatic=self.asked["automatic"])
        return self.page(rows, "-version")

    @operation(
        answer=ScriptSaved,
        body=ScriptIn,
        status=201,
        needs=Right.CREATE,
        also={200: ScriptSaved},
        refusals={
            400: _UNREADABLE,
            409: [
                "script_conflict: the same passage was changed by others; fields.pieces has what to choose from",
                "not_possible",
            ],
            413: [],
        },
        examples=[
            Example(
                "A first scene",
                {"project": _ID, "text": "INT. WHEELHOUSE - DAY\n\nShe sets the wheel.\n", "base_version": 0},
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Save a text as the next version, together with what others have saved since the version that it goes on from.

        Where others have changed the same passage, nothing is saved: choose from the pieces and send it again with the
        latest version as its base. The same text again makes no version and is answered with 200.
        """
        opened = self.open(self.sent["project"])
        saved = writing.save_version(opened=opened, text=self.sent["text"], based_on=self.sent["base_version"])
        script: Any = saved.script
        script.merged = saved.merged
        return self.answer(script, status=201 if saved.made else 200, location=_address(script))


class ImportScript(ProjectResource):
    """A script as a file."""

    tag = "scripts"
    parser_classes = (MultiPartParser,)

    @operation(
        answer=ScriptImported,
        body=ScriptFileIn,
        status=201,
        needs=Right.CREATE,
        refusals={400: _UNREADABLE, 409: _CHANGED, 413: []},
        examples=[
            Example("A text file", {"project": _ID, "file": "INT. WHEELHOUSE - DAY\n\nFog.\n", "base_version": 0})
        ],
    )
    def post(self, request: Request) -> Response:
        """Save a script file as the next version: Fountain, Final Draft or plain text."""
        opened = self.open(self.sent["project"])
        file = self.sent["file"]
        script, imported = scripts.import_script(
            opened=opened,
            data=file.read(MAX_BYTES + 1),
            filename=file.name or "",
            based_on=self.sent["base_version"],
        )
        script.notices = imported.notices  # type: ignore[attr-defined]
        return self.answer(script, location=_address(script))


class OneScript(ProjectResource):
    """One version."""

    tag = "scripts"

    @operation(answer=ScriptText)
    def get(self, request: Request, script_id: UUID) -> Response:
        """Read a version with its text."""
        return self.answer(self.open_of(_rows(), script_id)[1])

    @operation(
        answer=ScriptText,
        body=ScriptChange,
        needs=Right.CREATE,
        examples=[Example("A name", {"name": "Shooting draft"})],
    )
    def patch(self, request: Request, script_id: UUID) -> Response:
        """Say what people call a version; its text stays for ever."""
        opened, script = self.open_of(_rows(), script_id)
        writing.name_version(opened=opened, version=script.version, name=self.sent["name"])
        return self.answer(self.one(_rows(), script_id))


class RestoreScript(ProjectResource):
    """Going back to an earlier version."""

    tag = "scripts"

    @operation(answer=ScriptText, status=201, needs=Right.CREATE)
    def post(self, request: Request, script_id: UUID) -> Response:
        """Make an earlier version the latest, as a version of its own; those in between stay."""
        opened, script = self.open_of(_rows(), script_id)
        restored = writing.restore_version(opened=opened, version=script.version)
        return self.answer(restored, location=_address(restored))


class ScriptParagraphs(ProjectResource):
    """Scenes for a script without headings."""

    tag = "scripts"

    @operation(answer=ScriptText, status=201, needs=Right.CREATE, refusals={409: _CHANGED})
    def post(self, request: Request, script_id: UUID) -> Response:
        """Give the latest version, if it has no headings, one scene for each block of paragraphs: a new version."""
        opened, script = self.open_of(_rows(), script_id)
        made = scripts.scenes_per_paragraph(opened=opened, based_on=script.version)
        return self.answer(made, location=_address(made))


class ExportScript(FileAnswer, ProjectResource):
    """A version as a file."""

    tag = "scripts"

    @operation(
        query=ExportQuery,
        media="application/octet-stream",
        refusals={409: ["not_possible: a PDF has no such letter; print it from its page"]},
    )
    def get(self, request: Request, script_id: UUID) -> Any:
        """Read a version as a file: Fountain, Final Draft (fdx), or set as by a typewriter (txt, pdf)."""
        _, script = self.open_of(_rows(), script_id)
        return self.saved_file(export_script(script, self.asked["form"]))


class ScriptBreakdown(ProjectResource):
    """What a version makes of the film."""

    tag = "scripts"

    @operation(answer=BreakdownOut)
    def get(self, request: Request, script_id: UUID) -> Response:
        """See what a breakdown of this version would change in the film; nothing is changed."""
        opened, script = self.open_of(_rows(), script_id)
        return self.answer(scripts.preview(project=opened.project, script=script))

    @operation(answer=BreakdownOut, needs=Right.CREATE, refusals={409: _CHANGED})
    def post(self, request: Request, script_id: UUID) -> Response:
        """Break the latest version down into scenes and shots: what the preview shows is done.

        Takes and work by hand are kept; what the script has no longer is omitted, and nothing is deleted.
        """
        opened, script = self.open_of(_rows(), script_id)
        return self.answer(scripts.apply_breakdown(opened=opened, version=script.version))


def _address(script: Script) -> str:
    return reverse("api:script", args=[script.pk])
