"""Run a command with the services that the tests need: PostgreSQL, Redis and a Chromium.

    python tests/services.py -- make test-scale

Each service is the one that answers on its standard port of this machine; else a private one is started on a spare
port from installed programs; else Debian's packages are installed, where that is allowed. What could not be had is
said loudly on standard error, and in continuous integration (``CI`` set) it stops the run: a test that did not run
is no success.

The command finds these variables; one that is already set is left as it is:

* ``TEST_DATABASE_URL``: an empty PostgreSQL database of this run's own, dropped afterwards;
* ``TEST_REDIS_URL``: a Redis database that was empty, emptied afterwards;
* ``TEST_CHROMIUM``: the browser's program.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

HOST = "127.0.0.1"
START_LIMIT = 30.0  # seconds a private server may take to answer
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def say(text: str) -> None:
    """Tell the person at the terminal, without touching the command's output."""
    print(f"services: {text}", file=sys.stderr, flush=True)


def left_out(what: str, how: str) -> None:
    """Say loudly that something is missing.

    Raises:
        SystemExit: in continuous integration, where nothing may be left out.
    """
    bar = "!" * 100
    print(f"{bar}\n!! LEFT OUT: {what}. {how}\n{bar}", file=sys.stderr, flush=True)
    if os.environ.get("CI"):
        raise SystemExit(f"{what}: not available, and nothing may be left out here.")


def spare_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def apt_install(*packages: str) -> bool:
    """Install Debian packages where there is apt and the right to use it; return whether it worked."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    say(f"installing {' '.join(packages)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        done = subprocess.run([apt, "-qq", *step], env=quiet, stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            return False
    return True


def find_program(name: str, pattern: str) -> Path | None:
    """Return an installed program, from the path or the newest match of a pattern under ``/usr/lib``."""
    matches = sorted(Path("/usr/lib").glob(pattern), key=lambda path: (len(str(path)), path))
    if matches:
        return matches[-1]
    found = shutil.which(name)
    return Path(found) if found else None


def wait_for(url: str, answers: Callable[[str], bool], server: subprocess.Popen[bytes]) -> None:
    """Wait until a server that was just started answers.

    Args:
        url: its address.
        answers: called with the address; true when the server is ready.
        server: its process.

    Raises:
        SystemExit: it ended, or did not answer within ``START_LIMIT``.
    """
    until = time.monotonic() + START_LIMIT
    while not answers(url):
        if server.poll() is not None or time.monotonic() > until:
            raise SystemExit(f"{url} did not come up within {START_LIMIT:.0f} s.")
        time.sleep(0.05)


def postgres_answers(url: str) -> bool:
    """Return whether a PostgreSQL that lets us in listens there."""
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            connection.execute("select 1")
    except psycopg.Error:
        return False
    return True


@contextlib.contextmanager
def private_postgres() -> Iterator[str | None]:
    """Run a PostgreSQL of our own in a temporary folder; yield its address, or nothing when none is installed.

    It refuses to run as root, so root starts it as the user ``postgres`` or, where there is none, ``nobody``.
    """
    initdb = find_program("initdb", "postgresql/*/bin/initdb")
    if initdb is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="rushes-postgres-"))
    run_as: list[str] = []
    if os.geteuid() == 0:
        names = {entry.pw_name for entry in pwd.getpwall()}
        owner = "postgres" if "postgres" in names else "nobody"
        shutil.chown(folder, owner)
        run_as = ["runuser", "-u", owner, "--"]
    data, port = folder / "data", spare_port()
    server: subprocess.Popen[bytes] | None = None
    try:
        made = [*run_as, str(initdb), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd=folder)
        program = [str(initdb.with_name("postgres")), "-D", str(data), "-h", HOST, "-p", str(port), "-k", str(folder)]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen([*run_as, *program, "-F"], stdout=log, stderr=log, cwd=folder)
        url = f"postgres://postgres@{HOST}:{port}/postgres"
        wait_for(url, postgres_answers, server)
        yield url
    finally:
        if server is not None:
            stop_postgres(server, data)
        shutil.rmtree(folder, ignore_errors=True)


def stop_postgres(server: subprocess.Popen[bytes], data: Path) -> None:
    """Stop a private PostgreSQL at once; under ``runuser`` the server is the child's child, so its own id is used."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        os.kill(int((data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGINT)
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@contextlib.contextmanager
def postgres() -> Iterator[str | None]:
    """Yield the address of an empty database made for this run, or nothing where no PostgreSQL can be had."""
    standard = f"postgres://postgres@{HOST}:5432/postgres"
    with contextlib.ExitStack() as stack:
        url = standard if postgres_answers(standard) else stack.enter_context(private_postgres())
        if url is None and apt_install("postgresql"):
            url = standard if postgres_answers(standard) else stack.enter_context(private_postgres())
        if url is None:
            left_out("tests on PostgreSQL", "Install it (apt-get install postgresql), or set TEST_DATABASE_URL.")
            yield None
            return
        name = f"rushes_{secrets.token_hex(4)}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'create database "{name}"'.encode())
        try:
            yield url.rpartition("/")[0] + "/" + quote(name)
        finally:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f'drop database if exists "{name}" with (force)'.encode())


