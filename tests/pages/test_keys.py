"""What `?` shows: the keys of the page it is opened on, and all that its script listens to."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.urls import reverse

from projects.models import Project
from scenes import keys
from tests.pages.footage import add_scenes, add_take

pytestmark = pytest.mark.django_db
ARROWS = {"ArrowLeft": "←", "ArrowRight": "→", "ArrowUp": "↑", "ArrowDown": "↓", " ": "Space"}


def heard(script: str) -> set[str]:
    """The keys of a script's table of keys, as people know them."""
    text = (Path(settings.BASE_DIR) / "static/js" / script).read_text()
    table = re.search(r"(?:KEYS|#keys) = \{\n(.*?)\n\s*\};", text, re.DOTALL)
    assert table
    names = re.findall(r'^\s+"?([^":]+?)"?:', table[1], re.MULTILINE)
    names = [
        " " if re.match(r'\s*" "', line) else name for line, name in zip(table[1].splitlines(), names, strict=True)
    ]
    return {ARROWS.get(name, name.upper() if len(name) == 1 else name) for name in names}


def listed(*groups: keys.Group) -> set[str]:
    return {key for _, rows in groups for names, _ in rows for key in names}


@pytest.mark.parametrize(
    ("script", "groups"),
    [
        ("rushes.js", (*keys.RUSHES, keys.VERDICTS)),
        ("screen.js", keys.RUSHES),
        ("screen.js", keys.COMPARE),
        ("player.js", (*keys.FILM, keys.CUTTING)),
        ("guest.js", (*keys.GUEST, keys.NOTES)),
    ],
)
def test_no_key_is_left_out(script: str, groups: tuple[keys.Group, ...]) -> None:
    assert len(heard(script)) > 5
    assert heard(script) <= listed(*groups)


def test_each_page_shows_its_own(cast: SimpleNamespace, project: Project, client_of) -> None:
    shot = add_scenes(project, 1, 1)[0]
    takes = [add_take(shot, "clip", recipe="plain") for _ in range(2)]

    def page(person, name: str, query: str = "") -> str:
        return client_of(person).get(reverse(name, args=[project.pk]) + query).text

    for name, query, words in (
        ("scenes:rushes", "?show=all", "compare it with other takes"),
        ("scenes:compare", f"?takes={takes[0].pk}&takes={takes[1].pk}", "play backwards"),
        ("scenes:film", "", "show the whole film"),
        ("scenes:storyboard", "", "go from shot to shot"),
        ("scenes:script", "", "save a version"),
    ):
        text = page(cast.carol, name, query)
        assert 'id="shortcuts"' in text, name
        assert words in text, name
    # Nobody is shown keys that do nothing for them.
    assert "take back the last change" in page(cast.carol, "scenes:film")
    assert "take back the last change" not in page(cast.dave, "scenes:film")
    assert "send back, with a note" in page(cast.dave, "scenes:rushes", "?show=all")
    assert client_of(cast.mallory).get(reverse("scenes:film", args=[project.pk])).status_code == 404


def test_pages_without_keys_of_their_own_show_those_of_every_page(
    cast: SimpleNamespace, project: Project, client_of
) -> None:
    dave = client_of(cast.dave)
    for address in (reverse("generation:jobs", args=[project.pk]), reverse("accounts:team", args=[cast.team.pk])):
        shown = dave.get(address).text
        overview = shown[shown.index('id="shortcuts"') :].split("</dialog>")[0]
        assert re.findall("<kbd>(.*?)</kbd>", overview) == ["?", "Esc"]
    # Whoever is not in yet has nothing to press.
    assert 'id="shortcuts"' not in client_of(None).get(reverse("account_login")).text
