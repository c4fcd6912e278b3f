"""Members and roles: who may change whom, who stays, what is written down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.access import OpenTeam, open_team
from accounts.log import lines_of
from accounts.models import Invitation, Membership, Role, Team, TeamEvent, User
from accounts.policies import GIVES, GIVING_REFUSED, Right, gives
from tests.accounts.conftest import last_link

ClientOf = Callable[[User | None], Client]


def opened_by(person: User, team: Team, right: Right = Right.SEE) -> OpenTeam:
    return open_team(person, team.pk, right)


def role_of(team: Team, person: User) -> str | None:
    return Membership.objects.filter(team=team, user=person).values_list("role", flat=True).first()


# Who does something to whom, and what comes of it: the table that the page and the services must keep to.
@pytest.mark.parametrize("actor", ["alice", "bob", "carol", "dave"])
@pytest.mark.parametrize("target", [Role.OWNER, Role.PRODUCER, Role.ARTIST, Role.REVIEWER])
def test_who_may_change_and_remove_whom(cast: SimpleNamespace, client_of: ClientOf, actor: str, target: str) -> None:
    someone = User.objects.create_user("someone@example.com", "x")
    Membership.objects.create(team=cast.team, user=someone, role=target)
    person = getattr(cast, actor)
    mine = role_of(cast.team, person)
    assert mine is not None
    client = client_of(person)
    for wanted in Role.values:
        allowed = gives(mine, target) and gives(mine, wanted)
        Membership.objects.filter(team=cast.team, user=someone).update(role=target)
        answer = client.post(f"/teams/{cast.team.pk}/members/{someone.pk}/role/", {"role": wanted})
        assert (answer.status_code != 403) is allowed, wanted
        assert role_of(cast.team, someone) == (wanted if allowed else target)
    Membership.objects.filter(team=cast.team, user=someone).update(role=target)
    answer = client.post(f"/teams/{cast.team.pk}/members/{someone.pk}/remove/")
    assert (answer.status_code != 403) is gives(mine, target)
    assert (role_of(cast.team, someone) is None) is gives(mine, target)


def test_only_owners_make_producers_and_owners() -> None:
    assert {role for role in GIVES if gives(role, Role.OWNER)} == {Role.OWNER}
    assert {role for role in GIVES if gives(role, Role.PRODUCER)} == {Role.OWNER}
    assert not gives("nonsense", Role.REVIEWER)


def test_a_producer_is_told_who_decides(cast: SimpleNamespace, client_of: ClientOf) -> None:
    answer = client_of(cast.bob).post(f"/teams/{cast.team.pk}/members/{cast.dave.pk}/role/", {"role": "owner"})
    assert answer.status_code == 403
    assert GIVING_REFUSED in answer.text


def test_the_last_owner_stays(cast: SimpleNamespace, client_of: ClientOf) -> None:
    client, team = client_of(cast.alice), cast.team
    said = []
    for path, form in ((f"members/{cast.alice.pk}/role/", {"role": "artist"}), ("leave/", {}),
                       (f"members/{cast.alice.pk}/remove/", {})):  # fmt: skip
        answer = client.post(f"/teams/{team.pk}/{path}", form, follow=True)
        said.append("only owner" in answer.text)
    assert said == [True] * 3
    assert role_of(team, cast.alice) == Role.OWNER


def test_a_closed_account_is_no_owner_to_rely_on(cast: SimpleNamespace) -> None:
    Membership.objects.filter(user=cast.bob).update(role=Role.OWNER)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    with pytest.raises(services.NotPossible):
        services.leave_team(opened=opened_by(cast.alice, cast.team))


def test_with_a_second_owner_the_first_may_go(cast: SimpleNamespace, client_of: ClientOf) -> None:
    Membership.objects.filter(user=cast.bob).update(role=Role.OWNER)
    answer = client_of(cast.alice).post(f"/teams/{cast.team.pk}/leave/", follow=True)
    assert "You have left" in answer.text
    assert role_of(cast.team, cast.alice) is None
    assert client_of(cast.alice).get(f"/teams/{cast.team.pk}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_at_once_leave_one(cast: SimpleNamespace) -> None:
    Membership.objects.filter(user=cast.bob).update(role=Role.OWNER)
    pairs = [(opened_by(cast.alice, cast.team), cast.bob), (opened_by(cast.bob, cast.team), cast.alice)]
    start, refused = threading.Barrier(2), []

    def remove(opened: OpenTeam, other: User) -> None:
        start.wait(10)
        try:
            services.remove_member(opened=opened, person_id=other.pk)
        except (PermissionDenied, services.NotPossible, Http404) as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(refused) == 1
    assert Membership.objects.filter(team=cast.team, role=Role.OWNER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_leave_at_once_leave_one(cast: SimpleNamespace) -> None:
    Membership.objects.filter(user=cast.bob).update(role=Role.OWNER)
    both = [opened_by(cast.alice, cast.team), opened_by(cast.bob, cast.team)]
    start, refused = threading.Barrier(2), []

    def leave(opened: OpenTeam) -> None:
        start.wait(10)
        try:
            services.leave_team(opened=opened)
        except services.NotPossible as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(refused) == 1
    assert Membership.objects.filter(team=cast.team, role=Role.OWNER).count() == 1


def test_a_role_that_was_lost_meanwhile_counts_no_more(cast: SimpleNamespace) -> None:
    opened = opened_by(cast.bob, cast.team, Right.MANAGE)
    Membership.objects.filter(user=cast.bob).update(role=Role.REVIEWER)
    with pytest.raises(PermissionDenied):
        services.remove_member(opened=opened, person_id=cast.dave.pk)
    assert role_of(cast.team, cast.dave) == Role.REVIEWER


def test_a_removal_can_be_taken_back_for_an_hour(cast: SimpleNamespace, client_of: ClientOf) -> None:
    client = client_of(cast.alice)
    since = Membership.objects.get(user=cast.carol).created_at
    page = client.post(f"/teams/{cast.team.pk}/members/{cast.carol.pk}/remove/", follow=True)
    removal = TeamEvent.objects.get(kind=TeamEvent.Kind.REMOVED)
    undo = f"/teams/{cast.team.pk}/removals/{removal.pk}/undo/"
    assert f'data-undo="{undo}"' in page.text
    assert "is back in the team" in client.post(undo, follow=True).text
    assert role_of(cast.team, cast.carol) == Role.ARTIST
    assert Membership.objects.get(user=cast.carol).created_at == since
    assert "too long ago" in client.post(undo, follow=True).text, "only once"
    client.post(f"/teams/{cast.team.pk}/members/{cast.carol.pk}/remove/")
    old = TeamEvent.objects.filter(kind=TeamEvent.Kind.REMOVED).first()
    assert old is not None
    TeamEvent.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=2))
    assert "too long ago" in client.post(f"/teams/{cast.team.pk}/removals/{old.pk}/undo/", follow=True).text
    assert role_of(cast.team, cast.carol) is None


def test_a_producer_cannot_bring_back_an_owner(cast: SimpleNamespace, client_of: ClientOf) -> None:
    Membership.objects.filter(user=cast.carol).update(role=Role.OWNER)
    removal = services.remove_member(opened=opened_by(cast.alice, cast.team), person_id=cast.carol.pk)
    path = f"/teams/{cast.team.pk}/removals/{removal.pk}/undo/"
    assert client_of(cast.bob).post(path).status_code == 403
    assert role_of(cast.team, cast.carol) is None


def test_invitations_of_somebody_removed_end(cast: SimpleNamespace) -> None:
    Invitation.objects.create(
        team=cast.team, email="friend@example.com", role="artist", token_hash="x", invited_by=cast.bob,
        expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    services.remove_member(opened=opened_by(cast.alice, cast.team), person_id=cast.bob.pk)
    assert Invitation.objects.get().revoked_at is not None
    assert "took back 1 invitation of theirs" in lines_of(cast.team)[0].what


@pytest.mark.parametrize("path", ["members/{dave}/role/", "members/{dave}/remove/", "rename/", "invite/", "leave/"])
def test_nobody_reaches_another_teams_members(cast: SimpleNamespace, client_of: ClientOf, path: str) -> None:
    client = client_of(cast.mallory)
    theirs, mine = cast.team.pk, cast.mallory.teams.get().pk
    form = {"role": "owner", "name": "Mine now", "email": "mallory@example.com"}
    assert client.post(f"/teams/{theirs}/{path.format(dave=cast.dave.pk)}", form).status_code == 404
    if "{dave}" in path:
        # Nor through a team of one's own.
        assert client.post(f"/teams/{mine}/{path.format(dave=cast.dave.pk)}", form).status_code == 404
    assert role_of(cast.team, cast.dave) == Role.REVIEWER
    assert Team.objects.get(pk=theirs).name == "Harbour Pictures"


def test_a_role_that_does_not_exist_is_refused_kindly(cast: SimpleNamespace, client_of: ClientOf) -> None:
    path = f"/teams/{cast.team.pk}/members/{cast.dave.pk}/role/"
    assert "no such role" in client_of(cast.alice).post(path, {"role": "emperor"}, follow=True).text
    assert role_of(cast.team, cast.dave) == Role.REVIEWER


def test_renaming_and_beginning_another_team(cast: SimpleNamespace, client_of: ClientOf) -> None:
    client = client_of(cast.alice)
    client.post(f"/teams/{cast.team.pk}/rename/", {"name": "Quay Films"})
    assert Team.objects.get(pk=cast.team.pk).name == "Quay Films"
    refused = client.post(f"/teams/{cast.team.pk}/rename/", {"name": " "})
    assert refused.status_code == 422
    begun = client.post("/teams/new/", {"name": "Second Unit"}, follow=True)
    assert "Second Unit" in begun.text
    assert role_of(Team.objects.get(name="Second Unit"), cast.alice) == Role.OWNER
    both = client.get("/teams/").text
    assert "Quay Films" in both
    assert "Second Unit" in both


def test_the_log_says_who_did_what(cast: SimpleNamespace) -> None:
    alice = opened_by(cast.alice, cast.team)
    services.change_role(opened=alice, person_id=cast.dave.pk, role="artist")
    services.rename_team(opened=alice, name="Quay Films")
    services.leave_team(opened=opened_by(cast.carol, cast.team))
    said = [(line.who, line.what) for line in lines_of(cast.team)]
    assert said[:3] == [
        ("Carol", "left the team"),
        ("Alice", "renamed the team from “Harbour Pictures” to “Quay Films”"),
        ("Alice", "made Dave an artist (before: reviewer)"),
    ]
    cast.dave.delete()
    assert "made Dave an artist" in lines_of(cast.team)[2].what, "the log keeps names of those who have gone"


def test_whoever_goes_or_is_made_less_leaves_no_way_back(cast: SimpleNamespace, client_of: ClientOf) -> None:
    def invite(by: User, email: str, role: str) -> str:
        client_of(by).post(f"/teams/{cast.team.pk}/invite/", {"email": email, "role": role})
        return last_link()

    bobs = invite(cast.bob, "bob-again@example.com", "artist")
    kept = invite(cast.alice, "nora@example.com", "artist")
    client_of(cast.bob).post(f"/teams/{cast.team.pk}/leave/")
    assert Client().get(bobs).status_code == 410
    assert Client().get(kept).status_code == 200
    page = client_of(cast.alice).get(f"/teams/{cast.team.pk}/").text
    assert "left the team; 1 invitation that they had sent ended" in page
    waiting = Invitation.objects.filter(team=cast.team, revoked_at=None).values_list("email", flat=True)
    assert list(waiting) == ["nora@example.com"]

    services.change_role(opened=opened_by(cast.alice, cast.team), person_id=cast.carol.pk, role="producer")
    carols = invite(cast.carol, "carol-again@example.com", "reviewer")
    services.change_role(opened=opened_by(cast.alice, cast.team), person_id=cast.carol.pk, role="artist")
    assert Client().get(carols).status_code == 410
    assert "made Carol an artist (before: producer); 1 invitation" in lines_of(cast.team)[0].what


def test_an_invitation_ends_with_its_senders_account(cast: SimpleNamespace, client_of: ClientOf) -> None:
    client_of(cast.bob).post(f"/teams/{cast.team.pk}/invite/", {"email": "nora@example.com", "role": "artist"})
    assert Client().get(last_link()).status_code == 200
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert Client().get(last_link()).status_code == 410


NASTY = '<script>alert("x")</script>'


def test_names_are_shown_as_text(cast: SimpleNamespace, client_of: ClientOf) -> None:
    cast.carol.name = NASTY
    cast.carol.save()
    services.rename_team(opened=opened_by(cast.alice, cast.team), name=NASTY)
    services.change_role(opened=opened_by(cast.alice, cast.team), person_id=cast.carol.pk, role="reviewer")
    for path in (f"/teams/{cast.team.pk}/", "/teams/", "/accounts/profile/", "/accounts/2fa/"):
        assert NASTY not in client_of(cast.carol).get(path).text, path


@pytest.mark.parametrize("people", [0, 40])
def test_a_teams_page_costs_no_more_queries_with_more_people(
    cast: SimpleNamespace, client_of: ClientOf, django_assert_max_num_queries: Any, people: int
) -> None:
    for number in range(people):
        someone = User.objects.create_user(f"p{number}@example.com", "x")
        Membership.objects.create(team=cast.team, user=someone, role="artist")
        services.note(cast.team, TeamEvent.Kind.JOINED, actor=someone, person=someone, role="artist")
        Invitation.objects.create(
            team=cast.team, email=f"i{number}@example.com", role="artist", token_hash=str(number),
            invited_by=cast.bob, expires_at=timezone.now(),
        )  # fmt: skip
    client = client_of(cast.alice)
    with django_assert_max_num_queries(9):
        assert client.get(f"/teams/{cast.team.pk}/").status_code == 200
