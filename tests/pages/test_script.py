"""The script's page: write, import, preview, break down; and that nothing is ever lost."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.datastructures import MultiValueDict

from projects.access import OpenProject
from projects.models import Project
from scenes.forms import ScriptFileForm
from scenes.models import Scene, Script, Shot
from scenes.services.scripts import apply_breakdown, save_script
from tests.conftest import SCRIPT

HTMX = {"HTTP_HX_REQUEST": "true"}
PROSE = "A boy builds a boat.\n\nThat night it sinks.\n\nHe builds another.\n"
DATA = Path(__file__).parent.parent / "screenplay" / "data"


@pytest.fixture
def page(project: Project) -> str:
    """The script page's address."""
    return f"/projects/{project.pk}/script/"


def upload(client, page: str, data: bytes, name: str = "film.fountain", **more):
    return client.post(f"{page}import/", {"file": SimpleUploadedFile(name, data), "based_on": "0"} | more)


def test_saving_makes_a_version_and_stays_on_the_page(cast: SimpleNamespace, page: str, client_of) -> None:
    client = client_of(cast.carol)
    answer = client.post(page, {"text": SCRIPT, "based_on": "0"})
    assert answer.headers["Location"] == page
    again = client.post(page, {"text": SCRIPT + "\nShe smiles.\n", "based_on": "1"}, **HTMX)
    assert "Version 2 · Carol" in again.text
    assert 'name="based_on" form="script-form" value="2"' in again.text
    assert "She smiles." in client.get(page).text


def test_break_down_saves_first(cast: SimpleNamespace, page: str, client_of) -> None:
    answer = client_of(cast.carol).post(page, {"text": SCRIPT, "based_on": "0", "then": "breakdown"}, **HTMX)
    assert answer.headers["HX-Redirect"] == f"{page}breakdown/"
    assert Script.objects.get().version == 1


def test_what_somebody_else_saved_is_not_overwritten(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of
) -> None:
    save_script(opened=opened, text=SCRIPT)
    save_script(opened=opened, text=SCRIPT + "\nBy Carol.\n")
    for based_on in ("1", "", "rubbish"):
        mine = {"text": SCRIPT + "\nBy Bob.\n", "based_on": based_on}
        whole = client_of(cast.bob).post(page, mine)
        part = client_of(cast.bob).post(page, mine, **HTMX)
        assert (whole.status_code, part.status_code) == (422, 422)
        assert "Carol saved the script while you were writing." in whole.text
        assert "Carol saved the script while you were writing." in part.text
        assert "By Bob." in whole.text
    assert Script.objects.count() == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The script is empty"),
        (" \n\t\r\n", "The script is empty"),
        ("\x00\x00", "The script is empty"),
        ("/* all of it\nis a comment */", "The script is empty"),
        ("[[all of it is a note]]", "nothing to film yet"),
        ("INT. ROOM - DAY\n\nHe waits.\n" * 100_000, "at most 2 MB"),
        ("INT. ROOM - DAY\n\nHe waits.\n\n" * 2_001, "at most 2000 are possible"),
    ],
)
def test_a_text_that_is_no_script_is_refused_and_kept(
    cast: SimpleNamespace, page: str, client_of, text: str, said: str
) -> None:
    answer = client_of(cast.carol).post(page, {"text": text, "based_on": "0"})
    assert answer.status_code == 422
    assert said in answer.text
    assert (text.strip(" \n\t\r\x00")[-20:].replace(">", "&gt;")) in answer.text.replace("\r\n", "\n")
    assert not Script.objects.exists()


def test_odd_characters_are_taken_out_and_told(cast: SimpleNamespace, page: str, client_of) -> None:
    text = "INT. ROOM - DAY\r\n\r\nHe\x00 waits \u202eback\u202c\u200b 🎬.\r\n"
    answer = client_of(cast.carol).post(page, {"text": text, "based_on": "0"}, follow=True)
    assert Script.objects.get().text == "INT. ROOM - DAY\n\nHe waits back 🎬.\n"
    assert "invisible control characters were removed" in answer.text
    assert "marks that change the direction of writing were removed" in answer.text


