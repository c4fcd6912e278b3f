"""Scripts that were made to hurt: refused or read, in words, and nothing else is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from projects.models import Project
from scenes.models import Script
from scenes.screenplay import breakdown
from scenes.screenplay.cast import Cast
from scenes.screenplay.fountain import parse_fountain
from scenes.screenplay.syntax import plain_text

pytestmark = pytest.mark.django_db

DEEP = 20_000
DUAL = b"<Paragraph><DualDialogue>" * DEEP + b"</DualDialogue></Paragraph>" * DEEP


def _final_draft(content: bytes, before: bytes = b"") -> bytes:
    return b'<?xml version="1.0"?>' + before + b"<FinalDraft><Content>" + content + b"</Content></FinalDraft>"


@pytest.mark.parametrize(
    "data",
    [
        _final_draft(DUAL),
        _final_draft(b"<a>" * DEEP + b"</a>" * DEEP),
        _final_draft(b"&a;", b'<!DOCTYPE f [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        _final_draft(b"&b;", b'<!DOCTYPE f [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>'),
        b'<?xml version="1.0" encoding="idna"?><FinalDraft><Content/></FinalDraft>',
    ],
    ids=["dual in dual", "deep", "outside entity", "entity bomb", "odd encoding"],
)
def test_a_hostile_document_is_refused_in_words(
    data: bytes, cast: SimpleNamespace, project: Project, client_of: Callable[..., Client]
) -> None:
    answer = client_of(cast.carol).post(
        f"/projects/{project.pk}/script/import/",
        {"based_on": "0", "file": SimpleUploadedFile("../../a\r\nX: y.fdx", data)},
    )
    assert answer.status_code == 422
    assert "root:" not in answer.content.decode()
    assert not Script.objects.exists()


PLAIN = {
    r"\**a* and __b__ and ***c***": "*a and b and c",
    "Name: ________ *really*": "Name: ________ really",
    "**** cut ****": "**** cut ****",
}


@pytest.mark.parametrize("written", PLAIN)
def test_rules_and_blanks_are_no_emphasis(written: str) -> None:
    assert plain_text(written) == PLAIN[written]


def test_emphasis_is_taken_out_once_however_long_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of nothing but marks costs a pass each time; six of them held a core for 18 seconds."""
    seen: Counter[str] = Counter()

    def counted(text: str) -> str:
        seen[text] += 1
        return plain_text(text)

    monkeypatch.setattr(breakdown, "plain_text", counted)
    breakdown.break_down(parse_fountain("INT. A - DAY\n\n*One_ two *three.\n\nBOB\n(*low*)\n*Well._\n"))
    assert seen
    assert max(seen.values()) == 1


@pytest.mark.parametrize(
    "text",
    ["INT. A - DAY\n\n" * 2_001, "x\n" * 100_001, "x\r" * 100_001, "x" * (2 * 1024 * 1024 + 1)],
    ids=["scenes", "lines", "odd lines", "bytes"],
)
def test_a_preview_has_the_limits_of_a_script(
    text: str, cast: SimpleNamespace, project: Project, client_of: Callable[..., Client]
) -> None:
    answer = client_of(cast.dave).post(f"/projects/{project.pk}/script/preview/", {"text": text})
    assert answer.status_code == 413
    assert "at most" in answer.content.decode()


def test_a_thousand_namesakes_are_not_gone_through_one_by_one() -> None:
    """Each look at a name compares it once for each length of name, however many begin with the same word."""
    cast = Cast([f"JOHN Q{number}" for number in range(1_000)] + ["JOHN", "JOHN OF THE WOODS"])
    assert cast._lengths["john"] == [4, 2, 1]
    assert cast.find("JOHN Q7 meets JOHN OF THE WOODS, and John.") == ("JOHN Q7", "JOHN OF THE WOODS", "JOHN")
    assert cast.find("One John") == ("JOHN",)
