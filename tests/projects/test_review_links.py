"""Links for guests: who makes them, what they show, how long they open, and what is counted."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.policies import Right
from projects import guests
from projects.access import open_project
from projects.guest_access import OpenReview, ReviewClosed, address_of, find_review, mac_of
from projects.models import Event, Guest, Project, ReviewLink
from scenes.models import Take
from scenes.services.guest_items import Choice
from tests.pages.footage import add_scenes, finish
from tests.pages.guests import make_link

pytestmark = pytest.mark.django_db
FORM = {"name": "For Nora", "days": "7", "may_comment": "on", "watermark": "on"}


def share_at(project: Project) -> str:
    return reverse("scenes:share", args=[project.pk])


def test_a_producer_makes_a_link_for_a_week(cast: SimpleNamespace, project: Project, client_of) -> None:
    finish(add_scenes(project, 1, 2))
    answer = client_of(cast.bob).post(share_at(project), FORM | {"password": "tide"})
    link = ReviewLink.objects.get()
    assert answer.status_code == 302
    assert (link.name, link.created_by, link.shows, link.items) == ("For Nora", cast.bob, "film", [])
    assert (link.may_comment, link.may_approve, link.watermark) == (True, False, True)
    assert link.expires_at is not None
    assert timedelta(days=6.9) < link.expires_at - timezone.now() < timedelta(days=7.1)
    assert "tide" not in link.password
    page = client_of(cast.bob).get(answer.headers["Location"]).text
    assert address_of(link) in page
    assert "tide" not in page
    assert Event.objects.get(type="review_link_made").actor == cast.bob


def test_artists_and_reviewers_do_not_let_anybody_in(cast: SimpleNamespace, project: Project, client_of) -> None:
    add_scenes(project, 1, 1)
    for person in (cast.carol, cast.dave):
        assert client_of(person).post(share_at(project), FORM).status_code == 403
    assert client_of(cast.mallory).post(share_at(project), FORM).status_code == 404
    assert not ReviewLink.objects.exists()


def test_chosen_shots_are_shared_as_they_are_now(cast: SimpleNamespace, project: Project, client_of) -> None:
    shots = add_scenes(project, 1, 3)
    finish(shots[:2])
    chosen = f"{shots[1].pk} {shots[0].pk} {shots[2].pk}"
    assert client_of(cast.bob).post(share_at(project), FORM | {"shots": chosen}).status_code == 302
    link = ReviewLink.objects.get()
    assert link.shows == "playlist"
    assert link.items == [str(shots[0].clip_id), str(shots[1].clip_id)]


def test_what_belongs_to_others_cannot_be_shared(cast: SimpleNamespace, project: Project, client_of) -> None:
    finish(add_scenes(project, 1, 1))
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Theirs")
    finish(add_scenes(theirs, 1, 1))
    take = Take.objects.filter(shot__scene__project=theirs, kind="clip").get()
    for given in ({"takes": str(take.pk)}, {"shots": str(take.shot_id)}, {"render": str(take.pk)}):
        answer = client_of(cast.bob).post(share_at(project), FORM | given)
        assert answer.status_code == 422, given
        assert "For Nora" in answer.text, "what was typed is lost"
    assert not ReviewLink.objects.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"shots": "nonsense"}, "Choose again"),
        ({"days": "5000"}, "Select a valid choice"),
        ({"name": "x" * 121}, "at most 120"),
    ],
)
def test_a_refused_form_says_why(cast: SimpleNamespace, project: Project, client_of, given: dict, said: str) -> None:
    finish(add_scenes(project, 1, 1))
    answer = client_of(cast.bob).post(share_at(project), FORM | given)
    assert answer.status_code == 422
    assert said in answer.text
    assert not ReviewLink.objects.exists()


def test_there_must_be_something_to_see(cast: SimpleNamespace, project: Project, client_of) -> None:
    answer = client_of(cast.bob).post(share_at(project), FORM)
    assert answer.status_code == 422
    assert "There is no film yet" in answer.text
    shots = add_scenes(project, 1, 1)
    answer = client_of(cast.bob).post(share_at(project), FORM | {"shots": str(shots[0].pk)})
    assert "Choose at least one shot that has a picture" in answer.text


def test_a_link_is_closed_and_opened_again(cast: SimpleNamespace, project: Project, client_of) -> None:
    finish(add_scenes(project, 1, 1))
    link = make_link(project, cast.bob)
    client = client_of(cast.bob)
    answer = client.post(reverse("scenes:review_link_revoke", args=[project.pk, link.pk]), follow=True)
    undo = reverse("scenes:review_link_restore", args=[project.pk, link.pk])
    assert f'data-undo="{undo}"' in answer.text
    with pytest.raises(ReviewClosed):
        find_review(link.pk, mac_of(link))
    client.post(undo)
    assert find_review(link.pk, mac_of(link)).link == link
    assert list(Event.objects.filter(type__startswith="review_link").values_list("type", flat=True)) == [
        "review_link_made", "review_link_revoked", "review_link_restored",
    ]  # fmt: skip


def test_the_time_that_it_opens_is_changed(cast: SimpleNamespace, project: Project, client_of) -> None:
    finish(add_scenes(project, 1, 1))
    link = make_link(project, cast.bob, expires_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(ReviewClosed):
        find_review(link.pk, mac_of(link))
    path = reverse("scenes:review_link_expiry", args=[project.pk, link.pk])
    assert client_of(cast.bob).post(path, {"days": "x"}).status_code == 422
    client_of(cast.bob).post(path, {"days": "1"})
    assert find_review(link.pk, mac_of(link)).link == link
    client_of(cast.bob).post(path, {"days": "0"})
    link.refresh_from_db()
    assert link.expires_at is None


def test_a_link_is_dead_in_every_way_that_it_can_be(cast: SimpleNamespace, project: Project) -> None:
    finish(add_scenes(project, 1, 1))
    link = make_link(project, cast.bob)
    mac = mac_of(link)
    now = timezone.now()
    for model, change in (
        (ReviewLink, {"revoked_at": now}),
        (ReviewLink, {"expires_at": now}),
        (ReviewLink, {"nonce": "another"}),
        (Project, {"archived_at": now}),
        (Project, {"deleted_at": now}),
    ):
        rows = model.objects.filter(pk=link.pk if model is ReviewLink else project.pk)
        before = rows.values(*change).get()
        assert find_review(link.pk, mac).link == link
        rows.update(**change)
        with pytest.raises(ReviewClosed):
            find_review(link.pk, mac)
        rows.update(**before)


def test_a_visit_is_counted_once(cast: SimpleNamespace, project: Project) -> None:
    finish(add_scenes(project, 1, 1))
    link = make_link(project, cast.bob)
    guest = Guest.objects.create(link=link, name="Vera")
    review = OpenReview(link, project, guest)
    assert guests.count_view(review=review)
    assert not guests.count_view(review=review), "a reload is no visit"
    later = timezone.now() - guests.VISIT_GAP - timedelta(seconds=1)
    Guest.objects.update(last_seen_at=later)
    # Two pages that open at the same moment hold the same old row; only one of them is counted.
    assert [guests.count_view(review=review) for _ in range(2)] == [True, False]
    guest.refresh_from_db()
    assert guest.views == 2


@pytest.mark.django_db(transaction=True)
def test_pages_that_open_at_the_same_moment_are_one_visit(cast: SimpleNamespace, project: Project) -> None:
    finish(add_scenes(project, 1, 1))
    link = make_link(project, cast.bob)
    review = OpenReview(link, project, Guest.objects.create(link=link, name="Vera"))
    together = threading.Barrier(4)

    def look() -> bool:
        together.wait(timeout=30)
        try:
            return guests.count_view(review=review)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        counted = [one.result() for one in [pool.submit(look) for _ in range(4)]]
    assert sorted(counted) == [False, False, False, True]
    assert Guest.objects.get().views == 1


def test_the_list_takes_few_queries(
    cast: SimpleNamespace, project: Project, client_of, django_assert_max_num_queries
) -> None:
    shots = add_scenes(project, 1, 3)
    finish(shots)
    for number in range(12):
        link = make_link(project, cast.bob, choice=Choice(shot_ids=(shots[number % 3].pk,)))
        for name in range(4):
            Guest.objects.create(link=link, name=f"Guest {name}")
    client = client_of(cast.alice)
    with django_assert_max_num_queries(12):
        page = client.get(reverse("scenes:review_links", args=[project.pk])).text
    assert page.count('class="card link') == 12


def test_a_foreign_link_is_not_reached_through_an_own_project(
    cast: SimpleNamespace, project: Project, client_of
) -> None:
    finish(add_scenes(project, 1, 1))
    link = make_link(project, cast.bob)
    theirs = Project.objects.create(team=cast.mallory.teams.get(), name="Theirs")
    for name in ("revoke", "restore", "expiry"):
        path = reverse(f"scenes:review_link_{name}", args=[theirs.pk, link.pk])
        assert client_of(cast.mallory).post(path, {"days": "1"}).status_code == 404
    link.refresh_from_db()
    assert link.revoked_at is None
    assert open_project(cast.bob, project.pk, Right.MANAGE)