@pytest.mark.parametrize("name", ["lighthouse.fdx", "pasted.txt"])
def test_files_of_other_kinds_become_fountain(cast: SimpleNamespace, page: str, client_of, name: str) -> None:
    answer = upload(client_of(cast.carol), page, (DATA / name).read_bytes(), name)
    assert answer.status_code == 302
    assert Script.objects.get().source_format in ("fdx", "plain")


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "empty.fountain", "The script is empty"),
        (bytes(range(256)) * 50, "film.txt", "binary file"),
        (b"%PDF-1.4", "film.fountain", "This is a PDF"),
        (b"PK\x03\x04zip", "film.fdx", "zip file"),
        (b"<?xml version='1.0'?><FinalDraft><Content>", "film.fdx", "Final Draft"),
        (b"INT. A - DAY\n\ngr\x81\x8d\n", "film.txt", "letters cannot be read"),
        (b"INT. A - DAY\n\nx\n" * 350_000, "film.txt", "The file is 5.3 MB"),
    ],
)
def test_a_file_that_is_no_script_is_refused_and_changes_nothing(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of, data: bytes, name: str, said: str
) -> None:
    save_script(opened=opened, text=SCRIPT)
    for headers in ({}, HTMX):
        answer = client_of(cast.carol).post(
            f"{page}import/", {"file": SimpleUploadedFile(name, data), "based_on": "1"}, **headers
        )
        assert answer.status_code == 422
        assert said in answer.text
    assert Script.objects.count() == 1


class Huge(SimpleUploadedFile):
    """A file that claims three gigabytes, and must not be read to be refused."""

    def read(self, *size: int) -> bytes:
        pytest.fail("It was read.")


def test_a_huge_file_is_refused_before_it_is_read() -> None:
    upload = Huge("film.fountain", b"INT. A - DAY")
    upload.size = 3 * 1024**3
    form = ScriptFileForm({}, MultiValueDict({"file": [upload]}))
    assert not form.is_valid()
    assert "The file is 3072.0 MB" in form.errors["file"][0]


def test_importing_without_a_file_says_what_to_choose(cast: SimpleNamespace, page: str, client_of) -> None:
    answer = client_of(cast.carol).post(f"{page}import/", {"based_on": "0"})
    assert answer.status_code == 422
    assert "Choose a file" in answer.text


def test_an_import_does_not_overwrite_what_somebody_saved(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of
) -> None:
    save_script(opened=opened, text=SCRIPT)
    answer = upload(client_of(cast.bob), page, b"INT. ELSEWHERE - DAY\n\nNothing.\n")
    assert answer.status_code == 422
    assert Script.objects.count() == 1


def test_the_preview_formats_and_points_at_lines(cast: SimpleNamespace, page: str, client_of) -> None:
    text = "EXT. PIER - GLOAMING\n\nMARA <b>waits</b>. [[open\n\nMARA\nYes.\n\nTOM ^\nNo.\n"
    answer = client_of(cast.dave).post(f"{page}preview/", {"text": text})
    assert answer.status_code == 200
    assert "&lt;b&gt;waits" in answer.text
    assert 'class="dual"' in answer.text
    assert 'data-line="1"' in answer.text
    assert "never closed" in answer.text
    assert "GLOAMING" in answer.text
    assert not Script.objects.exists()


@pytest.mark.parametrize(
    "text", ["", "\x00\u202e", "/*", "[[", ">" * 500, "INT. " + "x" * 300 + " - NEVER", "@\n.\n~\n="]
)
def test_the_preview_takes_any_text(cast: SimpleNamespace, page: str, client_of, text: str) -> None:
    assert client_of(cast.carol).post(f"{page}preview/", {"text": text}).status_code == 200


def test_the_preview_of_too_much_text_says_so(cast: SimpleNamespace, page: str, client_of) -> None:
    answer = client_of(cast.carol).post(f"{page}preview/", {"text": "x" * (2 * 1024 * 1024 + 1)})
    assert answer.status_code == 413
    assert "at most 2 MB" in answer.text


def test_breaking_down_shows_first_and_stores_on_the_button(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of
) -> None:
    client = client_of(cast.carol)
    save_script(opened=opened, text=SCRIPT)
    shown = client.get(f"{page}breakdown/")
    assert "INT. WHEELHOUSE - DAY" in shown.text
    assert not Scene.objects.exists()
    done = client.post(f"{page}breakdown/", {"version": "1"})
    assert done.headers["Location"] == f"/projects/{opened.project.pk}/storyboard/"
    assert [scene.number for scene in Scene.objects.of(opened.project)] == ["1", "2", "3"]
    assert "The storyboard is up to date" in client.get(f"{page}breakdown/").text


