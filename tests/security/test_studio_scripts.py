"""Scripts in every field that people see: each page is asked for, and no mark-up of theirs comes out of it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import models
from django.test import Client

from accounts.models import TeamEvent, User
from generation.models import Job
from generation.states import JobState
from projects.guest_access import address_of
from projects.models import Event, Guest, GuestVerdict, Notification, Project
from scenes.models import Scene, Shot
from tests.house.test_doors import ROWS
from tests.pages.guests import at, enter, make_link
from tests.world import World
from tests.world import make_world as _make_world

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User | None], Client]
make_world = _make_world

# Short enough for a scene's number, and with all that ends a tag, an attribute or a text.
SHORT = "'\"><xss>{{x}}"
MARK = f"{SHORT}</script><img src=x onerror=xss()> @x &lt;xss&gt; javascript:xss() \u202e%(a)s{{0}}"
# What a browser would take for mark-up if it stood in a page as it is.
SIGNS = ("<xss", "<img src=x", "</script><img", "'\"><")
NAMES = {
    "User": ("name",),
    "Team": ("name",),
    "Project": ("name", "logline", "style"),
    "ReviewLink": ("name",),
    "Guest": ("name",),
    "Comment": ("text",),
    "Notification": ("text",),
    "Script": ("name",),
    "Scene": ("number", "heading", "location", "action"),
    "Shot": ("description", "prompt_by_hand", "whole_description"),
    "Line": ("character", "extension", "parenthetical", "text"),
    "Element": ("name", "handle", "description", "voice"),
    "Asset": ("original_name",),
    "Upload": ("name",),
    "Film": ("title",),
    "Title": ("text", "subtext"),
    "Batch": ("title",),
    "Job": ("prompt", "result_text", "failure_code", "failure_text"),
    "Attempt": ("prompt", "task_id", "failure_code", "failure_public"),
    "ProviderAccount": ("key_hint", "pause_reason", "last_error"),
    "Entry": ("note",),
}


# Of these there is one each.
SINGLE = {("Scene", "number"), ("Element", "handle"), ("Element", "name"), ("Attempt", "task_id")}


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    cache.clear()


def spoil(text: str, most: int | None) -> str:
    return text if most is None or len(text) <= most else (SHORT if len(SHORT) <= most else "<xss>"[:most])


def spoil_everything() -> None:
    """Write the mark into each field of each row that somebody outside may have written."""
    for label in ("accounts", "projects", "scenes", "generation"):
        for model in apps.get_app_config(label).get_models():
            named = NAMES.get(model.__name__, ())
            for place, row in enumerate(model._default_manager.all()):
                for name in named:
                    field = model._meta.get_field(name)
                    assert isinstance(field, models.CharField | models.TextField)
                    value = spoil(MARK, field.max_length)
                    if field.unique or (model.__name__, name) in SINGLE:
                        value = f"{place}{value}"[: field.max_length]
                    model._default_manager.filter(pk=row.pk).update(**{name: value})
    for event in Event.objects.all():
        Event.objects.filter(pk=event.pk).update(payload=spoiled(event.payload))
    for told in TeamEvent.objects.all():
        TeamEvent.objects.filter(pk=told.pk).update(payload=spoiled(told.payload, but=("role", "was", "since")))


def spoiled(payload: dict[str, Any], but: tuple[str, ...] = ()) -> dict[str, Any]:
    words = {"name", "label", "said", "guest", "title", "about", "into", "person", "number", "email"}
    return {key: MARK if key in words and key not in but else value for key, value in payload.items()}


def unescaped(answer: Any) -> list[str]:
    kind = answer.headers.get("Content-Type", "")
    if getattr(answer, "streaming", False) or not kind.startswith("text/html"):
        return []
    return [sign for sign in SIGNS if sign in answer.content.decode()]


def test_no_page_has_mark_up_of_others(
    cast: SimpleNamespace, project: Project, make_world: Callable[[Project, User], World], client_of: ClientOf
) -> None:
    world = make_world(project, cast.alice)
    link = make_link(project, cast.alice)
    guest = enter(link)
    shot = Shot.objects.of(project)[0]
    take = shot.takes.all()[0]
    guest.post(at(link, "notes"), {"kind": "shot", "id": shot.pk, "text": "x"})
    GuestVerdict.objects.create(
        guest=Guest.objects.get(), subject_kind="take", subject_id=take.pk, verdict="approved", event_number=1
    )
    job = Job.objects.filter(batch__isnull=False)[0]
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED)
    for number, kind in enumerate(
        ("element_created", "element_merged", "guest_verdict", "jobs_queued", "asset_renamed", "shot_assigned",
         "review_link_made", "script_named", "thing_deleted", "comment_added", "approval_wanted"),
        1000,
    ):  # fmt: skip
        payload = dict.fromkeys(("name", "into", "said", "about", "guest", "title", "label"), "x")
        Event.objects.create(project=project, number=number, type=kind, payload={**payload, "link": "/x"})
    spoil_everything()
    assert Scene.objects.filter(heading=MARK).exists()
    assert Notification.objects.filter(text=MARK).exists()
    assert "xss" in User.objects.get(pk=cast.alice.pk).name
    cache.clear()
    alice, found, seen = client_of(cast.alice), {}, 0
    for name, rows in sorted(ROWS.items()):
        if all(row.post is not None for row in rows):
            continue
        address = world.address(name)
        for headers in ({}, {"HX-Request": "true"}):
            answer = alice.get(address, headers=headers)
            seen += "xss" in ("" if answer.streaming else answer.content.decode(errors="replace"))
            if signs := unescaped(answer):
                found[name] = signs
    for address in (address_of(link), at(link, "notes")):
        if signs := unescaped(guest.get(address)):
            found[address] = signs
    assert found == {}
    assert seen > 40, "the pages show what was written"
