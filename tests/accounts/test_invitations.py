"""Invitations: the link is single use, bound to an address, and tells nothing to whoever asks around."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import invitations
from accounts.access import open_team
from accounts.models import Invitation, Membership, Role, Team, TeamEvent, User
from accounts.policies import Right
from tests.accounts.conftest import last_link
from tests.conftest import PASSWORD

ClientOf = Callable[[User | None], Client]
NEW = {"name": "Nora Field", "password": "a-long-enough-secret"}


def invite(client: Client, team: Team, email: str = "nora@example.com", role: str = "artist") -> Any:
    return client.post(f"/teams/{team.pk}/invite/", {"email": email, "role": role}, follow=True)


def role_of(team: Team, email: str) -> str | None:
    return Membership.objects.filter(team=team, user__email=email).values_list("role", flat=True).first()


def test_somebody_without_an_account_is_in_the_team_one_form_later(cast: SimpleNamespace, client_of: ClientOf) -> None:
    page = invite(client_of(cast.bob), cast.team, "Nora@Example.com")
    assert "on its way to nora@example.com" in page.text
    (message,) = mail.outbox
    assert message.to == ["nora@example.com"]
    assert message.subject == "Rushes · Bob invites you to Harbour Pictures"
    assert "as artist" in message.body
    assert "everything creative" in message.body
    newcomer = Client()
    offer = newcomer.get(last_link())
    assert "Harbour Pictures" in offer.text
    assert "Bob" in offer.text
    assert 'value="nora@example.com"' in offer.text
    done = newcomer.post(last_link(), NEW, follow=True)
    assert done.redirect_chain[-1][0] == "/"
    assert done.context["request"].user.email == "nora@example.com"
    assert role_of(cast.team, "nora@example.com") == Role.ARTIST
    nora = User.objects.get(email="nora@example.com")
    assert nora.teams.count() == 1, "no team of their own is made"
    assert EmailAddress.objects.get(user=nora).verified, "the link has proven the address"
    assert "joined as an artist" in client_of(cast.alice).get(f"/teams/{cast.team.pk}/").text


def test_the_address_is_the_invitations_whatever_is_sent(cast: SimpleNamespace, client_of: ClientOf) -> None:
    invite(client_of(cast.alice), cast.team)
    Client().post(last_link(), {**NEW, "email": "mallory2@example.com", "role": "owner"})
    assert role_of(cast.team, "nora@example.com") == Role.ARTIST
    assert not User.objects.filter(email="mallory2@example.com").exists()


def test_somebody_with_an_account_logs_in_and_joins(cast: SimpleNamespace, client_of: ClientOf) -> None:
    User.objects.create_user("nora@example.com", PASSWORD, name="Nora")
    invite(client_of(cast.alice), cast.team, role="reviewer")
    client, link = Client(), last_link()
    page = client.get(link)
    assert f"/accounts/login/?next={link}" in page.text
    there = client.post("/accounts/login/", {"login": "nora@example.com", "password": PASSWORD, "next": link})
    assert there["Location"] == link
    assert "Join the team" in client.get(link).text
    client.post(link)
    assert role_of(cast.team, "nora@example.com") == Role.REVIEWER


def test_an_account_is_not_taken_over_through_an_invitation(cast: SimpleNamespace, client_of: ClientOf) -> None:
    nora = User.objects.create_user("nora@example.com", PASSWORD)
    invite(client_of(cast.alice), cast.team)
    visitor = Client()
    visitor.post(last_link(), NEW)
    nora.refresh_from_db()
    assert nora.check_password(PASSWORD)
    assert "_auth_user_id" not in visitor.session
    assert role_of(cast.team, "nora@example.com") is None


def test_a_link_works_once(cast: SimpleNamespace, client_of: ClientOf) -> None:
    invite(client_of(cast.alice), cast.team)
    Client().post(last_link(), NEW)
    again = Client().get(last_link())
    assert again.status_code == 410
    assert "This invitation is over" in again.text
    assert Client().post(last_link(), NEW).status_code == 410


def test_another_address_is_told_so_and_not_for_whom_it_is(cast: SimpleNamespace, client_of: ClientOf) -> None:
    invite(client_of(cast.alice), cast.team)
    mallory = client_of(cast.mallory)
    page = mallory.get(last_link())
    assert "another address than <b>mallory@example.com</b>" in page.text
    assert "nora@example.com" not in page.text
    mallory.post(last_link())
    assert role_of(cast.team, "mallory@example.com") is None
    assert Invitation.objects.get().accepted_at is None


def test_a_second_confirmed_address_counts_and_an_unconfirmed_one_does_not(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    invite(client_of(cast.alice), cast.team)
    claim = EmailAddress.objects.create(user=cast.mallory, email="nora@example.com", verified=False)
    client_of(cast.mallory).post(last_link())
    assert role_of(cast.team, "mallory@example.com") is None
    claim.verified = True
    claim.save()
    client_of(cast.mallory).post(last_link())
    assert role_of(cast.team, "mallory@example.com") == Role.ARTIST


def test_after_seven_days_the_link_is_over_and_can_be_sent_again(cast: SimpleNamespace, client_of: ClientOf) -> None:
    alice = client_of(cast.alice)
    invite(alice, cast.team)
    first = last_link()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(first).status_code == 410
    assert "the link has expired" in alice.get(f"/teams/{cast.team.pk}/").text
    alice.post(f"/teams/{cast.team.pk}/invitations/{Invitation.objects.get().pk}/send/")
    assert last_link() != first
    assert Client().get(first).status_code == 410, "the link before works no more"
    assert Client().get(last_link()).status_code == 200
    left = Invitation.objects.get().expires_at - timezone.now()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)


def test_what_is_taken_back_works_no_more(cast: SimpleNamespace, client_of: ClientOf) -> None:
    alice = client_of(cast.alice)
    invite(alice, cast.team)
    revoke = f"/teams/{cast.team.pk}/invitations/{Invitation.objects.get().pk}/revoke/"
    assert "is taken back" in alice.post(revoke, follow=True).text
    assert Client().get(last_link()).status_code == 410
    assert alice.post(revoke).status_code == 404
    invite(alice, cast.team)
    assert Client().get(last_link()).status_code == 200


def test_only_a_hash_is_kept(cast: SimpleNamespace, client_of: ClientOf) -> None:
    invite(client_of(cast.alice), cast.team)
    token = last_link().strip("/").rpartition("/")[2]
    assert len(token) >= 43, "32 random bytes"
    row = Invitation.objects.values().get()
    assert token not in str(row)
    assert row["token_hash"] == hashlib.sha256(token.encode()).hexdigest()
    assert token not in str(list(TeamEvent.objects.values()))


def test_inviting_twice_makes_one_invitation_with_the_new_role(cast: SimpleNamespace, client_of: ClientOf) -> None:
    alice = client_of(cast.alice)
    invite(alice, cast.team, role="artist")
    first = last_link()
    invite(alice, cast.team, "NORA@example.com", role="reviewer")
    assert Invitation.objects.get().role == "reviewer"
    assert Client().get(first).status_code == 410


def test_whoever_is_in_the_team_is_not_invited_and_what_was_typed_stays(
    cast: SimpleNamespace, client_of: ClientOf
) -> None:
    answer = invite(client_of(cast.alice), cast.team, "Dave@example.com")
    assert answer.status_code == 422
    assert "dave@example.com is in this team already." in answer.text
    assert 'value="Dave@example.com"' in answer.text
    assert invite(client_of(cast.alice), cast.team, "not an address").status_code == 422
    assert not mail.outbox


def test_the_answer_is_the_same_whether_an_address_has_an_account(cast: SimpleNamespace, client_of: ClientOf) -> None:
    alice = client_of(cast.alice)
    known, unknown = invite(alice, cast.team, "mallory@example.com"), invite(alice, cast.team, "nobody@example.com")
    said = [
        page.context["messages"]._loaded_messages[0].message.replace(name, "x")
        for page, name in ((known, "mallory"), (unknown, "nobody"))
    ]
    assert said[0] == said[1]
    bodies = [message.body.splitlines() for message in mail.outbox]
    assert [line for line in bodies[0] if "/invitations/" not in line] == [
        line for line in bodies[1] if "/invitations/" not in line
    ]


@pytest.mark.parametrize("role", ["owner", "producer"])
def test_a_producer_invites_artists_and_reviewers_only(cast: SimpleNamespace, client_of: ClientOf, role: str) -> None:
    assert invite(client_of(cast.bob), cast.team, role=role).status_code == 403
    assert not Invitation.objects.exists()
    invite(client_of(cast.alice), cast.team, role=role)
    theirs = f"/teams/{cast.team.pk}/invitations/{Invitation.objects.get().pk}/"
    for verb in ("send/", "revoke/"):
        assert client_of(cast.bob).post(theirs + verb).status_code == 403
    assert Client().get(last_link()).status_code == 200


def test_another_teams_invitation_is_out_of_reach(cast: SimpleNamespace, client_of: ClientOf) -> None:
    invite(client_of(cast.alice), cast.team)
    invitation, mine = Invitation.objects.get(), cast.mallory.teams.get()
    for team in (cast.team.pk, mine.pk):
        for verb in ("send", "revoke"):
            path = f"/teams/{team}/invitations/{invitation.pk}/{verb}/"
            assert client_of(cast.mallory).post(path).status_code == 404
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("form", [{"name": "", "password": "x"}, {**NEW, "password": "12345"},
                                  {**NEW, "password": "nora@example.com"}])  # fmt: skip
def test_a_refused_form_says_why_and_keeps_the_link(
    cast: SimpleNamespace, client_of: ClientOf, form: dict[str, str]
) -> None:
    invite(client_of(cast.alice), cast.team)
    answer = Client().post(last_link(), form)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert not User.objects.filter(email="nora@example.com").exists()
    assert Client().get(last_link()).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("newcomer", [True, False])
def test_accepting_twice_at_once_makes_one_membership(cast: SimpleNamespace, newcomer: bool) -> None:
    links: list[str] = []

    def link_for(token: str) -> str:
        links.append(token)
        return token

    opened = open_team(cast.alice, cast.team.pk, Right.MANAGE)
    invitations.invite(opened=opened, email="nora@example.com", role="artist", link_for=link_for)
    nora = None if newcomer else User.objects.create_user("nora@example.com", PASSWORD)
    start, refused = threading.Barrier(2), []

    def accept() -> None:
        start.wait(10)
        try:
            if nora is None:
                invitations.accept_as_newcomer(token=links[0], **NEW)
            else:
                invitations.accept(token=links[0], user=nora)
        except (invitations.NotOpen, invitations.HasAccount) as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(refused) == 1
    assert Membership.objects.filter(user__email="nora@example.com").count() == 1
    assert TeamEvent.objects.filter(kind=TeamEvent.Kind.JOINED).count() == 1


def test_a_mail_server_that_is_away_loses_nothing(cast: SimpleNamespace, client_of: ClientOf, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    page = invite(client_of(cast.alice), cast.team)
    assert "could not be sent" in page.text
    assert Invitation.objects.count() == 1


def test_too_many_invitations_are_refused_with_a_time(
    cast: SimpleNamespace, client_of: ClientOf, settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"invite": "3/h/user,2/h/key"}
    cache.clear()
    alice = client_of(cast.alice)
    assert [invite(alice, cast.team).status_code for _ in range(3)] == [200, 200, 429]
    assert invite(alice, cast.team, "other@example.com").status_code in (200, 429)
    refused = invite(alice, cast.team, "third@example.com")
    assert refused.status_code == 429
    assert "Come back in 60 minutes" in refused.text
    assert refused["Retry-After"] == "3600"
