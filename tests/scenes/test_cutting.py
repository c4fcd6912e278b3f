"""Cutting the film: order, trims, transitions, sounds and titles; each change can be taken back, none is half made."""

from __future__ import annotations

import json
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from django.urls import reverse

from generation.cut import draw_up, film_plan
from projects.access import OpenProject
from projects.models import Event, Project
from scenes.cut import in_cut_order
from scenes.models import Asset, Film, Line, Scene, Shot, Sound, Title
from scenes.services.film_cut import CutError, change_cut
from tests.pages.footage import add_scenes, add_take

pytestmark = pytest.mark.django_db


@pytest.fixture
def shots(project: Project) -> list[Shot]:
    """Two scenes of three shots, four seconds each; lines in the second of each."""
    return add_scenes(project, 2, 3)


@pytest.fixture
def music(project: Project) -> Asset:
    """A recording of twenty seconds."""
    return recording(project)


def recording(project: Project, ms: int = 20_000) -> Asset:
    sha256 = uuid.uuid4().hex * 2
    return Asset.objects.create(
        project=project, kind="audio", origin="uploaded", key=f"projects/{project.pk}/{sha256}",
        original_name="Sea.wav", media_type="audio/wav", sha256=sha256, size=9, duration_ms=ms,
    )  # fmt: skip


def film(project: Project) -> Film:
    return Film.objects.get(project=project)


def labels(project: Project) -> list[str]:
    return [entry.label for entry in film_plan(film(project)).entries]


def ask(opened: OpenProject, **change: Any) -> Any:
    return change_cut(opened=opened, change=change)


# --- order ------------------------------------------------------------------------------------------------------------


def test_a_shot_is_moved_and_moved_back(opened, project, shots):
    assert labels_of(project) == ["1A", "1B", "1C", "2A", "2B", "2C"]
    done = ask(opened, move={"shot": str(shots[4].pk), "before": str(shots[0].pk)})
    assert labels(project) == ["2B", "1A", "1B", "1C", "2A", "2C"]
    ask(opened, **done.inverse)
    assert labels(project) == ["1A", "1B", "1C", "2A", "2B", "2C"]
    assert film(project).order == []


def labels_of(project: Project) -> list[str]:
    return [shot.label for shot in Shot.objects.of(project).in_film()]


def test_a_shot_goes_to_the_end(opened, project, shots):
    ask(opened, move={"shot": str(shots[0].pk), "before": None})
    assert labels(project) == ["1B", "1C", "2A", "2B", "2C", "1A"]


def test_two_people_moving_different_shots_both_have_their_way(opened, project, shots):
    first = ask(opened, move={"shot": str(shots[5].pk), "before": str(shots[0].pk)})
    ask(opened, move={"shot": str(shots[1].pk), "before": None})
    assert labels(project) == ["2C", "1A", "1C", "2A", "2B", "1B"]
    # Taking back the first leaves the second alone.
    ask(opened, **first.inverse)
    assert set(labels(project)) == set(labels_of(project))
    assert labels(project)[-2:] == ["1B", "2C"]


def test_a_new_shot_follows_its_neighbour_of_the_storyboard(opened, project, shots):
    ask(opened, move={"shot": str(shots[0].pk), "before": None})
    Shot.objects.create(
        scene=shots[0].scene, letter="D", position=9, angle="medium shot", duration_ms=4000, description="New."
    )
    assert labels(project) == ["1B", "1C", "1D", "2A", "2B", "2C", "1A"]


def test_an_omitted_shot_leaves_its_place_and_comes_back_to_it(opened, project, shots):
    ask(opened, move={"shot": str(shots[0].pk), "before": str(shots[2].pk)})
    Shot.objects.filter(pk=shots[0].pk).update(omitted_at="2026-01-01T00:00Z")
    assert labels(project) == ["1B", "1C", "2A", "2B", "2C"]
    Shot.objects.filter(pk=shots[0].pk).update(omitted_at=None)
    assert labels(project) == ["1B", "1A", "1C", "2A", "2B", "2C"]


def test_as_the_storyboard_and_back(opened, project, shots):
    ask(opened, move={"shot": str(shots[0].pk), "before": None})
    before = labels(project)
    done = ask(opened, order=[])
    assert labels(project) == labels_of(project)
    ask(opened, **done.inverse)
    assert labels(project) == before


def test_the_order_is_kept_whatever_ids_it_carries():
    rows = [SimpleNamespace(pk=number) for number in range(5)]
    order = in_cut_order(rows, ["3", "nobody", "1", "3"])
    assert [row.pk for row in order] == [0, 3, 4, 1, 2]


