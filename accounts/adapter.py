"""How allauth meets our user model."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from accounts import doors, links
from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up by e-mail address, with no user name to invent."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "The email address or the password is not correct. You can try again.",
        "too_many_login_attempts": "Too many failed login attempts. Try again in five minutes, or reset the password.",
        "incorrect_password": "That is not your password. Try again.",
        "rate_limited": "That was too often. Try again in five minutes.",
        "email_taken": "There is an account with this address already. Log in with it, or reset its password.",
        "same_as_current": "That is the address you have already.",
    }

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

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Have every link in a mail lead to the product's own address, whatever host was asked for."""
        led = {
            name: links.absolute(self.request, value)
            for name, value in context.items()
            if name.endswith("_url") and isinstance(value, str)
        }
        super().send_mail(template_prefix, email, {**context, **led})

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """There is no user name to fill in."""

    def logout(self, request: HttpRequest) -> None:
        """Log out, and close what other windows of this browser have open."""
        person = request.user
        super().logout(request)
        if isinstance(person, User):
            doors.changed(person.pk)
