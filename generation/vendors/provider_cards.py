"""A team's providers as its page shows them: whose key, how they are, what their models can do and cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.access import OpenTeam
from accounts.models import Team
from generation import catalogue
from generation.catalogue import ImpossibleRequest, Model, samples
from generation.models import ProviderAccount
from generation.money.wording import typed
from generation.providers.base import Operation
from generation.vendors import endpoints, health, keys, own_models
from generation.vendors.connection import Outcome
from generation.vendors.health import Record
from generation.vendors.health_alerts import troubles_of
from generation.vendors.provider_accounts import has_in_hand

_DOES = {
    Operation.IMAGE_TO_VIDEO: "clips from stills",
    Operation.TEXT_TO_VIDEO: "clips",
    Operation.TEXT_TO_IMAGE: "pictures",
    Operation.IMAGE_TO_IMAGE: "changes pictures",
    Operation.INPAINT: "repaints parts",
    Operation.OUTPAINT: "extends pictures",
    Operation.VIDEO_TO_VIDEO: "changes clips",
    Operation.UPSCALE_IMAGE: "enlarges pictures",
    Operation.UPSCALE_VIDEO: "enlarges clips",
    Operation.REMOVE_BACKGROUND: "removes backgrounds",
    Operation.TEXT_TO_SPEECH: "voices",
    Operation.SOUND_EFFECT: "sounds",
    Operation.TEXT_TO_MUSIC: "music",
    Operation.TEXT_TO_TEXT: "words",
    Operation.CAPTION: "describes pictures",
}
_LOCAL = "animatic"


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model.

    Attributes:
        model: it.
        does: what it makes, in a few words.
        price: of one of what it is mostly used for, in micro-units; None when no price is known.
        example: what that price is for.
        limits: how many at once and a day the account may have made; empty when nobody told.
        today: how many were made today; None when nobody told.
        record: what became of the team's orders in 30 days.
    """

    model: Model
    does: str
    price: int | None
    example: str
    limits: str
    today: int | None
    record: Record


@dataclass(frozen=True, slots=True)
class ModelTable:
    """A provider's models that can be used, the most used first."""

    lines: tuple[ModelLine, ...]

    @property
    def limited(self) -> bool:
        """Whether anybody told limits, so that they get a column."""
        return any(line.limits or line.today is not None for line in self.lines)

    @property
    def used(self) -> bool:
        """Whether any was used lately, so that there is a record to show."""
        return any(line.record.requests for line in self.lines)


@dataclass(frozen=True, slots=True)
class Card:
    """One provider.

    Attributes:
        name: as the engine calls it.
        label: as people do.
        account: the one that the team's orders go through; None while there is no key.
        rehearsal: the team's account at the simulated provider; None before its first use.
        own: whether the key is the team's.
        figures: whether the viewer may see what the account holds.
        day: what became of the team's orders in 24 hours.
        trouble: what is wrong with it now, in words; empty when nothing is.
        models: those that can be used.
        trial: the one that a picture from words costs least with; None where there is none.
        form: what keys look like; None where none is needed.
        said: what the team says of its models where only it knows them, by the names of the form; None elsewhere.
        first, last: whether it is asked first, or last.
    """

    name: str
    label: str
    account: ProviderAccount | None
    rehearsal: ProviderAccount | None
    own: bool
    figures: bool
    day: Record
    trouble: str
    models: ModelTable
    trial: ModelLine | None
    form: keys.KeyForm | None
    said: Mapping[str, Any] | None
    first: bool
    last: bool

    @property
    def check(self) -> Mapping[str, Any]:
        """What the last connection test found; empty before the first."""
        return self.account.check_result if self.account is not None else {}

    @property
    def address(self) -> str:
        """Where it was reached when it was tested; empty where the installation has moved that: its own affair."""
        if self.here or self.account is None or keys.address_of(self.account) != self.account.base_url:
            return ""
        return str(self.check.get("address") or "")

    @property
    def here(self) -> bool:
        """Whether it computes on this machine, and so has no key and no connection."""
        return self.form is None

    @property
    def missing(self) -> str:
        """Why none of its models can be used on this machine, where all have the same reason."""
        reasons = {line.model.missing for line in self.models.lines}
        return reasons.pop() if len(reasons) == 1 else ""

    @property
    def usable(self) -> bool:
        """Whether any of its models can be used, as far as that depends on this machine."""
        return any(not line.model.missing for line in self.models.lines)

    @property
    def paused(self) -> bool:
        """Whether its orders wait until a person acts."""
        return self.account is not None and health.is_paused(self.account)

    @property
    def rehearsal_paused(self) -> bool:
        """The same in rehearsals."""
        return self.rehearsal is not None and health.is_paused(self.rehearsal)

    @property
    def state(self) -> str:
        """How it is, in a word or two."""
        if self.account is None:
            return "No key" if self.said is None else "No endpoint"
        if self.paused:
            return "Paused"
        if self.trouble:
            return "Has trouble"
        if self.here:
            return "Ready" if self.usable else "Not installed"
        return _STATES.get(self.check.get("outcome", ""), ("Not tested", ""))[0]

    @property
    def tone(self) -> str:
        """Which colour that has."""
        if self.account is None:
            return ""
        if self.trouble:
            return "warn"
        if self.here:
            return "ok" if self.usable else ""
        return _STATES.get(self.check.get("outcome", ""), ("", ""))[1]

    @property
    def made_today(self) -> int | None:
        """How many the account had made today, by all models; None when nobody told."""
        told = self.check.get("generations_today") or {}
        return sum(told.values()) if told else None


