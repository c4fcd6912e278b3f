"""One person's machine: everything works with no variable set and nothing installed beside it."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path

from config.env import env, flag, sealing_keys
from config.settings.base import *  # noqa: F403
from config.settings.base import DATA_DIR, FIELD_ENCRYPTION_KEYS

DEBUG = flag("DEBUG", False)


def _kept(name: str, make: Callable[[], str]) -> str:
    """Make a secret on the first start and keep it, so that logins and sealed keys survive restarts."""
    path = DATA_DIR / name
    if not path.exists():
        # The database with its sessions lies here, too, and other people of the machine have no business in it.
        DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, fresh = tempfile.mkstemp(dir=DATA_DIR)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
        # Linked, so that of two that start at once one wins and nobody reads half a secret.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        Path(fresh).unlink()
    return path.read_text().strip()


SECRET_KEY = env.str("SECRET_KEY", default="") or _kept("secret.key", lambda: secrets.token_urlsafe(50))
FIELD_ENCRYPTION_KEYS = FIELD_ENCRYPTION_KEYS or sealing_keys(
    _kept("sealing.key", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# Passkeys work on http://localhost, too.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
# Static files are served from the source folders: no collectstatic before the first page.
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = True
