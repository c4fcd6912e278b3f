"""The film page: what it plays before anything is rendered, and the renderings."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.policies import Right
from generation import services
from generation.models import Attempt, Job
from generation.states import JobState
from projects.access import open_project
from scenes.models import Asset, Film, Render, Shot
from tests.pages.footage import add_scenes, add_take, finish

FRAGMENT = {"HX-Request": "true"}


def url(name: str, project, *more) -> str:
    return reverse(name, args=[project.pk, *more])


@pytest.fixture
def rendered(project):
    """Return a rendering with subtitles."""
    files = [
        Asset.objects.create(
            project=project,
            kind="export",
            origin="derived",
            key=f"projects/{project.pk}/exports/{name}",
            media_type=media_type,
            sha256=name * 32,
            size=1_000_000,
            duration_ms=16_000,
        )
        for name, media_type in (("ab", "video/mp4"), ("cd", "application/x-subrip"))
    ]
    film = Film.objects.create(project=project, title="The Last Ferry")
    return Render.objects.create(film=film, number=1, asset=files[0], subtitles=files[1])


def test_all_members_see_it_and_strangers_see_nothing(cast, project, client_of):
    add_scenes(project, 1, 2)
    for page in (url("scenes:film", project), url("generation:cut", project), url("generation:rendering", project)):
        for member in (cast.alice, cast.bob, cast.carol, cast.dave):
            assert client_of(member).get(page).status_code == 200, (page, member)
        assert client_of(cast.mallory).get(page).status_code == 404, page
        assert client_of(None).get(page).status_code == 302, page


def test_without_shots_it_says_what_to_do_first(cast, project, client_of):
    page = client_of(cast.carol).get(url("scenes:film", project)).content
    assert b"No film yet" in page
    cut = client_of(cast.carol).get(url("generation:cut", project)).json()
    assert (cut["durationMs"], cut["shots"]) == (0, [])


def test_the_cut_takes_clips_then_stills_then_slates(cast, project, client_of):
    clip, still, slate, omitted = add_scenes(project, 1, 4)
    finish([clip])
    moving = add_take(clip, "clip")
    add_take(still, "still")
    Shot.objects.filter(pk=omitted.pk).update(omitted_at="2026-01-01T00:00Z")
    Shot.objects.filter(pk=slate.pk).update(transition="dissolve")
    cut = client_of(cast.dave).get(url("generation:cut", project)).json()
    assert [shot["label"] for shot in cut["shots"]] == ["1A", "1B", "1C"]
    assert [shot["shotId"] for shot in cut["shots"]] == [str(clip.pk), str(still.pk), str(slate.pk)]
    assert [(bool(shot["clip"]), bool(shot["still"])) for shot in cut["shots"]] == [
        (True, True),
        (False, True),
        (False, False),
    ]
    assert cut["shots"][0]["clip"] == reverse("scenes:media", args=[moving.asset_id, "file"])
    assert [shot["startMs"] for shot in cut["shots"]] == [0, 4000, 8000]
    assert [shot["dissolveMs"] for shot in cut["shots"]] == [0, 0, 1000]
    assert cut["shots"][2]["text"] == slate.description
    assert cut["durationMs"] == 12_000
    assert cut["scenes"] == [{"title": "1 EXT. HARBOUR 0 - DAWN", "startMs": 0}]


def test_voices_are_heard_at_their_lines_and_words_shown_without_them(cast, project, client_of):
    shots = add_scenes(project, 1, 4)
    line = shots[1].lines.get()
    take = add_take(shots[1], "voice", line=line)
    cut = client_of(cast.dave).get(url("generation:cut", project)).json()
    assert cut["voices"] == [
        {
            "src": reverse("scenes:media", args=[take.asset_id, "file"]),
            "startMs": 4500,
            "endMs": 5700,
            "character": "MARA",
        }
    ]
    assert [(cue["text"], cue["startMs"], cue["endMs"]) for cue in cut["cues"]] == [
        ("One more.", 4500, 5700),
        ("One more.", 12_500, 14_000),
    ]


def test_looking_at_the_cut_makes_no_film_row(cast, project, client_of):
    add_scenes(project, 1, 1)
    client_of(cast.dave).get(url("generation:cut", project))
    client_of(cast.dave).get(url("scenes:film", project))
    assert not Film.objects.exists()


def test_queries_do_not_grow_with_the_film(cast, project, client_of, rendered):
    carol = client_of(cast.carol)
    counts = []
    for scenes in (2, 10):
        finish(add_scenes(project, scenes, 4))
        counted = {}
        for name, address, headers in (
            ("page", url("scenes:film", project), {}),
            ("strip", url("scenes:film", project) + "?part=strip", FRAGMENT),
            ("renders", url("scenes:film", project) + "?part=renders", FRAGMENT),
            ("cut", url("generation:cut", project), {}),
            ("rendering", url("generation:rendering", project), {}),
        ):
            with CaptureQueriesContext(connection) as caught:
                assert carol.get(address, headers=headers).status_code == 200
            counted[name] = len(caught)
        counts.append(counted)
    assert counts[0] == counts[1]
    assert max(counts[1].values()) <= 10, counts[1]


def test_rendering_asks_for_one_film_however_often_it_is_pressed(cast, project, client_of):
    add_scenes(project, 1, 2)
    carol = client_of(cast.carol)
    for _ in range(2):
        answer = carol.post(url("generation:render", project), headers=FRAGMENT)
        assert answer.status_code == 200
        assert b"The film is waiting" in answer.content
    assert list(Job.objects.values_list("operation", flat=True)) == ["film"]


def test_progress_of_the_rendering_is_there_from_the_first_paint(cast, project, client_of):
    add_scenes(project, 1, 2)
    services.render(opened=open_project(cast.carol, project.pk, Right.SPEND))
    Job.objects.update(state=JobState.RUNNING)
    Attempt.objects.update(progress=0.5)
    page = client_of(cast.carol).get(url("generation:rendering", project)).content
    assert b"Rendering the film" in page
    assert b'value="0.500"' in page
    assert b">Cancel<" in page


def test_a_failed_rendering_says_why(cast, project, client_of):
    add_scenes(project, 1, 2)
    services.render(opened=open_project(cast.carol, project.pk, Right.SPEND))
    Job.objects.update(state=JobState.FAILED, failure_text="The disk is full. Free some room and render again.")
    page = client_of(cast.carol).get(url("generation:rendering", project)).content
    assert b"The disk is full. Free some room and render again." in page


def test_nothing_to_cut_is_refused_with_the_way_out(cast, project, client_of):
    answer = client_of(cast.carol).post(url("generation:render", project), headers=FRAGMENT)
    assert answer.status_code == 422
    assert b"Write or import a script" in answer.content


def test_a_reviewer_may_watch_but_not_render(cast, project, client_of, rendered):
    add_scenes(project, 1, 2)
    dave = client_of(cast.dave)
    assert dave.post(url("generation:render", project)).status_code == 403
    assert not Job.objects.exists()
    assert b"Your role can watch, but not render." in dave.get(url("generation:rendering", project)).content


def test_earlier_renderings_can_be_played_and_saved(cast, project, client_of, rendered):
    add_scenes(project, 1, 2)
    page = client_of(cast.dave).get(url("scenes:film", project)).content.decode()
    assert "Rendering 1" in page
    for asset, name in (
        (rendered.asset_id, "file"),
        (rendered.asset_id, "download"),
        (rendered.subtitles_id, "download"),
    ):
        assert reverse("scenes:media", args=[asset, name]) in page
