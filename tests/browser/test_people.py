"""People in two browsers: invited by mail, in the team, removed while a page is open; a second factor and a passkey."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, Visit
from tests.browser.looks import fine

pytestmark = pytest.mark.browser
# What is waited for is what people wait for; a busy machine makes them wait longer.
expect.set_options(timeout=20_000)
PASSWORD = "correct-horse-battery-staple"
SCRIPT = "INT. ROOM - DAY\n\nRain on the window. NORA waits.\n"


@pytest.fixture
def post(server: Server, tmp_path: Path) -> Path:
    """A folder into which the server's mail goes, and nobody has to confirm an address first."""
    server.studio.environment |= {"EMAIL_URL": f"filemail:///{tmp_path}/post", "EMAIL_VERIFICATION": "optional"}
    (tmp_path / "post").mkdir()
    return tmp_path / "post"


def sign_up(page: Page, server: Server, email: str) -> None:
    page.goto(f"{server.address}/accounts/signup/")
    page.get_by_label("Your name").fill(email.partition("@")[0].title())
    page.get_by_label("Team or production company").fill("Harbour Pictures")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password1]").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("link", name="New project").first).to_be_visible()


def project_of(page: Page, server: Server) -> str:
    page.goto(f"{server.address}/projects/new/")
    page.locator("#id_text").fill(SCRIPT)
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url(re.compile(r"/projects/[0-9a-f-]{36}/"))
    found = re.search(r"/projects/[0-9a-f-]{36}/", page.url)
    assert found
    return server.address + found[0]


def newest(post: Path, pattern: str) -> str:
    """Return what a pattern finds in the newest mails."""
    for _ in range(100):
        for path in sorted(post.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True):
            found = re.search(pattern, path.read_text().replace("=\n", ""))
            if found:
                return found[1]
        time.sleep(0.1)
    raise AssertionError("no such mail")


def test_invited_by_mail_then_removed_while_a_page_is_open(
    server: Server, visit: Callable[..., Visit], post: Path
) -> None:
    server.start()
    alice, nora = visit(), visit()
    sign_up(alice.page, server, "alice@example.com")
    project = project_of(alice.page, server)
    alice.page.get_by_role("link", name="Harbour Pictures").first.click()
    fine(alice.page)
    alice.page.get_by_label("Email address").fill("nora@example.com")
    alice.page.get_by_role("button", name="Send the invitation").click()
    expect(alice.page.get_by_text("on its way to nora@example.com")).to_be_visible()
    fine(alice.page)

    nora.page.goto(newest(post, r"(http://[^/\s]+/invitations/\S+)"))
    expect(nora.page.get_by_text("Harbour Pictures")).to_be_visible()
    fine(nora.page)
    nora.page.get_by_label("Your name").fill("Nora Field")
    nora.page.locator("input[name=password]").fill(PASSWORD)
    nora.page.get_by_role("button", name="Make the account and join").click()
    expect(nora.page.get_by_text("Welcome to “Harbour Pictures”.")).to_be_visible()
    with nora.page.expect_websocket():
        nora.page.goto(f"{project}storyboard/")
    # Let the socket be open, so that what comes now reaches it.
    nora.page.wait_for_timeout(500)

    alice.page.reload()
    started = time.monotonic()
    alice.page.get_by_role("button", name="Remove Nora Field from the team").click()
    expect(nora.page.get_by_text("This project is not open to you any more")).to_be_visible()
    took = time.monotonic() - started
    print(f"told after {took:.2f} s")
    assert nora.page.request.get(f"{project}storyboard/").status == 404
    alice.page.get_by_role("button", name="Undo").click()
    expect(alice.page.get_by_text("took the removal of Nora Field back")).to_be_visible()
    assert nora.page.request.get(f"{project}storyboard/").status == 200
    for window in (alice, nora):
        assert not [text for text in window.complaints if "Content Security Policy" in text or "Uncaught" in text]


def show_it_is_you(page: Page) -> None:
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def test_a_second_factor_is_set_up_and_asked_for(server: Server, visit: Callable[..., Visit], post: Path) -> None:
    server.start()
    window = visit()
    page = window.page
    sign_up(page, server, "alice@example.com")
    page.goto(f"{server.address}/accounts/2fa/")
    fine(page)
    page.get_by_role("link", name="Set up").click()
    show_it_is_you(page)
    secret = page.locator("#totp-secret").inner_text()
    assert page.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    fine(page)
    page.get_by_label("Authenticator code").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_label("Recovery codes that are left").get_by_role("listitem")).to_have_count(10)
    fine(page)
    code = page.get_by_label("Recovery codes that are left").get_by_role("listitem").first.inner_text()

    other = visit()
    other.page.goto(f"{server.address}/accounts/login/")
    fine(other.page)
    other.page.get_by_label("Email", exact=True).fill("alice@example.com")
    other.page.locator("#id_password").fill(PASSWORD)
    other.page.get_by_role("button", name="Log in", exact=True).click()
    expect(other.page.get_by_role("heading", name="One more step")).to_be_visible()
    fine(other.page)
    other.page.get_by_label("Code").fill(code)
    other.page.get_by_role("button", name="Log in", exact=True).click()
    expect(other.page.get_by_role("link", name="New project").first).to_be_visible()

    page.goto(f"{server.address}/accounts/sessions/")
    expect(page.get_by_role("button", name=re.compile("^Log out Chrome"))).to_have_count(1)
    fine(page)
    for one in (window, other):
        assert not [text for text in one.complaints if "Content Security Policy" in text or "Uncaught" in text]


def test_a_passkey_stands_for_the_password(server: Server, visit: Callable[..., Visit], post: Path) -> None:
    server.start()
    window = visit()
    page, host = window.page, f"http://localhost:{server.port}"
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    page.goto(f"{host}/accounts/signup/")
    page.get_by_label("Your name").fill("Alice")
    page.get_by_label("Team or production company").fill("Harbour Pictures")
    page.locator("input[name=email]").fill("alice@example.com")
    page.locator("input[name=password1]").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("link", name="New project").first).to_be_visible()
    page.goto(f"{host}/accounts/2fa/webauthn/add/")
    show_it_is_you(page)
    fine(page)
    page.get_by_label("Name of the passkey").fill("Laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(f"{host}/accounts/2fa/webauthn/")
    expect(page.get_by_text("Laptop")).to_be_visible()
    fine(page)
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_role("link", name="New project").first).to_be_visible()
    assert not [text for text in window.complaints if "Content Security Policy" in text or "Uncaught" in text]
