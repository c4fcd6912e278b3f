"""The rushes, a take's verdict and star, comparing, and deleting, as each of the cast meets them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.policies import Right
from generation import redoing
from projects import commenting
from projects.access import open_project
from projects.models import Comment, Project, Subject
from projects.subjects import find
from scenes.models import Element, Shot, Take
from scenes.rushes import PAGE, Wanted, rushes
from tests.pages.footage import add_scenes
from tests.pages.footage import add_take as add_made_take

FRAGMENT = {"HX-Request": "true"}
IN_REVIEW = Shot.Status.REVIEW


def url(name: str, project, *more) -> str:
    return reverse(name, args=[project.pk, *more])


def add_take(shot: Shot, kind: str = "clip", **fields) -> Take:
    take = add_made_take(shot, kind, recipe="plain")
    Take.objects.filter(pk=take.pk).update(**fields)
    Shot.objects.filter(pk=shot.pk).update(status=IN_REVIEW)
    return Take.objects.get(pk=take.pk)


def note_on(person, project, take: Take, text: str = "Eyes drift.") -> Comment:
    opened = open_project(person, project.pk, Right.COMMENT)
    found = find(project, Subject.TAKE, take.pk)
    assert found
    return commenting.add_comment(opened=opened, kind="take", subject_id=take.pk, found=found, text=text)


@pytest.fixture
def shot(project) -> Shot:
    return add_scenes(project, 1, 1)[0]


def test_all_members_see_them_and_strangers_see_nothing(cast, project, client_of, shot):
    take = add_take(shot)
    pages = [
        url("scenes:rushes", project),
        url("scenes:rushes_badge", project),
        url("scenes:compare", project) + f"?takes={take.pk}",
    ]
    for page in pages:
        for member in (cast.alice, cast.bob, cast.carol, cast.dave):
            assert client_of(member).get(page).status_code == 200, (page, member)
        assert client_of(cast.mallory).get(page).status_code == 404, page
        assert client_of(None).get(page).status_code == 302, page


def test_a_take_of_another_team_is_not_reached_through_an_own_project(cast, project, client_of, shot):
    take = add_take(shot)
    own = Project.objects.create(team=cast.mallory.teams.get(), name="Own")
    mallory = client_of(cast.mallory)
    for name in ("approve_take", "send_back", "withdraw_verdict", "star_take", "delete_take"):
        assert mallory.post(url(f"scenes:{name}", own, take.pk), {"text": "x", "starred": "1"}).status_code == 404, name
    assert mallory.get(url("scenes:take_review", own, take.pk)).status_code == 404
    assert str(take.pk) not in mallory.get(url("scenes:compare", own) + f"?takes={take.pk}").content.decode()
    assert str(take.pk) not in mallory.get(url("scenes:rushes", own) + f"?show=all&take={take.pk}").content.decode()
    take.refresh_from_db()
    assert (take.verdict, take.starred_at, take.deleted_at) == ("", None, None)


def test_what_waits_is_of_shots_in_review_and_not_judged(cast, project, client_of):
    waits, approved, done, omitted, trashed = add_scenes(project, 1, 5)
    takes = {shot: add_take(shot) for shot in (waits, approved, done, omitted, trashed)}
    Take.objects.filter(pk=takes[approved].pk).update(verdict="approved")
    Shot.objects.filter(pk=done.pk).update(status=Shot.Status.APPROVED)
    Shot.objects.filter(pk=omitted.pk).update(omitted_at=timezone.now())
    Take.objects.filter(pk=takes[trashed].pk).update(deleted_at=timezone.now())
    add_made_take(waits, "voice", recipe="plain")
    found = rushes(open_project(cast.dave, project.pk, Right.SEE), Wanted())
    assert [row.take for day in found.days for row in day.rows] == [takes[waits]]
    badge = client_of(cast.dave).get(url("scenes:rushes_badge", project)).content.decode()
    assert badge.strip().startswith("1<")
    everything = rushes(open_project(cast.dave, project.pk, Right.SEE), Wanted(show="all"))
    assert {row.take for day in everything.days for row in day.rows} == {takes[waits], takes[approved], takes[done]}


def test_a_still_that_became_a_clip_waits_with_it(cast, project, client_of):
    made, alone = add_scenes(project, 1, 2)
    still, other = add_take(made, "still"), add_take(alone, "still")
    clip = add_take(made, "clip", inputs={"inputAsset": str(still.asset_id)})
    dave = open_project(cast.dave, project.pk, Right.SEE)

    def shown(**wanted) -> set[Take]:
        return {row.take for day in rushes(dave, Wanted(**wanted)).days for row in day.rows}

    assert shown() == {clip, other}
    assert shown(kind="still") == {still, other}
    assert shown(show="all") == {still, clip, other}
    browser = client_of(cast.dave)
    badge = browser.get(url("scenes:rushes_badge", project)).text
    assert badge.startswith("2<")
    assert "2 takes to review" in browser.get(reverse("generation:waiting")).text
    assert "to review" not in client_of(cast.mallory).get(reverse("generation:waiting")).text
    # Without the clip the still is judged by itself, and so is one that the clip was not made from.
    newer = add_take(made, "still")
    assert shown() == {clip, newer, other}
    Take.objects.filter(pk=clip.pk).update(deleted_at=timezone.now())
    assert shown() == {still, newer, other}


def test_the_newest_day_comes_first(cast, project, shot):
    old, new = add_take(shot), add_take(shot)
    Take.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=3))
    found = rushes(open_project(cast.dave, project.pk, Right.SEE), Wanted())
    assert [[row.take for row in day.rows] for day in found.days] == [[new], [old]]
    assert found.current is not None
    assert found.current.take == new


def test_filters(cast, project, client_of):
    one, two = add_scenes(project, 2, 1)
    mine = add_take(one, "clip", created_by=cast.carol)
    starred = add_take(two, "still", created_by=cast.bob, starred_at=timezone.now())
    note_on(cast.dave, project, mine)
    settled = note_on(cast.dave, project, starred)
    Comment.objects.filter(pk=settled.pk).update(resolved_at=timezone.now())
    carol = client_of(cast.carol)

    def shown(query: str) -> set[str]:
        page = carol.get(url("scenes:rushes", project) + query, headers=FRAGMENT).content.decode()
        return {str(take.pk) for take in (mine, starred) if f'data-take="{take.pk}"' in page}

    assert shown("") == {str(mine.pk), str(starred.pk)}
    assert shown("?show=mine") == {str(mine.pk)}
    assert shown("?show=starred") == {str(starred.pk)}
    assert shown("?show=notes") == {str(mine.pk)}
    assert shown(f"?show=all&scene={two.scene_id}") == {str(starred.pk)}
    assert shown(f"?person={cast.bob.pk}") == {str(starred.pk)}
    assert shown("?kind=clip") == {str(mine.pk)}
    assert shown("?show=nonsense&scene=x&person=' or 1=1&kind=film&page=-1") == {str(mine.pk), str(starred.pk)}
    Shot.objects.filter(pk=two.pk).update(assignee=cast.carol)
    assert shown("?show=mine") == {str(mine.pk), str(starred.pk)}


def test_a_long_list_has_pages_and_a_link_leads_to_any_take(cast, project, client_of, shot):
    first = add_take(shot, created_at=timezone.now() - timedelta(days=9))
    Take.objects.bulk_create(
        Take(project=project, shot=shot, kind="clip", number=number, asset=first.asset, recipe="plain")
        for number in range(2, PAGE + 2)
    )
    dave = client_of(cast.dave)
    page = dave.get(url("scenes:rushes", project)).content.decode()
    assert f'data-take="{first.pk}"' not in page
    assert "Earlier takes" in page
    assert f'data-take="{first.pk}"' in dave.get(url("scenes:rushes", project) + "?page=1").content.decode()
    linked = dave.get(url("scenes:rushes", project) + f"?show=all&take={first.pk}").content.decode()
    assert f'take={first.pk}" data-take="{first.pk}"' in linked.replace("&amp;", "&")


def test_empty_rushes_say_what_comes(cast, project, client_of):
    page = client_of(cast.carol).get(url("scenes:rushes", project)).content.decode()
    assert "Nothing waits for a review" in page
    assert reverse("scenes:storyboard", args=[project.pk]) in page
    assert (
        "Show all takes" in client_of(cast.carol).get(url("scenes:rushes", project) + "?show=starred").content.decode()
    )


@pytest.mark.parametrize("scenes", [2, 25])
def test_queries_do_not_grow(cast, project, client_of, scenes):
    shots = add_scenes(project, scenes, 4)
    takes = [add_take(shot, kind) for shot in shots for kind in ("still", "clip")]
    for take in takes[:10]:
        note_on(cast.dave, project, take)
    # One note waits, another is being redone; and what the shot shows has a picture.
    spender = open_project(cast.carol, project.pk, Right.SPEND)
    second = note_on(cast.dave, project, takes[1], "Slower.")
    redoing.ask(opened=spender, note=second, take=takes[1], prompt="Slower.")
    Element.objects.create(project=project, kind="location", name=shots[0].scene.location).references.add(
        takes[0].asset
    )
    carol = client_of(cast.carol)
    # A session notes now and then when it was last seen; that is not the page's.
    carol.get(url("scenes:rushes_badge", project))
    for page, headers, most in (
        (url("scenes:rushes", project), {}, 10),
        (url("scenes:rushes", project) + "?show=all&part=list", FRAGMENT, 10),
        (url("scenes:take_review", project, takes[0].pk), FRAGMENT, 10),
        (url("scenes:compare", project) + f"?takes={takes[0].pk}", {}, 10),
        (url("generation:redoing", project, takes[1].pk), FRAGMENT, 10),
    ):
        with CaptureQueriesContext(connection) as caught:
            assert carol.get(page, headers=headers).status_code == 200
        assert len(caught) <= most, (page, len(caught), [query["sql"][:120] for query in caught])


def test_a_reviewer_approves_and_can_take_it_back(cast, project, client_of, shot):
    take = add_take(shot)
    dave = client_of(cast.dave)
    answer = dave.post(url("scenes:approve_take", project, take.pk), {"seen": ""}, headers=FRAGMENT)
    assert answer.status_code == 200
    said = json.loads(answer["HX-Trigger"])["rushes:said"]
    assert said["text"] == "Clip 1 of shot 1A is approved and in the film."
    take.refresh_from_db()
    assert take.verdict == "approved"
    assert dave.post(said["undo"], headers=FRAGMENT).status_code == 200
    take.refresh_from_db()
    assert take.verdict == ""


def test_a_plain_form_is_led_back_with_words(cast, project, client_of, shot):
    take = add_take(shot)
    answer = client_of(cast.dave).post(url("scenes:approve_take", project, take.pk), follow=True)
    assert "is approved and in the film" in answer.content.decode()


def test_a_verdict_that_came_first_is_told(cast, project, client_of, shot):
    take = add_take(shot)
    client_of(cast.dave).post(url("scenes:approve_take", project, take.pk), headers=FRAGMENT)
    answer = client_of(cast.carol).post(
        url("scenes:send_back", project, take.pk), {"text": "Too dark.", "seen": ""}, headers=FRAGMENT
    )
    assert answer.status_code == 422
    assert "Dave approved it a moment ago" in answer.content.decode()
    assert not Comment.objects.exists()


def test_sending_back_without_a_word_is_refused_in_words(cast, project, client_of, shot):
    take = add_take(shot)
    answer = client_of(cast.dave).post(url("scenes:send_back", project, take.pk), {"text": ""}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert "write a note" in answer.content.decode()


@pytest.mark.parametrize("drawing", ["x", "{}", '[{"points": [[2, 2]]}]', "[" * 9999])
def test_what_is_no_drawing_is_refused_in_words(cast, project, client_of, shot, drawing):
    take = add_take(shot)
    values = {"text": "Here.", "drawing": drawing, "time_ms": "9" * 40}
    answer = client_of(cast.dave).post(url("scenes:send_back", project, take.pk), values, headers=FRAGMENT)
    assert answer.status_code == 422
    assert "rawing" in answer.content.decode().split('role="alert"')[1].split("</p>")[0]
    take.refresh_from_db()
    assert take.verdict == ""


def test_hostile_words_stay_words(cast, project, client_of, shot):
    evil = "<script>alert(1)</script>\"'>"
    take = add_take(shot, inputs={"model": evil, "model_label": evil, "prompt": evil, "uploaded": evil})
    other = add_take(shot, inputs={"model": "b", "prompt": "c"})
    note = note_on(cast.dave, project, other, evil)
    Take.objects.filter(pk=take.pk).update(note=note)
    dave = client_of(cast.dave)
    for page in (
        url("scenes:rushes", project) + f"?take={take.pk}",
        url("scenes:compare", project) + f"?takes={take.pk},{other.pk}",
        url("generation:redoing", project, other.pk),
    ):
        text = dave.get(page).content.decode()
        assert "<script>alert" not in text, page


def test_a_take_is_deleted_and_comes_back_with_its_place_in_the_film(cast, project, client_of, shot):
    first, second = add_take(shot), add_take(shot)
    carol = client_of(cast.carol)
    assert client_of(cast.dave).post(url("scenes:delete_take", project, second.pk)).status_code == 403
    answer = carol.post(url("scenes:delete_take", project, second.pk), headers=FRAGMENT)
    undo = json.loads(answer["HX-Trigger"])["rushes:said"]["undo"]
    shot.refresh_from_db()
    assert shot.clip is None
    assert str(second.pk) not in carol.get(url("scenes:rushes", project)).content.decode()
    assert f"Clip {second.number}" not in carol.get(url("scenes:shot", project, shot.pk)).content.decode()
    assert carol.post(undo).status_code in (200, 204, 302)
    assert Shot.objects.get(pk=shot.pk).clip == second
    assert first.pk != second.pk


def test_comparing_shows_only_what_differs(cast, project, client_of, shot):
    same = {"model": "m", "model_label": "Model", "parameters": {"width": 1280}, "cost": 250000}
    one = add_take(shot, inputs={**same, "prompt": "Fog on the water.", "seed": 1})
    two = add_take(shot, inputs={**same, "prompt": "Fog on the dark water.", "seed": 2})
    page = client_of(cast.dave).get(url("scenes:compare", project) + f"?takes={one.pk},{two.pk}").content.decode()
    table = page.split('class="differences"')[1]
    assert "Seed" in table
    assert "Width" not in table
    assert "<ins> dark</ins>" in table
    alone = client_of(cast.dave).get(url("scenes:compare", project) + f"?takes={one.pk}").content.decode()
    assert f'value="{two.pk}" checked' in alone


def test_comparing_nothing_says_what_to_do(cast, project, client_of, shot):
    assert "Choose two takes" in client_of(cast.dave).get(url("scenes:compare", project)).content.decode()
    take = add_take(shot)
    page = client_of(cast.dave).get(url("scenes:compare", project) + f"?takes={take.pk},x,y").content.decode()
    assert "no other take to compare with" in page
