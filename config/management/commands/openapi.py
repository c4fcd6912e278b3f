"""``manage.py openapi``: writes the API's description into the documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config.api import description
from config.contract import contract_of, written

DESCRIBED = Path(settings.BASE_DIR) / "docs" / "openapi.json"
PROMISED = Path(settings.BASE_DIR) / "docs" / "api-promise.json"


class Command(BaseCommand):
    help = "Write docs/openapi.json anew; with --release also what is promised from now on (docs/api-promise.json)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --release."""
        parser.add_argument("--release", action="store_true", help="promise the API as it is now")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the files."""
        made = description()
        DESCRIBED.write_text(json.dumps(made, indent=1) + "\n")
        self.stdout.write(f"{DESCRIBED.relative_to(settings.BASE_DIR)}: {len(made['paths'])} addresses")
        if options["release"]:
            PROMISED.write_text(written(contract_of(made)))
            self.stdout.write(f"{PROMISED.relative_to(settings.BASE_DIR)}: what is promised from now on")
