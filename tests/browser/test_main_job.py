"""The main job as a person does it: an account, a pasted script, one button, every shot live, the film plays."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, Visit
from tests.film.conftest import SHORT_SCRIPT

pytestmark = pytest.mark.browser


def _sign_up(page: Page, server: Server, email: str) -> None:
    page.goto(f"{server.address}/accounts/signup/")
    page.get_by_label("Your name").fill("Carol")
    page.get_by_label("Team or production company").fill("Harbour Pictures")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password1]").fill("correct-horse-battery-staple")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("link", name="New project").first).to_be_visible()


def _storyboard_from_script(page: Page, server: Server) -> str:
    """Paste the script into a new project, look at the breakdown and apply it; return the project's address."""
    page.goto(f"{server.address}/projects/new/")
    page.locator("#id_text").fill(SHORT_SCRIPT)
    page.get_by_role("button", name="Begin").click()
    if not page.url.endswith("/breakdown/"):
        page.get_by_role("link", name="Break down").or_(page.get_by_role("button", name="Break down")).first.click()
    expect(page.locator(".plan-scene")).to_have_count(2)
    page.get_by_role("button", name="Make the storyboard").click()
    expect(page).to_have_url(re.compile("/storyboard/$"))
    found = re.search(r"/projects/[0-9a-f-]{36}/", page.url)
    assert found
    return server.address + found[0]


def test_from_a_pasted_script_to_a_playing_film(server: Server, visit: Callable[..., Visit]) -> None:
    server.start()
    window = visit()
    page = window.page
    _sign_up(page, server, "carol@example.com")
    project = _storyboard_from_script(page, server)

    shots = page.locator("[data-shot]")
    total = shots.count()
    assert total >= 3
    assert page.locator("[data-shot][data-clip]").count() == 0
    # Marks this very document: whatever arrives from here on came without a reload.
    page.evaluate("document.body.dataset.sameDocument = 'yes'")
    page.locator("#bar-film").click()
    expect(page.locator("[data-shot][data-clip]")).to_have_count(total, timeout=180_000)
    assert page.evaluate("document.body.dataset.sameDocument") == "yes"
    for index in range(total):
        picture = shots.nth(index).locator("img")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0

    page.goto(f"{project}film/")
    render = page.locator("a[href*='/download']").first
    expect(render).to_be_attached(timeout=120_000)
    address = page.evaluate("link => new URL(link.getAttribute('href'), location).href", render.element_handle())
    seconds = page.evaluate(
        """async address => {
            const video = document.createElement('video');
            video.muted = true;
            video.src = address.replace('/download', '/file');
            document.body.append(video);
            await video.play();
            await new Promise(done => setTimeout(done, 1500));
            return [video.currentTime, video.duration, video.videoWidth];
        }""",
        address,
    )
    assert seconds[0] > 0.3
    assert seconds[1] == pytest.approx(_planned_seconds(server), abs=0.1)
    assert seconds[2] == 1280
    assert not [text for text in window.complaints if "Content Security Policy" in text or "Uncaught" in text]


def _planned_seconds(server: Server) -> float:
    (milliseconds,) = server.studio.rows("select sum(duration_ms) from scenes_shot where omitted_at is null")[0]
    return float(milliseconds) / 1000


def test_killed_in_the_middle_the_film_is_still_made_and_nothing_twice(
    server: Server, visit: Callable[..., Visit]
) -> None:
    server.start()
    window = visit()
    page = window.page
    _sign_up(page, server, "carol@example.com")
    project = _storyboard_from_script(page, server)
    total = page.locator("[data-shot]").count()
    page.locator("#bar-film").click()
    expect(page.locator("[data-shot][data-clip]").first).to_be_attached(timeout=120_000)
    server.kill()
    server.start()
    # The open page finds its way back by itself: it reconnects and asks for what it missed.
    expect(page.locator("[data-shot][data-clip]")).to_have_count(total, timeout=180_000)
    page.goto(f"{project}film/")
    expect(page.locator("a[href*='/download']").first).to_be_attached(timeout=120_000)
    rows = server.studio.rows
    assert rows("select shot_id, kind, line_id, count(*) c from scenes_take group by 1, 2, 3 having c > 1") == []
    assert rows("select count(*) from generation_job where state != 'succeeded'") == [(0,)]


def test_the_rough_cut_plays_before_anything_is_made(server: Server, visit: Callable[..., Visit]) -> None:
    server.start()
    window = visit()
    page = window.page
    _sign_up(page, server, "carol@example.com")
    project = _storyboard_from_script(page, server)
    page.goto(f"{project}film/")
    clock = page.locator("#time")
    before = clock.inner_text()
    page.keyboard.press("Space")
    expect(clock).not_to_have_text(before)


def test_a_stranger_watches_nothing(server: Server, visit: Callable[..., Visit]) -> None:
    server.start()
    owner = visit().page
    _sign_up(owner, server, "carol@example.com")
    project = _storyboard_from_script(owner, server)
    stranger = visit().page
    _sign_up(stranger, server, "mallory@example.com")
    assert stranger.request.get(f"{project}storyboard/").status == 404
    closed = stranger.evaluate(
        """address => new Promise(done => {
            const socket = new WebSocket(address);
            socket.onmessage = event => done('heard ' + event.data);
            socket.onclose = event => done('closed');
        })""",
        project.replace("http://", "ws://").replace("/projects/", "/ws/projects/") + "?after=0",
    )
    assert closed == "closed"
