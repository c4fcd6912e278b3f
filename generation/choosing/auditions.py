"""Trying things out for an element: a portrait of it, and how a voice sounds. Tries like any other, at their price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from generation import planning, wishes
from generation.catalogue import Capability, ImpossibleRequest, Model
from generation.choosing import trial_results, trials
from generation.choosing.choices import defaults_for
from generation.choosing.trial_results import Trial
from generation.models import Job
from generation.providers.base import Operation
from generation.states import JOB_OPEN, JobState
from generation.vendors import voices as account_voices
from projects.access import OpenProject
from projects.models import Project
from scenes.models import Element, Line, Take
from scenes.screenplay.drafts import Angle
from scenes.services.elements import edit_element

MOST_SHOWN = 3
MOST_WORDS = 200
_SAMPLE = (
    "I waited the whole night at the window. In the morning there was a letter, and nobody had seen who brought it."
)
# The built-in model has a voice for every name; these are different from each other.
_BUILT_IN_VOICES = (
    "Agnes", "Carol", "Ellen", "Grace", "Iris", "Judith", "Rose", "Wendy",
    "Archie", "Daniel", "Frank", "Hugo", "Ivan", "Karl", "Oscar", "Peter",
)  # fmt: skip
_FRAMING = {
    Element.Kind.CHARACTER: "Portrait of {name}{about}. Head and shoulders, facing the camera, plain background.",
    Element.Kind.LOCATION: "{name}{about}. Establishing view, nobody in it.",
    Element.Kind.PROP: "{name}{about}. The thing alone, plain background, even light.",
}


@dataclass(frozen=True, slots=True)
class Audition:
    """What can be tried for an element now.

    Attributes:
        model: who would make it; None where nobody can.
        price: of one try, in micro-units.
        problem: why nothing can be tried; empty when it can.
        trials: the last ones, newest first.
    """

    model: Model | None
    price: int = 0
    problem: str = ""
    trials: Sequence[Trial] = ()


@dataclass(frozen=True, slots=True)
class Voices:
    """The voices that a character can have.

    Attributes:
        audition: trying one.
        names: what the model calls them.
        models: those that can speak for a character here, the project's first.
        line: what is spoken to hear one: the character's own words where there are some.
        unknown: the character's voice is one that the model does not have.
    """

    audition: Audition
    names: tuple[str, ...]
    line: str
    unknown: bool = False
    models: tuple[Model, ...] = ()


def portrait(project: Project, element: Element) -> Audition:
    """Return what a portrait of an element would cost, and those that were tried.

    Args:
        project: opened, the element's.
        element: who or what.
    """
    found = _trials(project, element, Operation.TEXT_TO_IMAGE)
    try:
        model, wish = _portrait_wish(project, element)
    except ImpossibleRequest as error:
        return Audition(None, problem=str(error), trials=found)
    return Audition(model, wish.estimate, trials=found)


def ask_portrait(*, opened: OpenProject, element: Element, token: str = "") -> Job:
    """Ask for a portrait by the project's model for stills.

    Args:
        opened: the element's project, opened to spend.
        element: one of the project's.
        token: the form's, so that a double click asks once; without one each call asks for another.

    Returns:
        The job.

    Raises:
        ImpossibleRequest: the model cannot make one; and what ``trials.ask`` raises.
    """
    model, wish = _portrait_wish(opened.project, element)
    parameters = {name: value for name, value in wish.parameters.items() if name != "seed"}
    batch = trials.ask(
        opened=opened,
        operation=Operation.TEXT_TO_IMAGE,
        model=model.id,
        prompt=wish.prompt,
        parameters=parameters,
        elements={str(element.pk): ""},
        context=_drawn(element),
        idempotency_key=f"portrait:{token}" if token else "",
    )
    return batch.jobs.latest("created_at")


def _drawn(element: Element) -> dict[str, Any]:
    """Return what the built-in provider draws of an element; things are guessed from the words."""
    if element.kind == Element.Kind.CHARACTER:
        return {"angle": Angle.CLOSE_UP, "characters": [element.names[0]], "looks": [element.description]}
    if element.kind == Element.Kind.LOCATION:
        return {"angle": Angle.WIDE, "location": element.name}
    return {}


def _portrait_wish(project: Project, element: Element) -> tuple[Model, wishes.Wish]:
    model = planning.models_of(project)[planning.STILLS]
    capability = model.can(Operation.TEXT_TO_IMAGE)
    wish = wishes.free_wish(
        project,
        operation=Operation.TEXT_TO_IMAGE,
        model=model,
        prompt=_portrait_words(project, element, capability),
        parameters=model.fit(Operation.TEXT_TO_IMAGE, width=project.width, height=project.height),
    )
    return model, wish


def _portrait_words(project: Project, element: Element, capability: Capability) -> str:
    about = element.description.rstrip(" .")
    framing = _FRAMING[Element.Kind(element.kind)]
    words = framing.format(name=element.shown_name, about=f": {about}" if about else "")
    words += f" {project.style.strip()}" if project.style.strip() else ""
    most = capability.prompt.most if capability.prompt else 0
    return words if len(words) <= most else framing.format(name=element.shown_name, about="")


def voices(project: Project, element: Element, *, model_id: str | None = None) -> Voices:
    """Return the voices that a character can have of the model that speaks for it, and what it costs to hear one.

    Args:
        project: opened, the element's.
        element: a character.
        model_id: look at another model's; empty for the project's. None for the one that was chosen.
    """
    line = _line_of(project, element)
    found = _trials(project, element, Operation.TEXT_TO_SPEECH)
    models: tuple[Model, ...] = ()
    try:
        models = speakers(project)
        model = speaker_of(project, element.voice_model if model_id is None else model_id)
        names = voice_names(project, model)
        price = _voice_wish(project, model, names[0] if names else element.shown_name, line).estimate
    except ImpossibleRequest as error:
        return Voices(Audition(None, problem=str(error), trials=found), (), line, models=models)
    unknown = bool(element.voice) and names is not _BUILT_IN_VOICES and element.voice not in names
    return Voices(Audition(model, price, trials=found), names, line, unknown, models)


def speakers(project: Project) -> tuple[Model, ...]:
    """Return the models that can speak in a project, the project's own first.

    Raises:
        ImpossibleRequest: the project's own is not there any more.
    """
    own = planning.models_of(project)[planning.VOICES]
    others = (option.model for option in defaults_for(project, Take.Kind.VOICE) if not option.problem)
    return (own, *(model for model in others if model.id != own.id))


def speaker_of(project: Project, model_id: str) -> Model:
    """Return the model that speaks for a character.

    Args:
        project: opened, the character's.
        model_id: as chosen for it; empty for the project's.

    Raises:
        ImpossibleRequest: it cannot speak here; the message says which can.
    """
    if not model_id:
        return planning.models_of(project)[planning.VOICES]
    there = speakers(project)
    for model in there:
        if model.id == model_id:
            return model
    able = ", ".join(model.label for model in there)
    raise ImpossibleRequest(f"{model_id[:80]} cannot speak in this project. These can: {able}.", field="voice_model")


def voice_names(project: Project, model: Model) -> tuple[str, ...]:
    """Return what can be chosen of a model's voices, or of those that the team has at its provider.

    Raises:
        ImpossibleRequest: it does not speak, or its provider cannot be asked.
    """
    own = model.can(Operation.TEXT_TO_SPEECH).voices
    return own or account_voices.of_account(project.team, model, rehearsal=project.rehearsal) or _BUILT_IN_VOICES


def ask_voice(*, opened: OpenProject, element: Element, voice: str, model_id: str | None = None) -> Job:
    """Have a voice speak a line of a character. One that was heard before is not paid again.

    Args:
        opened: the element's project, opened to spend.
        element: one of the project's characters.
        voice: one of ``voice_names``; a character's own name for the voice that it has by itself.
        model_id: who speaks, as for ``voices``.

    Returns:
        The job, or the one that has made it.

    Raises:
        ImpossibleRequest: the model has no such voice; and what ``trials.ask`` raises.
    """
    model = speaker_of(opened.project, element.voice_model if model_id is None else model_id)
    capability = model.can(Operation.TEXT_TO_SPEECH)
    name = voice or capability.voice_for(element.name)
    if name not in (*voice_names(opened.project, model), element.name, capability.voice_for(element.name)):
        raise ImpossibleRequest(f"{model.label} has no voice of that name. Choose one from the list.", field="voice")
    line = _line_of(opened.project, element)
    heard = _jobs(opened.project, element, Operation.TEXT_TO_SPEECH).filter(
        model=model.id, prompt=line, parameters__voice=name, state__in=(*JOB_OPEN, JobState.SUCCEEDED)
    )
    before = heard.first()
    if before is not None:
        return before
    batch = trials.ask(
        opened=opened,
        operation=Operation.TEXT_TO_SPEECH,
        model=model.id,
        prompt=line,
        parameters={"voice": name, "seed": 1},
        elements={str(element.pk): ""},
    )
    return batch.jobs.latest("created_at")


def cast_voice(*, opened: OpenProject, element: Element, voice: str, model_id: str) -> list[str]:
    """Say who speaks for a character, and with which voice. Lines that were spoken otherwise are stale then.

    Args:
        opened: the element's project, opened to create.
        element: one of the project's characters.
        voice: one of ``voice_names``; empty for the one that the model gives it by its name.
        model_id: one of ``speakers``; empty for whichever the project has.

    Returns:
        What has changed.

    Raises:
        ImpossibleRequest: there is no such model here, or it has no such voice.
    """
    model = speaker_of(opened.project, model_id)
    known = model.can(Operation.TEXT_TO_SPEECH).voices
    if voice and known and voice not in known:
        raise ImpossibleRequest(f"{model.label} has no voice of that name. Choose one from the list.", field="voice")
    changed: list[str] = edit_element(opened=opened, element=element, voice=voice, voice_model=model_id)
    return changed


def _voice_wish(project: Project, model: Model, voice: str, line: str) -> wishes.Wish:
    return wishes.free_wish(
        project, operation=Operation.TEXT_TO_SPEECH, model=model, prompt=line, parameters={"voice": voice}
    )


def _line_of(project: Project, element: Element) -> str:
    """Return words for a sample: the first speech of some length that is the character's own."""
    rows = Line.objects.filter(shot__scene__project=project, character__in=[element.name, *element.aliases])
    spoken = [text for text in rows.order_by("shot__scene__position").values_list("text", flat=True)[:20] if text]
    fitting = [text for text in spoken if len(text) <= MOST_WORDS]
    return max(fitting, key=len, default=_SAMPLE)


def _jobs(project: Project, element: Element, operation: Operation) -> QuerySet[Job]:
    found: QuerySet[Job] = trial_results.trial_jobs(project).filter(
        operation=operation, elements__has_key=str(element.pk)
    )
    return found


def _trials(project: Project, element: Element, operation: Operation) -> list[Trial]:
    return trial_results.trials_of(project, _jobs(project, element, operation)[:MOST_SHOWN])
