"""How refusals about webhooks are told."""

from accounts.rest.errors import QUOTA_ERROR, RETRY, Refusal, refuse, tell
from projects.outgoing.endpoints import NotPossible, Unusable
from projects.outgoing.log import TooOften


def tell_refusals() -> None:
    """Put them into the one form."""
    refuse(NotPossible, 409, "not_possible")
    tell(Unusable, _unusable)
    tell(TooOften, _too_often)


def _unusable(error: Unusable) -> Refusal:
    return Refusal(400, "invalid", f"{error.field}: {error}", fields={error.field: [str(error)]})


def _too_often(error: TooOften) -> Refusal:
    return Refusal(429, "too_often", str(error), QUOTA_ERROR, retry_after=error.wait, action=RETRY)
