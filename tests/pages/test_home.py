"""The team's home and a project's front page: what waits for whom, how far films are, what they have spent."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Invitation, Membership, Role
from accounts.services import create_team
from generation.models import Batch, Counter, Job
from generation.money.counters import this_month
from generation.states import JobState
from projects.models import Notification, Project
from scenes.models import Shot
from tests.pages.footage import add_scenes, add_take, finish

pytestmark = pytest.mark.django_db
HOME, WAITING = "/", "/waiting/"


def an_unknown_order(project: Project) -> None:
    batch = Batch.objects.create(project=project, title="Clips")
    Job.objects.create(
        project=project, team_id=project.team_id, batch=batch, operation="text_to_image", provider="runway",
        model="m", recipe="a" * 64, fingerprint=str(project.pk), state=JobState.UNKNOWN,
    )  # fmt: skip


def test_each_person_sees_what_waits_for_them(cast: SimpleNamespace, project: Project, client_of) -> None:
    shots = add_scenes(project, 1, 4)
    finish(shots[:2])
    Shot.objects.filter(pk__in=[shots[0].pk, shots[1].pk]).update(status="review")
    yesterday = timezone.localdate() - timedelta(days=1)
    Shot.objects.filter(pk=shots[2].pk).update(assignee=cast.carol, due_on=yesterday)
    Batch.objects.create(
        project=project, title="All clips", created_by=cast.carol, approval="waiting", estimate=12_500_000
    )
    an_unknown_order(project)
    Notification.objects.create(
        user=cast.dave, project=project, kind="mention", text="Carol mentions you on shot 1A", link="/x/"
    )
    owner, artist, reviewer, stranger = (
        client_of(person).get(WAITING).text for person in (cast.alice, cast.carol, cast.dave, cast.mallory)
    )
    for text in (owner, artist, reviewer):
        assert "4 takes to review" in text
    assert "$12.50 to approve" in owner
    assert "1 order to decide" in owner
    for text in (artist, reviewer):
        assert "to approve" not in text
        assert "to decide" not in text
    assert f"Shot {shots[2].label}" in artist
    assert 'class="pill warn"' in artist
    assert shots[2].label not in owner
    assert "Carol mentions you" in reviewer
    assert "Carol mentions you" not in artist
    assert "Nothing waits for you" in stranger
    assert project.name not in stranger


def test_what_is_put_away_waits_for_nobody(cast: SimpleNamespace, project: Project, client_of) -> None:
    shots = add_scenes(project, 1, 2)
    for shot in shots:
        add_take(shot, "clip", recipe="plain")
    Shot.objects.update(status="review", assignee=cast.carol)
    client = client_of(cast.carol)
    assert "2 takes to review" in client.get(WAITING).text
    Shot.objects.filter(pk=shots[0].pk).update(omitted_at=timezone.now())
    assert "1 take to review" in client.get(WAITING).text
    for change in ({"archived_at": timezone.now()}, {"archived_at": None, "deleted_at": timezone.now()}):
        Project.objects.filter(pk=project.pk).update(**change)
        assert "Nothing waits for you" in client.get(WAITING).text


def test_an_invitation_is_told_to_whom_it_is_for(cast: SimpleNamespace, client_of) -> None:
    Invitation.objects.create(
        team=cast.team, email="mallory@example.com", role=Role.ARTIST, token_hash="x", invited_by=cast.alice,
        expires_at=timezone.now() + timedelta(days=7),
    )  # fmt: skip
    assert "Harbour Pictures</b> invites you" in client_of(cast.mallory).get(WAITING).text
    assert "invites you" not in client_of(cast.carol).get(WAITING).text


def test_the_cards_learn_what_the_month_has_cost(cast: SimpleNamespace, project: Project, client_of) -> None:
    Counter.objects.create(
        team=cast.team, scope="project", scope_id=project.pk, month=this_month(), spent=3_000_000, held=500_000,
        cap=20_000_000,
    )  # fmt: skip
    text = client_of(cast.dave).get(WAITING).text
    assert f'id="spent-{project.pk}" hx-swap-oob="true"' in text
    assert "$3.50" in text
    assert "$20.00" in text
    assert str(project.pk) not in client_of(cast.mallory).get(WAITING).text
    front = client_of(cast.dave).get(reverse("generation:project_waiting", args=[project.pk])).text
    assert "$3.50" in front
    assert client_of(cast.mallory).get(reverse("generation:project_waiting", args=[project.pk])).status_code == 404


def test_teams_stand_apart(cast: SimpleNamespace, project: Project, client_of) -> None:
    other = create_team(name="Second Unit", owner=cast.bob)
    Membership.objects.create(team=other, user=cast.alice, role=Role.ARTIST)
    Project.objects.create(team=other, name="Night Bus", created_by=cast.bob)
    page = client_of(cast.alice).get(HOME).text
    assert page.index("Harbour Pictures") < page.index("The Last Ferry")
    assert page.index("Second Unit") < page.index("Night Bus")
    assert reverse("generation:team_costs", args=[cast.team.pk]) in page
    assert reverse("generation:team_costs", args=[other.pk]) not in page, "an artist sees no team's money"


def test_the_bar_shows_how_far_the_shots_are(cast: SimpleNamespace, project: Project, client_of) -> None:
    shots = add_scenes(project, 1, 4)
    finish(shots)
    for shot, status in zip(shots, ("approved", "review", "changes", "todo"), strict=True):
        Shot.objects.filter(pk=shot.pk).update(status=status, due_on=timezone.localdate())
    for path in (HOME, f"/projects/{project.pk}/"):
        page = client_of(cast.dave).get(path).text
        assert 'aria-label="1 approved, 1 in review, 1 changes asked, 1 to do"' in page, path
    assert "due today" in page


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("alice", "Your first film starts with a script"),
        ("carol", "Your shots will be here"),
        ("dave", "What you review will be here"),
    ],
)
def test_an_empty_home_says_what_comes_first(cast: SimpleNamespace, client_of, who: str, said: str) -> None:
    assert said in client_of(getattr(cast, who)).get(HOME).text


def test_few_queries_with_many_projects(
    cast: SimpleNamespace, project: Project, client_of, django_assert_max_num_queries
) -> None:
    for number in range(12):
        one = Project.objects.create(team=cast.team, name=f"Film {number}", created_by=cast.bob)
        add_scenes(one, 2, 2)
        an_unknown_order(one)
    Shot.objects.update(status="review", assignee=cast.alice)
    client = client_of(cast.alice)
    for path in (HOME, f"/projects/{project.pk}/", f"/projects/{project.pk}/waiting/"):
        with django_assert_max_num_queries(10):
            assert client.get(path).status_code == 200
    with django_assert_max_num_queries(12):
        text = client.get(WAITING).text
    assert "and 40 more shots of yours" in text
