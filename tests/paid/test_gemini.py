"""Gemini through the whole engine: stills that come with their answer, clips that are waited for, and both books."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from generation import offers, planning, services
from generation.models import Attempt, Job
from generation.money.books import violations
from generation.states import AttemptState
from scenes.models import Element, Take
from scenes.services import elements
from tests.paid.conftest import PaidStage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState
DONE, FAILED, UNKNOWN = S.SUCCEEDED, S.FAILED, S.UNKNOWN
KEY = "AIza" + "canary0123456789_" * 2 + "x"
STILL, CLIP = "gemini-nano-banana-2.1", "gemini-omni-1.2-flash"

REQUESTS = {
    **dict.fromkeys(("bad_request", "key_refused", "forbidden", "no_credit", "not_found", "wrong_method"), FAILED),
    **dict.fromkeys(("too_large", "unprocessable"), FAILED),
    **dict.fromkeys(("rate_limited", "rate_limited_wait", "daily_cap", "unavailable", "accept_drip"), DONE),
    **dict.fromkeys(("time_out", "conflict", "error", "bad_gateway", "gateway_timeout", "drop", "reset"), UNKNOWN),
    **dict.fromkeys(("accept_drop", "accept_reset", "accept_half", "accept_error", "accept_garbage"), UNKNOWN),
    **dict.fromkeys(("accept_gateway_timeout", "accept_time_out", "accept_conflict", "accept_no_id"), UNKNOWN),
}
STILLS = {
    **REQUESTS,
    **dict.fromkeys(("moderation_input", "moderation_output", "nsfw", "no_output", "partial_cost"), FAILED),
    **dict.fromkeys(("internal", "no_code", "bad_output", "zero_bytes", "wrong_type"), FAILED),
    # What came in an answer does not get better by being fetched again.
    **dict.fromkeys(("html_page", "truncated", "corrupt"), FAILED),
    **dict.fromkeys(("overrun", "missing_cost", "black", "wrong_size"), DONE),
}
CLIPS = {
    # An order for a clip is sent and answered like one for a still: one of each kind will do.
    **dict.fromkeys(("bad_request", "key_refused", "no_credit"), FAILED),
    **dict.fromkeys(("rate_limited", "unavailable"), DONE),
    **dict.fromkeys(("error", "accept_drop", "accept_no_id"), UNKNOWN),
    **dict.fromkeys(("moderation_input", "moderation_output", "no_output", "partial_cost", "third_party"), FAILED),
    **dict.fromkeys(("invalid_asset", "internal", "no_code"), FAILED),
    **dict.fromkeys(("throttled", "backwards", "unknown_status", "overrun", "missing_cost"), DONE),
    **dict.fromkeys(("link_expired", "link_missing", "html_page", "zero_bytes", "truncated", "wrong_type"), DONE),
    **dict.fromkeys(("redirect_private", "redirect_loop", "drop_output", "without_length", "redirect_once"), DONE),
}


@pytest.fixture
def gemini(stage: PaidStage, settings: Settings) -> PaidStage:
    """A stage whose project draws and films with Gemini, and with nobody else."""
    settings.PROVIDERS = {**settings.PROVIDERS, "gemini": {"key": KEY, "url": stage.server.gemini_url}}
    project = stage.opened.project
    project.still_model, project.clip_model = STILL, CLIP
    project.save()
    project.team.fallback = False
    project.team.save()
    return stage


def ask(stage: PaidStage, prompt: str, *kinds: str) -> list[Job]:
    """Ask for something of one shot."""
    wanted = planning.wishes_for(stage.opened, shots=[stage.shot(prompt)], kinds=kinds)
    return stage.jobs_of(services.generate(opened=stage.opened, wanted=wanted, title="Gemini"))


def compare(stage: PaidStage, fault: str) -> None:
    """Compare the books; where Google tells no tokens, what was set aside is settled, which is never less."""
    assert violations() == []
    if fault == "missing_cost":
        (paid,) = Attempt.objects.filter(provider="gemini")
        assert paid.cost == paid.estimate >= stage.server.books.charged("gemini") > 0
        return
    stage.compare_books()
    assert all(line.accepted <= 1 for line in stage.server.books.by_body("gemini").values())


def test_a_still_and_the_clip_that_starts_from_it_cost_what_google_counted(gemini: PaidStage) -> None:
    still, clip = sorted(ask(gemini, "A red kettle.", planning.STILLS, planning.CLIPS), key=lambda job: job.media)
    gemini.settle()
    first, second = gemini.attempt(still), gemini.attempt(clip)
    assert (first.state, second.state) == (DONE, DONE), (first.failure_internal, second.failure_internal)
    assert {(take.kind, take.asset.media_type) for take in Take.objects.all()} == {
        ("still", "image/png"),
        ("clip", "video/mp4"),
    }
    assert (first.cost or 0) + (second.cost or 0) == gemini.server.books.charged("gemini")
    assert 0 < (first.cost or 0) < first.estimate
    assert 0 < (second.cost or 0) < second.estimate
    # The still went along in the request, and only its hash is kept.
    assert "sha256:" in str(second.body)
    assert len(str(second.body)) < 2000
    assert KEY not in str(first.body) + str(second.body) + str(second.outputs)
    compare(gemini, "")


@pytest.mark.parametrize("fault", STILLS)
def test_what_becomes_of_a_still(gemini: PaidStage, fault: str) -> None:
    (job,) = ask(gemini, f"A red kettle. [[fault:{fault}]]", planning.STILLS)
    gemini.settle()
    attempt = gemini.attempt(job)
    assert attempt.state == STILLS[fault], f"{attempt.failure_code}: {attempt.failure_internal}"
    assert Take.objects.count() == (STILLS[fault] == DONE)
    assert KEY not in attempt.failure_public + attempt.failure_internal
    compare(gemini, fault)


@pytest.mark.parametrize("fault", CLIPS)
def test_what_becomes_of_a_clip(gemini: PaidStage, fault: str) -> None:
    gemini.opened.project.still_model = ""  # drawn here: it takes a fault for a caption
    gemini.opened.project.save()
    job, _ = ask(gemini, f"A red kettle. [[fault:{fault}]]", planning.STILLS, planning.CLIPS)
    gemini.settle()
    attempt = gemini.attempt(job)
    assert (attempt.provider, attempt.state) == ("gemini", CLIPS[fault]), f"{attempt.failure_internal}"
    assert Take.objects.filter(kind="clip").count() == (CLIPS[fault] == DONE)
    assert KEY not in attempt.failure_public + attempt.failure_internal
    compare(gemini, fault)


def test_what_moderation_refuses_is_told_and_not_carried_to_another(gemini: PaidStage) -> None:
    team = gemini.opened.project.team
    team.fallback, team.provider_order = True, ["gemini", "runware"]
    team.save()
    (job,) = ask(gemini, "A red kettle. [[fault:moderation_output]]", planning.STILLS)
    gemini.settle()
    attempt = gemini.attempt(job)
    assert (attempt.failure_code, Attempt.objects.count()) == ("moderated", 1)
    assert attempt.cost == gemini.server.books.charged("gemini") > 0, "thinking is charged although nothing was drawn"


def test_who_is_seen_in_a_shot_goes_along_in_pictures(gemini: PaidStage) -> None:
    ask(gemini, "A woman in a red coat, on plain ground.", planning.STILLS)
    gemini.settle()
    portrait = Take.objects.get().asset
    mara = elements.create_element(
        opened=gemini.opened, kind=Element.Kind.CHARACTER, name="MARA", description="In a red coat."
    )
    elements.add_picture(opened=gemini.opened, element=mara, asset=portrait)
    shot = gemini.shot("@mara pours the tea.")
    batch = offers.accept(gemini.opened, choice="stills", shot_ids=[shot.pk])
    gemini.settle()
    (job,) = gemini.jobs_of(batch)
    attempt = gemini.attempt(job)
    assert attempt.state == DONE, attempt.failure_internal
    assert [(one["role"], one["sha256"]) for one in job.inputs] == [("reference", portrait.sha256)]
    parts = gemini.server.books.task(attempt.task_id).body["contents"][0]["parts"]
    assert [part.get("text", "picture") for part in parts] == ["@mara pours the tea.", "@mara:", "picture"]
    compare(gemini, "")
