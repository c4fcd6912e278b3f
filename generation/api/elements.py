"""What can be made for elements: shots that show one as it was, a portrait, and how a voice sounds; priced first."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.policies import Right
from accounts.rest.fields import Body, Dollars, Text
from accounts.rest.operations import Example, operation
from generation import offers, staleness
from generation.api.batches_shown import MOST_SHOTS, BatchOut
from generation.api.begun import BegunBatch, BegunJob
from generation.api.jobs import ASKING, SPEND
from generation.api.jobs_shown import JobDetail, OneJobQuery
from generation.api.waiting import WaitQuery
from generation.choosing import auditions
from generation.choosing.auditions import Audition
from generation.offers import CHOICES
from projects.access import OpenProject
from scenes.models import Element
from scenes.services.elements import VOICE_LIMIT


class ElementPriceOut(serializers.Serializer[Any]):
    """One choice."""

    make = serializers.ChoiceField(choices=list(CHOICES))
    cost_usd = Dollars(source="cost")


class ElementRedoOut(serializers.Serializer[Any]):
    """The shots that show an element as it was before it changed."""

    shots = serializers.ListField(child=serializers.UUIDField())
    choices = ElementPriceOut(many=True, help_text="What it costs to make all of them anew.")


class ElementRedoIn(Body):
    """What of it is made anew."""

    make = serializers.ChoiceField(choices=list(CHOICES), default="everything")
    shots = serializers.ListField(
        child=serializers.UUIDField(), required=False, min_length=1, max_length=MOST_SHOTS, help_text="Left out: all."
    )


class RedoElement(BegunBatch):
    """What shows an element as it was."""

    tag = "elements"

    @operation(answer=ElementRedoOut)
    def get(self, request: Request, element_id: UUID) -> Response:
        """List the shots that show an element as it was, and what it costs to make them anew."""
        opened, element = self.open_of(Element.objects.kept(), element_id)
        shots = list(dict.fromkeys(one.shot.pk for one in staleness.shots_changed_by(opened, element.pk)))
        offer = offers.offer(opened, shot_ids=shots, changed_by=element.pk) if shots else None
        prices = offer.prices.items() if offer is not None else ()
        choices = [{"make": name, "cost": price.cost} for name, price in prices]
        return self.answer({"shots": shots, "choices": choices})

    @operation(
        answer=BatchOut,
        body=ElementRedoIn,
        query=WaitQuery,
        status=202,
        also={200: BatchOut},
        needs=Right.SPEND,
        scope=SPEND,
        refusals=ASKING,
        examples=[Example("Everything", {"make": "everything"})],
    )
    def post(self, request: Request, element_id: UUID) -> Response:
        """Have the shots made anew that show an element as it was."""
        opened, element = self.open_of(Element.objects.kept(), element_id)
        shots = self.shots_named(opened, self.sent["shots"]) if "shots" in self.sent else None
        batch = offers.accept(opened, choice=self.sent["make"], shot_ids=shots, changed_by=element.pk)
        return self.taken_on(batch)


class AuditionOut(serializers.Serializer[Any]):
    """What can be tried for an element."""

    model = serializers.CharField(help_text="Empty: nobody can make it.")
    price_usd = Dollars(source="price")
    problem = serializers.CharField(help_text="Why nothing can be tried; empty: it can.")
    voices = serializers.ListField(child=serializers.CharField(), help_text="That a character can have.")
    line = serializers.CharField(help_text="What is spoken to hear one.")
    tries = serializers.ListField(child=serializers.UUIDField(), help_text="The last jobs, newest first.")


class VoiceIn(Body):
    """Which voice."""

    voice = Text(max_length=200, required=False, default="", help_text="Empty: the one it has by itself.")
    model = Text(max_length=80, required=False, help_text="Who speaks; empty: the project's. Left out: as it is.")


class CastIn(Body):
    """Who speaks for a character, and how."""

    voice = Text(max_length=VOICE_LIMIT, required=False, default="", help_text="Empty: by its name.")
    model = Text(max_length=80, required=False, default="", help_text="Empty: whichever the project has.")


class Portrait(BegunJob):
    """A portrait of an element."""

    tag = "elements"

    @operation(answer=AuditionOut)
    def get(self, request: Request, element_id: UUID) -> Response:
        """Read what a portrait would cost, and which were tried."""
        opened, element = self.open_of(Element.objects.kept(), element_id)
        return self.answer(_audition(auditions.portrait(opened.project, element)))

    @operation(
        answer=JobDetail,
        query=OneJobQuery,
        status=202,
        also={200: JobDetail},
        needs=Right.SPEND,
        scope=SPEND,
        refusals=ASKING,
    )
    def post(self, request: Request, element_id: UUID) -> Response:
        """Ask for a portrait by the project's model for stills; each request is for another one."""
        opened, element = self.open_of(Element.objects.kept(), element_id)
        return self.taken_on(auditions.ask_portrait(opened=opened, element=element))


class VoiceSample(BegunJob):
    """How a voice sounds."""

    tag = "elements"

    @operation(answer=AuditionOut)
    def get(self, request: Request, element_id: UUID) -> Response:
        """Read the voices that a character can have, and what it costs to hear one."""
        opened, element = self._character(element_id)
        found = auditions.voices(opened.project, element)
        return self.answer(_audition(found.audition, found.names, found.line))

    @operation(
        answer=JobDetail,
        body=VoiceIn,
        query=OneJobQuery,
        status=202,
        also={200: JobDetail},
        needs=Right.SPEND,
        scope=SPEND,
        refusals=ASKING,
        examples=[Example("Its own", {"voice": ""})],
    )
    def post(self, request: Request, element_id: UUID) -> Response:
        """Have a voice speak a line of a character; one that was heard before is not paid again."""
        opened, element = self._character(element_id)
        return self.taken_on(
            auditions.ask_voice(
                opened=opened, element=element, voice=self.sent["voice"], model_id=self.sent.get("model")
            )
        )

    @operation(
        answer=AuditionOut,
        body=CastIn,
        needs=Right.CREATE,
        examples=[Example("By the built-in model", {"voice": "Agnes", "model": "animatic-voice"})],
    )
    def put(self, request: Request, element_id: UUID) -> Response:
        """Say who speaks for a character and with which voice; lines that were spoken otherwise are stale then."""
        opened, element = self._character(element_id)
        auditions.cast_voice(opened=opened, element=element, voice=self.sent["voice"], model_id=self.sent["model"])
        found = auditions.voices(opened.project, element)
        return self.answer(_audition(found.audition, found.names, found.line))

    def _character(self, element_id: UUID) -> tuple[OpenProject, Element]:
        opened, element = self.open_of(Element.objects.kept(), element_id)
        if element.kind != Element.Kind.CHARACTER:
            raise Http404("Only characters speak.")
        return opened, element


def _audition(audition: Audition, voices: tuple[str, ...] = (), line: str = "") -> dict[str, Any]:
    return {
        "model": audition.model.id if audition.model is not None else "",
        "price": audition.price,
        "problem": audition.problem,
        "voices": voices,
        "line": line,
        "tries": [trial.row.job.pk for trial in audition.trials],
    }
