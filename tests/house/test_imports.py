"""What is heavy is loaded when it is used: every command and every web process starts without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

LOOK = """
import json, sys
import django
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
json.dump(sorted(name for name in sys.modules if "." not in name), sys.stdout)
"""
# What each costs and who may bring it: docs/benchmarks.md, row 10. Django REST framework itself brings requests and,
# where it is installed, psycopg.
HEAVY = ("av", "boto3", "botocore", "drf_spectacular", "moviepy", "numpy", "opentimelineio")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The top-level modules of a process that has loaded all rooms and all URLs, on SQLite and the local disk."""
    env = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('data')}/rushes.sqlite3"}
    env |= {"REDIS_URL": "", "S3_BUCKET": ""}
    done = subprocess.run([sys.executable, "-c", LOOK], env=env, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("name", HEAVY)
def test_heavy_libraries_wait_until_they_are_used(loaded: set[str], name: str) -> None:
    assert name not in loaded


def test_all_rooms_are_looked_at(loaded: set[str]) -> None:
    assert {"accounts", "projects", "scenes", "generation", "config"} <= loaded
