"""Target 4: one message to a thousand browsers that watch one project."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes
from benchmarks.table import Row, Section
from tests.services import redis_server

BROWSERS, FEW = 1000, 100
MESSAGES, PAUSE = 20, 0.6
BURST = 300

HOW = f"""A server process and one process with {BROWSERS:,} clients of `websockets`, without compression. {MESSAGES}
messages of 250 bytes, {PAUSE:g} s apart (plain Channels: 2 s apart, as it needs longer); from the call that pushes to
the arrival at each client, all clients together, so that most of a bare server's time is the client process's own. A
full garbage collection of our server takes about 0.1 s with this many sockets; where one falls among the messages it
makes the p99 of that run and adds some 5 µs to each delivery, and it is counted. Processor time is the server's, per
message and client. Memory is what the process grew by while they connected, per connection. The burst is {BURST}
messages at once to {FEW} clients: *lost* never arrived and no `resync` told of it; *current* is how many clients had
the last message in the end. No server's burst is waited for message by message; plain Channels on Redis then refuses
up to a quarter of the sends for want of connections, and loses as much when it refuses none. Ours is the whole
application with sessions and permissions under uvicorn as `manage.py serve` runs it; peers are the broadcast of
`websockets`, and plain Channels under uvicorn (a group of all consumers, `group_send`) with its own layers, without
sessions and permissions."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One server's figures: milliseconds, µs per delivery, kB per connection, and the burst."""

    p50: float
    p99: float
    cpu: float
    memory: float
    connecting: float
    lost: float
    resyncs: int
    current: float


def measure() -> Section:
    """Measure the four servers one after the other."""
    with redis_server() as redis:
        with tempfile.TemporaryDirectory() as data:
            env = processes.environment(Path(data), EMBEDDED_WORKER="false")
            ours = _server("benchmarks.pushing.ours", "serve", "send", env)
        with tempfile.TemporaryDirectory() as data:
            env = processes.environment(
                Path(data), EMBEDDED_WORKER="false", REDIS_URL=redis or "", REDIS_PREFIX="bench"
            )
            ours_redis = _server("benchmarks.pushing.ours", "serve", "send", env) if redis else None
        peers = "benchmarks.pushing.peers"
        with tempfile.TemporaryDirectory() as data:
            env = processes.environment(Path(data))
            bare = _server(peers, "serve_bare", "send_bare", env)
            plain = _server(peers, "serve_plain", "send_plain", env, pause=2.0)
            plain_redis = _server(peers, "serve_plain", "send_plain", env, pause=2.0, redis=redis) if redis else None
    rows = [*_rows("", ours, bare, "bare broadcast"), *_against_plain("", ours, plain, "plain Channels")]
    if ours_redis is not None and plain_redis is not None:
        rows += _rows("with Redis, ", ours_redis, bare, "bare broadcast")
        rows += _against_plain("with Redis, ", ours_redis, plain_redis, "plain Channels on Redis")
    return Section(f"4. Push to {BROWSERS:,} browsers of one project", HOW, tuple(rows))


def _server(
    module: str, serve: str, send: str, env: Mapping[str, str], pause: float = PAUSE, **arguments: str
) -> Outcome:
    with (
        processes.Conversation(module, env=env, django=True) as server,
        processes.Conversation("benchmarks.pushing.browsers") as browsers,
    ):
        where = server.ask(serve, **arguments)
        browsers.ask("open_all", **where, count=FEW)
        server.ask(send, count=2, pause=0.1)
        memory = server.ask("memory")
        connecting = browsers.ask("open_all", **where, count=BROWSERS - FEW)
        memory = (server.ask("memory") - memory) * 1024 / (BROWSERS - FEW)
        server.ask(send, count=1, pause=pause)
        browsers.ask("forget")
        sent = server.ask(send, count=MESSAGES, pause=pause)
        heard = browsers.ask("heard", last=sent["last"])
        browsers.ask("close", keep=FEW)
        server.ask(send, count=2, pause=0.1)
        browsers.ask("forget")
        last = server.ask(send, count=BURST, pause=0.0)["last"]
        burst = browsers.ask("heard", last=last)
    lost = 1 - burst["messages"] / (FEW * BURST) if not burst["resyncs"] else 0.0
    return Outcome(
        p50=heard["p50"],
        p99=heard["p99"],
        cpu=sent["cpu"] * 1e6 / max(heard["messages"], 1),
        memory=memory,
        connecting=(BROWSERS - FEW) / connecting,
        lost=lost * 100,
        resyncs=burst["resyncs"],
        current=burst["current"],
    )


def _rows(name: str, ours: Outcome, bare: Outcome, peer: str) -> list[Row]:
    return [
        Row(f"{name}p50", ours.p50, "ms", peer, bare.p50),
        Row(f"{name}p99", ours.p99, "ms", peer, bare.p99, most_ratio=2),
        Row(f"{name}processor time per delivery", ours.cpu, "µs", peer, bare.cpu),
        Row(f"{name}memory per connection", ours.memory, "kB", peer, bare.memory, most=30),
    ]


def _against_plain(name: str, ours: Outcome, plain: Outcome, peer: str) -> list[Row]:
    return [
        Row(f"{name}p99", ours.p99, "ms", peer, plain.p99),
        Row(f"{name}processor time per delivery", ours.cpu, "µs", peer, plain.cpu, most_ratio=0.1),
        Row(f"{name}memory per connection", ours.memory, "kB", peer, plain.memory),
        Row(f"{name}connecting", ours.connecting, "/s", peer, plain.connecting),
        Row(f"{name}burst: lost without a word", ours.lost, "%", peer, plain.lost, most=0),
        Row(f"{name}burst: told to fetch the state anew", ours.resyncs, "times", peer, plain.resyncs),
        Row(f"{name}burst: clients that are current", ours.current, "of 100", peer, plain.current, least=100),
    ]
