"""Webhooks, and the log of what was sent to them."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import OpenTeam, open_team
from accounts.policies import Right
from accounts.rest.operations import Example, operation
from accounts.rest.views import Resource
from projects.api.webhook_shown import (
    DeliveryOut,
    DeliveryQuery,
    NewSecret,
    Redelivered,
    Since,
    TurnOn,
    WebhookChange,
    WebhookIn,
    WebhookMade,
    WebhookOut,
    WebhookQuery,
)
from projects.models import Delivery, WebhookEndpoint
from projects.outgoing import endpoints, log

_ID = "0191f2a0-1111-4222-8333-444455556666"
_FULL = ["not_possible: the team has as many as it may"]
_OFF = ["not_possible: the webhook is off"]


class WebhookResource(Resource):
    """An address about a webhook: everything comes through its team's door."""

    tag = "webhooks"

    def open(self, webhook_id: UUID) -> tuple[OpenTeam, WebhookEndpoint]:
        """Open the team of a webhook for who asks.

        Raises:
            Http404: there is no such webhook for them.
            PermissionDenied: they are a member, but may not manage.
        """
        team_id = WebhookEndpoint.objects.filter(pk=webhook_id).values_list("team", flat=True).first()
        if team_id is None:
            raise Http404("No such webhook.")
        opened = open_team(self.person, team_id, self.needs)
        return opened, endpoints.endpoint_of(opened, webhook_id)

    def open_delivery(self, delivery_id: UUID) -> tuple[OpenTeam, WebhookEndpoint, Delivery]:
        """Open the team of something that was sent, or is to be.

        Raises:
            Http404: there is no such thing for them.
            PermissionDenied: they are a member, but may not manage.
        """
        webhook_id = Delivery.objects.filter(pk=delivery_id).values_list("endpoint", flat=True).first()
        if webhook_id is None:
            raise Http404("No such delivery.")
        opened, endpoint = self.open(webhook_id)
        return opened, endpoint, self.one(log.deliveries_of(endpoint), delivery_id)

    def answer_with_secret(self, endpoint: WebhookEndpoint, secret: str, location: str = "") -> Response:
        """Answer with a webhook and the secret that nobody can read again."""
        endpoint.secret = secret  # type: ignore[attr-defined]
        return self.answer(endpoint, location=location)


