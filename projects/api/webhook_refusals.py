"""How refusals about webhooks are told."""

from accounts.rest.errors import Refusal, refuse, tell
from projects.outgoing.endpoints import NotPossible, Unusable


def tell_refusals() -> None:
    """Put them into the one form."""
    refuse(NotPossible, 409, "not_possible")
    tell(Unusable, _unusable)


def _unusable(error: Unusable) -> Refusal:
    return Refusal(400, "invalid", f"{error.field}: {error}", fields={error.field: [str(error)]})
