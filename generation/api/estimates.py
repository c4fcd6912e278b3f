"""What something would cost, before anything is asked for. Nothing here spends, holds or changes anything."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiToken
from accounts.rest.fields import Body, Dollars, Truth
from accounts.rest.operations import Example, operation
from generation import offers, planning
from generation.api.batches_shown import MOST_SHOTS
from generation.api.jobs import ID
from generation.api.jobs_shown import PricedIn
from generation.catalogue import ImpossibleRequest
from generation.choosing import orders
from generation.choosing.orders import Order
from generation.money.budgets import needs_yes
from generation.money.forecast import forecast
from generation.money.room import Room, room_for
from generation.money.savings import savings
from generation.offers import CHOICES
from generation.planning import Wanted
from generation.wishes import Wish
from projects.access import OpenProject
from projects.api.base import ProjectResource
from scenes.api.base import FootageResource
from scenes.models import Shot

READ = ApiToken.Scope.READ


class EstimateIn(Body):
    """Of what."""

    project = serializers.UUIDField()
    shots = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        min_length=1,
        max_length=MOST_SHOTS,
        help_text="Left out: all that are in the film.",
    )
    new_take = Truth(default=False, help_text="Of another take of what is there, instead of what is missing.")


class PriceOut(serializers.Serializer[Any]):
    """One choice, as `POST /batches` takes it."""

    make = serializers.ChoiceField(choices=list(CHOICES))
    stills = serializers.IntegerField()
    clips = serializers.IntegerField()
    voices = serializers.IntegerField()
    cost_usd = Dollars(source="cost")
    seconds = serializers.IntegerField(help_text="How long it usually takes here.")
    needs_approval = serializers.BooleanField(help_text="Whether it would wait for a producer's yes.")


class ItemOut(serializers.Serializer[Any]):
    """One thing that would be made."""

    shot = serializers.UUIDField(source="shot_id", allow_null=True)
    line = serializers.UUIDField(source="line_id", allow_null=True)
    kind = serializers.CharField()
    operation = serializers.CharField()
    model = serializers.CharField()
    provider = serializers.CharField()
    cost_usd = Dollars(source="cost")


class ProblemOut(serializers.Serializer[Any]):
    """A shot of which something cannot be made."""

    shot = serializers.UUIDField()
    problem = serializers.CharField()


class SavingOut(serializers.Serializer[Any]):
    """A way to spend less."""

    title = serializers.CharField()
    words = serializers.CharField(help_text="What it means.")
    cost_usd = Dollars(source="cost")
    shots = serializers.ListField(child=serializers.UUIDField(), help_text="To ask for, where it is about fewer.")
    model = serializers.CharField(source="model.id", default=None, allow_null=True, help_text="To choose.")


class RoomOut(serializers.Serializer[Any]):
    """What is left of the month's budgets."""

    left_usd = Dollars(source="left", allow_null=True, help_text="Null: there is no cap.")
    scope = serializers.CharField(help_text="Whose cap is the tightest: team, project or user.")


class EstimateOut(serializers.Serializer[Any]):
    """What is missing, and what each way to have it made would cost."""

    choices = PriceOut(many=True)
    items = ItemOut(many=True)
    problems = ProblemOut(many=True, help_text="What cannot be made as it is; it is in none of the prices.")
    problem = serializers.CharField(help_text="Why nothing can be asked for; empty: something can.")
    total_usd = Dollars(source="total", help_text="Of everything.")
    film_usd = Dollars(source="film", help_text="Of everything and the rendering of the film.")
    on_their_way = serializers.IntegerField(help_text="Jobs for it that go on already; they are not counted again.")
    savings = SavingOut(many=True)
    budget = RoomOut()


class Estimates(FootageResource):
    """Prices of what shots lack."""

    tag = "estimates"

    @operation(
        answer=EstimateOut,
        body=EstimateIn,
        scope=READ,
        examples=[Example("The whole film", {"project": ID}), Example("Some shots", {"project": ID, "shots": [ID]})],
    )
    def post(self, request: Request) -> Response:
        """Tell what would be made of a project's shots and what it would cost, thing by thing; nothing is asked for."""
        opened = self.open(self.sent["project"])
        shots = self.shots_named(opened, self.sent["shots"]) if "shots" in self.sent else None
        return self.answer(_estimated(opened, shots, fresh=self.sent["new_take"]))


