"""Every row of the outcome table and every fault of the fault list, at both providers, with the books compared.

The prompt asks the simulated provider for the fault; the adapter, the wire, the engine and the gate are the real ones.
"""

from __future__ import annotations

import pytest

from generation import planning, services
from generation.models import Attempt, Job
from generation.money.books import violations
from generation.states import AttemptState
from scenes.models import Take
from tests.paid.conftest import PaidStage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState
DONE, FAILED, UNKNOWN = S.SUCCEEDED, S.FAILED, S.UNKNOWN

# fault: (Runway, Runware). Runway has no idempotency key and no list of tasks, so what is lost there stays in doubt;
# at Runware the order carries our id, so it is sent again and recognised.
REQUESTS = {
    "bad_request": (FAILED, FAILED),
    "key_refused": (FAILED, FAILED),
    "forbidden": (FAILED, FAILED),
    "no_credit": (FAILED, FAILED),
    "not_found": (FAILED, FAILED),
    "wrong_method": (FAILED, FAILED),
    "too_large": (FAILED, FAILED),
    "unprocessable": (FAILED, FAILED),
    "time_out": (UNKNOWN, DONE),
    "conflict": (UNKNOWN, DONE),
    "rate_limited": (DONE, DONE),
    "rate_limited_wait": (DONE, DONE),
    "daily_cap": (DONE, DONE),
    "error": (UNKNOWN, DONE),
    "bad_gateway": (DONE, DONE),
    "unavailable": (DONE, DONE),
    "gateway_timeout": (UNKNOWN, DONE),
    "drop": (UNKNOWN, DONE),
    "reset": (UNKNOWN, DONE),
    "hang": (UNKNOWN, DONE),
    "accept_drop": (UNKNOWN, DONE),
    "accept_reset": (UNKNOWN, DONE),
    "accept_hang": (UNKNOWN, DONE),
    "accept_half": (UNKNOWN, DONE),
    "accept_drip": (DONE, DONE),
    "accept_error": (UNKNOWN, DONE),
    "accept_gateway_timeout": (UNKNOWN, DONE),
    "accept_time_out": (UNKNOWN, DONE),
    "accept_conflict": (UNKNOWN, DONE),
    "accept_garbage": (UNKNOWN, DONE),
    "accept_no_id": (UNKNOWN, DONE),
}
TASKS = {
    "throttled": (DONE, DONE),
    "backwards": (DONE, DONE),
    "unknown_status": (DONE, DONE),
    "no_output": (FAILED, FAILED),
    "partial_cost": (FAILED, FAILED),
    "missing_cost": (DONE, DONE),
    "overrun": (DONE, DONE),
    "moderation_input": (FAILED, FAILED),
    "moderation_output": (FAILED, FAILED),
    "preprocessing_moderation": (FAILED, FAILED),
    "preprocessing_error": (FAILED, FAILED),
    "bad_output": (FAILED, FAILED),
    "invalid_asset": (FAILED, FAILED),
    "third_party": (FAILED, FAILED),
    "internal": (FAILED, FAILED),
    "no_code": (FAILED, FAILED),
    "error_item": (FAILED, FAILED),
    # Only Runware says it of a result that is there.
    "nsfw": (DONE, FAILED),
}
OUTPUTS = """
    link_expired link_missing html_page zero_bytes truncated truncated_silently wrong_type giant giant_silently
    redirect_private redirect_loop drip_output drop_output without_length redirect_once black wrong_size
"""
# Runware says nothing of a price when a task has failed. If it charges for one after all, only the account's usage
# shows it; the page of costs compares.
UNTOLD = {("runware", fault) for fault in ("no_output", "partial_cost", "moderation_input", "moderation_output")}
ALL = {**REQUESTS, **TASKS, **dict.fromkeys(OUTPUTS.split(), (DONE, DONE))}


def ask(stage: PaidStage, provider: str, fault: str) -> Job:
    """Ask for one still whose prompt asks for trouble."""
    shot = stage.shot(f"A red kettle on a stove. [[fault:{fault}]]")
    wanted = planning.wishes_for(stage.opened, shots=[shot], kinds=(planning.STILLS,), provider=provider)
    batch = services.generate(opened=stage.opened, wanted=wanted, title="Still")
    return stage.jobs_of(batch)[0]


@pytest.mark.parametrize("provider", ["runway", "runware"])
@pytest.mark.parametrize("fault", ALL)
def test_what_becomes_of_an_order(stage: PaidStage, provider: str, fault: str) -> None:
    job = ask(stage, provider, fault)
    stage.settle()
    attempt = stage.attempt(job)
    expected = ALL[fault][provider == "runware"]
    assert attempt.state == expected, f"{attempt.failure_code}: {attempt.failure_internal}"
    assert Take.objects.count() == (expected == DONE)
    if expected != DONE:
        assert attempt.failure_public.endswith((".", "”")), attempt.failure_public
        assert "key_5a5a" not in attempt.failure_public + attempt.failure_internal
    assert violations() == []
    if (provider, fault) not in UNTOLD:
        stage.compare_books()


@pytest.mark.parametrize("fault", [name for name in REQUESTS if name.startswith("accept_")])
def test_what_runware_has_in_its_records_is_not_even_sent_again(stage: PaidStage, fault: str) -> None:
    """A repeat is only known to be recognised while the first one runs."""
    ask(stage, "runware", fault)
    stage.settle()
    (line,) = stage.server.books.by_identity().values()
    assert (line.received, line.accepted) == (1, 1)


def test_a_provider_that_forgets_what_is_over_is_not_asked_to_make_it_again(stage: PaidStage) -> None:
    """Runware documents that a repeat is recognised while the first one runs; of afterwards nothing is known."""
    ask(stage, "runware", "accept_drop]] [[fault:forgets")
    stage.settle()
    assert Take.objects.count() == 1
    assert stage.server.books.accepted() == 1
    stage.compare_books()


@pytest.mark.parametrize("provider", ["runway", "runware"])
def test_what_a_result_that_decodes_lacks_is_said_after_a_second_fetch(stage: PaidStage, provider: str) -> None:
    ask(stage, provider, "black:always")
    stage.settle()
    take = Take.objects.get()
    assert take.inputs["quality"]["code"] == "black"
    assert Attempt.objects.get().rechecked
    stage.compare_books()


@pytest.mark.parametrize("fault", ["moderation_input", "moderation_output", "preprocessing_moderation", "internal"])
def test_what_moderation_refuses_is_not_carried_to_the_next_provider(stage: PaidStage, fault: str) -> None:
    """A fault of the provider's own is; that shows that there was somebody to ask."""
    project = stage.opened.project
    project.still_model = "gen4_image"
    project.save()
    project.team.provider_order = ["runway", "runware"]
    project.team.save()
    shot = stage.shot(f"A red kettle on a stove. [[fault:{fault}]]")
    wanted = planning.wishes_for(stage.opened, shots=[shot], kinds=(planning.STILLS,))
    assert [other.provider for other in wanted[0].alternatives] == ["runware"]
    services.generate(opened=stage.opened, wanted=wanted, title="Still")
    stage.settle()
    asked = list(Attempt.objects.order_by("number").values_list("provider", flat=True))
    assert asked == (["runway", "runware"] if fault == "internal" else ["runway"])
