"""What members say about a review link."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone

from scenes.services.guest_items import Choice

EXPIRIES = (("1", "1 day"), ("7", "7 days"), ("14", "14 days"), ("30", "30 days"), ("90", "90 days"), ("0", "Never"))


class IdsField(forms.CharField):
    """Ids with spaces or commas between them."""

    def to_python(self, value: Any) -> Any:
        """Return the ids in order."""
        try:
            return tuple(UUID(one) for one in str(value or "").replace(",", " ").split())
        except ValueError:
            raise forms.ValidationError("Choose again: this is no list of shots.") from None


class ExpiryForm(forms.Form):
    """How long a link opens, counted from now."""

    days = forms.ChoiceField(choices=EXPIRIES, initial="7", label="It opens for")

    @property
    def expires_at(self) -> datetime | None:
        """When it closes; None never."""
        days = int(self.cleaned_data["days"])
        return timezone.now() + timedelta(days=days) if days else None


class ShareForm(ExpiryForm):
    """A new link."""

    name = forms.CharField(
        max_length=120, required=False, label="Title", help_text="What guests read above the picture."
    )
    render = forms.UUIDField(required=False)  # type: ignore[assignment] # not the form's own way to draw itself
    takes = IdsField(required=False)
    shots = IdsField(required=False)
    password = forms.CharField(max_length=128, required=False, strip=False)
    may_comment = forms.BooleanField(required=False, initial=True)
    may_approve = forms.BooleanField(required=False)
    watermark = forms.BooleanField(required=False, initial=True)

    field_order = ("name",)

    @property
    def choice(self) -> Choice:
        """What was chosen to be shown, once the form is valid."""
        given = self.cleaned_data
        return Choice(render_id=given["render"], take_ids=given["takes"], shot_ids=given["shots"])
