"""How this room's refusals are told."""

from __future__ import annotations

from accounts.rest.errors import CONTACT_SUPPORT, MODEL_ERROR, QUOTA_ERROR, Refusal, refuse, tell
from accounts.rest.fields import Dollars
from generation.catalogue import ImpossibleRequest
from generation.media.gate import MediaRefused
from generation.money.approvals import AlreadyDecided
from generation.money.budgets import ImpossibleBudget
from generation.money.counters import BudgetExceeded
from generation.services import KeyReused, NothingToDo
from generation.vendors.endpoints import BadKey
from generation.vendors.keys import NotConfigured
from generation.writing.applying import CannotApply
from generation.writing.shapes import NotInForm

# What the catalogue calls a part of an order, where bodies call it otherwise.
_NAMES = {"duration": "duration_ms"}
# Of files that come in: what is neither is the file itself, 422.
_MEDIA = {"too_large": 413, "too_many": 409, "not_arrived": 409, "parts_missing": 409, "not_here": 409}


def tell_refusals() -> None:
    """Put them into the one form."""
    tell(ImpossibleRequest, _impossible)
    tell(NotConfigured, lambda error: Refusal(409, "no_key", str(error), QUOTA_ERROR, action=CONTACT_SUPPORT))
    tell(BudgetExceeded, _over_budget)
    refuse(NothingToDo, 409, "nothing_to_do")
    refuse(CannotApply, 409, "not_possible")
    tell(NotInForm, lambda error: Refusal(400, "invalid", f"The outline cannot be so: {error}."))
    refuse(KeyReused, 422, "idempotency_key_reused")
    refuse(AlreadyDecided, 409, "already_decided")
    tell(ImpossibleBudget, lambda error: Refusal(400, "invalid", str(error), fields={"cap_usd": [str(error)]}))
    tell(MediaRefused, _media)
    tell(BadKey, lambda error: Refusal(400, "invalid", str(error), fields={"key": [str(error)]}))


def _media(error: MediaRefused) -> Refusal:
    """What the gate turns away cannot be taken; what has not come can be sent again."""
    return Refusal(_MEDIA.get(error.code, 422), error.code, error.public)


def _impossible(error: ImpossibleRequest) -> Refusal:
    """A part of the request that no model takes is the sender's to change; the rest is how things stand."""
    if not error.field:
        return Refusal(409, "not_possible", str(error), MODEL_ERROR)
    name = _NAMES.get(error.field, error.field)
    return Refusal(400, "invalid", str(error), MODEL_ERROR, fields={name: [str(error)]})


def _over_budget(error: BudgetExceeded) -> Refusal:
    shown = Dollars()
    amounts = {"left_usd": error.left, "missing_usd": error.missing, "cap_usd": error.cap}
    budget = {"scope": str(error.scope)} | {name: shown.to_representation(value) for name, value in amounts.items()}
    return Refusal(402, "budget_exceeded", str(error), QUOTA_ERROR, fields={"budget": budget}, action=CONTACT_SUPPORT)
