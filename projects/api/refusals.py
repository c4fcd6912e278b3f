"""How this room's refusals are told."""

from accounts.rest.errors import refuse
from projects.commenting import CommentError
from projects.deleting import NameDiffers
from projects.review_links import LinkError


def tell_refusals() -> None:
    """Put them into the one form."""
    refuse(CommentError, 409, "not_possible")
    refuse(NameDiffers, 409, "name_differs")
    refuse(LinkError, 409, "not_possible")
