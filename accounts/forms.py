"""Forms about people and teams; allauth adds e-mail and password to the one for signing up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.http import HttpRequest

from accounts.models import ApiToken, Role, Team, User
from accounts.services import create_team

_NAME = {"autocomplete": "name"}


class TeamSignupForm(forms.Form):
    """Asks for a name and a team, and makes the team with its new owner."""

    name = forms.CharField(max_length=120, label="Your name", widget=forms.TextInput(attrs=_NAME))
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


class NewcomerForm(forms.Form):
    """Somebody who was invited and has no account: the address is the invitation's."""

    name = forms.CharField(max_length=120, label="Your name", widget=forms.TextInput(attrs=_NAME))
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=password_validators_help_text_html(),
    )

    def __init__(self, *args: Any, email: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self._email = email

    def clean(self) -> dict[str, Any]:
        """Hold the password against the name and address, too."""
        cleaned = super().clean() or {}
        if "password" in cleaned:
            try:
                validate_password(cleaned["password"], User(email=self._email, name=cleaned.get("name", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        max_length=254,
        label="Email address",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "name@example.com"}),
    )
    role = forms.ChoiceField(label="Role", choices=Role.choices)


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]
    """A team's name."""

    class Meta:
        model = Team
        fields = ("name",)
        labels = {"name": "Team or production company"}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "organization"})}


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """How colleagues see a person."""

    class Meta:
        model = User
        fields = ("name",)
        labels = {"name": "Your name"}
        help_texts = {"name": "Colleagues see it. Without one they see what stands before the @ of your address."}
        widgets = {"name": forms.TextInput(attrs=_NAME)}


class TokenForm(forms.Form):
    """What a token is for, what it may do, and for how long."""

    name = forms.CharField(
        max_length=80,
        label="What it is for",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Nightly render"}),
    )
    scopes = forms.MultipleChoiceField(
        choices=ApiToken.Scope.choices,
        error_messages={"required": "Choose at least one thing that the token may do."},
    )
    days = forms.TypedChoiceField(
        label="It holds for",
        choices=[("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "until it is revoked")],
        coerce=int,
        empty_value=None,
        required=False,
    )
