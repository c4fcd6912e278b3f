"""One call: a request, and its answer or a sure word on how far it came."""

from __future__ import annotations

import json as jsons
import math
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from generation.providers.errors import UNSTORABLE

from .addresses import NotPublic, check_url
from .wire import Errand, admitted, errand, new_session, session

PIECE = 64 * 1024
FILE_PIECE = 1024 * 1024
ANSWER_MOST = 8 * 1024 * 1024
REASON_MOST = 200
# A server that names a day in the next century must not have an order, and its money, wait for that.
RETRY_MOST = 24 * 60 * 60.0
# Lists and fields of an answer: some hundred times what honest ones have. Three bytes become a thousand in memory, so
# that an answer within its length could fill a machine.
PARTS_MOST = 300_000


class NotSent(Exception):
    """No byte of the request's body left this machine. The text is for a log and holds no address."""


class AnswerLost(Exception):
    """The request may have arrived, and its answer did not. The text is for a log and holds no address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self, *, parse_float: Callable[[str], Any] | None = None) -> Any:
        """Return the body read as JSON; characters that cannot be stored are replaced.

        Raises:
            ValueError: it is something else, or of more parts than anybody could have meant.
        """
        try:
            return _storable(read_json(self.body, parse_float=parse_float))
        except RecursionError:
            raise ValueError("nested too deeply") from None

    @property
    def retry_after(self) -> float | None:
        """The seconds after which the server wants to be asked again, where it said so."""
        return retry_after(self.headers)


def read_json(text: bytes | str, *, parse_float: Callable[[str], Any] | None = None) -> Any:
    """Return what a stranger's JSON says, in bounded memory.

    Args:
        text: of a length that has been bounded.
        parse_float: as for ``json.loads``.

    Raises:
        ValueError: it is something else, nested too deeply, or of too many parts.
    """
    signs: Any = (b"[", b"{", b",") if isinstance(text, bytes) else ("[", "{", ",")
    if sum(text.count(sign) for sign in signs) > PARTS_MOST:
        raise ValueError(f"more than {PARTS_MOST} parts")
    try:
        return jsons.loads(text, parse_float=parse_float)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _storable(value: Any) -> Any:
    """Return JSON with the characters replaced that no database stores."""
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(each) for name, each in value.items()}
    return value


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file to be sent as part of a form."""

    path: Path
    name: str
    media_type: str


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    deadline: float,
    json: Any = None,
    data: Mapping[str, str] | bytes | None = None,
    files: Mapping[str, FilePart] | None = None,
    connect: float = 5.0,
    most_bytes: int = ANSWER_MOST,
    fetch_origins: Collection[str] | None = None,
    fresh: bool = False,
    whole: bool = True,
    check: Callable[[], None] = lambda: None,
) -> Answer:
    """Send one request, once, and return its answer. A redirect is an answer like any other.

    Args:
        method: ``GET``, ``POST``, …
        url: where to.
        headers: what to send besides the type and the length of the body.
        deadline: the seconds that all of it may take.
        json: the body as JSON, or
        data: as bytes, or as the fields of a form.
        files: files of the form; they follow its fields.
        connect: the seconds that connecting to one address may take.
        most_bytes: how long the answer may be.
        fetch_origins: when given, the address must be a public one over https, or one of these origins; see also
            ``guarded``.
        fresh: over a new connection: one that rests may be closed by the other side in the very moment in which the
            request leaves, and then nobody knows whether it arrived. Wanted for whatever costs money.
        whole: False where the status says all that matters: of the words, what has come by then is enough, and no more
            than ``most_bytes`` are waited for.
        check: called at least once a second while waiting; what it raises ends the call and comes through.

    Raises:
        NotSent: no byte of the body left: the name, the connection, TLS or the request itself was at fault.
        AnswerLost: anything that went wrong afterwards.
    """
    sent, body = dict(headers), _body(json, data, files)
    if isinstance(body, Form):
        sent["Content-Type"] = body.content_type
    elif json is not None:
        sent["Content-Type"] = "application/json"
    journey = Errand(seconds=deadline, connect=connect, check=check, origins=admitted(fetch_origins), fresh=fresh)
    with sending(method, url, headers=sent, body=body, journey=journey) as response:
        return Answer(response.status_code, response.headers, _read(response, most_bytes, whole))


