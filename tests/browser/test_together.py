"""Two people at once: a comment with a mention, who is here, a lost connection, and one mail for what was missed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Server, Visit

pytestmark = pytest.mark.browser

PEOPLE = """
from accounts.models import Membership, Role, User
from accounts.policies import Right
from accounts.services import create_team
from allauth.account.models import EmailAddress
from projects.access import open_project
from projects.inbox import choose_mail
from projects.models import Project
from scenes.services.scripts import apply_breakdown, save_script
people = {}
for name in ("carol", "bob"):
    people[name] = User.objects.create_user(f"{name}@example.com", "correct-horse-battery-staple", name=name.title())
    EmailAddress.objects.create(user=people[name], email=people[name].email, verified=True, primary=True)
team = create_team(name="Harbour Pictures", owner=people["carol"])
Membership.objects.create(team=team, user=people["bob"], role=Role.REVIEWER)
choose_mail(user=people["bob"], pace="at_once", hour=8, zone="", muted=[])
project = Project.objects.create(team=team, name="The Last Ferry", created_by=people["carol"])
opened = open_project(people["carol"], project.pk, Right.CREATE)
script = save_script(opened=opened, text="EXT. HARBOUR - DAWN\\n\\nFog. MARA unties the ferry.")
apply_breakdown(opened=opened, version=script.version)
print("PROJECT", project.pk)
"""


@dataclass
class Room:
    """A started server with a project, two people in front of it, and what was mailed."""

    server: Server
    address: str
    carol: Visit
    bob: Visit
    mails: Path

    def mailed(self) -> list[str]:
        """Return the mails that went out."""
        return [path.read_text() for path in self.mails.glob("*")] if self.mails.exists() else []


@pytest.fixture
def room(server: Server, visit: Callable[..., Visit], tmp_path: Path) -> Room:
    """Carol and Bob, logged in."""
    mails = tmp_path / "mails"
    server.studio.environment |= {"EMAIL_URL": f"filemail:///{mails}", "ENGINE_SWEEP_SECONDS": "1"}
    assert server.studio.run("migrate")[0] == 0
    status, output = server.studio.run("shell", "-c", PEOPLE)
    assert status == 0, output
    found = re.search(r"PROJECT (\S+)", output)
    assert found, output
    server.start()
    visits: list[Visit] = []
    for name in ("carol", "bob"):
        window = visit()
        page = window.page
        page.goto(f"{server.address}/accounts/login/")
        page.locator("input[name=login]").fill(f"{name}@example.com")
        page.locator("input[name=password]").fill("correct-horse-battery-staple")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/$"))
        visits.append(window)
    carol, bob = visits
    return Room(server, f"{server.address}/projects/{found[1]}/", carol, bob, mails)


def test_a_mention_is_seen_at_once_and_mailed_once(room: Room) -> None:
    carol, bob = room.carol.page, room.bob.page
    carol.goto(room.address)
    bob.goto(room.address)
    area = carol.locator("[data-comments] > form textarea")
    half_written = bob.locator("[data-comments] > form textarea")
    # Who is here is lit up for the other.
    expect(carol.locator(".people .avatar.here")).to_have_count(2)

    half_written.fill("I was about to say")
    area.press_sequentially("One more beat, @bo")
    expect(carol.get_by_role("option", name="Bob")).to_have_attribute("aria-selected", "true")
    expect(area).to_have_attribute("aria-activedescendant", re.compile("names-"))
    carol.keyboard.press("Enter")
    expect(area).to_have_value("One more beat, @Bob ")
    begun = time.monotonic()
    carol.keyboard.press("Control+Enter")
    expect(bob.locator(".comment-text")).to_have_text("One more beat, @Bob")
    expect(bob.locator(".bell .badge")).to_have_text("1")
    print(f"seen by the other after {time.monotonic() - begun:.2f} s")
    expect(half_written).to_have_value("I was about to say")
    expect(area).to_have_value("")
    expect(carol.locator(".bell .badge")).to_be_empty()

    # Bob answers; Carol sees it in the thread, resolves it, and Bob sees that.
    bob.get_by_role("button", name="Reply").click()
    bob.keyboard.type("Agreed.")
    bob.keyboard.press("Control+Enter")
    expect(carol.locator(".answers .comment-text")).to_have_text("Agreed.")
    carol.get_by_role("button", name="Resolve").click()
    expect(bob.locator(".thread.is-resolved")).to_have_count(1)
    expect(half_written).to_have_value("I was about to say")

    # Deleted and taken back: what Bob is writing is still there.
    carol.locator(".thread > .comment").get_by_role("button", name="Delete").click()
    expect(bob.locator(".thread")).to_have_count(0)
    carol.locator(".toast [data-undo]").click()
    expect(bob.locator(".thread")).to_have_count(1)
    expect(half_written).to_have_value("I was about to say")

    # The mail that is due comes once, whatever the sweep does.
    until = time.monotonic() + 20
    while not room.mailed() and time.monotonic() < until:
        bob.wait_for_timeout(200)
    bob.wait_for_timeout(2500)
    (mail,) = [text for text in room.mailed() if "mentions you" in text]
    assert "To: bob@example.com" in mail
    assert "List-Unsubscribe:" in mail

    bob.locator(".bell").click()
    bob.get_by_role("link", name="Carol mentions you").click()
    expect(bob).to_have_url(room.address)
    expect(bob.locator(".bell .badge")).to_be_empty()
    assert room.carol.complaints == []
    assert room.bob.complaints == []


def test_a_colleague_on_a_shot_is_seen_and_leaves(room: Room) -> None:
    carol, bob = room.carol.page, room.bob.page
    carol.goto(f"{room.address}storyboard/")
    bob.goto(f"{room.address}storyboard/")
    bob.locator(".shot").first.click()
    expect(carol.locator(".shot").first.locator(".here-on")).to_have_attribute("title", "Bob is here")
    bob.close()
    expect(carol.locator(".here-on")).to_have_count(0, timeout=4000)
    expect(carol.locator(".people .avatar.here")).to_have_count(1)


def test_what_came_while_the_connection_was_lost_is_there(room: Room) -> None:
    carol, bob = room.carol.page, room.bob.page
    carol.goto(room.address)
    bob.goto(room.address)
    draft = bob.locator("[data-comments] > form textarea")
    draft.fill("Half a thought")
    expect(carol.locator(".people .avatar.here")).to_have_count(2)
    room.server.kill()
    expect(bob.locator("#connection")).to_have_text("Reconnecting …")
    room.server.start()
    area = carol.locator("[data-comments] > form textarea")
    area.fill("Said in between.")
    carol.locator("[data-comments] > form [type=submit]").click()
    expect(bob.locator(".comment-text")).to_have_text("Said in between.", timeout=30_000)
    expect(bob.locator("#connection")).to_be_hidden()
    expect(draft).to_have_value("Half a thought")
