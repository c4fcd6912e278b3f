"""The feed: a project's events, with runs of the same kind told as one."""

from __future__ import annotations

from dataclasses import dataclass

from projects.models import Event, Project

TOLD = (
    "project_created",
    "project_changed",
    "project_archived",
    "project_restored",
    "script_saved",
    "breakdown_applied",
    "shot_changed",
    "take_added",
    "take_selected",
    "jobs_queued",
    "image_generation_failed",
    "video_generation_failed",
    "audio_generation_failed",
    "film_generation_failed",
    "film_generation_completed",
    "image_generation_rerouted",
    "video_generation_rerouted",
    "audio_generation_rerouted",
    "image_generation_unknown",
    "video_generation_unknown",
    "audio_generation_unknown",
    "unknown_resolved",
    "approval_wanted",
    "approval_given",
    "approval_declined",
    "approval_expired",
    "budget_changed",
    "budget_warning",
    "cost_overrun",
    "cost_adjusted",
)
_LOOKED_AT = 300


@dataclass(frozen=True, slots=True)
class Told:
    """One entry of the feed: the latest event of a run, and how many it stands for."""

    event: Event
    count: int


def feed(project: Project, *, limit: int = 12) -> list[Told]:
    """Return the latest entries of an opened project's feed, the newest first.

    Args:
        project: the project.
        limit: entries at most; a run of the same type by the same person counts once.
    """
    rows = Event.objects.filter(project=project, type__in=TOLD).select_related("actor").order_by("-number")
    told: list[Told] = []
    for event in rows[:_LOOKED_AT]:
        last = told[-1] if told else None
        if last and last.event.type == event.type and last.event.actor_id == event.actor_id:
            told[-1] = Told(last.event, last.count + 1)
        elif len(told) == limit:
            break
        else:
            told.append(Told(event, 1))
    return told
