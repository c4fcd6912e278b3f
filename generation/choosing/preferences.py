"""What a project's stills, clips and voices are made with where a shot has no choice of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from generation.catalogue import ImpossibleRequest
from generation.choosing import choices
from generation.choosing.choices import Option
from projects.access import OpenProject
from projects.models import Project
from projects.services import choose_models, limit_approval, rehearse
from scenes.models import Take

KINDS = {"still_model": Take.Kind.STILL, "clip_model": Take.Kind.CLIP, "voice_model": Take.Kind.VOICE}
WRITES = "text_model"
CHOICES = (*KINDS, WRITES)
REFUSED = "This model cannot be chosen here: there is no such model, or no key for its provider. Choose another one."


def options_of(project: Project) -> dict[str, list[Option]]:
    """Return the models that there are for a project, by what it calls its choice of each."""
    found = {name: choices.defaults_for(project, kind) for name, kind in KINDS.items()}
    return found | {WRITES: choices.writers_for(project)}


def choosable(project: Project, options: Mapping[str, list[Option]]) -> dict[str, set[str]]:
    """Return the ids of the models that may be chosen, by what the project calls its choice.

    Args:
        project: opened.
        options: from ``options_of``.
    """
    return {
        # What is chosen already may stay, even if its key has gone since.
        name: {*(option.model.id for option in found if not option.problem), getattr(project, name)} - {""}
        for name, found in options.items()
    }


@transaction.atomic
def change_preferences(*, opened: OpenProject, changes: Mapping[str, Any]) -> None:
    """Change what a project generates with, whether that is rehearsed, and what needs a producer's yes.

    Args:
        opened: the project, opened to manage.
        changes: any of ``still_model``, ``clip_model`` and ``voice_model`` (ids, empty for the built-in one),
            ``text_model`` (an id, empty for the first that the team can ask), ``rehearsal``, and ``approval_limit``
            (micro-units; None asks nobody). What is left out stays.

    Raises:
        ImpossibleRequest: a model cannot be chosen here. Nothing was changed.
    """
    project = opened.project
    given = {name: changes[name] for name in CHOICES if name in changes}
    if given:
        allowed = choosable(project, options_of(project))
        for name, model in given.items():
            if model and model not in allowed[name]:
                raise ImpossibleRequest(REFUSED, field=name)
        choose_models(opened=opened, **{name: given.get(name, getattr(project, name)) for name in CHOICES})
    if "rehearsal" in changes:
        rehearse(opened=opened, rehearsal=changes["rehearsal"])
    if "approval_limit" in changes:
        limit_approval(opened=opened, limit=changes["approval_limit"])
