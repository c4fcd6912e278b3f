"""The page to have a film written and the API of it, through the user's door."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from accounts.access import open_team
from accounts.models import ApiToken, User
from accounts.policies import Right
from accounts.rest.tokens import create_token
from generation.models import Job, Writing
from projects.models import Project
from scenes.models import Script, Shot
from scenes.services.scripts import apply_breakdown, save_script
from tests.conftest import SCRIPT
from tests.engine.stage import Stage
from tests.writing.words import FOUNTAIN, OUTLINE, Says, WordsProvider, as_json

IDEA = {"kind": "outline", "idea": "A ferry.", "minutes": "3", "then": "screenplay"}


def programs(cast: SimpleNamespace, person: User, scope: str = "spend") -> Client:
    """Return a client that comes with a token."""
    opened = open_team(person, cast.team.pk, Right.SEE)
    _, secret = create_token(opened=opened, name="Script", scopes=["read", "write", "spend"] if scope else ["read"])
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_the_whole_way_without_a_script_in_the_browser(
    stage: Stage, writer: WordsProvider, cast: SimpleNamespace, client_of: Any
) -> None:
    project = stage.opened.project
    carol = client_of(cast.carol)
    page = carol.get(f"/projects/{project.pk}/writing/").content.decode()
    assert "at most $" in page
    assert "Fable writes." in page
    writer.play("answer", as_json(OUTLINE), Says(FOUNTAIN))
    answer = carol.post(f"/projects/{project.pk}/writing/", IDEA | {"token": "one"})
    assert answer["Location"] == f"/projects/{project.pk}/script/"
    carol.post(f"/projects/{project.pk}/writing/", IDEA | {"token": "one"})
    stage.settle()
    assert len(writer.orders) == 2, "a double click asks once"
    assert Script.objects.get().text == FOUNTAIN + "\n"
    now = carol.get(f"/projects/{project.pk}/writing/now/", headers={"HX-Request": "true"}).content.decode()
    assert "Break it down" in now


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"idea": ""}, "what the film is about"),
        ({"minutes": "many"}, "0.5 to 180 minutes"),
        ({"minutes": "nan"}, "0.5 to 180 minutes"),
        ({"minutes": "1e999"}, "0.5 to 180 minutes"),
    ],
    ids=["no idea", "words", "nan", "endless"],
)
def test_a_form_that_is_refused_keeps_what_was_typed(
    stage: Stage, cast: SimpleNamespace, client_of: Any, typed: dict[str, str], said: str
) -> None:
    answer = client_of(cast.carol).post(
        f"/projects/{stage.opened.project.pk}/writing/", IDEA | {"genre": "slow western"} | typed
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert "slow western" in page
    assert Writing.objects.count() == 0


def test_an_outline_is_changed_by_hand_and_the_screenplay_follows_it(
    stage: Stage, writer: WordsProvider, cast: SimpleNamespace, client_of: Any
) -> None:
    carol, project = client_of(cast.carol), stage.opened.project
    writer.play("answer", as_json(OUTLINE), Says(FOUNTAIN))
    carol.post(f"/projects/{project.pk}/writing/", IDEA | {"then": ""})
    stage.settle()
    row = Writing.objects.get()
    address = f"/projects/{project.pk}/writing/{row.pk}/outline/"
    bad = carol.post(
        address,
        {"title": "", "logline": "x", "heading": ["A"], "happens": ["B"], "minutes": ["1"]},
        headers={"HX-Request": "true"},
    )
    assert bad.status_code == 422
    row.refresh_from_db()
    assert row.result == OUTLINE
    typed = {
        "title": "Fog",
        "logline": "She stays.",
        "heading": ["EXT. SEA - NIGHT", "", "INT. BAR - DAY"],
        "happens": ["Nothing moves.", " ", "They drink."],
        "minutes": ["1,5", "1", "2"],
        "then": "screenplay",
    }
    assert carol.post(address, typed).status_code == 302
    stage.settle()
    assert "Nothing moves." in writer.orders[1].prompt
    assert "Mara unties" not in writer.orders[1].prompt
    row.refresh_from_db()
    assert [scene["minutes"] for scene in row.result["scenes"]] == [1.5, 2.0]


def test_who_may_not_spend_reads_along_and_strangers_see_nothing(
    stage: Stage, writer: WordsProvider, cast: SimpleNamespace, client_of: Any
) -> None:
    address = f"/projects/{stage.opened.project.pk}/writing/"
    assert client_of(cast.dave).get(address).status_code == 200
    assert client_of(cast.dave).post(address, IDEA).status_code == 403
    assert client_of(cast.mallory).get(address).status_code == 404
    assert client_of(cast.mallory).post(address, IDEA).status_code == 404
    assert Writing.objects.count() == 0
    assert writer.orders == []


def test_what_is_written_about_something_of_another_project_is_refused(
    stage: Stage, writer: WordsProvider, cast: SimpleNamespace, client_of: Any
) -> None:
    other = Project.objects.create(team=cast.mallory.memberships.get().team, name="Hers")
    save_script(opened=stage.opened, text=SCRIPT)
    apply_breakdown(opened=stage.opened, version=1)
    shot = Shot.objects.of(stage.opened.project)[0]
    body = {"kind": "shots", "about": "scene", "subject": str(shot.scene_id)}
    assert client_of(cast.mallory).post(f"/projects/{other.pk}/writing/", body).status_code == 404
    about = f"/projects/{other.pk}/writing/help/scene/{shot.scene_id}/"
    assert client_of(cast.mallory).get(about, headers={"HX-Request": "true"}).status_code == 404
    assert writer.orders == []


def test_help_is_offered_where_it_helps(
    stage: Stage, writer: WordsProvider, cast: SimpleNamespace, client_of: Any
) -> None:
    save_script(opened=stage.opened, text=SCRIPT)
    apply_breakdown(opened=stage.opened, version=1)
    shot = Shot.objects.of(stage.opened.project)[0]
    carol = client_of(cast.carol)
    address = f"/projects/{stage.opened.project.pk}/writing/help/shot/{shot.pk}/"
    assert "other words" not in carol.get(address, headers={"HX-Request": "true"}).content.decode()
    (job,) = stage.ask("paid")
    Job.objects.filter(pk=job.pk).update(shot=shot, state="failed", failure_code="moderated", failure_text="Blood.")
    assert "Say it in other words" in carol.get(address, headers={"HX-Request": "true"}).content.decode()
    # The clip that was to start from it is a later job, and was refused by nobody.
    (later,) = stage.ask("paid")
    Job.objects.filter(pk=later.pk).update(shot=shot, state="failed", failure_code="input_failed", failure_text="So.")
    assert "Say it in other words" in carol.get(address, headers={"HX-Request": "true"}).content.decode()
    jobs = carol.get(f"/projects/{stage.opened.project.pk}/jobs/").content.decode()
    assert "Say it in other words" in jobs
    writer.play("answer", as_json({"text": "Red cloth in the water."}))
    stage.rung.clear()
    asked = {"kind": "soften", "about": "shot", "subject": str(shot.pk)}
    carol.post(f"/projects/{stage.opened.project.pk}/writing/", asked, headers={"HX-Request": "true"})
    stage.answer()
    assert "Blood." in writer.orders[0].prompt
    shown = carol.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Red cloth in the water." in shown
    shot.refresh_from_db()
    assert shot.prompt_by_hand == ""


def test_a_program_has_a_film_written_and_takes_a_proposal(
    stage: Stage, writer: WordsProvider, cast: SimpleNamespace
) -> None:
    carol, project = programs(cast, cast.carol), stage.opened.project
    url = f"/api/v1/projects/{project.pk}/writing"
    wanted = {"kind": "outline", "idea": "A ferry.", "minutes": 3, "then_screenplay": True}
    price = carol.post(f"{url}/estimate", wanted, content_type="application/json").json()
    assert price["model_name"] == "Fable"
    assert float(price["cost_usd"]) > 0
    writer.play("answer", as_json(OUTLINE), Says(FOUNTAIN))
    begun = carol.post(url, wanted, content_type="application/json")
    assert begun.status_code == 202, begun.json()
    stage.settle()
    listed = carol.get(url).json()["results"]
    assert [(one["kind"], one["version"]) for one in listed] == [("screenplay", 1), ("outline", None)]
    assert carol.get(f"/api/v1/writing/{listed[0]['id']}").json()["text"] == FOUNTAIN
    assert carol.get(f"/api/v1/jobs/{listed[0]['job']}").json()["result"]["text"] == FOUNTAIN
    writer.play("answer", as_json({"text": "Silence."}))
    rewrite = {"kind": "rewrite", "passage": "One more crossing.", "instruction": "She says nothing."}
    made = carol.post(url, rewrite, content_type="application/json").json()
    stage.settle()
    read = carol.get(f"/api/v1/writing/{made['id']}").json()
    assert (read["result"], read["decidable"], read["stale"]) == ({"text": "Silence."}, True, "")
    assert Script.objects.count() == 1
    taken = carol.post(f"/api/v1/writing/{made['id']}/apply", {}, content_type="application/json")
    assert taken.json()["decision"] == "accepted"
    assert "Silence." in Script.objects.order_by("-version")[0].text
    again = carol.post(f"/api/v1/writing/{made['id']}/apply", {}, content_type="application/json")
    assert (again.status_code, again.json()["error_code"]) == (409, "not_possible")


def test_a_token_that_may_only_read_has_nothing_written(
    stage: Stage, writer: WordsProvider, cast: SimpleNamespace
) -> None:
    reading = programs(cast, cast.carol, scope="")
    url = f"/api/v1/projects/{stage.opened.project.pk}/writing"
    wanted = {"kind": "outline", "idea": "A ferry."}
    assert reading.post(url, wanted, content_type="application/json").status_code == 403
    assert programs(cast, cast.carol).get(url).status_code == 200
    assert ApiToken.objects.count() == 2
    assert Writing.objects.count() == 0


def test_a_page_that_was_gone_back_to_asks_for_something_else(
    stage: Stage, writer: WordsProvider, cast: SimpleNamespace, client_of: Any
) -> None:
    address, carol = f"/projects/{stage.opened.project.pk}/writing/", client_of(cast.carol)
    carol.post(address, IDEA | {"token": "one"})
    again = carol.post(address, IDEA | {"token": "one", "idea": "A bridge."})
    assert again.status_code == 422
    token = re.search(r'name="token" value="(\w+)"', again.content.decode())
    assert token is not None
    assert carol.post(address, IDEA | {"token": token[1], "idea": "A bridge."}).status_code == 302
    assert Writing.objects.filter(kind="outline").count() == 2
