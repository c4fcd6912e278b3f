"""The storyboard, a shot's panel and the prices on the buttons, as each of the cast meets them."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.policies import Right
from generation import planning, retrying, services
from generation.models import Batch, Job
from generation.states import JobState
from projects.access import open_project
from scenes.models import Shot
from tests.pages.footage import add_scenes, add_take, finish

FRAGMENT = {"HX-Request": "true"}


def url(name: str, project, *more) -> str:
    return reverse(name, args=[project.pk, *more])


def queries_of(client, address: str, **options) -> int:
    with CaptureQueriesContext(connection) as caught:
        response = client.get(address, **options)
    assert response.status_code == 200
    return len(caught)


def test_all_members_see_it_and_strangers_see_nothing(cast, project, client_of):
    shot = add_scenes(project, 1, 2)[0]
    pages = [
        url("scenes:storyboard", project),
        url("scenes:shot", project, shot.pk),
        url("scenes:shot_card", project, shot.pk),
        url("generation:estimate", project),
        url("generation:board", project),
        url("generation:making", project, shot.pk),
    ]
    for page in pages:
        for member in (cast.alice, cast.bob, cast.carol, cast.dave):
            assert client_of(member).get(page).status_code == 200, (page, member)
        assert client_of(cast.mallory).get(page).status_code == 404, page
        assert client_of(None).get(page).status_code == 302, page


def test_a_shot_of_another_project_is_not_found_behind_ones_own(cast, project, client_of):
    from_elsewhere = add_scenes(project, 1, 1)[0]
    take = add_take(from_elsewhere, "still")
    own = type(project).objects.create(team=cast.mallory.teams.get(), name="Own")
    mallory = client_of(cast.mallory)
    for name in ("scenes:shot", "scenes:shot_card", "generation:making"):
        assert mallory.get(url(name, own, from_elsewhere.pk)).status_code == 404, name
    assert mallory.post(url("scenes:select_take", own, take.pk)).status_code == 404
    assert mallory.post(url("scenes:shot_edit", own, from_elsewhere.pk), {"seconds": "9"}).status_code == 404
    assert mallory.post(url("scenes:shots_order", own, from_elsewhere.scene_id), {"order": ""}).status_code == 404
    mallory.post(url("generation:generate", own), {"choice": "stills", "shots": str(from_elsewhere.pk)})
    assert not Job.objects.exists()


def test_a_reviewer_may_look_but_not_change_or_spend(cast, project, client_of):
    shot = add_scenes(project, 1, 1)[0]
    take = add_take(shot, "still")
    dave = client_of(cast.dave)
    for address, data in (
        (url("scenes:shot_edit", project, shot.pk), {"seconds": "9"}),
        (url("scenes:shot_place", project, shot.pk), {"action": "omit"}),
        (url("scenes:select_take", project, take.pk), {}),
        (url("scenes:shots_order", project, shot.scene_id), {"order": str(shot.pk)}),
        (url("generation:generate", project), {"choice": "everything"}),
        (url("generation:make_film", project), {}),
    ):
        answer = dave.post(address, data)
        assert answer.status_code == 403, address
        assert b"artist role" in answer.content
    assert not Job.objects.exists()
    shot.refresh_from_db()
    assert shot.duration_ms == 4000
    bar = dave.get(url("generation:estimate", project)).content.decode()
    assert "to make" in bar
    assert "<button" not in bar


def test_queries_do_not_grow_with_the_film(cast, project, client_of):
    carol = client_of(cast.carol)
    opened = open_project(cast.carol, project.pk, Right.SPEND)
    # The first visit of a session is noted in a row of its own.
    carol.get(reverse("projects:home"))
    counts = []
    for scenes in (2, 10):
        shots = add_scenes(project, scenes, 4)
        finish(shots)
        again = planning.wishes_for(opened, shots=shots, kinds=["clip"], fresh=True)
        services.generate(opened=opened, wanted=again, title="Again")
        shot = shots[1].pk
        counts.append(
            {
                "page": queries_of(carol, url("scenes:storyboard", project)),
                "grid": queries_of(carol, url("scenes:storyboard", project), headers=FRAGMENT),
                "card": queries_of(carol, url("scenes:shot_card", project, shot)),
                "panel": queries_of(carol, url("scenes:shot", project, shot), headers=FRAGMENT),
                "shot": queries_of(carol, url("scenes:shot", project, shot)),
                "making": queries_of(carol, url("generation:making", project, shot)),
                "bar": queries_of(carol, url("generation:estimate", project)),
                "board": queries_of(carol, url("generation:board", project)),
            }
        )
    assert counts[0] == counts[1]
    assert max(counts[1].values()) <= 10, counts[1]


def test_an_empty_project_says_what_to_do_first(cast, project, client_of):
    page = client_of(cast.carol).get(url("scenes:storyboard", project)).content.decode()
    assert "No shots yet" in page
    assert reverse("scenes:script", args=[project.pk]) in page


def test_cards_show_what_is_there(cast, project, client_of):
    todo, still, clip, omitted = add_scenes(project, 1, 4)
    add_take(still, "still")
    finish([clip])
    carol = client_of(cast.carol)
    carol.post(url("scenes:shot_place", project, omitted.pk), {"action": "omit"})
    page = carol.get(url("scenes:storyboard", project)).content.decode()
    cards = {part.split('"')[0]: part for part in page.split('data-shot="')[1:]}
    assert "No take yet" in cards[str(todo.pk)]
    assert "1 still · ★ 1" in cards[str(still.pk)]
    assert "1 clip · ★ 1" in cards[str(clip.pk)]
    assert ">Omitted<" in cards[str(omitted.pk)]
    assert "3 shots · 0:12" in page


def test_what_people_typed_is_kept_when_it_is_refused(cast, project, client_of):
    shot = add_scenes(project, 1, 1)[0]
    answer = client_of(cast.carol).post(
        url("scenes:shot_edit", project, shot.pk),
        {"angle": shot.angle, "prompt": "A gull <i>waits</i>.", "seconds": "soon"},
        headers=FRAGMENT,
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Write the length in seconds, for example 4.5." in page
    assert 'value="soon"' in page
    assert "A gull &lt;i&gt;waits&lt;/i&gt;." in page
    shot.refresh_from_db()
    assert shot.prompt_by_hand == ""


@pytest.mark.parametrize("seconds", ["1e9", "NaN", "Infinity", "-4", "9" * 400, "4.5 s"])
def test_strange_lengths_are_answered(cast, project, client_of, seconds):
    shot = add_scenes(project, 1, 1)[0]
    answer = client_of(cast.carol).post(
        url("scenes:shot_edit", project, shot.pk), {"seconds": seconds}, headers=FRAGMENT
    )
    assert answer.status_code == 422
    shot.refresh_from_db()
    assert shot.duration_ms == 4000


def test_an_edit_by_a_plain_form_leads_back_to_the_shot(cast, project, client_of):
    shot = add_scenes(project, 1, 1)[0]
    answer = client_of(cast.carol).post(url("scenes:shot_edit", project, shot.pk), {"seconds": "4,5"})
    assert answer.status_code == 302
    assert answer["Location"] == url("scenes:shot", project, shot.pk)
    shot.refresh_from_db()
    assert shot.duration_ms == 4500


def test_back_to_the_built_prompt(cast, project, client_of):
    shot = add_scenes(project, 1, 1)[0]
    carol = client_of(cast.carol)
    address = url("scenes:shot_edit", project, shot.pk)
    assert b"Back to the built prompt" not in carol.get(url("scenes:shot", project, shot.pk)).content
    carol.post(address, {"prompt": "Mine."})
    assert b"Back to the built prompt" in carol.get(url("scenes:shot", project, shot.pk)).content
    carol.post(address, {"prompt": "Mine, again.", "built": "1"})
    shot.refresh_from_db()
    assert shot.prompt_by_hand == ""


def test_another_take_can_be_selected(cast, project, client_of):
    shot = add_scenes(project, 1, 1)[0]
    first, second = add_take(shot, "still"), add_take(shot, "still")
    assert shot.still == second
    client_of(cast.carol).post(url("scenes:select_take", project, first.pk))
    shot.refresh_from_db()
    assert shot.still == first


def test_shots_are_put_in_the_order_they_were_dragged_to(cast, project, client_of):
    shots = add_scenes(project, 1, 3)
    carol = client_of(cast.carol)
    address = url("scenes:shots_order", project, shots[0].scene_id)
    carol.post(address, {"order": ",".join(str(shot.pk) for shot in reversed(shots))})
    assert list(Shot.objects.of(project)) == shots[::-1]
    answer = carol.post(address, {"order": str(shots[0].pk)}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert b"Reload the page" in answer.content
    assert carol.post(address, {"order": "nonsense"}).status_code == 404


def test_the_bar_names_what_is_missing_and_its_price(cast, project, client_of):
    shots = add_scenes(project, 1, 2)
    carol = client_of(cast.carol)
    whole = carol.get(url("generation:estimate", project)).content.decode()
    assert "Whole film" in whole
    assert "2 stills, 2 clips, 1 voice" in " ".join(whole.split())
    assert "Make the film · free" in whole
    one = carol.post(url("generation:estimate", project), {"shots": str(shots[0].pk)}).content.decode()
    assert "1 shot selected" in one
    assert "Generate clips · free" in one
    finish(shots)
    done = carol.get(url("generation:estimate", project)).content.decode()
    assert "everything is there and up to date" in done
    fresh = carol.post(url("generation:estimate", project), {"shots": str(shots[0].pk), "fresh": "1"}).content.decode()
    assert "New clips · free" in fresh


def test_after_a_change_the_first_button_draws_the_still_anew_too(cast, project, client_of):
    shot = add_scenes(project, 1, 1)[0]
    finish([shot])
    carol, address = client_of(cast.carol), url("generation:making", project, shot.pk)
    assert "New still and clip" not in carol.get(address).content.decode()
    carol.post(url("scenes:shot_edit", project, shot.pk), {"angle": "low angle shot"}, headers=FRAGMENT)
    changed = carol.get(address).content.decode()
    assert "New still and clip · free" in changed
    assert "New clip from the old still" in changed
    wish = {"shots": str(shot.pk), "fresh": "1", "from": "shot", "choice": "clips"}
    carol.post(url("generation:generate", project), wish)
    assert sorted(Job.objects.values_list("operation", flat=True)) == ["image_to_video", "text_to_image"]
    assert Job.objects.get(operation="image_to_video").input_job == Job.objects.get(operation="text_to_image")


def test_a_still_that_a_person_brought_is_never_called_old(cast, project, client_of):
    shot = add_scenes(project, 1, 1)[0]
    add_take(shot, "still", recipe="")
    making = client_of(cast.carol).get(url("generation:making", project, shot.pk)).content.decode()
    assert "New clip ·" in making
    assert "old still" not in making


def test_generating_asks_for_the_selection_only_and_a_double_click_asks_once(cast, project, client_of):
    shots = add_scenes(project, 2, 2)
    carol = client_of(cast.carol)
    data = {"choice": "stills", "shots": f"{shots[0].pk},{shots[3].pk}"}
    for _ in range(2):
        assert carol.post(url("generation:generate", project), data, headers=FRAGMENT).status_code == 200
    assert set(Job.objects.values_list("shot", "operation")) == {
        (shots[0].pk, "text_to_image"),
        (shots[3].pk, "text_to_image"),
    }
    bar = carol.get(url("generation:estimate", project)).content.decode()
    assert "2 on their way" in bar


def test_a_refusal_is_shown_where_the_button_was(cast, project, client_of):
    shots = add_scenes(project, 1, 1)
    finish(shots)
    carol = client_of(cast.carol)
    data = {"choice": "everything", "shots": str(shots[0].pk)}
    answer = carol.post(url("generation:generate", project), data, headers=FRAGMENT)
    assert answer.status_code == 422
    assert b"Everything is there and up to date" in answer.content
    answer = carol.post(url("generation:generate", project), {**data, "choice": "miracles"}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert carol.post(url("generation:generate", project), {"shots": "x"}).status_code == 404
    assert not Batch.objects.exists()


def test_the_board_tells_what_goes_on_what_failed_and_what_is_stale(cast, project, client_of):
    first, second, third = add_scenes(project, 1, 3)
    finish([first])
    opened = open_project(cast.carol, project.pk, Right.SPEND)
    services.generate(opened=opened, wanted=planning.wishes_for(opened, shots=[second, third]), title="Both")
    Job.objects.filter(shot=third).update(state=JobState.FAILED, failure_text="No film in the camera.")
    Shot.objects.filter(pk=first.pk).update(prompt_by_hand="Otherwise.")
    state = client_of(cast.dave).get(url("generation:board", project)).json()
    by_shot = {(job["shotId"], job["media"]): job for job in state["jobs"]}
    assert by_shot[str(second.pk), "image"]["status"] == "queued"
    assert by_shot[str(third.pk), "video"]["error"] == "No film in the camera."
    assert state["stale"] == {str(first.pk): ["clip", "still"]}
    project.refresh_from_db()
    assert state["number"] == project.last_event_number


def test_a_failure_is_forgotten_when_it_has_been_asked_for_again(cast, project, client_of):
    shot = add_scenes(project, 1, 1)[0]
    opened = open_project(cast.carol, project.pk, Right.SPEND)
    services.generate(opened=opened, wanted=planning.wishes_for(opened, kinds=["still"]), title="Still")
    Job.objects.update(state=JobState.FAILED)
    retrying.retry_job(opened=opened, job=Job.objects.select_related("batch", "shot").get())
    jobs = client_of(cast.carol).get(url("generation:board", project)).json()["jobs"]
    assert [(job["shotId"], job["status"]) for job in jobs] == [(str(shot.pk), "queued")]


def test_a_project_that_is_not_there_is_not_found(cast, client_of):
    assert client_of(cast.alice).get(reverse("scenes:storyboard", args=[uuid.uuid4()])).status_code == 404
