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
from benchmarks.lists.rows import RARE, add_rows
from scenes.models import Shot

RUNS, PAGE = 15, 100
RATES = dict.fromkeys(("read", "write", "spend"), 1_000_000)


def furnish(rows: int) -> dict[str, Any]:
    """Make a team and its films; return what to ask for.

    Args:
        rows: of each long list.
    """
    project = stage.open_house()
    owner = User.objects.get(pk=project.created_by_id)
    there = add_rows(project, owner, rows)
    opened = open_team(owner, project.team_id, Right.SEE)
    token = create_token(opened=opened, name="Bench", scopes=["read"])[1]
    gc.collect()
    gc.freeze()
    here, film = f"project={project.pk}&limit={PAGE}", f"project={there['long']}&limit={PAGE}"
    few, webhook = f"project={project.pk}&limit={RARE}", f"webhook={there['webhook']}"
    return {
        "token": token,
        "project": str(project.pk),
        "lists": {
            "shots": f"/api/v1/shots?{film}",
            "shots, three fields": f"/api/v1/shots?{film}&fields=id,label,status",
            "shots with stills, clips and lines": f"/api/v1/shots?{here}",
            f"the {RARE} shots sent back": f"/api/v1/shots?project={there['long']}&limit={RARE}&status=changes",
            "shots to do": f"/api/v1/shots?{film}&status=todo",
            "scenes": f"/api/v1/scenes?{film}",
            "takes": f"/api/v1/takes?{here}",
            "takes that wait for their review": f"/api/v1/takes?{here}&waiting=true",
            f"the {RARE} takes sent back": f"/api/v1/takes?{few}&verdict=changes",
            f"the {RARE} starred takes": f"/api/v1/takes?{few}&starred=true",
            "assets": f"/api/v1/assets?{here}",
            "assets, the largest first": f"/api/v1/assets?{here}&ordering=-size",
            f"the {RARE} uploaded assets": f"/api/v1/assets?{few}&origin=uploaded",
            "comments": f"/api/v1/comments?{here}",
            f"the {RARE} open comments": f"/api/v1/comments?{few}&resolved=false",
            "jobs": f"/api/v1/jobs?{here}",
            f"the {RARE} failed jobs": f"/api/v1/jobs?{few}&state=failed",
            "ledger": f"/api/v1/projects/{project.pk}/ledger?limit={PAGE}",
            "events from the middle on": f"/api/v1/events?{here}&after={rows // 2}",
            "activity": f"/api/v1/activity?{here}",
            f"the {RARE} things that were done with money": f"/api/v1/activity?{few}&about=Money",
            "activity with scenes and shots": f"/api/v1/activity?{here}&about=Scenes+and+shots",
            "deliveries": f"/api/v1/deliveries?{webhook}&limit={PAGE}",
            f"the {RARE} failed deliveries": f"/api/v1/deliveries?{webhook}&limit={RARE}&state=failed",
            "notifications": f"/api/v1/notifications?limit={PAGE}",
            f"the {RARE} unread notifications": f"/api/v1/notifications?limit={RARE}&unread=true",
        },
    }


def ask(token: str, address: str) -> dict[str, float]:
    """Ask for a list again and again.

    Args:
        token: of the program.
        address: the list.

    Returns:
        ``cpu_ms`` and ``ms`` as medians, ``queries``, and ``deep_ms`` of the tenth page where there are pages.
    """
    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {token}"})
    with override_settings(API_RATES=RATES):
        cpu, elapsed = _medians(client, address)
        found = {"cpu_ms": cpu, "ms": elapsed, "queries": _queries(client, address)}
        deep = address
        for _ in range(9):
            deep = client.get(deep).json().get("next") or ""
            if not deep:
                return found
        return {**found, "deep_ms": _medians(client, deep)[1]}


def bare(project: str) -> dict[str, float]:
    """Read and write the same shots with nothing around it: one query of columns, and JSON."""
    spent = []
    for _ in range(RUNS + 3):
        begun = time.process_time()
        rows = Shot.objects.filter(scene__project=UUID(project)).order_by("scene__position", "position")[:PAGE]
        json.dumps(list(rows.values()), default=str)
        spent.append(time.process_time() - begun)
    return {"cpu_ms": statistics.median(spent[3:]) * 1000}


def _medians(client: Client, address: str) -> tuple[float, float]:
    """Return the milliseconds of the processor and of the clock."""
    spent, elapsed = [], []
    for _ in range(RUNS + 3):
        begun, at = time.process_time(), time.perf_counter()
        answer = client.get(address)
        spent.append(time.process_time() - begun)
        elapsed.append(time.perf_counter() - at)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}: {answer.content[:300]!r}")
    return statistics.median(spent[3:]) * 1000, statistics.median(elapsed[3:]) * 1000


def _queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        client.get(address)
    return len(caught)
