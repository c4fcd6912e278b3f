"""One person's machine: everything works with no variable set and nothing installed beside it."""

from __future__ import annotations

import os
import secrets

from config.env import env, flag
from config.settings.base import *  # noqa: F403
from config.settings.base import DATA_DIR

DEBUG = flag("DEBUG", False)


def _own_secret_key() -> str:
    """Make a key on the first start and keep it, so that logins survive restarts."""
    path = DATA_DIR / "secret.key"
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        # The database with its sessions lies here, too, and other people of the machine have no business in it.
        DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = secrets.token_urlsafe(50)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(key)
        return key


SECRET_KEY = env.str("SECRET_KEY", default="") or _own_secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
# Static files are served from the source folders: no collectstatic before the first page.
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = True