def test_breaking_down_again_shows_what_changes_and_what_stays(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of
) -> None:
    save_script(opened=opened, text=SCRIPT)
    apply_breakdown(opened=opened, version=1)
    Shot.objects.filter(scene__number="1").update(prompt_by_hand="Mine.")
    changed = SCRIPT.replace("The engine coughs and catches.", "The engine is silent.")
    changed = changed.replace("EXT. OPEN SEA - NIGHT\n\nA single light, far out, goes dark.\n", "")
    save_script(opened=opened, text=changed + "\nINT. KITCHEN - NIGHT\n\nTom drinks his tea alone.\n")
    shown = client_of(cast.carol).get(f"{page}breakdown/").text
    for words in ("1 added", "1 changed", "1 omitted", "EXT. OPEN SEA - NIGHT", "all kept"):
        assert words in shown
    client_of(cast.carol).post(f"{page}breakdown/", {"version": "2"})
    assert Scene.objects.get(number="3").omitted_at is not None
    assert Shot.objects.filter(scene__number="1", prompt_by_hand="Mine.").exists()


@pytest.mark.parametrize("version", ["1", "99", "", "-1", "1e9", "9" * 5000, "²"])
def test_a_preview_that_is_not_true_any_more_is_not_carried_out(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of, version: str
) -> None:
    save_script(opened=opened, text=SCRIPT)
    save_script(opened=opened, text=SCRIPT + "\nMore.\n")
    answer = client_of(cast.carol).post(f"{page}breakdown/", {"version": version})
    assert answer.status_code == 409
    assert "The script has been saved since this preview" in answer.text
    assert not Scene.objects.exists()


def test_prose_can_become_one_scene_for_each_paragraph(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of
) -> None:
    client = client_of(cast.carol)
    client.post(page, {"text": PROSE, "based_on": "0"})
    shown = client.get(f"{page}breakdown/").text
    assert "Make 3 scenes" in shown
    client.post(f"{page}paragraphs/", {"version": "1"})
    assert Script.objects.get(version=2).text.count(".SCENE") == 3
    late = client.post(f"{page}paragraphs/", {"version": "1"})
    assert late.status_code in (302, 409)
    assert Script.objects.count() == 2


def test_without_a_script_there_is_nothing_to_break_down(cast: SimpleNamespace, page: str, client_of) -> None:
    answer = client_of(cast.carol).get(f"{page}breakdown/", follow=True)
    assert answer.redirect_chain[-1][0] == page
    assert "There is no script yet" in answer.text


def test_a_reviewer_reads_and_changes_nothing(cast: SimpleNamespace, opened: OpenProject, page: str, client_of) -> None:
    save_script(opened=opened, text=SCRIPT)
    client = client_of(cast.dave)
    read = client.get(page).text
    assert "readonly" in read
    assert "Break down" not in read
    assert client.get(f"{page}breakdown/").status_code == 200
    for path, given in (("", {"text": "x"}), ("import/", {}), ("breakdown/", {"version": "1"}), ("paragraphs/", {})):
        answer = client.post(f"{page}{path}", given)
        assert answer.status_code == 403, path
        assert "artist role" in answer.text
    assert Script.objects.count() == 1


def test_the_number_of_queries_is_small_and_constant(
    cast: SimpleNamespace, opened: OpenProject, page: str, client_of
) -> None:
    client = client_of(cast.carol)

    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    save_script(opened=opened, text=SCRIPT)
    apply_breakdown(opened=opened, version=1)
    queries(page)  # the first look of a session notes when the person was seen
    before = [queries(page), queries(f"{page}breakdown/")]
    longer = SCRIPT + "".join(f"\nINT. ROOM {number} - DAY\n\nSomebody enters room {number}.\n" for number in range(40))
    save_script(opened=opened, text=longer)
    apply_breakdown(opened=opened, version=2)
    assert max(before) <= 10
    assert [queries(page), queries(f"{page}breakdown/")] == before
