"""Sockets that never wait longer than a moment, and the ``requests`` sessions made of them.

Each call is an ``Errand``: it knows when it must be over and whom to tell that it is still alive. Its connection
waits in short moments and asks the errand in between, from the connecting to the last byte of the answer. Only the
look-up of a name cannot be interrupted: the system's resolver has limits of its own.
"""

from __future__ import annotations

import errno
import io
import math
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast

import requests
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.wait import wait_for_read, wait_for_write

from .addresses import check_addresses, origin, origins, resolve

MOMENT = 0.5
# Servers close a connection that rests, some after five seconds. A request that meets the closing cannot be told from
# one that arrived, so a connection that has rested is not used again, and for an order none is.
REST_MOST = 2.0
READ_BUFFER = 256 * 1024

_here = threading.local()


class Errand:
    """One call on its way.

    Args:
        seconds: how long the whole call may take.
        connect: how long one address may take to answer, its TLS handshake included.
        check: called about twice a second while waiting; what it raises ends the call.
        origins: None lets the call go anywhere; otherwise to public addresses and to these origins.
        fresh: over no connection that was used before.
        silence: how many seconds may pass without a byte while something is expected.

    Attributes:
        departed: a byte of what the call asks for may have left this machine.
    """

    def __init__(
        self,
        *,
        seconds: float,
        connect: float,
        check: Callable[[], None],
        origins: Collection[str] | None = None,
        fresh: bool = False,
        silence: float = math.inf,
    ) -> None:
        self.ends = time.monotonic() + seconds
        self.connect = connect
        self.check = check
        self.origins = origins
        self.fresh = fresh
        self.silence = silence
        self.departed = False
        self._told = time.monotonic()

    def tick(self) -> None:
        """Tell that the call lives, and end it when its time is over."""
        now = time.monotonic()
        if now - self._told >= MOMENT:
            self._told = now
            self.check()
        if now >= self.ends:
            raise TimeoutError("the call took longer than it may")

    def wait(self, sock: socket.socket, *, writing: bool, until: float) -> None:
        """Wait a moment, or shorter when the socket is ready."""
        self.tick()
        now = time.monotonic()
        if now >= until:
            raise TimeoutError("the address did not answer in time")
        moment = min(MOMENT, until - now, max(self.ends - now, 0.0))
        (wait_for_write if writing else wait_for_read)(sock, timeout=moment)


@contextmanager
def errand(journey: Errand) -> Iterator[Errand]:
    """Make an errand the one that this thread's connections work for."""
    outer = getattr(_here, "errand", None)
    _here.errand = journey
    try:
        yield journey
    finally:
        _here.errand = outer


@contextmanager
def guarded(allowed: Collection[str]) -> Iterator[None]:
    """Have all calls of this thread go to public addresses over https only, because somebody else named where to.

    Args:
        allowed: origins that may be private or plain http.
    """
    before = getattr(_here, "guard", None)
    _here.guard = origins(allowed)
    try:
        yield
    finally:
        _here.guard = before


def admitted(allowed: Collection[str] | None) -> frozenset[str] | None:
    """Return the origins that a call may go to besides public addresses; None when it may go anywhere.

    Args:
        allowed: what the caller says; None where it says nothing, and ``guarded`` decides.
    """
    if allowed is not None:
        return origins(allowed)
    guard: frozenset[str] | None = getattr(_here, "guard", None)
    return guard


def _current() -> Errand:
    journey: Errand | None = getattr(_here, "errand", None)
    if journey is None:
        raise RuntimeError("These sessions work for `call` and `download` only: nothing else gives them a time limit.")
    return journey


