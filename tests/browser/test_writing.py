"""From an idea to the storyboard in a browser: an outline in one's own words, a screenplay that streams in for two."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, Visit
from tests.browser.looks import fine

pytestmark = pytest.mark.browser

PEOPLE = """
from accounts.models import Membership, Role, User
from accounts.services import create_team
from allauth.account.models import EmailAddress
from projects.models import Project
people = {}
for name in ("carol", "bob"):
    people[name] = User.objects.create_user(f"{name}@example.com", "correct-horse-battery-staple", name=name.title())
    EmailAddress.objects.create(user=people[name], email=people[name].email, verified=True, primary=True)
team = create_team(name="Harbour Pictures", owner=people["carol"])
Membership.objects.create(team=team, user=people["bob"], role=Role.PRODUCER)
project = Project.objects.create(team=team, name="The Last Ferry", created_by=people["carol"], rehearsal=True)
print("PROJECT", project.pk)
"""


def log_in(page: Page, server: Server, name: str) -> None:
    page.goto(f"{server.address}/accounts/login/")
    page.fill("[name=login]", f"{name}@example.com")
    page.fill("[name=password]", "correct-horse-battery-staple")
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"{server.address}/**")
    expect(page.locator("[data-me]")).to_be_attached()


def test_from_an_idea_to_the_storyboard(server: Server, visit: Callable[..., Visit]) -> None:
    server.studio.environment["REHEARSAL_SPEED"] = "0.25"
    assert server.studio.run("migrate")[0] == 0
    status, output = server.studio.run("shell", "-c", PEOPLE)
    assert status == 0, output
    found = re.search(r"PROJECT (\S+)", output)
    assert found, output
    server.start()
    project = f"{server.address}/projects/{found[1]}"
    mine, theirs = visit(), visit(390, 844)
    carol, bob = mine.page, theirs.page
    log_in(carol, server, "carol")
    log_in(bob, server, "bob")

    # The idea, with its price before anything is spent.
    carol.goto(f"{project}/writing/")
    fine(carol)
    carol.fill("[name=idea]", "A ferrywoman makes her last crossing.")
    carol.fill("[name=minutes]", "3")
    carol.press("[name=minutes]", "Tab")
    expect(carol.locator("#writing-price")).to_contain_text("at most $")
    carol.click("text=Only the outline first")
    title = carol.locator(".outline-form [name=title]")
    expect(title).to_be_visible(timeout=60_000)
    fine(carol)
    bob.goto(f"{project}/writing/")
    expect(bob.locator(".outline-form [name=title]")).to_be_visible()
    fine(bob)

    # It is changed by hand, and the screenplay follows.
    title.fill("Fog and Iron")
    carol.click("text=Keep the changes")
    expect(carol.locator(".piece summary")).to_contain_text("Fog and Iron")
    bob.goto(f"{project}/script/")
    carol.click("text=Write the screenplay")
    carol.wait_for_url("**/script/")
    stream = carol.locator("#writing-now [data-stream]")
    expect(stream).to_contain_text("EXT. HARBOUR", timeout=60_000)
    # Bob was there already and sees it without a reload; whoever comes late sees all of it so far.
    expect(bob.locator("#writing-now [data-stream]")).to_contain_text("Title: Fog and Iron")
    carol.reload()
    expect(stream).to_contain_text(re.compile(r"Title:.*EXT\. HARBOUR", re.DOTALL))

    # It is in everybody's editor as a version, and can be broken down.
    expect(carol.locator("#script-text")).to_have_value(re.compile(r"FADE OUT\.\s*$"), timeout=60_000)
    expect(bob.locator("#script-text")).to_have_value(re.compile(r"FADE OUT\.\s*$"))
    expect(carol.locator("#writing-now [data-stream]")).to_have_count(0)
    fine(carol)
    carol.locator("#writing-now").get_by_text("Break it down").click()
    carol.wait_for_url("**/breakdown/")
    carol.click("text=Make the storyboard")
    carol.wait_for_url("**/storyboard/")
    expect(carol.locator(".shot").first).to_be_visible()
    assert mine.complaints == []
    assert theirs.complaints == []


def test_stop_keeps_what_there_is_and_a_passage_is_rewritten(server: Server, visit: Callable[..., Visit]) -> None:
    server.studio.environment["REHEARSAL_SPEED"] = "1"
    assert server.studio.run("migrate")[0] == 0
    status, output = server.studio.run("shell", "-c", PEOPLE)
    assert status == 0, output
    found = re.search(r"PROJECT (\S+)", output)
    assert found, output
    server.start()
    project = f"{server.address}/projects/{found[1]}"
    window = visit()
    carol = window.page
    log_in(carol, server, "carol")
    carol.goto(f"{project}/writing/")
    carol.fill("[name=idea]", "A lighthouse that blinks by itself.")
    carol.click("text=Write it all")
    carol.wait_for_url("**/script/")
    stream = carol.locator("#writing-now [data-stream]")
    expect(stream).to_contain_text("ANNA", timeout=120_000)
    carol.locator("#writing-now").get_by_role("button", name="Stop").click()
    expect(carol.locator("#script-text")).to_have_value(re.compile("EXT. HARBOUR - DAWN"), timeout=30_000)
    expect(carol.locator("#script-text")).not_to_have_value(re.compile("FADE OUT"))
    expect(carol.locator("#writing-now")).to_contain_text("It was stopped")
    expect(carol.locator("#writing-now")).to_contain_text("Continue writing")
    # A passage: proposed beside the old words, and nothing changes before it is accepted.
    carol.evaluate(
        """() => { const area = document.querySelector("#script-text"); const at = area.value.indexOf("Fog lies");
        area.focus(); area.setSelectionRange(at, at + 24); }"""
    )
    carol.click("[aria-label='More for the script']")
    carol.click("text=Rewrite the selection")
    carol.fill("#rewrite-how", "Make it rain")
    carol.click("text=Propose other words")
    piece = carol.locator(".piece:has-text('Other words for a passage')")
    expect(piece.get_by_role("button", name="Accept")).to_be_visible(timeout=120_000)
    expect(carol.locator("#script-text")).to_have_value(re.compile("Fog lies over the water"))
    fine(carol)
    piece.get_by_role("button", name="Accept").click()
    expect(carol.locator("#script-text")).not_to_have_value(re.compile("Fog lies over the water"))
    assert window.complaints == []


CAST = """
from projects.models import Project
Project.objects.update(
    still_model="gemini-nano-banana-2.1", clip_model="gemini-omni-1.2-flash", voice_model="elevenlabs:eleven_v3"
)
"""


def test_from_one_line_to_a_film_with_voices_by_three_providers(server: Server, visit: Callable[..., Visit]) -> None:
    server.studio.environment["REHEARSAL_SPEED"] = "0.02"
    assert server.studio.run("migrate")[0] == 0
    status, output = server.studio.run("shell", "-c", PEOPLE + CAST)
    assert status == 0, output
    found = re.search(r"PROJECT (\S+)", output)
    assert found, output
    server.start()
    project = f"{server.address}/projects/{found[1]}"
    window = visit()
    carol = window.page
    log_in(carol, server, "carol")
    carol.goto(f"{project}/writing/")
    carol.fill("[name=idea]", "A ferrywoman makes her last crossing.")
    carol.click("text=Write it all")
    carol.wait_for_url("**/script/")
    expect(carol.locator("#script-text")).to_have_value(re.compile(r"FADE OUT\.\s*$"), timeout=120_000)
    carol.goto(f"{project}/script/breakdown/")
    carol.click("text=Make the storyboard")
    carol.wait_for_url("**/storyboard/")
    expect(carol.locator("#bar-film")).to_contain_text("$")
    carol.locator("#bar-film").click()
    carol.goto(f"{project}/film/")
    expect(carol.locator("a[href*='/download']").first).to_be_attached(timeout=300_000)
    rows = server.studio.rows
    served = dict(
        rows(
            "select operation, max(provider) from generation_job where state = 'succeeded' group by operation"
            " having count(distinct provider) = 1"
        )
    )
    assert served == {
        "text_to_text": "anthropic",
        "text_to_image": "gemini",
        "image_to_video": "gemini",
        "text_to_speech": "elevenlabs",
        "film": "assembly",
    }
    # Every line has a voice, and what was charged is on the books.
    assert rows("select count(*) from scenes_line where voice_id is null") == [(0,)]
    assert server.studio.run("verify_ledger")[0] == 0
    assert window.complaints == []
