"""The rows of a project of which each long list has so many. Import it with Django set up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import User
from benchmarks import stage
from generation.models import Attempt, Entry, Job
from generation.states import AttemptState, JobState
from projects.models import Comment, Delivery, Event, Notification, Project, WebhookEndpoint
from scenes.models import Asset, Scene, Shot, Take
from tests.pages.big_project import SHOTS_IN_SCENE, add_big_project

TAKES_IN_SCENE = 30
RARE = 60  # rows of which every project has so many, however long it is
BATCH = 2000


def add_rows(project: Project, owner: User, count: int) -> dict[str, Any]:
    """Fill a project and its owner's inbox.

    Args:
        project: an empty one.
        owner: who did it all.
        count: of takes, files, comments, jobs, lines of the ledger, events, deliveries and notifications; a second
            film has so many shots.

    Returns:
        The ids of that second film and of the webhook.
    """
    shots = add_big_project(project, [owner], scenes=-(-count // TAKES_IN_SCENE))
    some = Take.objects.filter(project=project).values_list("pk", flat=True)[: 2 * RARE]
    Take.objects.filter(pk__in=list(some[:RARE])).update(verdict=Take.Verdict.CHANGES)
    Take.objects.filter(pk__in=list(some[RARE:])).update(starred_at=timezone.now())
    _add_talk(project, owner, shots, count)
    _add_orders(project, owner, count)
    webhook = _add_events(project, owner, shots[0], count)
    long_film = Project.objects.create(team=project.team, name="Long", created_by=owner)
    _add_shots(long_film, count)
    last = Shot.objects.of(long_film).reverse()[:RARE]
    Shot.objects.filter(pk__in=[shot.pk for shot in last]).update(status=Shot.Status.CHANGES)
    last_files = Asset.objects.filter(project=project).order_by("created_at")[:RARE]
    Asset.objects.filter(pk__in=[file.pk for file in last_files]).update(origin=Asset.Origin.UPLOADED)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as its own housekeeping does within a minute
    return {"long": str(long_film.pk), "webhook": str(webhook.pk)}


def _add(model: Any, rows: Iterable[Any]) -> list[Any]:
    made: list[Any] = model.objects.bulk_create(rows, batch_size=BATCH)
    return made


def _add_shots(project: Project, count: int) -> None:
    scenes = _add(
        Scene,
        (
            Scene(project=project, number=str(place + 1), position=place, mirror_written=1)
            for place in range(count // SHOTS_IN_SCENE)
        ),
    )
    _add(
        Shot,
        (
            Shot(scene=scene, letter=letter, position=place, angle="medium shot", duration_ms=4000, description="Fog.")
            for scene in scenes
            for place, letter in enumerate("ABCDE")
        ),
    )


def _add_talk(project: Project, owner: User, shots: list[Shot], count: int) -> None:
    comments = _add(
        Comment,
        (
            Comment(
                project=project,
                author=owner,
                subject_kind="shot",
                subject_id=shot.pk,
                shot_id=shot.pk,
                text="Hm.",
                resolved_at=None if place < RARE else timezone.now(),
            )
            for place, shot in ((place, shots[place % len(shots)]) for place in range(count))
        ),
    )
    _add(
        Notification,
        (
            Notification(
                user=owner,
                project=project,
                kind="comment",
                actor=owner,
                comment=comment,
                text="Hm.",
                link="/",
                read_at=None if place < RARE else timezone.now(),
            )
            for place, comment in enumerate(comments)
        ),
    )


def _add_orders(project: Project, owner: User, count: int) -> None:
    """Add jobs that have ended, all but a few well, each with an attempt and a line of the ledger."""
    account = stage.account_of("runware", 8)
    stage.add_attempts(project, account, count)
    ids = list(Job.objects.filter(project=project).values_list("pk", flat=True))
    Job.objects.filter(project=project).update(state=JobState.SUCCEEDED, created_by=owner)
    Job.objects.filter(pk__in=ids[:RARE]).update(state=JobState.FAILED)
    Attempt.objects.filter(job__project=project).update(state=AttemptState.CANCELLED)
    month = timezone.localdate().replace(day=1)
    _add(
        Entry,
        (
            Entry(
                attempt_id=pk, kind="release", amount=1000, team=project.team, project=project, user=owner, month=month
            )
            for pk in Attempt.objects.filter(job__project=project).values_list("pk", flat=True)
        ),
    )


def _add_events(project: Project, owner: User, shot: Shot, count: int) -> WebhookEndpoint:
    payload, now = {"shotId": str(shot.pk), "names": ["duration_ms"]}, timezone.now()
    events = _add(
        Event,
        (
            Event(
                project=project,
                number=number + 1,
                type="budget_changed" if number < RARE else "shot_edited",
                payload=payload,
                actor=owner,
            )
            for number in range(count)
        ),
    )
    Project.objects.filter(pk=project.pk).update(last_event_number=count)
    webhook = WebhookEndpoint.objects.create(team=project.team, url="https://rushes.example/hook", types=["*"])
    _add(
        Delivery,
        (
            Delivery(
                endpoint=webhook,
                event=event,
                number=event.number,
                type=event.type,
                state="failed" if event.number <= RARE else "delivered",
                created_at=now - timedelta(seconds=count - event.number),
            )
            for event in events
        ),
    )
    return webhook
