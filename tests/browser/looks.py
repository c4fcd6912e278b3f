"""Whether a page is fit for everybody to use."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def fine(page: Page, *, context: str | None = None) -> None:
    """Assert that axe finds nothing serious and that nothing is wider than the window.

    Args:
        page: as it stands.
        context: a selector of the part to look at; the whole page unless said.
    """
    # What is fading in at this very moment has a contrast that nobody reads by.
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_timeout(100)
    found = Axe().run(page, context=context).response["violations"]
    page.emulate_media(reduced_motion="no-preference")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
