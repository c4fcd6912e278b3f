"""Takes: read with what went into them, chosen, judged, compared."""

from __future__ import annotations

import json
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.errors import field_error
from accounts.rest.operations import Example, operation
from projects.access import OpenProject
from projects.bins import throw_away
from projects.commenting import drawing_from
from scenes.api.base import FootageResource
from scenes.api.shown_takes import CompareQuery, ComparisonOut, SeenIn, SendBackIn, TakeOut, TakeQuery, TakeWithInputs
from scenes.comparing import differences
from scenes.files import naming_takes
from scenes.models import Take
from scenes.rushes import MOST_COMPARED, waiting
from scenes.services import reviewing, takes

_JUDGED = ["not_possible: it is in the trash, or somebody else has judged it meanwhile"]


def shown_takes(rows: QuerySet[Take] | None = None) -> QuerySet[Take]:
    """Return takes with what is shown of them; all that are not in the trash unless some are given."""
    found: QuerySet[Take] = Take.objects.kept() if rows is None else rows
    people = ("asset__created_by", "verdict_by", "created_by")
    return found.select_related("line", *people).prefetch_related("shot__scene", naming_takes("asset__"))


class Takes(FootageResource):
    """The takes of a project."""

    tag = "takes"

    @operation(answer=TakeOut, query=TakeQuery, paged=True)
    def get(self, request: Request) -> Response:
        """List a project's takes, the newest first."""
        asked = self.asked
        project = self.open(asked["project"]).project
        rows = shown_takes(waiting(project) if asked.get("waiting") else Take.objects.of(project)).defer("inputs")
        for name in ("shot", "kind"):
            if name in asked:
                rows = rows.filter(**{name: asked[name]})
        if "verdict" in asked:
            rows = rows.filter(verdict=_verdict(asked["verdict"]))
        if "starred" in asked:
            rows = rows.filter(starred_at__isnull=not asked["starred"])
        return self.page(rows)


class TakeResource(FootageResource):
    """An address of one take."""

    tag = "takes"

    def open_take(self, take_id: UUID) -> tuple[OpenProject, Take]:
        """Open the project of a take."""
        return self.open_of(shown_takes(), take_id)

    def answer_take(self, take_id: UUID) -> Response:
        """Answer with a take as it is now."""
        return self.answer(self.one(shown_takes(), take_id))


class OneTake(TakeResource):
    """One take."""

    @operation(answer=TakeWithInputs)
    def get(self, request: Request, take_id: UUID) -> Response:
        """Read a take with all that went into it."""
        return self.answer(self.open_take(take_id)[1])

    @operation(needs=Right.CREATE)
    def delete(self, request: Request, take_id: UUID) -> Response:
        """Put a take into the trash."""
        opened, take = self.open_take(take_id)
        throw_away(opened=opened, kind="take", row=take)
        return self.answer(None)


class SelectTake(TakeResource):
    """Choosing."""

    @operation(answer=TakeOut, needs=Right.CREATE)
    def post(self, request: Request, take_id: UUID) -> Response:
        """Make a take the one that goes into the film."""
        opened, take = self.open_take(take_id)
        takes.select_take(opened=opened, take=take)
        return self.answer_take(take_id)


class ApproveTake(TakeResource):
    """Approving."""

    @operation(
        answer=TakeOut,
        body=SeenIn,
        needs=Right.REVIEW,
        refusals={409: _JUDGED},
        examples=[Example("Whatever others said", {})],
    )
    def post(self, request: Request, take_id: UUID) -> Response:
        """Say that a still or clip is good: it goes into the film, and the notes that led to it are closed."""
        opened, take = self.open_take(take_id)
        reviewing.approve_take(opened=opened, take=take, seen=_seen(self.sent))
        return self.answer_take(take_id)


class SendBackTake(TakeResource):
    """Sending back."""

    @operation(
        answer=TakeOut,
        body=SendBackIn,
        needs=Right.REVIEW,
        refusals={409: [*_JUDGED, "not_possible: nobody says why"]},
        examples=[Example("A note", {"text": "The fog should move.", "time_ms": 1200})],
    )
    def post(self, request: Request, take_id: UUID) -> Response:
        """Say that a still or clip needs another try, and why: a note, or a drawing on the frame."""
        opened, take = self.open_take(take_id)
        said = self.sent
        reviewing.send_back(
            opened=opened,
            take=take,
            text=said["text"],
            time_ms=said["time_ms"],
            drawing=drawing_from(json.dumps(said["drawing"])),
            seen=_seen(said),
        )
        return self.answer_take(take_id)


class WithdrawVerdict(TakeResource):
    """Taking a verdict back."""

    @operation(answer=TakeOut, needs=Right.REVIEW, refusals={409: _JUDGED})
    def post(self, request: Request, take_id: UUID) -> Response:
        """Take a verdict back, and what it brought about as far as nobody has changed it since."""
        opened, take = self.open_take(take_id)
        reviewing.withdraw_verdict(opened=opened, take=take)
        return self.answer_take(take_id)


class StarTake(TakeResource):
    """Marking a take."""

    @operation(answer=TakeOut, needs=Right.COMMENT)
    def post(self, request: Request, take_id: UUID) -> Response:
        """Mark a take as worth coming back to."""
        opened, take = self.open_take(take_id)
        reviewing.star_take(opened=opened, take=take, starred=True)
        return self.answer_take(take_id)


class UnstarTake(TakeResource):
    """Taking the mark off."""

    @operation(answer=TakeOut, needs=Right.COMMENT)
    def post(self, request: Request, take_id: UUID) -> Response:
        """Take the mark off a take."""
        opened, take = self.open_take(take_id)
        reviewing.star_take(opened=opened, take=take, starred=False)
        return self.answer_take(take_id)


class CompareTakes(TakeResource):
    """What differs."""

    @operation(answer=ComparisonOut, query=CompareQuery)
    def get(self, request: Request) -> Response:
        """Tell what differs in how two to four takes of one project were made; the first is the measure."""
        ids = _ids(self.asked["takes"])
        opened, _ = self.open_take(ids[0])
        if not 2 <= len(ids) <= MOST_COMPARED:
            raise field_error("takes", f"Two to {MOST_COMPARED} takes can be compared.")
        found = shown_takes(Take.objects.of(opened.project)).in_bulk(ids)
        if missing := [one for one in ids if one not in found]:
            raise field_error("takes", f"There is no such take in this project: {missing[0]}.")
        rows = [found[one] for one in ids]
        said = differences(rows)
        shown = {"takes": rows, "settings": said.settings, "costs_usd": said.costs, "prompts": said.prompts}
        return self.answer(shown)


def _ids(text: str) -> list[UUID]:
    try:
        found = list(dict.fromkeys(UUID(part.strip()) for part in text.split(",")))
    except ValueError:
        raise field_error("takes", "Write ids of takes with commas between.") from None
    return found


def _verdict(word: str) -> str:
    return "" if word == "none" else word


def _seen(said: dict[str, str]) -> str | None:
    return _verdict(said["seen"]) if "seen" in said else None
