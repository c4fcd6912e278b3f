"""Who holds a piece of work, and how others notice that the holder has died."""

from __future__ import annotations

import os
import re
import socket
import threading
from functools import cache
from pathlib import Path

_OWNER = re.compile(r"(?P<machine>.+)/(?P<pid>\d+)/(?P<started>\d+)")

stopping = threading.Event()
"""Set when this process is to end: no new work is claimed, and work in hand stops at the next check."""

threads: int | None = None
"""How many messages this process works on at once; None while no worker runs in it."""


@cache
def _machine() -> str:
    """Name this machine and its view of process ids, so that a container never judges another's processes."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = str(Path("/proc/self/ns/pid").readlink())
        return f"{socket.gethostname()[:40]}:{boot[:8]}:{namespace.strip('pid:[]')}"
    except OSError:
        return ""


def _started(pid: int) -> int | None:
    """Return when a process began, in clock ticks since boot, or None when it has ended (proc(5), fields 3 and 22).

    One that has died and was not yet collected by its parent has ended, too.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def owner() -> str:
    """Return this process's name for leases; empty where processes cannot be told apart."""
    machine = _machine()
    return f"{machine}/{os.getpid()}/{_started(os.getpid())}" if machine else ""


def is_dead(lease_owner: str) -> bool:
    """Return whether the holder was a process of this machine that is no more.

    Holders on other machines are never judged: their leases run out by the clock.
    """
    match = _OWNER.fullmatch(lease_owner)
    if match is None or match["machine"] != _machine():
        return False
    return _started(int(match["pid"])) != int(match["started"])
