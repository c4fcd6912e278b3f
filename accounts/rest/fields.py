"""How things are written in JSON, the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from accounts.rest.parsing import LARGEST
from accounts.rest.showing import Shown

MICROS = 1_000_000
LONGEST_TEXT = LARGEST // 4


class Body(serializers.Serializer[Any]):
    """What is sent. A name that it does not know is refused: a misspelt one would be lost without a word."""

    def to_internal_value(self, data: Any) -> Any:
        """Return what was said, checked."""
        self._refuse_unknown(data)
        self._refuse_long_lists(data)
        return super().to_internal_value(data)

    def _refuse_long_lists(self, data: Any) -> None:
        """Refuse lists that are too long unread: of a million mistakes in one, each would be looked at and told."""
        if not isinstance(data, Mapping):
            return
        complaints = {}
        for name, one in self.fields.items():
            said, most = data.get(name), getattr(one, "max_length", None)
            if isinstance(one, serializers.ListField) and isinstance(said, list) and most and len(said) > most:
                complaints[name] = [f"Ensure this field has no more than {most} elements."]
        if complaints:
            raise serializers.ValidationError(complaints)

    def _refuse_unknown(self, data: Any) -> None:
        if not isinstance(data, Mapping):
            return
        known = {name for name, one in self.fields.items() if not one.read_only}
        unknown = sorted(str(name)[:60] for name in data if name not in known)
        if unknown:
            may = f" It takes: {', '.join(sorted(known))}." if known else " It takes nothing."
            raise serializers.ValidationError({name: [f"There is no such field here.{may}"] for name in unknown[:20]})


class NoBody(Body):
    """Nothing is sent, or an empty object."""


class Query(Body):
    """What may stand behind the question mark; each name once."""

    def to_internal_value(self, data: Any) -> Any:
        """Return what was asked for, checked."""
        if hasattr(data, "lists"):
            twice = [name for name, values in data.lists() if len(values) > 1]
            if twice:
                raise serializers.ValidationError({name: ["Say this once."] for name in twice})
            data = data.dict()  # in which, unlike in a form, what is empty was said
        return super().to_internal_value(data)


class PageQuery(Query):
    """Which part of a long list."""

    limit = serializers.IntegerField(
        min_value=1, max_value=200, required=False, help_text="Rows of a page; 50 unless said."
    )
    cursor = serializers.CharField(max_length=4000, required=False, help_text="From “next” or “previous”, unchanged.")


class Text(serializers.CharField):
    """Text that may be empty and keeps its spaces and lines, at most a given number of characters."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", LONGEST_TEXT)
        options.setdefault("allow_blank", True)
        options.setdefault("trim_whitespace", False)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> str:
        """Return a text; a number or truth value is none."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Word(Text):
    """A name or line of text that says something; spaces around it are not part of it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_blank": False, "trim_whitespace": True, "max_length": 200, **options})

    def to_internal_value(self, data: Any) -> str:
        """Return it; signs that nobody sees say nothing."""
        text = super().to_internal_value(data)
        if text and not any(sign.isprintable() and not sign.isspace() for sign in text):
            self.fail("blank")
        return text


class WholeNumber(serializers.IntegerField):
    """A whole number between two bounds; a truth value or one with a point is none."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("min_value", 0)
        options.setdefault("max_value", 2_147_483_647)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> int:
        """Return it."""
        if isinstance(data, (bool, float)):
            self.fail("invalid")
        return super().to_internal_value(data)


class Truth(serializers.BooleanField):
    """``true`` or ``false``."""

    # What an address does not say is not said; a browser's form means “no” by it.
    default_empty_html: Any = serializers.empty

    def to_internal_value(self, data: Any) -> bool:
        """Return it; words and numbers are taken from addresses and forms alone."""
        if not isinstance(data, bool) and not (isinstance(data, str) and data in ("true", "false", "1", "0")):
            self.fail("invalid", input=data)
        return bool(super().to_internal_value(data))


class Dollars(serializers.Field[int, Any, str, int]):
    """An amount of money: in JSON US dollars as text with six digits after the point, here whole micro-units."""

    default_error_messages = {
        "amount": "Write dollars as text with at most six digits after the point: “12.50”.",
        "most": "That is more than a million dollars.",
    }

    def to_representation(self, value: int) -> str:
        """Return ``0.040000``."""
        sign, micros = ("-" if value < 0 else ""), abs(value)
        return f"{sign}{micros // MICROS}.{micros % MICROS:06d}"

    def to_internal_value(self, data: Any) -> int:
        """Return micro-units."""
        whole, _, part = data.partition(".") if isinstance(data, str) else ("", "", "")
        if not whole.isdecimal() or not whole.isascii() or len(whole) > 7 or len(part) > 6:
            self.fail("amount")
        if part and not (part.isdecimal() and part.isascii()):
            self.fail("amount")
        micros = int(whole) * MICROS + int(part.ljust(6, "0") or 0)
        if micros > 1_000_000 * MICROS:
            self.fail("most")
        return micros


class Person(Shown):
    """Somebody, as others in the team see them."""

    id = serializers.UUIDField()
    name = serializers.CharField(source="shown_name")


class Refusal(serializers.Serializer[Any]):
    """Why not, and what to do next."""

    error = serializers.CharField(help_text="A few words, the same for each status.")
    error_type = serializers.ChoiceField(choices=["connection_error", "api_error", "model_error", "quota_error"])
    error_code = serializers.CharField(help_text="For programs; does not change.")
    detail = serializers.CharField(help_text="A sentence for people: what is in the way and what to do.")
    fields = serializers.DictField(required=False, help_text="Per field of the body or address, what is wrong.")  # type: ignore[assignment]
    retry_after = serializers.IntegerField(required=False, help_text="Seconds until the same may go well.")
    fallback_available = serializers.BooleanField(help_text="Whether another provider could do it.")
    suggested_action = serializers.ChoiceField(choices=["retry", "use_fallback", "contact_support"], allow_null=True)
