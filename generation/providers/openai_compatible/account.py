"""The connection test: which models there are, and whether those that are set are among them."""

from __future__ import annotations

from collections.abc import Mapping

from generation.providers import http
from generation.providers.base import AccountStatus
from generation.providers.errors import PollFailed
from generation.providers.keyed import told

from . import refusals
from .wire import Endpoint

ASK_SECONDS = 20.0
_MOST_NAMED, _MOST_NAME = 12, 120


def account_status(endpoint: Endpoint) -> AccountStatus:
    """Ask for the models.

    Raises:
        KeyRefused, PollFailed: also where a model is set that the endpoint does not list.
    """
    own = endpoint.context.own_address
    try:
        answer = http.call(
            "GET",
            endpoint.url("/models"),
            headers=endpoint.headers,
            deadline=ASK_SECONDS,
            check=endpoint.context.check,
        )
    except (http.NotSent, http.AnswerLost) as error:
        raise PollFailed(
            f"{endpoint.label} did not answer at {endpoint.url('')}. Check the address, and whether it runs."
            if own
            else f"{endpoint.label} did not answer. The administrator can see whether it runs.",
            code="unreachable",
            internal=endpoint.without_key(str(error)),
        ) from None
    if answer.status != 200:
        raise refusals.unanswered(answer, endpoint)
    listed = told(answer).get("data")
    models = listed if isinstance(listed, list) else []
    names = [str(one["id"])[:_MOST_NAME] for one in models if isinstance(one, Mapping) and one.get("id")]
    wanted = [own["name"] for own in endpoint.context.own_models.values() if own["name"]]
    missing = [name for name in wanted if names and not _among(name, names)]
    if missing:
        there = f"There are: {', '.join(names[:_MOST_NAMED])}." if own else "The administrator can set another."
        raise PollFailed(
            f"It answers, but has no model “{missing[0]}”. {there}",
            code="no_such_model",
        )
    return AccountStatus(api_version="v1")


def _among(name: str, names: list[str]) -> bool:
    """Return whether a model is there; Ollama also answers to a name without its tag."""
    return name in names or f"{name}:latest" in names
