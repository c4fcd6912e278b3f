"""Events for programs: asked for, streamed, and by a socket with a ticket."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from accounts.models import ApiToken, Membership
from accounts.rest.tokens import digest_of
from accounts.services import create_team
from config import asgi
from config.layers import LocalChannelLayer
from config.origins import OriginOrTicket
from projects import consumers, events, live, streaming, tickets
from projects.models import Event, Notification, Project
from projects.notifying import notify
from projects.presence import noted
from tests.api.conftest import Program
from tests.api.test_floor import refusal

PATIENCE = 15.0
in_turn = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)


def happen(project: Project, kind: str = "something", count: int = 1, **payload: Any) -> None:
    """Record events, each in a transaction of its own."""
    for _ in range(count):
        with transaction.atomic():
            events.record(project.pk, kind, payload)


happen_later = database_sync_to_async(happen)


# --- asked for -------------------------------------------------------------------------------------------------------


@in_turn
def test_events_come_in_order_after_a_number(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    happen(project, "take_added", count=5, shotId="s")
    dave = program_of(cast.dave, ["read"])
    first = dave.get(f"events?project={project.pk}&limit=2").json()
    assert first["events"] == [{"seq": n, "type": "take_added", "shotId": "s"} for n in (1, 2)]
    assert (first["next_after"], first["last_event"], first["resync"]) == (2, 5, False)
    then = dave.get(f"events?project={project.pk}&after={first['next_after']}").json()
    assert [one["seq"] for one in then["events"]] == [3, 4, 5]
    nothing = dave.get(f"events?project={project.pk}&after=5")
    assert nothing.json() == {"events": [], "next_after": 5, "last_event": 5, "resync": False}
    assert dave.get(f"events?project={project.pk}&after=5", If_None_Match=nothing["ETag"]).status_code == 304


@in_turn
def test_who_missed_too_much_or_knows_what_never_was_is_told(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    Event.objects.bulk_create(Event(project=project, number=n, type="old") for n in range(1, 1202))
    Project.objects.filter(pk=project.pk).update(last_event_number=1201)
    carol = program_of(cast.carol)
    page = carol.get(f"events?project={project.pk}").json()
    assert (len(page["events"]), page["next_after"], page["resync"]) == (1000, 1000, True)
    page = carol.get(f"events?project={project.pk}&after=1000").json()
    assert (len(page["events"]), page["next_after"], page["resync"]) == (201, 1201, False)
    page = carol.get(f"events?project={project.pk}&after=9999").json()
    assert (page["events"], page["next_after"], page["resync"]) == ([], 1201, True)


@in_turn
@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=1e3", "after=99999999999999999999", "limit=1001"])
def test_odd_numbers_are_refused(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program], query: str
) -> None:
    refusal(program_of(cast.carol).get(f"events?project={project.pk}&{query}"), 400, "invalid")
    refusal(program_of(cast.carol).get(f"events?{query}"), 400, "invalid")


@in_turn
@pytest.mark.parametrize("path", ["events", "events/stream"])
def test_strangers_get_nothing(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program], path: str
) -> None:
    mallory = program_of(cast.mallory)
    one, none = mallory.get(f"{path}?project={project.pk}"), mallory.get(f"{path}?project={uuid.uuid4()}")
    refusal(one, 404, "not_found")
    assert (one.status_code, one.content) == (none.status_code, none.content)
    refusal(Program().get(f"{path}?project={project.pk}"), 401, "not_authenticated")
    elsewhere = create_team(name="Second", owner=cast.carol)
    refusal(program_of(cast.carol, team=elsewhere).get(f"{path}?project={project.pk}"), 404, "not_found")


# --- streamed --------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def hub(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[live.Hub]:
    """A hub of the test's own, on a channel layer that works on the test's loop, as the server's start does it."""
    own = live.Hub()
    for room in (live, consumers):
        monkeypatch.setattr(room, "hub", own)
    loop = asyncio.get_running_loop()
    layer = get_channel_layer()
    if isinstance(layer, LocalChannelLayer):
        layer.bind(loop)
    live.loops.bind(loop)
    yield own
    live.loops.bind(None)
    for task in own._tasks:
        task.cancel()


