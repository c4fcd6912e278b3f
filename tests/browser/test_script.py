"""Two people on one script, a server that dies while somebody types, and a deletion taken back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, Visit
from tests.browser.test_main_job import _sign_up

pytestmark = pytest.mark.browser

SCRIPT = """INT. KITCHEN - NIGHT

NORA lights a lamp.

Rain on the window.

EXT. PIER - DAWN

A figure waits at the end.
"""


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    """A busy machine may take a while for what people see at once on theirs."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


def _begin(page: Page, server: Server) -> str:
    """Make an account and a project with a script; return the script page's address."""
    _sign_up(page, server, "carol@example.com")
    page.goto(f"{server.address}/projects/new/")
    page.locator("#id_text").fill(SCRIPT)
    page.get_by_role("button", name="Begin").click()
    expect(page).to_have_url(re.compile("/projects/[0-9a-f-]{36}/"))
    found = re.search(r"/projects/[0-9a-f-]{36}/", page.url)
    assert found
    return f"{server.address}{found[0]}script/"


def _write(page: Page, instead_of: str, words: str) -> None:
    """Select some words of the script and type others in their place."""
    page.locator("#script-text").evaluate(
        """(text, words) => {
            const at = text.value.indexOf(words);
            text.focus();
            text.setSelectionRange(at, at + words.length);
        }""",
        instead_of,
    )
    page.keyboard.insert_text(words)


def _second_window(first: Page, visit: Callable[..., Visit]) -> Page:
    """A colleague's browser: the same account serves, a window is a writer of its own."""
    other = visit().page
    other.context.add_cookies(first.context.cookies())  # type: ignore[arg-type]
    return other


def _text(page: Page) -> str:
    return page.locator("#script-text").input_value()


def test_two_people_write_one_script(server: Server, visit: Callable[..., Visit]) -> None:
    server.start()
    window = visit()
    carol = window.page
    address = _begin(carol, server)
    bob = _second_window(carol, visit)
    for page in (carol, bob):
        page.goto(address)
        expect(page.locator("#script-version")).to_contain_text("Version 1")

    # Different paragraphs: each keeps what they write, and gets what the other wrote.
    _write(bob, "Rain on the window.", "Snow on the window.")
    _write(carol, "NORA lights a lamp.", "NORA blows out a lamp.")
    carol.keyboard.press("Control+s")
    expect(bob.locator("#script-told")).to_contain_text("put together with your text")
    bob.get_by_role("button", name="Save").click()
    expect(bob.locator("#script-state")).to_contain_text("Saved")
    expect(carol.locator("#script-text")).to_have_value(re.compile("Snow on the window"))
    for page in (carol, bob):
        assert "NORA blows out a lamp.\n\nSnow on the window." in _text(page)

    # The same paragraph: told at once, both texts are shown, and one chooses.
    _write(bob, "A figure waits", "Two figures wait")
    _write(carol, "A figure waits", "Nobody waits")
    carol.keyboard.press("Control+s")
    expect(bob.locator("#script-told")).to_contain_text("changed the same part as you")
    assert "Two figures wait" in _text(bob)
    bob.get_by_role("button", name="Look at both").click()
    choices = bob.get_by_role("dialog")
    # What is new stands beside what is gone, word for word.
    expect(choices).to_contain_text(re.compile("Two.*figures.*wait"))
    expect(choices).to_contain_text(re.compile("Nobody.*waits"))
    choices.get_by_role("radio", name=re.compile("^Yours")).check()
    choices.get_by_role("button", name="Put it together").click()
    expect(bob.locator("#script-state")).to_contain_text("Saved")
    expect(carol.locator("#script-text")).to_have_value(re.compile("Two figures wait"))
    assert not [text for text in window.complaints if "Content Security Policy" in text or "Uncaught" in text]

    # Nothing of it is lost: the version that was not chosen can be read and taken back.
    carol.goto(f"{address}versions/")
    carol.locator(".version-list li a").nth(1).click()
    expect(carol.locator(".diff")).to_contain_text("Nobody waits")
    carol.get_by_role("button", name="Restore").click()
    expect(carol.locator("#script-text")).to_have_value(re.compile("Nobody waits"))


def test_what_is_typed_survives_a_dead_server_and_a_closed_tab(server: Server, visit: Callable[..., Visit]) -> None:
    server.start()
    page = visit().page
    address = _begin(page, server)
    page.goto(address)
    expect(page.locator("#script-version")).to_contain_text("Version 1")
    server.kill()
    _write(page, "Rain on the window.", "Hail on the window.")
    expect(page.locator("#script-state")).to_contain_text("kept in this browser")
    context = page.context
    page.close()
    server.start()
    again = context.new_page()
    again.goto(address)
    assert "Hail" not in _text(again)
    told = again.locator("#script-told")
    # The tab that closed says nothing any more; after some seconds its text is offered.
    expect(told).to_contain_text("not in the script yet")
    told.get_by_role("button", name="Take it up").click()
    expect(again.locator("#script-text")).to_have_value(re.compile("Hail on the window"))
    again.get_by_role("button", name="Save").click()
    expect(again.locator("#script-state")).to_contain_text("Saved")
    expect(again.locator("#script-version")).to_contain_text("Version 2")


def test_a_project_is_deleted_and_taken_back(server: Server, visit: Callable[..., Visit]) -> None:
    server.start()
    page = visit().page
    project = _begin(page, server).removesuffix("script/")
    page.goto(project)
    name = page.locator("h1").inner_text()
    page.goto(f"{project}delete/")
    page.get_by_label("Type the project’s name").fill(name)
    page.get_by_role("button", name="Delete the project").click()
    expect(page.locator(".toast")).to_contain_text("is in the trash for 30 days")
    expect(page.locator(".project-card")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".project-card")).to_have_count(1)
