"""Between the engine and the providers: rows become frozen records, and only here a provider is called.

Nothing in here writes to the database, so no transaction is ever open across a remote call.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils.module_loading import import_string

from generation import kept
from generation.cut import film_plan
from generation.film import FilmAssembly
from generation.hook_links import lent_url, webhook_url
from generation.media import ffmpeg
from generation.models import Attempt, Job, ProviderAccount
from generation.providers.base import (
    AccountStatus,
    Context,
    InputFile,
    Installed,
    KeyedProvider,
    Operation,
    Order,
    Output,
    Provider,
    RecordKeeping,
    Submission,
    TaskStatus,
    Voiced,
)
from generation.providers.errors import KeyRefused, NotAccepted, OutputUnusable
from generation.vendors import keys, own_models
from scenes.models import Asset

Report = Callable[[float], None]
Check = Callable[[], None]

REMOTE = {
    "runway": "RunwayProvider",
    "runware": "RunwareProvider",
    "anthropic": "AnthropicProvider",
    "openai_compatible": "OpenAICompatibleProvider",
    "parasail": "ParasailProvider",
    "elevenlabs": "ElevenLabsProvider",
    "luma": "LumaProvider",
    "gemini": "GeminiProvider",
}
# Where each speaks at the rehearsal server.
REHEARSED_AT = {
    "runway": "/runway",
    "runware": "/runware/v1",
    "anthropic": "/anthropic",
    "openai_compatible": "/openai_compatible/v1",
    "parasail": "/parasail/v1",
    "elevenlabs": "/elevenlabs",
    "luma": "/luma",
    "gemini": "/gemini",
}
MOST_PICTURE_BYTES = 32 * 1024 * 1024
PICTURE_SECONDS = 30.0


@cache
def registry() -> dict[str, Provider]:
    """Return every provider by name."""
    # By name, because they bring numpy and requests: a process that makes nothing starts a sixth sooner without.
    animatic = import_string("generation.providers.animatic.provider.AnimaticProvider")
    flux = import_string("generation.providers.flux.provider.FluxProvider")
    providers: tuple[Provider, ...] = (
        animatic(ffmpeg.binary()),
        FilmAssembly(settings.DATA_DIR / "joins"),
        flux(settings.FLUX_MODELS_DIR, settings.DATA_DIR / "flux", idle_seconds=settings.FLUX_IDLE_SECONDS),
        *(import_string(f"generation.providers.{name}.provider.{kind}")() for name, kind in REMOTE.items()),
    )
    return {provider.name: provider for provider in providers}


def why_not(provider: str, model: str) -> str:
    """Return why a model cannot be used on this machine, in words; empty when it can, or need not lie here."""
    adapter = registry().get(provider)
    if adapter is None:
        return "What makes this is not installed here. The administrator can install it."
    return adapter.why_not(model) if isinstance(adapter, Installed) else ""


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
    inputs = tuple(InputFile(**file) for file in job.inputs)
    context = job.context
    if job.film is not None:
        # The plan is drawn up when the rendering starts, from the selects of that moment.
        context = film_plan(job.film).to_json()
    start = job.input_asset
    if start is not None:
        inputs = (InputFile(start.sha256, start.media_type, "first_frame", size=start.size), *inputs)
    return Order(
        uuid=attempt.pk,
        operation=Operation(job.operation),
        model=attempt.model,
        prompt=attempt.prompt,
        parameters=attempt.parameters,
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
            webhook_url=webhook_url(attempt.pk, attempt.provider),
            input_url=lambda sha256: _lent(attempt.job, sha256),
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _asset(job: Job, sha256: str) -> Asset:
    asset: Asset | None = Asset.objects.filter(project_id=job.project_id, sha256=sha256).first()
    if asset is None:
        raise OutputUnusable(
            "A file that this needs has gone from the project. Generate it again.", code="input_missing"
        )
    return asset


def _lent(job: Job, sha256: str) -> str:
    """Return where a provider may fetch one of the project's stored files; empty when it cannot."""
    return lent_url(_asset(job, sha256))


def _local_copy(job: Job, sha256: str, folder: Path) -> Path:
    """Return a local path for one of the project's stored files, downloading it when storage is elsewhere."""
    asset = _asset(job, sha256)
    try:
        return Path(default_storage.path(asset.key))
    except NotImplementedError:
        pass
    target = folder / f"{sha256}{Path(asset.key).suffix}"
    if not target.exists():
        with default_storage.open(asset.key) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1024 * 1024)
    return target


def _equipped(account: ProviderAccount, context: Context) -> Context:
    """Return a context with the account's key and address. The key lives no longer than the call that needs it.

    Raises:
        KeyRefused: there is no key any more, or it cannot be unsealed.
    """
    traits = registry()[account.provider].traits
    if not traits.key_setting:
        return context
    try:
        key = keys.key_of(account)
    except keys.NoKey as error:
        raise KeyRefused(str(error), code="no_key") from error
    if account.rehearsal:
        address = _rehearsal_address()
        return replace(
            context,
            key=key,
            base_url=f"{address}{REHEARSED_AT[account.provider]}",
            fetch_origins=(*settings.FETCH_ALLOWED_ORIGINS, address),
            own_models=own_models.said_by(account),
            # Simulated providers believe an address and fetch nothing, so that files never leave.
            input_url=lambda sha256: f"https://rehearsal.invalid/{sha256}",
        )
    return replace(
        context,
        key=key,
        base_url=keys.address_of(account) or traits.default_url,
        own_address=bool(account.base_url),
        # Where an endpoint of a team's own says that its results lie, it may have made up.
        fetch_origins=tuple(settings.PROVIDER_ALLOWED_ORIGINS if account.base_url else settings.FETCH_ALLOWED_ORIGINS),
        own_models=own_models.said_by(account),
    )


