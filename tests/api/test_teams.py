"""Oneself, teams, their members and invitations through the API."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import invitations
from accounts.models import Invitation, Membership, Role, Team, TeamEvent, User
from tests.api.conftest import Program
from tests.api.test_floor import refusal

pytestmark = pytest.mark.django_db


def invite(asks: Program, team: Team, *wanted: tuple[str, str]) -> Any:
    """Invite people."""
    listed = [{"email": email, "role": role} for email, role in wanted]
    return asks.post(f"teams/{team.pk}/invitations", {"invitations": listed})


def link_in(message: Any) -> str:
    """Return the token in a mail."""
    found = re.search(r"/invitations/([\w-]+)/", message.body)
    assert found is not None
    return found[1]


# --- oneself ---------------------------------------------------------------------------------------------------------


def test_one_reads_and_changes_ones_own_name(
    cast: SimpleNamespace, program_of: Callable[..., Program], client_of: Callable[..., Client]
) -> None:
    carol = program_of(cast.carol)
    assert carol.get("me").json() == {
        "id": str(cast.carol.pk), "email": "carol@example.com", "name": "Carol", "shown_name": "Carol",
        "initials": "CA",
    }  # fmt: skip
    # A token is for one team; a name is seen in all of them.
    refusal(carol.patch("me", {"name": "x"}), 403, "people_only")
    window = client_of(cast.carol)

    def change(body: Any) -> Any:
        return window.patch("/api/v1/me", body, content_type="application/json")

    assert change({"name": "  Mara Lindqvist "}).json()["initials"] == "ML"
    assert "Mara Lindqvist" in window.get(reverse("accounts:profile")).content.decode()
    assert change({"name": ""}).json()["shown_name"] == "carol"
    for body in ({"name": "x" * 121}, {"name": None}, {}, {"email": "x@example.com"}, {"name": "x", "is_staff": True}):
        refusal(change(body), 400, "invalid")


# --- teams -----------------------------------------------------------------------------------------------------------


def test_people_begin_teams_and_owners_rename_them(
    cast: SimpleNamespace, program_of: Callable[..., Program], client_of: Callable[..., Client]
) -> None:
    refusal(program_of(cast.carol).post("teams", {"name": "Mine"}), 403, "people_only")
    made = client_of(cast.carol).post("/api/v1/teams", {"name": "Mine"}, content_type="application/json")
    assert (made.status_code, made.json()["role"]) == (201, "owner")
    path = f"teams/{cast.team.pk}"
    assert program_of(cast.alice).patch(path, {"name": "Harbour Films"}).json()["name"] == "Harbour Films"
    refusal(program_of(cast.bob).patch(path, {"name": "Bob's"}), 403, "not_allowed")
    refusal(program_of(cast.alice).patch(path, {"name": " "}), 400, "invalid")
    log = program_of(cast.dave).get(f"{path}/log").json()["results"]
    renamed = next(one for one in log if one["kind"] == "renamed")
    assert renamed["what"] == "renamed the team from “Harbour Pictures” to “Harbour Films”"
    assert renamed["actor"]["name"] == renamed["who"] == "Alice"


def test_who_leaves_is_out_with_their_tokens(cast: SimpleNamespace, program_of: Callable[..., Program]) -> None:
    carol = program_of(cast.carol)
    assert carol.post(f"teams/{cast.team.pk}/leave").status_code == 204
    refusal(carol.get("me"), 401, "authentication_failed")
    refusal(program_of(cast.alice).post(f"teams/{cast.team.pk}/leave"), 409, "not_possible")
    assert Membership.objects.filter(team=cast.team, user=cast.alice).exists()


def test_a_long_log_costs_no_more_queries(cast: SimpleNamespace, program_of: Callable[..., Program]) -> None:
    dave, counts = program_of(cast.dave), []
    for many in (3, 30):
        for _ in range(many):
            TeamEvent.objects.create(
                team=cast.team, kind="joined", actor=cast.bob, person=cast.bob, payload={"role": "artist"}
            )
        with CaptureQueriesContext(connection) as queries:
            assert dave.get(f"teams/{cast.team.pk}/log?limit=200").status_code == 200
        counts.append(len(queries))
    assert counts[1] <= counts[0]


# --- members ---------------------------------------------------------------------------------------------------------


def test_members_are_listed_changed_removed_and_taken_back(
    cast: SimpleNamespace, program_of: Callable[..., Program], client_of: Callable[..., Client]
) -> None:
    bob, path = program_of(cast.bob), f"teams/{cast.team.pk}/members"
    listed = bob.get(path).json()
    assert [(one["name"], one["role"], one["may_become"]) for one in listed] == [
        ("Alice", "owner", []), ("Bob", "producer", []),
        ("Carol", "artist", ["reviewer", "artist"]), ("Dave", "reviewer", ["reviewer", "artist"]),
    ]  # fmt: skip
    assert bob.patch(f"{path}/{cast.dave.pk}", {"role": "artist"}).json()["role"] == "artist"
    refusal(bob.patch(f"{path}/{cast.dave.pk}", {"role": "producer"}), 403, "not_allowed")
    refusal(bob.patch(f"{path}/{cast.dave.pk}", {"role": "king"}), 400, "invalid")
    refusal(program_of(cast.carol).patch(f"{path}/{cast.dave.pk}", {"role": "reviewer"}), 403, "not_allowed")
    removal = bob.delete(f"{path}/{cast.dave.pk}")
    assert removal.status_code == 200, removal.content
    assert removal.json()["person"]["name"] == "Dave"
    page = client_of(cast.alice).get(reverse("accounts:team", args=[cast.team.pk])).content.decode()
    assert "removed Dave" in page
    refusal(bob.get(f"{path}/{cast.dave.pk}"), 404, "not_found")
    undo = f"teams/{cast.team.pk}/removals/{removal.json()['id']}/undo"
    assert bob.post(undo).json()["role"] == "artist"
    refusal(bob.post(undo), 409, "not_possible")


def test_who_gives_up_their_own_rights_is_told_what_they_are_now(
    cast: SimpleNamespace, program_of: Callable[..., Program]
) -> None:
    alice, path = program_of(cast.alice), f"teams/{cast.team.pk}/members"
    refusal(alice.patch(f"{path}/{cast.alice.pk}", {"role": "artist"}), 409, "not_possible")
    assert alice.patch(f"{path}/{cast.bob.pk}", {"role": "owner"}).status_code == 200
    assert alice.patch(f"{path}/{cast.alice.pk}", {"role": "reviewer"}).json()["role"] == "reviewer"
    refusal(alice.delete(f"{path}/{cast.bob.pk}"), 403, "not_allowed")


def test_a_role_changes_only_as_it_was_read(cast: SimpleNamespace, program_of: Callable[..., Program]) -> None:
    alice, path = program_of(cast.alice), f"teams/{cast.team.pk}/members/{cast.dave.pk}"
    seen = alice.get(path)["ETag"]
    assert alice.patch(path, {"role": "artist"}, If_Match=seen).status_code == 200
    refusal(alice.delete(path, If_Match=seen), 412, "changed_meanwhile")


def test_other_teams_are_not_there(cast: SimpleNamespace, program_of: Callable[..., Program]) -> None:
    mallory, theirs = program_of(cast.mallory), cast.mallory.teams.get()
    waiting = invite(program_of(cast.alice), cast.team, ("new@example.com", "artist")).json()[0]["invitation"]["id"]
    program_of(cast.alice).delete(f"teams/{cast.team.pk}/members/{cast.dave.pk}")
    removal = TeamEvent.objects.get(kind="removed").pk
    tails: list[tuple[str, str, Any]] = [
        ("GET", "", None), ("PATCH", "", {"name": "x"}), ("POST", "/leave", None), ("GET", "/log", None),
        ("GET", "/members", None), ("GET", "/invitations", None),
        ("POST", "/invitations", {"invitations": [{"email": "a@example.com", "role": "artist"}]}),
    ]  # fmt: skip
    for method, tail, body in tails:
        one, none = (mallory(method, f"teams/{pk}{tail}", body) for pk in (cast.team.pk, uuid.uuid4()))
        refusal(one, 404, "not_found")
        assert one.content == none.content
    # Through the door of one's own team, nothing of another's is found.
    for method, tail, body in (
        ("GET", f"/members/{cast.carol.pk}", None),
        ("PATCH", f"/members/{cast.carol.pk}", {"role": "artist"}),
        ("DELETE", f"/members/{cast.carol.pk}", None),
        ("POST", f"/removals/{removal}/undo", None),
        ("GET", f"/invitations/{waiting}", None),
        ("DELETE", f"/invitations/{waiting}", None),
        ("POST", f"/invitations/{waiting}/send", None),
    ):
        refusal(mallory(method, f"teams/{theirs.pk}{tail}", body), 404, "not_found")
    assert Membership.objects.filter(user=cast.carol, team=cast.team, role=Role.ARTIST).exists()
    assert Invitation.objects.get().revoked_at is None


# --- invitations -----------------------------------------------------------------------------------------------------


def test_people_are_invited_at_once_and_come_in_by_the_link(
    cast: SimpleNamespace, program_of: Callable[..., Program], client_of: Callable[..., Client]
) -> None:
    bob = program_of(cast.bob)
    made = invite(bob, cast.team, ("Mallory@example.com", "artist"), ("new@example.com", "reviewer"))
    assert made.status_code == 201, made.content
    assert [(one["invitation"]["email"], one["mailed"]) for one in made.json()] == [
        ("mallory@example.com", True), ("new@example.com", True),
    ]  # fmt: skip
    assert len(mail.outbox) == 2
    assert not any(link_in(one) in made.content.decode() for one in mail.outbox)
    listed = bob.get(f"teams/{cast.team.pk}/invitations").json()["results"]
    assert {one["email"] for one in listed} == {"mallory@example.com", "new@example.com"}
    token = {"token": link_in(mail.outbox[0])}
    refusal(program_of(cast.mallory).post("invitations/accept", token), 403, "people_only")

    def accept(who: User, body: Any = token) -> Any:
        return client_of(who).post("/api/v1/invitations/accept", body, content_type="application/json")

    refusal(accept(cast.dave), 409, "other_address")
    assert accept(cast.mallory).json()["role"] == "artist"
    refusal(accept(cast.mallory), 409, "not_open")
    refusal(accept(cast.mallory, {"token": "nonsense"}), 409, "not_open")
    assert Membership.objects.filter(team=cast.team, user=cast.mallory).exists()


def test_all_are_invited_or_nobody(cast: SimpleNamespace, program_of: Callable[..., Program]) -> None:
    bob = program_of(cast.bob)
    refused = invite(bob, cast.team, ("new@example.com", "artist"), ("carol@example.com", "artist"))
    assert "carol@example.com" in refusal(refused, 409, "not_possible")["detail"]
    refusal(invite(bob, cast.team, ("new@example.com", "artist"), ("b@example.com", "owner")), 403, "not_allowed")
    refusal(invite(program_of(cast.carol), cast.team, ("new@example.com", "artist")), 403, "not_allowed")
    assert not Invitation.objects.exists()
    assert not mail.outbox
    many = [(f"a{number}@example.com", "artist") for number in range(51)]
    twice = [("a@example.com", "artist"), ("A@example.com", "artist")]
    for wanted in (
        [],
        many,
        twice,
        [("nonsense", "artist")],
        [("a@example.com", "king")],
        [("a\r\nb@x.com", "artist")],
    ):
        refusal(invite(bob, cast.team, *wanted), 400, "invalid")
    assert len(invite(bob, cast.team, *many[:50]).json()) == 50


def test_an_invitation_is_sent_again_and_taken_back(cast: SimpleNamespace, program_of: Callable[..., Program]) -> None:
    bob = program_of(cast.bob)
    one = invite(bob, cast.team, ("new@example.com", "artist")).json()[0]["invitation"]
    path = f"teams/{cast.team.pk}/invitations/{one['id']}"
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert bob.get(path).json()["expired"] is True
    again = bob.post(f"{path}/send").json()
    assert (again["mailed"], again["invitation"]["expired"]) == (True, False)
    assert link_in(mail.outbox[0]) != link_in(mail.outbox[1])
    assert bob.delete(path).status_code == 204
    for method, tail in (("GET", ""), ("DELETE", ""), ("POST", "/send")):
        refusal(bob(method, f"{path}{tail}"), 404, "not_found")


def test_a_mail_server_that_is_away_is_told_and_not_waited_for_each_time(
    cast: SimpleNamespace, program_of: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def away(invitation: Invitation, link: str) -> bool:
        tried.append(link)
        return False

    monkeypatch.setattr(invitations, "_mail", away)
    wanted = [(f"a{number}@example.com", "artist") for number in range(20)]
    made = invite(program_of(cast.bob), cast.team, *wanted).json()
    assert [one["mailed"] for one in made] == [False] * 20
    assert len(tried) == invitations.MOST_FAILURES
    assert Invitation.objects.count() == 20


def test_one_person_sends_only_so_many_mails(
    cast: SimpleNamespace, program_of: Callable[..., Program], settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"invite": "3/h/user,2/h/key"}
    bob = program_of(cast.bob)
    assert invite(bob, cast.team, ("a@example.com", "artist"), ("b@example.com", "artist")).status_code == 201
    said = refusal(
        invite(bob, cast.team, ("c@example.com", "artist"), ("d@example.com", "artist")), 429, "too_many_mails"
    )
    assert said["retry_after"] == 3600
    assert len(mail.outbox) == 2
    assert Invitation.objects.count() == 2


def test_many_invitations_cost_no_more_queries(cast: SimpleNamespace, program_of: Callable[..., Program]) -> None:
    bob, counts = program_of(cast.bob), []
    for many in (3, 30):
        for number in range(many):
            Invitation.objects.create(
                team=cast.team, email=f"{many}-{number}@example.com", role="artist", invited_by=cast.alice,
                token_hash=f"{many}-{number}", expires_at=timezone.now() + timedelta(days=1),
            )  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            assert bob.get(f"teams/{cast.team.pk}/invitations?limit=200").status_code == 200
        counts.append(len(queries))
    assert counts[1] <= counts[0]