def redis_answers(url: str) -> bool:
    """Return whether a Redis that lets us in listens there."""
    client = redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


@contextlib.contextmanager
def private_redis() -> Iterator[str | None]:
    """Run a Redis of our own that keeps nothing; yield its address, or nothing when none is installed."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        yield None
        return
    port = spare_port()
    with tempfile.TemporaryDirectory(prefix="rushes-redis-") as folder:
        options = ["--port", str(port), "--bind", HOST, "--save", "", "--appendonly", "no", "--dir", folder]
        server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        try:
            url = f"redis://{HOST}:{port}/0"
            wait_for(url, redis_answers, server)
            yield url
        finally:
            server.terminate()
            server.wait()


@contextlib.contextmanager
def empty_redis(base: str) -> Iterator[str | None]:
    """Claim a database with nothing in it on a Redis that others may use too, and empty it afterwards."""
    for number in range(15, 0, -1):
        url = f"{base}/{number}"
        client = redis.Redis.from_url(url)
        try:
            # The key marks the database as taken for a run that starts meanwhile.
            if client.dbsize() == 0 and client.set("rushes:tests", os.getpid(), nx=True, ex=7200):
                try:
                    yield url
                finally:
                    client.flushdb()
                return
        except redis.ResponseError:
            continue  # this Redis has fewer databases
        finally:
            client.close()
    yield None


@contextlib.contextmanager
def redis_server() -> Iterator[str | None]:
    """Yield the address of an empty Redis database, or nothing where no Redis can be had."""
    standard = f"redis://{HOST}:6379"
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(empty_redis(standard)) if redis_answers(standard) else None
        url = url or stack.enter_context(private_redis())
        if url is None and apt_install("redis-server"):
            url = stack.enter_context(private_redis())
        if url is None:
            left_out("tests on Redis", "Install it (Debian: apt-get install redis-server), or set TEST_REDIS_URL.")
        yield url


def chromium() -> str | None:
    """Return the browser's program, installed first where that is allowed, or nothing."""
    for attempt in (False, True):
        if attempt and not apt_install("chromium"):
            break
        for name in CHROMIUM_NAMES:
            found = shutil.which(name)
            if found:
                return found
    left_out("tests in a browser", "Install it (Debian: apt-get install chromium), or set TEST_CHROMIUM.")
    return None


def main(arguments: list[str]) -> int:
    """Run the command after ``--`` with what could be had in its environment; return its exit status."""
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    environment = dict(os.environ)
    with contextlib.ExitStack() as stack:
        if not environment.get("TEST_DATABASE_URL"):
            environment["TEST_DATABASE_URL"] = stack.enter_context(postgres()) or ""
        if not environment.get("TEST_REDIS_URL"):
            environment["TEST_REDIS_URL"] = stack.enter_context(redis_server()) or ""
        if not environment.get("TEST_CHROMIUM"):
            environment["TEST_CHROMIUM"] = chromium() or ""
        for name in ("TEST_DATABASE_URL", "TEST_REDIS_URL", "TEST_CHROMIUM"):
            say(f"{name}={environment[name] or '(none)'}")
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
