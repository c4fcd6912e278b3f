"""Webhooks in the team's settings."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.models import Event, Project, WebhookEndpoint
from projects.outgoing import sending
from tests.webhooks.receiver import Receiver, Reply

pytestmark = pytest.mark.django_db
Happen = Callable[..., Event]


def text_of(response: Any) -> str:
    """Return a page's text."""
    return str(response.content.decode())


def test_a_webhook_is_added_and_its_secret_is_shown_once(
    cast: SimpleNamespace, project: Project, client_of: Callable[..., Client], receiver: Receiver, happen: Happen
) -> None:
    bob, path = client_of(cast.bob), f"/teams/{cast.team.pk}/webhooks/"
    assert "No webhooks yet" in text_of(bob.get(path))
    form = {"url": receiver.url, "types": "video_generation_*, comment_added", "description": "Nightly", "project": ""}
    made = bob.post(path, form)
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", text_of(made).replace("&#x3D;", "="))
    assert found, text_of(made)
    assert "no-store" in made["Cache-Control"]
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.types == ["video_generation_*", "comment_added"]
    assert endpoint.created_by == cast.bob
    happen("comment_added")
    sending.send(endpoint.pk)
    assert receiver.received[0].read(found.group())["type"] == "comment_added"
    for page in (path, f"{path}{endpoint.pk}/"):
        shown = text_of(bob.get(page))
        assert "Nightly" in shown
        assert "whsec_" not in shown
    fresh = text_of(bob.post(f"{path}{endpoint.pk}/secret/", {}))
    assert "whsec_" in fresh
    assert found.group() not in fresh


def test_what_cannot_be_used_stays_in_the_form(
    cast: SimpleNamespace, project: Project, client_of: Callable[..., Client], receiver: Receiver
) -> None:
    bob, path = client_of(cast.bob), f"/teams/{cast.team.pk}/webhooks/"
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Secret film")
    for form, words in (
        ({"url": "https://127.0.0.1/", "types": "*"}, "not a public address"),
        ({"url": "https://localhost/", "types": "*"}, "localhost is not a public address, or cannot be found."),
        ({"url": "http://example.com/", "types": "*"}, "https://"),
        ({"url": receiver.url, "types": "nonsense"}, "There is no event"),
        ({"url": receiver.url, "types": ""}, "required"),
        ({"url": receiver.url, "types": "*", "project": str(theirs.pk)}, "not one of the available"),
    ):
        refused = bob.post(path, form)
        assert refused.status_code == 422, form
        assert words in text_of(refused)
        assert form["url"] in text_of(refused)
        assert "Secret film" not in text_of(refused)
    assert not WebhookEndpoint.objects.exists()


def test_a_project_in_the_trash_stays_the_one_that_it_is_for(
    made: tuple[WebhookEndpoint, str],
    cast: SimpleNamespace,
    project: Project,
    client_of: Callable[..., Client],
    receiver: Receiver,
) -> None:
    endpoint, _ = made
    bob, path = client_of(cast.bob), f"/teams/{cast.team.pk}/webhooks/{endpoint.pk}/"
    form = {"url": receiver.url, "types": "take_added", "description": "", "project": str(project.pk)}
    assert bob.post(path, form).status_code == 302
    Project.objects.filter(pk=project.pk).update(deleted_at=timezone.now())
    assert f'value="{project.pk}" selected' in text_of(bob.get(path))
    assert bob.post(path, {**form, "description": "Still"}).status_code == 302
    endpoint.refresh_from_db()
    assert (endpoint.project_id, endpoint.description) == (project.pk, "Still")


def test_the_log_shows_what_a_receiver_said_as_text(
    made: tuple[WebhookEndpoint, str],
    cast: SimpleNamespace,
    client_of: Callable[..., Client],
    receiver: Receiver,
    happen: Happen,
) -> None:
    endpoint, _ = made
    bob, path = client_of(cast.bob), f"/teams/{cast.team.pk}/webhooks/{endpoint.pk}/"
    receiver.replies = [Reply(500, b"<script>alert(1)</script>"), Reply(204, b"")]
    happen("take_added")
    sending.send(endpoint.pk)
    shown = text_of(bob.get(path))
    assert "Failing since" in shown
    assert "&lt;script&gt;" in shown
    assert "<script>alert" not in shown
    assert text_of(bob.get(f"{path}?state=failed")).count("take_added</code>") < shown.count("take_added</code>")
    assert bob.get(f"{path}?state=nonsense&before=-1").status_code == 200
    assert "The test was taken: 204" in text_of(bob.post(f"{path}test/", follow=True))
    bob.post(f"{path}again/", {"delivery": str(endpoint.deliveries.get(type="take_added").pk)})
    sending.send(endpoint.pk)
    assert endpoint.deliveries.filter(state="delivered").count() == 2
    assert bob.post(f"{path}again/", {"delivery": "nonsense"}).status_code == 404
    bob.post(f"{path}switch/", {"to": "off"})
    assert "Turn on and send what was missed" in text_of(bob.get(path))
    bob.post(f"{path}switch/", {"to": "missed"})
    changed = {"url": receiver.url, "types": "*", "description": "Better", "project": ""}
    assert "Better" in text_of(bob.post(path, changed, follow=True))
    bob.post(f"{path}delete/")
    assert bob.get(path).status_code == 404


def test_strangers_learn_nothing_and_artists_may_not(
    made: tuple[WebhookEndpoint, str], cast: SimpleNamespace, client_of: Callable[..., Client]
) -> None:
    endpoint, _ = made
    path = f"/teams/{cast.team.pk}/webhooks/{endpoint.pk}/"
    hers = f"/teams/{cast.mallory.teams.get().pk}/webhooks/{endpoint.pk}/"
    mallory = client_of(cast.mallory)
    assert {mallory.get(path).status_code, mallory.get(hers).status_code} == {404}
    for verb in ("secret/", "test/", "switch/", "delete/", "again/"):
        assert mallory.post(hers + verb).status_code == 404
        assert client_of(cast.carol).post(path + verb).status_code == 403
    assert "Webhooks</a>" not in text_of(client_of(cast.carol).get(f"/teams/{cast.team.pk}/"))
    assert "Webhooks</a>" in text_of(client_of(cast.bob).get(f"/teams/{cast.team.pk}/"))
    assert WebhookEndpoint.objects.exists()
