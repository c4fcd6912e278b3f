"""Our server: the whole application under uvicorn as ``manage.py serve`` runs it, without its worker."""

from __future__ import annotations

import threading
from typing import Any

import uvicorn
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from accounts.models import User
from benchmarks import stage
from benchmarks.processes import spare_port
from benchmarks.pushing.load import Load
from config import asgi
from projects import live
from projects.models import Project

load = Load()


def serve() -> dict[str, str]:
    """Serve from a thread of this process; return the socket's address and the cookie of somebody who may watch."""
    # One person sits at all the browsers.
    settings.SOCKETS_OF_A_PERSON = 1_000_000
    project = stage.open_house()
    port = spare_port()
    config = uvicorn.Config(
        asgi.application,
        host="127.0.0.1",
        port=port,
        lifespan="on",
        log_level="error",
        backlog=2048,
        ws_per_message_deflate=False,
    )
    server = uvicorn.Server(config)
    threading.Thread(target=server.run, daemon=True).start()
    load.wait_for(lambda: server.started)
    return {
        "url": f"ws://127.0.0.1:{port}/ws/projects/{project.pk}/",
        "cookie": f"sessionid={_session(User.objects.get())}",
    }


def _session(person: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def send(count: int, pause: float) -> dict[str, Any]:
    """Push so many messages; return what it took."""
    project_id = Project.objects.values_list("pk", flat=True).get()
    return load.send(lambda message: live.push(project_id, message), count, pause)


def memory() -> float:
    """Return the megabytes that this process holds."""
    return load.memory()
