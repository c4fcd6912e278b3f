"""Cutting a film in a real browser: reorder, trim, music, a title; a second browser sees it; the rendering has it."""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, Visit
from tests.browser.test_main_job import _sign_up, _storyboard_from_script
from tests.film.looking import look

pytestmark = pytest.mark.browser


def _music(path: Path, seconds: float) -> Path:
    file = io.BytesIO()
    at = np.arange(round(seconds * 48_000)) / 48_000
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(48_000)
        sound.writeframes((np.sin(2 * np.pi * 330 * at) * 9000).astype("<i2").tobytes())
    path.write_bytes(file.getvalue())
    return path


def _labels(page: Page) -> list[str]:
    return page.locator(".item.shot .item-name").all_inner_texts()


def test_a_film_is_cut_heard_seen_by_others_and_rendered(
    server: Server, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    server.start()
    window = visit()
    page = window.page
    _sign_up(page, server, "carol@example.com")
    project = _storyboard_from_script(page, server)
    page.goto(f"{project}film/")
    shots = page.locator(".item.shot")
    expect(shots.first).to_be_visible()
    before = _labels(page)
    other = visit().page
    other.goto(f"{server.address}/accounts/login/")
    other.locator("input[name=login]").fill("carol@example.com")
    other.locator("input[name=password]").fill("correct-horse-battery-staple")
    other.keyboard.press("Enter")
    expect(other.get_by_role("link", name="New project").first).to_be_visible()
    other.goto(f"{project}film/")
    expect(other.locator(".item.shot")).to_have_count(len(before))
    other.evaluate("document.body.dataset.sameDocument = 'yes'")

    # Reorder by keys alone, and take it back, and do it again.
    moved = [before[1], before[0], *before[2:]]
    shots.first.focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(shots.first).to_contain_text(before[1])
    assert _labels(page) == moved
    page.keyboard.press("Control+z")
    expect(shots.first).to_contain_text(before[0])
    page.keyboard.press("Control+Shift+z")
    expect(shots.first).to_contain_text(before[1])
    expect(other.locator(".item.shot").first).to_contain_text(before[1])
    expect(page.get_by_role("button", name="As the storyboard")).to_be_visible()

    # Trim by an exact figure; what cannot be is said, and stays to be put right.
    shots.nth(1).press("Enter")
    length = page.get_by_label("Length, s")
    length.fill("99")
    length.press("Tab")
    expect(page.get_by_role("alert").filter(has_text="A shot can be 0.5 s to 30 s long.")).to_be_visible()
    expect(length).to_have_value("99")
    whole = page.evaluate("Number(document.querySelector('#scrub').max)")
    length.fill("10")
    length.press("Tab")
    expect(shots.nth(1)).to_have_attribute("aria-label", re.compile("10.0 seconds"))

    page.locator("#sound-file").set_input_files(_music(tmp_path / "Harbour theme.wav", 3))
    expect(page.locator(".item.sound")).to_contain_text("Harbour theme.wav")
    expect(page.locator(".item.sound .wave")).to_be_attached()
    page.get_by_role("button", name="Title", exact=True).click()
    words = page.get_by_label("Words", exact=True)
    words.fill("Two Lamps")
    words.press("Tab")
    page.get_by_label("Place", exact=True).select_option("opening")
    expect(page.locator(".item.title")).to_contain_text("Two Lamps")
    expect(page.locator(".item.title")).to_have_class(re.compile("fixed"))

    # The other browser has all of it, in the same document.
    expect(other.locator(".item.title")).to_contain_text("Two Lamps")
    expect(other.locator(".item.sound")).to_contain_text("Harbour theme.wav")
    assert other.evaluate("document.body.dataset.sameDocument") == "yes"

    # Out of the trash by the message's button: the page stays, and what was done before can still be taken back.
    page.evaluate("document.body.dataset.sameDocument = 'yes'")
    page.locator(".item.title").focus()
    page.keyboard.press("Delete")
    expect(page.locator(".item.title")).to_have_count(0)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".item.title")).to_have_class(re.compile("fixed"))
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+z")
    expect(page.locator(".item.title")).not_to_have_class(re.compile("fixed"))
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(".item.title")).to_have_class(re.compile("fixed"))
    assert page.evaluate("document.body.dataset.sameDocument") == "yes"

    # It plays at once, with its title over the picture.
    clock = page.locator("#time")
    page.locator(".item.shot").first.focus()
    page.keyboard.press("Home")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Home")
    was = clock.inner_text()
    page.keyboard.press("k")
    expect(clock).not_to_have_text(was)
    expect(page.locator("[data-titles] img")).to_be_visible()
    page.keyboard.press("k")

    page.get_by_role("button", name=re.compile("Render (the film|as it is)")).click()
    link = page.locator("a[href*='/download']").first
    expect(link).to_be_attached(timeout=120_000)
    planned = page.evaluate("Number(document.querySelector('#scrub').max)")
    assert planned > whole
    target = tmp_path / "film.mp4"
    target.write_bytes(page.request.get(f"{server.address}{link.get_attribute('href')}").body())
    film = look(target)
    assert film.video_ms == pytest.approx(planned, abs=50)
    assert film.loudest > 0.05
    assert not [text for text in window.complaints if "Content Security Policy" in text or "Uncaught" in text]
