"""Elements and files in two browsers: a changed character, the shots that show her as she was, and files by drop."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, Visit
from tests.browser.looks import fine

pytestmark = pytest.mark.browser
# What others see comes within a second, on a machine that does nothing else.
expect.set_options(timeout=20_000)

STUDIO = """
from accounts.models import Membership, Role, User
from accounts.policies import Right
from accounts.services import create_team
from allauth.account.models import EmailAddress
from projects.access import open_project
from projects.models import Project
from scenes.services.scripts import apply_breakdown, save_script
people = {}
for name in ("carol", "dave"):
    people[name] = User.objects.create_user(f"{name}@example.com", "correct-horse-battery-staple", name=name.title())
    EmailAddress.objects.create(user=people[name], email=people[name].email, verified=True, primary=True)
team = create_team(name="Harbour Pictures", owner=people["carol"])
Membership.objects.create(team=team, user=people["dave"], role=Role.REVIEWER)
project = Project.objects.create(team=team, name="The Last Ferry", created_by=people["carol"])
opened = open_project(people["carol"], project.pk, Right.CREATE)
text = "INT. KITCHEN - NIGHT\\n\\nNORA lights a lamp.\\n\\nEXT. PIER - DAWN\\n\\nNORA waits.\\n\\nNORA\\nYou are late."
script = save_script(opened=opened, text=text)
apply_breakdown(opened=opened, version=script.version)
print("PROJECT", project.pk)
"""


@pytest.fixture
def project(server: Server) -> str:
    """A started server with a script broken down; the address of its project."""
    assert server.studio.run("migrate")[0] == 0
    status, output = server.studio.run("shell", "-c", STUDIO)
    assert status == 0, output
    found = re.search(r"PROJECT (\S+)", output)
    assert found, output
    server.start()
    return f"{server.address}/projects/{found[1]}/"


def _enter(page: Page, server: Server, name: str, address: str) -> None:
    page.goto(f"{server.address}/accounts/login/")
    page.locator("input[name=login]").fill(f"{name}@example.com")
    page.locator("input[name=password]").fill("correct-horse-battery-staple")
    page.locator("input[name=password]").press("Enter")
    expect(page).to_have_url(f"{server.address}/")
    page.goto(address)


def test_a_changed_character_is_made_anew_where_it_is_wanted(
    server: Server, project: str, visit: Callable[..., Visit]
) -> None:
    window, other = visit(), visit()
    page, watching = window.page, other.page
    _enter(page, server, "carol", f"{project}storyboard/")
    page.locator("#bar-stills").click()
    shots = page.locator("[data-shot] .still img")
    expect(shots).to_have_count(page.locator("[data-shot]").count(), timeout=60_000)

    page.goto(f"{project}elements/")
    fine(page, context="#main")
    page.get_by_role("link", name="Nora").click()
    expect(page.get_by_role("heading", name="Voice")).to_be_visible()
    expect(page.locator(".redo")).to_have_count(0)
    address = page.url
    _enter(watching, server, "dave", address)
    page.get_by_label("What they look like").fill("A tall woman in a red coat, with short white hair.")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name=re.compile("shots show Nora as they were"))).to_be_visible()
    # Dave sees it without a reload, and may look only.
    expect(watching.get_by_label("What they look like")).to_have_value(re.compile("red coat"))
    expect(watching.get_by_role("heading", name=re.compile("as they were"))).to_be_visible()
    expect(watching.locator(".redo button")).to_have_count(0)
    fine(page, context="#main")

    boxes = page.locator(".redo-shot input")
    total = boxes.count()
    assert total >= 2
    for index in range(1, total):
        boxes.nth(index).uncheck()
    button = page.get_by_role("button", name=re.compile(r"^1 still · free · "))
    expect(button).to_be_visible()
    button.click()
    expect(page.locator(".redo-shot")).to_have_count(total - 1, timeout=60_000)
    expect(watching.locator(".redo-shot")).to_have_count(total - 1)

    # The storyboard says why the others are old.
    page.goto(f"{project}storyboard/")
    expect(page.locator(".stale:visible")).to_have_count(total - 1)
    expect(page.locator(".stale:visible").first).to_have_text("Nora changed")
    assert not [text for text in window.complaints if "Content Security Policy" in text or "Uncaught" in text]


def test_a_name_is_found_behind_an_at_by_keyboard(server: Server, project: str, visit: Callable[..., Visit]) -> None:
    page = visit().page
    _enter(page, server, "carol", f"{project}storyboard/")
    page.locator("[data-shot]").first.click()
    prompt = page.get_by_label(re.compile("^Prompt"))
    prompt.fill("At the window ")
    prompt.press("End")
    prompt.press_sequentially("@no")
    expect(page.get_by_role("option", name=re.compile("Nora"))).to_be_visible()
    prompt.press("Enter")
    expect(prompt).to_have_value("At the window @nora ")
    expect(page.locator(".named")).to_contain_text("Nora")
    prompt.press_sequentially("@nobody ")
    expect(page.locator(".named")).to_contain_text("nobody is called that")


def test_files_come_by_drop_and_a_bad_one_stops_no_other(
    server: Server, project: str, visit: Callable[..., Visit]
) -> None:
    window = visit()
    page = window.page
    _enter(page, server, "carol", f"{project}assets/")
    fine(page, context="#main")
    pictures = []
    for shade in (40, 200):
        file = io.BytesIO()
        Image.new("RGB", (320, 180), (shade, 90, 60)).save(file, "PNG")
        pictures.append(base64.b64encode(file.getvalue()).decode())
    page.evaluate(
        """([first, second]) => {
            const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes(first)], "fog.png", { type: "image/png" }));
            transfer.items.add(new File(["no picture at all"], "broken.png", { type: "image/png" }));
            transfer.items.add(new File([bytes(second)], "pier.png", { type: "image/png" }));
            document.querySelector("#assets").dispatchEvent(
                new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }""",
        pictures,
    )
    expect(page.locator(".upload-row.refused")).to_contain_text("broken.png")
    expect(page.locator(".upload-row.refused")).to_contain_text("JPEG, PNG or WebP")
    files = page.locator("a.asset")
    expect(files).to_have_count(2)
    page.get_by_role("link", name=re.compile("fog.png")).click()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("320 × 180")
    fine(page, context="#main")
    panel.get_by_role("button", name="Delete").click()
    expect(files).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(files).to_have_count(2)
    assert not [text for text in window.complaints if "Content Security Policy" in text or "Uncaught" in text]
