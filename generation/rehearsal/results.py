"""Where results are fetched: signed links, and everything that can be wrong with what lies behind them."""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from pathlib import Path

from generation.rehearsal import tasks
from generation.rehearsal.desk import Desk
from generation.rehearsal.http import Reply, Request, page
from generation.rehearsal.media import making, pictures, sounds
from generation.rehearsal.tasks import Task

_PATH = re.compile(r"/files/([\w-]+)/(\d+)\.\w+")
_PIECE = 256 * 1024
_GIANT = 64 * 1024**3
_SHOWN = frozenset({"black", "frozen", "wrong_size", "wrong_duration", "silent", "corrupt"})
_METADATA_SERVICE = "http://169.254.169.254/latest/meta-data/"


def fetch(desk: Desk, request: Request) -> Reply:
    """Answer a request for a result."""
    match = _PATH.fullmatch(request.path)
    row = desk.state.maybe("SELECT * FROM tasks WHERE id = ?", (match[1],)) if match else None
    if match is None or row is None:
        return _denied(404, "NoSuchKey")
    task, number = Task.from_row(row), int(match[2])
    until = request.parameter("exp")
    signed = request.parameter("_jwt")
    if not until.isdigit() or not hmac.compare_digest(signed, desk.signature(task.id, number, int(until))):
        return _denied(403, "SignatureDoesNotMatch")
    if int(until) < time.time():
        return _denied(403, "AccessDenied: Request has expired")
    if task.deleted or number >= task.ready(time.time()):
        return _denied(404, "NoSuchKey")
    if request.method not in {"GET", "HEAD"}:
        return _denied(405, "MethodNotAllowed")
    return with_faults(desk, task, number, request)


def with_faults(desk: Desk, task: Task, number: int, request: Request) -> Reply:
    """Send one result as it should be, or as the play wants it.

    Args:
        desk: whose.
        task: the order; it is known to be the caller's.
        number: which of its results.
        request: with the path by which the caller reached us.
    """

    def plays(fault: str) -> bool:
        return request.method == "GET" and tasks.plays(desk.state, task, fault)

    if plays("drop_output"):
        return Reply(manner="drop")
    if plays("link_missing"):
        return _denied(404, "NoSuchKey")
    if plays("html_page"):
        return page(200, "Sign in to continue")
    if plays("redirect_private"):
        return Reply(302, headers={"Location": _METADATA_SERVICE})
    here = f"{request.base_url}{request.path}?{request.query}"
    if plays("redirect_loop") or (request.parameter("again") and "redirect_loop" in task.faults):
        return Reply(302, headers={"Location": here if request.parameter("again") else f"{here}&again=1"})
    if not request.parameter("again") and plays("redirect_once"):
        return Reply(302, headers={"Location": f"{here}&again=1"})
    media_type = task.wanted.media_type
    if plays("zero_bytes"):
        return Reply(200, b"", media_type)
    if plays("wrong_type"):
        return _something_else(desk, task)
    if plays("giant"):
        return Reply(200, _without_end(made(desk, task, number)), media_type, claimed=_GIANT)
    if plays("giant_silently"):
        return Reply(200, _without_end(made(desk, task, number)), media_type, length=False)
    path = made(desk, task, number)
    size = path.stat().st_size
    if plays("truncated"):
        return Reply(200, path.read_bytes()[: size * 2 // 3], media_type, claimed=size)
    if plays("truncated_silently"):
        return Reply(200, path.read_bytes()[: size * 2 // 3], media_type, length=False)
    if plays("without_length"):
        return Reply(200, _pieces(path), media_type, length=False)
    whole = Reply(200, path.read_bytes(), media_type, {"Accept-Ranges": "bytes"})
    return whole.going("drip") if plays("drip_output") else whole


def made(desk: Desk, task: Task, number: int) -> Path:
    """One result as a file."""
    shown = _SHOWN & task.faults.keys()
    name = f"{task.body_hash} {task.id}"
    return making.result(task.wanted, number, title=task.model, name=name, faults=shown, folder=desk.state.made)


def _something_else(desk: Desk, task: Task) -> Reply:
    """A file that is whole, but of another kind, and says so."""
    if task.wanted.kind == "image":
        path = desk.state.made / "something-else.wav"
        if not path.exists():
            sounds.make(path, media_type="audio/wav", duration_ms=500)
        return Reply(200, path.read_bytes(), "audio/wav")
    path = desk.state.made / "something-else.png"
    if not path.exists():
        pictures.write(pictures.draw(320, 180, title="not a film", below="", seed=1), "image/png", path)
    return Reply(200, path.read_bytes(), "image/png")


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _without_end(path: Path) -> Iterable[bytes]:
    return chain(_pieces(path), repeat(bytes(_PIECE)))


def _denied(status: int, code: str) -> Reply:
    """As a storage service says no."""
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code></Error>'
    return Reply(status, body.encode(), "application/xml")
