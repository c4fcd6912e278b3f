"""How allauth meets our user model."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up by e-mail address, with no user name to invent."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Anybody may make an account and a team of their own; other teams stay invisible to them."""
        return True

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **more: Any
    ) -> None:
        """Say nothing of mail that nobody receives: without a mail server it goes to the terminal only."""
        unsent = settings.EMAIL_BACKEND.endswith("console.EmailBackend")
        if not (unsent and message_template == "account/messages/email_confirmation_sent.txt"):
            super().add_message(request, level, message_template, *args, **more)

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """There is no user name to fill in."""
