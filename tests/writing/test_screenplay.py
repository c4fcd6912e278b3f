"""From an idea to a screenplay: outline, words while they come, a version of the script, and each way it can end."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, Role
from generation import claims, retrying, services, steps
from generation.catalogue import ImpossibleRequest
from generation.models import Attempt, Budget, Counter, Job, ProviderAccount, Writing
from generation.money.books import violations
from generation.money.counters import BudgetExceeded
from generation.providers.errors import Fruitless
from generation.states import AttemptState, JobState
from generation.writing import asking, kinds
from generation.writing.cleaning import whole_part
from generation.writing.kinds import Wanted
from projects import live
from projects.models import Event
from scenes.models import Script
from scenes.services.scripts import current_script, save_script
from tests.engine.stage import Stage
from tests.writing.words import FOUNTAIN, OUTLINE, Says, WordsProvider, as_json

IDEA = Wanted(kind="outline", idea="Die letzte Fähre. 渡し船。", minutes=3, genre="drama", language="Deutsch")


def outlined(stage: Stage, writer: WordsProvider) -> Writing:
    """Have an outline written."""
    writer.play("answer", as_json(OUTLINE))
    row = asking.ask(opened=stage.opened, wanted=IDEA)
    stage.settle()
    row.refresh_from_db()
    return row


def written(stage: Stage, writer: WordsProvider, *says: Says) -> Writing:
    """Have a screenplay written, all at one go."""
    writer.play("answer", as_json(OUTLINE), *says)
    asking.ask(opened=stage.opened, wanted=Wanted("outline", "A ferry.", 3, then_screenplay=True))
    stage.settle()
    return Writing.objects.get(kind="screenplay")


def test_an_idea_becomes_an_outline_then_a_screenplay_then_a_version(stage: Stage, writer: WordsProvider) -> None:
    outline = outlined(stage, writer)
    assert outline.result == OUTLINE
    assert "Die letzte Fähre. 渡し船。" in writer.orders[0].prompt
    assert writer.orders[0].parameters["schema"]["properties"]["scenes"]
    assert Script.objects.count() == 0, "an outline is no script"
    writer.play("answer", Says(FOUNTAIN))
    row = asking.ask(opened=stage.opened, wanted=Wanted("screenplay", source=outline))
    stage.settle()
    row.refresh_from_db()
    latest = current_script(stage.opened.project)
    assert latest is not None
    assert row.script == latest
    assert (latest.version, latest.name, latest.text) == (1, "By Fable", FOUNTAIN + "\n")
    assert latest.created_by == stage.opened.user
    assert "Mara unties the ferry in the fog." in writer.orders[1].prompt
    assert violations() == []


def test_one_click_writes_it_all_for_the_price_that_was_shown(stage: Stage, writer: WordsProvider) -> None:
    wanted = Wanted("outline", "A ferry.", 3, then_screenplay=True)
    price = asking.plan_of(stage.opened, wanted).cost
    row = written(stage, writer, Says(FOUNTAIN))
    assert row.script is not None
    assert row.job.batch.estimate == price
    second = writer.orders[1].prompt
    assert "Mara unties the ferry in the fog." in second
    assert "xxx" not in second
    paid = sum(stage.attempt(job).cost or 0 for job in Job.objects.all())
    assert 0 < paid <= price
    assert violations() == []


def test_words_are_pushed_while_they_come_and_kept_for_who_comes_late(
    stage: Stage, writer: WordsProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed: list[dict[str, object]] = []
    monkeypatch.setattr(live, "push", lambda project_id, message: pushed.append(message))
    monkeypatch.setattr("generation.progress.WORDS_SECONDS", 0)
    row = written(stage, writer, Says(FOUNTAIN))
    mine = [one for one in pushed if one.get("jobId") == str(row.job_id) and "text" in one]
    assert len(mine) > 3
    assert "".join(str(one["text"]) for one in mine) == FOUNTAIN
    assert [one["at"] for one in mine][:2] == [0, len(str(mine[0]["text"]))]
    assert row.job.result_text == FOUNTAIN


def test_what_somebody_saved_meanwhile_stays_what_everybody_sees(
    stage: Stage, writer: WordsProvider, cast: SimpleNamespace
) -> None:
    def meanwhile() -> None:
        save_script(opened=stage.opened, text="INT. BAR - NIGHT\n\nBob writes this himself.\n")

    row = written(stage, writer, Says(FOUNTAIN, after=3, happens=meanwhile))
    latest = current_script(stage.opened.project)
    assert latest is not None
    assert "Bob writes this himself." in latest.text
    assert row.set_aside
    assert row.script is not None
    assert row.script.text == FOUNTAIN + "\n"


def test_what_was_stopped_is_kept_as_a_version_and_can_be_gone_on_with(stage: Stage, writer: WordsProvider) -> None:
    cut = FOUNTAIN.removesuffix("catches.") + "and th"
    row = written(stage, writer, Says(cut, cut="length"))
    assert (row.cut, row.script and row.script.name) == ("length", "Unfinished, by Fable")
    assert kinds.unfinished(stage.opened) == row
    # Somebody goes over it meanwhile; it can still be gone on with, and their words stay.
    assert row.script is not None
    save_script(opened=stage.opened, text=whole_part(row.script.text).replace("unties", "cuts loose"))
    assert kinds.unfinished(stage.opened) == row
    # It begins with what was said already, as models do.
    writer.play("answer", Says("INT. WHEELHOUSE - DAY\n\nThe engine dies. MARA sings.\n\nFADE OUT."))
    asking.ask(opened=stage.opened, wanted=Wanted("continuation"))
    stage.settle()
    latest = current_script(stage.opened.project)
    assert latest is not None
    assert latest.version == 3
    assert "cuts loose the last ferry" in latest.text
    assert latest.text.count("INT. WHEELHOUSE - DAY") == 1
    assert "coughs and th" not in latest.text
    assert latest.text.endswith("The engine dies. MARA sings.\n\nFADE OUT.\n")
    assert kinds.unfinished(stage.opened) is None
    assert "One more crossing." in writer.orders[-1].prompt
    save_script(opened=stage.opened, text="INT. BAR - NIGHT\n\nAnother film.\n")
    with pytest.raises(ImpossibleRequest, match="no unfinished"):
        asking.plan_of(stage.opened, Wanted("continuation", source=row))


def test_stop_keeps_what_there_is(stage: Stage, writer: WordsProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.progress.LOOK_SECONDS", 0)

    def stop() -> None:
        services.cancel_job(opened=stage.opened, job=Job.objects.exclude(input_job=None).get())

    row = written(stage, writer, Says(FOUNTAIN, after=15, happens=stop))
    assert row.cut == "stopped"
    assert row.script is not None
    assert "EXT. HARBOUR - DAWN" in row.script.text
    assert "The engine coughs" not in row.script.text
    assert row.job.state == JobState.SUCCEEDED
    assert violations() == []
    # What it cost is our own count, and the pages say so; the outline before it was counted by its maker.
    client = Client()
    client.force_login(stage.opened.user)
    project = f"/projects/{stage.opened.project.pk}"
    piece = client.get(f"{project}/writing/{row.pk}/", headers={"HX-Request": "true"}).text
    assert "Stopped</span>" in piece
    assert "reckoned</span>" in piece
    assert row.outline is not None
    whole = client.get(f"{project}/writing/{row.outline.pk}/", headers={"HX-Request": "true"}).text
    assert "reckoned</span>" not in whole
    assert "reckoned here" in client.get(f"{project}/jobs/{row.job.pk}/").text
    assert "reckoned here" not in client.get(f"{project}/jobs/{row.outline.job.pk}/").text


def breaks() -> None:
    """End the stream in the middle of it."""
    raise Fruitless("The connection broke. What had come is charged.", code="stream_cut", cost=70)


def test_what_came_of_a_screenplay_that_broke_off_is_kept_by_hand_and_gone_on_with(
    stage: Stage, writer: WordsProvider
) -> None:
    row = written(stage, writer, Says(FOUNTAIN, after=18, happens=breaks))
    assert (row.job.state, row.script) == (JobState.FAILED, None)
    client = Client(headers={"HX-Request": "true"})
    client.force_login(stage.opened.user)
    place = f"/projects/{stage.opened.project.pk}/writing/{row.pk}/"
    assert "Keep what was written" in client.get(place).text
    kept = client.post(f"{place}decide/").text
    row.refresh_from_db()
    assert row.script is not None
    assert (row.cut, row.script.name) == ("broken", "Unfinished, by Fable")
    assert "unties the last ferry" in row.script.text
    assert "One more crossing" not in row.script.text
    assert "It broke off. What had come is kept as version 1" in kept
    assert "Continue writing" in kept
    assert "Keep what was written" not in kept
    client.post(f"{place}decide/")
    assert Script.objects.count() == 1, "once"
    writer.play("answer", Says("MARA\nOne more crossing.\n\nFADE OUT."))
    asking.ask(opened=stage.opened, wanted=Wanted("continuation", source=row))
    stage.settle()
    latest = current_script(stage.opened.project)
    assert latest is not None
    assert "unties the last ferry.\n\nMARA\nOne more crossing." in latest.text
    assert violations() == []


def test_of_words_without_a_scene_nothing_is_kept_and_they_stay_readable(stage: Stage, writer: WordsProvider) -> None:
    row = written(stage, writer, Says("Title: Fog and more of it", after=3, happens=breaks))
    client = Client(headers={"HX-Request": "true"})
    client.force_login(stage.opened.user)
    answer = client.post(f"/projects/{stage.opened.project.pk}/writing/{row.pk}/decide/").text
    assert "no scene heading" in answer
    assert "Title: Fog and" in answer
    assert Script.objects.count() == 0


@pytest.mark.parametrize(
    ("says", "code"),
    [
        (Says(""), "empty"),
        (Says("I cannot help with that."), "not_a_screenplay"),
        (Says("Title: Fog\n\nEXT", cut="stopped"), "stopped"),
        (Fruitless("It declined.", code="moderated", cost=7), "moderated"),
    ],
    ids=["empty", "no screenplay", "stopped at once", "refused"],
)
def test_what_is_no_screenplay_is_said_and_charged_and_saves_nothing(
    stage: Stage, writer: WordsProvider, says: object, code: str
) -> None:
    row = written(stage, writer, says)  # type: ignore[arg-type]
    assert row.job.state == JobState.FAILED
    assert row.job.failure_code == code
    assert row.job.failure_text
    assert row.script is None
    assert Script.objects.count() == 0
    assert (stage.attempt(row.job).cost or 0) > 0, "what was answered is charged"
    assert violations() == []


@pytest.mark.parametrize(
    "answer",
    [
        "no json",
        "{}",
        '{"title": "x", "logline": "y", "scenes": []}',
        '{"title": "x", "logline": "y", "scenes": [{"heading": "a", "happens": "b", "minutes": 1e9}]}',
        '{"title": "x", "logline": "y", "approve": true, "scenes": [{"heading": "a", "happens": "b", "minutes": 1}]}',
        "[" * 100_000,
    ],
    ids=["text", "empty", "no scenes", "out of bounds", "more than asked", "deep"],
)
def test_an_outline_that_is_not_in_form_ends_the_screenplay_before_it_costs(
    stage: Stage, writer: WordsProvider, answer: str
) -> None:
    writer.play("answer", Says(answer))
    asking.ask(opened=stage.opened, wanted=Wanted("outline", "A ferry.", 3, then_screenplay=True))
    stage.settle()
    outline, screenplay = Writing.objects.get(kind="outline"), Writing.objects.get(kind="screenplay")
    assert outline.job.failure_code == "not_in_form"
    assert outline.job.result_text == answer, "whoever paid for it may read it"
    assert screenplay.job.failure_code == "input_failed"
    assert len(writer.orders) == 1
    assert violations() == []


def test_trying_again_asks_for_both_and_never_with_a_placeholder(stage: Stage, writer: WordsProvider) -> None:
    writer.play("answer", Says("no json"))
    asking.ask(opened=stage.opened, wanted=Wanted("outline", "A ferry.", 3, then_screenplay=True))
    stage.settle()
    failed = Writing.objects.get(kind="screenplay").job
    writer.play("answer", as_json(OUTLINE), Says(FOUNTAIN))
    retrying.retry_batch(opened=stage.opened, batch=failed.batch)
    stage.settle()
    assert Script.objects.get().text == FOUNTAIN + "\n"
    assert not any("xxxx" in order.prompt for order in writer.orders)


def test_a_double_click_asks_once(stage: Stage, writer: WordsProvider) -> None:
    writer.play("answer", as_json(OUTLINE))
    first = asking.ask(opened=stage.opened, wanted=IDEA, token="t")
    assert asking.ask(opened=stage.opened, wanted=IDEA, token="t") == first
    stage.settle()
    assert asking.ask(opened=stage.opened, wanted=IDEA, token="t") == first
    assert len(writer.orders) == 1


def test_whoever_may_not_write_any_more_leaves_a_proposal_and_no_version(
    stage: Stage, writer: WordsProvider, cast: SimpleNamespace
) -> None:
    def demote() -> None:
        Membership.objects.filter(user=cast.carol).update(role=Role.REVIEWER)

    row = written(stage, writer, Says(FOUNTAIN, after=3, happens=demote))
    assert row.script is None
    assert row.result == {"text": FOUNTAIN + "\n"}
    assert Script.objects.count() == 0
    assert not Event.objects.filter(type="script_saved").exists()


def test_a_cap_holds_for_words_too(stage: Stage, writer: WordsProvider) -> None:
    assert asking.plan_of(stage.opened, IDEA).cost > 0
    Budget.objects.update_or_create(team=stage.opened.project.team, project=None, user=None, defaults={"cap": 1})
    with pytest.raises(BudgetExceeded):
        asking.ask(opened=stage.opened, wanted=IDEA)
    assert Writing.objects.count() == 0
    assert not Counter.objects.filter(held__gt=0).exists()


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Wanted("outline", "  "), "idea"),
        (Wanted("outline", "x" * 50_001), "idea"),
        (Wanted("outline", "x", minutes=0.1), "minutes"),
        (Wanted("outline", "x", minutes=float("nan")), "minutes"),
        (Wanted("outline", "x", genre="g" * 300), "genre"),
        (Wanted("screenplay"), "writing"),
        (Wanted("continuation"), "kind"),
        (Wanted("song", "x"), "kind"),
    ],
    ids=["no idea", "long", "short film", "no number", "genre", "no outline", "nothing unfinished", "no such kind"],
)
def test_what_cannot_be_asked_is_said_by_its_field(stage: Stage, wanted: Wanted, field: str) -> None:
    with pytest.raises(ImpossibleRequest) as refused:
        asking.plan_of(stage.opened, wanted)
    assert refused.value.field == field


def test_an_outline_that_ends_while_its_screenplay_is_asked_for_is_followed_all_the_same(
    stage: Stage, writer: WordsProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.play("answer", as_json(OUTLINE), Says(FOUNTAIN))
    outline = asking.ask(opened=stage.opened, wanted=replace(IDEA))
    generate = services.generate

    def slowly(**wanted: Any) -> Any:
        batch = generate(**wanted)
        stage.answer()
        # Its bell would ring when this transaction ends.
        steps.collect(stage.attempt(outline.job).pk)
        assert stage.attempt(outline.job).state == AttemptState.SUCCEEDED
        return batch

    monkeypatch.setattr(services, "generate", slowly)
    asking.ask(opened=stage.opened, wanted=replace(IDEA, then_screenplay=True))
    stage.settle()
    assert len(writer.orders) == 2
    assert "Mara unties the ferry in the fog." in writer.orders[1].prompt
    assert "xxx" not in writer.orders[1].prompt
    assert Script.objects.get().text == FOUNTAIN + "\n"


def test_words_never_take_all_threads_of_a_process(stage: Stage, writer: WordsProvider, settings: Any) -> None:
    settings.ENGINE = {**settings.ENGINE, "WORKER_THREADS": 6}
    for number in range(3):
        asking.ask(opened=stage.opened, wanted=replace(IDEA, idea=f"Ferry {number}."))
    stage.ask("paid")
    ProviderAccount.objects.update(max_concurrent=10)
    words, pictures = (ProviderAccount.objects.get(provider=name).pk for name in ("words", "paid"))
    claimed = [claims.claim_next(words) for _ in range(3)]
    assert [one is not None for one in claimed] == [True, True, False]
    assert claims.claim_next(pictures) is not None
    assert claimed[0] is not None
    Attempt.objects.move(claimed[0].pk, AttemptState.QUEUED, of=(AttemptState.CLAIMED,), lease_owner="")
    assert claims.claim_next(words) is not None