def _estimated(opened: OpenProject, shot_ids: list[UUID] | None, *, fresh: bool) -> dict[str, Any]:
    offer = offers.offer(opened, shot_ids=shot_ids, fresh=fresh)
    shots = None if shot_ids is None else [Shot(pk=shot_id) for shot_id in shot_ids]
    try:
        wanted = planning.wanted_of(opened, shots=shots, fresh=fresh)
    except ImpossibleRequest:
        # Nothing at all can be made; the offer says why.
        wanted = Wanted([], {})
    return {
        "choices": [
            {
                "make": choice,
                "stills": price.stills,
                "clips": price.clips,
                "voices": price.voices,
                "cost": price.cost,
                "seconds": round(price.seconds),
                "needs_approval": needs_yes(opened, price.cost),
            }
            for choice, price in offer.prices.items()
        ],
        "items": [_item(wish) for wish in wanted.wishes],
        "problems": [{"shot": shot, "problem": text} for shot, text in wanted.problems.items()],
        "problem": offer.problem,
        "total": offer.everything.cost,
        "film": offer.film_cost,
        "on_their_way": offer.on_their_way,
        "savings": [] if offer.problem or fresh else savings(opened, shot_ids=shot_ids).ways,
        "budget": room_for(opened, offer.everything.cost),
    }


def _item(wish: Wish) -> dict[str, Any]:
    return {
        "shot_id": wish.shot.pk if wish.shot is not None else None,
        "line_id": wish.line.pk if wish.line is not None else None,
        "kind": wish.kind or "",
        "operation": wish.operation,
        "model": wish.model.id,
        "provider": wish.model.provider,
        "cost": wish.estimate,
    }


class OrderPriceOut(ItemOut):
    """What one order would cost."""

    parameters = serializers.DictField(help_text="As they would be sent, with what was left out filled in.")
    seconds = serializers.IntegerField(help_text="How long it usually takes.")
    needs_approval = serializers.BooleanField(source="room.asks")
    budget = RoomOut(source="room")


class OrderEstimate(ProjectResource):
    """The price of one order by hand."""

    tag = "estimates"

    @operation(
        answer=OrderPriceOut,
        body=PricedIn,
        scope=READ,
        refusals={409: ["not_possible", "no_key"]},
        examples=[Example("A picture", {"project": ID, "operation": "text_to_image", "prompt": "A ferry in the fog."})],
    )
    def post(self, request: Request) -> Response:
        """Tell what an order would cost, as `POST /jobs` takes it, or why no model makes it; nothing is asked for."""
        opened = self.open(self.sent.pop("project"))
        wish = orders.wish_of(opened, Order(**self.sent))
        room: Room = room_for(opened, wish.estimate)
        parameters = {name: value for name, value in wish.parameters.items() if name != "seed" or self.sent.get("seed")}
        return self.answer(
            {**_item(wish), "parameters": parameters, "seconds": round(wish.model.typical_seconds), "room": room}
        )


class ShareOut(serializers.Serializer[Any]):
    """A part of a sum."""

    label = serializers.CharField()  # type: ignore[assignment]
    amount_usd = Dollars(source="amount")
    count = serializers.IntegerField(help_text="How many purchases.")


class ForecastOut(serializers.Serializer[Any]):
    """What the rest of the film will cost."""

    to_come_usd = Dollars(source="to_come")
    spent_usd = Dollars(source="spent")
    held_usd = Dollars(source="held")
    total_usd = Dollars(source="total")
    parts = ShareOut(many=True, help_text="What is missing, by model.")
    problems = serializers.ListField(child=serializers.CharField(), help_text="Why some of it cannot be made as it is.")


class Forecast(ProjectResource):
    """The way to the whole film."""

    tag = "estimates"

    @operation(answer=ForecastOut)
    def get(self, request: Request, project_id: UUID) -> Response:
        """Tell what a film has cost, and what the rest of it will cost at the choices of now."""
        return self.answer(forecast(self.open(project_id)))
