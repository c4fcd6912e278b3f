"""Calls and downloads over a network that does its worst: what came of it is always known for sure."""

from __future__ import annotations

import datetime as dates
import gzip
import hashlib
import ipaddress
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from generation.providers import http
from generation.providers.errors import OutputExpired, OutputUnusable, PollFailed, Stopped
from generation.providers.http import Answer, AnswerLost, FilePart, NotPublic, NotSent, wire
from tests.providers.raw_server import Script, answer, read_request, reset, serving

ORDER = {"model": "gen4_turbo", "promptText": "Nebel über dem Hafen 🌫"}
KEY = "key_canary_7c1f"


def order(url: str, **more: Any) -> Answer:
    settings: dict[str, Any] = {"deadline": 5.0, "json": ORDER, "headers": {"Authorization": f"Bearer {KEY}"}, **more}
    return http.call("POST", url, **settings)


class Served:
    """Counts what reached the server."""

    def __init__(self, then: Callable[[socket.socket], None]) -> None:
        self.requests: list[tuple[bytes, bytes]] = []
        self._then = then

    def __call__(self, sock: socket.socket) -> None:
        self.requests.append(read_request(sock))
        self._then(sock)


# --- a call that comes through ---------------------------------------------------------------------------------------


def test_a_call_gives_the_answer_whatever_its_status() -> None:
    served = Served(lambda sock: sock.sendall(answer(b'{"id": 1.5}', "418 Teapot", headers="Retry-After: 7\r\n")))
    with serving(served) as url:
        got = order(f"{url}/v1/x")
    assert (got.status, got.json(), got.json(parse_float=str), got.retry_after) == (
        418,
        {"id": 1.5},
        {"id": "1.5"},
        7.0,
    )
    head, body = served.requests[0]
    assert head.startswith(b"POST /v1/x HTTP/1.1\r\n")
    assert f"Bearer {KEY}".encode() in head
    assert b"Content-Type: application/json" in head
    assert body == '{"model":"gen4_turbo","promptText":"Nebel über dem Hafen 🌫"}'.encode()


def test_nothing_is_repeated_and_no_redirect_is_followed() -> None:
    served = Served(lambda sock: sock.sendall(answer(b"", "307 Go", headers="Location: /elsewhere\r\n")))
    with serving(served) as url:
        assert order(url).status == 307
    assert len(served.requests) == 1
    busy = Served(lambda sock: sock.sendall(answer(b"", "503 Busy", headers="Retry-After: 0\r\n")))
    with serving(busy) as url:
        assert order(url).status == 503
    assert len(busy.requests) == 1


def test_a_compressed_answer_is_read_and_a_bomb_is_not() -> None:
    def script(sock: socket.socket) -> None:
        head, _ = read_request(sock)
        text = b"0" * (50_000_000 if b"/bomb" in head else 5)
        sock.sendall(answer(gzip.compress(text), headers="Content-Encoding: gzip\r\n"))

    with serving(script) as url:
        assert order(url).body == b"00000"
        with pytest.raises(AnswerLost):
            order(f"{url}/bomb")


def test_connections_are_used_again_but_not_after_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    arrivals: list[int] = []

    def script(sock: socket.socket) -> None:
        while True:
            if not read_request(sock)[0]:
                return
            arrivals.append(sock.getpeername()[1])
            sock.sendall(answer(b"{}", headers=""))

    with serving(script) as url:
        order(url)
        order(url)
        order(url, fresh=True)
        order(url)
        monkeypatch.setattr(wire, "REST_MOST", -1.0)
        order(url)
    assert arrivals[0] == arrivals[1] != arrivals[2]
    assert arrivals[2] == arrivals[3] != arrivals[4]


def test_each_thread_has_one_session_that_trusts_nothing_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    served = Served(
        lambda sock: sock.sendall(answer(b"{}", headers="Set-Cookie: team=secret; Path=/\r\nConnection: close\r\n"))
    )
    with serving(served) as url:
        order(url)
        order(url)
    assert b"secret" not in served.requests[1][0]
    mine = wire.session()
    others: list[Any] = []
    thread = threading.Thread(target=lambda: others.append(wire.session()))
    thread.start()
    thread.join()
    assert mine is wire.session() is not others[0]
    assert mine.trust_env is False
    assert mine.get_adapter("https://x").max_retries.total == 0  # type: ignore[attr-defined]


