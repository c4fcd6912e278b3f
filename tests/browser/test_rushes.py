"""The review in two browsers: notes at a frame, a note that becomes a take, takes side by side."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, Visit

pytestmark = pytest.mark.browser

# Two people, a shot with two clips and a still: real files, brought as people bring them.
FOOTAGE = """
import subprocess, tempfile
from pathlib import Path
from django.core.files import File
from accounts.models import Membership, Role, User
from accounts.policies import Right
from accounts.services import create_team
from allauth.account.models import EmailAddress
from generation.media import ffmpeg
from generation.uploads import upload_take
from projects.access import open_project
from projects.models import Project
from scenes.models import Shot
from scenes.services.scripts import apply_breakdown, save_script
people = {}
for name in ("carol", "dave"):
    people[name] = User.objects.create_user(f"{name}@example.com", "correct-horse-battery-staple", name=name.title())
    EmailAddress.objects.create(user=people[name], email=people[name].email, verified=True, primary=True)
team = create_team(name="Harbour Pictures", owner=people["carol"])
Membership.objects.create(team=team, user=people["dave"], role=Role.REVIEWER)
project = Project.objects.create(team=team, name="The Last Ferry", created_by=people["carol"])
opened = open_project(people["carol"], project.pk, Right.CREATE)
script = save_script(opened=opened, text="INT. KITCHEN - NIGHT\\n\\nNORA lights a lamp. Rain on the window.")
apply_breakdown(opened=opened, version=script.version)
shot = Shot.objects.of(project).first()
folder = Path(tempfile.mkdtemp())
for name, source in (("1.mp4", "testsrc2"), ("2.mp4", "smptebars"), ("3.png", "testsrc")):
    length = ["-frames:v", "1"] if name.endswith("png") else ["-t", "2"]
    command = [ffmpeg.binary(), "-f", "lavfi", "-i", f"{source}=size=640x360:rate=24", *length, "-pix_fmt", "yuv420p"]
    subprocess.run([*command, "-loglevel", "error", str(folder / name)], check=True)
    with (folder / name).open("rb") as file:
        upload_take(opened=opened, shot=shot, file=File(file), name=name)
