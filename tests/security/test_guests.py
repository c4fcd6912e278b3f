"""Everything that a guest may not reach: each address of the product, files that the link does not show, forged and
foreign links, and other people's words."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core import signing
from django.core.cache import cache
from django.test import AsyncClient, Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from projects.guest_access import COOKIE, address_of
from projects.models import Comment, Project, ReviewLink
from scenes.models import Asset, Shot
from scenes.services.guest_items import Choice
from tests.pages.footage import add_scenes, add_take, finish
from tests.pages.guests import at, enter, make_link, store

pytestmark = pytest.mark.django_db
DATA = bytes(range(256)) * 40


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    cache.clear()


@pytest.fixture
def shots(project: Project) -> list[Shot]:
    made = add_scenes(project, 2, 2)
    finish(made)
    return made


def ask(client: Client, path: str, **headers: str) -> Any:
    """Ask for a file with a guest's cookies, sent whatever path they are for."""
    browser = AsyncClient()
    browser.cookies = client.cookies

    async def get() -> Any:
        answer: Any = await browser.get(path, headers=headers)
        body = b"".join([chunk async for chunk in answer]) if answer.streaming else answer.content
        return SimpleNamespace(status=answer.status_code, headers=answer.headers, body=body)

    return async_to_sync(get)()


def every_address(ids: dict[str, Any]) -> list[tuple[str, str]]:
    found = []

    def walk(patterns: list[Any], namespace: str) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
            elif isinstance(pattern, URLPattern) and pattern.name:
                name = f"{namespace}{pattern.name}"
                wanted = {key: ids.get(key, uuid.uuid4()) for key in pattern.pattern.converters}
                if not name.startswith(("guests:", "admin:", "hooks:")):
                    try:
                        found.append((name, reverse(name, kwargs=wanted)))
                    except Exception:
                        continue

    walk(get_resolver().url_patterns, "")
    return found


def test_a_guest_is_a_visitor_everywhere_else(cast: SimpleNamespace, project: Project, shots) -> None:
    link = make_link(project, cast.bob)
    client = enter(link)
    visitor = Client()
    ids = {
        "project_id": project.pk, "team_id": project.team_id, "shot_id": shots[0].pk, "scene_id": shots[0].scene_id,
        "take_id": shots[0].clip_id, "asset_id": shots[0].clip.asset_id, "name": "file", "link_id": link.pk,
        "kind": "still", "provider": "runway", "subject_id": shots[0].pk, "about": "shot",
    }  # fmt: skip
    tried = every_address(ids)
    assert len(tried) > 60
    for name, path in tried:
        if name == "scenes:media":
            assert ask(client, path).status == 404
            continue
        for method in ("get", "post"):
            answer = getattr(client, method)(path)
            theirs = getattr(visitor, method)(path)
            assert answer.status_code == theirs.status_code, f"{name}: a guest is not answered as a visitor is"
            if answer.status_code == 200:
                assert project.name not in answer.text, name


def test_files_of_the_film_come_whole_and_in_ranges_and_none_other(
    cast: SimpleNamespace, project: Project, shots
) -> None:
    older = shots[0].clip.asset
    add_take(shots[0], "clip")
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Theirs")
    finish(add_scenes(theirs, 1, 1))
    for asset in Asset.objects.all():
        store(asset, DATA)
    link = make_link(project, cast.bob)
    client = enter(link)
    voices = Asset.objects.filter(kind="audio", project=project).values_list("pk", flat=True)
    shown = {shots[0].clip.asset_id, shots[0].still.asset_id, *voices}
    for shot in shots[1:]:
        shown |= {shot.clip.asset_id, shot.still.asset_id}
    for asset in Asset.objects.all():
        answer = ask(client, at(link, "media", asset.pk, "file"))
        assert answer.status == (200 if asset.pk in shown else 404), asset
    assert ask(client, at(link, "media", older.pk, "file")).status == 404, "a take that is not in the film"
    path = at(link, "media", shots[0].clip.asset_id, "file")
    part = ask(client, path, Range="bytes=100-199")
    assert (part.status, part.body) == (206, DATA[100:200])
    assert part.headers["Referrer-Policy"] == "same-origin"
    assert "Content-Disposition" not in part.headers
    for name in ("download", "vtt", "thumb", "original"):
        assert ask(client, at(link, "media", shots[0].clip.asset_id, name)).status == 404


