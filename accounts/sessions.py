"""Where a person is logged in, and ending that elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.http import Http404

from accounts import doors
from accounts.models import User


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    """Ends sessions together with the sockets that were opened in them."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """End some of a person's sessions."""
        ended = list(sessions)
        super().end_sessions(ended)
        for user_id in {session.user_id for session in ended}:
            doors.changed(user_id)


@transaction.atomic
def end(*, user: User, session_id: int, current_key: str) -> None:
    """End one of a person's other sessions.

    Args:
        user: whose.
        session_id: which.
        current_key: the session that asks; it is ended by logging out.

    Raises:
        Http404: they have no such other session.
    """
    session = UserSession.objects.filter(user=user, pk=session_id).exclude(session_key=current_key).first()
    if session is None:
        raise Http404("No such session.")
    SessionsAdapter().end_sessions([session])
