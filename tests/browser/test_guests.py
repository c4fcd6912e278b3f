"""A producer lets a client in: two browsers, a password, a note on a frame, a yes, and the end of it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Server, Visit
from tests.browser.looks import fine

pytestmark = pytest.mark.browser

# A producer, and a film of two shots of which one has a clip: a real file, brought as people bring them.
FOOTAGE = """
import subprocess, tempfile
from pathlib import Path
from django.core.files import File
from accounts.models import User
from accounts.policies import Right
from accounts.services import create_team
from allauth.account.models import EmailAddress
from generation.media import ffmpeg
from generation.uploads import upload_take
from projects.access import open_project
from projects.models import Project
from scenes.models import Shot
from scenes.services.scripts import apply_breakdown, save_script
bob = User.objects.create_user("bob@example.com", "correct-horse-battery-staple", name="Bob")
EmailAddress.objects.create(user=bob, email=bob.email, verified=True, primary=True)
team = create_team(name="Harbour Pictures", owner=bob)
project = Project.objects.create(team=team, name="The Last Ferry", created_by=bob)
opened = open_project(bob, project.pk, Right.CREATE)
text = "INT. KITCHEN - NIGHT\\n\\nNORA lights a lamp.\\n\\nEXT. PIER - DAWN\\n\\nNORA waits."
apply_breakdown(opened=opened, version=save_script(opened=opened, text=text).version)
path = Path(tempfile.mkdtemp()) / "clip.mp4"
command = [ffmpeg.binary(), "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=24", "-t", "3", "-pix_fmt", "yuv420p"]
subprocess.run([*command, "-loglevel", "error", str(path)], check=True)
with path.open("rb") as file:
    upload_take(opened=opened, shot=Shot.objects.of(project).first(), file=File(file), name=path.name)
print("PROJECT", project.pk)
"""


@pytest.fixture
def project(server: Server) -> str:
    """A started server with a film; the address of its project."""
    assert server.studio.run("migrate")[0] == 0
    status, output = server.studio.run("shell", "-c", FOOTAGE)
    assert status == 0, output
    found = re.search(r"PROJECT (\S+)", output)
    assert found, output
    server.start()
    return f"{server.address}/projects/{found[1]}/"


def test_a_client_watches_writes_on_a_frame_approves_and_is_sent_away(
    server: Server, project: str, visit: Callable[..., Visit]
) -> None:
    bob = visit().page
    bob.goto(f"{server.address}/accounts/login/")
    bob.locator("input[name=login]").fill("bob@example.com")
    bob.locator("input[name=password]").fill("correct-horse-battery-staple")
    bob.locator("input[name=password]").press("Enter")
    expect(bob).to_have_url(f"{server.address}/")
    fine(bob)
    bob.goto(f"{project}review-links/")
    bob.get_by_role("link", name="Share for review").first.click()
    dialog = bob.get_by_role("dialog", name="Share for review")
    dialog.get_by_label("Title").fill("First cut for Vera")
    dialog.get_by_label("Password").fill("low tide")
    dialog.get_by_label("They are asked to approve").check()
    fine(bob)
    dialog.get_by_role("button", name="Make the link").click()
    address = dialog.locator("[data-copy]").get_attribute("data-copy")
    assert address is not None
    bob.goto(f"{project}review-links/")
    card = bob.locator("li.link")
    expect(card).to_contain_text("Nobody has looked yet")

    window = visit()
    vera = window.page
    vera.goto(address)
    expect(vera.get_by_role("heading")).not_to_contain_text("Vera")
    fine(vera)
    vera.get_by_label("Your name").fill("Vera Client")
    vera.get_by_label("Password").fill("high tide")
    vera.get_by_role("button", name="Watch").click()
    expect(vera.get_by_role("alert")).to_contain_text("That is not the password")
    expect(vera.get_by_label("Your name")).to_have_value("Vera Client")
    vera.get_by_label("Password").fill("low tide")
    vera.get_by_role("button", name="Watch").click()
    expect(vera.get_by_role("heading", name="First cut for Vera")).to_be_visible()
    expect(vera.locator(".watermark")).to_contain_text("Vera Client")
    clip = vera.locator(".layer video")
    expect(clip.first).to_be_attached()
    assert clip.first.evaluate("clip => clip.play().then(() => clip.pause() ?? clip.videoWidth)") > 0

    vera.keyboard.press("ArrowRight")
    expect(vera.locator("#time")).to_have_text("0:01.00")
    vera.keyboard.press("d")
    frame = vera.locator("[data-frame]").bounding_box()
    assert frame is not None
    middle = (frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2)
    vera.mouse.move(*middle)
    vera.mouse.down()
    vera.mouse.move(middle[0] + 80, middle[1] + 40, steps=5)
    vera.mouse.up()
    expect(vera.locator("[data-ink] path").first).to_be_attached()
    vera.get_by_label("Your note at").fill("Could the lamp be warmer?")
    vera.get_by_role("button", name="Send the note").click()
    expect(vera.locator("#notes")).to_contain_text("Could the lamp be warmer?")
    expect(vera.locator("#notes [data-go]")).to_contain_text("0:01.00")
    # What slipped out is taken back; the drawing stays with the first note.
    vera.get_by_label("Your note at").fill("No, the other one.")
    vera.get_by_role("button", name="Send the note").click()
    slip = vera.locator("#notes li", has_text="No, the other one.")
    slip.get_by_role("button", name="Take this note back").click()
    expect(slip).to_have_count(0)
    vera.get_by_role("button", name="Approve").click()
    expect(vera.locator("#verdict-said")).to_contain_text("You have approved the film")
    fine(vera)

    # No reload on the producer's side.
    expect(card).to_contain_text("1 open note", timeout=3000)
    expect(card).to_contain_text("1 approved", timeout=3000)
    expect(card).to_contain_text("1 view,")
    fine(bob)

    card.get_by_role("button", name="Close the link").click()
    expect(bob.get_by_role("status")).to_contain_text("is closed")
    expect(vera.get_by_role("heading", name="This review is closed")).to_be_visible(timeout=20_000)
    assert vera.locator("video").count() == 0
    vera.goto(address)
    expect(vera.get_by_role("heading", name="This review is closed")).to_be_visible()
    assert "Ferry" not in vera.content()
    card.get_by_role("button", name="Open again").click()
    expect(card).to_contain_text("Open")
    vera.goto(address)
    expect(vera.locator("#notes")).to_contain_text("Could the lamp be warmer?")
    assert not [text for text in window.complaints if "Content Security Policy" in text or "Uncaught" in text]


def test_on_a_phone_every_page_is_reached(server: Server, project: str, visit: Callable[..., Visit]) -> None:
    phone = visit(width=390, height=844).page
    phone.goto(f"{server.address}/accounts/login/")
    phone.locator("input[name=login]").fill("bob@example.com")
    phone.locator("input[name=password]").fill("correct-horse-battery-staple")
    phone.locator("input[name=password]").press("Enter")
    expect(phone).to_have_url(f"{server.address}/")
    phone.goto(project)
    fine(phone)
    menu = phone.get_by_role("navigation", name="Project")
    assert menu.locator("a, button").filter(visible=True).count() == 5
    for page in ("Elements", "Assets", "Jobs", "Costs", "Try a model", "Activity", "Review links", "Trash", "Settings"):
        phone.get_by_role("button", name="More").click()
        phone.get_by_role("navigation", name="More of the project").get_by_role("link", name=page).click()
        expect(phone.get_by_role("heading", level=1)).to_contain_text(page.split()[0])
