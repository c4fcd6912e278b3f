"""How this room's refusals are told."""

from accounts.invitations import HasAccount, NotOpen, OtherAddress
from accounts.rest.errors import Refusal, refuse, tell
from accounts.services import NotPossible

_NOT_OPEN = "This invitation is used, taken back or too old, or there never was one. Ask for a new one."
_OTHER = "This invitation was made for another address than yours. Log in with the account that has that address."
_HAS_ACCOUNT = "There is an account with this address. Log in with it, then take the place."


def tell_refusals() -> None:
    """Put them into the one form."""
    refuse(NotPossible, 409, "not_possible")
    tell(NotOpen, lambda error: Refusal(409, "not_open", _NOT_OPEN))
    tell(OtherAddress, lambda error: Refusal(409, "other_address", _OTHER))
    tell(HasAccount, lambda error: Refusal(409, "has_account", _HAS_ACCOUNT))
