"""What is shown of providers, and what is said of them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.rest.fields import Body, Dollars, Person, Text, Truth, Word
from generation.vendors import endpoints, keys
from generation.vendors.connection import Outcome
from generation.vendors.order import Group
from generation.vendors.provider_accounts import MOST_KEY
from generation.vendors.provider_cards import Card


class CheckOut(serializers.Serializer[Any]):
    """What a connection test found. With the installation's key, what the account holds is not yours to see."""

    outcome = serializers.ChoiceField(choices=[one.value for one in Outcome])
    text = serializers.CharField(help_text="Why it did not end well; empty when it did.")
    balance = serializers.CharField(help_text="What is left, as the provider says it.")
    generations_today = serializers.DictField(child=serializers.IntegerField(), help_text="By model.")
    limits = serializers.DictField(help_text="By model, `concurrent` and `daily`.")
    api_version = serializers.CharField()


class RecordOut(serializers.Serializer[Any]):
    """What became of the team's orders, rehearsals left out."""

    requests = serializers.IntegerField(help_text="Those that have ended, the cancelled ones left out.")
    succeeded = serializers.IntegerField()
    success_percent = serializers.IntegerField(source="share", allow_null=True)
    mean_seconds = serializers.FloatField(source="seconds", allow_null=True, help_text="Of those that succeeded.")
    spent_usd = Dollars(source="spent")
    degraded = serializers.BooleanField(help_text="Most of what ended in the last hour failed.")


class UsedModelOut(serializers.Serializer[Any]):
    """A model, and how it has served."""

    id = serializers.CharField(source="model.id")
    name = serializers.CharField(source="model.label")
    does = serializers.CharField()
    price_usd = Dollars(source="price", allow_null=True)
    price_for = serializers.CharField(source="example")
    limits = serializers.CharField(help_text="Empty: nobody told.")
    today = serializers.IntegerField(allow_null=True, help_text="Made today by the account; null: nobody told.")
    last_30_days = RecordOut(source="record")


class BreakerOut(serializers.Serializer[Any]):
    """Whether a provider is left out because it kept failing."""

    state = serializers.ChoiceField(
        choices=["closed", "open", "half_open"],
        source="breaker_state",
        help_text="`closed`: it is asked. `open`: it is left out. `half_open`: one order may try it, or is trying it.",
    )
    since = serializers.DateTimeField(source="tripped_at", allow_null=True)
    why = serializers.CharField(source="trip_reason")
    until = serializers.DateTimeField(source="probe_at", allow_null=True, help_text="When one order tries it again.")


class ProviderOut(serializers.Serializer[Any]):
    """A provider, as it is for a team."""

    name = serializers.CharField()
    display_name = serializers.CharField(source="label", help_text="As people call it.")
    configured = serializers.SerializerMethodField(help_text="Whether there is a key.")
    own_key = serializers.BooleanField(
        source="own", help_text="Whether it is the team's; otherwise the installation's."
    )
    key_ends_with = serializers.SerializerMethodField(help_text="The last characters of the team's own key.")
    key_set_by = serializers.SerializerMethodField()
    key_set_at = serializers.SerializerMethodField()
    state = serializers.CharField(help_text="How it is, in a word or two.")
    trouble = serializers.CharField(help_text="What is wrong with it now; empty: nothing.")
    reachable = serializers.SerializerMethodField(help_text="As last tested; null: never.")
    checked_at = serializers.SerializerMethodField()
    paused = serializers.BooleanField(help_text="Its orders wait until a person acts.")
    pause_reason = serializers.SerializerMethodField()
    rehearsal_paused = serializers.BooleanField()
    breaker = BreakerOut(source="account", allow_null=True, help_text="Null: there is no account yet.")
    rehearsal_breaker = BreakerOut(source="rehearsal", allow_null=True)
    last_success_at = serializers.SerializerMethodField()
    last_error_at = serializers.SerializerMethodField()
    last_error = serializers.SerializerMethodField()
    base_url = serializers.SerializerMethodField(help_text="The team's own address; empty: the provider's.")
    max_concurrent = serializers.SerializerMethodField(help_text="Orders at once.")
    balance = serializers.SerializerMethodField(help_text="What was left when it was last tested.")
    generations_today = serializers.SerializerMethodField(help_text="As last tested; null: nobody told.")
    last_24_hours = RecordOut(source="day")
    models = UsedModelOut(many=True, source="models.lines")

    def get_configured(self, card: Card) -> bool:
        """Return whether anything can be asked of it."""
        return card.account is not None and card.usable

    def get_key_ends_with(self, card: Card) -> str:
        """Return what people recognise their key by; nothing of the installation's."""
        return card.account.key_hint if card.own and card.account is not None else ""

    def get_key_set_by(self, card: Card) -> dict[str, Any] | None:
        """Return who entered the team's key."""
        who = card.account.key_set_by if card.own and card.account is not None else None
        return dict(Person(who).data) if who is not None else None

    def get_key_set_at(self, card: Card) -> str | None:
        """Return when that was."""
        return self._time(card, "key_set_at") if card.own else None

    def get_reachable(self, card: Card) -> bool | None:
        """Return whether the last test reached it."""
        outcome = card.check.get("outcome")
        return None if not outcome else outcome == Outcome.OK

    def get_checked_at(self, card: Card) -> str | None:
        """Return when it was last tested."""
        return self._time(card, "checked_at")

    def get_pause_reason(self, card: Card) -> str:
        """Return why it is paused."""
        return card.account.pause_reason if card.account is not None and card.paused else ""

    def get_last_success_at(self, card: Card) -> str | None:
        """Return when it last did what it should."""
        return self._time(card, "last_success_at")

    def get_last_error_at(self, card: Card) -> str | None:
        """Return when it last did not."""
        return self._time(card, "last_error_at")

    def get_last_error(self, card: Card) -> str:
        """Return what was wrong then."""
        return card.account.last_error if card.account is not None else ""

    def get_base_url(self, card: Card) -> str:
        """Return where the team's own endpoint is."""
        return card.account.base_url if card.own and card.account is not None else ""

    def get_max_concurrent(self, card: Card) -> int | None:
        """Return how many orders go on at once."""
        return card.account.max_concurrent if card.account is not None else None

    def get_balance(self, card: Card) -> str:
        """Return what is left, to those who may see it."""
        return str(card.check.get("balance_text") or "") if card.figures else ""

    def get_generations_today(self, card: Card) -> int | None:
        """Return how many were made, to those who may see it."""
        return card.made_today if card.figures else None

    @staticmethod
    def _time(card: Card, name: str) -> str | None:
        moment = getattr(card.account, name, None)
        return serializers.DateTimeField().to_representation(moment) if moment is not None else None


