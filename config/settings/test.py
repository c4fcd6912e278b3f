"""Tests: the same code on SQLite in one process, or on PostgreSQL and Redis when the environment names them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# Set before base is read, so that no test ever touches a person's own data folder.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
_scratch = Path(tempfile.gettempdir()) / f"rushes-tests-{os.getuid()}-{os.getppid()}-{_worker}"
_scratch.mkdir(parents=True, exist_ok=True)
os.environ["DATA_DIR"] = str(_scratch)
# By process, because workers that run tests side by side must not share a queue.
os.environ["REDIS_PREFIX"] = f"rushes-test-{os.getpid()}"

from config.env import database, env  # noqa: E402
from config.settings.base import *  # noqa: E402, F403
from config.settings.base import DATA_DIR, ENGINE, PROVIDERS, QUEUE_NAMESPACE, REDIS_URL  # noqa: E402

SECRET_KEY = "only-for-tests-" + "x" * 40
FIELD_ENCRYPTION_KEYS = ["b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtLS0="]
# Whatever a person's own .env names, no test reaches a real provider.
PROVIDERS = {name: {"key": "", "url": ""} for name in PROVIDERS}
ALLOWED_HOSTS = ["*"]
_url = env.str("DATABASE_URL", default="")
# A file, because threads of a live server do not get on with SQLite in memory.
DATABASES = {
    "default": database(_url)
    if _url.startswith("postgres")
    else database(f"sqlite:///{DATA_DIR / 'test.sqlite3'}", test_name=str(DATA_DIR / "test.sqlite3"))
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ACCOUNT_RATE_LIMITS = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
ENGINE = {**ENGINE, "SWEEP_SECONDS": 1}
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = True

if REDIS_URL:
    # Several processes test on one Redis; see REDIS_PREFIX above.
    CACHES = {
        "default": {
            "BACKEND": "tests.own_cache.OwnRedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": QUEUE_NAMESPACE,
        }
    }
