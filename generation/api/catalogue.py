"""Models: what can be asked of whom, and for how much."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import open_team
from accounts.rest.errors import field_error
from accounts.rest.fields import Dollars, Query, Truth, WholeNumber, Word
from accounts.rest.operations import operation
from accounts.rest.views import Resource
from generation import catalogue
from generation.api.jobs_shown import MEDIA, OPERATIONS
from generation.catalogue import Capability, ImpossibleRequest, Model
from generation.choosing.usable import largest, why_not
from generation.models import MEDIA_OF_OPERATION
from generation.providers.base import Operation
from generation.vendors import keys
from generation.vendors.health_alerts import troubles_of
from projects.access import open_project

_SAMPLE_LINE = "One more crossing. Then the bridge has you all."
_WIDTH, _HEIGHT, _CLIP_MS = 1280, 720, 5000


class _Side(WholeNumber):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=100_000, required=False, **options)


class NeedQuery(Query):
    """What a model must be able to do."""

    team = serializers.UUIDField()
    project = serializers.UUIDField(
        required=False,
        help_text="One of the team's: what it can order, which in a rehearsal is more than the team can.",
    )
    negative_prompt = Truth(required=False, default=False, help_text="It takes one.")
    references = WholeNumber(required=False, max_value=100, help_text="It takes so many pictures.")
    width = _Side(help_text="Of the picture, in pixels.")
    height = _Side(help_text="Of the picture, in pixels.")
    duration_ms = WholeNumber(min_value=1, max_value=3_600_000, required=False, help_text="At least so long.")
    provider = Word(max_length=40, required=False)


class ModelQuery(NeedQuery):
    """Which models."""

    media = serializers.ChoiceField(choices=MEDIA, required=False, help_text="What comes out.")
    operation = serializers.ChoiceField(choices=OPERATIONS, required=False)
    quality = WholeNumber(min_value=1, max_value=5, required=False, help_text="At least so good.")
    max_price_usd = Dollars(required=False, help_text="Of one result of the kind that `price_for` tells.")
    usable = Truth(required=False, default=False, help_text="Only those that your team, or the project, can order now.")
    retired = Truth(required=False, default=False, help_text="Also those that were switched off.")


class ChoiceQuery(NeedQuery):
    """By what need."""

    operation = serializers.ChoiceField(choices=OPERATIONS)
    need = serializers.ChoiceField(choices=["cheapest", "fastest", "best"])
    built_in = Truth(required=False, default=False, help_text="Also the built-in model, which only draws.")


class LengthsOut(serializers.Serializer[Any]):
    """The lengths that it makes."""

    least_ms = serializers.IntegerField(source="least")
    most_ms = serializers.IntegerField(source="most")
    step_ms = serializers.IntegerField(source="step")
    listed_ms = serializers.ListField(child=serializers.IntegerField(), source="listed", help_text="Empty: by steps.")
    optional = serializers.BooleanField(help_text="The model chooses where none is asked for.")
    of_source = serializers.BooleanField(help_text="As long as its source; the bounds are the source's.")


class SizesOut(serializers.Serializer[Any]):
    """The sizes that it makes."""

    listed = serializers.ListField(child=serializers.CharField(), help_text="Empty: any within the bounds.")
    least = serializers.IntegerField(help_text="Of a side, in pixels.")
    most = serializers.IntegerField(help_text="Of a side, in pixels.")
    multiple = serializers.IntegerField(help_text="What both sides are multiples of.")
    most_pixels = serializers.IntegerField(help_text="Of the area.")
    optional = serializers.BooleanField(help_text="The model chooses where none is asked for.")


class CapabilityOut(serializers.Serializer[Any]):
    """What a model takes for one operation."""

    operation = serializers.ChoiceField(choices=[str(one) for one in Operation])
    media = serializers.ChoiceField(choices=MEDIA)
    price_usd = Dollars(allow_null=True, help_text="Null: nobody has told us, so that it cannot be ordered.")
    price_for = serializers.CharField(help_text="What that price is of.")
    prompt_most = serializers.IntegerField(allow_null=True, help_text="Null: it takes no prompt.")
    prompt_required = serializers.BooleanField()
    negative_prompt_most = serializers.IntegerField(help_text="0: it takes none.")
    durations = LengthsOut(allow_null=True)
    sizes = SizesOut(allow_null=True)
    references_least = serializers.IntegerField()
    references_most = serializers.IntegerField()
    first_frame = serializers.ChoiceField(choices=["no", "may", "must"])
    last_frame = serializers.ChoiceField(choices=["no", "may", "must"])
    source = serializers.CharField(help_text="What kind of file is changed; empty: none is.")  # type: ignore[assignment]
    mask = serializers.BooleanField()
    seed_most = serializers.IntegerField(allow_null=True, help_text="Null: it takes no seed.")
    voices = serializers.ListField(child=serializers.CharField())
    options = serializers.DictField(help_text="By the provider's own name, the values allowed; the first is usual.")
    options_needed = serializers.ListField(child=serializers.CharField())


class ModelOut(serializers.Serializer[Any]):
    """A model."""

    id = serializers.CharField(source="model.id")
    name = serializers.CharField(source="model.label")
    provider = serializers.CharField(source="model.provider")
    provider_name = serializers.CharField(source="model.provider_label")
    quality = serializers.IntegerField(source="model.quality", help_text="1 (a sketch) to 5.")
    speed = serializers.ChoiceField(choices=["fast", "medium", "slow"], source="model.speed")
    typical_seconds = serializers.FloatField(source="model.typical_seconds")
    usable = serializers.BooleanField(
        help_text="Whether your team can order it now with real money; with `project`, whether that can."
    )
    why_not = serializers.CharField(help_text="Why your team cannot order it now; empty: it can.")
    trouble = serializers.CharField(help_text="What is wrong with its provider now, so that orders go on or wait.")
    media = serializers.ListField(child=serializers.ChoiceField(choices=MEDIA), help_text="What it makes.")
    negative_prompt = serializers.BooleanField(help_text="Whether it takes one, for one of its operations at least.")
    longest_side = serializers.IntegerField(allow_null=True, help_text="Of its largest picture, in pixels.")
    most_pixels = serializers.IntegerField(allow_null=True, help_text="The area of its largest picture.")
    retired = serializers.CharField(source="model.retired", help_text="Since when; empty: it is not.")
    successor = serializers.CharField(source="model.successor", help_text="The model to use instead.")
    price_version = serializers.CharField(source="model.price_version")
    operations = CapabilityOut(many=True)


class Catalogue(Resource):
    """An address that tells of models."""

    tag = "models"

    def reachable(self) -> set[str]:
        """Return the providers that the team can ask; with a project, for the money that it generates with."""
        team = open_team(self.person, self.asked["team"], self.needs).team
        if "project" not in self.asked:
            return keys.reachable(team)
        project = open_project(self.person, self.asked["project"], self.needs).project
        if project.team_id != team.pk:
            raise field_error("project", "This project is not of the team. Name the two together.")
        return keys.reachable(team, rehearsal=project.rehearsal)

    def troubles(self) -> dict[str, str]:
        """Return what is wrong now with the providers of the team, in words, by provider."""
        team = open_team(self.person, self.asked["team"], self.needs).team
        return {trouble.account.provider: trouble.text for trouble in troubles_of(team)}


class Models(Catalogue):
    """The catalogue."""

    @operation(answer=ModelOut, query=ModelQuery, listed=True)
    def get(self, request: Request) -> Response:
        """List the models of all providers, with what each takes and costs; those that do what you ask for."""
        asked = self.asked
        there, troubles = self.reachable(), self.troubles()
        found = []
        for model in catalogue.models().values():
            if model.retired and not asked["retired"]:
                continue
            if "provider" in asked and model.provider != asked["provider"]:
                continue
            if model.quality < asked.get("quality", 1):
                continue
            lines = [line for line in map(_line, _capabilities(model, asked)) if _cheap_enough(line, asked)]
            reason = why_not(model, there, [one for one, *_ in lines])
            if lines and not (reason and asked["usable"]):
                found.append(_shown(model, lines, why_not=reason, trouble=troubles.get(model.provider, "")))
        return self.answer(found)


class ModelChoice(Catalogue):
    """Choosing a model."""

    @operation(answer=ModelOut, query=ChoiceQuery, listed=True)
    def get(self, request: Request) -> Response:
        """List the models that your team can order and that do what you need, the best for your need first."""
        asked = self.asked
        providers = {name for name in self.reachable() if asked["built_in"] or keys.has_place(name)}
        if "provider" in asked:
            providers &= {asked["provider"]}
        models = catalogue.choose(
            Operation(asked["operation"]),
            asked["need"],
            providers=providers,
            width=asked.get("width"),
            height=asked.get("height"),
            duration_ms=asked.get("duration_ms"),
            negative_prompt=asked["negative_prompt"],
            references=asked.get("references", 0),
        )
        wanted = Operation(asked["operation"])
        troubles = self.troubles()
        return self.answer(
            [
                _shown(
                    model,
                    [_line((model, model.can(wanted), asked))],
                    why_not="",
                    trouble=troubles.get(model.provider, ""),
                )
                for model in models
            ]
        )


_Line = tuple[Capability, int | None, str]


def _capabilities(model: Model, asked: dict[str, Any]) -> list[tuple[Model, Capability, dict[str, Any]]]:
    """Return what of a model does what is asked for."""
    return [
        (model, one, asked) for operation, one in model.capabilities.items()
        if asked.get("operation") in (None, operation)
        and asked.get("media") in (None, MEDIA_OF_OPERATION[operation])
        and (one.negative_prompt or not asked["negative_prompt"])
        and one.references.most >= asked.get("references", 0)
        and _makes(model, one, asked)
    ]  # fmt: skip


def _makes(model: Model, capability: Capability, asked: dict[str, Any]) -> bool:
    """Whether it makes so large a picture and so long a clip."""
    sizes, lengths = capability.sizes, capability.durations
    wide, high = asked.get("width"), asked.get("height")
    if (wide or high) and sizes is not None:
        made = sizes.nearest(wide or high, high or wide)
        if made is None or (made.width is not None and made.width < (wide or 0)):
            return False
        if made.height is not None and made.height < (high or 0):
            return False
    length = asked.get("duration_ms")
    return length is None or (lengths is not None and lengths.covering(length) is not None)


def _line(one: tuple[Model, Capability, dict[str, Any]]) -> _Line:
    """Return a capability with its price for what is asked, or for what is usual, and what that is."""
    model, capability, asked = one
    wide, high = asked.get("width") or _WIDTH, asked.get("height") or _HEIGHT
    for length in (asked.get("duration_ms") or _CLIP_MS, None):
        try:
            given = model.fit(capability.operation, width=wide, height=high, duration_ms=length)
            least = max(capability.references.least, asked.get("references", 0))
            price = model.estimate(capability.operation, given, prompt=_SAMPLE_LINE, inputs=least)
        except ImpossibleRequest:
            continue
        return capability, price, _words(capability, given)
    return capability, None, ""


def _words(capability: Capability, given: dict[str, Any]) -> str:
    if capability.operation is Operation.TEXT_TO_SPEECH:
        return "a short line"
    length = given.get("duration_ms") or given.get("source_ms")
    words = [f"{length / 1000:g} s"] if length else []
    if given.get("width") and given.get("height"):
        words.append(f"{given['width']}x{given['height']}")
    return ", ".join(words) or "one"


def _cheap_enough(line: _Line, asked: dict[str, Any]) -> bool:
    most, price = asked.get("max_price_usd"), line[1]
    return most is None or (price is not None and price <= most)


def _shown(model: Model, lines: list[_Line], *, why_not: str, trouble: str) -> dict[str, Any]:
    side, area = largest(model) or (None, None)
    return {
        "model": model,
        "usable": not why_not,
        "why_not": why_not,
        "trouble": trouble,
        "media": sorted({MEDIA_OF_OPERATION[operation] for operation in model.capabilities}),
        "negative_prompt": any(one.negative_prompt for one in model.capabilities.values()),
        "longest_side": side,
        "most_pixels": area,
        "operations": [_capability(*line) for line in lines],
    }


def _capability(one: Capability, price: int | None, words: str) -> dict[str, Any]:
    sizes = one.sizes
    return {
        "operation": one.operation,
        "media": MEDIA_OF_OPERATION[one.operation],
        "price_usd": price,
        "price_for": words,
        "prompt_most": one.prompt.most if one.prompt else None,
        "prompt_required": bool(one.prompt and one.prompt.required),
        "negative_prompt_most": one.negative_prompt,
        "durations": one.durations,
        "sizes": None if sizes is None else {
            "listed": list(dict.fromkeys(str(size) for size in sizes.listed)), "least": sizes.least,
            "most": sizes.most, "multiple": sizes.multiple, "most_pixels": sizes.most_pixels,
            "optional": sizes.optional,
        },
        "references_least": one.references.least,
        "references_most": one.references.most,
        "first_frame": one.first_frame,
        "last_frame": one.last_frame,
        "source": one.source,
        "mask": one.mask,
        "seed_most": one.seed_most,
        "voices": one.voices,
        "options": {name: list(values) for name, values in one.options.items()},
        "options_needed": one.needed,
    }  # fmt: skip
