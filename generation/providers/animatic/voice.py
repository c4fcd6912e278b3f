"""Voices: eSpeak NG, one way of speaking per character, as clean 48 kHz sound."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import unicodedata
import wave
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

from generation.providers.errors import OutputUnusable

from .casting import is_woman
from .shot import dice

SAMPLE_RATE = 48_000
PEAK = 0.708  # -3 dBFS
LONGEST_TEXT = 5_000
_SLOWEST, _FASTEST = 145, 172
_LIMIT = 1.55
_CHILD_SECONDS = 60.0
_SPEAKER = Path(__file__).with_name("speak.py")
_WOMEN = ("f1", "f2", "f3", "f4", "f5", "Annie", "anika", "belinda", "linda", "steph")
_MEN = ("m1", "m2", "m3", "m4", "m6", "m7", "m8", "Andy", "Gene", "Lee", "Michael")
# Beginnings of what parentheticals say, and how that sounds beside the voice's own way.
_WHISPERED = re.compile(r"\b(whisper|under (his|her|their) breath|sotto voce|mouthing|barely audible)")
_MANNERS: tuple[tuple[re.Pattern[str], dict[str, Any]], ...] = (
    (
        re.compile(r"\b(shout|yell|scream|cr(y|ies|ying) out|bellow|loud|roar|furious|angr|rag(e|ing))"),
        {"rate": 1.08, "pitch": 14, "span": 25},
    ),
    (re.compile(r"\b(soft|quiet|gent|low|tender|hush|murmur|to (him|her|them)self)"), {"rate": 0.93, "level": 0.65}),
    (
        re.compile(r"\b(slow|tired|wear(y|il)|sad|sleep|drunk|hesita|thoughtful|weak|dying|solemn)"),
        {"rate": 0.8, "span": -12},
    ),
    (
        re.compile(r"\b(fast|quick|hurr|rush|excit|panic|nervous|breathless|urgent|frantic|eager)"),
        {"rate": 1.18, "span": 12},
    ),
    (re.compile(r"\b(flat|deadpan|monoton|cold|robot|without emotion|dry|dr(i)?ly)"), {"span": -99}),
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,2}")

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Voice:
    """How somebody speaks: eSpeak NG voice and variant, words a minute, pitch and its range from 0 to 99, loudness."""

    name: str
    rate: int
    pitch: int
    range: int
    level: float = 1.0


def voice_of(key: str, language: str) -> Voice:
    """The voice that belongs to a name or any other word; the same word always gets the same voice."""
    word = " ".join(key.casefold().split())
    chance = dice("voice", word)
    variant = chance.choice(_WOMEN if is_woman(word) else _MEN) if word else "m3"
    code = language.casefold().replace("_", "-")
    if not _LANGUAGE.fullmatch(code):
        code = "en"
    if code == "en":
        code = chance.choice(("en", "en-us", "en-gb-x-rp"))
    low, high = (44, 62) if is_woman(word) else (26, 48)
    return Voice(
        f"{code}+{variant}", chance.randint(_SLOWEST, _FASTEST), chance.randint(low, high), chance.randint(42, 62)
    )


def directed(voice: Voice, key: str, manner: str) -> Voice:
    """The same voice as a parenthetical wants it: whispering, shouting, slow … What it does not know changes nothing.

    Args:
        voice: as it speaks otherwise.
        key: whose it is.
        manner: the words of the parenthetical.
    """
    said = manner.casefold()
    if _WHISPERED.search(said):
        variant = "whisperf" if is_woman(key) else "whisper"
        voice = replace(voice, name=f"{voice.name.partition('+')[0]}+{variant}")
        return _changed(voice, rate=0.9, level=0.5)
    change = next((change for words, change in _MANNERS if words.search(said)), None)
    return voice if change is None else _changed(voice, **change)


def _changed(voice: Voice, *, rate: float = 1.0, pitch: int = 0, span: int = 0, level: float = 1.0) -> Voice:
    return replace(
        voice,
        rate=round(voice.rate * rate),
        pitch=min(max(voice.pitch + pitch, 0), 99),
        range=min(max(voice.range + span, 0), 99),
        level=level,
    )


def readable(text: str) -> str:
    """Words as they should be read: capitals in lower case, dashes and dots as pauses, stage directions left out."""
    text = unicodedata.normalize("NFC", text.encode(errors="ignore").decode())
    text = re.sub(r"\([^)]*\)", " ", text)
    text = re.sub(r"[*_~`#<>|\\^{}\[\]=]+", " ", text)
    text = re.sub(r"\s*(--+|[–—―])\s*", ", ", text)
    text = re.sub(r"\.{2,}|…", ", ", text)
    text = "".join(each if unicodedata.category(each)[0] != "C" else " " for each in text)
    words = [_spoken(word) for word in text.split()]
    joined = re.sub(r"\s+([,.!?;:])", r"\1", " ".join(words))
    joined = re.sub(r"([,;:])[,;:\s]*(?=[,;:.!?])", "", joined)
    return joined.strip(" ,;:")


def _spoken(word: str) -> str:
    """Shouted words in lower case: eSpeak NG would spell them. Short ones without a vowel are really spelt."""
    letters = re.sub(r"[^\w]", "", word)
    if len(letters) > 1 and letters.isupper() and re.search(r"[AEIOUYÀ-ÖØ-Ý]|[^\x00-\x7f]", letters):
        return word.lower()
    return word


def make_voice(
    text: str, voice: Voice, destination: Path, *, max_duration_ms: int | None, check: Callable[[], None]
) -> None:
    """Speak a text into a WAV file: 48 kHz, mono, 16 bit. Nothing to say becomes a short silence.

    Args:
        max_duration_ms: speak faster, up to about one and a half times, when it would take longer than this.

    Raises:
        OutputUnusable: the synthesiser failed.
    """
    words = readable(text)[:LONGEST_TEXT]
    sound = _said(words, voice, check) if re.search(r"\w", words) else np.zeros(0)
    if max_duration_ms is not None and len(sound) * 1000 / SAMPLE_RATE > max_duration_ms:
        faster = min(_LIMIT, len(sound) * 1000 / SAMPLE_RATE / max(1, max_duration_ms) * 1.04)
        sound = _said(words, replace(voice, rate=round(voice.rate * faster)), check)
    if not len(sound):
        sound = np.zeros(SAMPLE_RATE * 3 // 10)
    with wave.open(str(destination), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((sound * 32767).round().astype("<i2").tobytes())


def _said(words: str, voice: Voice, check: Callable[[], None]) -> Samples:
    order = {
        "library": espeakng_loader.get_library_path(),
        "data": espeakng_loader.get_data_path(),
        "text": words,
        "voice": voice.name,
        "rate": voice.rate,
        "pitch": voice.pitch,
        "range": voice.range,
    }
    answer = _run(order, check)
    rate = int.from_bytes(answer[:4], "little")
    sound = np.frombuffer(answer[4 : 4 + (len(answer) - 4) // 2 * 2], dtype="<i2") / 32768
    return polished(resampled(_trimmed(sound, rate), rate)) * voice.level


def _run(order: dict[str, Any], check: Callable[[], None]) -> bytes:
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", str(_SPEAKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    started = time.monotonic()
    sent: bytes | None = json.dumps(order).encode()
    answer = errors = b""
    try:
        while child.returncode is None:
            check()
            try:
                answer, errors = child.communicate(sent, timeout=0.5)
            except subprocess.TimeoutExpired:
                sent = None
                if time.monotonic() - started > _CHILD_SECONDS:
                    raise _failure("took too long") from None
    finally:
        if child.poll() is None:
            child.kill()
            child.communicate()
    if child.returncode != 0 or len(answer) < 4:
        raise _failure(f"exit {child.returncode}: {errors[-800:].decode(errors='replace')}")
    return answer


def _failure(detail: str) -> OutputUnusable:
    return OutputUnusable(
        "The words could not be spoken. Try again; if it keeps failing, simplify the line.",
        code="voice_failed",
        internal=detail,
    )


def _trimmed(sound: Samples, rate: int) -> Samples:
    """Without the silence around it, but with a breath of it left."""
    loud = np.flatnonzero(np.abs(sound) > 0.004)
    if not len(loud):
        return sound[:0]
    breath = rate // 50
    return sound[max(0, int(loud[0]) - breath) : int(loud[-1]) + 2 * breath]


def resampled(sound: Samples, rate: int) -> Samples:
    """The same sound at 48 kHz, by its exact spectrum (zero padded, so that the ends do not wrap around)."""
    if rate == SAMPLE_RATE or not len(sound):
        return sound
    divisor = int(np.gcd(rate, SAMPLE_RATE))
    step = rate // divisor
    blocks = -(-(len(sound) + rate // 20) // step)
    padded = np.zeros(blocks * step)
    padded[: len(sound)] = sound
    length = blocks * (SAMPLE_RATE // divisor)
    made = np.fft.irfft(np.fft.rfft(padded), length) * (length / len(padded))
    return made[: round(len(sound) * SAMPLE_RATE / rate)]


def polished(sound: Samples) -> Samples:
    """At an even peak, rising from and falling to silence at the ends."""
    top = float(np.abs(sound).max()) if len(sound) else 0.0
    if top <= 0:
        return sound[:0]
    made = sound * (PEAK / top)
    ramp = min(len(made) // 2, SAMPLE_RATE // 100)
    curve = np.sin(np.linspace(0, np.pi / 2, ramp)) ** 2
    made[:ramp] *= curve
    made[-ramp:] *= curve[::-1]
    return made
