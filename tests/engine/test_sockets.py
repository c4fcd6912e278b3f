"""The project's socket: who is let in, what they hear, and that nobody slows or overhears anybody else."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from allauth.usersessions.models import UserSession
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import transaction
from django.test import Client

from accounts import services, sessions
from accounts.access import open_team
from accounts.models import Membership, User
from accounts.policies import Right
from config import asgi
from config.layers import LocalChannelLayer
from projects import consumers, events, live
from projects.models import Event, Project

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 15.0
Connect = Callable[..., Any]


@pytest_asyncio.fixture
async def hub(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[live.Hub]:
    """A hub of the test's own, on a channel layer that works on the test's loop, as the server's start does it."""
    own = live.Hub()
    monkeypatch.setattr(live, "hub", own)
    monkeypatch.setattr(consumers, "hub", own)
    loop = asyncio.get_running_loop()
    layer = get_channel_layer()
    if isinstance(layer, LocalChannelLayer):
        layer.bind(loop)
    live.loops.bind(loop)
    yield own
    live.loops.bind(None)
    for task in own._tasks:
        task.cancel()


class Browser:
    """One socket of one person."""

    def __init__(self, person: User | None, project_id: Any, *, after: str = "", origin: str = "http://testserver"):
        self.person = person
        self._path = f"/ws/projects/{project_id}/" + (f"?after={after}" if after else "")
        self._headers = [(b"origin", origin.encode()), (b"host", b"testserver")]
        self.client = Client()

    async def connect(self) -> tuple[bool, Any]:
        """Log in and knock; return whether it was let in, and the code if not."""
        if self.person is not None:
            await database_sync_to_async(self.client.force_login)(
                self.person, backend="django.contrib.auth.backends.ModelBackend"
            )
            cookie = self.client.cookies[settings.SESSION_COOKIE_NAME].value
            self._headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
        self.socket = WebsocketCommunicator(asgi.application, self._path, headers=self._headers)
        connected: tuple[bool, Any] = await self.socket.connect(timeout=PATIENCE)
        if connected[0] and "after" not in self._path:
            # The handshake is answered before the hub is joined; what happens in between is for those with a number.
            await self.settled()
        return connected

    async def hear(self) -> dict[str, Any]:
        """Return the next message."""
        return dict(json.loads(await self.socket.receive_from(timeout=PATIENCE)))

    async def say(self, frame: Any) -> None:
        """Send one frame."""
        await self.socket.send_to(text_data=frame if isinstance(frame, str) else json.dumps(frame))

    async def settled(self) -> None:
        """Return when everything said before has been worked on."""
        await self.say({"type": "ping"})
        assert await self.hear() == {"type": "pong"}

    async def closed(self) -> int:
        """Return the code with which the server hangs up."""
        while True:
            message = await self.socket.receive_output(timeout=PATIENCE)
            if message["type"] == "websocket.close":
                return int(message["code"])

    async def leave(self) -> None:
        """Hang up."""
        await self.socket.disconnect(timeout=PATIENCE)


@pytest_asyncio.fixture
async def browser(hub: live.Hub) -> AsyncIterator[Callable[..., Browser]]:
    """Return a function that opens browsers; all of them are closed at the end."""
    opened: list[Browser] = []

    def make(*arguments: Any, **options: Any) -> Browser:
        opened.append(Browser(*arguments, **options))
        return opened[-1]

    yield make
    for one in opened:
        if hasattr(one, "socket") and not one.socket.future.done():
            await one.leave()


@database_sync_to_async
def happen(project: Project, kind: str = "something", count: int = 1, **payload: Any) -> None:
    """Record events, each in a transaction of its own."""
    for _ in range(count):
        with transaction.atomic():
            events.record(project.pk, kind, payload)


# --- the door --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["alice", "bob", "carol", "dave"])
async def test_every_member_may_watch(browser: Connect, cast: SimpleNamespace, project: Project, who: str) -> None:
    one = browser(getattr(cast, who), project.pk)
    assert await one.connect() == (True, None)
    await happen(project)
    assert await one.hear() == {"seq": 1, "type": "something"}


