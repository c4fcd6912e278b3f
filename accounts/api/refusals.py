"""How this room's refusals are told."""

from accounts.invitations import HasAccount, NotOpen, OtherAddress
from accounts.rest.errors import refuse
from accounts.services import NotPossible


def tell_refusals() -> None:
    """Put them into the one form."""
    refuse(NotPossible, 409, "not_possible")
    refuse(NotOpen, 409, "not_open")
    refuse(OtherAddress, 403, "other_address")
    refuse(HasAccount, 409, "has_account")