@contextmanager
def sending(method: str, url: str, *, headers: Mapping[str, str], body: Any, journey: Errand) -> Iterator[Any]:
    """Send one request for an errand and give its answer, whose body is still to be read.

    Raises:
        NotSent, AnswerLost: as ``call`` does, also for what goes wrong while the answer is read.
    """
    with errand(journey):
        # A connection that was made without the guard must not serve behind it.
        sender = session() if journey.origins is None else new_session()
        try:
            if journey.origins is not None:
                check_url(url, journey.origins)
            with sender.request(
                method, url, headers=headers, data=body, stream=True, allow_redirects=False
            ) as response:
                yield response
        except NotPublic as error:
            raise NotSent(str(error)) from None
        except (requests.RequestException, HTTPError) as error:
            if journey.departed:
                raise AnswerLost(reason(error)) from None
            raise NotSent(reason(error)) from None
        except UnicodeError:
            if journey.departed:
                raise
            # http.client puts header lines into Latin-1. Which one it was must not be told: it may be the key.
            raise NotSent("a header line or the address cannot be put into bytes") from None
        finally:
            if sender is not session():
                sender.close()


def _read(response: requests.Response, most: int, whole: bool) -> bytes:
    """Read an answer to its end.

    Of a refusal the status alone proves what matters, so what has come of its words by then is enough.
    """
    body = bytearray()
    try:
        for piece in response.raw.stream(min(PIECE, most + 1), decode_content=True):
            body += piece
            if len(body) > most:
                raise requests.exceptions.ContentDecodingError(f"the answer is longer than {most} bytes")
    except (requests.RequestException, HTTPError):
        if whole and response.status_code < 300:
            raise
    return bytes(body[:most])


def reason(error: BaseException) -> str:
    """Return the innermost reason of a failed request: the outer ones quote the address and the header lines."""
    if isinstance(error, requests.exceptions.InvalidHeader | requests.exceptions.InvalidURL):
        return type(error).__name__
    seen: list[BaseException] = []
    inner: BaseException | None = error
    while inner is not None and inner not in seen:
        seen.append(inner)
        held = [getattr(inner, "reason", None), *inner.args, inner.__cause__]
        inner = next((each for each in held if isinstance(each, BaseException)), None)
    return f"{type(seen[-1]).__name__}: {seen[-1]}"[:REASON_MOST]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a ``Retry-After`` line, be they given as a number or as a date; never more than a day."""
    said = headers.get("Retry-After", "").strip()
    try:
        seconds = float(said)
    except ValueError:
        try:
            until = parsedate_to_datetime(said)
        except (ValueError, OverflowError):
            return None
        seconds = (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), RETRY_MOST) if math.isfinite(seconds) else None


def _body(json: Any, data: Mapping[str, str] | bytes | None, files: Mapping[str, FilePart] | None) -> Any:
    if json is not None:
        return jsons.dumps(json, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    if files:
        return Form(data if isinstance(data, Mapping) else {}, files)
    return data


@dataclass(frozen=True)
class Form:
    """A form with files, read from disk while it is sent, of a length that is known before."""

    fields: Mapping[str, str]
    files: Mapping[str, FilePart]
    boundary: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def content_type(self) -> str:
        """The header line that goes with it."""
        return f"multipart/form-data; boundary={self.boundary}"

    def __len__(self) -> int:
        texts = sum(len(head) + (part.path.stat().st_size if part else 0) for head, part in self._parts())
        return texts + len(self._end)

    def __iter__(self) -> Iterator[bytes]:
        for head, part in self._parts():
            yield head
            if part is not None:
                with part.path.open("rb") as source:
                    while piece := source.read(FILE_PIECE):
                        yield piece
        yield self._end

    def _parts(self) -> Iterator[tuple[bytes, FilePart | None]]:
        between = ""
        for name, value in self.fields.items():
            yield f"{between}--{self.boundary}\r\n{_named(name)}\r\n\r\n{value}".encode(), None
            between = "\r\n"
        for name, part in self.files.items():
            head = f'{between}--{self.boundary}\r\n{_named(name)}; filename="{_quoted(part.name)}"'
            yield f"{head}\r\nContent-Type: {part.media_type}\r\n\r\n".encode(), part
            between = "\r\n"

    @property
    def _end(self) -> bytes:
        return f"\r\n--{self.boundary}--\r\n".encode()


def _named(name: str) -> str:
    return f'Content-Disposition: form-data; name="{_quoted(name)}"'


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
