"""Bringing results home: fetched, verified, brought into the film's format, stored; then one final transaction."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse

from generation import execution, kept, outcomes
from generation.catalogue import models
from generation.crashpoints import reach
from generation.cut import format_of
from generation.media import gate, mezzanine, quality
from generation.media.probe import MediaInfo
from generation.models import Attempt, Job
from generation.money import ledger
from generation.providers.base import Context, Operation
from generation.providers.errors import Fruitless, OutputUnusable
from generation.states import AttemptState, JobState
from generation.storing import Verified, measure, put, verify
from generation.vendors.keys import label_of
from generation.writing import ending
from projects.models import Event
from scenes.models import Asset, Render, Scene, Take
from scenes.services.takes import StoredFile, add_asset, add_render, add_take

_KIND_OF_MEDIA = {"image": Asset.Kind.IMAGE, "video": Asset.Kind.VIDEO, "audio": Asset.Kind.AUDIO}
_TAKE_KIND = {"image": Take.Kind.STILL, "video": Take.Kind.CLIP, "audio": Take.Kind.VOICE}


@dataclass(frozen=True, slots=True)
class BroughtHome:
    """One output in storage; ``mezzanine`` is the same in the film's format, where they differ."""

    file: StoredFile
    mezzanine: StoredFile | None = None


