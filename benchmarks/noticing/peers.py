"""Runway's official client, waiting for tasks with its own ``wait_for_task_output``."""

from __future__ import annotations

import asyncio
import threading
import time

from runwayml import AsyncRunwayML, RunwayML

from benchmarks.noticing.provider import begins, ends


def waiting_threads(url: str, key: str, tasks: list[str]) -> list[float]:
    """Order each task as it begins and wait in a thread of its own; return the seconds from its end to the answer."""
    client = RunwayML(api_key=key, base_url=url)
    lates: list[float] = []

    def one(task: str) -> None:
        time.sleep(max(begins(task) - time.time(), 0))
        client.text_to_image.create(model="gen4_image", prompt_text=task, ratio="1280:720").wait_for_task_output()
        lates.append(time.time() - ends(task))

    threads = [threading.Thread(target=one, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return lates


def waiting_together(url: str, key: str, tasks: list[str]) -> list[float]:
    """The same in one thread, with the client's other form."""

    async def one(client: AsyncRunwayML, task: str) -> float:
        await asyncio.sleep(max(begins(task) - time.time(), 0))
        order = await client.text_to_image.create(model="gen4_image", prompt_text=task, ratio="1280:720")
        await order.wait_for_task_output()
        return time.time() - ends(task)

    async def every() -> list[float]:
        client = AsyncRunwayML(api_key=key, base_url=url)
        return list(await asyncio.gather(*(one(client, task) for task in tasks)))

    return asyncio.run(every())