_STATES = {
    Outcome.OK: ("Ready", "ok"),
    Outcome.NO_KEY: ("No key", "warn"),
    Outcome.UNREADABLE: ("Key unreadable", "warn"),
    Outcome.REFUSED: ("Key refused", "warn"),
    Outcome.UNREACHABLE: ("Not reachable", "warn"),
    Outcome.FAILED: ("Gave no answer", "warn"),
}


@dataclass(frozen=True, slots=True)
class Providers:
    """What the page shows: those that charge, in the order that they are asked, and the models of this machine."""

    cards: tuple[Card, ...]
    local: ModelTable


def providers_of(opened: OpenTeam) -> Providers:
    """Return a team's providers, in five queries.

    Args:
        opened: the team, opened to manage it.
    """
    team = opened.team
    accounts = _accounts(team)
    day, month = health.by_provider(team), health.by_model(team)
    troubles = {trouble.account.provider: trouble.text for trouble in troubles_of(team)}
    order = keys.order_of(team)
    cards = []
    for place, name in enumerate(order):
        own = accounts.get((name, True, False))
        own = own if own is not None and own_models.can_be_used(own) else None
        account = own or _shared(name, accounts)
        figures = account is not None and keys.needs_key(name) and has_in_hand(opened, account)
        lines = _lines(name, account.check_result if account is not None and figures else {}, month, account)
        cards.append(
            Card(
                name=name,
                label=keys.label_of(name),
                account=account,
                rehearsal=accounts.get((name, True, True)),
                own=own is not None,
                figures=figures,
                day=day.get(name, health.NOTHING),
                trouble=troubles.get(name, ""),
                models=ModelTable(lines),
                trial=_trial(name, lines),
                form=keys.FORMS.get(name),
                said=_said(name, own),
                first=place == 0,
                last=place == len(order) - 1,
            )
        )
    return Providers(tuple(cards), ModelTable(_lines(_LOCAL, {}, month)))


def _said(name: str, own: ProviderAccount | None) -> dict[str, Any] | None:
    if name != own_models.PROVIDER:
        return None
    said = endpoints.said_of(own.own_models if own is not None else {})
    return {key: typed(value) if isinstance(value, int) else value or "" for key, value in said.items()}


def _shared(provider: str, accounts: Mapping[tuple[str, bool, bool], ProviderAccount]) -> ProviderAccount | None:
    """Return the installation's account, which has no row before its first use; None while it has no key it needs."""
    if keys.needs_key(provider) and not keys.in_installation(provider):
        return None
    places = keys.PLACES if keys.needs_key(provider) else keys.local_places(provider)
    return accounts.get((provider, False, False)) or ProviderAccount(provider=provider, max_concurrent=places)


def _accounts(team: Team) -> dict[tuple[str, bool, bool], ProviderAccount]:
    """Return the accounts that may serve a team, by provider, whether they are its own, and rehearsal."""
    rows = ProviderAccount.objects.filter(provider__in=keys.order_of(team))
    rows = (rows.filter(team=team) | rows.filter(team=None)).select_related("key_set_by")
    return {(account.provider, account.team_id is not None, account.rehearsal): account for account in rows}


def _lines(
    provider: str, check: Mapping[str, Any], month: Mapping[str, Record], account: ProviderAccount | None = None
) -> tuple[ModelLine, ...]:
    said = own_models.said_by(account) if account is not None else {}
    models = [model for model in catalogue.models().values() if model.provider == provider and not model.retired]
    limits, today = check.get("limits") or {}, check.get("generations_today") or {}
    lines = [
        ModelLine(
            model=model,
            does=", ".join(_does(model)),
            price=price,
            example=example,
            limits=_limits(limits.get(model.id, {})),
            today=today.get(model.id),
            record=month.get(model.id, health.NOTHING),
        )
        for model in (own_models.priced_by(model, said) for model in models)
        for price, example in [_price(model)]
    ]
    return tuple(sorted(lines, key=lambda line: (-line.record.requests, line.price is None)))


def _trial(provider: str, lines: Iterable[ModelLine]) -> ModelLine | None:
    cheapest = catalogue.choose(
        Operation.TEXT_TO_IMAGE, "cheapest", providers={provider}, width=samples.WIDTH, height=samples.HEIGHT
    )
    return next((line for line in lines if cheapest and line.model == cheapest[0]), None)


def _does(model: Model) -> Iterable[str]:
    return [words for operation, words in _DOES.items() if operation in model.operations]


def _price(model: Model) -> tuple[int | None, str]:
    """Return the price of what a model is mostly used for, and what that is."""
    for operation in _DOES:
        if not model.usable_for(operation):
            continue
        if operation is Operation.TEXT_TO_TEXT:
            return samples.page_price(model), "a page, at most"
        for duration in (samples.CLIP_MS, None):
            try:
                parameters = model.fit(operation, width=samples.WIDTH, height=samples.HEIGHT, duration_ms=duration)
                price = model.estimate(operation, parameters, prompt=samples.LINE)
            except ImpossibleRequest:
                continue
            return price, _example(operation, parameters)
    return None, ""


def _example(operation: Operation, parameters: Mapping[str, Any]) -> str:
    if operation is Operation.TEXT_TO_SPEECH:
        return "a short line"
    words = []
    if parameters.get("duration_ms"):
        words.append(f"{parameters['duration_ms'] / 1000:g} s")
    if parameters.get("width") and parameters.get("height"):
        words.append(f"{parameters['width']} × {parameters['height']}")
    return ", ".join(words) or "one"


def _limits(told: Mapping[str, int | None]) -> str:
    words = []
    if told.get("concurrent"):
        words.append(f"{told['concurrent']} at once")
    if told.get("daily"):
        words.append(f"{told['daily']:,} a day")
    return ", ".join(words)