class Doubtful(Exception):
    """A result decodes but is not what was asked for; it is fetched once more before that is believed.

    Args:
        fault: what is wrong.
    """

    def __init__(self, fault: quality.Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


def bring_home(attempt: Attempt, context: Context) -> list[BroughtHome]:
    """Fetch and store every output of an attempt. Nothing is written to the database.

    Args:
        attempt: in FETCHING, with its job, project, shot and scene.
        context: the step's folder and checks.

    Raises:
        OutputUnusable: an output is not what it should be.
        Fruitless: words are not what was asked for, or what came in an answer is nothing that can be used.
        Doubtful: an output is black, frozen, too short or of another shape, for the first time.
        and whatever ``Provider.fetch`` raises.
    """
    if attempt.job.operation == Operation.TEXT_TO_TEXT:
        ending.check(attempt)
        return []
    traits = execution.provider_of(attempt).traits
    foreign = traits.loads_model or not traits.computes_on_fetch
    brought = []
    for number, output in enumerate(attempt.outputs):
        if output.get("text"):
            continue
        path = context.work_dir / f"output-{number}"
        execution.fetch(attempt, output, path, context)
        reach("output fetched")
        # What came in an answer is the same however often it is fetched.
        final = kept.is_kept(attempt, output["reference"])
        verified = _verify(attempt, path, context, final) if foreign else measure(path, output.get("media_type", ""))
        if foreign and verified.info is not None:
            _judge(attempt, verified.info, final)
        reach("output verified")
        brought.append(_store(attempt.job, path, verified, context))
        path.unlink()
    return brought


def _judge(attempt: Attempt, info: MediaInfo, final: bool) -> None:
    """Have a doubtful result fetched once more; the second time it is kept, with the fault written on it."""
    fault = quality.fault_of(info, attempt.parameters)
    if fault is None:
        return
    if not attempt.rechecked and not final:
        raise Doubtful(fault)
    if attempt.quality.get("code") != quality.TOO_MANY:
        attempt.quality = fault.as_json()
    elif fault.text not in attempt.quality["text"]:
        attempt.quality = {**attempt.quality, "text": f"{fault.text} {attempt.quality['text']}"}


def _verify(attempt: Attempt, path: Path, context: Context, final: bool) -> Verified:
    """What came from outside passes the gate."""
    try:
        return verify(path, {attempt.job.media}, context.check)
    except gate.MediaRefused as error:
        public = f"What the provider sent cannot be used. {error.public}"
        if final:
            cost = attempt.estimate if attempt.cost is None else attempt.cost
            raise Fruitless(public, code=error.code, internal=str(error), cost=cost) from error
        raise OutputUnusable(public, code=error.code, internal=str(error)) from error


def _store(job: Job, path: Path, verified: Verified, context: Context) -> BroughtHome:
    if job.film_id is not None:
        return BroughtHome(put(job.project_id, None, Asset.Kind.EXPORT, path, verified, context.work_dir))
    scene = job.shot.scene if job.shot is not None else None
    brought = put(job.project_id, scene, _KIND_OF_MEDIA[job.media], path, verified, context.work_dir)
    conformed = None
    video_format = format_of(job.project)
    if job.media == "video" and mezzanine.needs_conforming(path, video_format):
        target = context.work_dir / "mezzanine.mp4"
        mezzanine.conform(path, target, video_format, check=context.check)
        ours = measure(target, "video/mp4")
        conformed = put(job.project_id, scene, Asset.Kind.VIDEO, target, ours, context.work_dir)
    return BroughtHome(brought, conformed)


def finish(attempt: Attempt, brought: list[BroughtHome]) -> bool:
    """Settle everything in one transaction: attempt, assets, take, job, event.

    Returns:
        Whether the attempt was still ours; if not, nothing was written.
    """
    job = attempt.job
    with transaction.atomic():
        if not Attempt.objects.move(
            attempt.pk,
            AttemptState.SUCCEEDED,
            of=(AttemptState.FETCHING,),
            token=attempt.lease_token,
            lease_until=None,
            ended_at=Now(),
            progress=1.0,
            cost=attempt.cost if attempt.cost is not None else attempt.estimate,
            quality=attempt.quality,
        ):
            return False
        # The books first: everybody takes the counters before the project's row, which a take's event holds.
        ledger.close(attempt, AttemptState.SUCCEEDED)
        if job.film_id is not None:
            extra: dict[str, Any] = _finish_film(attempt, brought)
        elif brought:
            extra = _finish_take(attempt, brought)
        else:
            extra = _finish_text(attempt)
        outcomes.end_job(job, JobState.SUCCEEDED, **extra)
    return True


def _finish_text(attempt: Attempt) -> dict[str, Any]:
    """Keep a result that is words."""
    Job.objects.filter(pk=attempt.job_id).update(result_text=ending.text_of(attempt))
    return ending.finish(attempt)


def _inputs_of(attempt: Attempt) -> dict[str, Any]:
    """Return what a take tells of how it was made: enough to make it again, and to check the bill."""
    job = attempt.job
    # It may have left the catalogue while this was made.
    model = models().get(attempt.model)
    seeds = [output["seed"] for output in attempt.outputs if output.get("seed") is not None]
    before = Attempt.objects.filter(job=job, number__lt=attempt.number).order_by("number")
    asked = [{"provider": one.provider, "model": one.model, "why_not": one.failure_public} for one in before]
    unasked = [job.passed_over] if job.passed_over else []
    return {
        "provider": attempt.provider,
        "provider_label": model.provider_label if model else attempt.provider.title(),
        "model": attempt.model,
        "model_label": model.label if model else attempt.model,
        "prompt": attempt.prompt,
        "parameters": attempt.parameters,
        "seed": seeds[0] if seeds else attempt.parameters.get("seed"),
        "inputs": job.inputs,
        "elements": job.elements,
        "inputAsset": str(job.input_asset_id or ""),
        "taskId": attempt.task_id,
        "cost": attempt.cost if attempt.cost is not None else attempt.estimate,
        "price_version": attempt.price_version,
        "quality": attempt.quality,
        "rehearsal": attempt.rehearsal,
        "served": [{**other, "provider_label": label_of(other["provider"])} for other in [*unasked, *asked]],
    }


def _finish_take(attempt: Attempt, brought: list[BroughtHome]) -> dict[str, str]:
    job = attempt.job
    shot = job.shot
    first = brought[0]
    scene = shot.scene if shot is not None else None
    asset = _asset(job, scene, first.file, Asset.Origin.GENERATED)
    conformed = _asset(job, scene, first.mezzanine, Asset.Origin.DERIVED) if first.mezzanine else None
    more = [str(_asset(job, scene, other.file, Asset.Origin.GENERATED).pk) for other in brought[1:]]
    take = None
    if shot is not None:
        # What is only made for another job to start from is not yet what a note asked for.
        answers = job.batch.note_id is not None and not Job.objects.filter(input_job=job).exists()
        take = add_take(
            shot=shot,
            line=job.line,
            kind=_TAKE_KIND[job.media],
            asset=asset,
            mezzanine=conformed,
            attempt_id=attempt.pk,
            recipe=job.recipe,
            fingerprint=job.fingerprint,
            inputs=_inputs_of(attempt),
            author=job.created_by_id,
            note_id=job.batch.note_id if answers else None,
        )
        # Whoever waited to start from this result can have it now.
        Job.objects.filter(input_job=job).update(input_asset=asset)
    Attempt.objects.filter(pk=attempt.pk).update(assets=[str(asset.pk), *more])
    return {f"{job.media}Url": _url(asset), "takeId": str(take.pk) if take else "", "assetId": str(asset.pk)}


def _finish_film(attempt: Attempt, brought: list[BroughtHome]) -> dict[str, str]:
    job = attempt.job
    film = job.film
    if film is None:
        raise LookupError(f"The film of job {job.pk} has gone.")
    film_file, subtitles_file = brought[0].file, brought[1].file
    asset = _asset(job, None, film_file, Asset.Origin.DERIVED)
    subtitles = _asset(job, None, subtitles_file, Asset.Origin.DERIVED)
    began = Event.objects.filter(
        project=job.project_id, type="film_generation_started", payload__jobId=str(job.pk)
    ).values_list("number", flat=True)
    render: Render = add_render(
        film=film,
        asset=asset,
        subtitles=subtitles,
        attempt_id=attempt.pk,
        recipe=attempt.body_hash,
        event_number=began.first() or 0,
        plan=attempt.body or {},
        author=job.created_by_id,
    )
    return {"videoUrl": _url(asset), "renderId": str(render.pk), "assetId": str(asset.pk)}


def _asset(job: Job, scene: Scene | None, file: StoredFile, origin: str) -> Asset:
    return add_asset(project_id=job.project_id, scene=scene, file=file, origin=origin, author=job.created_by_id)


def _url(asset: Asset) -> str:
    return reverse("scenes:media", args=[asset.pk, "file"])
