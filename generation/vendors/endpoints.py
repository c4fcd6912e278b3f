"""Addresses of a team's own for a provider, and what it says of the models there, as people give them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from generation.vendors import own_models

MOST_ADDRESS, MOST_NAME = 300, 120
# By their names in forms: the model in the catalogue, and the price there.
PRICES = {
    "input_price": (own_models.TEXT, "input", "a million tokens read"),
    "output_price": (own_models.TEXT, "output", "a million tokens written"),
    "image_price": (own_models.IMAGE, "image", "a picture"),
}
NAMES = {"text_model": own_models.TEXT, "image_model": own_models.IMAGE}


class BadKey(Exception):
    """What was entered is not stored; the message says why and what to do. What was there before still holds."""


def checked_address(provider: str, base_url: str) -> str:
    """Return an address in one spelling; empty for the provider's own.

    Args:
        provider: whose.
        base_url: as it was typed.

    Raises:
        BadKey: it is none, or may not be reached from here.
    """
    address = base_url.strip().rstrip("/")
    if not address:
        if provider == own_models.PROVIDER:
            raise BadKey("Enter the address of the endpoint; it mostly ends in /v1.")
        return ""
    if len(address) > MOST_ADDRESS:
        raise BadKey(f"That address is longer than {MOST_ADDRESS} characters.")
    http = import_module("generation.providers.http")
    try:
        parts = urlsplit(address)
        if parts.query or parts.fragment or not address.isascii() or not address.isprintable():
            raise BadKey("An address has no “?”, no “#” and no spaces. Copy it again, up to its path.")
        http.public_address(address, fetch_origins=settings.PROVIDER_ALLOWED_ORIGINS)
    except (http.NotPublic, ValueError) as error:
        raise BadKey(
            f"{error} A server of your own in this house can be used when the administrator has allowed it in "
            "PROVIDER_ALLOWED_ORIGINS."
        ) from None
    return address


def models_of(said: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what is said of models, as an account keeps it.

    Args:
        said: the names ``text_model`` and ``image_model``, and ``input_price``, ``output_price`` and ``image_price`` in
            micro-units, None where nothing was said. That something costs nothing must be said.

    Raises:
        BadKey: a model has a name and no price, or none has a name.
    """
    found: dict[str, dict[str, Any]] = {}
    for field, model in NAMES.items():
        name = (said.get(field) or "").strip()
        if len(name) > MOST_NAME or not name.isprintable():
            raise BadKey(f"The name of a model has at most {MOST_NAME} characters, in one line.")
        found[model] = {"name": name}
    for field, (model, key, words) in PRICES.items():
        amount = said.get(field)
        if amount is None and found[model]["name"]:
            raise BadKey(
                f"Say what {words} costs with “{found[model]['name']}”, in dollars. Write 0 where it costs nothing."
            )
        found[model][key] = amount
    if not any(one["name"] for one in found.values()):
        raise BadKey("Name a model for words, or one for pictures, as the endpoint calls it.")
    return found


def said_of(own: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what an account keeps of its models by the names of the form, prices in micro-units or None.

    Args:
        own: as ``models_of`` gave it.
    """
    names = {field: own.get(model, {}).get("name", "") for field, model in NAMES.items()}
    return names | {field: own.get(model, {}).get(key) for field, (model, key, _) in PRICES.items()}