class _Wire:
    """A connected socket, plain or TLS, as http.client uses one."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock

    def sendall(self, data: Any) -> None:
        left = memoryview(data).cast("B")
        while left:
            journey = _current()
            journey.tick()
            try:
                left = left[self._sock.send(left[:READ_BUFFER]) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                journey.wait(self._sock, writing=True, until=journey.ends)
            except ssl.SSLWantReadError:
                journey.wait(self._sock, writing=False, until=journey.ends)

    def recv_into(self, buffer: Any) -> int:
        journey = _current()
        until = min(journey.ends, time.monotonic() + journey.silence)
        while True:
            journey.tick()
            try:
                return self._sock.recv_into(buffer)
            except (BlockingIOError, ssl.SSLWantReadError):
                journey.wait(self._sock, writing=False, until=until)
            except ssl.SSLWantWriteError:
                journey.wait(self._sock, writing=True, until=until)

    def makefile(self, *args: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self, self._sock), READ_BUFFER)

    def settimeout(self, seconds: float | None) -> None:
        """The errand decides how long anything may take."""

    def fileno(self) -> int:
        return self._sock.fileno()

    def shutdown(self, how: int) -> None:
        self._sock.shutdown(how)

    def close(self) -> None:
        self._sock.close()


class _Reader(io.RawIOBase):
    """Reads from a wire, and keeps its socket open until it is closed itself."""

    def __init__(self, wire: _Wire, sock: socket.socket) -> None:
        self._wire = wire
        self._keeper = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._wire.recv_into(buffer)

    def close(self) -> None:
        if not self.closed:
            self._keeper.close()
        super().close()


class _Context(ssl.SSLContext):
    """TLS whose handshake waits in moments too."""

    def wrap_socket(self, sock: socket.socket, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        journey = _current()
        until = time.monotonic() + journey.connect
        kwargs["do_handshake_on_connect"] = False
        secured = super().wrap_socket(sock, *args, **kwargs)
        try:
            while True:
                try:
                    secured.do_handshake()
                    return secured
                except ssl.SSLWantReadError:
                    journey.wait(secured, writing=False, until=until)
                except ssl.SSLWantWriteError:
                    journey.wait(secured, writing=True, until=until)
        except BaseException:
            secured.close()
            raise


class _Connection(HTTPConnection):
    """A connection that works for the errand of its thread."""

    scheme = "http"
    _heads_out = False
    rests_since = 0.0

    def _new_conn(self) -> socket.socket:
        try:
            return _connected(self.scheme, self._dns_host, self.port)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, str(error)) from error
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error

    def connect(self) -> None:
        super().connect()
        self.sock = cast(socket.socket, _Wire(cast(socket.socket, self.sock)))

    @property
    def is_connected(self) -> bool:
        if _current().fresh or time.monotonic() - self.rests_since > REST_MOST:
            return False
        return super().is_connected

    def endheaders(self, *args: Any, **kwargs: Any) -> None:
        self._heads_out = False
        super().endheaders(*args, **kwargs)
        self._heads_out = True

    def send(self, data: Any) -> None:
        # Whoever has only seen the header lines cannot have taken an order.
        if self._heads_out:
            _current().departed = True
        super().send(data)

    def getresponse(self) -> Any:
        if self._heads_out:
            _current().departed = True
        return super().getresponse()


class _SecureConnection(_Connection, HTTPSConnection):
    scheme = "https"


def _connected(scheme: str, host: str, port: int) -> socket.socket:
    """Return a socket connected to the first address that answers, all of them having been admitted."""
    journey = _current()
    journey.tick()
    places = resolve(host, port)
    if journey.origins is not None and origin(scheme, host, port) not in journey.origins:
        check_addresses(host, [place[3][0] for place in places])
    failure: OSError = socket.gaierror("the name has no address")
    for family, kind, protocol, address in places:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setblocking(False)
            _connect(sock, address, journey)
            return sock
        except OSError as error:
            failure = error
            sock.close()
            journey.tick()
        except BaseException:
            sock.close()
            raise
    raise failure


def _connect(sock: socket.socket, address: Any, journey: Errand) -> None:
    until = time.monotonic() + journey.connect
    code = sock.connect_ex(address)
    while code == errno.EINPROGRESS:
        journey.wait(sock, writing=True, until=until)
        if wait_for_write(sock, timeout=0.0):
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))


class _Resting(HTTPConnectionPool):
    """Notes since when a connection has rested."""

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.rests_since = time.monotonic()
        super()._put_conn(conn)


class _Pool(_Resting):
    ConnectionCls = _Connection


class _SecurePool(_Resting, HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


@cache
def _trust() -> ssl.SSLContext:
    """Return the one TLS context of this process; reading the certificates anew for each connection is slow."""
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


class _Adapter(HTTPAdapter):
    """Zero repeats, and our own connections."""

    poolmanager: PoolManager

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, ssl_context=_trust(), **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """The context has been given its certificates once and for all."""


class _Session(requests.Session):
    """Looks at no redirect by itself.

    Even where none is to be followed, ``requests`` takes the new address apart and reads the redirect's body to its
    end, however long that is.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """There is none to prepare for."""


def new_session() -> requests.Session:
    """Return a session that repeats nothing, keeps no cookie and reads no setting of the machine."""
    session = _Session()
    session.trust_env = False
    # Accounts of several teams share a thread's session: what a provider notes for one must not go out for another.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.clear()
    session.headers["User-Agent"] = "Rushes"
    adapter = _Adapter(max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def session() -> requests.Session:
    """Return this thread's session, whose connections are used again."""
    found: requests.Session | None = getattr(_here, "session", None)
    if found is None:
        found = _here.session = new_session()
    return found
