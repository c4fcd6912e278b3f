"""``manage.py rehearse``: the simulated providers in the foreground, for people and other programs."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from generation.rehearsal import RehearsalServer, Scenario
from generation.rehearsal.faults import FAULTS
from generation.vendors.own_models import IMAGE, REHEARSED, TEXT


class Command(BaseCommand):
    """Serves the simulated providers until it is told to end."""

    help = "Run all simulated providers by themselves: real prices and protocols, no real money."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--port", type=int, default=8099, help="where to listen (0: any free port)")
        parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 lets other machines in")
        parser.add_argument("--speed", type=float, default=None, help="share of the real time; 0 is at once (0.1)")
        parser.add_argument("--faults", type=float, default=0.0, help="share of the orders that meet trouble, 0 to 1")
        parser.add_argument("--seed", type=int, default=0, help="the same seed draws the same trouble")
        parser.add_argument("--state", type=Path, default=None, help="folder of its books (default: one of its own)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, say how to reach it, and wait for a signal."""
        if not 0 <= options["faults"] <= 1:
            raise CommandError("--faults is a share from 0 to 1: 0.1 troubles one order in ten.")
        if options["speed"] is not None and options["speed"] < 0:
            raise CommandError("--speed cannot be negative: 1 is real time, 0.1 ten times faster, 0 at once.")
        speed = settings.REHEARSAL_SPEED if options["speed"] is None else options["speed"]
        state = options["state"] or Path(settings.DATA_DIR) / "rehearse"
        scenario = Scenario(rate=options["faults"], seed=options["seed"])
        try:
            server = RehearsalServer(
                state, host=options["host"], port=options["port"], speed=speed, scenario=scenario
            ).start()
        except OSError as error:
            raise CommandError(
                f"Port {options['port']} at {options['host']} cannot be used: {error.strerror}. Name another one."
            ) from error
        environment = "\n".join(f"{name}={value}" for name, value in _environment(server).items())
        self.stdout.write(
            f"""Simulated providers at {server.base_url}, {_pace(speed)}. No real money is spent.

  This product     REHEARSAL_URL={server.base_url}
                   or, as if they were the real ones, all of these lines in .env; any key of the right form will do:

{environment}

  runwayml         RunwayML(base_url="{server.runway_url}", api_key="key_" + 128 hexadecimal digits)
  runware-sdk      Runware(transport="rest", http_base_url="{server.runware_url}", api_key="any eight characters")
  anthropic        Anthropic(base_url="{server.anthropic_url}", api_key="any eight characters")
  openai           OpenAI(base_url="{server.openai_compatible_url}", api_key="any")
  google-genai     Client(api_key="any twenty characters", http_options={{"base_url": "{server.gemini_url}"}})
  Books            {server.base_url}/_books
  One fault        write [[fault:accept_drop]] into a prompt. Faults: {", ".join(sorted(FAULTS))}

Ctrl+C ends."""
        )
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        ended.wait()
        server.stop()


def _environment(server: RehearsalServer) -> dict[str, str]:
    """Return the settings by which every provider of an installation is one of this server's."""
    key = "rehearsal" + "0" * 32
    return {
        "RUNWAYML_API_SECRET": "key_" + "0" * 128,
        "RUNWAY_BASE_URL": server.runway_url,
        "RUNWARE_API_KEY": key,
        "RUNWARE_BASE_URL": server.runware_url,
        "ANTHROPIC_API_KEY": key,
        "ANTHROPIC_BASE_URL": server.anthropic_url,
        "PARASAIL_API_KEY": key,
        "PARASAIL_BASE_URL": server.parasail_url,
        "OPENAI_COMPATIBLE_BASE_URL": server.openai_compatible_url,
        "OPENAI_COMPATIBLE_TEXT_MODEL": REHEARSED[TEXT]["name"],
        "OPENAI_COMPATIBLE_INPUT_PRICE": "0.1",
        "OPENAI_COMPATIBLE_OUTPUT_PRICE": "0.4",
        "OPENAI_COMPATIBLE_IMAGE_MODEL": REHEARSED[IMAGE]["name"],
        "OPENAI_COMPATIBLE_IMAGE_PRICE": "0.01",
        "LUMA_API_KEY": key,
        "LUMA_BASE_URL": server.luma_url,
        "ELEVENLABS_API_KEY": key,
        "ELEVENLABS_BASE_URL": server.elevenlabs_url,
        "GEMINI_API_KEY": key,
        "GEMINI_BASE_URL": server.gemini_url,
        "FETCH_ALLOWED_ORIGINS": server.base_url,
    }


def _pace(speed: float) -> str:
    if speed == 0:
        return "at once"
    return "in real time" if speed == 1 else f"{1 / speed:g} times as fast as the real ones"
