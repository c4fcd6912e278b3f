"""What the browser plays is what the renderer makes: the playlist, played on paper, beside the finished film."""

from __future__ import annotations

import hashlib
import io
import wave
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from PIL import Image

from generation.cut import film_plan
from generation.media.film import render_film
from projects.access import OpenProject
from projects.models import Project
from scenes.models import Asset, Film, Scene, Shot, Take
from scenes.services.film_cut import change_cut

pytestmark = pytest.mark.django_db

COLOURS = {"A": (200, 40, 40), "B": (40, 180, 60), "C": (50, 80, 210)}
MUSIC_MS = 8000


def stored(project: Project, kind: str, name: str, content: bytes, ms: int | None = None) -> Asset:
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"projects/{project.pk}/scene-1/{kind}/{sha256[:32]}{Path(name).suffix}"
    default_storage.save(key, ContentFile(content))
    media_type = {"image": "image/png", "audio": "audio/wav"}[kind]
    return Asset.objects.create(
        project=project, kind=kind, origin="uploaded", key=key, original_name=name, media_type=media_type,
        sha256=sha256, size=len(content), duration_ms=ms,
    )  # fmt: skip


def still(shot: Shot) -> None:
    file = io.BytesIO()
    project = shot.scene.project
    Image.new("RGB", (project.width, project.height), COLOURS[shot.letter]).save(file, "PNG")
    asset = stored(project, "image", "still.png", file.getvalue())
    shot.still = Take.objects.create(project=project, shot=shot, kind="still", number=1, asset=asset)
    shot.save(update_fields=["still"])


def tone() -> bytes:
    file = io.BytesIO()
    at = np.arange(MUSIC_MS * 48) / 48_000
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(48_000)
        sound.writeframes((np.sin(2 * np.pi * 330 * at) * 6000).astype("<i2").tobytes())
    return file.getvalue()


@pytest.fixture
def cut(opened: OpenProject, project: Project, client_of: Any, cast: SimpleNamespace) -> SimpleNamespace:
    """A film of three shots in another order, with a fade, a dissolve, a title on black, one on a shot, and music."""
    scene = Scene.objects.create(project=project, number="1", position=0, heading="INT. ROOM - DAY", duration_ms=6000)
    shots = {
        letter: Shot.objects.create(scene=scene, letter=letter, position=place, angle="medium shot", duration_ms=2000)
        for place, letter in enumerate("ABC")
    }
    for shot in shots.values():
        still(shot)
    music = stored(project, "audio", "Sea.wav", tone(), MUSIC_MS)
    narration = stored(project, "audio", "Said.wav", _silence(1000), 1000)
    change_cut(
        opened=opened,
        change={
            "move": {"shot": str(shots["C"].pk), "before": str(shots["A"].pk)},
            "shots": {
                str(shots["A"].pk): {"transition": "fade", "transitionMs": 1000},
                str(shots["B"].pk): {"transition": "dissolve", "transitionMs": 1000},
            },
            "film": {"fadeOutMs": 500},
            "addSound": {
                "assetId": str(music.pk), "startMs": 500, "inMs": 200, "lengthMs": 6000, "fadeInMs": 1000,
                "fadeOutMs": 1500, "ducked": True,
            },
            "addTitle": {"text": "Two Lamps", "place": "opening", "lengthMs": 1000},
        },
    )  # fmt: skip
    change_cut(
        opened=opened,
        change={
            "addTitle": {"text": "Mara", "subtext": "Ferrywoman", "shotId": str(shots["A"].pk), "startMs": 400,
                         "lengthMs": 1200, "style": "boxed"},
            "addSound": {"assetId": str(narration.pk), "track": "narration", "startMs": 3500},
        },
    )  # fmt: skip
    browser: Client = client_of(cast.carol)
    return SimpleNamespace(
        shots=shots, browser=browser, playlist=browser.get(reverse("generation:cut", args=[project.pk])).json()
    )


