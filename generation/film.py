"""The renderer behind the same seam as every provider: an order goes in, a film and its subtitles come out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from generation.media.cache import PieceCache
from generation.media.film import render_film
from generation.media.plan import FilmPlan
from generation.providers.base import Context, Json, Order, Output, Submission, TaskState, TaskStatus, Traits
from generation.providers.errors import OutputUnusable, Refused

FILM, SUBTITLES = "film.mp4", "film.srt"
_OUTPUTS = (Output(FILM, "video/mp4"), Output(SUBTITLES, "application/x-subrip"))
KEEP_JOINS_BYTES = 4 * 1024**3


class FilmAssembly:
    """Puts films together on this machine.

    Args:
        joins: where finished pieces are kept between renders, so that one changed shot costs one shot.
    """

    name: ClassVar[str] = "assembly"
    traits: ClassVar[Traits] = Traits(safe_to_resend=True, computes_on_fetch=True, charges=False, poll_spacing=1.0)

    def __init__(self, joins: Path) -> None:
        self._joins = joins

    def prepare(self, order: Order, context: Context) -> Json:
        """Freeze the plan."""
        try:
            return FilmPlan.from_json(order.context).to_json()
        except (ValueError, TypeError, KeyError) as error:
            raise Refused(
                "The film has no shots that could be cut. Break the script down first.",
                code="empty_film",
                internal=repr(error),
            ) from error

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        """Accept at once; the work is done when the film is fetched."""
        return Submission(task_id=str(uuid), outputs=_OUTPUTS)

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        """Nothing is ever waited for."""
        return TaskStatus(TaskState.SUCCEEDED, progress=1.0, outputs=_OUTPUTS, cost=0)

    def cancel(self, task_id: str, context: Context) -> None:
        """The rendering itself heeds ``context.check``."""

    def fetch(self, body: Json, output: Output, destination: Path, context: Context) -> None:
        """Render the film, or hand over the subtitles that were written beside it."""
        beside = context.work_dir / f"rendered-{SUBTITLES}"
        if output.reference == SUBTITLES:
            if not beside.exists():
                raise OutputUnusable("The subtitles were not written. Render the film again.", code="no_subtitles")
            shutil.copyfile(beside, destination)
            return
        rendered = render_film(
            FilmPlan.from_json(body),
            destination,
            input_file=context.input_file,
            cache=self._joins,
            report=context.report,
            check=context.check,
        )
        beside.write_text(rendered.srt, encoding="utf-8")
        PieceCache(self._joins).prune(max_bytes=KEEP_JOINS_BYTES)
