"""What people say about money and models."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from django import forms

from generation.choosing.preferences import REFUSED
from generation.deciding import MOST_ID, Decision
from generation.money.budgets import MOST_CAP
from generation.money.wording import typed

_AMOUNT = re.compile(r"\d{1,12}(\.\d{0,6})?|\.\d{1,6}", re.ASCII)
_NEGATIVE = re.compile(r"[-\u2212]\s*\$?[\d.]+", re.ASCII)
_TOO_FINE = re.compile(r"\d*\.\d{7,}", re.ASCII)


class DollarField(forms.CharField):
    """An amount in dollars as people type it, exact: micro-units, or None for an empty field.

    A comma is not taken: it is a thousand's mark to some and the decimal point to others.
    """

    default_error_messages = {
        "comma": "Write the amount with a point and without commas: 12.50 or 1250.",
        "negative": "An amount cannot be less than nothing. Leave the field empty for no limit.",
        "fine": "An amount has at most six digits after the point.",
        "amount": "Write the amount in dollars with figures: 12.50 or 1250.",
        "most": "That is more than a million dollars. Write less, or leave the field empty for no limit.",
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("max_length", 40)
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        """Return micro-units as people write them; what was typed stays as it was typed."""
        return typed(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        """Return micro-units, or None.

        Raises:
            ValidationError: it is no amount of money.
        """
        text = super().clean(value).strip().removeprefix("$").strip()
        if not text:
            return None
        if "," in text:
            raise self._refusal("comma")
        if _NEGATIVE.fullmatch(text):
            raise self._refusal("negative")
        if _TOO_FINE.fullmatch(text):
            raise self._refusal("fine")
        if not _AMOUNT.fullmatch(text):
            raise self._refusal("amount")
        micros = int(Decimal(text) * 1_000_000)
        if micros > MOST_CAP:
            raise self._refusal("most")
        return micros

    def _refusal(self, code: str) -> forms.ValidationError:
        return forms.ValidationError(self.error_messages[code], code=code)


class BudgetForm(forms.Form):
    """What somebody or something may spend in a month."""

    cap = DollarField(label="Monthly budget in dollars")


class DecisionForm(forms.Form):
    """A person's word on an order of which nobody knows whether it was accepted; ``alike`` says on how many others."""

    decision = forms.ChoiceField(
        choices=[(one.value, one.value) for one in Decision],
        error_messages={
            "required": "Choose what you have found out. Nothing is chosen for you.",
            "invalid_choice": "Choose one of those that are offered.",
        },
    )
    task_id = forms.CharField(required=False, max_length=MOST_ID)
    cost = DollarField()
    alike = forms.IntegerField(required=False)

    def __init__(self, *given: Any, others: int = 0, **more: Any) -> None:
        """Take how many others there are that could be decided about alike."""
        super().__init__(*given, **more)
        self.others = others

    def clean_alike(self) -> int | None:
        """Return for how many others it counts: for those that the person saw, or for none."""
        alike: int | None = self.cleaned_data["alike"]
        if alike and alike != self.others:
            raise forms.ValidationError(f"There are {self.others} others by now. Look again, and decide.")
        return alike

    def clean(self) -> dict[str, Any]:
        """Look at the fields together: a found task has an id."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("decision") == Decision.FOUND and "task_id" in given and not given["task_id"]:
            self.add_error("task_id", "Enter the provider’s id of the task; its dashboard shows it.")
        if given.get("decision") == Decision.FOUND and given.get("alike"):
            self.add_error("alike", "Each task has an id of its own, so decide about the others one by one.")
        return given


class PreferencesForm(forms.Form):
    """What a project's stills, clips and voices are made with, whether that is rehearsed, and from when on it needs
    a producer's yes. An empty model is the built-in one."""

    still_model = forms.ChoiceField(required=False)
    clip_model = forms.ChoiceField(required=False)
    voice_model = forms.ChoiceField(required=False)
    text_model = forms.ChoiceField(required=False)
    rehearsal = forms.BooleanField(required=False)
    approval_limit = DollarField(label="Needs a producer’s yes above")

    def __init__(self, *given: Any, models: Mapping[str, Collection[str]], **more: Any) -> None:
        """Take the names of the models that may be chosen, by field."""
        super().__init__(*given, **more)
        for name, allowed in models.items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", ""), *((one, one) for one in allowed)]
                field.error_messages["invalid_choice"] = REFUSED
