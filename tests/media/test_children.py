"""Child processes: limited, stoppable, and gone when we are gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from generation.media.children import ChildLimits, ChildTimedOut, run_child
from generation.providers.errors import Stopped

ROOT = Path(__file__).resolve().parents[2]


def python(code: str, *, limits: ChildLimits | None = None, **more):
    return run_child([sys.executable, "-I", "-c", code], limits=limits or ChildLimits(), **more)


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(pid: int) -> bool:
    for _ in range(200):
        if not alive(pid):
            return True
        time.sleep(0.05)
    return False


def test_output_errors_and_status_come_back():
    finished = python("import sys; print('out'); sys.stderr.write('err'); sys.exit(3)")
    assert (finished.output, finished.errors, finished.returncode) == (b"out\n", "err", 3)


def test_lines_are_handed_over_as_they_come():
    lines: list[str] = []
    python("print('one'); print('two')", on_line=lines.append)
    assert lines == ["one", "two"]


def test_our_environment_stays_ours(monkeypatch):
    monkeypatch.setenv("CANARY_KEY", "canary-value")
    assert b"canary" not in python("import os; print(dict(os.environ))").output


def test_limits_hold(tmp_path):
    small = ChildLimits(memory_bytes=256 << 20, file_bytes=1000, cpu_seconds=1)
    assert python("bytearray(1 << 30)", limits=small).returncode != 0
    assert python("while True: pass", limits=small).returncode == -signal.SIGKILL
    path = tmp_path / "large"
    python(f"open({str(path)!r}, 'wb').write(b'x' * 100000)", limits=small)
    assert path.stat().st_size <= 1000


def test_too_long_is_ended_with_its_own_children():
    pids: list[str] = []
    code = (
        "import subprocess, sys, time;"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "print(p.pid, flush=True); time.sleep(600)"
    )
    with pytest.raises(ChildTimedOut):
        python(code, limits=ChildLimits(wall_seconds=1.5), on_line=pids.append)
    assert wait_until_gone(int(pids[0]))


def test_stopping_ends_the_child():
    pids: list[str] = []

    def check() -> None:
        if pids:
            raise Stopped

    with pytest.raises(Stopped):
        python("import os, time; print(os.getpid(), flush=True); time.sleep(600)", on_line=pids.append, check=check)
    assert wait_until_gone(int(pids[0]))


def test_a_child_does_not_outlive_a_killed_parent(tmp_path):
    code = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from generation.media.children import ChildLimits, run_child
run_child([sys.executable, "-I", "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"],
          limits=ChildLimits(), on_line=lambda line: print(line, flush=True))
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert alive(child)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert wait_until_gone(child)
