"""What holds for every page: the security policy is kept, and nobody meets htmx 2 or a broken icon."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from projects.access import OpenProject
from scenes.services.scripts import save_script
from tests.conftest import SCRIPT

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAGES = ("/", "/?archived=1", "/projects/new/", "/projects/{}/", "/projects/{}/settings/", "/projects/{}/script/",
         "/projects/{}/script/breakdown/", "/projects/{}/storyboard/", "/projects/{}/film/", "/projects/{}/jobs/",
         "/projects/{}/costs/", "/projects/{}/costs/forecast/", "/projects/{}/settings/generating/",
         "/projects/00000000-0000-0000-0000-000000000000/")  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_pages_hold_nothing_that_the_policy_forbids(
    cast: SimpleNamespace, opened: OpenProject, client_of, page: str
) -> None:
    save_script(opened=opened, text=SCRIPT)
    answer = client_of(cast.alice).get(page.format(opened.project.pk))
    assert answer.headers["Content-Security-Policy"].count("'self'") > 3
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", answer.text)
    assert "<style" not in answer.text
    assert not re.search(r"<[a-z][^>]*\s(style|on\w+|hx-on[\w:]*)=", answer.text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_speak_htmx_4_and_name_icons_that_are_there(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"hx-(ext|disinherit|inherit|request|history|ws|sse|params|vars)=", text)
    assert not re.search(r"htmx:(afterSwap|beforeSwap|afterRequest|beforeRequest|configRequest|responseError)", text)
    known = set(json.loads((ROOT / "requirements" / "vendor.json").read_text())["lucide"]["icons"])
    named = set(re.findall(r"(?:sprite\.svg'? ?%?\}?|icons \}\})#([a-z0-9-]+)", text))
    assert named <= known


def test_the_error_page_needs_nothing_that_may_be_broken(client) -> None:
    text = (ROOT / "templates" / "500.html").read_text()
    assert "{% url" not in text
    assert "{% extends" not in text
