"""A guest's review: who is let in, what plays, notes, answers, yes and no, and the end of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.policies import Right
from projects import commenting, review_links
from projects.access import open_project
from projects.guest_access import COOKIE, address_of
from projects.models import Comment, Event, Guest, GuestVerdict, Notification, Project
from projects.subjects import find
from scenes.models import Shot
from scenes.services.guest_items import Choice
from tests.pages.footage import add_scenes, add_take, finish
from tests.pages.guests import at, enter, make_link

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    cache.clear()


@pytest.fixture
def shots(project: Project) -> list[Shot]:
    made = add_scenes(project, 1, 3)
    finish(made)
    return made


def test_a_guest_gives_a_name_and_watches(cast: SimpleNamespace, project: Project, shots) -> None:
    link = make_link(project, cast.bob)
    client = Client()
    door = client.get(address_of(link))
    assert door.status_code == 200
    assert "First cut" in door.text
    assert "data-plays" not in door.text
    empty = client.post(address_of(link), {"name": "  "})
    assert empty.status_code == 422
    assert "Say who you are" in empty.text
    page = client.post(address_of(link), {"name": "Vera  Client"}, follow=True)
    assert Guest.objects.get().name == "Vera Client"
    assert f'data-plays="{at(link, "cut")}"' in page.text
    assert 'data-name="Vera Client"' in page.text, "the watermark has no name"
    assert Guest.objects.get().views == 1
    cookie = client.cookies[COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (f"/review/{link.pk}/", True, "Lax")


def test_answers_are_kept_nowhere_and_tell_nobody_their_address(cast: SimpleNamespace, project: Project, shots) -> None:
    link = make_link(project, cast.bob)
    client = enter(link)
    for path in (address_of(link), at(link, "cut"), at(link, "state"), at(link, "notes")):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store", path
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "noindex" in answer.headers["X-Robots-Tag"]


def test_a_password_is_asked_for_and_tries_are_limited(cast: SimpleNamespace, project: Project, shots) -> None:
    link = make_link(project, cast.bob, password="tide", name="Secret title")
    client = Client()
    assert "Secret title" not in client.get(address_of(link)).text
    wrong = client.post(address_of(link), {"name": "Vera", "password": "ebb"})
    assert wrong.status_code == 422
    assert 'value="Vera"' in wrong.text, "the name that was typed is lost"
    assert not Guest.objects.exists()
    for _ in range(25):
        last = client.post(address_of(link), {"name": "Vera", "password": "ebb"})
    assert last.status_code == 429
    assert client.post(address_of(link), {"name": "Vera", "password": "tide"}).status_code == 429
    cache.clear()
    enter(link, password="tide")


def test_the_cut_is_the_members_cut_at_the_guests_addresses(
    cast: SimpleNamespace, project: Project, shots, client_of
) -> None:
    link = make_link(project, cast.bob)
    theirs = enter(link).get(at(link, "cut")).json()
    ours = client_of(cast.dave).get(reverse("generation:cut", args=[project.pk])).json()
    assert [shot["startMs"] for shot in theirs["shots"]] == [shot["startMs"] for shot in ours["shots"]]
    assert theirs["shots"][0]["clip"] == at(link, "media", shots[0].clip.asset_id, "file")
    assert (theirs["shots"][0]["kind"], theirs["shots"][0]["subjectId"]) == ("take", str(shots[0].clip_id))
    assert theirs["voices"][0]["src"].startswith(f"/review/{link.pk}/")
    assert '"/media/' not in str(theirs).replace("'", '"')


def test_a_playlist_plays_the_chosen_takes_in_their_order(cast: SimpleNamespace, project: Project, shots) -> None:
    still = shots[2].still
    choice = Choice(take_ids=(still.pk, shots[0].clip_id))
    link = make_link(project, cast.bob, choice=choice)
    client = enter(link)
    items = client.get(at(link, "items")).json()["shots"]
    assert [item["subjectId"] for item in items] == [str(still.pk), str(shots[0].clip_id)]
    assert items[0]["still"]
    assert not items[0]["clip"]
    assert items[1]["startMs"] == items[0]["durationMs"]
    assert client.get(at(link, "cut")).status_code == 404, "the film is not what this link shows"
    # What was shared stays what it was, whatever is chosen for the film.
    add_take(shots[0], "clip")
    assert client.get(at(link, "items")).json()["shots"][1]["subjectId"] == choice.take_ids[1].__str__()


def test_a_note_reaches_the_team_on_the_take_that_was_seen(cast: SimpleNamespace, project: Project, shots) -> None:
    link = make_link(project, cast.bob)
    client = enter(link)
    take = shots[1].clip
    drawing = '[{"tool": "pen", "colour": "red", "points": [[0.1, 0.2], [0.3, 0.4]]}]'
    given = {"kind": "take", "id": take.pk, "text": "Slower <b>here</b>", "time_ms": "1250", "drawing": drawing}
    answer = client.post(at(link, "notes"), given)
    assert answer.status_code == 200
    assert "Slower &lt;b&gt;here" in answer.text
    note = Comment.objects.get()
    assert note.guest is not None
    assert (note.guest.name, note.author, note.subject_id, note.shot_id) == ("Vera", None, take.pk, shots[1].pk)
    assert (note.time_ms, len(note.drawing)) == (1250, 1)
    event = Event.objects.get(type="comment_added")
    assert (event.payload["guest"], event.payload["shotId"]) == ("Vera", str(shots[1].pk))
    told = Notification.objects.get(user=cast.bob)
    assert told.kind == "guest"
    assert "Vera (guest)" in told.text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": "  "}, "Write something first"),
        ({"text": "x" * 5001}, "at most 5000"),
        ({"drawing": "[[["}, "Draw it again"),
        ({"kind": "script"}, "something else there"),
    ],
)
def test_a_refused_note_says_why(cast: SimpleNamespace, project: Project, shots, given: dict, said: str) -> None:
    link = make_link(project, cast.bob)
    note = {"kind": "take", "id": shots[0].clip_id, "text": "Fine"} | given
    answer = enter(link).post(at(link, "notes"), note)
    assert answer.status_code == 422
    assert said in answer.text
    assert not Comment.objects.exists()


def test_the_team_answers_and_nobody_reads_what_others_say(cast: SimpleNamespace, project: Project, shots) -> None:
    link = make_link(project, cast.bob)
    vera, walt = enter(link, "Vera"), enter(link, "Walt")
    subject = {"kind": "take", "id": shots[0].clip_id}
    vera.post(at(link, "notes"), subject | {"text": "Vera asks"})
    walt.post(at(link, "notes"), subject | {"text": "Walt asks"})
    opened = open_project(cast.carol, project.pk, Right.COMMENT)
    note = Comment.objects.get(text="Vera asks")
    found = find(project, "take", shots[0].clip_id)
    assert found is not None
    for text, parent in (("Carol answers", note), ("Among ourselves", None)):
        commenting.add_comment(
            opened=opened, kind="take", subject_id=shots[0].clip_id, found=found, text=text, parent=parent
        )
    seen = vera.get(at(link, "notes")).text
    assert "Vera asks" in seen
    assert "Carol answers" in seen
    assert "Walt asks" not in seen
    assert "Among ourselves" not in seen
    assert "Carol answers" not in walt.get(at(link, "notes")).text
    # Answering goes to one's own notes only.
    other = Comment.objects.get(text="Walt asks")
    assert vera.post(at(link, "notes"), {"parent": other.pk, "text": "x"}).status_code == 404
    assert vera.post(at(link, "notes"), {"parent": note.pk, "text": "Thank you"}).status_code == 200
    assert Comment.objects.get(text="Thank you").parent == note


def test_a_members_address_is_not_their_name(cast: SimpleNamespace, project: Project, shots) -> None:
    type(cast.carol).objects.filter(pk=cast.carol.pk).update(name="", email="secret.carol@example.com")
    cast.carol.refresh_from_db()
    link = make_link(project, cast.bob)
    vera = enter(link)
    vera.post(at(link, "notes"), {"kind": "take", "id": shots[0].clip_id, "text": "Vera asks"})
    note = Comment.objects.get()
    found = find(project, "take", note.subject_id)
    assert found is not None
    commenting.add_comment(
        opened=open_project(cast.carol, project.pk, Right.COMMENT), kind="take", subject_id=note.subject_id,
        found=found, text="We will", parent=note,
    )  # fmt: skip
    page = vera.get(address_of(link)).text
    assert "We will" in page
    assert "secret.carol" not in page


def test_yes_and_no_are_the_clients_word_and_change_no_status(
    cast: SimpleNamespace, project: Project, shots, client_of
) -> None:
    link = make_link(project, cast.bob, choice=Choice(take_ids=(shots[0].clip_id, shots[1].clip_id)))
    client = enter(link)
    before = list(Shot.objects.order_by("pk").values("status", "updated_at"))
    for take, verdict in ((shots[0].clip_id, "changes"), (shots[0].clip_id, "approved"), (shots[1].clip_id, "changes")):
        assert client.post(at(link, "verdict"), {"kind": "take", "id": take, "verdict": verdict}).status_code == 200
    assert list(GuestVerdict.objects.order_by("verdict").values_list("subject_id", "verdict")) == [
        (shots[0].clip_id, "approved"), (shots[1].clip_id, "changes"),
    ]  # fmt: skip
    assert list(Shot.objects.order_by("pk").values("status", "updated_at")) == before
    assert Event.objects.filter(type="guest_verdict").count() == 3
    told = Notification.objects.filter(user=cast.bob)
    assert told.count() == 1, "one piece of news, not one for each take"
    client.post(at(link, "verdict"), {"kind": "take", "id": shots[1].clip_id, "verdict": ""})
    assert GuestVerdict.objects.count() == 1
    page = client.get(address_of(link)).text
    assert f'"{shots[0].clip_id}": "approved"' in page
    path = reverse("scenes:client_word", args=[project.pk, shots[0].clip_id])
    assert "Client approved" in client_of(cast.dave).get(path).text
    assert client_of(cast.mallory).get(path).status_code == 404


def test_a_film_is_approved_as_a_whole(cast: SimpleNamespace, project: Project, shots) -> None:
    link = make_link(project, cast.bob)
    given = {"kind": "project", "id": project.pk, "verdict": "approved"}
    assert enter(link).post(at(link, "verdict"), given).status_code == 200
    assert GuestVerdict.objects.get().subject_kind == "project"


def test_a_link_for_watching_takes_no_notes_and_no_verdict(cast: SimpleNamespace, project: Project, shots) -> None:
    link = make_link(project, cast.bob, may_comment=False, may_approve=False)
    client = enter(link)
    take = {"kind": "take", "id": shots[0].clip_id}
    assert client.post(at(link, "notes"), take | {"text": "x"}).status_code == 422
    assert client.post(at(link, "verdict"), take | {"verdict": "approved"}).status_code == 422
    page = client.get(address_of(link)).text
    assert 'id="note"' not in page
    assert 'id="verdict"' not in page
    assert not Comment.objects.exists()
    assert not GuestVerdict.objects.exists()


def test_an_open_page_learns_that_the_link_was_closed(cast: SimpleNamespace, project: Project, shots) -> None:
    link = make_link(project, cast.bob)
    client = enter(link)
    before = client.get(at(link, "state")).json()
    client.post(at(link, "notes"), {"kind": "take", "id": shots[0].clip_id, "text": "x"})
    assert client.get(at(link, "state")).json()["notes"] != before["notes"]
    review_links.revoke_link(opened=open_project(cast.bob, project.pk, Right.MANAGE), link=link)
    for path in (address_of(link), at(link, "state"), at(link, "cut"), at(link, "notes")):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "This review is closed" in answer.text
        assert project.name not in answer.text
        assert "First cut" not in answer.text


def test_few_queries_whatever_was_said(
    cast: SimpleNamespace, project: Project, shots, django_assert_max_num_queries
) -> None:
    link = make_link(project, cast.bob)
    client = enter(link)
    for number in range(20):
        client.post(at(link, "notes"), {"kind": "take", "id": shots[0].clip_id, "text": f"Note {number}"})
    with django_assert_max_num_queries(10):
        client.get(address_of(link))
    with django_assert_max_num_queries(10):
        client.get(at(link, "cut"))
