"""The Animatic provider: the protocol of ``generation.providers.base`` over drawing, moving and speaking.

Nothing is bought and nothing is remembered: an order is accepted at once, and the work happens in ``fetch``, which
gives the same result for the same body.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import imageio_ffmpeg

from generation.providers.base import Context, Json, Operation, Order, Output, Submission, TaskState, TaskStatus, Traits
from generation.providers.errors import OutputUnusable, Refused

from .caption import DEFAULT_FONTS
from .clip import ClipFormat, make_clip
from .shot import Shot, read_shot
from .still import draw_still
from .voice import LONGEST_TEXT, directed, make_voice, voice_of

STILL, CLIP, VOICE = "animatic-still", "animatic-clip", "animatic-voice"
_MEDIA = {STILL: "image/jpeg", CLIP: "video/mp4", VOICE: "audio/wav"}
_OPERATIONS = {
    STILL: (Operation.TEXT_TO_IMAGE,),
    CLIP: (Operation.IMAGE_TO_VIDEO, Operation.TEXT_TO_VIDEO),
    VOICE: (Operation.TEXT_TO_SPEECH,),
}
_RATES = (24, 25, 30)


class AnimaticProvider:
    """Draws stills, moves a camera over them and speaks lines, on this machine, free of charge.

    Args:
        ffmpeg: path of the ffmpeg program; empty takes the one that imageio-ffmpeg brings.
        fonts: TrueType files for captions; the first that has all characters of a text is used.
    """

    name: ClassVar[str] = "animatic"
    traits: ClassVar[Traits] = Traits(
        safe_to_resend=True, computes_on_fetch=True, charges=False, first_poll_after=0.0, poll_spacing=0.2
    )

    def __init__(self, ffmpeg: str = "", fonts: Sequence[Path] = DEFAULT_FONTS) -> None:
        self._ffmpeg = ffmpeg or imageio_ffmpeg.get_ffmpeg_exe()
        self._fonts = tuple(fonts)

    def prepare(self, order: Order, context: Context) -> Json:
        """Check the order and write down all that ``fetch`` will need. Sends nothing; raises ``Refused``."""
        if order.operation not in _OPERATIONS.get(order.model, ()):
            raise Refused(
                f"The built-in provider has no model “{order.model}” for this. Choose one of its models.",
                code="unknown_model",
                internal=f"{order.model} / {order.operation}",
            )
        if order.model == VOICE:
            return _voice_body(order)
        given = order.parameters
        seed = _whole(given, "seed", 0, -(2**63), 2**64)
        body: dict[str, Any] = {
            "model": order.model,
            "width": _even(given, "width", 1280),
            "height": _even(given, "height", 720),
            "shot": read_shot(order.context, order.prompt, seed).to_json(),
        }
        if order.model == STILL:
            return body
        body["fps"] = _whole(given, "fps", 24, 1, 60)
        if body["fps"] not in _RATES:
            raise Refused("Choose 24, 25 or 30 frames per second.", code="bad_fps")
        duration = _whole(given, "duration_ms", 5000, 1, 10**9)
        if not 500 <= duration <= 30_000:
            raise Refused("A clip lasts from 0.5 to 30 seconds. Change its length.", code="bad_duration")
        body["frames"] = max(1, round(duration * body["fps"] / 1000))
        stills = [each for each in order.inputs if each.role == "first_frame"]
        if order.operation is Operation.IMAGE_TO_VIDEO and not stills:
            raise Refused("This clip needs a still as its first frame. Choose one.", code="first_frame_missing")
        body["first_frame"] = stills[0].sha256 if stills else ""
        return body

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        """Accept at once; the result is computed when it is fetched."""
        return Submission(task_id=str(uuid), outputs=(_output(body),))

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        """Every task is done: there is nothing to wait for and nothing to remember."""
        try:
            uuids.UUID(task_id)
        except ValueError:
            return TaskStatus(
                TaskState.FAILED, failure_code="unknown_task", failure_public="There is no such task. Start it again."
            )
        return TaskStatus(TaskState.SUCCEEDED, progress=1.0, outputs=(Output("result"),), cost=0)

    def cancel(self, task_id: str, context: Context) -> None:
        """Nothing runs outside ``fetch``, which stops by ``context.check``."""

    def fetch(self, body: Json, output: Output, destination: Path, context: Context) -> None:
        """Draw, render or speak into ``destination``.

        Raises:
            OutputUnusable: the body is not one of ours, the still cannot be read, or a tool failed.
            Stopped: from ``context.check``; nothing is left behind.
        """
        context.check()
        context.report(0.0)
        partial = destination.with_name(destination.name + ".making")
        try:
            self._make(body, partial, context)
            partial.replace(destination)
        finally:
            partial.unlink(missing_ok=True)
        context.report(1.0)

    def _make(self, body: Json, destination: Path, context: Context) -> None:
        model = body.get("model")
        if model == VOICE:
            limit = body["max_duration_ms"]
            # Bodies that were frozen before voices could be directed have no manner.
            voice = directed(voice_of(body["voice"], body["language"]), body["voice"], body.get("manner", ""))
            make_voice(body["text"], voice, destination, max_duration_ms=limit, check=context.check)
            return
        if model not in (STILL, CLIP):
            raise OutputUnusable(
                "This order cannot be made here. Start it again.", code="unknown_model", internal=str(model)
            )
        shot = Shot.from_json(body["shot"])
        if model == STILL:
            draw_still(shot, body["width"], body["height"], destination, fonts=self._fonts, check=context.check)
            return
        make_clip(
            shot,
            ClipFormat(body["width"], body["height"], body["fps"], body["frames"]),
            context.input_file(body["first_frame"]) if body["first_frame"] else None,
            destination,
            ffmpeg=self._ffmpeg,
            fonts=self._fonts,
            report=context.report,
            check=context.check,
        )


def _output(body: Json) -> Output:
    return Output("result", _MEDIA[str(body["model"])])


def _voice_body(order: Order) -> Json:
    given = order.parameters
    limit = given.get("max_duration_ms")
    if len(order.prompt) > LONGEST_TEXT:
        raise Refused(f"A line may have at most {LONGEST_TEXT} characters. Shorten it.", code="prompt_too_long")
    return {
        "model": VOICE,
        "text": order.prompt,
        "voice": str(given.get("voice", "")),
        "language": str(given.get("language", "") or "en"),
        "manner": str(order.context.get("parenthetical", ""))[:200],
        "max_duration_ms": None if limit is None else _whole(given, "max_duration_ms", 0, 1, 10**9),
    }


def _whole(given: Mapping[str, Any], key: str, usual: int, low: int, high: int) -> int:
    value = given.get(key)
    if value is None:
        return usual
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Refused(
            f"“{key}” must be a whole number from {low} to {high}.", code=f"bad_{key}", internal=repr(value)[:80]
        )
    return value


def _even(given: Mapping[str, Any], key: str, usual: int) -> int:
    value = _whole(given, key, usual, 64, 4096)
    if value % 2:
        raise Refused(f"“{key}” must be even.", code=f"bad_{key}", internal=str(value))
    return value
