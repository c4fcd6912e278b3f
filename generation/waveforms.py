"""Waveforms of a project's sounds: measured once, when somebody first looks, and kept."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.http import Http404

from generation.media import peaks
from generation.media.children import ChildTimedOut
from generation.media.ffmpeg import FfmpegFailed
from projects.models import Project
from scenes import storage
from scenes.models import Asset, Waveform


def waveform_of(project: Project, asset_id: UUID) -> Waveform:
    """Return the waveform of one of an opened project's files. One without a sound that can be read has no peaks.

    Raises:
        Http404: there is no such file in this project.
    """
    asset = Asset.objects.filter(project=project, pk=asset_id).first()
    if asset is None:
        raise Http404("No such file.")
    known = Waveform.objects.filter(asset=asset).first()
    if known is not None:
        return known
    step_ms, found = _measured(asset)
    waveform, _ = Waveform.objects.get_or_create(asset=asset, defaults={"step_ms": step_ms, "peaks": found})
    return waveform


def _measured(asset: Asset) -> tuple[int, list[int]]:
    root: Path = settings.DATA_DIR / "work"
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="waveform-", dir=root))
    try:
        path = storage.local_path(asset.key)
        if path is None:
            path = folder / "recording"
            with storage.open_file(asset.key) as source, path.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1024 * 1024)
        return peaks.measure(path, folder)
    except (FfmpegFailed, ChildTimedOut, OSError):
        return peaks.FINEST_MS, []
    finally:
        shutil.rmtree(folder, ignore_errors=True)
