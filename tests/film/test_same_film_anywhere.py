"""PostgreSQL, Redis and S3 by environment variables alone: the same film comes out."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import requests

from tests.film.conftest import Studio
from tests.film.looking import cues, look

pytestmark = pytest.mark.scale
KEY, SECRET, BUCKET = "rushes-test-key", "rushes-test-secret", "footage"


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A local S3 server that checks signatures, and the variables that point at it."""
    program = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")
    assert program, "rclone comes with the development requirements"
    root = tmp_path / "s3"
    (root / BUCKET).mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [program, "serve", "s3", str(root), "--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield {
            "S3_BUCKET": BUCKET,
            "S3_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "S3_ACCESS_KEY_ID": KEY,
            "S3_SECRET_ACCESS_KEY": SECRET,
            "S3_ADDRESSING_STYLE": "path",
            "S3_REGION": "us-east-1",
            "ROOT": str(root / BUCKET),
        }
    finally:
        server.terminate()
        server.wait(timeout=10)


@pytest.fixture
def database() -> Iterator[str]:
    """An empty PostgreSQL database of this test's own."""
    base = os.environ["TEST_DATABASE_URL"]
    name = f"rushes_film_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield base.rsplit("/", 1)[0] + f"/{name}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_the_same_film_on_postgresql_redis_and_s3(
    studio_with: Callable[..., Studio], short_script: Path, database: str, bucket: dict[str, str]
) -> None:
    alone = studio_with("alone")
    assert alone.run("make_film", str(short_script), "--out", str(alone.folder / "film.mp4"))[0] == 0

    stored = Path(bucket.pop("ROOT"))
    scaled = studio_with(
        "scaled",
        DATABASE_URL=database,
        REDIS_URL=os.environ["TEST_REDIS_URL"],
        REDIS_PREFIX=f"film-{uuid.uuid4().hex[:8]}",
        **bucket,
    )
    # A worker of its own beside the command: both work on the same jobs.
    assert scaled.run("migrate")[0] == 0
    worker = scaled.start("worker")
    status, output = scaled.run("make_film", str(short_script), "--out", str(scaled.folder / "film.mp4"))
    assert status == 0, output
    worker.terminate()
    assert worker.wait(timeout=75) == 0

    one, other = look(alone.folder / "film.mp4"), look(scaled.folder / "film.mp4")
    assert one == other
    assert cues(alone.folder / "film.srt") == cues(scaled.folder / "film.srt")
    # The same keys in the bucket as in the local folder.
    local = alone.folder / "data" / "media"
    assert _layout(local) == _layout(stored)
    assert not (scaled.folder / "data" / "media").exists()
    # Nothing in the bucket is open to the world.
    some = next(path for path in stored.rglob("*.mp4"))
    address = f"{bucket['S3_ENDPOINT_URL']}/{BUCKET}/{some.relative_to(stored)}"
    assert requests.get(address, timeout=10).status_code in (400, 401, 403)


def _layout(root: Path) -> set[str]:
    """Keys without the project's id and without content hashes that hold times (the film's own file)."""
    keys = set()
    for path in root.rglob("*"):
        if path.is_file():
            parts = path.relative_to(root).parts[2:]
            keys.add("/".join(parts if parts[0] != "exports" else (parts[0], path.suffix)))
    return keys
