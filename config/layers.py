"""The channel layer of one process: safe from any thread, loses nothing to a clock, forgets the oldest when full.

Channels' in-memory layer is made for tests: it belongs to no loop, so a send from a worker's thread may wake
nobody, and it drops a slow channel from its groups after a minute. This one does all its work on the
server's loop.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from typing import Any

from channels.layers import BaseChannelLayer


class LocalChannelLayer(BaseChannelLayer):
    """Queues by channel and channels by group, all touched on one loop only."""

    extensions = ("groups",)

    def __init__(self, capacity: int = 1000, **options: Any) -> None:
        super().__init__(capacity=capacity, **options)
        self._queues: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._groups: dict[str, set[str]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Do all work on this loop from now on."""
        self._loop = loop
        self._queues.clear()
        self._groups.clear()

    async def new_channel(self, prefix: str = "specific.") -> str:
        """Return a name that nobody else has."""
        return f"{prefix}.local!{secrets.token_hex(8)}"

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Put a message into a channel; a full one loses its oldest."""
        await self._on_owner(self._put, channel, message)

    async def receive(self, channel: str) -> dict[str, Any]:
        """Wait for a channel's next message. To be called on the owning loop."""
        return await self._queue(channel).get()

    async def group_add(self, group: str, channel: str) -> None:
        """Let a channel hear a group; it stays until it is discarded."""
        await self._on_owner(self._add, group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """End that."""
        await self._on_owner(self._discard, group, channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Put a message into every channel of a group."""
        await self._on_owner(self._put_all, group, message)

    async def _on_owner(self, function: Any, *args: Any) -> None:
        running = asyncio.get_running_loop()
        owner = self._loop
        if owner is None or owner is running or owner.is_closed():
            function(*args)
        else:
            owner.call_soon_threadsafe(function, *args)

    def _queue(self, channel: str) -> asyncio.Queue[dict[str, Any]]:
        if channel not in self._queues:
            self._queues[channel] = asyncio.Queue(maxsize=self.capacity)
        return self._queues[channel]

    def _put(self, channel: str, message: dict[str, Any]) -> None:
        queue = self._queue(channel)
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(message)

    def _put_all(self, group: str, message: dict[str, Any]) -> None:
        for channel in self._groups.get(group, ()):
            self._put(channel, message)

    def _add(self, group: str, channel: str) -> None:
        self._groups[group].add(channel)

    def _discard(self, group: str, channel: str) -> None:
        self._groups[group].discard(channel)
        if not self._groups[group]:
            del self._groups[group]
