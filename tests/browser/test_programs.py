"""What people see who write programs: a token made and copied, and the API's description read and tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.conftest import Server, Visit
from tests.browser.looks import fine
from tests.browser.test_people import post, project_of, sign_up

pytestmark = [pytest.mark.browser, pytest.mark.local]
__all__ = ["post"]


def test_a_token_is_made_used_and_revoked(server: Server, visit: Callable[..., Visit], post: Path) -> None:
    server.start()
    window = visit()
    page = window.page
    sign_up(page, server, "alice@example.com")
    project_of(page, server)
    page.get_by_role("link", name="Harbour Pictures").first.click()
    page.get_by_role("link", name="API tokens").click()
    fine(page)
    page.get_by_label("What it is for").fill("Nightly render")
    page.get_by_role("button", name="Make the token").click()
    text = page.get_by_label("The token").input_value()
    fine(page)
    head = {"Authorization": f"Bearer {text}"}
    assert requests.get(f"{server.address}/api/v1/teams", headers=head, timeout=20).status_code == 200
    page.get_by_role("button", name="Revoke Nightly render").click()
    page.get_by_role("button", name="Revoke it").click()
    expect(page.get_by_text("No tokens yet")).to_be_visible()
    assert requests.get(f"{server.address}/api/v1/teams", headers=head, timeout=20).status_code == 401
    assert window.complaints == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [390, 1440])
def test_the_description_is_read_without_anything_from_outside(
    server: Server, visit: Callable[..., Visit], scheme: str, width: int
) -> None:
    server.start()
    window = visit(width)
    page, asked = window.page, list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{server.address}/api/v1/docs")
    page.locator("#operations-tag-projects").click()
    page.get_by_text("Begin a project in a team").first.click()
    expect(page.get_by_text("Idempotency-Key").last).to_be_visible()
    expect(page.get_by_role("link", name="Back to the projects")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(int(part) for part in ground.strip("rgb()").split(",")) < 200) is (scheme == "dark")
    assert [url for url in asked if not url.startswith((server.address, "data:", "blob:"))] == []
    # What the policy on contents forbids would be complained about here.
    assert window.complaints == []