def test_scenes_told_apart_are_chapters_of_their_own(opened, project, shots):
    ask(opened, move={"shot": str(shots[4].pk), "before": str(shots[1].pk)})
    plan = film_plan(film(project))
    assert [chapter.first_entry for chapter in plan.chapters] == [0, 1, 2, 4]


# --- trims and transitions --------------------------------------------------------------------------------------------


def clip(shot: Shot, ms: int) -> None:
    take = add_take(shot, "clip", recipe="x")
    Asset.objects.filter(pk=take.asset_id).update(duration_ms=ms)


def test_a_shot_begins_inside_its_clip(opened, project, shots):
    clip(shots[0], 6000)
    done = ask(opened, shots={str(shots[0].pk): {"trimMs": 1500, "durationMs": 3000}})
    entry = film_plan(film(project)).entries[0]
    assert (entry.source_in, entry.frames) == (36, 72)
    shots[0].refresh_from_db()
    assert shots[0].duration_by_hand
    assert Scene.objects.get(pk=shots[0].scene_id).duration_ms == 11_000
    assert done.inverse == {"shots": {str(shots[0].pk): {"trimMs": 0, "durationMs": 4000}}}
    ask(opened, **done.inverse)
    assert film_plan(film(project)).entries[0].frames == 96


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"trimMs": 3000}, "The clip has 3 s from there"),
        ({"durationMs": 6500}, "The clip has 6 s from there"),
        ({"trimMs": 5900, "durationMs": 500}, "begin earlier"),
        ({"durationMs": 100}, "A shot can be 0.5 s to 30 s long"),
        ({"durationMs": "long"}, "Write times in seconds"),
        ({"transition": "wipe"}, "no such transition"),
        ({"transition": "fade", "transitionMs": 9000}, "A transition can be"),
        ({"letter": "Z"}, "cannot be read"),
    ],
)
def test_what_a_clip_does_not_have_is_refused(opened, project, shots, values, said):
    clip(shots[0], 6000)
    with pytest.raises(CutError, match=said):
        ask(opened, shots={str(shots[0].pk): values})
    assert not Event.objects.filter(type="cut_changed").exists()


def test_a_shot_longer_than_its_clip_may_become_shorter_but_no_longer(opened, project, shots):
    clip(shots[0], 3000)
    with pytest.raises(CutError, match="can be no longer"):
        ask(opened, shots={str(shots[0].pk): {"durationMs": 4200}})
    ask(opened, shots={str(shots[0].pk): {"durationMs": 3600}})
    assert film_plan(film(project)).entries[0].frames == 86


def test_lines_must_fit(opened, project, shots):
    line = Line.objects.get(shot=shots[1])
    Line.objects.filter(pk=line.pk).update(start_ms=1000, duration_ms=2000)
    with pytest.raises(CutError, match="Mara speaks until 3 s"):
        ask(opened, shots={str(shots[1].pk): {"durationMs": 2900}})
    ask(opened, shots={str(shots[1].pk): {"durationMs": 3000}})


def test_a_still_has_no_beginning_to_trim(opened, project, shots):
    with pytest.raises(CutError, match="no clip yet"):
        ask(opened, shots={str(shots[0].pk): {"trimMs": 500}})


def test_a_newer_and_shorter_clip_is_never_begun_behind_its_end(opened, project, shots):
    clip(shots[0], 8000)
    ask(opened, shots={str(shots[0].pk): {"trimMs": 4000}})
    clip(shots[0], 2000)
    assert film_plan(film(project)).entries[0].source_in == 47


def test_transitions_and_the_end(opened, project, shots):
    ask(
        opened,
        shots={
            str(shots[0].pk): {"transition": "fade", "transitionMs": 500},
            str(shots[1].pk): {"transition": "dissolve", "transitionMs": 2000},
        },
        film={"fadeOutMs": 1500},
    )
    plan = film_plan(film(project))
    assert [(entry.transition.kind, entry.transition.frames) for entry in plan.entries[:3]] == [
        ("fade", 12), ("dissolve", 48), ("cut", 0),
    ]  # fmt: skip
    assert plan.fade_out == 36


# --- sounds -----------------------------------------------------------------------------------------------------------