@pytest.mark.parametrize("who", ["anonymous", "mallory", "removed", "inactive"])
async def test_strangers_are_refused_as_if_there_were_no_such_project(
    browser: Connect, hub: live.Hub, cast: SimpleNamespace, project: Project, who: str
) -> None:
    if who == "removed":
        await Membership.objects.filter(user=cast.carol).adelete()
    person = {"anonymous": None, "mallory": cast.mallory}.get(who, cast.carol)
    one = browser(person, project.pk)
    if who == "inactive":
        await User.objects.filter(pk=cast.carol.pk).aupdate(is_active=False)
    assert await one.connect() == (False, 4404)
    assert not hub._watchers


async def test_a_project_that_does_not_exist_gives_the_same_answer(browser: Connect, cast: SimpleNamespace) -> None:
    assert await browser(cast.alice, uuid4()).connect() == (False, 4404)


async def test_a_forged_session_is_refused(browser: Connect, project: Project) -> None:
    one = browser(None, project.pk)
    one._headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={'a' * 32}".encode()))
    assert await one.connect() == (False, 4404)
    assert await Session.objects.acount() == 0


@pytest.mark.parametrize(
    ("origin", "let_in"),
    [
        ("https://rushes.example", True),
        ("https://evil.example", False),
        ("https://rushes.example.evil.example", False),
        ("null", False),
        ("", False),
    ],
)
async def test_other_sites_cannot_open_the_socket(
    browser: Connect,
    cast: SimpleNamespace,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    origin: str,
    let_in: bool,
) -> None:
    validator = asgi.application.application_mapping["websocket"]
    monkeypatch.setattr(validator, "allowed_origins", ["rushes.example"])
    assert (await browser(cast.alice, project.pk, origin=origin).connect())[0] == let_in


