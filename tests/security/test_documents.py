"""Scripts that were made to hurt: refused or read, in words, and nothing else is changed."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from projects.models import Project
from scenes.models import Script

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