def test_music_is_laid_changed_removed_and_brought_back(opened, project, shots, music):
    done = ask(opened, addSound={"assetId": str(music.pk), "startMs": 1000})
    (sound,) = film_plan(film(project)).sounds
    assert (sound.start_ms, sound.length_ms, sound.ducked, sound.speech) == (1000, 20_000, True, False)
    changed = ask(
        opened, sounds={done.made: {"gainDb": -6, "inMs": 2000, "lengthMs": 5000, "fadeInMs": 500, "ducked": False}}
    )
    (sound,) = film_plan(film(project)).sounds
    assert (sound.gain_db, sound.in_ms, sound.length_ms, sound.fade_in_ms, sound.ducked) == (-6, 2000, 5000, 500, False)
    ask(opened, **changed.inverse)
    assert film_plan(film(project)).sounds[0].length_ms == 20_000
    gone = ask(opened, **done.inverse)
    assert film_plan(film(project)).sounds == ()
    assert Sound.objects.get().deleted_by == opened.user
    ask(opened, **gone.inverse)
    assert len(film_plan(film(project)).sounds) == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"lengthMs": 20_001}, "The recording is 20 s long"),
        ({"inMs": 15_000, "lengthMs": 6000}, "from there it has 5 s"),
        ({"gainDb": 40}, "dB louder or quieter"),
        ({"gainDb": "loud"}, "dB louder or quieter"),
        ({"fadeInMs": 15_000, "fadeOutMs": 6000}, "Both fades together"),
        ({"track": "lines"}, "tracks for music"),
        ({"startMs": -5}, "can be 0 s"),
        ({"shotId": "nobody"}, "not there"),
        ({"asset_id": "x"}, "cannot be read"),
    ],
)
def test_what_a_recording_does_not_have_is_refused(opened, project, shots, music, values, said):
    made = ask(opened, addSound={"assetId": str(music.pk)}).made
    with pytest.raises(CutError, match=said):
        ask(opened, sounds={made: values})
    assert film_plan(film(project)).sounds[0].length_ms == 20_000


def test_a_sound_follows_its_shot(opened, project, shots, music):
    wanted = {
        "assetId": str(music.pk),
        "track": "effects",
        "shotId": str(shots[2].pk),
        "startMs": 250,
        "lengthMs": 1000,
    }
    ask(opened, addSound=wanted)
    assert film_plan(film(project)).sounds[0].start_ms == 8250
    ask(opened, move={"shot": str(shots[2].pk), "before": str(shots[0].pk)})
    assert film_plan(film(project)).sounds[0].start_ms == 250
    Shot.objects.filter(pk=shots[2].pk).update(omitted_at="2026-01-01T00:00Z")
    assert film_plan(film(project)).sounds == ()
    assert [laid.start_ms for laid in draw_up(film(project)).sounds] == [None]


def test_muted_tracks_are_not_heard_and_their_words_still_read(opened, project, shots, music):
    add_take(shots[1], "voice", line=shots[1].lines.get())
    ask(opened, addSound={"assetId": str(music.pk)})
    done = ask(opened, film={"muted": ["music", "lines", "clips"]})
    plan = film_plan(film(project))
    assert (plan.sounds, plan.lines[0].gain_db, plan.entries[0].gain_db) == ((), None, None)
    assert plan.cues[0].text == "One more."
    ask(opened, **done.inverse)
    assert film_plan(film(project)).lines[0].gain_db == 0


def test_a_sound_ends_with_the_film(opened, project, shots):
    long = recording(project, 100_000)
    ask(opened, addSound={"assetId": str(long.pk), "startMs": 20_000})
    assert film_plan(film(project)).sounds[0].length_ms == 4000


# --- titles -----------------------------------------------------------------------------------------------------------


def test_cards_before_and_after_lengthen_the_film_and_all_that_is_said_moves(opened, project, shots):
    ask(opened, addTitle={"text": "The Last Ferry", "place": "opening", "lengthMs": 3000})
    ask(opened, addTitle={"text": "A film by", "place": "opening", "lengthMs": 2000})
    ask(opened, addTitle={"text": "The End", "place": "closing", "lengthMs": 2500})
    plan = film_plan(film(project))
    assert plan.duration_ms == 24_000 + 7500
    assert (plan.entries[0].black, plan.entries[0].frames, plan.entries[-1].black) == (True, 120, True)
    assert [(title.text, title.start_ms) for title in plan.titles] == [
        ("The Last Ferry", 0), ("A film by", 3000), ("The End", 29_000),
    ]  # fmt: skip
    assert plan.cues[0].start_ms == 5000 + 4000 + 500
    assert plan.chapters[0].first_entry == 0


