"""How this room's refusals are told."""

from __future__ import annotations

from accounts.rest.errors import RETRY, Refusal, refuse, tell
from scenes.exporting import ExportError
from scenes.manuscript import TooLong
from scenes.models import Script
from scenes.screenplay.reading import ScriptError
from scenes.services.assets import AssetError
from scenes.services.changing import ShotError
from scenes.services.elements import ElementError
from scenes.services.film_cut import CutError
from scenes.services.reviewing import ReviewError
from scenes.services.scripts import ScriptChanged
from scenes.services.writing import CannotKeep, Conflict

# What forms call a field, and what bodies call it.
_FIELDS = {"seconds": "duration_ms", "split": "at_ms"}


def tell_refusals() -> None:
    """Put them into the one form."""
    refuse(ScriptChanged, 409, "script_changed", action=RETRY)
    refuse(ExportError, 409, "not_possible")
    refuse(CannotKeep, 409, "not_possible")
    refuse(TooLong, 413, "too_large")
    refuse(AssetError, 409, "not_possible")
    refuse(CutError, 409, "not_possible")
    refuse(ReviewError, 409, "not_possible")
    tell(Script.DoesNotExist, lambda error: Refusal(404, "not_found", "There is no such version."))
    tell(ScriptError, _script)
    tell(Conflict, _conflict)
    tell(ShotError, _of_a_field)
    tell(ElementError, _of_a_field)


def _script(error: ScriptError) -> Refusal:
    if error.code == "too_large":
        return Refusal(413, error.code, error.message)
    return Refusal(400, error.code, error.message)


def _conflict(error: Conflict) -> Refusal:
    pieces = {"pieces": error.pieces, "latest_version": error.latest_version}
    return Refusal(409, "script_conflict", str(error), fields=pieces)


def _of_a_field(error: ShotError | ElementError) -> Refusal:
    """One field that cannot be so is the sender's to put right; anything else is how things stand."""
    if not error.field:
        return Refusal(409, "not_possible", str(error))
    return Refusal(400, "invalid", str(error), fields={_FIELDS.get(error.field, error.field): [str(error)]})
