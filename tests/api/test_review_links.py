"""Links for guests through the API: made, changed, closed, and what guests said."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from projects.access import OpenProject
from projects.models import Comment, Guest, GuestVerdict, Project, ReviewLink
from scenes.models import Shot
from scenes.services.scripts import apply_breakdown, save_script
from tests.api.conftest import Program
from tests.api.test_floor import refusal
from tests.conftest import SCRIPT

NOBODYS = "0191f2a0-1111-4222-8333-444455556666"
pytestmark = pytest.mark.django_db


@pytest.fixture
def film(opened: OpenProject) -> Project:
    """The project with a script that was broken down."""
    script = save_script(opened=opened, text=SCRIPT)
    apply_breakdown(opened=opened, version=script.version)
    return opened.project


def make(asks: Program, project: Project, **more: Any) -> Any:
    """Make a link."""
    return asks.post("review-links", {"project": str(project.pk), **more})


def test_a_link_is_made_and_guests_come_in_by_it(
    cast: SimpleNamespace, film: Project, program_of: Callable[..., Program], client_of: Callable[..., Client]
) -> None:
    bob = program_of(cast.bob)
    made = make(bob, film, name="For the client", password="low tide", may_approve=True)
    assert made.status_code == 201, made.content
    link = made.json()
    assert (link["shows"], link["has_password"], link["is_open"], link["may_comment"]) == ("film", True, True, True)
    assert "low tide" not in made.content.decode()
    row = ReviewLink.objects.get()
    assert row.expires_at is not None
    assert timedelta(days=6) < row.expires_at - timezone.now() < timedelta(days=8)
    assert "For the client" in client_of(cast.bob).get(reverse("scenes:review_links", args=[film.pk])).content.decode()
    path = link["address"].partition("testserver")[2]
    guest = Client()
    assert guest.get(path).status_code == 200
    assert guest.post(path, {"name": "Kim", "password": "low tide"}).status_code == 302
    assert bob.get(f"review-links/{link['id']}").json()["guests"] == 1
    assert bob.post(f"review-links/{link['id']}/revoke").json()["is_open"] is False
    assert guest.get(path).status_code == 404
    assert bob.post(f"review-links/{link['id']}/restore").json()["is_open"] is True
    assert guest.get(path).status_code == 200


def test_how_long_it_opens_is_changed(cast: SimpleNamespace, film: Project, program_of: Callable[..., Program]) -> None:
    bob = program_of(cast.bob)
    path = f"review-links/{make(bob, film, expires_at=None).json()['id']}"
    assert bob.get(path).json()["expires_at"] is None
    until = (timezone.now() + timedelta(days=3)).isoformat()
    assert bob.patch(path, {"expires_at": until}).json()["expires_at"] is not None
    past = (timezone.now() - timedelta(days=3)).isoformat()
    for wrong in (past, "9999-99-99", "0001-01-01T00:00:00+23:59", 7, "", "tomorrow"):
        refusal(bob.patch(path, {"expires_at": wrong}), 400, "invalid")
    refusal(bob.patch(path, {"may_approve": True, "expires_at": None}), 400, "invalid")


def test_what_guests_said_is_read(cast: SimpleNamespace, film: Project, program_of: Callable[..., Program]) -> None:
    bob = program_of(cast.bob)
    link = ReviewLink.objects.get(pk=make(bob, film).json()["id"])
    kim = Guest.objects.create(link=link, name="Kim", views=3)
    about = {"subject_kind": "project", "subject_id": film.pk}
    GuestVerdict.objects.create(guest=kim, verdict="approved", **about)
    Comment.objects.create(project=film, guest=kim, text="Lovely.", **about)
    Comment.objects.create(project=film, author=cast.carol, text="Thanks.", **about)
    now = bob.get(f"review-links/{link.pk}").json()
    counts = {name: now[name] for name in ("guests", "views", "open_notes", "approved", "changes")}
    assert counts == {"guests": 1, "views": 3, "open_notes": 1, "approved": 1, "changes": 0}
    guests = bob.get(f"review-links/{link.pk}/guests").json()["results"]
    assert [(one["name"], one["verdicts"][0]["verdict"]) for one in guests] == [("Kim", "approved")]
    words = bob.get(f"comments?project={film.pk}&review_link={link.pk}").json()["results"]
    assert [(one["text"], one["guest"]["name"]) for one in words] == [("Lovely.", "Kim")]
    dave = program_of(cast.dave)
    verdicts = dave.get(f"guest-verdicts?project={film.pk}&subject_id={film.pk}").json()["results"]
    assert [(one["guest_name"], one["review_link"]) for one in verdicts] == [("Kim", str(link.pk))]
    assert dave.get(f"guest-verdicts?project={film.pk}&subject_id={uuid.uuid4()}").json()["results"] == []


def test_only_who_manages_lets_guests_in(
    cast: SimpleNamespace, film: Project, program_of: Callable[..., Program]
) -> None:
    carol, mallory = program_of(cast.carol), program_of(cast.mallory)
    link = make(program_of(cast.bob), film).json()
    refusal(make(carol, film), 403, "not_allowed")
    refusal(make(mallory, film), 404, "not_found")
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Theirs")
    shot = Shot.objects.of(film)[0]
    refusal(make(mallory, theirs, shots=[str(shot.pk)]), 409, "not_possible")
    refusal(make(mallory, theirs, takes=[str(uuid.uuid4())]), 409, "not_possible")
    for method, tail, body in (
        ("GET", "", None), ("PATCH", "", {"expires_at": None}), ("POST", "/revoke", None), ("POST", "/restore", None),
        ("GET", "/guests", None),
    ):  # fmt: skip
        refusal(carol(method, f"review-links/{link['id']}{tail}", body), 403, "not_allowed")
        one, none = (mallory(method, f"review-links/{pk}{tail}", body) for pk in (link["id"], uuid.uuid4()))
        refusal(one, 404, "not_found")
        assert one.content == none.content
    refusal(carol.get(f"review-links?project={film.pk}"), 403, "not_allowed")
    refusal(mallory.get(f"guest-verdicts?project={film.pk}"), 404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {"takes": []},
        {"takes": ["x"]},
        {"takes": [NOBODYS] * 201},
        {"takes": [NOBODYS], "render": NOBODYS},
        {"name": "x" * 121},
        {"password": "x" * 129},
        {"may_approve": "yes"},
        {"nonce": "x"},
    ],
    ids=lambda body: str(body)[:30],
)
def test_what_is_no_link_is_refused(
    cast: SimpleNamespace, film: Project, program_of: Callable[..., Program], body: dict[str, Any]
) -> None:
    refusal(make(program_of(cast.bob), film, **body), 400, "invalid")
    assert not ReviewLink.objects.exists()


def test_many_links_cost_no_more_queries(
    cast: SimpleNamespace, film: Project, program_of: Callable[..., Program]
) -> None:
    bob, counts = program_of(cast.bob), []
    for many in (3, 30):
        for number in range(many):
            link = ReviewLink.objects.create(project=film, name=str(number), nonce="n", created_by=cast.alice)
            guest = Guest.objects.create(link=link, name="Kim")
            GuestVerdict.objects.create(
                guest=guest, subject_kind="project", subject_id=film.pk, verdict="changes", event_number=1
            )
        for path in (f"review-links?project={film.pk}&limit=200", f"guest-verdicts?project={film.pk}&limit=200"):
            with CaptureQueriesContext(connection) as queries:
                assert bob.get(path).status_code == 200
            counts.append(len(queries))
    assert counts[2] <= counts[0]
    assert counts[3] <= counts[1]
