"""The launcher that stands between us and every decoder process; it is run as a script, never imported.

``python -I -S sandbox.py '{"parent": 1, "memory": …}' -- program arguments…``

It takes away what a decoder does not need (network, core files, unlimited memory, processor time and disk), asks
the kernel to end it together with its parent, and then becomes the program. A launcher of its own instead of
``preexec_fn``, because running Python between fork and exec is unsafe in a process with threads.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys

# From linux/prctl.h and linux/sched.h; the standard library has no names for them before Python 3.12.
PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000

EXIT_ORPHANED = 125


def _limit(kind: int, value: int) -> None:
    """Lower one resource limit, never above what we were given ourselves."""
    _, hard = resource.getrlimit(kind)
    ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (ceiling, ceiling))


def _leave_network(libc: ctypes.CDLL) -> None:
    """Move into an empty network namespace.

    Where the kernel refuses (some containers), the protocol whitelists of the callers are what remains.
    """
    if libc.unshare(CLONE_NEWNET) != 0:
        libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)


def main(arguments: list[str]) -> None:
    """Apply the limits in the first argument and become the program that follows ``--``."""
    wanted = json.loads(arguments[0])
    program = arguments[2:]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_AS, wanted["memory"])
    _limit(resource.RLIMIT_FSIZE, wanted["file_size"])
    _limit(resource.RLIMIT_CPU, wanted["cpu"])
    _limit(resource.RLIMIT_NOFILE, 128)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        _leave_network(libc)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        # After the namespaces, because a change of credentials may clear it again.
        libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != wanted["parent"]:
            os._exit(EXIT_ORPHANED)  # the parent died before the kernel knew our wish
    os.execv(program[0], program)  # noqa: S606 - becoming the program is the purpose


if __name__ == "__main__":
    main(sys.argv[1:])
