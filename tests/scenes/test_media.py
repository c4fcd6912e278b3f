"""Files for browsers: whole, in ranges, saved under a plain name, subtitles as the web wants them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import AsyncClient
from django.urls import reverse

from projects.models import Project
from scenes.models import Asset
from scenes.services.takes import StoredFile, add_asset

pytestmark = pytest.mark.django_db
FILM = bytes(range(256)) * 4096
SRT = "1\n00:00:01,500 --> 00:00:02,750\nOne, two, 00,100.\n"


@pytest.fixture
def stored(project: Project) -> Callable[[bytes, str, str], Asset]:
    def store(data: bytes, extension: str, media_type: str) -> Asset:
        key = f"projects/{project.pk}/exports/{'b' * 32}.{extension}"
        default_storage.delete(key)
        default_storage.save(key, ContentFile(data))
        file = StoredFile(key=key, kind="export", media_type=media_type, sha256="b" * 64, size=len(data))
        return add_asset(project_id=project.pk, scene=None, file=file, origin="derived", author=None)

    return store


@pytest.fixture
def ask(cast: SimpleNamespace) -> Callable[..., SimpleNamespace]:
    client = AsyncClient()
    client.force_login(cast.dave, backend="django.contrib.auth.backends.ModelBackend")

    async def get(asset: Asset, name: str, headers: dict[str, str], method: str) -> SimpleNamespace:
        response = await getattr(client, method)(reverse("scenes:media", args=[asset.pk, name]), headers=headers)
        body = b"".join([chunk async for chunk in response]) if response.streaming else response.content
        return SimpleNamespace(status=response.status_code, headers=response.headers, body=body)

    def send(asset: Asset, name: str = "file", method: str = "get", **headers: str) -> SimpleNamespace:
        return async_to_sync(get)(asset, name, headers, method)

    return send


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("", 200, 0, len(FILM) - 1),
        ("bytes=0-99", 206, 0, 99),
        ("bytes=1000000-", 206, 1_000_000, len(FILM) - 1),
        ("bytes=-5", 206, len(FILM) - 5, len(FILM) - 1),
        ("bytes=10-999999999999", 206, 10, len(FILM) - 1),
        ("bytes=5-1", 416, 0, -1),
        ("bytes=99999999-", 416, 0, -1),
        ("bytes=0-1,5-9", 200, 0, len(FILM) - 1),
        ("bytes=-", 200, 0, len(FILM) - 1),
        ("lines=1-2", 200, 0, len(FILM) - 1),
    ],
)
def test_a_film_comes_whole_or_in_the_range_asked_for(
    stored, ask, asked: str, status: int, first: int, last: int
) -> None:
    asset = stored(FILM, "mp4", "video/mp4")
    answer = ask(asset, **({"Range": asked} if asked else {}))
    assert answer.status == status
    assert answer.body == FILM[first : last + 1]
    if status == 206:
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(FILM)}"
    head = ask(asset, method="head")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(FILM)))


def test_a_film_is_saved_under_the_projects_name_in_plain_letters(project: Project, stored, ask) -> None:
    Project.objects.filter(pk=project.pk).update(name='Füße "x"\r\nSet-Cookie: a=b')
    answer = ask(stored(FILM, "mp4", "video/mp4"), "download")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="fue-x-set-cookie-ab.mp4"'


def test_subtitles_are_given_as_the_web_wants_them(stored, ask) -> None:
    asset = stored(SRT.encode(), "srt", "application/x-subrip")
    answer = ask(asset, "vtt")
    assert answer.headers["Content-Type"].startswith("text/vtt")
    assert answer.body.decode() == "WEBVTT\n\n1\n00:00:01.500 --> 00:00:02.750\nOne, two, 00,100.\n"
    assert ask(stored(FILM, "mp4", "video/mp4"), "vtt").status == 404
    assert ask(asset, "thumb").status == 404
    assert ask(asset, "..").status == 404
