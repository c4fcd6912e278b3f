"""Guests: a door that strangers cannot lock, files that the cut does not use, and words that are taken back."""

from __future__ import annotations

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.policies import Right
from projects import commenting, guests
from projects.access import open_project
from projects.guest_access import address_of
from projects.models import Comment, Event, Guest, Project
from projects.subjects import find
from scenes.models import Asset, Film, Shot, Sound, Title
from tests.pages.footage import add_scenes, finish
from tests.pages.guests import at, enter, make_link, store
from tests.security.test_guests import ask

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    cache.clear()


@pytest.fixture
def shots(project: Project) -> list[Shot]:
    made = add_scenes(project, 1, 3)
    finish(made)
    return made


def try_from(link: Any, address: str, password: str = "wrong", name: str = "Vera") -> int:
    given = {"name": name, "password": password}
    return Client(REMOTE_ADDR=address).post(address_of(link), given).status_code


def test_an_outsider_who_guesses_locks_nobody_out(
    cast: SimpleNamespace, project: Project, shots: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guests, "_TRIES_IN_ALL", 30)
    link = make_link(project, cast.bob, password="tide")
    inside = enter(link, password="tide")
    for number in range(40):
        try_from(link, f"203.0.113.{number % 8}")
    assert try_from(link, "198.51.100.7", "tide") == 302, "a guest from elsewhere comes in"
    assert inside.get(at(link, "cut")).status_code == 200, "and who is in stays in"
    tried = [try_from(link, "198.51.100.8") for _ in range(8)]
    assert tried == [422] * 5 + [429] * 3, "while so many guess, each place has few tries"


def test_a_household_of_addresses_is_one_place() -> None:
    assert guests.place_of("2001:db8:1:2:3::4") == guests.place_of("2001:db8:1:2:ffff::1")
    assert guests.place_of("2001:db8:1:3::1") != guests.place_of("2001:db8:1:2::1")
    assert guests.place_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert guests.place_of("192.0.2.1") != guests.place_of("192.0.2.2")
    assert guests.place_of("unknown") == "unknown"


def sound(project: Project, film: Film, name: str, **given: Any) -> Asset:
    asset = Asset.objects.create(
        id=uuid.uuid4(), project=project, key=f"projects/{project.pk}/{name}.wav", sha256=name.ljust(64, "0"), size=10,
        kind="audio", media_type="audio/wav", origin="uploaded", original_name=f"{name}.wav", duration_ms=1000,
    )  # fmt: skip
    store(asset)
    Sound.objects.create(film=film, asset=asset, **{"track": "music", "start_ms": 0, "length_ms": 500, **given})
    return asset


def test_only_sounds_that_are_heard_are_given_out(cast: SimpleNamespace, project: Project, shots: Any) -> None:
    film, _ = Film.objects.get_or_create(project=project, defaults={"title": "x"})
    Film.objects.filter(pk=film.pk).update(muted=["effects"])
    Shot.objects.filter(pk=shots[2].pk).update(omitted_at=timezone.now())
    files = {
        "heard": sound(project, film, "heard"),
        "muted": sound(project, film, "muted", track="effects"),
        "behind": sound(project, film, "behind", start_ms=90 * 60 * 1000),
        "omitted": sound(project, film, "omitted", shot=shots[2]),
        "deleted": sound(project, film, "deleted", deleted_at=timezone.now()),
    }
    link = make_link(project, cast.bob)
    vera = enter(link)
    reached = {name for name, asset in files.items() if ask(vera, at(link, "media", asset.pk, "file")).status == 200}
    assert reached == {"heard"}
    told = vera.get(at(link, "cut")).json()["sounds"]
    assert [str(files["heard"].pk) in one["src"] for one in told] == [True]