def _silence(ms: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(48_000)
        sound.writeframes(bytes(ms * 96))
    return file.getvalue()


def rendered(project: Project, folder: Path) -> Path:
    path = folder / "film.mp4"

    def file(sha256: str) -> Path:
        return Path(default_storage.path(Asset.objects.get(project=project, sha256=sha256).key))

    render_film(film_plan(Film.objects.get(project=project)), path, input_file=file, cache=folder / "cache")
    return path


# --- the player, on paper ---------------------------------------------------------------------------------------------


def picture(playlist: dict[str, Any], browser: Client, at: float, size: tuple[int, int]) -> np.ndarray:
    """What the page's layers add up to at a moment, as small RGB."""
    shots = playlist["shots"]
    shown = np.zeros((size[1], size[0], 3))
    for number, shot in enumerate(shots):
        local = at - shot["startMs"]
        if not 0 <= local < shot["durationMs"]:
            continue
        colour = np.array(COLOURS[shot["label"][-1]], float)
        light = 1.0
        if shot["fadeInMs"]:
            light = min(light, local / shot["fadeInMs"])
        if shot["fadeOutMs"]:
            light = min(light, (shot["durationMs"] - local) / shot["fadeOutMs"])
        shown[:] = colour * light
        into = shot["dissolveMs"] / 2
        following = shots[number + 1] if number + 1 < len(shots) else None
        if into and local < into:
            share = 0.5 + local / into / 2
            shown[:] = colour * share + np.array(COLOURS[shots[number - 1]["label"][-1]]) * (1 - share)
        elif following and following["dissolveMs"]:
            out = following["dissolveMs"] / 2
            share = max(0.0, (at - (following["startMs"] - out)) / out / 2)
            shown[:] = shown * (1 - share) + np.array(COLOURS[following["label"][-1]]) * share
    for title in playlist["titles"]:
        place = at - title["startMs"]
        if not 0 <= place < title["seenMs"]:
            continue
        fade = min(title["fadeMs"], title["seenMs"] / 2)
        opacity = max(0.0, min(1.0, place / fade, (title["seenMs"] - place) / fade))
        with Image.open(io.BytesIO(browser.get(title["src"]).content)) as drawing:
            over = np.asarray(drawing.resize(size, Image.Resampling.BOX)).astype(float)
        alpha = over[:, :, 3:] / 255 * opacity
        shown = shown * (1 - alpha) + over[:, :, :3] * alpha
    return shown


def loudness(playlist: dict[str, Any], at: float) -> float:
    """How loud the music is at a moment, by the page's own rule (mixing.js)."""
    sound = next(one for one in playlist["sounds"] if one["track"] == "music")
    place = at - sound["startMs"]
    if not 0 <= place < sound["heardMs"]:
        return 0.0
    faded = min(1.0, place / sound["fadeInMs"], (sound["heardMs"] - place) / sound["fadeOutMs"])
    duck = np.interp(at, *np.array(playlist["duck"]).T) if sound["ducked"] else 1.0
    return float(faded * 10 ** (sound["gainDb"] / 20) * duck)


def test_the_film_is_what_the_page_played(cut: SimpleNamespace, project: Project, tmp_path: Path) -> None:
    playlist = cut.playlist
    assert [shot["label"] for shot in playlist["shots"]] == ["1C", "1A", "1B"]
    assert playlist["durationMs"] == 7000
    path = rendered(project, tmp_path)
    small = (160, 90)
    with av.open(str(path)) as film:
        frames = [
            np.asarray(frame.to_image().resize(small, Image.Resampling.BOX)).astype(float)
            for frame in film.decode(video=0)
        ]
        assert len(frames) == 168
    for number in range(0, 168, 3):
        wanted = picture(playlist, cut.browser, (number + 0.5) * 1000 / 24, small)
        # A step of a transition is up to 8 levels; compression and the colour matrix take the rest.
        assert np.abs(frames[number] - wanted).mean() < 9, f"frame {number}"
    heard = _heard(path)
    moments = list(range(100, 6900, 100))
    energy = np.array([_energy(heard, at) for at in moments])
    expected = np.array([loudness(playlist, at) for at in moments])
    # The finished film is brought to one loudness as a whole: the shape is what must be equal.
    scale = float((energy @ expected) / (expected @ expected))
    assert np.abs(energy / scale - expected).max() < 0.06


def _heard(path: Path) -> np.ndarray:
    with av.open(str(path)) as film:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=48_000)
        blocks = [part.to_ndarray()[0] for block in film.decode(audio=0) for part in resampler.resample(block)]
    return np.concatenate(blocks)


def _energy(heard: np.ndarray, at: int) -> float:
    part = heard[(at - 20) * 48 : (at + 20) * 48].astype(float)
    return float(np.sqrt((part**2).mean()))
