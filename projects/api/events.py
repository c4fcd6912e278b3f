"""What happens in a project: asked for, or streamed as it happens."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiToken
from accounts.rest.errors import QUOTA_ERROR, RETRY, Refusal, Refused, field_error
from accounts.rest.fields import Body, WholeNumber
from accounts.rest.operations import Example, operation
from projects import tickets
from projects.api.base import InProject, ProjectResource
from projects.events import REPLAY_LIMIT, message_of
from projects.models import Event
from projects.passes import Pass
from projects.streaming import Stream, is_too_many

LARGEST_NUMBER = 2**53 - 1
MOST_JOBS = 100
_ID = "0191f2a0-1111-4222-8333-444455556666"


def pass_of(request: Request) -> Pass:
    """Return by what a caller came: whatever they open depends on it."""
    if isinstance(request.auth, ApiToken):
        return Pass(token=str(request.auth.pk))
    return Pass(session=request.session.session_key or "")


class EventMessage(serializers.Serializer[Any]):
    """Something that happened, as sockets and streams tell it: what else it says depends on its type."""

    seq = serializers.IntegerField(help_text="Its number in the project: one more than that of the event before.")
    type = serializers.CharField()

    def to_representation(self, instance: Event) -> dict[str, Any]:
        """Return the message."""
        return message_of(instance)


class EventsOut(serializers.Serializer[Any]):
    """Some of a project's events, in order."""

    events = EventMessage(many=True)
    next_after = serializers.IntegerField(help_text="Ask for what comes after this the next time.")
    last_event = serializers.IntegerField(help_text="The number of the project's latest event.")
    resync = serializers.BooleanField(
        help_text="You have missed so much, or know of what never was: read the project's state anew instead, and go "
        "on after “last_event”."
    )


class EventsQuery(InProject):
    """Which events."""

    after = WholeNumber(max_value=LARGEST_NUMBER, required=False, default=0, help_text="The last one that you know.")
    limit = serializers.IntegerField(
        min_value=1, max_value=REPLAY_LIMIT, required=False, default=REPLAY_LIMIT, help_text="Events at most."
    )


class Events(ProjectResource):
    """What has happened in a project."""

    tag = "events"

    @operation(answer=EventsOut, query=EventsQuery)
    def get(self, request: Request) -> Response:
        """List a project's events after a number, in order.

        The same as the socket and the stream tell, without progress, which is not kept.
        """
        asked = self.asked
        project = self.open(asked["project"]).project
        after, last = asked["after"], project.last_event_number
        events = list(Event.objects.after(project, after)[: asked["limit"]])
        # Of events that were written since the project was read.
        last = max(last, events[-1].number) if events else last
        missed = last - after
        return self.answer(
            {
                "events": events,
                "next_after": events[-1].number if events else min(after, last),
                "last_event": last,
                "resync": missed > REPLAY_LIMIT or missed < 0,
            }
        )


class StreamQuery(InProject):
    """What a stream tells."""

    after = WholeNumber(
        max_value=LARGEST_NUMBER, required=False, help_text="Begin with what came after this; else with what comes."
    )
    job = serializers.CharField(
        max_length=37 * MOST_JOBS, required=False, help_text="Ids of jobs, with commas between: of others nothing."
    )

    def validate_job(self, value: str) -> frozenset[str]:
        """Return the ids."""
        one = serializers.UUIDField()
        return frozenset(str(one.run_validation(text.strip())) for text in value.split(",")[:MOST_JOBS])


class _Whatever(BaseContentNegotiation):
    """Refusals are JSON, whatever a reader of events accepts."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return the one that there is."""
        return renderers[0], renderers[0].media_type


class EventStream(ProjectResource):
    """What happens in a project, as it happens."""

    tag = "events"
    content_negotiation_class = _Whatever

    @operation(
        query=StreamQuery,
        media="text/event-stream",
        refusals={429: ["too_many_streams: your token, you or the server have as many open as may be"]},
    )
    def get(self, request: Request) -> Any:
        """Stream a project's events as server-sent events.

        Each message is JSON in `data:`, the same as the socket sends: `{"seq": 12, "type": "take_added", …}` for what
        is kept, `{"type": "image_generation_progress", …}` without a number for what is not, and
        `{"type": "resync"}` where too much was missed: read the project's state anew then. `id:` is the number up to
        which you have had everything. Send it back as the header `Last-Event-ID` (browsers do so by themselves)
        and the stream goes on from there; `after` says the same for the first time. A comment comes after every
        15 seconds of silence. The stream ends as soon as you may not see the project any more.
        """
        asked = self.asked
        opened = self.open(asked["project"])
        came_by = pass_of(request)
        if is_too_many(opened, came_by):
            detail = "There are as many streams open as there may be. Close some, or ask for “events” now and then."
            raise Refused(Refusal(429, "too_many_streams", detail, QUOTA_ERROR, retry_after=30, action=RETRY))
        after = _last_known(request, asked.get("after"))
        if request.method == "HEAD":
            return HttpResponse(content_type="text/event-stream")
        stream = Stream(opened, came_by, after=after, jobs=asked.get("job", frozenset()))
        return StreamingHttpResponse(
            stream.read(),
            content_type="text/event-stream",
            # Neither kept nor held back by anything in between.
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


def _last_known(request: Request, after: int | None) -> int | None:
    said = request.headers.get("Last-Event-ID", "")
    if not said:
        return after
    if not (said.isascii() and said.isdecimal() and len(said) <= 16 and int(said) <= LARGEST_NUMBER):
        raise field_error("Last-Event-ID", "Send the id of the last event that you had, unchanged.")
    return int(said)


class TicketIn(Body):
    """For which project."""

    project = serializers.UUIDField()


class TicketOut(serializers.Serializer[Any]):
    """A ticket."""

    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds in which it must be used.")


class Tickets(ProjectResource):
    """Ways into the socket."""

    tag = "events"

    @operation(
        answer=TicketOut,
        body=TicketIn,
        status=201,
        once=False,
        scope=ApiToken.Scope.READ,
        examples=[Example("For a project", {"project": _ID})],
    )
    def post(self, request: Request) -> Response:
        """Get a ticket for a project's socket: `/ws/projects/{id}/?ticket=…`, and `&after=` with a number to replay.

        It holds once. The socket closes when your token ends.
        """
        opened = self.open(self.sent["project"])
        text = tickets.issue(opened=opened, came_by=pass_of(request))
        return self.answer({"ticket": text, "expires_in": tickets.SECONDS})
