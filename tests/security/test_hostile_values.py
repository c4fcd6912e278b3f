"""Numbers and lists that no browser of ours would send: an answer in words, never a crash."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import AsyncClient, Client

from config import asgi
from projects.access import OpenProject
from projects.models import Project
from scenes.models import Asset, Shot
from scenes.services.scripts import apply_breakdown, save_script
from tests.conftest import SCRIPT

pytestmark = pytest.mark.django_db

NO_NUMBERS = ("²", "٣x", "123456789abc", "9" * 5000, "-1", "1e9", "NaN", "\x00", "")
ClientOf = Callable[..., Client]


@pytest.fixture
def shot(opened: OpenProject) -> Shot:
    """The first shot of a script that is broken down."""
    script = save_script(opened=opened, text=SCRIPT)
    apply_breakdown(opened=opened, version=script.version)
    return Shot.objects.of(opened.project)[0]


@pytest.mark.parametrize("page", NO_NUMBERS)
def test_a_page_that_is_no_number_is_the_first(
    page: str, cast: SimpleNamespace, project: Project, client_of: ClientOf
) -> None:
    assert client_of(cast.dave).get(f"/projects/{project.pk}/jobs/", {"page": page}).status_code == 200


@pytest.mark.parametrize(
    "seconds",
    [
        "1e999999",
        "-1e999999",
        "1e99999999",
        "1e999999999999999999999",
        "Infinity",
        "sNaN",
        "1e12",
        "-1",
        "9" * 5000,
        "",
    ],
)
def test_a_length_that_is_none_changes_nothing(
    seconds: str, cast: SimpleNamespace, shot: Shot, opened: OpenProject, client_of: ClientOf
) -> None:
    address = f"/projects/{opened.project.pk}/shots/{shot.pk}/edit/"
    assert client_of(cast.carol).post(address, {"seconds": seconds}).status_code == 422
    assert Shot.objects.get(pk=shot.pk).duration_ms == shot.duration_ms


@pytest.mark.parametrize("action", ["estimate", "generate"])
def test_more_shots_than_a_film_has_are_refused_before_the_database_is_asked(
    action: str, cast: SimpleNamespace, project: Project, client_of: ClientOf
) -> None:
    shots = ",".join([str(uuid.uuid4())] * 20_001)
    address = f"/projects/{project.pk}/{action}/"
    assert client_of(cast.carol).post(address, {"shots": shots, "choice": "stills"}).status_code == 400


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ("bytes=" + "9" * 5000 + "-", 200),
        ("bytes=-" + "9" * 5000, 200),
        ("bytes=0-" + "9" * 5000, 200),
        ("bytes=" + "9" * 18 + "-", 416),
        ("bytes=" + ",".join(["0-"] * 1000), 200),
        ("bytes=2-1", 416),
        ("bytes=-0", 416),
        ("bytes=1-2", 206),
    ],
)
def test_a_range_that_is_none_gives_the_whole_file(
    wanted: str, status: int, cast: SimpleNamespace, project: Project
) -> None:
    key = f"projects/{project.pk}/exports/{'b' * 32}.png"
    default_storage.save(key, ContentFile(b"0123"))
    asset = Asset.objects.create(
        project=project, kind="image", origin="uploaded", key=key, media_type="image/png", sha256="b" * 64, size=4
    )
    client = AsyncClient()
    client.force_login(cast.dave, backend="django.contrib.auth.backends.ModelBackend")
    answer = async_to_sync(client.get)(f"/media/{asset.pk}/file", headers={"range": wanted})
    assert answer.status_code == status


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("after", ["%C2%B2", "%B2", "-1", "9" * 5000, "%00"])
async def test_a_socket_that_asks_from_no_number_stays_open(
    after: str, cast: SimpleNamespace, project: Project
) -> None:
    client = Client()
    await database_sync_to_async(client.force_login)(cast.dave, backend="django.contrib.auth.backends.ModelBackend")
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    headers = [(b"origin", b"http://testserver"), (b"host", b"testserver"), (b"cookie", cookie.encode())]
    socket = WebsocketCommunicator(asgi.application, f"/ws/projects/{project.pk}/?after={after}", headers=headers)
    assert (await socket.connect(timeout=15))[0]
    await socket.send_to(text_data='{"type": "ping"}')
    assert await socket.receive_from(timeout=15) == '{"type": "pong"}'
    await socket.disconnect()
