"""What the editor asks: drafts, versions, comparisons, export and print, through the door that people use."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache

from projects.access import OpenProject
from projects.models import Project
from scenes.models import Script, ScriptDraft
from scenes.services.scripts import save_script
from scenes.views import script as script_views
from scenes.views import writing as writing_views
from tests.conftest import SCRIPT

pytestmark = pytest.mark.django_db
WINDOW = UUID(int=7)
HOSTILE = (
    'INT. ROOM - DAY\n\n<script>alert(1)</script> & "quotes" \'><img src=x onerror=alert(1)>\n\n'
    "<B>ANNA\n<i>Hello.</i>\n"
)


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """Let nobody have asked too often before."""
    cache.clear()


@pytest.fixture
def page(project: Project) -> str:
    """The script page's address."""
    return f"/projects/{project.pk}/script/"


def drafts(page: str, window: UUID = WINDOW) -> str:
    return f"{page}drafts/{window}/"


def test_typing_is_kept_and_offered_to_its_author_alone(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of: Any
) -> None:
    save_script(opened=opened, text=SCRIPT)
    carol = client_of(cast.carol)
    answer = carol.post(drafts(page), {"text": SCRIPT + "\nRain.\n", "base": "1"}).json()
    assert (answer["state"], answer["base"], answer["text"]) == ("kept", 1, None)
    assert f'data-window="{WINDOW}"' in carol.get(page).text
    assert carol.get(drafts(page)).json() == {"text": SCRIPT + "\nRain.\n", "base": 1}
    bob = client_of(cast.bob)
    assert f'data-window="{WINDOW}"' not in bob.get(page).text
    assert bob.get(drafts(page)).status_code == 404
    bob.post(drafts(page), {"drop": "1"})
    assert ScriptDraft.objects.get().author == cast.carol
    assert carol.post(drafts(page), {"drop": "1"}).json() == {"state": "dropped"}
    assert not ScriptDraft.objects.exists()


def test_what_others_saved_comes_into_the_editor_before_it_is_saved(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of: Any
) -> None:
    save_script(opened=opened, text=SCRIPT)
    bob, carol = client_of(cast.bob), client_of(cast.carol)
    theirs = SCRIPT.replace("goes dark", "goes out")
    assert bob.post(drafts(page), {"text": theirs, "base": "1", "save": "hand"}).json()["state"] == "saved"
    mine = SCRIPT.replace("Fog lies", "Mist lies")
    told = carol.post(drafts(page), {"text": mine, "base": "1", "save": "hand"}).json()
    assert (told["state"], told["base"], told["latest"]["by"]) == ("kept", 2, "Bob")
    assert "Mist lies" in told["text"]
    assert "goes out" in told["text"]
    assert Script.objects.count() == 2
    done = carol.post(drafts(page), {"text": told["text"], "base": "2", "save": "hand"}).json()
    assert (done["state"], done["base"]) == ("saved", 3)


def test_who_leaves_saves_at_once_with_what_others_wrote(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of: Any
) -> None:
    save_script(opened=opened, text=SCRIPT)
    save_script(opened=opened, text=SCRIPT.replace("goes dark", "goes out"))
    mine = SCRIPT.replace("Fog lies", "Mist lies")
    client_of(cast.bob).post(drafts(page), {"text": mine, "base": "1", "save": "leave"})
    latest = Script.objects.get(version=3)
    assert latest.automatic
    assert "Mist lies" in latest.text
    assert "goes out" in latest.text


def test_a_conflict_shows_both_escaped(cast: SimpleNamespace, opened: OpenProject, page: str, client_of: Any) -> None:
    save_script(opened=opened, text=SCRIPT)
    save_script(opened=opened, text=SCRIPT.replace("A single light, far out, goes dark.", "<b>Theirs</b>"))
    mine = SCRIPT.replace("A single light, far out, goes dark.", "<img src=x onerror=alert(1)>")
    told = client_of(cast.bob).post(drafts(page), {"text": mine, "base": "1", "save": "hand"}).json()
    assert told["state"] == "conflict"
    assert [piece for piece in told["pieces"] if "mine" in piece] == [
        {"mine": "<img src=x onerror=alert(1)>\n", "theirs": "<b>Theirs</b>\n"}
    ]
    assert "<img" not in told["html"]
    assert "&lt;" in told["html"]
    assert "Carol" in told["html"]
    assert Script.objects.count() == 2


def test_what_is_no_script_stays_a_draft_and_it_is_said_why(cast: SimpleNamespace, page: str, client_of: Any) -> None:
    told = client_of(cast.carol).post(drafts(page), {"text": "[[a note]]", "base": "0", "save": "hand"}).json()
    assert told["state"] == "refused"
    assert "nothing to film yet" in told["message"]
    assert ScriptDraft.objects.get().text == "[[a note]]"