def test_voices_of_a_muted_track_and_titles_of_omitted_shots_stay_inside(
    cast: SimpleNamespace, project: Project, shots: Any
) -> None:
    film, _ = Film.objects.get_or_create(project=project, defaults={"title": "x"})
    voice = Asset.objects.filter(kind="audio", project=project).first()
    assert voice is not None
    store(voice)
    title = Title.objects.create(film=film, text="SECRET", shot=shots[2])
    link = make_link(project, cast.bob)
    vera = enter(link)
    assert ask(vera, at(link, "media", voice.pk, "file")).status == 200
    Film.objects.filter(pk=film.pk).update(muted=["lines"])
    assert ask(vera, at(link, "media", voice.pk, "file")).status == 404
    assert vera.get(at(link, "title", title.pk)).status_code == 200
    Shot.objects.filter(pk=shots[2].pk).update(omitted_at=timezone.now())
    assert vera.get(at(link, "title", title.pk)).status_code == 404
    assert "SECRET" not in vera.get(at(link, "cut")).text


def note_of(client: Client, link: Any, shot: Shot, text: str = "Too dark") -> Comment:
    answer = client.post(at(link, "notes"), {"kind": "take", "id": shot.clip_id, "text": text})
    assert answer.status_code == 200, answer.text
    return Comment.objects.latest("created_at")


def test_a_guest_takes_back_their_own_note_for_a_while(
    cast: SimpleNamespace, project: Project, shots: Any, client_of: Any
) -> None:
    link = make_link(project, cast.bob)
    vera, other = enter(link), enter(link, "Otto")
    note = note_of(vera, link, shots[0], "My address is SECRET")
    assert f'data-take-back="{note.pk}"' in vera.get(at(link, "notes")).text
    assert f'data-take-back="{note.pk}"' in vera.get(address_of(link)).text
    back = at(link, "note_take_back", note.pk)
    assert other.post(back).status_code == 404, "somebody else's"
    assert Client().post(back).status_code == 404
    assert vera.get(back).status_code == 405
    gone = vera.post(back)
    assert gone.status_code == 200
    assert "SECRET" not in gone.text
    assert vera.post(back).status_code == 404
    talk = reverse("projects:comments", args=[project.pk, "take", shots[0].clip_id])
    assert "SECRET" not in client_of(cast.carol).get(talk).text
    event = Event.objects.filter(type="comment_deleted").get()
    assert (event.actor, event.payload["guest"]) == (None, "Vera")
    feed = client_of(cast.bob).get(reverse("projects:audit", args=[project.pk]))
    assert "Vera (guest)" in feed.text
    assert client_of(cast.bob).get(reverse("projects:trash", args=[project.pk])).status_code == 200


def test_what_is_old_answered_or_somebody_elses_is_not_taken_back(
    cast: SimpleNamespace, project: Project, shots: Any
) -> None:
    link, elsewhere = make_link(project, cast.bob), make_link(project, cast.bob)
    vera = enter(link)
    old, answered = note_of(vera, link, shots[0]), note_of(vera, link, shots[1])
    Comment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(minutes=16))
    opened = open_project(cast.carol, project.pk, Right.COMMENT)
    found = find(project, "take", shots[1].clip_id)
    assert found is not None
    kind = {"kind": "take", "subject_id": shots[1].clip_id, "found": found, "opened": opened}
    answer = commenting.add_comment(text="Done", parent=answered, **kind)
    ours = commenting.add_comment(text="Among us", **kind)
    for note, status in ((old, 422), (answered, 422), (answer, 404), (ours, 404)):
        assert vera.post(at(link, "note_take_back", note.pk)).status_code == status, note
    mine = note_of(vera, link, shots[2])
    assert enter(elsewhere).post(at(elsewhere, "note_take_back", mine.pk)).status_code == 404
    assert not Comment.objects.exclude(deleted_at=None).exists()
    assert Guest.objects.count() == 2


def test_a_guest_who_changes_their_mind_without_end_is_stopped(
    cast: SimpleNamespace, project: Project, shots: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guests, "_VERDICTS", 4)
    link = make_link(project, cast.bob)
    vera = enter(link)
    given = {"kind": "project", "id": project.pk}
    answers = [
        vera.post(at(link, "verdict"), {**given, "verdict": "approved" if number % 2 else "changes"}).status_code
        for number in range(6)
    ]
    assert answers == [200] * 4 + [422] * 2
    assert Event.objects.filter(type="guest_verdict").count() == 4
