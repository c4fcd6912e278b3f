"""New takes from notes: priced first, asked for once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.fields import Body, Dollars, Text, WholeNumber
from accounts.rest.operations import Example, operation
from generation import redoing
from generation.api.batches_shown import BatchOut
from generation.api.begun import BegunBatch
from generation.api.jobs import ASKING, SPEND
from generation.api.jobs_shown import MOST_PROMPT
from generation.api.waiting import WaitQuery
from generation.services import NothingToDo
from projects.access import OpenProject
from projects.models import Comment
from scenes.models import Asset, Take


class StartOut(serializers.Serializer[Any]):
    """What a new take could begin with."""

    value = serializers.CharField()
    words = serializers.CharField(source="label")
    cost_usd = Dollars(source="cost")


class NoteOut(serializers.Serializer[Any]):
    """The new take that a note could become, and what has become of the note."""

    note = serializers.UUIDField(source="draft.note.pk")
    take = serializers.UUIDField(source="draft.take.pk")
    prompt = serializers.CharField(source="draft.prompt", help_text="The words with the note's.")
    prompt_most = serializers.IntegerField(source="draft.rule.most")
    starts = StartOut(many=True, source="draft.starts", help_text="The usual first.")
    cost_usd = Dollars(source="draft.cost")
    seconds = serializers.IntegerField(help_text="How long it usually takes.")
    open = serializers.BooleanField(source="state.open", help_text="Whether a take can be asked for now.")
    going_on = serializers.BooleanField(source="state.going_on")
    takes = serializers.ListField(child=serializers.UUIDField(), help_text="What was made from it, the oldest first.")


class NoteTakeIn(Body):
    """A take from a note; what is left out is as `GET` tells it."""

    prompt = Text(max_length=MOST_PROMPT, required=False)
    start = Text(max_length=20, required=False, default="")
    takes = WholeNumber(
        max_value=100_000, required=False, allow_null=True, default=None, help_text="How many from it you know of."
    )


class NoteTake(BegunBatch):
    """A take from a note."""

    tag = "notes"
    frame: Asset | None = None

    @operation(answer=NoteOut, needs=Right.SPEND, refusals={409: ["not_possible: the detail says what can be done"]})
    def get(self, request: Request, note_id: UUID) -> Response:
        """Read the take that a note on a still or clip could become, and what it would cost."""
        opened, note, take = self._note(note_id)
        draft, state = redoing.draft_for(opened, note, take), redoing.state_of(opened, note)
        takes = [one.pk for one in state.takes]
        return self.answer({"draft": draft, "state": state, "seconds": round(draft.seconds), "takes": takes})

    def prepare(self, request: Request, note_id: UUID, *args: Any, **kwargs: Any) -> None:
        """Take the frame out of the clip, where the take is to begin with it."""
        if self.sent["start"] == redoing.FRAME:
            opened, note, take = self._note(note_id)
            self.frame = redoing.frame_for(opened=opened, note=note, take=take)

    @operation(
        answer=BatchOut,
        body=NoteTakeIn,
        query=WaitQuery,
        status=202,
        also={200: BatchOut},
        needs=Right.SPEND,
        scope=SPEND,
        refusals=ASKING,
        examples=[Example("As the note says", {})],
    )
    def post(self, request: Request, note_id: UUID) -> Response:
        """Ask for a new take from a note; whoever asks twice, or two people at once, get one take."""
        opened, note, take = self._note(note_id)
        said = self.sent
        prompt = said["prompt"] if "prompt" in said else redoing.draft_for(opened, note, take).prompt
        batch = redoing.ask(
            opened=opened,
            note=note,
            take=take,
            prompt=prompt,
            start=said["start"],
            number=said["takes"],
            frame=self.frame,
        )
        if batch is None:
            raise NothingToDo("A take has come from this note that you did not know of. Look at it first.")
        return self.taken_on(batch)

    def _note(self, note_id: UUID) -> tuple[OpenProject, Comment, Take]:
        opened, _ = self.open_of(Comment.objects.kept(), note_id)
        found = redoing.note_of(opened, note_id)
        if found is None:
            raise Http404("No such note.")
        return opened, *found
