"""Who is here: told to colleagues in the same project, at most once a second, and forgotten when they go."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from channels.db import database_sync_to_async

from accounts.models import Membership
from projects import live
from projects.models import Event, Project
from projects.presence import Here, Presence, place_of
from tests.engine.test_sockets import Connect, browser, hub, until

__all__ = ["browser", "hub"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PRESENCE_SECONDS", 0.05)


async def people_of(socket: Any, count: int) -> list[dict[str, Any]]:
    """Return what a browser hears of who is here, once there are so many."""
    while True:
        message = await socket.hear()
        if message["type"] == "presence" and len(message["people"]) == count:
            return list(message["people"])


async def test_colleagues_see_each_other_and_where(browser: Connect, cast: SimpleNamespace, project: Project) -> None:
    carol, dave = browser(cast.carol, project.pk), browser(cast.dave, project.pk)
    await carol.connect()
    await dave.connect()
    shot = str(uuid4())
    await carol.say({"type": "viewing", "page": "storyboard", "shot": shot})
    await people_of(carol, 1)
    await dave.say({"type": "viewing", "page": "script"})
    seen = await people_of(carol, 2)
    assert seen == await people_of(dave, 2)
    assert [(one["name"], one["page"], one["shot"]) for one in seen] == [
        ("Carol", "storyboard", shot), ("Dave", "script", ""),
    ]  # fmt: skip
    assert "example.com" not in json.dumps(seen)
    await dave.leave()
    assert [one["name"] for one in await people_of(carol, 1)] == ["Carol"]
    assert not await Event.objects.aexists()


async def test_two_tabs_of_one_person_are_one_person(browser: Connect, cast: SimpleNamespace, project: Project) -> None:
    first, second, dave = (browser(one, project.pk) for one in (cast.carol, cast.carol, cast.dave))
    for one in (first, second, dave):
        await one.connect()
    await dave.say({"type": "viewing", "page": "jobs"})
    await first.say({"type": "viewing", "page": "script"})
    await people_of(dave, 2)
    await second.say({"type": "viewing", "page": "film"})
    seen = {one["name"]: one["page"] for one in await people_of(dave, 2)}
    while seen["Carol"] != "film":
        seen = {one["name"]: one["page"] for one in await people_of(dave, 2)}
    await second.leave()
    while seen["Carol"] != "script":
        seen = {one["name"]: one["page"] for one in await people_of(dave, 2)}


async def test_nobody_is_seen_in_another_project(browser: Connect, cast: SimpleNamespace, project: Project) -> None:
    other = await Project.objects.acreate(team=cast.team, name="Another")
    here, there = browser(cast.carol, project.pk), browser(cast.dave, other.pk)
    await here.connect()
    await there.connect()
    await here.say({"type": "viewing", "page": "script"})
    await there.say({"type": "viewing", "page": "script"})
    assert [one["name"] for one in await people_of(here, 1)] == ["Carol"]
    assert [one["name"] for one in await people_of(there, 1)] == ["Dave"]
    assert await here.socket.receive_nothing(timeout=0.3)


async def test_who_is_removed_disappears(browser: Connect, cast: SimpleNamespace, project: Project) -> None:
    carol, dave = browser(cast.carol, project.pk), browser(cast.dave, project.pk)
    await carol.connect()
    await dave.connect()
    await dave.say({"type": "viewing", "page": "script"})
    await carol.say({"type": "viewing", "page": "script"})
    await people_of(dave, 2)
    await database_sync_to_async(Membership.objects.filter(user=cast.carol).delete)()
    live.recheck(cast.carol.pk)
    assert await carol.closed() == 4404
    assert [one["name"] for one in await people_of(dave, 1)] == ["Dave"]


async def test_who_says_nothing_hears_nothing(browser: Connect, cast: SimpleNamespace, project: Project) -> None:
    silent, carol = browser(cast.dave, project.pk), browser(cast.carol, project.pk)
    await silent.connect()
    await carol.connect()
    await carol.say({"type": "viewing", "page": "script"})
    await people_of(carol, 1)
    assert await silent.socket.receive_nothing(timeout=0.2)


async def test_a_burst_is_one_message_a_second(
    browser: Connect, cast: SimpleNamespace, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PRESENCE_SECONDS", 1.0)
    carol, dave = browser(cast.carol, project.pk), browser(cast.dave, project.pk)
    await carol.connect()
    await dave.connect()
    await dave.say({"type": "viewing", "page": "script"})
    await people_of(dave, 1)
    begun = time.monotonic()
    for number in range(200):
        await carol.say({"type": "viewing", "page": "storyboard", "shot": str(uuid4()) if number else ""})
    await carol.say({"type": "viewing", "page": "film"})
    heard = 0
    while True:
        message = await dave.hear()
        heard += message["type"] == "presence"
        if any(one["page"] == "film" for one in message.get("people", [])):
            break
    assert heard <= 1 + (time.monotonic() - begun)


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "viewing"},
        {"type": "viewing", "page": "<script>"},
        {"type": "viewing", "page": ["script"]},
        {"type": "viewing", "page": "script", "shot": "everything"},
        {"type": "viewing", "page": "script", "shot": {"a": 1}},
        {"type": "viewing", "page": "x" * 200},
    ],
)
async def test_a_place_that_is_none_is_refused(
    browser: Connect, cast: SimpleNamespace, project: Project, frame: dict[str, Any]
) -> None:
    assert place_of(frame) is None
    one = browser(cast.carol, project.pk)
    await one.connect()
    await one.say(frame)
    assert (await one.hear())["type"] == "error"


# --- several processes -----------------------------------------------------------------------------------------------


class Tab:
    """A watcher of a hub, without a socket."""

    def __init__(self, project_id: Any, name: str) -> None:
        self.project_id, self.user_id, self.name, self.only_team = str(project_id), name, name, ""
        self.got: list[dict[str, Any]] = []

    def wants(self, job_id: str) -> bool:
        return True

    def offer(self, text: str) -> None:
        self.got.append(json.loads(text))

    async def recheck(self) -> bool:
        return True

    async def expel(self) -> None:
        raise AssertionError("nobody is expelled here")

    def here(self, page: str = "script") -> Here:
        return Here(self.name, self.name, self.name[:2], page, "", time.time())

    def sees(self) -> list[str]:
        told = [one for one in self.got if one["type"] == "presence"]
        return [one["name"] for one in told[-1]["people"]] if told else []


@pytest_asyncio.fixture
async def another(hub: live.Hub) -> AsyncIterator[live.Hub]:
    """A second process on the same channel layer."""
    other = live.Hub()
    yield other
    for task in other._tasks:
        task.cancel()


async def test_two_processes_tell_each_other(hub: live.Hub, another: live.Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    project_id = uuid4()
    one, two = Tab(project_id, "Carol"), Tab(project_id, "Dave")
    await hub.join(one)
    hub.view(one, one.here())
    await until(lambda: one.sees() == ["Carol"])
    # The second process starts later: it hears of who was there before.
    await another.join(two)
    another.view(two, two.here("film"))
    await until(lambda: one.sees() == two.sees() == ["Carol", "Dave"])
    await another.leave(two)
    await until(lambda: one.sees() == ["Carol"])


async def test_a_process_that_dies_is_forgotten(
    hub: live.Hub, another: live.Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr("projects.presence.SILENT_SECONDS", 0.6)
    project_id = uuid4()
    one, two = Tab(project_id, "Carol"), Tab(project_id, "Dave")
    await hub.join(one)
    await another.join(two)
    hub.view(one, one.here())
    another.view(two, two.here())
    await until(lambda: one.sees() == ["Carol", "Dave"])
    for task in another._tasks:
        task.cancel()

    async def stay() -> None:
        while True:
            hub.view(one, one.here())
            await asyncio.sleep(0.1)

    staying = asyncio.create_task(stay())
    await until(lambda: one.sees() == ["Carol"])
    staying.cancel()


def test_who_falls_silent_is_gone_within_half_a_minute() -> None:
    now = 0.0
    presence = Presence("p", clock=lambda: now)
    tab = Tab("x", "Carol")
    assert presence.see("x", tab, tab.here())
    presence.take("x", "p", presence.mine("x"))
    now = 20.0
    assert not presence.expire()
    now = 26.0
    assert presence.expire() == {"x"}
    presence.take("x", "p", presence.mine("x"))
    assert json.loads(presence.text("x"))["people"] == []


# --- for one person --------------------------------------------------------------------------------------------------


async def test_a_message_for_one_person_reaches_only_their_pages(
    browser: Connect, cast: SimpleNamespace, project: Project
) -> None:
    carol, dave, home = browser(cast.carol, project.pk), browser(cast.dave, project.pk), browser(cast.carol, "me")
    home._path = "/ws/me/"
    stranger = browser(None, "me")
    stranger._path = "/ws/me/"
    for one in (carol, dave, home):
        assert (await one.connect())[0]
    assert await stranger.connect() == (False, 4404)
    live.tell(cast.carol.pk, {"type": "notified"})
    assert await carol.hear() == {"type": "notified"}
    assert await home.hear() == {"type": "notified"}
    assert await dave.socket.receive_nothing(timeout=0.2)
    await home.say({"type": "viewing", "page": "home"})
    assert (await home.hear())["type"] == "error"