class ProvidersOut(serializers.Serializer[Any]):
    """A team's providers."""

    fallback = serializers.BooleanField(help_text="Whether the next one is asked when one cannot.")
    orders = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        help_text="For kinds of work that have an order of their own; empty: as for everything.",
    )
    providers = ProviderOut(many=True, help_text="In the order in which they are asked.")


class KeyChangeOut(serializers.Serializer[Any]):
    """What a new or removed key means for what goes on."""

    provider = ProviderOut()
    check = CheckOut(allow_null=True, help_text="Of the new key.")
    queued = serializers.IntegerField(help_text="Orders that wait.")
    in_flight = serializers.IntegerField(help_text="Orders on their way with the key as it was before.")


class ProvidersChange(Body):
    """What is to be another."""

    order = serializers.ListField(child=Word(max_length=40), max_length=40, required=False)
    orders = serializers.DictField(
        child=serializers.ListField(child=Word(max_length=40), max_length=40),
        required=False,
        help_text=f"For kinds of work ({', '.join(Group)}); an empty list: as for everything. Others stay as they are.",
    )
    fallback = Truth(required=False)

    def validate_orders(self, value: dict[str, list[str]]) -> dict[str, list[str]]:
        """Refuse kinds of work and names that there are not."""
        for group, named in value.items():
            if group not in set(Group):
                raise serializers.ValidationError(f"There is no kind of work {group[:40]!r}: {', '.join(Group)}.")
            self.validate_order(named)
        return value

    def validate_order(self, value: list[str]) -> list[str]:
        """Refuse names of nobody."""
        strange = [name for name in value if not keys.has_place(name)]
        if strange:
            raise serializers.ValidationError(f"There is no provider {strange[0]!r} that has a place in the order.")
        return value


class KeyIn(Body):
    """A key, as the provider gave it, and where it is for. What is left out of the last six is as if it were empty."""

    key = Text(
        max_length=MOST_KEY * 2,
        write_only=True,
        allow_blank=True,
        help_text="Empty only at `openai_compatible`: the key that there is for this address, or none.",
    )
    base_url = Text(
        max_length=endpoints.MOST_ADDRESS,
        required=False,
        allow_blank=True,
        help_text="An address of your own instead of the provider's; it must be public and https.",
    )
    text_model = Text(
        max_length=endpoints.MOST_NAME,
        required=False,
        allow_blank=True,
        help_text="At `openai_compatible`: the name of the model for words, as the endpoint calls it.",
    )
    input_price = Dollars(required=False, help_text="Of a million tokens read; 0 must be said.")
    output_price = Dollars(required=False, help_text="Of a million tokens written.")
    image_model = Text(
        max_length=endpoints.MOST_NAME, required=False, allow_blank=True, help_text="The same for pictures."
    )
    image_price = Dollars(required=False, help_text="Of a picture.")


class ResumeIn(Body):
    """Which of its accounts."""

    rehearsal = Truth(default=False, help_text="The simulated one.")
