"""From the log of events to deliveries: which endpoints have something to do, and what.

Numbers in a project rise in the order of commit, without gaps. So whatever stands behind a cursor is exactly what was
not written yet, whoever died in between; and an event costs nothing more where no endpoint wants to hear of it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import BooleanField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from projects import queue
from projects.models import Delivery, Event, Project, WebhookCursor, WebhookEndpoint
from projects.outgoing.patterns import matches

ACTOR = "projects.send_webhooks"
BATCH = 200  # events that are read at once
# A message that was lost keeps others from ringing for so long.
RUNG_SECONDS = 10


def somebody_listens() -> RawSQL:
    """Return a condition on projects: some endpoint of the team may want to hear of it.

    By hand, because it goes along with every event: to put it together from querysets takes Django ten times longer
    than the database takes to answer it.
    """
    return RawSQL(_SOMEBODY_LISTENS, (), output_field=BooleanField())  # noqa: S611 - nothing in it comes from outside


_SOMEBODY_LISTENS = """EXISTS (
    SELECT 1 FROM projects_webhookendpoint hook
    WHERE hook.team_id = projects_project.team_id AND hook.disabled_at IS NULL
      AND (hook.project_id IS NULL OR hook.project_id = projects_project.id)
)"""


def ring_for(project_id: UUID) -> None:
    """Have the endpoints looked after that may want to hear of a project; called after commit."""
    there = WebhookEndpoint.objects.filter(disabled_at=None, team__projects=project_id)
    for endpoint_id in there.filter(Q(project=None) | Q(project=project_id)).values_list("pk", flat=True):
        # Of many events in a moment one rings: whoever comes reads the log after they have taken the mark away, and
        # so sees what was committed before.
        if cache.add(_rung(endpoint_id), True, RUNG_SECONDS):
            queue.ring(ACTOR, str(endpoint_id))


def heard(endpoint_id: UUID) -> None:
    """Have the next event ring again; called before the log is read."""
    cache.delete(_rung(endpoint_id))


def _rung(endpoint_id: UUID) -> str:
    return f"projects:webhook_rung:{endpoint_id}"


def ring_after_commit(endpoint: WebhookEndpoint) -> None:
    """Have one endpoint looked after, once the current transaction has committed."""
    queue.ring_after_commit(ACTOR, str(endpoint.pk))


def begin_now(endpoint: WebhookEndpoint) -> None:
    """Leave out everything that has happened, in the caller's transaction."""
    WebhookCursor.objects.filter(endpoint=endpoint).delete()
    begin_where_unknown(endpoint)


def begin_where_unknown(endpoint: WebhookEndpoint) -> None:
    """Leave out what has happened in projects that the endpoint did not hear of, in the caller's transaction.

    A project that begins later has no cursor, and is heard of from its first event.
    """
    known = WebhookCursor.objects.filter(endpoint=endpoint, project=OuterRef("pk"))
    rows = _projects(endpoint).filter(~Exists(known)).values_list("pk", "last_event_number")
    WebhookCursor.objects.bulk_create(
        [WebhookCursor(endpoint=endpoint, project_id=pk, number=number) for pk, number in rows], batch_size=500
    )


def change_projects(endpoint: WebhookEndpoint, before: UUID | None) -> None:
    """Follow an endpoint to other projects, in the caller's transaction: those that are new to it, from now on.

    Args:
        endpoint: with the project that it is for now.
        before: the one that it was for; None: all.
    """
    if before is not None:
        # One that nothing was heard of yet keeps its beginning.
        WebhookCursor.objects.get_or_create(endpoint=endpoint, project_id=before)
        begin_where_unknown(endpoint)
    WebhookCursor.objects.filter(endpoint=endpoint).exclude(project__in=_projects(endpoint)).delete()


def _projects(endpoint: WebhookEndpoint) -> QuerySet[Project]:
    rows = Project.objects.filter(team=endpoint.team_id)
    return rows if endpoint.project_id is None else rows.filter(pk=endpoint.project_id)


def with_work(now: datetime | None = None) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints that somebody should look after: nobody does, and there is something to do.

    Args:
        now: the time to go by; None: the clock's.
    """
    cursor = WebhookCursor.objects.filter(endpoint=OuterRef(OuterRef("pk")), project=OuterRef("pk")).values("number")
    behind = Project.objects.filter(last_event_number__gt=Coalesce(Subquery(cursor), 0))
    waiting = Delivery.objects.filter(endpoint=OuterRef("pk"), state=Delivery.State.WAITING)
    return ready(now).filter(
        Exists(waiting)
        | Q(project=None) & Exists(behind.filter(team=OuterRef("team")))
        | Exists(behind.filter(pk=OuterRef("project")))
    )


def ready(now: datetime | None = None) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints that are on, that nobody looks after, and that need not wait."""
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    due = Q(due_at=None) | Q(due_at__lte=now or timezone.now())
    return WebhookEndpoint.objects.filter(free, due, disabled_at=None)


def next_delivery(endpoint_id: UUID, token: UUID) -> Delivery | None:
    """Return what is to be sent next, written from the log where nothing waits.

    Args:
        endpoint_id: whose.
        token: the caller's lease.

    Returns:
        None when there is nothing, or when somebody else holds the endpoint by now.
    """
    waiting = Delivery.objects.filter(endpoint=endpoint_id, state=Delivery.State.WAITING).order_by("number")
    waiting = waiting.select_related("endpoint", "event__project")
    found = waiting.first()
    if found is None and _write_next(endpoint_id, token):
        found = waiting.first()
    return found


def _write_next(endpoint_id: UUID, token: UUID) -> bool:
    """Write deliveries for events behind the cursors until there is one to send; return whether there is."""
    endpoint = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
    if endpoint is None:
        return False
    cursor = WebhookCursor.objects.filter(endpoint=endpoint, project=OuterRef("pk")).values("number")
    behind = _projects(endpoint).filter(last_event_number__gt=Coalesce(Subquery(cursor), 0))
    for project_id in behind.order_by("created_at").values_list("pk", flat=True):
        while True:
            read, written = _write(endpoint_id, token, project_id)
            if written:
                return True
            if read < BATCH:
                break
    return False


@transaction.atomic
def _write(endpoint_id: UUID, token: UUID, project_id: UUID) -> tuple[int, int]:
    """Write what follows one cursor; return how many events were read, and how many deliveries written."""
    rows = WebhookEndpoint.objects.filter(pk=endpoint_id, lease_token=token, disabled_at=None)
    endpoint = rows.select_for_update(no_key=True).first()
    if endpoint is None:
        return 0, 0
    cursor, _ = WebhookCursor.objects.get_or_create(endpoint=endpoint, project_id=project_id)
    events = list(
        Event.objects.filter(project=project_id, number__gt=cursor.number)
        .order_by("number")
        .only("number", "type")[:BATCH]
    )
    if not events:
        return 0, 0
    wanted = [event for event in events if matches(endpoint.types, event.type)]
    Delivery.objects.bulk_create(
        Delivery(endpoint=endpoint, event=event, type=event.type, number=endpoint.last_number + place)
        for place, event in enumerate(wanted, 1)
    )
    if wanted:
        rows.update(last_number=F("last_number") + len(wanted))
    WebhookCursor.objects.filter(pk=cursor.pk).update(number=events[-1].number)
    return len(events), len(wanted)
