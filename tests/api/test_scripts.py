"""Scripts through the API: versions, what is merged, files, breakdowns."""

from __future__ import annotations

import re
import uuid
import zlib
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.access import OpenProject
from projects.models import Project
from scenes.models import Scene, Script, ScriptDraft, Shot
from scenes.screenplay.fdx import fdx_to_fountain
from scenes.screenplay.fdx_writing import screenplay_to_fdx
from scenes.screenplay.fountain import parse_fountain
from scenes.services.scripts import save_script
from tests.api.conftest import Program
from tests.api.test_floor import refusal
from tests.conftest import SCRIPT

pytestmark = pytest.mark.django_db

TWO = "INT. WHEELHOUSE - DAY\n\nShe waits.\n\nINT. GALLEY - NIGHT\n\nHe cooks.\n"


def said(project: Project, text: str, base: int) -> dict[str, Any]:
    """Return the body that saves a text."""
    return {"project": str(project.pk), "text": text, "base_version": base}


def sent_file(asks: Program, path: str, data: bytes, name: str, key: str = "", **fields: Any) -> Any:
    """Send a file as a form does, with an ``Idempotency-Key`` if you like."""
    body = encode_multipart(BOUNDARY, {**fields, "file": SimpleUploadedFile(name, data)})
    headers = {"Idempotency-Key": key} if key else {}
    return asks("POST", path, body, **{"Content-Type": MULTIPART_CONTENT}, **headers)


@pytest.fixture
def carol(cast: SimpleNamespace, program_of: Callable[..., Program]) -> Program:
    """A program of Carol's."""
    return program_of(cast.carol)


def test_a_text_becomes_a_version_and_the_same_again_makes_none(
    carol: Program, cast: SimpleNamespace, project: Project, client_of: Callable[..., Client]
) -> None:
    made = carol.post("scripts", said(project, SCRIPT, 0))
    assert made.status_code == 201, made.content
    first = made.json()
    assert (first["version"], first["merged"], first["created_by"]["name"]) == (1, False, "Carol")
    assert carol.get(made["Location"]).json()["text"] == first["text"]
    again = carol.post("scripts", said(project, SCRIPT, 1))
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert not ScriptDraft.objects.exists()
    # What the page shows is the same.
    page = client_of(cast.dave).get(reverse("scenes:script_latest", args=[project.pk])).json()
    assert (page["version"], page["text"]) == (1, first["text"])
    listed = carol.get(f"scripts?project={project.pk}").json()["results"]
    assert [row["version"] for row in listed] == [1]
    assert "text" not in listed[0]


def test_changes_in_different_places_are_put_together_and_in_the_same_place_nobody_is_overruled(
    carol: Program, project: Project
) -> None:
    carol.post("scripts", said(project, TWO, 0))
    carol.post("scripts", said(project, TWO.replace("She waits", "She sleeps"), 1))
    both = carol.post("scripts", said(project, TWO.replace("He cooks", "He burns it"), 1))
    assert both.status_code == 201
    assert both.json()["merged"] is True
    assert "She sleeps" in both.json()["text"]
    assert "He burns it" in both.json()["text"]
    count = Script.objects.count()
    told = refusal(carol.post("scripts", said(project, TWO.replace("He cooks", "He sings"), 1)), 409, "script_conflict")
    assert told["fields"]["latest_version"] == 3
    assert any("He sings" in piece.get("mine", "") for piece in told["fields"]["pieces"])
    assert Script.objects.count() == count
    refusal(carol.post("scripts", said(project, TWO, 99)), 409, "script_changed")


