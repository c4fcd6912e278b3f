"""What lies on the machine: other people of the machine cannot read it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from config.management.commands import serve

ROOT = Path(__file__).resolve().parents[2]


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_data_folder_is_the_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings.dev", "DATA_DIR": str(folder)}
    asked = "import os; os.umask(0o022); from django.conf import settings; print(settings.DEBUG)"
    answer = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"
    assert _mode(folder) == 0o700
    assert _mode(folder / "secret.key") == 0o600


@pytest.mark.django_db
def test_the_first_password_is_never_in_a_file_that_others_can_read(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    modes: list[int] = []
    write = Path.write_text

    def watched(path: Path, *args: Any, **kwargs: Any) -> int:
        if path.name == "first-login.txt":
            modes.append(_mode(path) if path.exists() else -1)
        return write(path, *args, **kwargs)

    class Silent:
        should_exit = True

        def __init__(self, config: Any) -> None: ...

        def run(self) -> None: ...

    monkeypatch.setattr(Path, "write_text", watched)
    monkeypatch.setattr(serve, "_Server", Silent)
    monkeypatch.setattr(serve.Command, "_free", lambda *_: None)
    monkeypatch.setattr(serve.Command, "_follow", lambda *_: None)
    call_command("serve", "--first-run", verbosity=0)
    assert modes == [0o600]
    assert _mode(tmp_path / "first-login.txt") == 0o600
