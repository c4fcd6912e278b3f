"""What a body may hold, by endpoint. The ranges are those of the official package's types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "9:21")
RESOLUTIONS = ("540p", "720p", "1080p", "4k")
MODES = tuple(f"{name}_{number}" for name in ("adhere", "flex", "reimagine") for number in (1, 2, 3))
VIDEO_MODELS, IMAGE_MODELS = ("ray-2", "ray-flash-2"), ("photon-1", "photon-flash-1")
_MOST_WORDS = 5000

Check = Callable[[Any], str]


def _one_of(*words: str) -> Check:
    return lambda value: "" if value in words else f"must be one of {', '.join(words)}"


def _text(value: Any) -> str:
    return (
        "" if isinstance(value, str) and 3 <= len(value) <= _MOST_WORDS else f"must have 3 to {_MOST_WORDS} characters"
    )


def _yes(value: Any) -> str:
    return "" if isinstance(value, bool) else "must be true or false"


def _address(value: Any) -> str:
    """Files must lie where Luma can fetch them; data URIs are refused."""
    fits = isinstance(value, str) and urlsplit(value).scheme == "https" and bool(urlsplit(value).hostname)
    return "" if fits else "must be an https URL"


def _callback(value: Any) -> str:
    return "" if isinstance(value, str) and value.startswith(("https://", "http://127.0.0.1")) else "must be a URL"


def _file(value: Any) -> str:
    if not isinstance(value, dict) or set(value) - {"url", "weight"}:
        return "must have a url"
    return _address(value.get("url"))


def _files(value: Any) -> str:
    if not isinstance(value, list) or not 1 <= len(value) <= 4:
        return "must have 1 to 4 images"
    return next(filter(None, map(_file, value)), "")


def _frames(value: Any) -> str:
    if not isinstance(value, dict) or not value or set(value) - {"frame0", "frame1"}:
        return "must have frame0 or frame1"
    for frame in value.values():
        if not isinstance(frame, dict) or frame.get("type") != "image" or set(frame) != {"type", "url"}:
            return "must be images with a url"
        if wrong := _address(frame["url"]):
            return wrong
    return ""


def _concepts(value: Any) -> str:
    fits = isinstance(value, list) and all(isinstance(one, dict) and set(one) == {"key"} for one in value)
    return "" if fits else "must be a list of keys"


_ALL: Mapping[str, Check] = {"prompt": _text, "callback_url": _callback}
FIELDS: Mapping[str, tuple[tuple[str, ...], Mapping[str, Check]]] = {
    "/generations/video": (
        ("model",),
        {
            **_ALL, "model": _one_of(*VIDEO_MODELS), "generation_type": _one_of("video"), "loop": _yes,
            "aspect_ratio": _one_of(*RATIOS), "resolution": _one_of(*RESOLUTIONS), "duration": _one_of("5s", "9s"),
            "keyframes": _frames, "concepts": _concepts,
        },
    ),
    "/generations/video/modify": (
        ("model", "generation_type", "media", "mode"),
        {
            **_ALL, "model": _one_of(*VIDEO_MODELS), "generation_type": _one_of("modify_video"), "media": _file,
            "first_frame": _file, "mode": _one_of(*MODES),
        },
    ),
    "/generations/image": (
        ("model",),
        {
            **_ALL, "model": _one_of(*IMAGE_MODELS), "generation_type": _one_of("image"),
            "aspect_ratio": _one_of(*RATIOS), "format": _one_of("jpg", "png"), "image_ref": _files,
            "style_ref": _files, "modify_image_ref": _file,
        },
    ),
}  # fmt: skip
"""By path: the fields that must be there, and what each takes."""


def wrong(path: str, body: Any) -> str:
    """Return what is wrong with a body, in words; empty when nothing is."""
    needed, known = FIELDS[path]
    if not isinstance(body, dict):
        return "The body must be an object"
    for name in needed:
        if name not in body:
            return f"{name} is required"
    for name, value in body.items():
        if name not in known:
            return f"{name} is not known"
        if said := known[name](value):
            return f"{name} {said}"
    if path != "/generations/video/modify" and "prompt" not in body and "keyframes" not in body:
        return "prompt is required"
    return ""
