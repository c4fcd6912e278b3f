"""Speaks one text with eSpeak NG in a process of its own: ``python speak.py < order.json > samples.raw``.

The library keeps its state in globals and has been known to crash on odd text; here it can do neither any harm.
The order is JSON with ``library data text voice rate pitch range``; the answer is the sample rate as four little-endian
bytes, then mono 16 bit samples. Only the standard library is imported, so it starts in no time and needs no packages.

Calls and constants: eSpeak NG, src/include/espeak-ng/speak_lib.h.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from typing import Any

_SYNCHRONOUS = 2
_DONT_EXIT = 0x8000
_UTF8 = 1
_RATE, _PITCH, _RANGE = 1, 3, 4

_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def speak(order: dict[str, Any]) -> tuple[int, bytes]:
    """Sample rate and samples of one order. Raises RuntimeError when the library refuses."""
    library = ctypes.CDLL(str(order["library"]))
    data = os.fsencode(str(order["data"]))
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DONT_EXIT)
    if rate <= 0:
        raise RuntimeError(f"espeak_Initialize returned {rate}")
    # Breath and hiss are noise drawn from a seed that is otherwise the time: the same words must sound the same.
    if hasattr(library, "espeak_ng_SetRandSeed"):
        library.espeak_ng_SetRandSeed(ctypes.c_long(1))
    heard = bytearray()

    def collect(samples: Any, count: int, _events: Any) -> int:
        if samples and count > 0:
            heard.extend(ctypes.string_at(samples, count * 2))
        return 0

    callback = _Heard(collect)
    library.espeak_SetSynthCallback(callback)
    language, _, variant = str(order["voice"]).partition("+")
    for known in (language, language.partition("-")[0], "en"):
        if library.espeak_SetVoiceByName(f"{known}+{variant}".encode()) == 0:
            break
    for parameter, key in ((_RATE, "rate"), (_PITCH, "pitch"), (_RANGE, "range")):
        library.espeak_SetParameter(parameter, int(order[key]), 0)
    text = str(order["text"]).encode() + b"\0"
    result = library.espeak_Synth(text, ctypes.c_size_t(len(text)), 0, 0, 0, _UTF8, None, None)
    if result != 0:
        raise RuntimeError(f"espeak_Synth returned {result}")
    library.espeak_Synchronize()
    return rate, bytes(heard)


if __name__ == "__main__":
    sample_rate, sound = speak(json.load(sys.stdin))
    sys.stdout.buffer.write(sample_rate.to_bytes(4, "little") + sound)
