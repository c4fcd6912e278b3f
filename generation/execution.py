"""Between the engine and the providers: rows become frozen records, and only here a provider is called.

Nothing in here writes to the database, so no transaction is ever open across a remote call.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.module_loading import import_string

from generation.cut import film_plan
from generation.film import FilmAssembly
from generation.media import ffmpeg
from generation.models import Attempt, Job
from generation.providers.base import Context, InputFile, Operation, Order, Output, Provider, Submission, TaskStatus
from generation.providers.errors import OutputUnusable
from scenes.models import Asset

Report = Callable[[float], None]
Check = Callable[[], None]


@cache
def registry() -> dict[str, Provider]:
    """Return every provider by name."""
    # By name, because it brings numpy: a process that makes nothing starts a sixth sooner without.
    animatic = import_string("generation.providers.animatic.provider.AnimaticProvider")
    providers: tuple[Provider, ...] = (
        animatic(ffmpeg.binary()),
        FilmAssembly(settings.DATA_DIR / "joins"),
    )
    return {provider.name: provider for provider in providers}


def provider_of(attempt: Attempt) -> Provider:
    """Return the provider that an attempt goes to.

    Raises:
        LookupError: it is not installed here any more.
    """
    try:
        return registry()[attempt.provider]
    except KeyError:
        raise LookupError(f"There is no provider {attempt.provider!r} in this installation.") from None


def order_of(job: Job, attempt: Attempt) -> Order:
    """Return the frozen order for a provider."""
    inputs: tuple[InputFile, ...] = ()
    context = job.context
    if job.film is not None:
        # The plan is drawn up when the rendering starts, from the selects of that moment.
        context = film_plan(job.film).to_json()
    asset = job.input_asset
    if asset is not None:
        inputs = (InputFile(sha256=asset.sha256, media_type=asset.media_type, role="first_frame"),)
    return Order(
        uuid=attempt.pk,
        operation=Operation(job.operation),
        model=attempt.model,
        prompt=job.prompt,
        parameters=job.parameters,
        inputs=inputs,
        context=context,
    )


@contextmanager
def workplace(attempt: Attempt, *, report: Report, check: Check) -> Iterator[Context]:
    """Give a provider call its private folder, its inputs and its ways to report and to be stopped."""
    root = settings.DATA_DIR / "work"
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{attempt.pk}-", dir=root))
    try:
        yield Context(
            key="",
            work_dir=folder,
            input_file=lambda sha256: _local_copy(attempt.job, sha256, folder),
            report=report,
            check=check,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _local_copy(job: Job, sha256: str, folder: Path) -> Path:
    """Return a local path for one of the project's stored files, downloading it when storage is elsewhere."""
    asset = Asset.objects.filter(project_id=job.project_id, sha256=sha256).first()
    if asset is None:
        raise OutputUnusable(
            "A file that this needs has gone from the project. Generate it again.", code="input_missing"
        )
    try:
        return Path(default_storage.path(asset.key))
    except NotImplementedError:
        pass
    target = folder / f"{sha256}{Path(asset.key).suffix}"
    if not target.exists():
        with default_storage.open(asset.key) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1024 * 1024)
    return target


def prepare(attempt: Attempt, context: Context) -> Any:
    """Return the frozen body. See ``Provider.prepare`` for what it raises."""
    return provider_of(attempt).prepare(order_of(attempt.job, attempt), context)


def submit(attempt: Attempt, context: Context) -> Submission:
    """Place the order once. See ``Provider.submit`` for what it raises."""
    return provider_of(attempt).submit(attempt.pk, attempt.body or {}, context)


def poll(attempt: Attempt) -> TaskStatus:
    """Look once. See ``Provider.poll`` for what it raises.

    A look works with no files, so it gets no folder: there may be hundreds a second.
    """
    context = Context(
        key="",
        work_dir=settings.DATA_DIR,
        input_file=lambda sha256: _local_copy(attempt.job, sha256, settings.DATA_DIR),
        report=lambda share: None,
        check=lambda: None,
    )
    return provider_of(attempt).poll(attempt.task_id, context)


def cancel(attempt: Attempt, context: Context) -> None:
    """Ask the provider to stop. See ``Provider.cancel`` for what it raises."""
    provider_of(attempt).cancel(attempt.task_id, context)


def fetch(attempt: Attempt, output: dict[str, Any], destination: Path, context: Context) -> None:
    """Bring one output to a local file. See ``Provider.fetch`` for what it raises."""
    provider_of(attempt).fetch(
        attempt.body or {}, Output(output["reference"], output.get("media_type", "")), destination, context
    )
