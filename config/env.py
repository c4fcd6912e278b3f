"""Reading the environment: a typo or a missing value stops the start and says what to set."""

from __future__ import annotations

import base64
import binascii
import os
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(str(ROOT / ".env"), overwrite=False)


def required(name: str, why: str) -> str:
    """Return a setting that has no safe default.

    Args:
        name: the variable's name.
        why: what it is for, shown when it is missing.

    Raises:
        ImproperlyConfigured: it is missing or empty.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"Set {name}: {why} See .env.example.")
    return value


def number(name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number, or stop the start when it is not one or is too small."""
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {raw!r}.") from error
    if value < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {value}.")
    return value


def micros(name: str) -> int | None:
    """Return an amount in dollars as micro-units; None where it is not set.

    Args:
        name: of the variable, which holds dollars such as ``0.15``.

    Raises:
        ImproperlyConfigured: it is no amount, or less than nothing.
    """
    raw = os.environ.get(name, "").strip()
    if not raw:
        return None
    try:
        amount = Decimal(raw) * 1_000_000
    except InvalidOperation as error:
        raise ImproperlyConfigured(f"{name} must be dollars such as 0.15, not {raw!r}.") from error
    if not amount.is_finite() or not 0 <= amount <= 1_000_000 * 1_000_000:
        raise ImproperlyConfigured(f"{name} must be from 0 to a million dollars, not {raw}.")
    return int(amount.to_integral_value(ROUND_CEILING))


def flag(name: str, default: bool) -> bool:
    """Return a yes/no setting, or stop the start when it is neither."""
    raw = os.environ.get(name, "").strip().lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {raw!r}.")


def sealing_keys(raw: str) -> list[str]:
    """Return the keys that seal what is secret in the database, or stop the start when one is none.

    Args:
        raw: keys by commas, newest first; each is 32 random bytes in URL-safe base64, 44 characters.
    """
    keys = [key.strip() for key in raw.split(",") if key.strip()]
    for number_of_key, key in enumerate(keys, 1):
        try:
            length = len(base64.b64decode(key.encode(), altchars=b"-_", validate=True))
        except (ValueError, binascii.Error):
            length = 0
        if length != 32:
            # The key itself is not named: this text ends up in logs.
            raise ImproperlyConfigured(
                f"FIELD_ENCRYPTION_KEYS: key {number_of_key} of {len(keys)} is not 32 bytes in URL-safe base64. "
                "Make one with: openssl rand -base64 32 | tr '+/' '-_'"
            )
    return keys


def database(url: str, *, test_name: str = "") -> dict[str, Any]:
    """Return Django's settings for one database address.

    SQLite is opened so that many threads can write (WAL, immediate transactions, a patient lock) and
    so that a committed job survives a power cut (``synchronous=FULL``). PostgreSQL gets a pool.

    Args:
        url: ``sqlite:///path`` or ``postgres://user:password@host:port/name``.
        test_name: file or name for the test database.
    """
    try:
        settings: dict[str, Any] = dict(env.db_url_config(url))
    except Exception as error:
        raise ImproperlyConfigured(f"DATABASE_URL is not a database address: {error}") from error
    engine = str(settings.get("ENGINE", ""))
    if engine.endswith("sqlite3"):
        settings["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;",
        }
    elif engine.endswith("postgresql"):
        settings["OPTIONS"] = {
            "pool": {"min_size": 1, "max_size": number("DATABASE_POOL_SIZE", 24, least=2), "timeout": 20}
        }
        settings["CONN_MAX_AGE"] = 0
    else:
        raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:/// or postgres://.")
    if test_name:
        settings["TEST"] = {"NAME": test_name}
    return settings