print("PROJECT", project.pk, shot.pk)
"""


@pytest.fixture
def rushes(server: Server) -> str:
    """A started server with footage to review; the address of its rushes."""
    assert server.studio.run("migrate")[0] == 0
    status, output = server.studio.run("shell", "-c", FOOTAGE)
    assert status == 0, output
    found = re.search(r"PROJECT (\S+) (\S+)", output)
    assert found, output
    server.start()
    return f"{server.address}/projects/{found[1]}/rushes/"


def _enter(page: Page, server: Server, name: str, address: str) -> None:
    page.goto(f"{server.address}/accounts/login/")
    page.locator("input[name=login]").fill(f"{name}@example.com")
    page.locator("input[name=password]").fill("correct-horse-battery-staple")
    page.locator("input[name=password]").press("Enter")
    expect(page).to_have_url(f"{server.address}/")
    page.goto(address, wait_until="domcontentloaded")


def _draw(page: Page) -> None:
    box = page.locator("[data-ink]").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.6, steps=6)
    page.mouse.up()


def _until(page: Page, true: Callable[[], bool]) -> None:
    """Wait for something that the page does not write down; a function sent to it would need ``unsafe-eval``.

    Half a minute: a browser waits up to 20 s for a file that a page left behind was still loading.
    """
    for _ in range(600):
        if true():
            return
        page.wait_for_timeout(50)
    state = "videos => videos.map(v => [v.currentTime, v.seeking, v.readyState, v.networkState, v.error?.message])"
    raise AssertionError(f"it did not come about: {page.locator('video').evaluate_all(state)}")


def test_a_note_at_a_frame_with_a_drawing_is_seen_by_the_other(
    server: Server, rushes: str, visit: Callable[..., Visit]
) -> None:
    dave, carol = visit(), visit()
    _enter(dave.page, server, "dave", f"{rushes}?kind=clip")
    _enter(carol.page, server, "carol", f"{rushes}?kind=clip")
    expect(carol.page.locator("[data-comments]")).to_be_visible()
    carol.page.get_by_label("Your note").fill("I have not finished this")
    clock = dave.page.locator("[data-time]")
    expect(dave.page.locator("[data-length]")).to_have_text("0:02.00")
    dave.page.keyboard.press("ArrowRight")
    expect(clock).to_have_text("0:01.00")
    for _ in range(3):
        dave.page.keyboard.press(".")
    expect(clock).to_have_text("0:01.03")
    dave.page.keyboard.press(",")
    expect(clock).to_have_text("0:01.02")
    dave.page.keyboard.press("d")
    dave.page.get_by_role("button", name="Arrow").click()
    _draw(dave.page)
    dave.page.get_by_label("Your note").fill("The lamp is too bright here.")
    dave.page.get_by_role("button", name="Send", exact=True).click()

    note = carol.page.locator(".thread", has_text="The lamp is too bright here.")
    expect(note).to_be_visible(timeout=5_000)
    expect(carol.page.get_by_label("Your note")).to_have_value("I have not finished this")
    expect(carol.page.locator("[data-ink] path")).to_have_count(0)
    note.get_by_role("button", name="Show the frame at 0:01.02").click()
    expect(carol.page.locator("[data-time]")).to_have_text("0:01.02")
    expect(carol.page.locator("[data-ink] path")).to_have_count(2)

    dave.page.get_by_role("button", name="Send back").click()
    expect(carol.page.locator(".verdict .pill")).to_have_text("Sent back", timeout=5_000)
    for window in (dave, carol):
        assert not [text for text in window.complaints if "Content Security Policy" in text or "Uncaught" in text]


def test_a_note_becomes_a_take_and_closes_with_its_approval(
    server: Server, rushes: str, visit: Callable[..., Visit]
) -> None:
    dave, carol = visit().page, visit().page
    _enter(carol, server, "carol", f"{rushes}?kind=still&show=all")
    _enter(dave, server, "dave", f"{rushes}?kind=still&show=all")
    expect(dave.locator("[data-comments]")).to_be_visible()
    dave.keyboard.press("c")
    expect(dave.get_by_label("Your note")).to_be_focused()
    dave.get_by_label("Your note").fill("Seen from below.")
    dave.get_by_role("button", name="Send back").click()
    expect(dave.locator(".verdict .pill")).to_have_text("Sent back")
    expect(dave.get_by_text("An artist can make a new take from this note.")).to_be_visible()

    carol.get_by_role("button", name=re.compile("New take from note · free")).click()
    prompt = carol.get_by_label(re.compile("Prompt with the note"))
    expect(prompt).to_have_value(re.compile("Direction: Seen from below"))
    carol.get_by_role("button", name=re.compile("Make the take")).click()
    expect(carol.get_by_role("link", name="New still 2")).to_be_visible(timeout=90_000)

    dave.locator(".reel-take", has_text="Still 2").click()
    expect(dave.locator(".from-note")).to_contain_text("Seen from below.")
    dave.keyboard.press("a")
    expect(carol.get_by_text("Closed: still 2 approved")).to_be_visible(timeout=5_000)
    expect(carol.locator(".thread .pill", has_text="Done")).to_be_visible()


def test_two_takes_run_by_one_clock(server: Server, rushes: str, visit: Callable[..., Visit]) -> None:
    page = visit().page
    _enter(page, server, "carol", f"{rushes}?kind=clip")
    page.get_by_role("link", name="Compare with other takes").click()
    expect(page.locator(".screen-frame video")).to_have_count(2)
    expect(page.locator("[data-length]")).to_have_text("0:02.00")
    page.keyboard.press("ArrowRight")
    for _ in range(5):
        page.keyboard.press(".")
    expect(page.locator("[data-time]")).to_have_text("0:01.05")

    def places() -> list[int]:
        frames = "videos => videos.map(video => Math.floor(video.currentTime * 24))"
        return list(page.locator(".screen-frame video").evaluate_all(frames))

    _until(page, lambda: places() == [29, 29])
    page.keyboard.press("l")
    _until(page, lambda: min(places()) > 36)
    page.keyboard.press("k")
    at = places()
    assert abs(at[0] - at[1]) <= 2
    page.get_by_role("button", name="Wipe").click()
    page.get_by_label("Where the second take begins").fill("30")
    clipped = page.locator(".screen-frame[data-other]").evaluate("frame => getComputedStyle(frame).clipPath")
    assert "30%" in clipped
    expect(page.get_by_role("row", name=re.compile("Model"))).to_contain_text("Brought: 1.mp4")
