"""Several workers at one endpoint, and one that is killed: each message at least once, in order, one at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import connection, connections
from django.utils import timezone

from projects.models import Delivery, Event, WebhookEndpoint
from projects.outgoing import log, sending
from tests.webhooks.receiver import Receiver, Reply

pytestmark = pytest.mark.django_db(transaction=True)
Happen = Callable[..., Event]


def test_two_workers_never_send_at_once_and_nothing_overtakes(
    made: tuple[WebhookEndpoint, str], happen: Happen, receiver: Receiver, rung: list[tuple[str, ...]]
) -> None:
    endpoint, secret = made
    receiver.otherwise = Reply(after=0.005)
    for _ in range(10):
        happen("take_added")
    done = threading.Event()

    def work() -> None:
        try:
            while not done.is_set():
                sending.send(endpoint.pk)
                done.wait(0.002)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    try:
        for _ in range(10):
            happen("comment_added")
        for _ in range(1500):
            if Delivery.objects.filter(state="delivered").count() == 20:
                break
            done.wait(0.02)
    finally:
        done.set()
        for worker in workers:
            worker.join()
    numbers = [one.read(secret)["data"]["seq"] for one in receiver.received]
    assert numbers == list(range(1, 21))
    assert receiver.most_at_once == 1


def test_killed_between_sending_and_noting_it_comes_again_under_the_same_id(
    made: tuple[WebhookEndpoint, str], happen: Happen, receiver: Receiver, rung: list[tuple[str, ...]]
) -> None:
    endpoint, secret = made
    happen("take_added")
    happen("comment_added")
    rung.clear()
    address = connection.settings_dict["NAME"]
    url = f"sqlite:///{address}"
    if connection.vendor == "postgresql":
        there = connection.settings_dict
        url = f"postgres://{there['USER']}:{there['PASSWORD']}@{there['HOST']}:{there['PORT']}/{address}"
    sealing = ",".join(configured.FIELD_ENCRYPTION_KEYS)
    env = {**os.environ, "DATABASE_URL": url, "FIELD_ENCRYPTION_KEYS": sealing}
    env |= {"DJANGO_SETTINGS_MODULE": "config.settings.dev", "DATA_DIR": str(configured.DATA_DIR)}
    doomed = [sys.executable, "-m", "tests.webhooks.doomed", str(endpoint.pk), receiver.origin]
    killed = subprocess.run(doomed, env=env, check=False, capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    assert len(receiver.received) == 1
    # Its lease still stands: nobody sends before it has run out.
    log.sweep()
    sending.send(endpoint.pk)
    assert rung == []
    assert len(receiver.received) == 1
    WebhookEndpoint.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    log.sweep()
    assert [what[1] for what in rung] == [str(endpoint.pk)]
    sending.send(endpoint.pk)
    assert [one.read(secret)["type"] for one in receiver.received] == ["take_added", "take_added", "comment_added"]
    assert receiver.ids[0] == receiver.ids[1]
    assert Delivery.objects.filter(state="delivered").count() == 2