class Reader:
    """A program that reads a stream."""

    def __init__(self, program: Program, query: str, **headers: str) -> None:
        self.program = program
        sent = {"authorization": f"Bearer {program.token}", "host": "testserver", "accept": "text/event-stream"}
        sent |= {name.replace("_", "-").lower(): value for name, value in headers.items()}
        scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "server": ("testserver", 80),
            "path": "/api/v1/events/stream", "raw_path": b"/api/v1/events/stream", "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()], "client": ("127.0.0.1", 9),
        }  # fmt: skip
        self.link = ApplicationCommunicator(asgi.application, scope)
        self.text = ""
        self.over = False

    async def open(self) -> int:
        """Ask; return the status."""
        await self.link.send_input({"type": "http.request", "body": b"", "more_body": False})
        start = await self.link.receive_output(timeout=PATIENCE)
        self.headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return int(start["status"])

    async def part(self) -> tuple[str, Any]:
        """Return the next message with its id, or a comment."""
        while "\n\n" not in self.text:
            if self.over:
                raise EOFError
            got = await self.link.receive_output(timeout=PATIENCE)
            self.text += got.get("body", b"").decode()
            self.over = not got.get("more_body", False)
        part, _, self.text = self.text.partition("\n\n")
        fields = dict(line.split(": ", 1) for line in part.split("\n"))
        return fields.get("id", ""), json.loads(fields["data"]) if "data" in fields else fields

    async def leave(self) -> None:
        """Hang up."""
        await self.link.send_input({"type": "http.disconnect"})
        await self.link.wait(timeout=PATIENCE)


@pytest_asyncio.fixture
async def reader(hub: live.Hub, program_of: Callable[..., Program]) -> AsyncIterator[Callable[..., Any]]:
    """Return a function that opens streams; all of them are closed at the end."""
    opened: list[Reader] = []

    async def make(person: Any, project: Project, query: str = "", **options: Any) -> Reader:
        headers = {name: options.pop(name) for name in list(options) if name == "Last_Event_ID"}
        program = await database_sync_to_async(program_of)(person, **options)
        one = Reader(program, f"project={project.pk}{query}", **headers)
        opened.append(one)
        assert await one.open() == 200
        assert (await one.part())[1] == {"retry": "3000"}
        return one

    yield make
    for one in opened:
        if not one.link.future.done():
            await one.leave()