def test_a_playlist_gives_out_its_own_files_only(cast: SimpleNamespace, project: Project, shots) -> None:
    for asset in Asset.objects.all():
        store(asset, DATA)
    link = make_link(project, cast.bob, choice=Choice(take_ids=(shots[2].clip_id,)))
    client = enter(link)
    reached = [asset for asset in Asset.objects.all() if ask(client, at(link, "media", asset.pk, "file")).status == 200]
    assert reached == [shots[2].clip.asset]
    for kind, subject_id in (
        ("take", shots[0].clip_id), ("shot", shots[2].pk), ("project", project.pk), ("scene", shots[0].scene_id),
        ("asset", shots[2].clip.asset_id), ("render", uuid.uuid4()), ("", uuid.uuid4()),
    ):  # fmt: skip
        given = {"kind": kind, "id": subject_id, "text": "x", "verdict": "approved"}
        assert client.post(at(link, "notes"), given).status_code == 422
        assert client.post(at(link, "verdict"), given).status_code == 422
    assert not Comment.objects.exists()


def test_a_take_in_the_trash_is_not_shown(cast: SimpleNamespace, project: Project, shots) -> None:
    take = shots[0].clip
    store(take.asset, DATA)
    link = make_link(project, cast.bob, choice=Choice(take_ids=(take.pk,)))
    client = enter(link)
    assert ask(client, at(link, "media", take.asset_id, "file")).status == 200
    type(take).objects.filter(pk=take.pk).update(deleted_at="2026-01-01T00:00Z")
    assert ask(client, at(link, "media", take.asset_id, "file")).status == 404
    assert client.get(at(link, "items")).json()["shots"] == []


def test_forged_addresses_and_cookies_open_nothing(cast: SimpleNamespace, project: Project, shots) -> None:
    link, other = make_link(project, cast.bob), make_link(project, cast.bob, password="tide")
    client = enter(link)
    mac = address_of(link).rsplit("/", 2)[1]
    for link_id, forged in (
        (link.pk, "x" * 43), (link.pk, mac[:-1]), (link.pk, mac.upper()), (other.pk, mac), (uuid.uuid4(), mac),
    ):  # fmt: skip
        for name in ("review", "cut", "items", "state", "notes"):
            answer = client.get(reverse(f"guests:{name}", args=[link_id, forged]))
            assert answer.status_code == 404, (name, forged)
            assert "This review is closed" in answer.text
            assert project.name not in answer.text
    # The cookie of one link at another, with the right address: the door with the password, nothing else.
    mine = client.cookies[COOKIE].value
    stranger = Client()
    for value in (mine, mine[:-2] + "aa", signing.dumps(["a", "b"], salt="projects.guest"), "{}", ""):
        stranger.cookies[COOKIE] = value
        assert "data-plays" not in stranger.get(address_of(other)).text
        for name in ("cut", "items", "state", "notes"):
            assert stranger.get(at(other, name)).status_code == 404
        assert ask(stranger, at(other, "media", shots[0].clip.asset_id, "file")).status == 404
        assert stranger.post(at(other, "verdict"), {"kind": "project", "id": project.pk}).status_code == 404


def test_a_new_nonce_makes_old_addresses_and_cookies_dead(cast: SimpleNamespace, project: Project, shots) -> None:
    link = make_link(project, cast.bob)
    client = enter(link)
    old = address_of(link)
    ReviewLink.objects.filter(pk=link.pk).update(nonce="n" * 32)
    link.refresh_from_db()
    assert client.get(old).status_code == 404
    assert "data-plays" not in client.get(address_of(link)).text


def test_nothing_of_the_workshop_is_told(cast: SimpleNamespace, project: Project, shots) -> None:
    project.logline, project.style = "LOGLINE-SECRET", "STYLE-SECRET"
    project.save()
    Project.objects.create(team=cast.team, name="OTHER-SECRET")
    Shot.objects.update(prompt_by_hand="PROMPT-SECRET", clip_settings={"model": "MODEL-SECRET"}, assignee=cast.carol)
    Asset.objects.update(original_name="NAME-SECRET.mp4")
    link = make_link(project, cast.bob)
    client = enter(link)
    for path in (address_of(link), at(link, "cut"), at(link, "state"), at(link, "notes")):
        text = client.get(path).text
        assert "SECRET" not in text, path
        assert "example.com" not in text, path
        assert "Harbour Pictures" not in text, path
        for person in (cast.alice, cast.bob, cast.carol, cast.dave):
            assert person.email not in text


def test_hostile_names_and_words_are_words(cast: SimpleNamespace, project: Project, shots, client_of) -> None:
    hostile = "<script>alert(1)</script>"
    link = make_link(project, cast.bob, name=hostile)
    client = enter(link, f"<img src=x>{hostile}"[:80])
    client.post(at(link, "notes"), {"kind": "take", "id": shots[0].clip_id, "text": hostile})
    pages = [
        client.get(address_of(link)).text,
        client_of(cast.bob).get(reverse("scenes:review_links", args=[project.pk])).text,
    ]
    for page in pages:
        assert hostile not in page
        assert "<img src=x>" not in page
