"""The storyboard in two browsers: what one person moves, plans and cuts is seen by the other without a reload."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, Visit

pytestmark = pytest.mark.browser

PEOPLE = """
from accounts.models import Membership, Role, User
from accounts.policies import Right
from accounts.services import create_team
from allauth.account.models import EmailAddress
from projects.access import open_project
from projects.models import Project
from scenes.services.scripts import apply_breakdown, save_script
people = {}
for name in ("carol", "bob"):
    people[name] = User.objects.create_user(f"{name}@example.com", "correct-horse-battery-staple", name=name.title())
    EmailAddress.objects.create(user=people[name], email=people[name].email, verified=True, primary=True)
team = create_team(name="Harbour Pictures", owner=people["carol"])
Membership.objects.create(team=team, user=people["bob"], role=Role.PRODUCER)
project = Project.objects.create(team=team, name="The Last Ferry", created_by=people["carol"])
opened = open_project(people["carol"], project.pk, Right.CREATE)
script = save_script(opened=opened, text='''EXT. HARBOUR - DAWN

Fog lies on the water. Nothing moves. MARA unties the last ferry with both hands.

MARA
One more crossing. Then the bridge has you all, and nobody will need the boat.

TOM
Wait for me, please wait for me!

INT. WHEELHOUSE - DAY

She sets the wheel. The engine coughs and catches.
''')
apply_breakdown(opened=opened, version=script.version)
print("PROJECT", project.pk)
"""


@dataclass
class Room:
    """A started server with a storyboard, and two people in front of it."""

    address: str
    carol: Page
    bob: Page

    def go(self, where: str = "storyboard/") -> None:
        """Let both look at a page of the project."""
        for page in (self.carol, self.bob):
            page.goto(f"{self.address}{where}")
            expect(page.locator(".shot").first).to_be_visible()
            # The socket is open, so that nothing of what follows is missed.
            page.evaluate("document.body.dataset.sameDocument = 'yes'")


@pytest.fixture
def room(server: Server, visit: Callable[..., Visit]) -> Room:
    """Carol and Bob, logged in."""
    assert server.studio.run("migrate")[0] == 0
    status, output = server.studio.run("shell", "-c", PEOPLE)
    assert status == 0, output
    found = re.search(r"PROJECT (\S+)", output)
    assert found, output
    server.start()
    pages = []
    for name in ("carol", "bob"):
        page = visit().page
        page.goto(f"{server.address}/accounts/login/")
        page.locator("input[name=login]").fill(f"{name}@example.com")
        page.locator("input[name=password]").fill("correct-horse-battery-staple")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/$"))
        pages.append(page)
    return Room(f"{server.address}/projects/{found[1]}/", *pages)


def labels(page: Page, scene: str = "1") -> list[str]:
    found: list[str] = page.locator(f"#scene-{scene} .shot").evaluate_all("all => all.map(one => one.dataset.label)")
    return found


def test_shots_dragged_and_moved_by_keys_are_seen_by_the_other(room: Room) -> None:
    room.go()
    before = labels(room.carol)
    assert len(before) >= 3
    first = room.carol.locator("#scene-1 .shot").first
    first.focus()
    room.carol.keyboard.press("Alt+ArrowRight")
    expect(first).not_to_have_attribute("data-label", before[0])
    moved = [before[1], before[0], *before[2:]]
    expect(room.bob.locator("#scene-1 .shot").first).to_have_attribute("data-label", moved[0])
    assert labels(room.bob) == moved
    assert labels(room.carol) == moved

    card, target = (room.carol.locator("#scene-1 .shot").nth(place) for place in (0, 2))
    card.hover()
    grip, box = card.locator(".grip").bounding_box(), target.bounding_box()
    assert grip
    assert box
    room.carol.mouse.move(grip["x"] + 8, grip["y"] + 8)
    room.carol.mouse.down()
    room.carol.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=8)
    room.carol.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 60, steps=4)
    room.carol.mouse.up()
    expect(room.bob.locator("#scene-1 .shot").first).not_to_have_attribute("data-label", moved[0])
    assert labels(room.bob) == labels(room.carol)

    # A scene is moved by its heading.
    room.carol.locator("#scene-2 header a").focus()
    room.carol.keyboard.press("Alt+ArrowUp")
    expect(room.bob.locator(".scene").first).to_have_attribute("data-number", "2")
    assert room.bob.evaluate("document.body.dataset.sameDocument") == "yes"


def test_shots_are_planned_together_filtered_and_moved_across_the_board(room: Room) -> None:
    room.go()
    carol, bob = room.carol, room.bob
    carol.locator("#scene-1 .shot").nth(0).click()
    carol.locator("#scene-1 .shot").nth(1).click(modifiers=["Shift"])
    expect(carol.locator("#picked")).to_contain_text("2 shots selected")
    carol.get_by_role("toolbar").get_by_role("button", name="Give to").click()
    carol.get_by_role("menuitem", name="Bob").click()
    expect(carol.locator(".toast")).to_contain_text("2 shots: given to Bob.")
    expect(bob.locator("#scene-1 .shot .marks .avatar")).to_have_count(2)
    carol.keyboard.press("t")
    carol.get_by_role("menu", name="Status").get_by_role("menuitem", name="Approved").click()
    expect(bob.locator("#scene-1 .shot .pill.ok")).to_have_count(2)

    # Bob sees only what is his, and the address keeps it.
    bob.locator("#filter-person").select_option("me")
    expect(bob.locator(".shot:visible")).to_have_count(2)
    bob.reload()
    expect(bob).to_have_url(re.compile(r"person=me"))
    expect(bob.locator(".shot:visible")).to_have_count(2)
    bob.locator("#filter-q").fill("zebra")
    expect(bob.get_by_text("No shot is like that.")).to_be_visible()
    bob.locator("#board-nothing").get_by_role("button", name="Show all").click()
    bob.get_by_role("link", name="By status").click()
    expect(bob.locator("[data-column=approved] .shot")).to_have_count(2)
    card = bob.locator("[data-column=approved] .shot").first
    label = card.get_attribute("data-label")
    card.focus()
    bob.keyboard.press("Alt+ArrowLeft")
    expect(bob.locator(f"[data-column=changes] [data-label='{label}']")).to_be_visible()
    expect(carol.locator(f"#scene-1 [data-label='{label}'] .pill.warn")).to_be_visible()
    assert carol.evaluate("document.body.dataset.sameDocument") == "yes"


def test_a_long_board_scrolls_in_its_room_and_nowhere_else(room: Room) -> None:
    room.carol.set_viewport_size({"width": 1280, "height": 420})
    room.go()
    assert room.carol.locator("#main").evaluate("main => main.scrollHeight > main.clientHeight")
    assert room.carol.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_what_a_shots_buttons_do_leaves_what_is_typed(room: Room) -> None:
    room.go()
    carol = room.carol
    before = labels(carol)
    carol.locator("#scene-1 .shot").first.click()
    prompt = carol.locator("#shot-prompt")
    prompt.fill("A gull, and nothing else.")
    seconds = float(carol.locator("#shot-seconds").input_value())
    carol.locator("#split-seconds").fill("900")
    carol.get_by_role("button", name="Split", exact=True).click()
    expect(carol.get_by_role("alert")).to_contain_text("Split it between")
    carol.locator("#split-seconds").fill(f"{seconds / 2}")
    carol.get_by_role("button", name="Split", exact=True).click()
    expect(carol.locator("#scene-1 .shot")).to_have_count(len(before) + 1)
    expect(prompt).to_have_value("A gull, and nothing else.")
    # What was not typed follows: saving the prompt must not make the shot as long as it was.
    expect(carol.locator("#shot-seconds")).to_have_value(re.compile(f"^{seconds / 2:g}$"))
    expect(carol.get_by_role("alert")).to_have_count(0)
    carol.locator(".toast").get_by_role("button", name="Undo").click()
    expect(carol.locator("#shot-seconds")).to_have_value(f"{seconds:g}")
    carol.locator(".shot-more").get_by_role("button", name="Omit").click()
    expect(carol.get_by_text("This shot is left out of the film.")).to_be_visible()
    carol.get_by_role("button", name="Put it back").click()
    expect(carol.get_by_text("This shot is left out of the film.")).to_have_count(0)
    expect(carol.locator("#split-seconds")).to_be_visible()
    expect(prompt).to_have_value("A gull, and nothing else.")
    carol.get_by_role("button", name="Move later in the scene").click()
    expect(carol.locator("#scene-1 .shot").nth(1)).to_have_attribute("data-label", before[0])
    expect(prompt).to_have_value("A gull, and nothing else.")
    assert carol.evaluate("document.body.dataset.sameDocument") == "yes"
    carol.locator(".shot-save").get_by_role("button", name="Save").click()
    expect(carol.locator(".by-hand")).to_be_visible()
    expect(prompt).to_have_value("A gull, and nothing else.")


def test_a_shot_is_split_inserted_and_taken_back_while_the_other_is_typing(room: Room) -> None:
    room.go()
    carol, bob = room.carol, room.bob
    before = labels(carol)
    bob.locator("#scene-1 .shot").first.click()
    prompt = bob.locator("#shot-prompt")
    prompt.fill("Bob is writing here")
    carol.locator("#scene-1 .shot").first.focus()
    carol.keyboard.press("s")
    expect(carol.locator(".toast")).to_contain_text("is split")
    expect(bob.locator("#scene-1 .shot")).to_have_count(len(before) + 1)
    expect(prompt).to_have_value("Bob is writing here")
    assert bob.evaluate("document.body.dataset.sameDocument") == "yes"
    carol.locator(".toast").get_by_role("button", name="Undo").click()
    expect(carol.locator("#scene-1 .shot.is-omitted")).to_have_count(1)
    expect(bob.locator("#scene-1 .shot.is-omitted")).to_have_count(1)
    carol.locator("#scene-1 .shot").first.focus()
    carol.keyboard.press("n")
    expect(carol.locator("#scene-1 .shot[aria-selected=true]")).to_have_attribute("data-label", re.compile(r"^1[A-Z]$"))
    expect(bob.locator("#scene-1 .shot")).to_have_count(len(before) + 2)
    expect(prompt).to_have_value("Bob is writing here")

    # A scene behind the first one has its letter.
    carol.locator("#scene-1").hover()
    carol.get_by_role("button", name="Scene 1: more").click()
    carol.get_by_role("menuitem", name="Insert a scene behind it").click()
    carol.get_by_label("Heading").fill("INT. CABIN - NIGHT")
    carol.get_by_role("button", name="Insert the scene").click()
    expect(bob.locator("#scene-1A")).to_contain_text("INT. CABIN - NIGHT")
    carol.keyboard.press("?")
    expect(carol.get_by_role("dialog", name="Keys")).to_be_visible()