def test_what_is_no_script_is_refused(
    carol: Program, cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    refusal(carol.post("scripts", said(project, "   ", 0)), 400, "empty")
    refusal(carol.post("scripts", {"project": str(project.pk), "text": SCRIPT}), 400, "invalid")
    refusal(sent_file(carol, "scripts/import", b"%PDF-1.7", "a.pdf", project=project.pk, base_version=0), 400, "binary")
    refusal(program_of(cast.dave).post("scripts", said(project, SCRIPT, 0)), 403, "not_allowed")
    stranger = program_of(cast.mallory)
    theirs = stranger.post("scripts", said(project, SCRIPT, 0))
    nobodys = stranger.post("scripts", {**said(project, SCRIPT, 0), "project": str(uuid.uuid4())})
    assert (theirs.status_code, theirs.content) == (404, nobodys.content)
    assert not Script.objects.exists()


def test_a_file_comes_in_and_goes_out_again(carol: Program, project: Project, cast: SimpleNamespace) -> None:
    made = sent_file(carol, "scripts/import", SCRIPT.encode(), "ferry.fountain", project=project.pk, base_version=0)
    assert made.status_code == 201, made.content
    assert made.json()["source_format"] == "fountain"
    path = f"scripts/{made.json()['id']}/export"
    stored = Script.objects.get().text
    fountain = carol.get(path)
    assert fountain.content.decode() == stored
    assert fountain["Content-Disposition"] == 'attachment; filename="the-last-ferry-v1.fountain"'
    final_draft = carol.get(f"{path}?form=fdx", Accept="application/xml")
    back = parse_fountain(fdx_to_fountain(final_draft.content))
    there = parse_fountain(stored)
    assert [(one.kind, one.text) for one in back.elements] == [(one.kind, one.text) for one in there.elements]
    text = carol.get(f"{path}?form=txt").content.decode()
    assert f"\n{' ' * 22}MARA\n{' ' * 11}One more crossing." in text
    printed = carol.get(f"{path}?form=pdf")
    assert printed["Content-Type"] == "application/pdf"
    drawn = [zlib.decompress(one) for one in re.findall(rb"stream\n(.*?)\nendstream", printed.content, re.DOTALL)]
    assert b"(           One more crossing. Then the bridge) Tj" in drawn[1]
    assert b"(2.)" not in drawn[1]
    for number, start in enumerate(re.findall(rb"(\d{10}) 00000 n", printed.content), start=1):
        assert printed.content[int(start) :].startswith(b"%d 0 obj" % number)
    refusal(carol.get(f"{path}?form=doc"), 400, "invalid")
    refusal(
        sent_file(carol, "scripts/import", b"INT. A - DAY\n\nX.", "b.txt", project=project.pk, base_version=0),
        409,
        "script_changed",
    )


def test_a_letter_that_no_typewriter_has_is_told(carol: Program, project: Project) -> None:
    made = carol.post("scripts", said(project, "INT. ZIMMER (\\) - DAY\n\nŁódź.\n", 0)).json()
    told = refusal(carol.get(f"scripts/{made['id']}/export?form=pdf"), 409, "not_possible")
    assert "Ł" in told["detail"]
    assert "Łódź." in carol.get(f"scripts/{made['id']}/export?form=txt").content.decode()


def test_two_who_speak_at_once_and_odd_letters_survive_final_draft() -> None:
    said_at_once = "ANNA (V.O.)\nNow & <then>.\n\nBERT ^\n(softly)\nNow!"
    text = f"INT. A - DAY #4A#\n\n{said_at_once}\n\n> THE END <\n\n===\n\nA \x0cpage.\n"
    there = parse_fountain(text)
    back = parse_fountain(fdx_to_fountain(screenplay_to_fdx(there)))
    assert [(one.kind, one.dual, one.scene_number) for one in back.elements] == [
        (one.kind, one.dual, one.scene_number) for one in there.elements
    ]


def test_a_breakdown_is_seen_first_and_carried_out_once_it_is_still_true(
    carol: Program, cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    script = carol.post("scripts", said(project, SCRIPT, 0)).json()
    path = f"scripts/{script['id']}/breakdown"
    seen = program_of(cast.dave).get(path)
    assert seen.status_code == 200, seen.content
    assert (seen.json()["counts"]["added"], seen.json()["changes_nothing"]) == (3, False)
    assert seen.json()["scenes"][0]["heading"] == "EXT. HARBOUR - DAWN"
    assert not Scene.objects.exists()
    refusal(program_of(cast.dave).post(path), 403, "not_allowed")
    done = carol.post(path)
    assert done.status_code == 200, done.content
    assert Scene.objects.filter(project=project).count() == 3
    assert Shot.objects.of(project).count() == sum(len(scene["shots"]) for scene in done.json()["scenes"])
    assert carol.get(path).json()["changes_nothing"] is True
    carol.post("scripts", said(project, TWO, 1) | {"base_version": 1})
    refusal(carol.post(path), 409, "script_changed")
    refusal(program_of(cast.mallory).get(path), 404, "not_found")


def test_versions_are_named_and_gone_back_to(carol: Program, project: Project, cast: SimpleNamespace) -> None:
    first = carol.post("scripts", said(project, SCRIPT, 0)).json()
    carol.post("scripts", said(project, SCRIPT.replace("Fog", "Mist"), 1))
    assert carol.patch(f"scripts/{first['id']}", {"name": "Draft one"}).json()["name"] == "Draft one"
    back = carol.post(f"scripts/{first['id']}/restore")
    assert (back.status_code, back.json()["version"]) == (201, 3)
    assert back.json()["text"] == first["text"]


def test_a_text_without_headings_gets_scenes(carol: Program, project: Project) -> None:
    plain = "She unties the ferry and looks out over the grey water.\n\nThe engine coughs.\n\nNight falls on the sea.\n"
    script = carol.post("scripts", said(project, plain, 0)).json()
    assert carol.get(f"scripts/{script['id']}/breakdown").json()["suggestion"]["scenes"] > 1
    made = carol.post(f"scripts/{script['id']}/paragraph-scenes")
    assert made.status_code == 201, made.content
    assert carol.get(f"scripts/{made.json()['id']}/breakdown").json()["suggestion"] is None


def test_long_lists_take_no_more_questions(carol: Program, opened: OpenProject) -> None:
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert carol.get(f"scripts?project={opened.project.pk}").status_code == 200
        return len(seen)

    for number in range(3):
        save_script(opened=opened, text=f"INT. ROOM {number} - DAY\n\nNothing.\n")
    asked()
    few = asked()
    for number in range(3, 30):
        save_script(opened=opened, text=f"INT. ROOM {number} - DAY\n\nNothing.\n")
    assert asked() == few
