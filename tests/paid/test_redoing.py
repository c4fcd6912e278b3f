"""A note becomes a take at a simulated paid provider: priced before, bought once, linked to the note."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from generation import planning, redoing, services
from generation.media.moments import frame_at
from generation.media.probe import Unreadable
from generation.models import Attempt, Job
from projects import commenting
from projects.models import Comment, Subject
from projects.subjects import find
from scenes.models import Asset, Take
from tests.api.conftest import Program, program_of
from tests.api.test_floor import refusal
from tests.paid.conftest import PaidStage

__all__ = ["program_of"]

pytestmark = pytest.mark.django_db(transaction=True)


def made(stage: PaidStage, kinds: tuple[str, ...], provider: str) -> Take:
    shot = stage.shot("A ferry in the fog.")
    wanted = planning.wishes_for(stage.opened, shots=[shot], kinds=kinds, provider=provider)
    services.use_provider(opened=stage.opened, provider=provider)
    stage.opened.project.refresh_from_db()
    services.generate(opened=stage.opened, wanted=wanted, title="First")
    stage.settle()
    return Take.objects.select_related("shot__scene__project", "asset", "mezzanine").get(kind=kinds[-1])


def note_on(stage: PaidStage, take: Take, time_ms: int | None = None) -> Comment:
    found = find(stage.opened.project, Subject.TAKE, take.pk)
    assert found is not None
    return commenting.add_comment(
        opened=stage.opened, kind="take", subject_id=take.pk, found=found, text="Slower, please.", time_ms=time_ms
    )


@pytest.mark.parametrize("provider", ["runway", "runware"])
def test_a_still_is_bought_once_for_the_price_that_was_told(stage: PaidStage, provider: str) -> None:
    take = made(stage, ("still",), provider)
    note = note_on(stage, take)
    before = stage.server.books.charged()
    draft = redoing.draft_for(stage.opened, note, take)
    assert draft.cost > 0
    for _ in range(2):
        redoing.ask(opened=stage.opened, note=note, take=take, prompt=draft.prompt, number=draft.number)
    stage.settle()
    job = Job.objects.get(batch__note=note)
    assert (job.model, job.prompt) == (take.inputs["model"], "A ferry in the fog. Direction: Slower, please.")
    assert Take.objects.get(note=note).kind == "still"
    assert stage.server.books.charged() - before <= draft.cost
    stage.compare_books()


def test_a_clip_begins_with_the_very_frame_that_the_note_is_about(stage: PaidStage) -> None:
    take = made(stage, ("still", "clip"), "runway")
    note = note_on(stage, take, time_ms=500)
    draft = redoing.draft_for(stage.opened, note, take)
    assert [start.value for start in draft.starts] == ["", "frame"]
    redoing.ask(opened=stage.opened, note=note, take=take, prompt=draft.prompt, start="frame", number=0)
    stage.settle()
    frame = Asset.objects.get(origin="derived", kind="image")
    job = Job.objects.get(batch__note=note)
    assert job.input_asset == frame
    assert (frame.width, frame.height) == (take.film_asset.width, take.film_asset.height)
    answer = Take.objects.get(note=note)
    assert (answer.kind, answer.recipe) == ("clip", take.recipe)
    assert Attempt.objects.filter(job=job).count() == 1
    stage.compare_books()


def test_a_program_has_a_clip_begin_with_the_frame(
    stage: PaidStage, program_of: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    take = made(stage, ("still", "clip"), "runway")
    note = note_on(stage, take, time_ms=500)
    program, path, held = program_of(stage.opened.user), f"notes/{note.pk}/take", list[bool]()
    told = program.get(path).json()
    assert "frame" in [start["value"] for start in told["starts"]]

    def watched(*args: Any, **more: Any) -> Any:
        held.append(connection.in_atomic_block)
        return frame_at(*args, **more)

    monkeypatch.setattr(redoing, "frame_at", watched)
    asked = {"start": "frame", "takes": 0}
    answers = [program.post(path, asked, Idempotency_Key=key) for key in ("one", "one", "two")]
    assert [answer.status_code for answer in answers] == [202, 202, 202], [answer.content for answer in answers]
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    # Read out of the clip for each key, and never while a transaction was held open.
    assert held == [False, False]
    stage.settle()
    frame = Asset.objects.get(origin="derived", kind="image")
    assert Job.objects.get(batch__note=note).input_asset == frame
    assert program.get(path).json()["takes"] == [str(Take.objects.get(note=note).pk)]
    # Whoever knows of no take yet is told to look first; a clip that cannot be read is no server error.
    refusal(program.post(path, asked), 409, "nothing_to_do")
    monkeypatch.setattr(redoing, "frame_at", _unreadable)
    assert "start" in refusal(program.post(path, {"start": "frame"}), 400, "invalid")["fields"]
    refusal(program.post(path, {"start": "backwards"}), 400, "invalid")
    stage.compare_books()


def _unreadable(*args: Any, **more: Any) -> None:
    raise Unreadable("It is no film.")
