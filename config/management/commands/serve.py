"""``manage.py serve``: pages, sockets and, without Redis, the worker, in one process."""

from __future__ import annotations

import secrets
import socket
import sys
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from accounts.models import User
from accounts.policies import Right
from generation import local, services
from generation.management.progress import follow
from generation.models import Batch
from projects import streaming
from projects.access import open_project
from projects.models import Project


class _Server(uvicorn.Server):
    """Ends the streams that it serves before it waits for its answers to end: these would never."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop serving."""
        await streaming.end_all()
        await super().shutdown(sockets)


class Command(BaseCommand):
    """Serves the product until it is told to end."""

    help = "Start Rushes: pages, live updates and the worker in one process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--first-run", action="store_true", help="with an empty database, make a login and the sample film"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, prepare the first run, say where, and serve."""
        host, port = options["host"], options["port"]
        self._free(host, port)
        call_command("migrate", verbosity=0, interactive=False)
        batch = self._first_run() if options["first_run"] else None
        server = _Server(
            uvicorn.Config(
                "config.asgi:application",
                host=host,
                port=port,
                lifespan="on",
                log_level="warning",
                ws_max_size=1024 * 1024,
                # Deflating doubles the memory of a socket and saves nothing on messages this small.
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=15,
                proxy_headers=False,
                server_header=False,
            )
        )
        self.stdout.write(f"\nRushes is at http://{'localhost' if host == '127.0.0.1' else host}:{port}")
        self._tell_login()
        if settings.EMBEDDED_WORKER:
            self.stdout.write("Ctrl+C ends; whatever was being made goes on with the next start.\n")
        if batch is not None:
            threading.Thread(target=self._follow, args=(batch, server), name="terminal", daemon=True).start()
        server.run()

    def _free(self, host: str, port: int) -> None:
        """Say that the place is taken before anything is set up."""
        try:
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used: {error.strerror}. Is Rushes running already? "
                f"Otherwise choose another: manage.py serve --port {port + 1}"
            ) from error

    def _first_run(self) -> Batch | None:
        """Make the login and the sample project once; its film goes on being made at later starts by itself."""
        if Project.objects.exists():
            return Batch.objects.filter(jobs__state__in=["queued", "running"]).order_by("-created_at").first()
        owner = local.local_owner()
        password = secrets.token_urlsafe(9)
        owner.set_password(password)
        owner.save(update_fields=["password"])
        # Before the password is in it: nobody else may read it even for a moment.
        self._login_file().touch(mode=0o600)
        self._login_file().chmod(0o600)
        self._login_file().write_text(f"{owner.email}\n{password}\n")
        self.stdout.write("Setting up: a team, a login, and the sample film …")
        loaded = local.load_script(
            owner=owner, data=local.SAMPLE.read_bytes(), filename=local.SAMPLE.name, name=local.SAMPLE_NAME
        )
        return services.make_film(opened=open_project(owner, loaded.opened.project.pk, Right.SPEND))

    def _tell_login(self) -> None:
        try:
            email, password = self._login_file().read_text().split()
        except (OSError, ValueError):
            return
        owner = User.objects.filter(email=email).first()
        if owner is not None and owner.check_password(password):
            self.stdout.write(f"Log in as {email} with the password {password}")

    def _login_file(self) -> Path:
        path: Path = settings.DATA_DIR / "first-login.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _follow(self, batch: Batch, server: uvicorn.Server) -> None:
        try:
            state = follow(batch.pk, out=sys.stdout, stop=lambda: server.should_exit)
            if state.ended and not state.failed:
                self.stdout.write("The film is made: open it on the Film page.")
        finally:
            close_old_connections()