async def until(true: Callable[[], bool]) -> None:
    """Let the loop go on until something is true."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.005)


def released(hub: live.Hub, project: Project, count: int = 1) -> Callable[[], bool]:
    """Return a test of whether streams have begun to send what comes."""
    return lambda: sum(one._outbox._released for one in hub._watchers.get(str(project.pk), ())) == count  # type: ignore[attr-defined]


@at_once
async def test_a_stream_replays_and_goes_on(
    hub: live.Hub, reader: Callable[..., Any], cast: SimpleNamespace, project: Project
) -> None:
    await happen_later(project, count=4)
    one = await reader(cast.dave, project, "&after=2", scopes=["read"])
    assert one.headers["content-type"].startswith("text/event-stream")
    assert one.headers["cache-control"] == "no-store"
    assert [await one.part() for _ in range(2)] == [(str(n), {"seq": n, "type": "something"}) for n in (3, 4)]
    await until(released(hub, project))
    await happen_later(project, "new", jobId="j")
    assert await one.part() == ("5", {"seq": 5, "type": "new", "jobId": "j"})
    live.push(project.pk, {"type": "image_generation_progress", "jobId": "j", "progress": 0.5})
    assert await one.part() == ("", {"type": "image_generation_progress", "jobId": "j", "progress": 0.5})
    await one.leave()
    assert not hub._watchers
    assert not streaming._open


@at_once
async def test_a_stream_resumes_from_the_last_id_and_begins_with_the_present_without_one(
    hub: live.Hub, reader: Callable[..., Any], cast: SimpleNamespace, project: Project
) -> None:
    await happen_later(project, count=3)
    again = await reader(cast.dave, project, "&after=0", Last_Event_ID="2")
    assert (await again.part())[0] == "3"
    fresh = await reader(cast.dave, project)
    await until(released(hub, project, 2))
    await happen_later(project, "new")
    assert await fresh.part() == ("4", {"seq": 4, "type": "new"})


@at_once
@pytest.mark.parametrize("known", ["0", "5000"])
async def test_who_missed_too_much_fetches_the_state_and_resumes_behind_it(
    hub: live.Hub, reader: Callable[..., Any], cast: SimpleNamespace, project: Project, known: str
) -> None:
    rows = [Event(project=project, number=n, type="old") for n in range(1, 1002)]
    await Event.objects.abulk_create(rows)
    await Project.objects.filter(pk=project.pk).aupdate(last_event_number=1001)
    one = await reader(cast.dave, project, f"&after={known}")
    assert await one.part() == ("1001", {"type": "resync"})
    await until(released(hub, project))
    await happen_later(project, "new")
    assert (await one.part())[0] == "1002"


@at_once
async def test_a_stream_narrowed_to_jobs_tells_of_no_others(
    hub: live.Hub, reader: Callable[..., Any], cast: SimpleNamespace, project: Project
) -> None:
    mine, other = uuid.uuid4(), uuid.uuid4()
    await happen_later(project, jobId=str(other))
    one = await reader(cast.dave, project, f"&after=0&job={mine}")
    await until(released(hub, project))
    live.push(project.pk, {"type": "progress", "jobId": str(other)})
    await happen_later(project, jobId=str(other))
    await happen_later(project, jobId=str(mine))
    assert await one.part() == ("3", {"seq": 3, "type": "something", "jobId": str(mine)})
    await happen_later(project, "without a job")
    assert (await one.part())[0] == "4"


@at_once
async def test_silence_is_filled_and_what_got_lost_on_its_way_comes_after_it(
    hub: live.Hub,
    reader: Callable[..., Any],
    cast: SimpleNamespace,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT_SECONDS", 0.05)
    one = await reader(cast.dave, project)
    await until(released(hub, project))
    assert await one.part() == ("0", {"": "still here", "id": "0"})
    with monkeypatch.context() as patch:
        patch.setattr(live, "push", lambda *said: None)
        await happen_later(project, "lost")
    await happen_later(project, "heard")
    heard: list[tuple[str, str]] = []
    async with asyncio.timeout(PATIENCE):
        while len(heard) < 2:
            name, message = await one.part()
            if "type" in message:
                heard.append((name, message["type"]))
    # Until the lost one has come, nobody may resume behind it.
    assert heard == [("0", "heard"), ("2", "lost")]


@at_once
@pytest.mark.parametrize("how", ["removed", "revoked", "expired", "deactivated"])
async def test_a_stream_ends_with_whatever_let_its_reader_in(
    hub: live.Hub,
    reader: Callable[..., Any],
    cast: SimpleNamespace,
    project: Project,
    program_of: Callable[..., Program],
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    if how == "expired":
        monkeypatch.setattr(live, "RECHECK_SECONDS", 0.05)
    stays = await reader(cast.dave, project)
    leaves = await reader(cast.carol, project)
    await until(released(hub, project, 2))
    token = await ApiToken.objects.aget(user=cast.carol)
    if how == "removed":
        await (await Membership.objects.aget(user=cast.carol)).adelete()
    elif how == "revoked":
        alice = await database_sync_to_async(program_of)(cast.alice)
        gone = await database_sync_to_async(alice.delete)(f"teams/{cast.team.pk}/tokens/{token.pk}")
        assert gone.status_code == 204
    elif how == "expired":
        await ApiToken.objects.filter(pk=token.pk).aupdate(expires_at=timezone.now())
    else:
        cast.carol.is_active = False
        await cast.carol.asave()
    with pytest.raises(EOFError):
        await leaves.part()
    await happen_later(project, "secret")
    assert (await stays.part())[1]["type"] == "secret"


@at_once
async def test_a_program_hears_nothing_of_its_persons_other_teams(
    hub: live.Hub, reader: Callable[..., Any], cast: SimpleNamespace, project: Project
) -> None:
    @database_sync_to_async
    def told(where: Project, text: str) -> None:
        notify(project=where, people=[cast.carol.pk], kind=Notification.Kind.TEAM, text=text, link="/")

    elsewhere = await database_sync_to_async(create_team)(name="Second", owner=cast.carol)
    other = await Project.objects.acreate(team=elsewhere, name="Other")
    one = await reader(cast.carol, project, team=cast.team)
    await until(released(hub, project))
    await told(other, "There")
    await told(project, "Here")
    assert (await one.part())[1]["text"] == "Here"


@at_once
async def test_one_person_may_only_open_so_many(
    hub: live.Hub,
    reader: Callable[..., Any],
    cast: SimpleNamespace,
    project: Project,
    program_of: Callable[..., Program],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streaming, "MOST_OF_ONE_PERSON", 1)
    await reader(cast.dave, project)
    dave = await database_sync_to_async(program_of)(cast.dave)
    said = await database_sync_to_async(dave.get)(f"events/stream?project={project.pk}")
    refusal(said, 429, "too_many_streams")
    assert said["Content-Type"] == "application/json"
    await reader(cast.carol, project)


@at_once
@pytest.mark.parametrize("bound", ["MOST_OF_ONE_TOKEN", "MOST_OF_A_PROCESS"])
async def test_one_token_leaves_streams_to_others_and_all_have_an_end(
    hub: live.Hub,
    reader: Callable[..., Any],
    cast: SimpleNamespace,
    project: Project,
    program_of: Callable[..., Program],
    monkeypatch: pytest.MonkeyPatch,
    bound: str,
) -> None:
    monkeypatch.setattr(streaming, bound, 1)
    address = f"/api/v1/events/stream?project={project.pk}"
    one = (await reader(cast.dave, project)).program
    refusal(await database_sync_to_async(one.get)(address), 429, "too_many_streams")
    other = await database_sync_to_async(program_of)(cast.dave)
    said = await database_sync_to_async(other)("HEAD", address)
    assert said.status_code == (200 if bound == "MOST_OF_ONE_TOKEN" else 429)


@in_turn
@pytest.mark.parametrize("query", ["job=x", "after=x", "jobs=1"])
def test_a_stream_refuses_what_it_does_not_know(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program], query: str
) -> None:
    dave = program_of(cast.dave)
    said = dave.get(f"events/stream?project={project.pk}&{query}", Accept="text/event-stream")
    refusal(said, 400, "invalid")
    refusal(dave.get(f"events/stream?project={project.pk}", Last_Event_ID="1e3"), 400, "invalid")


# --- by a socket -----------------------------------------------------------------------------------------------------


def socket_of(path: str, **headers: str) -> Any:
    """Return a socket to a path, as a program opens it: no origin, no cookies unless said."""
    sent = {"host": "testserver", **headers}
    listed = [(name.encode(), value.encode()) for name, value in sent.items()]
    return WebsocketCommunicator(asgi.application, path, headers=listed)


async def ticket_for(program_of: Any, person: Any, project: Project, **options: Any) -> str:
    """Return a ticket that a person's program was given."""
    program = await database_sync_to_async(program_of)(person, **options)
    made = await database_sync_to_async(program.post)("tickets", {"project": str(project.pk)})
    assert made.status_code == 201, made.content
    assert made.json()["expires_in"] == 60
    return str(made.json()["ticket"])


