"""What a language model answers is a stranger's text: whatever it holds, the job ends, once, and the books are true."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.policies import Right
from generation.models import Job, Writing
from generation.money.books import violations
from generation.providers.base import Operation
from generation.states import JobState
from generation.writing import asking
from generation.writing.cleaning import prose_of
from generation.writing.kinds import Wanted
from projects.access import open_project
from projects.deleting import NameDiffers, delete_project
from projects.models import Project
from scenes.models import Script
from scenes.screenplay.reading import clean_text, read_pasted
from tests.api.conftest import Program, program_of
from tests.engine.stage import Stage
from tests.writing.conftest import no_traces, own_data, providers, quick_gate, rung, stage, writer
from tests.writing.words import FOUNTAIN, OUTLINE, Says, WordsProvider, as_json, words_model

__all__ = ["no_traces", "own_data", "program_of", "providers", "quick_gate", "rung", "stage", "writer"]
_IDS = ["number", "hexadecimal", "and", "no letters", "tag"]
NUMBER = "&#" + "9" * 5000 + ";"


def outlined(stage: Stage, writer: WordsProvider) -> Writing:
    """Have an outline written, and ask for its screenplay."""
    writer.play("answer", as_json(OUTLINE))
    outline = asking.ask(opened=stage.opened, wanted=Wanted("outline", "A ferry.", 3))
    stage.settle()
    outline.refresh_from_db()
    return outline


def screenplay(stage: Stage, writer: WordsProvider, says: Says) -> Writing:
    """Have a screenplay written of it."""
    source = outlined(stage, writer)
    writer.play("answer", says)
    row = asking.ask(opened=stage.opened, wanted=Wanted("screenplay", source=source))
    stage.settle()
    return Writing.objects.select_related("job", "script").get(pk=row.pk)


@pytest.mark.parametrize(
    "torn", [NUMBER, "&#x" + "f" * 5000, "&" * 50_000, "&#0;&#xd800;&#1114112;", "&lt;b&gt;"], ids=_IDS
)
def test_whatever_stands_for_a_letter_stops_nothing(stage: Stage, writer: WordsProvider, torn: str) -> None:
    row = screenplay(stage, writer, Says(FOUNTAIN.replace("Fog lies", f"Fog {torn} lies")))
    assert row.job.state == JobState.SUCCEEDED, row.job.failure_text
    assert row.script is not None
    assert "lies on the water" in row.script.text
    assert violations() == []


def test_what_stands_for_a_letter_is_that_letter() -> None:
    assert prose_of("Fish &amp; chips &#8212; &eacute;t&eacute; &#x41; &lt;i&gt; &amp;amp;") == (
        "Fish & chips — été A <i> &amp;"
    )


def test_a_tower_of_marks_is_cut_to_what_letters_have() -> None:
    # Sorted as they stand, these would take an hour in which the process does nothing else.
    tower = "a" + "\u0300\u0316" * 500_000
    text = clean_text(f"Fog {tower} lies.")[0]
    assert text.startswith("Fog \u00e0")
    assert text.endswith(" lies.")
    assert len(text) < 60
    assert len(read_pasted(f"INT. BAR - DAY\n\n{tower}\n").fountain) < 100
    for honest in ("e\u0301" * 100, "नमस्ते", "—" * 80, "Z\u0338\u0321\u031b\u0347!" * 5):
        assert clean_text(honest)[0] == unicodedata.normalize("NFC", honest)


def test_a_name_without_end_is_no_name_of_a_project(cast: SimpleNamespace, project: Project) -> None:
    with pytest.raises(NameDiffers):
        delete_project(
            opened=open_project(cast.alice, project.pk, Right.MANAGE), typed_name="a" + "\u0300\u0316" * 500_000
        )


def _gone(stage: Stage) -> None:
    stage.opened.user.delete()


def _trashed(stage: Stage) -> None:
    Project.objects.filter(pk=stage.opened.project.pk).update(deleted_at=timezone.now())


def _no_member(stage: Stage) -> None:
    stage.opened.user.memberships.all().delete()


@pytest.mark.parametrize("happens", [_gone, _trashed, _no_member])
def test_who_goes_while_a_screenplay_is_written_leaves_no_job_behind(
    stage: Stage, writer: WordsProvider, happens: Callable[[Stage], Any]
) -> None:
    row = screenplay(stage, writer, Says(FOUNTAIN, after=3, happens=lambda: happens(stage)))
    assert row.job.state == JobState.SUCCEEDED, row.job.failure_text
    assert row.script is None
    assert Script.objects.count() == 0, "nobody writes in the name of who may not"
    assert row.result["text"].startswith("Title:")
    assert violations() == []


@pytest.mark.parametrize(
    "said",
    [
        "[" * 100_000,
        "9" * 10_000,
        json.dumps({**OUTLINE, "scenes": [{"heading": "x", "happens": "y", "minutes": float("nan")}]}),
        json.dumps({**OUTLINE, "scenes": [{"heading": "x", "happens": "y", "minutes": 1e400}]}),
        json.dumps({**OUTLINE, "title": "\x00\ud800\u202e"}),
        json.dumps({**OUTLINE, "owner": "mallory"}),
        json.dumps({**OUTLINE, "scenes": [*OUTLINE["scenes"]] * 200}),
    ],
    ids=["deep", "number", "nan", "infinite", "no letters", "more fields", "endless"],
)
def test_data_that_is_none_ends_the_job_at_once(stage: Stage, writer: WordsProvider, said: str) -> None:
    writer.play("answer", Says(said))
    row = asking.ask(opened=stage.opened, wanted=Wanted("outline", "A ferry.", 3))
    stage.settle()
    job = Job.objects.get(pk=row.job_id)
    assert (job.state, job.failure_code) == (JobState.FAILED, "not_in_form")
    assert violations() == []


def test_no_outline_makes_its_screenplay_dearer_than_was_set_aside(stage: Stage, writer: WordsProvider) -> None:
    # As long as an answer can be that was asked for so: all of it outline, and nothing thought before.
    writer.play("answer", Says("{}"))
    asking.ask(opened=stage.opened, wanted=Wanted("outline", "A ferry.", 3))
    stage.settle()
    most = 2 * writer.orders[-1].parameters["max_tokens"]
    scene = {"heading": "EXT. HARBOUR - DAWN", "happens": "x" * 1900, "minutes": 1}
    scenes = list[Any]()
    while len(json.dumps({**OUTLINE, "scenes": [*scenes, scene]})) <= most:
        scenes.append(scene)
    writer.play("answer", as_json({**OUTLINE, "scenes": scenes}), Says(FOUNTAIN))
    asking.ask(opened=stage.opened, wanted=Wanted("outline", "A ferryboat.", 3, then_screenplay=True))
    stage.settle()
    attempt = stage.attempt(Job.objects.get(writing__kind="screenplay"))
    assert attempt.prompt.count("x" * 1900) == len(scenes)
    reading = words_model().estimate(Operation.TEXT_TO_TEXT, attempt.parameters, prompt=attempt.prompt)
    assert reading <= attempt.estimate


def test_an_outline_without_end_goes_to_nobody_who_charges_for_reading_it(stage: Stage, writer: WordsProvider) -> None:
    scene = {"heading": "EXT. HARBOUR - DAWN", "happens": "x" * 1900, "minutes": 1}
    writer.play("answer", as_json({**OUTLINE, "scenes": [scene] * 200}), Says(FOUNTAIN))
    asking.ask(opened=stage.opened, wanted=Wanted("outline", "A ferry.", 3, then_screenplay=True))
    stage.settle()
    codes = dict(Job.objects.values_list("writing__kind", "failure_code"))
    assert codes == {"outline": "not_in_form", "screenplay": "input_failed"}
    assert violations() == []


def test_a_list_of_long_words_reads_their_beginnings(
    stage: Stage, writer: WordsProvider, cast: SimpleNamespace, program_of: Callable[..., Program]
) -> None:
    # Two megabytes each, two hundred to a page: a team's own words would be everybody's memory.
    long = FOUNTAIN + "\n\nFog." * 3000
    row = screenplay(stage, writer, Says(long, cut="length"))
    Writing.objects.filter(pk=row.pk).update(before=long, kind="continuation")
    carol, project = program_of(cast.carol), stage.opened.project.pk
    with CaptureQueriesContext(connection) as queries:
        pieces = carol.get(f"projects/{project}/writing?limit=200").json()["results"]
        jobs = carol.get(f"jobs?project={project}&limit=200").json()["results"]
    assert [one["before"] for one in pieces if one["kind"] == "continuation"] == [long[:2000]]
    assert [one["result"]["text"] for one in jobs if one["id"] == str(row.job_id)] == [long[:2000]]
    for query in queries:
        wholly = re.sub(r"(LEFT|SUBSTR)\([^)]*\)", "", query["sql"])
        for column in ('"generation_job"."result_text",', '"generation_writing"."before",', '"scenes_script"."text",'):
            assert column not in wholly
    assert carol.get(f"writing/{row.pk}").json()["before"] == long
    assert carol.get(f"writing/{row.pk}").json()["text"] == long
    assert carol.get(f"jobs/{row.job_id}").json()["result"]["text"] == long
