"""The pages of a large project, asked for by one of its team through Django, without a network."""

from __future__ import annotations

import gc
import statistics
import time
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, Role, User
from accounts.policies import Right
from benchmarks import stage
from projects.access import open_project
from scenes.services.scripts import save_script
from tests.pages.big_project import add_big_project

RUNS = 15


def furnish() -> dict[str, Any]:
    """Make a team and its film of 100 scenes, 500 shots and 3,000 takes; return the addresses to ask for."""
    project = stage.open_house()
    owner = User.objects.get(pk=project.created_by_id)
    others = [User.objects.create_user(f"artist{number}@example.com", name=f"Artist {number}") for number in range(4)]
    Membership.objects.bulk_create(Membership(team=project.team, user=other, role=Role.ARTIST) for other in others)
    shots = add_big_project(project, [owner, *others])
    scenes = "\n\n".join(f"EXT. PIER {number} - DAWN\n\nFog lies on the water." for number in range(100))
    save_script(opened=open_project(owner, project.pk, Right.CREATE), text=scenes)
    here = [project.pk]
    # As the server does once it has started: what is there now stays out of the collector's rounds.
    gc.collect()
    gc.freeze()
    return {
        "person": str(owner.pk),
        "pages": {
            "team home": reverse("projects:home"),
            "overview": reverse("projects:detail", args=here),
            "storyboard": reverse("scenes:storyboard", args=here),
            "board by status": reverse("scenes:storyboard", args=here) + "?view=board",
            "one scene": reverse("scenes:scene", args=[project.pk, shots[7].scene_id]),
            "one shot": reverse("scenes:shot", args=[project.pk, shots[7].pk]),
            "jobs": reverse("generation:jobs", args=here),
            "script": reverse("scenes:script", args=here),
            "film": reverse("scenes:film", args=here),
            "rushes": reverse("scenes:rushes", args=here),
            "elements": reverse("scenes:elements", args=here),
            "assets": reverse("scenes:assets", args=here),
            "costs": reverse("generation:costs", args=here),
        },
        "fragments": {
            "what waits in the project": reverse("generation:project_waiting", args=here),
            "estimate of the whole film": reverse("generation:estimate", args=here),
            "storyboard's jobs and what is stale": reverse("generation:board", args=here),
        },
    }


def ask(person: str, address: str, *, changed: bool = False) -> dict[str, float]:
    """Ask for a page again and again.

    Args:
        person: the id of whoever asks.
        address: the page.
        changed: whether something has changed before each time, so that nothing is kept.

    Returns:
        ``cpu_ms`` and ``wall_ms`` as medians, ``slowest_ms``, ``queries`` and ``kilobytes`` of one answer.
    """
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(pk=person), backend="django.contrib.auth.backends.ModelBackend")
    for _ in range(3):
        answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    cpu, wall = [], []
    for _ in range(RUNS):
        if changed:
            cache.clear()
        begun, spent = time.perf_counter(), time.process_time()
        client.get(address)
        cpu.append(time.process_time() - spent)
        wall.append(time.perf_counter() - begun)
    with CaptureQueriesContext(connection) as caught:
        client.get(address)
    return {
        "cpu_ms": statistics.median(cpu) * 1000,
        "wall_ms": statistics.median(wall) * 1000,
        "slowest_ms": max(wall) * 1000,
        "queries": len(caught),
        "kilobytes": len(answer.content) / 1024,
    }
