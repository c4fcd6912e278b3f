"""A bucket for tests: rclone's S3 server, which checks signatures."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.urls import reverse

from projects.models import Project


@pytest.fixture(scope="session")
def bucket_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """rclone's S3 server, which checks signatures."""
    program = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")
    assert program, "rclone comes with the development requirements"
    root = tmp_path_factory.mktemp("buckets")
    (root / "rushes").mkdir()
    port = 20_000 + os.getpid() % 20_000
    command = [program, "serve", "s3", str(root), "--addr", f"127.0.0.1:{port}", "--auth-key", "key,secret"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            requests.get(f"http://127.0.0.1:{port}/", timeout=1)
            break
        except requests.ConnectionError:
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture
def bucket(bucket_server: str, settings: Any) -> None:
    """Keep files in a bucket."""
    options = {
        "bucket_name": "rushes", "endpoint_url": bucket_server, "region_name": "us-east-1", "access_key": "key",
        "secret_key": "secret", "addressing_style": "path", "signature_version": "s3v4", "querystring_auth": True,
        "default_acl": None, "file_overwrite": True,
    }  # fmt: skip
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "scenes.s3.S3MediaStorage", "OPTIONS": options}}


@pytest.fixture
def begin(bucket: None, project: Project, cast: Any, client_of: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that begins an upload as Carol."""

    def ask(data: bytes, name: str = "fog.png", who: str = "carol") -> Any:
        client = client_of(getattr(cast, who))
        return client.post(
            reverse("generation:upload_begin", args=[project.pk]), {"name": name, "size": str(len(data))}
        ).json()

    return ask
