"""Lists of a small and of a large project, asked for by a program through Django, without a network."""

from __future__ import annotations

import gc
import json
import statistics
import time
from typing import Any
from uuid import UUID

from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from accounts.access import open_team
from accounts.models import User
from accounts.policies import Right
from accounts.rest.tokens import create_token
from benchmarks import stage
from projects.models import Event, Project
from scenes.models import Shot
from tests.pages.big_project import add_big_project

RUNS, PAGE = 15, 100
RATES = dict.fromkeys(("read", "write", "spend"), 1_000_000)


def furnish(scenes: int) -> dict[str, Any]:
    """Make a team and a film; return what to ask for.

    Args:
        scenes: how many, with five shots, thirty takes and a hundred events each.
    """
    project = stage.open_house()
    owner = User.objects.get(pk=project.created_by_id)
    shots = add_big_project(project, [owner], scenes=scenes)
    events = [
        Event(
            project=project, number=number + 1, type="shot_changed", payload={"shotId": str(shots[0].pk)}, actor=owner
        )
        for number in range(scenes * 100)
    ]
    Event.objects.bulk_create(events, batch_size=1000)
    Project.objects.filter(pk=project.pk).update(last_event_number=len(events))
    opened = open_team(owner, project.team_id, Right.SEE)
    token = create_token(opened=opened, name="Bench", scopes=["read"])[1]
    gc.collect()
    gc.freeze()
    here, middle = f"project={project.pk}", len(events) // 2
    return {
        "token": token,
        "project": str(project.pk),
        "lists": {
            "shots": f"/api/v1/shots?{here}&limit={PAGE}",
            "shots, three fields": f"/api/v1/shots?{here}&limit={PAGE}&fields=id,label,status",
            "takes": f"/api/v1/takes?{here}&limit={PAGE}",
            "assets": f"/api/v1/assets?{here}&limit={PAGE}",
            "events from the middle on": f"/api/v1/events?{here}&after={middle}&limit={PAGE}",
        },
    }


def ask(token: str, address: str) -> dict[str, float]:
    """Ask for a list again and again.

    Args:
        token: of the program.
        address: the list.

    Returns:
        ``cpu_ms`` as a median, ``queries``, and the same for the tenth page where there are pages.
    """
    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {token}"})
    with override_settings(API_RATES=RATES):
        found = {"cpu_ms": _median(client, address), "queries": _queries(client, address)}
        deep = address
        for _ in range(9):
            deep = client.get(deep).json().get("next") or ""
            if not deep:
                return found
        return {**found, "deep_ms": _median(client, deep)}


def bare(project: str) -> dict[str, float]:
    """Read and write the same shots with nothing around it: one query of columns, and JSON."""
    spent = []
    for _ in range(RUNS + 3):
        begun = time.process_time()
        rows = Shot.objects.filter(scene__project=UUID(project)).order_by("scene__position", "position")[:PAGE]
        json.dumps(list(rows.values()), default=str)
        spent.append(time.process_time() - begun)
    return {"cpu_ms": statistics.median(spent[3:]) * 1000}


def _median(client: Client, address: str) -> float:
    spent = []
    for _ in range(RUNS + 3):
        begun = time.process_time()
        answer = client.get(address)
        spent.append(time.process_time() - begun)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")
    return statistics.median(spent[3:]) * 1000


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        client.get(address)
    return len(caught)