class Webhooks(WebhookResource):
    """A team's webhooks."""

    @operation(answer=WebhookOut, query=WebhookQuery, paged=True, needs=Right.MANAGE)
    def get(self, request: Request) -> Response:
        """List a team's webhooks."""
        opened = open_team(self.person, self.asked["team"], self.needs)
        return self.page(endpoints.endpoints_of(opened), "created_at")

    @operation(
        answer=WebhookMade,
        body=WebhookIn,
        status=201,
        needs=Right.MANAGE,
        once=False,
        refusals={409: _FULL},
        examples=[
            Example(
                "What becomes of clips, and comments",
                {"team": _ID, "url": "https://example.com/hooks", "types": ["video_generation_*", "comment_added"]},
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Have events sent to an address from now on.

        Each is POSTed as `{type, timestamp, data}`, signed by the Standard Webhooks specification with the secret that
        is in this answer and nowhere else; in order, one after the other, at least once. Whatever is not answered with
        2xx within 15 seconds is sent again for three days, then the webhook is turned off and the owners are told.
        """
        opened = open_team(self.person, self.sent.pop("team"), self.needs)
        made, secret = endpoints.create_endpoint(opened=opened, **self.sent)
        return self.answer_with_secret(made, secret, reverse("api:webhook", args=[made.pk]))


class OneWebhook(WebhookResource):
    """One webhook."""

    @operation(answer=WebhookOut, needs=Right.MANAGE)
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """Read how a webhook stands."""
        return self.answer(self.open(webhook_id)[1])

    @operation(
        answer=WebhookOut,
        body=WebhookChange,
        needs=Right.MANAGE,
        examples=[Example("Hear everything", {"types": ["*"], "project": None})],
    )
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        """Change where and what is sent; what waits already goes to the new address."""
        opened, endpoint = self.open(webhook_id)
        return self.answer(endpoints.change_endpoint(opened=opened, endpoint=endpoint, **self.sent))

    @operation(needs=Right.MANAGE)
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Delete a webhook with its log; what waits for it is not sent."""
        opened, endpoint = self.open(webhook_id)
        endpoints.delete_endpoint(opened=opened, endpoint=endpoint)
        return self.answer(None)


class WebhookSecret(WebhookResource):
    """A webhook's secret."""

    @operation(
        answer=WebhookMade,
        body=NewSecret,
        needs=Right.MANAGE,
        once=False,
        refusals={409: ["not_possible"]},
        examples=[Example("The receiver changes over within a day", {"at_once": False})],
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Make a new secret. It is in this answer and nowhere else; the old one signs as well for 24 hours."""
        opened, endpoint = self.open(webhook_id)
        secret = endpoints.rotate_secret(opened=opened, endpoint=endpoint, at_once=self.sent["at_once"])
        return self.answer_with_secret(endpoints.endpoint_of(opened, endpoint.pk), secret)


class TestWebhook(WebhookResource):
    """Trying a webhook."""

    @operation(
        answer=DeliveryOut,
        needs=Right.MANAGE,
        once=False,
        refusals={409: ["not_possible: its secret is lost"], 429: ["too_often: ten tests a minute"]},
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Send a `webhook_test` now, past whatever waits, also while the webhook is off; the answer says if it came."""
        opened, endpoint = self.open(webhook_id)
        return self.answer(log.send_test(opened=opened, endpoint=endpoint))


class TurnOnWebhook(WebhookResource):
    """Turning a webhook on."""

    @operation(
        answer=WebhookOut,
        body=TurnOn,
        needs=Right.MANAGE,
        examples=[Example("With what it has missed", {"missed": True})],
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Send again, with or without what was missed while it was off."""
        opened, endpoint = self.open(webhook_id)
        return self.answer(endpoints.turn_on(opened=opened, endpoint=endpoint, missed=self.sent["missed"]))


class TurnOffWebhook(WebhookResource):
    """Turning a webhook off."""

    @operation(answer=WebhookOut, needs=Right.MANAGE)
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Send nothing more until somebody turns it on again; what waits stays."""
        opened, endpoint = self.open(webhook_id)
        return self.answer(endpoints.turn_off(opened=opened, endpoint=endpoint))


class RedeliverFailed(WebhookResource):
    """Sending again what failed."""

    @operation(
        answer=Redelivered,
        body=Since,
        status=202,
        needs=Right.MANAGE,
        refusals={409: _OFF},
        examples=[Example("Since the receiver was broken", {"since": "2026-11-21T09:00:00Z"})],
    )
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Send everything again that has failed since a time, a thousand at most, in its order, behind what waits."""
        opened, endpoint = self.open(webhook_id)
        count = log.send_failed_again(opened=opened, endpoint=endpoint, since=self.sent["since"])
        return self.answer({"count": count})


class Deliveries(WebhookResource):
    """What was sent."""

    @operation(answer=DeliveryOut, query=DeliveryQuery, paged=True, needs=Right.MANAGE)
    def get(self, request: Request) -> Response:
        """List what was sent to a webhook, or is to be, the latest first. It is kept for 30 days."""
        _, endpoint = self.open(self.asked["webhook"])
        rows = log.deliveries_of(endpoint)
        if "state" in self.asked:
            rows = rows.filter(state=self.asked["state"])
        return self.page(rows, "-number")


class OneDelivery(WebhookResource):
    """One thing that was sent."""

    @operation(answer=DeliveryOut, needs=Right.MANAGE)
    def get(self, request: Request, delivery_id: UUID) -> Response:
        """Read what has become of it."""
        return self.answer(self.open_delivery(delivery_id)[2])


class Redeliver(WebhookResource):
    """Sending something again."""

    @operation(answer=DeliveryOut, status=202, needs=Right.MANAGE, refusals={409: _OFF})
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Send it again under the same id, behind what waits; what waits for its next attempt is tried now."""
        opened, endpoint, delivery = self.open_delivery(delivery_id)
        log.send_again(opened=opened, endpoint=endpoint, delivery_id=delivery.pk)
        return self.answer(self.one(log.deliveries_of(endpoint), delivery.pk))
