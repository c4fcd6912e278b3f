"""What waits for the caller's attention."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.fields import Body, PageQuery, Person, Text, Truth, WholeNumber
from accounts.rest.operations import Example, operation
from accounts.rest.views import Resource
from projects import inbox
from projects.models import MailChoice, Notification

MOST_READ = 200
_ID = "0191f2a0-1111-4222-8333-444455556666"


class NotificationOut(serializers.Serializer[Any]):
    """Something that waits for you."""

    id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id")
    kind = serializers.ChoiceField(choices=Notification.Kind.choices)
    text = serializers.CharField()
    link = serializers.CharField(help_text="Where to look, an address of this site.")
    actor = Person(allow_null=True)
    comment = serializers.UUIDField(source="comment_id", allow_null=True)
    created_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class NotificationQuery(PageQuery):
    """Which notifications."""

    unread = Truth(required=False, default=False, help_text="Only those that you have not read.")
    project = serializers.UUIDField(required=False)


class Notifications(Resource):
    """The caller's notifications."""

    tag = "notifications"

    @operation(answer=NotificationOut, query=NotificationQuery, paged=True, needs=None)
    def get(self, request: Request) -> Response:
        """List what waits for you, the latest first; in the token's team, where a token asks."""
        rows = Notification.objects.for_user(self.person).select_related("actor")
        rows = rows.unread() if self.asked["unread"] else rows
        if "project" in self.asked:
            rows = rows.filter(project=self.asked["project"])
        return self.page(rows)


class UnreadOut(serializers.Serializer[Any]):
    """How much waits."""

    unread = serializers.IntegerField()


class UnreadNotifications(Resource):
    """The number on the bell."""

    tag = "notifications"

    @operation(answer=UnreadOut, needs=None)
    def get(self, request: Request) -> Response:
        """Count what you have not read."""
        return self.answer({"unread": inbox.waiting_for(self.person)})


class ReadIn(Body):
    """Which notifications were seen."""

    ids = serializers.ListField(
        child=serializers.UUIDField(),
        min_length=1,
        max_length=MOST_READ,
        required=False,
        help_text="Left out: all of them.",
    )


class ReadNotifications(Resource):
    """Noting what was seen."""

    tag = "notifications"

    @operation(
        answer=UnreadOut,
        body=ReadIn,
        needs=None,
        refusals={404: ["not_found: one of them is not yours; none was marked"]},
        examples=[Example("All of them", {})],
    )
    def post(self, request: Request) -> Response:
        """Mark notifications as read, and learn how many are left."""
        wanted = set(self.sent.get("ids", ()))
        if wanted and Notification.objects.for_user(self.person).filter(pk__in=wanted).count() < len(wanted):
            raise Http404("No such notification.")
        inbox.read(self.person, *wanted)
        return self.answer({"unread": inbox.waiting_for(self.person)})


class MailChoiceOut(serializers.Serializer[Any]):
    """How you hear of it by e-mail."""

    pace = serializers.ChoiceField(choices=MailChoice.Pace.choices)
    hour = serializers.IntegerField(help_text="Of the day, where you are; for once a day.")
    zone = serializers.CharField(allow_blank=True, help_text="Time zone; empty: the installation's.")
    muted = serializers.ListField(child=serializers.ChoiceField(choices=Notification.Kind.choices))


class MailChoiceIn(Body):
    """What is to be another; what is left out stays."""

    pace = serializers.ChoiceField(choices=MailChoice.Pace.choices, required=False)
    hour = WholeNumber(max_value=23, required=False)
    zone = Text(max_length=64, required=False, help_text="“Europe/Berlin” for one.")
    muted = serializers.ListField(
        child=serializers.ChoiceField(choices=Notification.Kind.choices),
        max_length=len(Notification.Kind.values),
        required=False,
        help_text="Kinds of which you want no mail.",
    )

    def validate_zone(self, value: str) -> str:
        """Refuse what is no time zone."""
        if value and value not in inbox.zones():
            raise serializers.ValidationError("There is no such time zone. Write it as “Europe/Berlin”.")
        return value


class NotificationMail(Resource):
    """How the caller hears by e-mail."""

    tag = "notifications"

    @operation(answer=MailChoiceOut, needs=None)
    def get(self, request: Request) -> Response:
        """Read how you hear by e-mail of what waits for you."""
        return self.answer(inbox.mail_choice_of(self.person))

    @operation(
        answer=MailChoiceOut,
        body=MailChoiceIn,
        needs=None,
        people_only=True,
        examples=[Example("Once a day", {"pace": "daily"})],
    )
    def patch(self, request: Request) -> Response:
        """Choose how you hear by e-mail of what waits for you; in all your teams."""
        now = inbox.mail_choice_of(self.person)
        chosen = {name: self.sent.get(name, getattr(now, name)) for name in ("pace", "hour", "zone", "muted")}
        return self.answer(inbox.choose_mail(user=self.person, **chosen))