@at_once
async def test_a_ticket_opens_one_socket_of_one_project_once(
    hub: live.Hub, cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    await happen_later(project, count=2)
    other = await Project.objects.acreate(team=cast.team, name="Other")
    ticket = await ticket_for(program_of, cast.dave, project, scopes=["read"])
    socket = socket_of(f"/ws/projects/{project.pk}/?ticket={ticket}&after=1")
    assert await socket.connect(timeout=PATIENCE) == (True, None)
    assert json.loads(await socket.receive_from(timeout=PATIENCE)) == {"seq": 2, "type": "something"}
    again = socket_of(f"/ws/projects/{project.pk}/?ticket={ticket}")
    assert await again.connect(timeout=PATIENCE) == (False, 4404)
    ticket = await ticket_for(program_of, cast.dave, project)
    elsewhere = socket_of(f"/ws/projects/{other.pk}/?ticket={ticket}")
    assert await elsewhere.connect(timeout=PATIENCE) == (False, 4404)
    await socket.disconnect(timeout=PATIENCE)


@at_once
async def test_one_person_opens_so_many_sockets_and_one_token_fewer(
    hub: live.Hub, cast: SimpleNamespace, project: Project, program_of: Callable[..., Program], settings: Any
) -> None:
    settings.SOCKETS_OF_A_PERSON = 3
    program = await database_sync_to_async(program_of)(cast.dave)

    async def opened(asks: Program) -> tuple[Any, Any]:
        made = await database_sync_to_async(asks.post)("tickets", {"project": str(project.pk)})
        socket = socket_of(f"/ws/projects/{project.pk}/?ticket={made.json()['ticket']}")
        return socket, await socket.connect(timeout=PATIENCE)

    first, said = await opened(program)
    assert said == (True, None)
    assert (await opened(program))[1] == (False, 4429)  # a token has half of them
    others = [(await opened(await database_sync_to_async(program_of)(cast.dave))) for _ in range(3)]
    assert [said[0] for _, said in others] == [True, True, False]
    carol, said = await opened(await database_sync_to_async(program_of)(cast.carol))
    assert said[0]
    await first.disconnect(timeout=PATIENCE)
    again, said = await opened(program)
    assert said == (True, None)
    for socket in (again, carol, others[0][0], others[1][0]):
        await socket.disconnect(timeout=PATIENCE)
    assert not consumers._open


@at_once
async def test_a_ticket_holds_for_a_minute_and_is_kept_as_a_hash(
    hub: live.Hub, cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    ticket = await ticket_for(program_of, cast.dave, project)
    assert cache.get(f"ticket:{digest_of(ticket)}") is not None
    assert cache.get(f"ticket:{ticket}") is None
    cache.touch(f"ticket:{digest_of(ticket)}", 0)
    assert await socket_of(f"/ws/projects/{project.pk}/?ticket={ticket}").connect(timeout=PATIENCE) == (False, 4404)
    assert tickets.SECONDS == 60


@at_once
async def test_a_site_and_a_cookie_get_nowhere_without_an_origin_that_is_allowed(
    hub: live.Hub,
    cast: SimpleNamespace,
    project: Project,
    program_of: Callable[..., Program],
    client_of: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asgi.application.application_mapping["websocket"], "allowed_origins", ["rushes.example"])
    client = await database_sync_to_async(client_of)(cast.dave)
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    path = f"/ws/projects/{project.pk}/"
    ticket = await ticket_for(program_of, cast.dave, project)
    refused: list[tuple[str, dict[str, str]]] = [
        (f"{path}?ticket={ticket}", {"origin": "https://evil.example"}),
        (f"{path}?ticket=nonsense", {"cookie": cookie}),
        (f"{path}?ticket=nonsense", {"cookie": cookie, "origin": "https://rushes.example"}),
        (f"{path}?ticket=", {"cookie": cookie}),
        ("/ws/me/?ticket=nonsense", {"cookie": cookie}),
        (path, {"cookie": cookie}),
    ]
    for where, headers in refused:
        assert (await socket_of(where, **headers).connect(timeout=PATIENCE))[0] is False, (where, headers)
    good = socket_of(path, cookie=cookie, origin="https://rushes.example")
    assert (await good.connect(timeout=PATIENCE))[0]
    await good.disconnect(timeout=PATIENCE)


async def test_who_comes_without_an_origin_leaves_their_cookies_behind() -> None:
    seen: list[Any] = []

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["headers"])

    headers = [(b"host", b"testserver"), (b"cookie", b"sessionid=x")]
    scope = {"type": "websocket", "query_string": b"ticket=x", "headers": headers}
    await OriginOrTicket(inside)(scope, None, None)
    assert seen == [[(b"host", b"testserver")]]


@at_once
@pytest.mark.parametrize("how", ["revoked", "expired", "logged out"])
async def test_the_socket_of_a_ticket_ends_with_what_it_was_made_by(
    hub: live.Hub,
    cast: SimpleNamespace,
    project: Project,
    program_of: Callable[..., Program],
    client_of: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    if how != "revoked":
        monkeypatch.setattr(live, "RECHECK_SECONDS", 0.05)
    browser = await database_sync_to_async(client_of)(cast.carol)
    if how == "logged out":
        body = {"project": str(project.pk)}
        made = await database_sync_to_async(browser.post)("/api/v1/tickets", body, content_type="application/json")
        ticket = made.json()["ticket"]
    else:
        ticket = await ticket_for(program_of, cast.carol, project)
    socket = socket_of(f"/ws/projects/{project.pk}/?ticket={ticket}")
    assert (await socket.connect(timeout=PATIENCE))[0]
    if how == "revoked":
        token = await ApiToken.objects.aget(user=cast.carol)
        await database_sync_to_async(browser.delete)(f"/api/v1/teams/{cast.team.pk}/tokens/{token.pk}")
    elif how == "expired":
        await ApiToken.objects.filter(user=cast.carol).aupdate(expires_at=timezone.now())
    else:
        await database_sync_to_async(browser.logout)()
    closed = await socket.receive_output(timeout=PATIENCE)
    assert (closed["type"], closed["code"]) == ("websocket.close", 4404)


@at_once
async def test_who_looks_at_what_is_known_without_a_socket(
    hub: live.Hub, cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    ticket = await ticket_for(program_of, cast.dave, project)
    socket = socket_of(f"/ws/projects/{project.pk}/?ticket={ticket}")
    assert (await socket.connect(timeout=PATIENCE))[0]
    await socket.send_to(text_data=json.dumps({"type": "viewing", "page": "storyboard"}))
    await until(lambda: str(cast.dave.pk) in noted(project.pk))
    carol = await database_sync_to_async(program_of)(cast.carol)
    people = (await database_sync_to_async(carol.get)(f"projects/{project.pk}/people")).json()
    assert [one["here"] for one in people] == [None, None, None, {"page": "storyboard", "shot": ""}]
    await socket.disconnect(timeout=PATIENCE)
    await until(lambda: not noted(project.pk))


@in_turn
def test_strangers_get_no_ticket(cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]) -> None:
    mallory = program_of(cast.mallory)
    one, none = (mallory.post("tickets", {"project": str(pk)}) for pk in (project.pk, uuid.uuid4()))
    refusal(one, 404, "not_found")
    assert one.content == none.content
    refusal(program_of(cast.dave).post("tickets", {}), 400, "invalid")
