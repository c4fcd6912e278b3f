"""Telling those who hold doors open that a person may have lost their way in.

Open connections live in rooms that this one does not know: they say here whom to call. A call carries a person and
nothing else; whoever is called asks the door again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from allauth.account.signals import password_changed, password_reset, password_set
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest

from accounts.models import ApiToken, Membership, User

Listener = Callable[[UUID], None]
_listeners: list[Listener] = []


def register(listener: Listener) -> None:
    """Have a function called with a person's id after each change of what they may enter; it must not wait."""
    if listener not in _listeners:
        _listeners.append(listener)


def changed(user_id: UUID) -> None:
    """Tell everybody who registered, once the current transaction is there to stay."""
    for listener in _listeners:
        transaction.on_commit(lambda call=listener: call(user_id), robust=True)  # type: ignore[misc]


def _person(sender: Any, instance: User, created: bool, update_fields: frozenset[str] | None, **more: Any) -> None:
    if not created and (update_fields is None or "is_active" in update_fields):
        changed(instance.pk)


def _member(sender: Any, instance: Membership, **more: Any) -> None:
    changed(instance.user_id)


def _token(sender: Any, instance: ApiToken, created: bool = False, **more: Any) -> None:
    if not created:
        changed(instance.user_id)


def _password(sender: Any, request: HttpRequest, user: User, **more: Any) -> None:
    # The session that goes on must be known by its new key before anybody asks about it.
    request.session.save()
    changed(user.pk)


def watch() -> None:
    """Begin to notice who was removed or made something else, in the admin, too, whose password or token changed."""
    post_save.connect(_person, sender=User, dispatch_uid="doors.person")
    for kept in (post_save, post_delete):
        kept.connect(_member, sender=Membership, dispatch_uid="doors.member")
        kept.connect(_token, sender=ApiToken, dispatch_uid="doors.token")
    for signal in (password_changed, password_reset, password_set):
        signal.connect(_password, dispatch_uid="doors.password")
