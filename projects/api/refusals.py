"""How this room's refusals are told."""

from accounts.rest.errors import QUOTA_ERROR, RETRY, Refusal, refuse, tell
from projects.commenting import CommentError
from projects.deleting import NameDiffers
from projects.pacing import TooOften
from projects.review_links import LinkError


def tell_refusals() -> None:
    """Put them into the one form."""
    refuse(CommentError, 409, "not_possible")
    refuse(NameDiffers, 409, "name_differs")
    refuse(LinkError, 409, "not_possible")
    tell(TooOften, _too_often)


def _too_often(error: TooOften) -> Refusal:
    return Refusal(429, "too_often", str(error), QUOTA_ERROR, retry_after=error.wait, action=RETRY)