def test_too_much_and_too_often_are_refused_in_words(
    cast: SimpleNamespace, page: str, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = client_of(cast.carol)
    long = carol.post(drafts(page), {"text": "x" * (2 * 1024 * 1024 + 1), "base": "0"})
    assert long.status_code == 422
    assert "at most 2 MB" in long.text
    monkeypatch.setattr(writing_views, "CALLS_A_MINUTE", 1)
    often = carol.post(drafts(page), {"text": "x", "base": "0"})
    assert often.status_code == 429
    assert 1 <= int(often.headers["Retry-After"]) <= 60


def test_layouts_are_bounded_in_size_and_number(
    cast: SimpleNamespace, page: str, client_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = client_of(cast.carol)
    monkeypatch.setattr(script_views, "PREVIEW_BYTES", 100)
    long = carol.post(f"{page}preview/", {"text": "Rain. " * 30})
    assert long.status_code == 413
    assert "laid out when it is saved" in long.text
    monkeypatch.setattr(script_views, "PREVIEWS_A_MINUTE", 1)
    assert carol.post(f"{page}preview/", {"text": "Rain."}).status_code == 429
    # Each person has a measure of their own.
    assert client_of(cast.bob).post(f"{page}preview/", {"text": "Rain."}).status_code == 200


@pytest.mark.parametrize("base", ["", "-1", "x", "9" * 30, "²"])
def test_a_base_that_never_was_loses_nothing(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of: Any, base: str
) -> None:
    save_script(opened=opened, text=SCRIPT)
    told = client_of(cast.bob).post(drafts(page), {"text": "INT. X - DAY\n\nMine.\n", "base": base, "save": "hand"})
    assert told.json()["state"] == "conflict"
    assert Script.objects.get().text == SCRIPT


def test_hostile_words_are_words_everywhere(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of: Any
) -> None:
    save_script(opened=opened, text=HOSTILE)
    save_script(opened=opened, text=HOSTILE + "\n<u>More</u>.\n", name="<b>name</b>")
    carol = client_of(cast.carol)
    pages = [carol.get(page), carol.get(page), carol.get(f"{page}versions/"), carol.get(f"{page}print/")]
    pages.append(carol.post(f"{page}preview/", {"text": HOSTILE}))
    for answer in pages:
        assert answer.status_code == 200
        for tag in ("<script>alert", "<img src=x", "<B>ANNA", "<i>Hello", "<u>More", "<b>name"):
            assert tag not in answer.text
    assert HOSTILE in carol.get(f"{page}export/?version=1").text


def test_versions_are_listed_compared_named_and_taken_back(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of: Any, django_assert_max_num_queries: Any
) -> None:
    text = SCRIPT
    for number in range(30):
        text += f"\nParagraph {number} of many.\n"
        save_script(opened=opened, text=text, automatic=number % 2 == 1)
    carol = client_of(cast.carol)
    carol.get(f"{page}versions/")
    with django_assert_max_num_queries(10):
        shown = carol.get(f"{page}versions/").text
    assert "Version 30 against 29" in shown
    assert "by itself" in shown  # the latest is listed, whoever made it
    assert "Version 28" not in shown
    assert "Version 28" in carol.get(f"{page}versions/?all=1").text
    assert "Version 2<" in carol.get(f"{page}versions/?all=1&before=11").text
    between = carol.get(f"{page}versions/?version=30&against=1").text
    assert "Paragraph 29 of many." in between
    assert carol.get(f"{page}versions/?version=99").status_code == 404
    carol.post(f"{page}versions/1/name/", {"name": "First draft"})
    assert "First draft" in carol.get(f"{page}versions/?before=3").text
    back = carol.post(f"{page}versions/1/restore/", follow=True)
    assert "It is version 31 now; nothing was lost." in back.text
    assert f'data-undo="{page}versions/30/restore/"' in back.text
    assert Script.objects.order_by("-version")[0].text == Script.objects.get(version=1).text
    assert carol.post(f"{page}versions/99/restore/").status_code == 404
    assert client_of(cast.dave).post(f"{page}versions/1/restore/").status_code == 403
    assert client_of(cast.mallory).post(f"{page}versions/1/restore/").status_code == 404


def test_without_a_version_there_is_nothing_to_compare_or_print(
    cast: SimpleNamespace, page: str, client_of: Any
) -> None:
    carol = client_of(cast.carol)
    assert "There is no version yet" in carol.get(f"{page}versions/", follow=True).text
    assert carol.get(f"{page}export/").status_code == 404
    assert carol.get(f"{page}print/").status_code == 404
    assert carol.get(f"{page}latest/").json() == {"version": 0, "by": "", "at": "", "text": ""}


def test_export_is_the_text_under_a_plain_name(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of: Any
) -> None:
    save_script(opened=opened, text=SCRIPT)
    answer = client_of(cast.dave).get(f"{page}export/")
    assert answer.content.decode() == SCRIPT
    assert answer.headers["Content-Disposition"] == 'attachment; filename="the-last-ferry-v1.fountain"'
    assert client_of(cast.mallory).get(f"{page}export/").status_code == 404


def test_pages_are_numbered_and_scenes_too(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of: Any
) -> None:
    long = "".join(f"INT. ROOM {number} - DAY\n\nSomebody enters, looks around and sits.\n\n" for number in range(30))
    save_script(opened=opened, text=long)
    shown = client_of(cast.dave).get(page).text
    assert "<span>2.</span>" in shown
    assert '<b class="right" aria-hidden="true">30</b>' in shown
    assert "3 pages · " in shown


def test_another_teams_drafts_and_versions_are_out_of_reach(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of: Any
) -> None:
    save_script(opened=opened, text=SCRIPT)
    mallory = client_of(cast.mallory)
    for path in ("latest/", "versions/", "export/", "print/", f"drafts/{uuid4()}/"):
        assert mallory.get(page + path).status_code == 404, path
    assert mallory.post(drafts(page), {"text": "x", "base": "0"}).status_code == 404
    assert client_of(cast.dave).post(drafts(page), {"text": "x", "base": "0"}).status_code == 403
