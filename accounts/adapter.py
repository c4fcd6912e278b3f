"""How allauth meets our user model."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up by e-mail address, with no user name to invent."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Anybody may make an account and a team of their own; other teams stay invisible to them."""
        return True

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """There is no user name to fill in."""
