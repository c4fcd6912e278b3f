"""Pictures by OpenAI's protocol: in the answer, or as links."""

from __future__ import annotations

import base64
import time
import uuid
import zlib
from typing import Any

from generation.catalogue import models
from generation.providers.base import Operation
from generation.rehearsal.desk import Desk
from generation.rehearsal.faults import Asked, Played
from generation.rehearsal.http import Reply, as_json
from generation.rehearsal.media import pictures
from generation.rehearsal.tasks import Accepting, Wanted


def draw(
    desk: Desk, number: int, account: str, body: dict[str, Any], played: Played, *, asked: Asked, base_url: str
) -> Reply:
    """Sell pictures and answer with them.

    Args:
        desk, number, account: where, which entry in the book of what was received, and who pays.
        body: valid.
        played: what goes wrong.
        asked: the request, as scenarios see it; its model is the one of the catalogue.
        base_url: how the caller reached us, for links.
    """
    width, height = (int(side) for side in body.get("size", "1024x1024").split("x"))
    seed = zlib.crc32(str(body["prompt"]).encode())
    price = models()[asked.model].estimate(Operation.TEXT_TO_IMAGE, {"width": width, "height": height})
    count = int(body.get("n", 1))
    wanted = Wanted("image", "image/png", width=width, height=height, count=count, seed=seed)
    task = desk.accept(
        number,
        Accepting(
            id=f"img-{uuid.uuid4().hex}", provider=asked.provider, account=account, operation=asked.operation,
            model=asked.model, body=body, wanted=wanted, estimate=price * count, seconds=0.0, faults=played.later,
        ),
    )  # fmt: skip
    desk.stopping.wait(models()[asked.model].typical_seconds * desk.speed)
    data: list[dict[str, str]] = []
    if "no_output" not in played.later:
        if body.get("response_format") == "url":
            data = [{"url": link} for link in desk.links(task, base_url, range(count))]
        else:
            data = [{"b64_json": _encoded(desk, width, height, seed + at, task.id)} for at in range(count)]
    return as_json({"created": int(time.time()), "data": data})


def _encoded(desk: Desk, width: int, height: int, seed: int, name: str) -> str:
    path = desk.state.made / f"{name}-{seed}.png"
    pictures.write(pictures.draw(width, height, title="Own endpoint", below="", seed=seed), "image/png", path)
    return base64.b64encode(path.read_bytes()).decode()