def test_a_lower_third_follows_its_shot(opened, project, shots):
    made = ask(opened, addTitle={"text": "Mara", "shotId": str(shots[3].pk), "startMs": 500}).made
    assert film_plan(film(project)).titles[0].start_ms == 12_500
    ask(opened, titles={made: {"text": " Mara \n Ferrywoman ", "subtext": "\u202eAt sea\x00", "style": "boxed"}})
    title = Title.objects.get()
    assert (title.text, title.subtext, title.style) == ("Mara Ferrywoman", "At sea", "boxed")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"text": "  "}, "Write what the title says"),
        ({"text": "x" * 161}, "shorten it by 1"),
        ({"place": "outside"}, "no such place"),
        ({"style": "comic"}, "no such place or style"),
        ({"lengthMs": 100}, "A title can be 0.5 s to 60 s"),
    ],
)
def test_titles_that_cannot_be_are_refused(opened, project, shots, values, said):
    made = ask(opened, addTitle={"text": "Mara"}).made
    with pytest.raises(CutError, match=said):
        ask(opened, titles={made: values})
    assert Title.objects.get().text == "Mara"


# --- the whole --------------------------------------------------------------------------------------------------------


def test_a_change_is_made_whole_or_not_at_all(opened, project, shots, music):
    with pytest.raises(CutError):
        ask(
            opened,
            move={"shot": str(shots[0].pk), "before": None},
            addSound={"assetId": str(music.pk)},
            addTitle={"text": ""},
        )
    assert not Sound.objects.exists()
    assert not Event.objects.filter(type__in=["cut_changed", "shot_edited"]).exists()
    assert not Film.objects.exclude(order=[]).exists()


def test_every_change_is_an_event_and_nothing_is_none(opened, project, shots):
    ask(opened, move={"shot": str(shots[0].pk), "before": None})
    assert Event.objects.get(type="cut_changed").actor == opened.user
    ask(opened, move={"shot": str(shots[0].pk), "before": None})
    ask(opened, shots={str(shots[1].pk): {"durationMs": 4000}})
    assert Event.objects.filter(type="cut_changed").count() == 1


@pytest.mark.parametrize(
    "change", [{}, {"drop": 1}, {"shots": []}, {"move": "x"}, {"order": "x"}, {"sounds": {"x": {}}}]
)
def test_what_is_no_change_is_refused(opened, project, shots, change):
    with pytest.raises(CutError):
        change_cut(opened=opened, change=change)


def test_nothing_of_another_team_is_reached(cast, opened, project, shots, music, client_of):
    hers = Project.objects.create(team=cast.mallory.teams.get(), name="Mine", created_by=cast.mallory)
    her_shot = add_scenes(hers, 1, 1)[0]
    her_music = recording(hers)
    ours = ask(opened, addSound={"assetId": str(music.pk)}).made
    title = ask(opened, addTitle={"text": "Ours"}).made
    mallory = client_of(cast.mallory)
    address = reverse("scenes:film_change", args=[hers.pk])

    def sent(change: Any) -> int:
        return mallory.post(address, {"change": json.dumps(change)}).status_code

    assert sent({"shots": {str(shots[0].pk): {"durationMs": 1000}}}) == 422
    assert sent({"move": {"shot": str(her_shot.pk), "before": str(shots[0].pk)}}) == 422
    assert sent({"sounds": {ours: {"deleted": True}}}) == 422
    assert sent({"titles": {title: {"text": "Hers"}}}) == 422
    assert sent({"addSound": {"assetId": str(music.pk)}}) == 422
    assert sent({"addSound": {"assetId": str(her_music.pk), "shotId": str(shots[0].pk)}}) == 422
    assert sent({"addTitle": {"text": "x", "shotId": str(shots[0].pk)}}) == 422
    assert sent({"order": [str(shots[0].pk)]}) == 200
    assert Film.objects.get(project=hers).order == []
    for name, child in (("generation:waveform", music.pk), ("generation:title_drawing", title)):
        assert mallory.get(reverse(name, args=[hers.pk, child])).status_code == 404
    assert mallory.post(reverse("scenes:film_change", args=[project.pk]), {"change": "{}"}).status_code == 404


def test_reviewers_are_told_that_they_may_not(cast, project, shots, client_of):
    change = {"move": {"shot": str(shots[0].pk), "before": None}}
    answer = client_of(cast.dave).post(reverse("scenes:film_change", args=[project.pk]), {"change": json.dumps(change)})
    assert answer.status_code == 403
    assert labels_of(project)[0] == "1A"


@pytest.mark.parametrize("sent", ["", "[]", "nonsense", "null", '{"shots": 5}', "[" * 50_000])
def test_nonsense_is_answered_in_words(cast, project, shots, client_of, sent):
    answer = client_of(cast.carol).post(reverse("scenes:film_change", args=[project.pk]), {"change": sent})
    assert answer.status_code == 422
    assert b"Reload the page" in answer.content
