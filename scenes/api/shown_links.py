"""What is shown of review links, and what is said of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from accounts.links import absolute
from accounts.rest.fields import Body, Person, Text, Truth
from projects import review_links as links
from projects.api.base import PageInProject
from projects.guest_access import address_of, is_alive
from projects.models import GuestVerdict, ReviewLink, Subject
from projects.review_links import MOST_ITEMS, Standing


class _Standings(serializers.ListSerializer[Any]):
    """Fetches what became of a page of links at once."""

    def to_representation(self, data: Any) -> Any:
        return super().to_representation(links.standings(self.context["view"].opened, data))


class ReviewLinkOut(serializers.Serializer[Any]):
    """A way in for people without an account, and what became of it."""

    id = serializers.UUIDField(source="link.id")
    project = serializers.UUIDField(source="link.project_id")
    name = serializers.CharField(source="link.name", help_text="What guests see above the picture.")
    address = serializers.SerializerMethodField(help_text="Whoever has it comes in.")
    shows = serializers.ChoiceField(choices=ReviewLink.Shows.choices, source="link.shows")
    items = serializers.ListField(
        child=serializers.UUIDField(), source="link.items", help_text="Takes in order, or one rendering."
    )
    has_password = serializers.BooleanField(source="link.password")
    may_comment = serializers.BooleanField(source="link.may_comment")
    may_approve = serializers.BooleanField(source="link.may_approve")
    watermark = serializers.BooleanField(source="link.watermark", help_text="The guest's name lies over the picture.")
    is_open = serializers.SerializerMethodField()
    expires_at = serializers.DateTimeField(source="link.expires_at", allow_null=True)
    revoked_at = serializers.DateTimeField(source="link.revoked_at", allow_null=True)
    created_by = Person(source="link.created_by", allow_null=True)
    created_at = serializers.DateTimeField(source="link.created_at")
    guests = serializers.SerializerMethodField(help_text="How many people came.")
    views = serializers.IntegerField()
    open_notes = serializers.IntegerField()
    approved = serializers.IntegerField(help_text="Verdicts.")
    changes = serializers.IntegerField(help_text="Verdicts that ask for changes.")
    last_seen_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        list_serializer_class = _Standings

    def get_address(self, standing: Standing) -> str:
        """Where it leads."""
        return absolute(self.context["request"]._request, address_of(standing.link))

    def get_is_open(self, standing: Standing) -> bool:
        """Whether it lets anybody in by now."""
        return is_alive(standing.link)

    def get_guests(self, standing: Standing) -> int:
        """How many people came."""
        return len(standing.guests)


class _Until(serializers.DateTimeField):
    """A time to come."""

    def to_internal_value(self, value: Any) -> datetime:
        try:
            until = super().to_internal_value(value)
        except OverflowError:
            raise serializers.ValidationError("This is no time that a calendar has.") from None
        if until <= timezone.now():
            raise serializers.ValidationError("This is over already. To close the link now, revoke it.")
        return until


class LinkChange(Body):
    """How long it opens."""

    expires_at = _Until(allow_null=True, help_text="Null: until it is closed.")


class LinkIn(Body):
    """A new link. Without takes, shots or a rendering it shows the film as it is cut when somebody looks."""

    project = serializers.UUIDField()
    name = Text(max_length=120, required=False, default="", help_text="Empty: a fitting one.")
    takes = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST_ITEMS, required=False)
    shots = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST_ITEMS, required=False, help_text="Their selects."
    )
    render = serializers.UUIDField(required=False)
    expires_at = _Until(allow_null=True, required=False, help_text="Left out: in 7 days. Null: until it is closed.")
    password = Text(max_length=128, required=False, default="", help_text="Empty: none is asked for.")
    may_comment = Truth(required=False, default=True)
    may_approve = Truth(required=False, default=False)
    watermark = Truth(required=False, default=True)

    def validate(self, attrs: Any) -> Any:
        """Ask for one kind of thing."""
        if len({"takes", "shots", "render"} & set(attrs)) > 1:
            raise serializers.ValidationError("Choose takes, shots or a rendering.")
        return attrs


class GuestVerdictOut(serializers.Serializer[Any]):
    """What a guest thinks of something."""

    subject_kind = serializers.ChoiceField(choices=Subject.choices)
    subject_id = serializers.UUIDField()
    verdict = serializers.ChoiceField(choices=GuestVerdict.Verdict.choices)
    given_at = serializers.DateTimeField()


class LinkGuest(serializers.Serializer[Any]):
    """Somebody who came by a link."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    views = serializers.IntegerField(help_text="How often they came.")
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    verdicts = GuestVerdictOut(many=True)


class VerdictOut(GuestVerdictOut):
    """What a guest thinks of something, with whose word it is."""

    guest = serializers.UUIDField(source="guest_id")
    guest_name = serializers.CharField(source="guest.name")
    review_link = serializers.UUIDField(source="guest.link_id")


class VerdictQuery(PageInProject):
    """Of which thing."""

    subject_id = serializers.UUIDField(required=False)