@pytest.mark.parametrize("how", ["removed", "logged out", "deactivated", "new password"])
async def test_who_may_no_longer_watch_is_hung_up_on(
    browser: Connect,
    hub: live.Hub,
    cast: SimpleNamespace,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    monkeypatch.setattr(live, "RECHECK_SECONDS", 0.05)
    leaver, stayer = browser(cast.carol, project.pk), browser(cast.dave, project.pk)
    await leaver.connect()
    await stayer.connect()
    await leaver.settled()
    if how == "removed":
        await Membership.objects.filter(user=cast.carol).adelete()
    elif how == "logged out":
        await database_sync_to_async(leaver.client.logout)()
    elif how == "deactivated":
        await User.objects.filter(pk=cast.carol.pk).aupdate(is_active=False)
    else:
        await User.objects.filter(pk=cast.carol.pk).aupdate(password="another hash")
    assert await leaver.closed() == 4404
    assert len(hub._watchers[str(project.pk)]) == 1
    await happen(project, "secret")
    assert (await stayer.hear())["type"] == "secret"
    assert await leaver.socket.receive_nothing(timeout=0.1)


# --- replay ----------------------------------------------------------------------------------------------------------


async def test_what_was_missed_is_replayed_in_order(browser: Connect, cast: SimpleNamespace, project: Project) -> None:
    await happen(project, count=5)
    one = browser(cast.carol, project.pk, after="2")
    await one.connect()
    assert [(await one.hear())["seq"] for _ in range(3)] == [3, 4, 5]
    await happen(project)
    assert (await one.hear())["seq"] == 6


async def test_without_a_number_nothing_is_replayed(browser: Connect, cast: SimpleNamespace, project: Project) -> None:
    await happen(project, count=3)
    for after in ("", "nonsense", "-1", "1e3", "٣", "9" * 400):
        one = browser(cast.carol, project.pk, after=after)
        assert (await one.connect())[0]
        await one.settled()
        await one.leave()


@pytest.mark.parametrize(("missed", "resync"), [(1000, False), (1001, True)])
async def test_more_than_a_thousand_missed_events_ask_for_the_state_anew(
    browser: Connect, cast: SimpleNamespace, project: Project, missed: int, resync: bool
) -> None:
    rows = [Event(project=project, number=number, type="old") for number in range(1, missed + 1)]
    await Event.objects.abulk_create(rows)
    await Project.objects.filter(pk=project.pk).aupdate(last_event_number=missed)
    one = browser(cast.carol, project.pk, after="0")
    await one.connect()
    if resync:
        assert await one.hear() == {"type": "resync"}
    else:
        assert [(await one.hear())["seq"] for _ in range(missed)] == list(range(1, missed + 1))
    await happen(project, "new")
    assert await one.hear() == {"seq": missed + 1, "type": "new"}


async def test_what_happens_during_the_replay_comes_after_it(
    browser: Connect, cast: SimpleNamespace, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that keeps the highest number it has seen must not take older ones for known."""
    await happen(project, count=3)
    send = consumers.ProjectConsumer._send_text
    sent = 0

    async def slowly(self: Any, text: str) -> None:
        nonlocal sent
        sent += 1
        if sent == 1:
            await happen(project, "meanwhile")
            for _ in range(20):
                await asyncio.sleep(0.01)
        await send(self, text)

    monkeypatch.setattr(consumers.ProjectConsumer, "_send_text", slowly)
    one = browser(cast.carol, project.pk, after="0")
    await one.connect()
    heard = [(await one.hear())["seq"] for _ in range(4)]
    assert heard == [1, 2, 3, 4]


# --- what they hear --------------------------------------------------------------------------------------------------


async def test_another_projects_events_never_arrive(browser: Connect, cast: SimpleNamespace, project: Project) -> None:
    other = await Project.objects.acreate(team=cast.team, name="Another")
    theirs = await Project.objects.acreate(team=await cast.mallory.teams.afirst(), name="Theirs")
    here, there = browser(cast.carol, project.pk), browser(cast.carol, other.pk)
    await here.connect()
    await there.connect()
    await happen(theirs, "theirs")
    await happen(other, "there")
    live.push(other.pk, {"type": "image_generation_progress", "jobId": "j", "progress": 0.5})
    await happen(project, "here")
    assert await here.hear() == {"seq": 1, "type": "here"}
    assert (await there.hear())["type"] == "there"
    assert (await there.hear())["type"] == "image_generation_progress"
    assert await here.socket.receive_nothing(timeout=0.1)


async def test_what_is_undone_is_never_told(browser: Connect, cast: SimpleNamespace, project: Project) -> None:
    one = browser(cast.carol, project.pk)
    await one.connect()

    @database_sync_to_async
    def undone() -> None:
        with transaction.atomic():
            events.record(project.pk, "undone", {})
            transaction.set_rollback(True)

    await undone()
    await happen(project, "done")
    assert await one.hear() == {"seq": 1, "type": "done"}


async def test_subscribing_narrows_to_the_named_jobs(browser: Connect, cast: SimpleNamespace, project: Project) -> None:
    one, all_of_it = browser(cast.carol, project.pk), browser(cast.dave, project.pk)
    await one.connect()
    await all_of_it.connect()
    await one.say({"type": "subscribe", "jobId": "a"})
    await one.say({"type": "subscribe", "jobId": "b"})
    await one.settled()
    for job in ("a", "c", "b"):
        await happen(project, "progress", jobId=job)
    await happen(project, "without a job")
    assert [(await one.hear()).get("jobId") for _ in range(3)] == ["a", "b", None]
    assert [(await all_of_it.hear()).get("jobId") for _ in range(4)] == ["a", "c", "b", None]
    await one.say({"type": "unsubscribe", "jobId": "a"})
    await one.settled()
    for job in ("a", "b"):
        await happen(project, "progress", jobId=job)
    assert (await one.hear())["jobId"] == "b"
    await one.say({"type": "unsubscribe"})
    await one.settled()
    await happen(project, "progress", jobId="z")
    assert (await one.hear())["jobId"] == "z"


@pytest.mark.local  # no database or channel layer takes part in reading a frame
@pytest.mark.parametrize(
    "frame",
    [" ", "no json", "[]", "5", '"text"', "null", "{}", '{"type": 5}', '{"type": ["ping"]}', '{"type": "dance"}',
     '{"type": "subscribe"}', "[" * 100_000, '{"type": "subscribe", "jobId": ""}'],
    ids=lambda frame: frame[:20].strip() or "blank",
)  # fmt: skip
async def test_a_frame_that_is_not_understood_is_answered(
    browser: Connect, cast: SimpleNamespace, project: Project, frame: str
) -> None:
    one = browser(cast.carol, project.pk)
    await one.connect()
    await one.say(frame)
    assert (await one.hear())["type"] == "error"
    await one.settled()


async def test_too_many_bad_frames_are_hung_up_on(browser: Connect, cast: SimpleNamespace, project: Project) -> None:
    one = browser(cast.carol, project.pk)
    await one.connect()
    await one.socket.send_to(bytes_data=b"\x00\xff")
    for _ in range(consumers.BAD_FRAME_LIMIT):
        await one.say("nonsense")
    assert await one.closed() == 1008


async def test_naming_endless_jobs_is_hung_up_on(browser: Connect, cast: SimpleNamespace, project: Project) -> None:
    one = browser(cast.carol, project.pk)
    await one.connect()
    for number in range(events.REPLAY_LIMIT + 1):
        await one.say({"type": "subscribe", "jobId": str(number)})
    assert await one.closed() == 1008


# --- the hub ---------------------------------------------------------------------------------------------------------


class Reader:
    """A watcher whose connection takes texts only while its gate is open."""

    def __init__(self, project_id: Any) -> None:
        self.project_id = str(project_id)
        self.user_id = self.only_team = ""
        self.got: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.outbox = live.Outbox(self._send)
        self.outbox.release()

    async def _send(self, text: str) -> None:
        await self.gate.wait()
        self.got.append(text)

    def wants(self, job_id: str) -> bool:
        return True

    def offer(self, text: str) -> None:
        self.outbox.offer(text)

    async def recheck(self) -> bool:
        return True

    async def expel(self) -> None:
        raise AssertionError("nobody is expelled here")


async def until(true: Callable[[], bool]) -> None:
    """Let the loop go on until something is true."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.005)


async def test_a_slow_reader_is_told_to_resync_and_slows_nobody(hub: live.Hub) -> None:
    project_id = uuid4()
    slow, quick = Reader(project_id), Reader(project_id)
    await hub.join(slow)
    await hub.join(quick)
    slow.gate.clear()
    count = 3 * live.WAITING_MESSAGES + 50
    for number in range(count):
        live.push(project_id, {"type": "tick", "number": number})
        if number % 50 == 0:
            await until(lambda number=number: len(quick.got) > number)  # type: ignore[misc]
    await until(lambda: len(quick.got) == count)
    assert [json.loads(text)["number"] for text in quick.got] == list(range(count))
    assert len(slow.outbox._texts) <= live.WAITING_MESSAGES
    slow.gate.set()
    await until(lambda: not slow.outbox._texts)
    live.push(project_id, {"type": "last"})
    await until(lambda: bool(slow.got) and json.loads(slow.got[-1])["type"] == "last")
    assert live.RESYNC in slow.got
    after = slow.got[max(place for place, text in enumerate(slow.got) if text == live.RESYNC) + 1 :]
    assert [json.loads(text).get("number") for text in after[:-1]] == list(range(count - len(after) + 1, count))
    await slow.outbox.close()
    await quick.outbox.close()


async def test_one_subscription_serves_all_sockets_of_a_project(hub: live.Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    layer: Any = get_channel_layer()
    calls: list[str] = []
    add, discard = layer.group_add, layer.group_discard

    async def group_add(group: str, channel: str) -> None:
        if group != live.DOORS:
            calls.append("add")
        await add(group, channel)

    async def group_discard(group: str, channel: str) -> None:
        calls.append("discard")
        await discard(group, channel)

    monkeypatch.setattr(layer, "group_add", group_add)
    monkeypatch.setattr(layer, "group_discard", group_discard)
    project_id = uuid4()
    readers = [Reader(project_id) for _ in range(20)]
    for reader in readers:
        await hub.join(reader)
    live.push(project_id, {"type": "one"})
    await until(lambda: all(len(reader.got) == 1 for reader in readers))
    for reader in readers:
        await hub.leave(reader)
        await hub.leave(reader)  # twice does no harm
        await reader.outbox.close()
    assert calls == ["add", "discard"]
    assert not hub._watchers


async def test_a_push_from_any_thread_arrives_and_blocks_nobody(hub: live.Hub) -> None:
    project_id = uuid4()
    reader = Reader(project_id)
    await hub.join(reader)

    def push(name: str) -> None:
        for number in range(50):
            live.push(project_id, {"type": "tick", "from": name, "number": number})

    threads = [threading.Thread(target=push, args=(str(one),)) for one in range(4)]
    for thread in threads:
        thread.start()
    await until(lambda: len(reader.got) == 200)
    for thread in threads:
        thread.join()
    await reader.outbox.close()


async def test_a_channel_layer_that_fails_asks_everybody_to_resync(
    hub: live.Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer: Any = get_channel_layer()
    receive = layer.receive
    failures = 1

    async def fail_once(channel: str) -> Any:
        nonlocal failures
        message = await receive(channel)
        if failures:
            failures -= 1
            raise ConnectionError("the layer is away")
        return message

    monkeypatch.setattr(layer, "receive", fail_once)
    project_id = uuid4()
    reader = Reader(project_id)
    await hub.join(reader)
    live.push(project_id, {"type": "lost"})
    await until(lambda: reader.got == [live.RESYNC])
    live.push(project_id, {"type": "after"})
    await until(lambda: len(reader.got) == 2)
    await reader.outbox.close()


async def test_a_socket_that_cannot_join_is_not_remembered(hub: live.Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    layer: Any = get_channel_layer()

    async def group_add(group: str, channel: str) -> None:
        raise ConnectionError("the layer is away")

    with monkeypatch.context() as patch:
        patch.setattr(layer, "group_add", group_add)
        reader = Reader(uuid4())
        with pytest.raises(ConnectionError):
            await hub.join(reader)
    assert not any(hub._watchers.values())
    await hub.join(reader)
    live.push(reader.project_id, {"type": "now"})
    await until(lambda: len(reader.got) == 1)
    await reader.outbox.close()


def test_pushing_without_a_server_neither_raises_nor_waits(transactional_db: None, project: Project) -> None:
    live.loops.bind(None)
    live.push(project.pk, {"type": "nobody listens"})
    assert AnonymousUser().is_anonymous


# --- the door, asked again at once -----------------------------------------------------------------------------------


def _removed(cast: SimpleNamespace, browser: Browser | None) -> None:
    services.remove_member(opened=open_team(cast.alice, cast.team.pk, Right.MANAGE), person_id=cast.carol.pk)


def _left(cast: SimpleNamespace, browser: Browser) -> None:
    services.leave_team(opened=open_team(cast.carol, cast.team.pk, Right.SEE))


def _deactivated(cast: SimpleNamespace, browser: Browser) -> None:
    cast.carol.is_active = False
    cast.carol.save()


def _removed_in_the_admin(cast: SimpleNamespace, browser: Browser) -> None:
    Membership.objects.get(user=cast.carol).delete()


def _logged_out(cast: SimpleNamespace, browser: Browser) -> None:
    browser.client.post("/accounts/logout/")


def _ended_elsewhere(cast: SimpleNamespace, browser: Browser) -> None:
    session = UserSession.objects.create(
        user=cast.carol, ip="127.0.0.1", session_key=browser.client.session.session_key
    )
    sessions.end(user=cast.carol, session_id=session.pk, current_key="another")


def _password_reset(cast: SimpleNamespace, browser: Browser) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": "carol@example.com"})
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body))
    assert link is not None
    form = client.get(link[1], follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": "another-long-word", "password2": "another-long-word"})


@pytest.mark.parametrize(
    "act", [_removed, _left, _deactivated, _removed_in_the_admin, _logged_out, _ended_elsewhere, _password_reset]
)
async def test_whoever_loses_their_way_in_is_hung_up_on_at_once(
    browser: Connect, cast: SimpleNamespace, project: Project, act: Callable[[SimpleNamespace, Browser], None]
) -> None:
    carol, dave = browser(cast.carol, project.pk), browser(cast.dave, project.pk)
    await carol.connect()
    await dave.connect()
    await database_sync_to_async(act)(cast, carol)
    assert await asyncio.wait_for(carol.closed(), PATIENCE) == consumers.NOT_FOUND
    await happen(project, "secret")
    assert (await dave.hear())["type"] == "secret", "the others stay"


async def test_every_window_in_every_project_of_the_team_is_closed_and_no_other(
    browser: Connect, cast: SimpleNamespace, project: Project
) -> None:
    second = await Project.objects.acreate(team=cast.team, name="Second", created_by=cast.alice)
    own_team = await database_sync_to_async(services.create_team)(name="Own", owner=cast.carol)
    own = await Project.objects.acreate(team=own_team, name="Own", created_by=cast.carol)
    gone = [browser(cast.carol, one.pk) for one in (project, project, second)]
    kept = browser(cast.carol, own.pk)
    for one in (*gone, kept):
        await one.connect()
    await database_sync_to_async(_removed)(cast, kept)
    for one in gone:
        assert await one.closed() == consumers.NOT_FOUND
    await kept.settled()


async def test_a_changed_role_is_told_and_keeps_the_socket(
    browser: Connect, cast: SimpleNamespace, project: Project
) -> None:
    carol = browser(cast.carol, project.pk)
    await carol.connect()
    opened = await database_sync_to_async(open_team)(cast.alice, cast.team.pk, Right.MANAGE)
    await database_sync_to_async(services.change_role)(opened=opened, person_id=cast.carol.pk, role="reviewer")
    assert await carol.hear() == {"type": "role_changed", "role": "reviewer"}
    await carol.settled()


async def test_a_removal_that_is_rolled_back_closes_nothing(
    browser: Connect, cast: SimpleNamespace, project: Project
) -> None:
    carol = browser(cast.carol, project.pk)
    await carol.connect()

    def fail() -> None:
        with transaction.atomic():
            _removed(cast, carol)
            transaction.set_rollback(True)

    await database_sync_to_async(fail)()
    await carol.settled()


async def test_each_process_is_told(browser: Connect, hub: live.Hub, cast: SimpleNamespace, project: Project) -> None:
    """Another process is another hub on the same channel layer."""
    other, asked = live.Hub(), asyncio.Event()

    class Elsewhere(Reader):
        async def recheck(self) -> bool:
            asked.set()
            return True

    reader = Elsewhere(project.pk)
    reader.user_id = str(cast.carol.pk)
    await other.join(reader)
    await database_sync_to_async(_removed)(cast, None)
    await asyncio.wait_for(asked.wait(), PATIENCE)
    await other.leave(reader)
    await reader.outbox.close()
    for task in other._tasks:
        task.cancel()


# --- the local layer -------------------------------------------------------------------------------------------------


async def test_a_full_channel_loses_its_oldest() -> None:
    layer = LocalChannelLayer(capacity=3)
    layer.bind(asyncio.get_running_loop())
    for number in range(5):
        await layer.send("c", {"number": number})
    assert [(await layer.receive("c"))["number"] for _ in range(3)] == [2, 3, 4]


async def test_groups_reach_their_members_only() -> None:
    layer = LocalChannelLayer()
    layer.bind(asyncio.get_running_loop())
    one, two = await layer.new_channel(), await layer.new_channel()
    assert one != two
    await layer.group_add("g", one)
    await layer.group_add("g", two)
    await layer.group_discard("g", two)
    await layer.group_send("g", {"n": 1})
    await layer.group_send("nobody", {"n": 2})
    assert await layer.receive(one) == {"n": 1}
    assert layer._queue(two).empty()
    await layer.group_discard("g", one)
    assert not layer._groups


async def test_a_send_from_another_loop_is_done_on_the_owners(monkeypatch: pytest.MonkeyPatch) -> None:
    """Done elsewhere it would wake nobody: the receiver's loop sleeps until something else comes."""
    layer = LocalChannelLayer()
    layer.bind(asyncio.get_running_loop())
    put, done_in = layer._put, []

    def watched(channel: str, message: dict[str, Any]) -> None:
        done_in.append(threading.get_ident())
        put(channel, message)

    monkeypatch.setattr(layer, "_put", watched)
    receiving = asyncio.create_task(layer.receive("c"))
    await asyncio.sleep(0)
    threading.Thread(target=lambda: asyncio.run(layer.send("c", {"from": "elsewhere"}))).start()
    assert await asyncio.wait_for(receiving, PATIENCE) == {"from": "elsewhere"}
    assert done_in == [threading.get_ident()]
