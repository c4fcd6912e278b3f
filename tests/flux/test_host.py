"""The process that computes, as orders meet it: drawn, called off, one after the other, killed and begun anew."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from generation.providers.base import Operation
from generation.providers.errors import PollFailed, Refused, Stopped
from generation.providers.flux import FluxProvider, host
from generation.providers.flux.calls import ROOT
from tests.flux.conftest import LONGEST, SCHNELL, context, drawn, hosts, order

LONG = {"width": 512, "height": 512, "seed": 7, "options": {"steps": 8}}


def wait_for(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something holds.

    Raises:
        AssertionError: it does not before long.
    """
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "It does not happen."
        time.sleep(0.1)


def after(share: float, act: Callable[[], None]) -> tuple[Callable[[float], None], Callable[[], None]]:
    """Return a ``report`` and a ``check`` of which the latter acts once so much is done."""
    done = [0.0]

    def check() -> None:
        if done[0] >= share:
            act()

    return lambda now: done.__setitem__(0, now), check


def stop() -> None:
    """End the work."""
    raise Stopped


def test_a_picture_is_drawn_with_progress_and_nothing_is_left_beside_it(
    provider: FluxProvider, models: Path, tmp_path: Path
) -> None:
    shares: list[float] = []
    first = drawn(provider, models, tmp_path, order(), report=shares.append)
    with Image.open(first) as picture:
        assert (picture.format, picture.size, picture.info) == ("PNG", (256, 256), {})
    assert shares == sorted(shares)
    assert len({share for share in shares if 0.1 < share < 1.0}) == 4, "each step is told"
    again = drawn(provider, models, tmp_path, order())
    assert first.read_bytes() == again.read_bytes(), "fetching again gives the same"
    assert sorted(tmp_path.iterdir()) == sorted([first, again])


def test_a_picture_is_changed_where_its_mask_is_white(provider: FluxProvider, models: Path, tmp_path: Path) -> None:
    path = drawn(provider, models, tmp_path, order(SCHNELL, Operation.INPAINT, {"seed": 1}))
    with Image.open(path) as picture:
        assert picture.size == (320, 176)


def test_a_cancel_ends_it_between_two_steps_and_the_next_picture_is_drawn(
    provider: FluxProvider, place: Path, models: Path, tmp_path: Path
) -> None:
    report, check = after(0.2, stop)
    with pytest.raises(Stopped):
        drawn(provider, models, tmp_path, order(parameters=LONGEST), report=report, check=check)
    assert drawn(provider, models, tmp_path, order()).exists()
    assert "Called off" in (place / "log").read_text(), "it was not drawn to its end for nobody"
    assert len(list(tmp_path.iterdir())) == 1


def test_two_orders_at_once_are_drawn_one_after_the_other(
    own_provider: FluxProvider, models: Path, tmp_path: Path
) -> None:
    spans: dict[str, list[float]] = {"first": [], "second": []}
    # As two workers would: each knows only what lies in the folder.
    other = FluxProvider(models, tmp_path / "place", idle_seconds=2.0)
    faults: list[BaseException] = []

    def work(name: str, provider: FluxProvider) -> None:
        folder = tmp_path / name
        folder.mkdir()
        try:
            drawn(
                provider, models, folder, order(parameters=LONG),
                report=lambda share: spans[name].append(time.monotonic()) if 0.1 < share < 1.0 else None,
            )  # fmt: skip
        except BaseException as fault:
            faults.append(fault)

    threads = [
        threading.Thread(target=work, args=(name, one)) for name, one in (("first", own_provider), ("second", other))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    earlier, later = sorted(spans.values())
    assert earlier[-1] < later[0]


def test_whoever_comes_second_serves_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers may start one each at the same moment: a second model would not fit into memory."""
    monkeypatch.setattr(host, "_WAIT_FOR_LOCK_SECONDS", 0.0)
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert host.main(tmp_path, idle_seconds=0.0) == 1
        assert not (tmp_path / "address").exists()
    assert host.main(tmp_path, idle_seconds=0.0) == 0


def test_a_killed_process_is_told_and_begun_anew(own_provider: FluxProvider, models: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"

    def kill() -> None:
        for pid in hosts(place):
            os.kill(pid, signal.SIGKILL)

    report, check = after(0.2, kill)
    with pytest.raises(PollFailed, match="ended in the middle"):
        drawn(own_provider, models, tmp_path, order(parameters=LONG), report=report, check=check)
    assert drawn(own_provider, models, tmp_path, order()).exists()
    # Long enough without work, it gives all memory back.
    wait_for(lambda: hosts(place) == [])
    assert not (place / "address").exists()


def test_it_ends_with_whoever_started_it(models: Path, tmp_path: Path) -> None:
    """A worker dies by kill -9 in the middle of a picture: nothing goes on drawing for nobody."""
    script = (
        "import os, sys; from pathlib import Path; from generation.providers.flux import FluxProvider\n"
        "from tests.flux.conftest import LONGEST, context, drawn, order\n"
        "models, folder = Path(sys.argv[1]), Path(sys.argv[2])\n"
        "report = lambda share: os.kill(os.getpid(), 9) if share > 0.2 else None\n"
        "drawn(FluxProvider(models, folder / 'place'), models, folder, order(parameters=LONGEST), report=report)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(models), str(tmp_path)], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    wait_for(lambda: hosts(tmp_path / "place") == [])
    assert not list(tmp_path.glob("picture-*"))


def test_what_is_not_there_any_more_is_refused_before_anything_starts(tmp_path: Path, models: Path) -> None:
    provider = FluxProvider(models, tmp_path / "place")
    body = provider.prepare(order(), context(models, tmp_path))
    gone = FluxProvider(tmp_path / "empty", tmp_path / "place")
    submission = gone.submit(order().uuid, body, context(models, tmp_path))
    assert submission.outputs is not None
    with pytest.raises(Refused, match="FLUX_MODELS_DIR"):
        gone.fetch(body, submission.outputs[0], tmp_path / "picture", context(models, tmp_path))
    assert hosts(tmp_path / "place") == []