def test_a_session_without_a_time_limit_sends_nothing() -> None:
    with serving(lambda sock: None) as url, pytest.raises(RuntimeError, match="time limit"):
        wire.session().get(url)


def test_a_form_with_a_file_has_its_length_and_its_parts_in_order(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\x00\xff" * 700_000)
    served = Served(lambda sock: sock.sendall(b"HTTP/1.1 204 No Content\r\n\r\n"))
    part = FilePart(tmp_path / "a", 'st"ill.png', "image/png")
    with serving(served) as url:
        got = http.call("POST", url, headers={}, data={"key": "k", "policy": "p"}, files={"file": part}, deadline=5)
    assert got.status == 204
    head, body = served.requests[0]
    boundary = head.split(b"boundary=")[1].split(b"\r\n")[0]
    assert b"chunked" not in head
    assert body == (
        b'--%b\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n'
        b'--%b\r\nContent-Disposition: form-data; name="policy"\r\n\r\np\r\n'
        b'--%b\r\nContent-Disposition: form-data; name="file"; filename="st%%22ill.png"\r\n'
        b"Content-Type: image/png\r\n\r\n%b\r\n--%b--\r\n"
    ) % (boundary, boundary, boundary, b"\x00\xff" * 700_000, boundary)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("-4", 0.0), ("soon", None), ("", None), ("nan", None), ("inf", None)],
)
def test_retry_after_is_read_or_left(said: str, seconds: float | None) -> None:
    assert Answer(429, {"Retry-After": said}, b"").retry_after == seconds


def test_retry_after_may_be_a_date() -> None:
    later = format_datetime(dates.datetime.now(dates.UTC) + dates.timedelta(seconds=90), usegmt=True)
    assert Answer(429, {"Retry-After": later}, b"").retry_after == pytest.approx(90, abs=5)


# --- no byte left ----------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_refused_unknown_and_nonsense_addresses_were_not_sent() -> None:
    for url in (
        f"http://127.0.0.1:{free_port()}",
        "http://no-such-host.invalid/",
        "http://" + "a" * 70 + ".example/",
        "nonsense",
        "http://",
        "ftp://127.0.0.1/",
    ):
        with pytest.raises(NotSent):
            order(url)


def test_a_silent_address_is_given_up_when_connecting_takes_too_long() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for each in fillers:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        with pytest.raises(NotSent, match="did not answer in time"):
            order(f"http://127.0.0.1:{full.getsockname()[1]}", connect=0.3)
        for each in fillers:
            each.close()


def test_a_server_that_speaks_no_tls_was_sent_nothing() -> None:
    with serving(lambda sock: sock.sendall(b"SSH-2.0-x\r\n")) as url, pytest.raises(NotSent):
        order(url.replace("http:", "https:"))


def test_a_tls_handshake_that_never_ends_is_given_up() -> None:
    ticks: list[float] = []
    with serving(lambda sock: time.sleep(5)) as url, pytest.raises(NotSent, match="did not answer in time"):
        order(url.replace("http:", "https:"), connect=1.2, check=lambda: ticks.append(time.monotonic()))
    assert len(ticks) >= 1


@pytest.mark.parametrize("key", ["key\r\nX-Evil: 1", "key…", "\nkey"])
def test_a_key_that_cannot_be_a_header_is_not_sent_and_not_told(key: str) -> None:
    served = Served(lambda sock: sock.sendall(answer(b"{}")))
    with serving(served) as url, pytest.raises(NotSent) as raised:
        order(url, headers={"Authorization": f"Bearer {key}"})
    assert "key" not in str(raised.value).replace("may be the key", "")
    assert served.requests == []