@contextmanager
def _reached(account: ProviderAccount, context: Context) -> Iterator[Context]:
    """Equip a context for calls to an account's provider; an address that a team has given is not trusted."""
    equipped = _equipped(account, context)
    if not account.base_url or account.rehearsal:
        yield equipped
        return
    with import_string("generation.providers.http.guarded")(settings.PROVIDER_ALLOWED_ORIGINS):
        yield equipped


def _rehearsal_address() -> str:
    running = import_module("generation.rehearsal.running")
    try:
        return str(running.address())
    except running.NoRehearsal as error:
        raise NotAccepted(str(error), code="no_rehearsal") from error


def _bare_context(input_file: Callable[[str], Path]) -> Context:
    """Return a context for calls that work with no files: there may be hundreds a second, so they get no folder."""
    return Context(
        key="",
        work_dir=settings.DATA_DIR,
        input_file=input_file,
        report=lambda share: None,
        check=lambda: None,
    )


def _no_file(sha256: str) -> Path:
    raise LookupError(sha256)


def prepare(attempt: Attempt, context: Context) -> Any:
    """Return the frozen body. See ``Provider.prepare`` for what it raises."""
    with _reached(attempt.account, context) as equipped:
        return provider_of(attempt).prepare(order_of(attempt.job, attempt), equipped)


def submit(attempt: Attempt, context: Context) -> Submission:
    """Place the order once. See ``Provider.submit`` for what it raises."""
    with _reached(attempt.account, context) as equipped:
        return provider_of(attempt).submit(attempt.pk, attempt.body or {}, equipped)


def find(attempt: Attempt, context: Context) -> str:
    """Return the provider's id of an order that may have arrived; empty when it has none, or cannot be asked that.

    Raises:
        PollFailed, KeyRefused
    """
    provider = provider_of(attempt)
    if not isinstance(provider, RecordKeeping):
        return ""
    with _reached(attempt.account, context) as equipped:
        return provider.find(attempt.pk, attempt.body or {}, equipped)


def poll(attempt: Attempt) -> TaskStatus:
    """Look once. See ``Provider.poll`` for what it raises."""
    with _reached(attempt.account, _bare_context(_no_file)) as context:
        return provider_of(attempt).poll(attempt.task_id, context)


def cancel(attempt: Attempt) -> None:
    """Ask the provider to stop. See ``Provider.cancel`` for what it raises."""
    with _reached(attempt.account, _bare_context(_no_file)) as context:
        provider_of(attempt).cancel(attempt.task_id, context)


def fetch(attempt: Attempt, output: dict[str, Any], destination: Path, context: Context) -> None:
    """Bring one output to a local file. See ``Provider.fetch`` for what it raises."""
    if kept.is_kept(attempt, output["reference"]):
        kept.bring(output["reference"], destination)
        return
    with _reached(attempt.account, context) as equipped:
        provider_of(attempt).fetch(
            attempt.body or {}, Output(output["reference"], output.get("media_type", "")), destination, equipped
        )


def account_status(account: ProviderAccount, *, since: date | None = None) -> AccountStatus:
    """Ask a provider about an account: whether the key holds, what is left, what was charged.

    Args:
        account: at a provider that needs a key.
        since: also return what was charged from this day (UTC) on.

    Raises:
        ProviderError: the key is refused, or the provider cannot be asked.
        LookupError: the provider needs no key.
    """
    provider = registry()[account.provider]
    if not isinstance(provider, KeyedProvider):
        raise LookupError(f"{account.provider} has no accounts to ask about.")
    with _reached(account, _bare_context(_no_file)) as context:
        return provider.account(context, since=since)


def has_account_voices(provider: str) -> bool:
    """Return whether a provider keeps voices for each account."""
    return isinstance(registry().get(provider), Voiced)


def account_voices(account: ProviderAccount) -> tuple[str, ...]:
    """Ask a provider for the names of an account's voices; none where it keeps none.

    Raises:
        ProviderError: the key is refused, or the provider cannot be asked.
    """
    provider = registry()[account.provider]
    if not isinstance(provider, Voiced):
        return ()
    with _reached(account, _bare_context(_no_file)) as context:
        return tuple(provider.voices(context))


def fetch_picture(url: str, work_dir: Path) -> Path:
    """Bring a picture that a person named by its address to a private folder; it still has to pass the gate.

    Raises:
        ProviderError: it cannot be had from there; the message says why.
    """
    target = work_dir / "picture"
    download = import_string("generation.providers.http.download")
    download(
        url,
        target,
        # The exceptions are for what providers send, not for what a person types.
        fetch_origins=(),
        most_bytes=MOST_PICTURE_BYTES,
        deadline=PICTURE_SECONDS,
        check=lambda: None,
    )
    return target
