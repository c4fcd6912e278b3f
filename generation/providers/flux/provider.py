"""Local FLUX as the engine meets it: orders are accepted at once, and the picture is computed when it is fetched."""

from __future__ import annotations

import uuid as uuids
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from generation.providers.base import Context, Json, Operation, Order, Output, Submission, TaskState, TaskStatus, Traits
from generation.providers.errors import Refused

from . import folder
from .bodies import body_of
from .calls import Studio

_MEDIA_TYPE = "image/png"


class FluxProvider:
    """Draws with FLUX models that lie on this machine, free of charge. Nothing is ever downloaded.

    Args:
        models: the folder with a folder for each model; None where none was set.
        place: a folder for the process that computes: its address, its lock and its log.
        idle_seconds: after how long without work that process ends, and gives the model's memory back.
    """

    name: ClassVar[str] = "flux"
    traits: ClassVar[Traits] = Traits(
        safe_to_resend=True,
        computes_on_fetch=True,
        loads_model=True,
        charges=False,
        first_poll_after=0.0,
        poll_spacing=1.0,
        max_concurrent=1,
    )

    def __init__(self, models: Path | None, place: Path, *, idle_seconds: float = 300.0) -> None:
        self._models = models
        self._studio = Studio(place, idle_seconds)

    def why_not(self, model: str) -> str:
        """Return why a model cannot be used here, in words; empty when it can."""
        try:
            folder.find(self._models, model)
        except folder.NotHere as error:
            return error.public
        return ""

    def prepare(self, order: Order, context: Context) -> Json:
        """Check the order and write down all that ``fetch`` will need. Sends nothing; raises ``Refused``."""
        installed = folder.find(self._models, order.model)
        if order.operation not in folder.RUNS[installed.pipeline]:
            raise Refused(
                f"{order.model} does nothing of this kind. Choose another model.",
                code="unknown_operation",
                internal=str(order.operation),
            )
        return body_of(order)

    def submit(self, uuid: UUID, body: Json, context: Context) -> Submission:
        """Accept at once; the result is computed when it is fetched."""
        return Submission(task_id=str(uuid), outputs=(Output("result", _MEDIA_TYPE, seed=body["seed"]),))

    def poll(self, task_id: str, context: Context) -> TaskStatus:
        """Every task is done: there is nothing to wait for and nothing to remember."""
        try:
            uuids.UUID(task_id)
        except ValueError:
            return TaskStatus(
                TaskState.FAILED, failure_code="unknown_task", failure_public="There is no such task. Start it again."
            )
        return TaskStatus(TaskState.SUCCEEDED, progress=1.0, outputs=(Output("result", _MEDIA_TYPE),), cost=0)

    def cancel(self, task_id: str, context: Context) -> None:
        """Nothing runs outside ``fetch``, which stops by ``context.check``."""

    def fetch(self, body: Json, output: Output, destination: Path, context: Context) -> None:
        """Compute the picture into ``destination``.

        Raises:
            Refused: the model cannot be used here (any more), or the picture does not fit into memory.
            PollFailed: the process that computes has ended; try again.
            Stopped: from ``context.check``; nothing is left behind.
        """
        installed = folder.find(self._models, str(body["model"]))
        job = {
            **body,
            "folder": str(installed.path),
            "pipeline": installed.pipeline,
            "runs": folder.RUNS[installed.pipeline][Operation(body["operation"])],
            "weights": installed.weights,
            "largest": installed.largest,
            "destination": str(destination),
        }
        for role in ("source", "mask"):
            if role in body:
                job[role] = str(context.input_file(body[role]))
        context.report(0.0)
        self._studio.draw(job, report=context.report, check=context.check)
        context.report(1.0)