def test_a_connection_that_ends_before_the_body_took_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    # The peer has gone while the connection rested, unseen: the header lines meet a closed door.
    closed = threading.Event()

    def script(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(answer(b"{}", headers=""))
        sock.recv(10)
        reset(sock)
        closed.set()

    real = wire._Connection.endheaders

    def late(self: Any, *args: Any, **kwargs: Any) -> None:
        self.sock._sock.send(b"x")
        closed.wait(5)
        time.sleep(0.05)
        real(self, *args, **kwargs)

    with serving(script) as url:
        order(url)
        monkeypatch.setattr(wire._Connection, "endheaders", late)
        with pytest.raises(NotSent):
            order(url)


# --- nobody knows ----------------------------------------------------------------------------------------------------


def _drip(sock: socket.socket) -> None:
    read_request(sock)
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 1000:
        sock.sendall(bytes([byte]))
        time.sleep(0.05)


def _drip_body(sock: socket.socket) -> None:
    read_request(sock)
    sock.sendall(answer(b"", length=1000))
    for _ in range(1000):
        sock.sendall(b"z")
        time.sleep(0.05)


def _hang(sock: socket.socket) -> None:
    read_request(sock)
    sock.recv(1)


def _close(sock: socket.socket) -> None:
    read_request(sock)


def _reset(sock: socket.socket) -> None:
    read_request(sock)
    reset(sock)


def _reset_in_answer(sock: socket.socket) -> None:
    read_request(sock)
    sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"id"')
    time.sleep(0.1)
    reset(sock)


def _short(sock: socket.socket) -> None:
    read_request(sock)
    sock.sendall(answer(b'{"id": 1}', length=90))


def _garbage(sock: socket.socket) -> None:
    read_request(sock)
    sock.sendall(b"\x00\x01\x02 what\r\n\r\n")


def _endless_heads(sock: socket.socket) -> None:
    read_request(sock)
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(100_000):
        sock.sendall(b"X-%d: y\r\n" % number)


def _endless_promises(sock: socket.socket) -> None:
    read_request(sock)
    while True:
        sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def _oversize(sock: socket.socket) -> None:
    read_request(sock)
    sock.sendall(answer(b"z" * 3000))


def _bad_gzip(sock: socket.socket) -> None:
    read_request(sock)
    sock.sendall(answer(b"not gzip", headers="Content-Encoding: gzip\r\n"))


LOST = [
    _drip,
    _drip_body,
    _hang,
    _close,
    _reset,
    _reset_in_answer,
    _short,
    _garbage,
    _endless_heads,
    _endless_promises,
    _oversize,
    _bad_gzip,
]


@pytest.mark.parametrize("script", LOST)
def test_after_the_body_has_left_every_fault_is_a_lost_answer(script: Script) -> None:
    served = Served(lambda sock: None)

    def watched(sock: socket.socket) -> None:
        script(sock)
        served.requests.append((b"", b""))

    with serving(watched) as url, pytest.raises(AnswerLost) as raised:
        order(f"{url}/?sig=canary", deadline=0.8, most_bytes=2000)
    assert "canary" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_half_a_body_that_left_may_have_been_an_order() -> None:
    def script(sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.recv(2000)
        time.sleep(0.1)
        reset(sock)

    with serving(script) as url, pytest.raises(AnswerLost):
        order(url, json={"promptImage": "z" * 30_000_000})


def test_a_server_that_stops_reading_is_given_up_at_the_deadline() -> None:
    with serving(lambda sock: time.sleep(5)) as url, pytest.raises(AnswerLost):
        order(url, json={"promptImage": "z" * 30_000_000}, deadline=0.5)


@pytest.mark.parametrize("status", ["429 Slow", "503 Busy"])
def test_of_a_refusal_the_status_is_enough(status: str) -> None:
    def script(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(answer(b'{"error":', status, length=900))

    with serving(script) as url:
        assert order(url).status == int(status[:3])


def test_where_the_status_says_all_the_words_are_not_waited_for() -> None:
    def cut_short(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(answer(b"thank", "200 OK", length=900))

    def endless(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(answer(b"x" * 100_000, "200 OK", length=10**9))
        time.sleep(5)

    with serving(cut_short) as url, pytest.raises(AnswerLost):
        order(url)
    with serving(cut_short) as url:
        assert order(url, whole=False).status == 200
    with serving(endless) as url:
        assert order(url, whole=False, most_bytes=2048, deadline=2.0).body == b"x" * 2048


def test_the_lease_is_renewed_while_waiting_and_a_stop_comes_through() -> None:
    ticks: list[int] = []
    with serving(_hang) as url, pytest.raises(AnswerLost):
        order(url, deadline=1.9, check=lambda: ticks.append(1))
    assert len(ticks) >= 2

    def stop() -> None:
        raise Stopped

    for script in (_hang, _drip, _drip_body):
        with serving(script) as url, pytest.raises(Stopped):
            order(url, deadline=5.0, check=stop)


# --- addresses -------------------------------------------------------------------------------------------------------

PRIVATE = [
    "127.0.0.1",
    "127.1",
    "127.0.0.1.",
    "localhost",
    "localhost.",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "168.63.129.16",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "198.18.0.1",
    "192.88.99.1",
    "192.0.2.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2001:0:1::1]",
    "[2001:db8::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fec0::1]",
    "[ff02::1]",
    "public.example@127.0.0.1",
    "public.example:x@127.0.0.1",
    "127.0.0.1#@public.example",
    "127.0.0.1\\@public.example",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "",
]


@pytest.mark.parametrize("host", PRIVATE)
def test_no_private_address_is_reached_however_it_is_spelt(host: str, tmp_path: Path) -> None:
    with pytest.raises(NotPublic):
        http.public_address(f"https://{host}/x.mp4")
    with pytest.raises((OutputUnusable, PollFailed)) as raised:
        fetch(f"https://{host}/x.mp4", tmp_path, origins=())
    # Where a name that is none stays unresolved nothing was reached either.
    assert raised.value.code == "private_address" or "gaierror" in raised.value.internal or not host.isascii()


@pytest.mark.parametrize(
    "url",
    ["http://93.184.216.34/", "ftp://93.184.216.34/", "file:///etc/passwd", "//93.184.216.34/", "x", "https://[::"],
)
def test_only_https_is_reached(url: str) -> None:
    with pytest.raises(NotPublic):
        http.public_address(url)


def test_public_addresses_are_let_through() -> None:
    http.public_address("https://93.184.216.34/x")
    http.public_address("https://[2606:4700::1111]:8443/x")
    http.public_address("http://127.0.0.1:8123/x", fetch_origins=["http://127.0.0.1:8123"])
    assert not http.is_public("nonsense")


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(NotPublic) as refused:
        http.public_address("https://cdn.example/x")
    # Whoever asks learns neither the numbers of this house nor which names there are in it.
    assert str(refused.value) == "cdn.example is not a public address, or cannot be found."


def test_a_name_that_changes_after_the_check_is_not_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What was checked is what is connected to: the name is looked up once for both."""
    lookups: list[str] = []

    def rebinding(host: str, port: int, **_: Any) -> list[Any]:
        lookups.append(host)
        address = "93.184.216.34" if len(lookups) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    reached: list[Any] = []

    def nowhere(sock: socket.socket, address: Any, journey: Any) -> None:
        reached.append(address[0])
        raise OSError("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(wire, "_connect", nowhere)
    with pytest.raises(PollFailed):
        fetch("https://cdn.example/x.mp4", tmp_path, origins=())
    assert (lookups, reached) == (["cdn.example"], ["93.184.216.34"])


def test_an_upload_goes_to_public_addresses_only() -> None:
    served = Served(lambda sock: sock.sendall(answer(b"{}")))
    with serving(served) as url:
        with pytest.raises(NotSent, match="https"):
            order(url, fetch_origins=())
        with pytest.raises(NotSent, match="not a public address"):
            order(url.replace("http:", "https:"), fetch_origins=())
        assert served.requests == []
        assert order(url, fetch_origins=[url]).status == 200


def test_a_connection_made_without_the_guard_does_not_serve_behind_it(trusted: Any) -> None:
    def script(sock: socket.socket) -> None:
        while read_request(sock)[0]:
            sock.sendall(answer(b"{}", headers=""))

    with trusted(script) as url:
        secure = url.replace("http:", "https:")
        assert order(secure).status == 200
        with pytest.raises(NotSent, match="not a public address"):
            order(secure, fetch_origins=())


# --- downloads -------------------------------------------------------------------------------------------------------


def fetch(url: str, folder: Path, *, origins: Any = None, **more: Any) -> str:
    settings: dict[str, Any] = {"most_bytes": 10_000_000, "deadline": 5.0, "check": lambda: None, **more}
    allowed = [url.split("/x")[0]] if origins is None else origins
    return http.download(url, folder / "result.mp4", fetch_origins=allowed, **settings)


CLIP = b"\x00\x00\x00\x20ftypisom" + bytes(range(256)) * 20_000


@pytest.mark.parametrize("heads", ["", "Content-Type: Video/MP4; codecs=x\r\n"])
@pytest.mark.parametrize("length", [None, -1])
def test_a_download_appears_whole_with_its_type(heads: str, length: int | None, tmp_path: Path) -> None:
    def script(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(answer(CLIP, headers=heads, length=length))

    with serving(script) as url:
        assert fetch(f"{url}/x", tmp_path) == ("video/mp4" if heads else "")
    assert (tmp_path / "result.mp4").read_bytes() == CLIP
    assert sorted(each.name for each in tmp_path.iterdir()) == ["result.mp4"]


BAD: list[tuple[bytes, type[Exception], str]] = [
    (answer(b"", "403 Forbidden"), OutputExpired, "link_expired"),
    (answer(b"", "404 Not Found"), OutputExpired, "link_expired"),
    (answer(b"", "410 Gone"), OutputExpired, "link_expired"),
    (answer(b"", "500 Oh"), PollFailed, "download_failed"),
    (answer(b"", "429 Slow", headers="Retry-After: 9\r\n"), PollFailed, "download_failed"),
    (answer(CLIP, "206 Partial Content"), OutputUnusable, "bad_status"),
    (answer(b"", "204 No Content", length=-1), OutputUnusable, "bad_status"),
    (answer(b""), OutputUnusable, "empty"),
    (answer(b"", length=-1), OutputUnusable, "empty"),
    (answer(b"<p>", headers="Content-Type: text/html; charset=utf-8\r\n"), OutputUnusable, "not_media"),
    (answer(b"{}", headers="Content-Type: application/json\r\n"), OutputUnusable, "not_media"),
    (answer(b" \n<!DOCTYPE html><p>", headers="Content-Type: video/mp4\r\n"), OutputUnusable, "not_media"),
    (answer(CLIP, length=len(CLIP) + 1), OutputUnusable, "truncated"),
    (answer(CLIP, length=20_000_000), OutputUnusable, "too_large"),
    (answer(CLIP * 3, length=-1), OutputUnusable, "too_large"),
    (b"garbage\r\n\r\n", PollFailed, "download_failed"),
]


@pytest.mark.parametrize(("said", "error", "code"), BAD)
def test_what_is_no_whole_media_file_is_refused(said: bytes, error: type[Exception], code: str, tmp_path: Path) -> None:
    def script(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(said)

    with serving(script) as url, pytest.raises(error) as raised:
        fetch(f"{url}/x?_jwt=canary", tmp_path)
    assert raised.value.code == code  # type: ignore[attr-defined]
    assert "canary" not in raised.value.public + raised.value.internal  # type: ignore[attr-defined]
    if b"Retry-After" in said:
        assert raised.value.retry_after == 9.0  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("script", [_drip, _drip_body, _hang, _close, _reset, _reset_in_answer, _endless_heads])
def test_a_fault_on_the_way_is_tried_again_later(script: Script, tmp_path: Path) -> None:
    with serving(script) as url, pytest.raises((PollFailed, OutputUnusable)) as raised:
        fetch(f"{url}/x", tmp_path, deadline=0.8)
    assert isinstance(raised.value, PollFailed)
    assert list(tmp_path.iterdir()) == []


def test_a_stop_ends_a_download_and_leaves_nothing(tmp_path: Path) -> None:
    def stop() -> None:
        raise Stopped

    with serving(_drip_body) as url, pytest.raises(Stopped):
        fetch(f"{url}/x", tmp_path, check=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_no_fault_of_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def script(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(answer(CLIP))

    real = Path.open

    def full(self: Path, *args: Any, **kwargs: Any) -> Any:
        return real(Path("/dev/full") if self.suffix == ".part" else self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", full)
    with serving(script) as url, pytest.raises(OSError, match="No space"):
        fetch(f"{url}/x", tmp_path)


def test_redirects_are_followed_by_hand_and_checked_each_time(tmp_path: Path) -> None:
    """Three are followed; a fourth, or one to a place that is not allowed, is not."""
    hits: list[bytes] = []

    def script(sock: socket.socket) -> None:
        head, _ = read_request(sock)
        path = head.split()[1]
        hits.append(path)
        steps = int(path.rsplit(b"/", 1)[1])
        to = f"/x/{steps - 1}" if steps < 100 else "https://169.254.169.254/secret"
        to = f"Location: {to}\r\nConnection: close\r\n"
        sock.sendall(answer(b"", "302 Found", headers=to) if steps else answer(CLIP))

    with serving(script) as url:
        fetch(f"{url}/x/3", tmp_path)
        assert hits == [b"/x/3", b"/x/2", b"/x/1", b"/x/0"]
        with pytest.raises(OutputUnusable) as raised:
            fetch(f"{url}/x/9", tmp_path)
        assert raised.value.code == "redirect_loop"
        with pytest.raises(OutputUnusable) as raised:
            fetch(f"{url}/x/100", tmp_path)
        assert raised.value.code == "private_address"


def test_a_redirect_from_an_allowed_origin_does_not_open_another(tmp_path: Path) -> None:
    private = Served(lambda sock: sock.sendall(answer(CLIP)))
    with serving(private) as hidden:

        def script(sock: socket.socket) -> None:
            read_request(sock)
            sock.sendall(answer(b"", "302 Found", headers=f"Location: {hidden}/x\r\n"))

        with serving(script) as url, pytest.raises(OutputUnusable) as raised:
            fetch(f"{url}/x", tmp_path)
    assert raised.value.code == "private_address"
    assert private.requests == []


def test_memory_stays_flat_while_a_large_result_arrives(tmp_path: Path) -> None:
    piece = bytes(range(256)) * 4096

    def script(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(answer(b"", length=60 * len(piece)))
        for _ in range(60):
            sock.sendall(piece)

    with serving(script) as url:
        tracemalloc.start()
        try:
            fetch(f"{url}/x", tmp_path, most_bytes=10**9)
            assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
        finally:
            tracemalloc.stop()
    assert hashlib.sha256((tmp_path / "result.mp4").read_bytes()).digest() == hashlib.sha256(piece * 60).digest()


# --- TLS -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[tuple[Callable[[Script], Any], Path]]:
    """A server for ``localhost`` with a certificate of its own, and the file that makes it trusted."""
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dates.datetime.now(dates.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(1)
        .not_valid_before(now - dates.timedelta(days=1))
        .not_valid_after(now + dates.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(secret, hashes.SHA256())
    )
    folder = tmp_path / "tls"
    folder.mkdir()
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        secret.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")

    def secured(script: Script) -> Script:
        def run(sock: socket.socket) -> None:
            with context.wrap_socket(sock, server_side=True) as wrapped:
                script(wrapped)

        return run

    yield lambda script: serving(secured(script)), folder / "cert.pem"
    wire._trust.cache_clear()
    vars(wire._here).pop("session", None)


@pytest.fixture
def trusted(tls: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same server, its certificate trusted."""
    make, certificate = tls
    monkeypatch.setattr(wire, "DEFAULT_CA_BUNDLE_PATH", str(certificate))
    wire._trust.cache_clear()
    vars(wire._here).pop("session", None)
    return make


def test_a_call_and_a_download_over_tls(trusted: Any, tmp_path: Path) -> None:
    big = CLIP * 2

    def script(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(answer(big))

    with trusted(script) as url:
        secure = url.replace("http:", "https:")
        assert order(f"{secure}/x", most_bytes=10**8, json={"z": "z" * 5_000_000}).body == big
        fetch(f"{secure}/x", tmp_path, most_bytes=10**8)
    assert (tmp_path / "result.mp4").read_bytes() == big


def test_a_certificate_that_nobody_vouches_for_is_sent_nothing(tls: Any) -> None:
    make, _ = tls
    served = Served(lambda sock: sock.sendall(answer(b"{}")))
    with make(served) as url, pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED"):
        order(url.replace("http:", "https:"))
    assert served.requests == []


def test_a_certificate_for_another_name_is_sent_nothing(trusted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    served = Served(lambda sock: sock.sendall(answer(b"{}")))
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **k: real("127.0.0.1", *a, **k))
    with trusted(served) as url, pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED"):
        order(url.replace("http://127.0.0.1", "https://other.example"))
    assert served.requests == []


@pytest.mark.parametrize("script", [_drip, _hang, _close, _reset, _short])
def test_over_tls_a_fault_after_sending_is_a_lost_answer_too(script: Script, trusted: Any) -> None:
    ticks: list[int] = []
    with trusted(script) as url, pytest.raises(AnswerLost):
        order(url.replace("http:", "https:"), deadline=1.2, check=lambda: ticks.append(1))
    assert len(ticks) >= (1 if script in (_drip, _hang) else 0)
