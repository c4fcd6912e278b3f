"""Many shots at once: status, person, day, in the film or out of it; and taking back what was just done."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.operations import Example, operation
from projects.models import Event
from scenes.api.base import FootageResource
from scenes.api.shown_shots import ShotsAssignIn, ShotsChanged, ShotsDueIn, ShotsIn, ShotsStatusIn, UndoIn, Undone
from scenes.services import shot_order, statuses
from scenes.services.taking_back import take_back

_ID = "0191f2a0-1111-4222-8333-444455556666"


def _told(event: Event | None) -> dict[str, Any]:
    return {"changed": event.payload["shotIds"] if event else [], "event": event.number if event else None}


class ShotsStatus(FootageResource):
    """How far the work is."""

    tag = "shots"

    @operation(
        answer=ShotsChanged,
        body=ShotsStatusIn,
        needs=Right.REVIEW,
        examples=[Example("Approved", {"project": _ID, "shots": [_ID], "status": "approved"})],
    )
    def post(self, request: Request) -> Response:
        """Say how far the work on some shots is, all of them or none.

        Reviewers say review, changes and approved; the rest is for those who make the film.
        """
        opened = self.open(self.sent["project"])
        ids = self.shots_named(opened, self.sent["shots"])
        return self.answer(_told(statuses.set_status(opened=opened, shot_ids=ids, status=self.sent["status"])))


class ShotsAssign(FootageResource):
    """Whose they are."""

    tag = "shots"

    @operation(
        answer=ShotsChanged,
        body=ShotsAssignIn,
        needs=Right.CREATE,
        examples=[Example("Nobody's", {"project": _ID, "shots": [_ID], "person": None})],
    )
    def post(self, request: Request) -> Response:
        """Give some shots to a member of the team, who hears of it once; all of them or none."""
        opened = self.open(self.sent["project"])
        ids = self.shots_named(opened, self.sent["shots"])
        return self.answer(_told(statuses.assign(opened=opened, shot_ids=ids, person=self.sent["person"])))


class ShotsDue(FootageResource):
    """Until when they are wanted."""

    tag = "shots"

    @operation(
        answer=ShotsChanged,
        body=ShotsDueIn,
        needs=Right.CREATE,
        examples=[Example("A day", {"project": _ID, "shots": [_ID], "due_on": "2027-03-31"})],
    )
    def post(self, request: Request) -> Response:
        """Say until when some shots are wanted; all of them or none."""
        opened = self.open(self.sent["project"])
        ids = self.shots_named(opened, self.sent["shots"])
        return self.answer(_told(statuses.set_due(opened=opened, shot_ids=ids, due_on=self.sent["due_on"])))


class ShotsOmit(FootageResource):
    """Leaving shots out."""

    tag = "shots"

    @operation(
        answer=ShotsChanged,
        body=ShotsIn,
        needs=Right.CREATE,
        examples=[Example("One shot", {"project": _ID, "shots": [_ID]})],
    )
    def post(self, request: Request) -> Response:
        """Leave some shots out of the film; their takes and letters are kept."""
        opened = self.open(self.sent["project"])
        ids = self.shots_named(opened, self.sent["shots"])
        return self.answer(_told(shot_order.omit_shots(opened=opened, shot_ids=ids)))


class ShotsRestore(FootageResource):
    """Taking shots back."""

    tag = "shots"

    @operation(
        answer=ShotsChanged,
        body=ShotsIn,
        needs=Right.CREATE,
        examples=[Example("One shot", {"project": _ID, "shots": [_ID]})],
    )
    def post(self, request: Request) -> Response:
        """Take omitted shots back into the film, where they were."""
        opened = self.open(self.sent["project"])
        ids = self.shots_named(opened, self.sent["shots"])
        return self.answer(_told(shot_order.restore_shots(opened=opened, shot_ids=ids)))


class Undo(FootageResource):
    """Taking back."""

    tag = "shots"

    @operation(
        answer=Undone,
        body=UndoIn,
        needs=Right.REVIEW,
        refusals={409: ["not_possible: it is not yours, too long ago, or changed by somebody since"]},
        examples=[Example("The last change", {"project": _ID})],
    )
    def post(self, request: Request) -> Response:
        """Take back what you just did to scenes or shots: your last change, or the one with this event's number.

        Possible for an hour, and only as far as nobody has changed it since. Taking back twice does it again.
        """
        opened = self.open(self.sent["project"])
        return self.answer(take_back(opened=opened, number=self.sent["event"]))
