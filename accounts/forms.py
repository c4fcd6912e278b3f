"""The sign-up form's own fields; allauth adds e-mail and password."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest

from accounts.models import User
from accounts.services import create_team


class TeamSignupForm(forms.Form):
    """Asks for a name and a team, and makes the team with its new owner."""

    name = forms.CharField(max_length=120, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"}))
    team = forms.CharField(
        max_length=120,
        label="Team or production company",
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )

    field_order = ("name", "team", "email", "password1")

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the person is saved."""
        user.name = self.cleaned_data["name"].strip()
        user.save(update_fields=["name"])
        create_team(name=self.cleaned_data["team"], owner=user)
