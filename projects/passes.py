"""By what somebody came to watch a project, so that it can be asked again for as long as they do."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from accounts.models import ApiToken, User

_sessions = import_module(settings.SESSION_ENGINE)


@dataclass(frozen=True, slots=True)
class Pass:
    """A browser's session or a program's token; neither is nobody.

    Attributes:
        session: the key of the session.
        token: the id of the token.
    """

    session: str = ""
    token: str = ""

    def person(self) -> User | None:
        """Return who it lets in by now: a logout, a new password, a revoked or expired token show here."""
        if self.token:
            return self._of_token()
        request = HttpRequest()
        request.session = _sessions.SessionStore(self.session or None)
        person: Any = get_user(request)
        return person if isinstance(person, User) else None

    def _of_token(self) -> User | None:
        token = ApiToken.objects.living().filter(pk=self.token).select_related("user").first()
        if token is None or not token.user.is_active or not token.allows(ApiToken.Scope.READ):
            return None
        token.user.only_team = token.team_id
        return token.user
