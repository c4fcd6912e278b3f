"""What a shot's stills and clips are made with, and taking a take's settings up again."""

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
from generation.api.jobs_shown import MOST_PROMPT, MOST_REFERENCES
from generation.choosing import choices, shot_settings
from generation.choosing.shot_settings import Choice, Settings, words_of
from projects.access import OpenProject
from projects.api.base import ProjectResource
from scenes.models import Shot, Take

_KINDS = (Take.Kind.STILL, Take.Kind.CLIP)
_NOT_NOW = {409: ["not_possible: not as things stand", "no_key"]}


class ChoiceOut(serializers.Serializer[Any]):
    """What a shot's stills or clips are made with. Without a model of its own, with the project's."""

    kind = serializers.ChoiceField(choices=[str(kind) for kind in _KINDS])
    model = serializers.CharField(help_text="Chosen for this shot; empty: the project's.")
    seed = serializers.IntegerField(allow_null=True)
    negative_prompt = serializers.CharField()
    options = serializers.DictField()
    references = serializers.ListField(child=serializers.UUIDField())
    last_frame = serializers.UUIDField(allow_null=True)
    model_in_effect = serializers.CharField()
    price_usd = Dollars(source="price", allow_null=True, help_text="Of one; null: it cannot be made.")
    problem = serializers.CharField(help_text="Why nothing can be made like this; empty: it can.")


class ChoiceIn(Body):
    """What is chosen; what is left out is the model's or the project's own."""

    model = Text(max_length=80, required=False, default="")
    seed = WholeNumber(max_value=2**32 - 1, required=False, allow_null=True, default=None)
    negative_prompt = Text(max_length=MOST_PROMPT, required=False, default="")
    options = serializers.DictField(required=False, default=dict)
    references = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=MOST_REFERENCES
    )
    last_frame = serializers.UUIDField(required=False, allow_null=True, default=None)


class OptionOut(serializers.Serializer[Any]):
    """A model as it could be had for this shot."""

    model = serializers.CharField(source="model.id")
    name = serializers.CharField(source="model.label")
    provider = serializers.CharField(source="model.provider")
    quality = serializers.IntegerField(source="model.quality")
    typical_seconds = serializers.FloatField(source="model.typical_seconds")
    price_usd = Dollars(source="price", allow_null=True)
    takes = serializers.ListField(child=serializers.CharField(), help_text="Besides the prompt, in words.")
    problem = serializers.CharField(help_text="Why it cannot make this shot's; empty: it can.")


class _ShotResource(ProjectResource):
    tag = "shots"

    def open_shot(self, shot_id: UUID, kind: str) -> tuple[OpenProject, Shot]:
        """Open the project of a shot for something about its stills or clips.

        Raises:
            Http404: there is no such shot or kind.
        """
        rows = Shot.objects.select_related("scene__project__team").prefetch_related("lines")
        opened, shot = self.open_of(rows, shot_id, "scene__project_id")
        if kind not in _KINDS:
            raise Http404("There is no such kind.")
        return opened, shot


class ShotChoice(_ShotResource):
    """A shot's choice."""

    @operation(answer=ChoiceOut)
    def get(self, request: Request, shot_id: UUID, kind: str) -> Response:
        """Read what a shot's stills (`still`) or clips (`clip`) are made with, and what one costs."""
        opened, shot = self.open_shot(shot_id, kind)
        return self.answer(_shown(shot_settings.choice_for(opened, shot, kind)))

    @operation(
        answer=ChoiceOut,
        body=ChoiceIn,
        needs=Right.CREATE,
        refusals=_NOT_NOW,
        examples=[Example("The project's own again", {})],
    )
    def put(self, request: Request, shot_id: UUID, kind: str) -> Response:
        """Choose what a shot's stills or clips are made with; kept only where the model can do it."""
        opened, shot = self.open_shot(shot_id, kind)
        said = self.sent
        settings = Settings(
            model=said["model"].strip(),
            seed=said["seed"],
            negative_prompt=" ".join(words_of(said["negative_prompt"]).split()),
            options=said["options"],
            references=tuple(dict.fromkeys(str(one) for one in said["references"])),
            last_frame=str(said["last_frame"] or ""),
        )
        shot_settings.save_choice(opened=opened, shot=shot, kind=kind, settings=settings)
        shot.refresh_from_db(fields=["still_settings", "clip_settings"])
        return self.answer(_shown(shot_settings.choice_for(opened, shot, kind)))


class ShotModels(_ShotResource):
    """The models that there are for a shot."""

    @operation(answer=OptionOut, listed=True)
    def get(self, request: Request, shot_id: UUID, kind: str) -> Response:
        """List the models for a shot's stills or clips with their price for this very shot; those that cannot last."""
        opened, shot = self.open_shot(shot_id, kind)
        return self.answer(choices.options_for(opened, shot, kind))


class UseTakeAgain(ProjectResource):
    """A take's settings."""

    tag = "takes"

    @operation(answer=ChoiceOut, needs=Right.CREATE, refusals=_NOT_NOW)
    def post(self, request: Request, take_id: UUID) -> Response:
        """Make the settings of a take those of its shot: the next one is made like this one."""
        rows = Take.objects.kept().select_related("shot__scene__project__team")
        opened, take = self.open_of(rows, take_id)
        shot_settings.use_again(opened=opened, take=take)
        shot = Shot.objects.select_related("scene__project__team").get(pk=take.shot_id)
        return self.answer(_shown(shot_settings.choice_for(opened, shot, take.kind)))


def _shown(choice: Choice) -> dict[str, Any]:
    settings = choice.settings
    return {
        "kind": choice.kind,
        "model": settings.model,
        "seed": settings.seed,
        "negative_prompt": settings.negative_prompt,
        "options": dict(settings.options),
        "references": settings.references,
        "last_frame": settings.last_frame or None,
        "model_in_effect": choice.option.model.id if choice.option is not None else "",
        "price": choice.option.price if choice.option is not None and not choice.problem else None,
        "problem": choice.problem,
    }
