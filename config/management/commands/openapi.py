"""``manage.py openapi``: writes the API's description into a file, as the server gives it out, and promises it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config.api import description
from config.contract import contract_of, written

PROMISED = Path(settings.BASE_DIR) / "docs" / "api-promise.json"


class Command(BaseCommand):
    help = "Write the API's description; with --release also what is promised from now on (docs/api-promise.json)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file and --release."""
        parser.add_argument("path", type=Path, help="where to write it")
        parser.add_argument("--release", action="store_true", help="promise the API as it is now")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the files."""
        made, path = description(), options["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(made, indent=1) + "\n")
        self.stdout.write(f"{path}: {len(made['paths'])} addresses")
        if options["release"]:
            PROMISED.write_text(written(contract_of(made)))
            self.stdout.write(f"{PROMISED.relative_to(settings.BASE_DIR)}: what is promised from now on")
