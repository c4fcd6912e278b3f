"""Planning and cutting as people do it on the storyboard, the board and the page of a scene."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from accounts.models import Membership, User
from projects.models import Comment, Project
from scenes.models import Scene, Shot
from tests.pages.big_project import add_big_project
from tests.pages.footage import add_scenes, finish

pytestmark = pytest.mark.django_db

FRAGMENT = {"HX-Request": "true"}
NASTY = "<img src=x onerror=alert(1)>"


def url(name: str, project, *more) -> str:
    return reverse(name, args=[project.pk, *more])


def card(page: str, shot: Shot) -> str:
    start = page.index(f'id="shot-{shot.pk}"')
    return page[start : page.index("</article>", start)]


def said(response) -> dict[str, str]:
    told: dict[str, str] = json.loads(response["HX-Trigger"])["rushes:said"]
    return told


def test_cards_show_status_person_day_and_notes(cast, project, client_of):
    todo, mine, late, omitted = add_scenes(project, 1, 4)
    day = timezone.localdate() - timedelta(days=1)
    Shot.objects.filter(pk=mine.pk).update(status="approved", assignee=cast.carol, due_on=day)
    Shot.objects.filter(pk=late.pk).update(status="changes", due_on=day)
    Shot.objects.filter(pk=omitted.pk).update(omitted_at=timezone.now())
    for text, resolved in (("Darker.", None), ("Slower.", None), ("Done.", timezone.now())):
        Comment.objects.create(
            project=project, author=cast.dave, subject_kind="shot", subject_id=late.pk, shot_id=late.pk, text=text,
            resolved_at=resolved,
        )  # fmt: skip
    page = client_of(cast.carol).get(url("scenes:storyboard", project)).content.decode()
    assert '<span class="pill state">To do</span>' in card(page, todo)
    assert '<span class="pill ok state">Approved</span>' in card(page, mine)
    assert ">CA</span>" in card(page, mine)
    assert "Carol" in card(page, mine)
    assert "was due" not in card(page, mine), "what is approved is not late"
    assert "pill warn state" in card(page, late)
    assert "was due" in card(page, late)
    assert "2 open notes" in card(page, late)
    assert ">Omitted</span>" in card(page, omitted)


def test_what_people_write_is_text_on_the_cards(cast, project, client_of):
    shot = add_scenes(project, 1, 1)[0]
    Shot.objects.filter(pk=shot.pk).update(description=NASTY + '"', assignee=cast.bob)
    Scene.objects.update(heading=NASTY)
    User.objects.filter(pk=cast.bob.pk).update(name=f'"{NASTY}')
    for address in (
        url("scenes:storyboard", project),
        url("scenes:storyboard", project) + "?view=board",
        url("scenes:scene", project, shot.scene_id),
        url("scenes:shot", project, shot.pk),
        url("scenes:shot_card", project, shot.pk),
    ):
        page = client_of(cast.carol).get(address).content.decode()
        assert "<img src=x" not in page, address
        assert "&lt;img src=x" in page, address


def test_the_board_has_a_column_for_each_status_and_leaves_out_what_is_not_in_the_film(cast, project, client_of):
    first, second, gone = add_scenes(project, 1, 3)
    Shot.objects.filter(pk=second.pk).update(status="approved")
    Shot.objects.filter(pk=gone.pk).update(omitted_at=timezone.now())
    page = client_of(cast.dave).get(url("scenes:storyboard", project) + "?view=board").content.decode()
    columns = {part.split('"')[0]: part for part in page.split('data-column="')[1:]}
    assert list(columns) == ["todo", "in_progress", "review", "changes", "approved"]
    assert str(first.pk) in columns["todo"]
    assert str(second.pk) in columns["approved"]
    assert str(gone.pk) not in page


def test_a_bulk_change_answers_with_the_way_back(cast, project, client_of):
    shots = add_scenes(project, 1, 3)
    carol = client_of(cast.carol)
    ids = ",".join(str(shot.pk) for shot in shots)
    answer = carol.post(url("scenes:shots_assign", project), {"shots": ids, "person": cast.bob.pk}, headers=FRAGMENT)
    assert answer.status_code == 204
    told = said(answer)
    assert told["text"] == "3 shots: given to Bob."
    assert set(Shot.objects.values_list("assignee", flat=True)) == {cast.bob.pk}
    assert carol.post(told["undo"], headers=FRAGMENT).status_code == 204
    assert set(Shot.objects.values_list("assignee", flat=True)) == {None}
    again = client_of(cast.bob).post(told["undo"], headers=FRAGMENT)
    assert again.status_code == 422
    assert b"nothing of yours" in again.content


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("scenes:shots_status", {"status": "fine"}, "no such status"),
        ("scenes:shots_due", {"due": "soon"}, "year-month-day"),
        ("scenes:shots_assign", {"person": "00000000-0000-0000-0000-000000000001"}, "Only members"),
    ],
)
def test_what_cannot_be_says_what_to_do(cast, project, client_of, name, values, says):
    shot = add_scenes(project, 1, 1)[0]
    answer = client_of(cast.carol).post(url(name, project), {"shots": str(shot.pk), **values}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert answer["Content-Type"].startswith("text/plain")


def test_a_reviewer_may_approve_and_no_more(cast, project, client_of):
    shot = add_scenes(project, 1, 1)[0]
    dave = client_of(cast.dave)
    address, one = url("scenes:shots_status", project), {"shots": str(shot.pk)}
    assert dave.post(address, {**one, "status": "approved"}, headers=FRAGMENT).status_code == 204
    assert dave.post(address, {**one, "status": "todo"}, headers=FRAGMENT).status_code == 403
    for name in ("shots_assign", "shots_due", "shots_omit", "scenes_order", "scene_insert"):
        assert dave.post(url(f"scenes:{name}", project), one).status_code == 403, name
    page = dave.get(url("scenes:storyboard", project)).content.decode()
    assert 'data-set="status" value="approved"' in page
    assert 'value="todo"><span' not in page
    assert "menu-person" not in page


def test_ids_of_others_are_out_of_reach_through_ones_own_project(cast, project, client_of):
    theirs = add_scenes(project, 2, 2)
    own = Project.objects.create(team=cast.mallory.teams.get(), name="Mine")
    mine = add_scenes(own, 1, 1)[0]
    mallory = client_of(cast.mallory)
    foreign = theirs[0]
    for name, args, values in (
        ("scene", (foreign.scene_id,), None),
        ("scene_edit", (foreign.scene_id,), {"heading": "X"}),
        ("scene_place", (foreign.scene_id,), {"action": "omit"}),
        ("shots_order", (foreign.scene_id,), {"order": ""}),
        ("shot_insert", (foreign.scene_id,), {}),
        ("shot_split", (foreign.pk,), {}),
        ("scene_insert", (), {"after": str(foreign.scene_id), "heading": "X"}),
        ("shot_insert", (mine.scene_id,), {"after": str(foreign.pk)}),
    ):
        address = url(f"scenes:{name}", own, *args)
        answer = mallory.get(address) if values is None else mallory.post(address, values)
        assert answer.status_code == 404, name
    ids = ",".join(str(shot.pk) for shot in (mine, foreign))
    mallory.post(url("scenes:shots_status", own), {"shots": ids, "status": "approved"})
    mallory.post(url("scenes:shots_omit", own), {"shots": ids})
    answer = mallory.post(url("scenes:shots_assign", own), {"shots": str(mine.pk), "person": cast.bob.pk})
    foreign.refresh_from_db()
    mine.refresh_from_db()
    assert (foreign.status, foreign.omitted_at, foreign.scene.heading) == ("todo", None, "EXT. HARBOUR 0 - DAWN")
    assert mine.assignee is None
    assert mine.status == "approved"


def test_a_scene_is_edited_in_place_and_keeps_what_was_typed(cast, project, client_of):
    scene = add_scenes(project, 1, 1)[0].scene
    carol = client_of(cast.carol)
    form = carol.get(url("scenes:scene", project, scene.pk) + "?edit", headers=FRAGMENT).content.decode()
    assert f'value="{scene.heading}"' in form
    address = url("scenes:scene_edit", project, scene.pk)
    refused = carol.post(address, {"heading": " ", "action": "Mara <i>waits</i>."}, headers=FRAGMENT)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "A scene needs a heading" in page
    assert "Mara &lt;i&gt;waits&lt;/i&gt;." in page
    done = carol.post(address, {"heading": "INT. HOLD - NIGHT"}, headers=FRAGMENT)
    assert "INT. HOLD - NIGHT" in done.content.decode()
    assert said(done)["undo"]
    plain = carol.post(address, {"heading": "INT. HOLD - DAWN"})
    assert plain["Location"] == url("scenes:scene", project, scene.pk)


def test_a_scene_page_shows_its_neighbours_its_work_and_its_shots(cast, project, client_of):
    shots = add_scenes(project, 3, 2)
    finish(shots[2:4])
    Shot.objects.filter(pk=shots[2].pk).update(status="approved")
    page = client_of(cast.dave).get(url("scenes:scene", project, shots[2].scene_id)).content.decode()
    for neighbour in (shots[0], shots[4]):
        assert url("scenes:scene", project, neighbour.scene_id) in page
    assert "1 approved" in page
    assert "1 to do" in page
    assert all(f'id="shot-{shot.pk}"' in page for shot in shots[2:4])
    assert url("projects:comments", project, "scene", shots[2].scene_id) in page


def test_a_heading_as_long_as_a_paragraph_takes_two_lines_and_is_told_whole(cast, project, client_of):
    heading = ("INT. THE WHEELHOUSE, WHICH SMELLS OF DIESEL & COFFEE, " * 5)[:230] + "- NIGHT"
    scene = add_scenes(project, 1, 1)[0].scene
    Scene.objects.filter(pk=scene.pk).update(heading=heading)
    Project.objects.filter(pk=project.pk).update(name="The <b>Last</b> Ferry " * 5)
    carol = client_of(cast.carol)
    told = f'class="two-lines" title="{escape(heading)}"'
    assert told in carol.get(url("scenes:scene", project, scene.pk)).text
    assert f'title="{escape(heading)}"' in carol.get(url("scenes:storyboard", project)).text
    front = carol.get(url("projects:detail", project)).text
    assert 'class="two-lines" title="The &lt;b&gt;Last' in front


def test_whose_shot_it_was_when_they_left_is_seen(cast, project, client_of):
    theirs, kept = add_scenes(project, 1, 2)
    Shot.objects.filter(pk=theirs.pk).update(assignee=cast.bob)
    Shot.objects.filter(pk=kept.pk).update(assignee=cast.carol)
    board, panel = url("scenes:storyboard", project), url("scenes:shot", project, theirs.pk)
    carol = client_of(cast.carol)
    assert "has left" not in carol.get(panel, headers=FRAGMENT).text
    assert "who has left" not in carol.get(board).text
    Membership.objects.filter(user=cast.bob).delete()
    assert "Bob · has left" in carol.get(panel, headers=FRAGMENT).text
    assert "Bob · has left" in client_of(cast.dave).get(panel).text
    cards = carol.get(board, headers=FRAGMENT).text
    assert cards.count("Given to somebody who has left the team") == 1
    assert cards.count('data-person="left"') == 1
    assert f'data-person="{cast.carol.pk}"' in cards
    assert client_of(cast.bob).get(panel).status_code == 404


def test_inserting_and_splitting_by_plain_forms_leads_back(cast, project, client_of):
    shot = add_scenes(project, 1, 2)[0]
    carol = client_of(cast.carol)
    answer = carol.post(
        url("scenes:shot_insert", project, shot.scene_id), {"after": str(shot.pk), "from_scene": str(shot.scene_id)}
    )
    assert answer["Location"] == url("scenes:scene", project, shot.scene_id)
    answer = carol.post(url("scenes:shot_split", project, shot.pk), {"seconds": "1.5"})
    assert answer["Location"] == url("scenes:shot", project, shot.pk)
    order = Shot.objects.filter(scene=shot.scene_id).order_by("position").values_list("letter", "duration_ms")
    assert list(order) == [("A", 1500), ("D", 2500), ("C", 4000), ("B", 4000)]
    refused = carol.post(url("scenes:shot_split", project, shot.pk), {"seconds": "9"}, headers=FRAGMENT)
    assert refused.status_code == 422
    assert "Split it between 0.5 and 1 seconds." in refused.content.decode()


def test_the_difference_to_the_built_prompt_is_shown(cast, project, client_of):
    shot = add_scenes(project, 1, 1)[0]
    carol = client_of(cast.carol)
    address = url("scenes:shot", project, shot.pk)
    assert "<ins>" not in carol.get(address).content.decode()
    carol.post(url("scenes:shot_edit", project, shot.pk), {"prompt": "A <b>gull</b> only."})
    page = carol.get(address).content.decode()
    assert "<ins>A &lt;b&gt;gull&lt;/b&gt; only.</ins>" in page
    assert "<del>" in page


def test_pages_ask_little_however_large_the_film(cast, project, client_of, django_assert_max_num_queries):
    shots = add_big_project(project, [cast.alice, cast.bob], scenes=12)
    carol = client_of(cast.carol)
    pages = [
        url("scenes:storyboard", project),
        url("scenes:storyboard", project) + "?view=board",
        url("scenes:scene", project, shots[7].scene_id),
    ]
    for page in pages:
        carol.get(page)
        with django_assert_max_num_queries(10):
            assert carol.get(page).status_code == 200
