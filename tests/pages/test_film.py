"""The film page: what it plays before anything is rendered, and the renderings."""

from __future__ import annotations

import io
import json
import uuid
import wave

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from accounts.policies import Right
from generation import services
from generation.cut import film_plan
from generation.models import Attempt, Job
from generation.states import JobState
from projects.access import open_project
from scenes.models import Asset, Film, Render, Shot, Sound, Waveform
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


def _sound(project) -> Asset:
    """Return a recording of twenty seconds, without any file."""
    sha256 = uuid.uuid4().hex * 2
    return Asset.objects.create(
        project=project, kind="audio", origin="uploaded", key=f"projects/{project.pk}/{sha256}", size=9,
        original_name="<b>Sea</b>.wav", media_type="audio/wav", sha256=sha256, duration_ms=20_000,
    )  # fmt: skip


def _tone(seconds: float = 1.0) -> bytes:
    """Return a WAV of silence that ends loud."""
    file = io.BytesIO()
    at = np.arange(round(seconds * 48_000))
    data = (np.sin(at / 20) * 20_000 * (at > len(at) / 2)).astype("<i2")
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(48_000)
        sound.writeframes(data.tobytes())
    return file.getvalue()


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
            "text": "One more.",
            "shotId": str(shots[1].pk),
            "muted": False,
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
    # What is read once in the life of a process or a session does not count.
    carol.get(url("scenes:film", project))
    counts = []
    rendered.film.sounds.create(asset=_sound(project), track="music", start_ms=0, length_ms=900)
    rendered.film.titles.create(text="The Last Ferry", place="opening")
    for scenes in (2, 10):
        shots = add_scenes(project, scenes, 4)
        finish(shots)
        rendered.film.sounds.create(asset=_sound(project), track="effects", shot=shots[0], start_ms=0, length_ms=900)
        rendered.film.titles.create(text="Mara", shot=shots[1])
        counted = {}
        for name, address, headers in (
            ("page", url("scenes:film", project), {}),
            ("renders", url("scenes:film", project) + "?part=renders", FRAGMENT),
            ("cut", url("generation:cut", project), {}),
            ("sounds", url("scenes:film_sounds", project), FRAGMENT),
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


# --- the timeline -----------------------------------------------------------------------------------------------------


def _change(client, project, **change):
    return client.post(url("scenes:film_change", project), {"change": json.dumps(change)}, headers=FRAGMENT)


def test_a_change_is_in_the_cut_at_once_and_its_answer_takes_it_back(cast, project, client_of):
    shots = add_scenes(project, 1, 3)
    carol = client_of(cast.carol)
    answer = _change(carol, project, move={"shot": str(shots[2].pk), "before": str(shots[0].pk)})
    cut = carol.get(url("generation:cut", project)).json()
    assert [shot["label"] for shot in cut["shots"]] == ["1C", "1A", "1B"]
    assert cut["ordered"]
    _change(carol, project, **answer.json()["inverse"])
    cut = carol.get(url("generation:cut", project)).json()
    assert [shot["label"] for shot in cut["shots"]] == ["1A", "1B", "1C"]


def test_what_is_refused_is_said_in_words(cast, project, client_of):
    shots = add_scenes(project, 1, 1)
    answer = _change(client_of(cast.carol), project, shots={str(shots[0].pk): {"durationMs": 90_000}})
    assert (answer.status_code, answer.content) == (422, b"A shot can be 0.5 s to 30 s long.")


def test_the_cut_says_how_loud_and_how_black(cast, project, client_of):
    shots = add_scenes(project, 1, 4)
    add_take(shots[1], "voice", line=shots[1].lines.get())
    carol = client_of(cast.carol)
    _change(
        carol,
        project,
        shots={str(shots[2].pk): {"transition": "fade", "transitionMs": 1000}},
        film={"fadeOutMs": 500},
        addSound={"assetId": str(_sound(project).pk), "startMs": 2000, "gainDb": -3, "fadeInMs": 500},
        addTitle={"text": "The Last Ferry", "place": "opening", "lengthMs": 2000},
    )
    cut = carol.get(url("generation:cut", project)).json()
    assert [shot["startMs"] for shot in cut["shots"]] == [2000, 6000, 10_000, 14_000]
    assert [(shot["fadeInMs"], shot["fadeOutMs"]) for shot in cut["shots"]] == [(0, 0), (0, 500), (500, 0), (0, 500)]
    (sound,) = cut["sounds"]
    assert (sound["startMs"], sound["gainDb"], sound["fadeInMs"], sound["ducked"]) == (2000, -3, 500, True)
    assert sound["heardMs"] == 16_000
    assert sound["name"] == "<b>Sea</b>.wav"
    # Down before the line is spoken, up again after: the very points that the renderer mixes by.
    low = pytest.approx(10 ** (-10 / 20))
    assert cut["duck"] == [[6300.0, 1.0], [6500.0, low], [7700.0, low], [7900.0, 1.0]]
    (title,) = cut["titles"]
    assert (title["startMs"], title["seenMs"], title["fadeMs"]) == (0, 2000, 400)


def test_a_title_is_drawn_for_members_only(cast, project, client_of):
    add_scenes(project, 1, 1)
    carol = client_of(cast.carol)
    _change(carol, project, addTitle={"text": "<script>alert(1)</script>"})
    source = carol.get(url("generation:cut", project)).json()["titles"][0]["src"]
    answer = carol.get(source)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    with Image.open(io.BytesIO(answer.content)) as image:
        assert (image.size, image.mode) == ((project.width, project.height), "RGBA")
        assert image.getchannel("A").getextrema()[1] == 255
    assert client_of(cast.mallory).get(source).status_code == 404
    before = source
    _change(carol, project, titles={source.split("/")[-1].split(".")[0]: {"text": "Mara"}})
    assert carol.get(url("generation:cut", project)).json()["titles"][0]["src"] != before


def test_a_sound_is_brought_laid_and_its_waveform_measured_once(cast, project, client_of):
    shots = add_scenes(project, 1, 2)
    carol = client_of(cast.carol)
    file = SimpleUploadedFile("Sea.wav", _tone(), "audio/wav")
    sent = {"file": file, "track": "effects", "shotId": str(shots[1].pk), "startMs": "250"}
    answer = carol.post(url("generation:sound_upload", project), sent)
    assert answer.status_code == 200, answer.content
    sound = Sound.objects.get()
    assert (sound.track, sound.shot, sound.start_ms, sound.length_ms) == ("effects", shots[1], 250, 1000)
    assert answer.json() == {"inverse": {"sounds": {str(sound.pk): {"deleted": True}}}, "made": str(sound.pk)}
    for _ in range(2):
        found = carol.get(url("generation:waveform", project, sound.asset_id)).json()
    assert found["stepMs"] == 20
    assert len(found["peaks"]) == 50
    assert (max(found["peaks"][:25]), min(found["peaks"][26:])) == (0, 61)
    assert Waveform.objects.count() == 1
    assert b"Sea.wav" in carol.get(url("scenes:film_sounds", project)).content


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (None, b"Choose a sound first."),
        (("Sea.wav", b"not a sound"), b"This is not a WAV, MP3"),
        (("Sea.wav", _tone()[:500]), b"damaged or incomplete"),
    ],
)
def test_what_is_no_sound_is_refused_and_changes_nothing(cast, project, client_of, file, said):
    add_scenes(project, 1, 1)
    sent = {"file": SimpleUploadedFile(file[0], file[1], "audio/wav")} if file else {}
    answer = client_of(cast.carol).post(url("generation:sound_upload", project), sent)
    assert answer.status_code == 422
    assert said in answer.content
    assert not Sound.objects.exists()
    assert not Asset.objects.exists()


def test_a_reviewer_sees_the_timeline_and_cannot_change_it(cast, project, client_of):
    add_scenes(project, 1, 1)
    assert b"data-edits" in client_of(cast.carol).get(url("scenes:film", project)).content
    dave = client_of(cast.dave)
    page = dave.get(url("scenes:film", project)).content
    assert b"data-edits" not in page
    assert b"Drop music here" not in page
    assert _change(dave, project, film={"fadeOutMs": 500}).status_code == 403


def test_it_is_said_what_has_changed_since_a_rendering(cast, project, client_of, rendered):
    shots = add_scenes(project, 1, 3)
    rendered.plan = film_plan(rendered.film).to_json()
    rendered.save()
    carol = client_of(cast.carol)
    address = url("generation:render_differences", project, rendered.pk)
    assert b"exactly as it is cut now" in carol.get(address).content
    _change(
        carol,
        project,
        move={"shot": str(shots[2].pk), "before": str(shots[0].pk)},
        shots={str(shots[0].pk): {"durationMs": 3000}, str(shots[1].pk): {"transition": "dissolve"}},
        addTitle={"text": "<i>Mara</i>"},
        addSound={"assetId": str(_sound(project).pk)},
    )
    page = carol.get(address).content.decode()
    for said in (
        "Shot 1A is 1 s shorter.", "Shot 1B begins with another transition.", "The shots are in another order.",
        "The title “&lt;i&gt;Mara&lt;/i&gt;” is new or otherwise.", "A sound is new.",
    ):  # fmt: skip
        assert said in page
    assert client_of(cast.mallory).get(address).status_code == 404


def test_a_rendering_goes_into_the_trash_and_comes_back(cast, project, client_of, rendered):
    add_scenes(project, 1, 1)
    carol = client_of(cast.carol)
    answer = carol.post(url("scenes:render_delete", project, rendered.pk), headers=FRAGMENT)
    undo = json.loads(answer["HX-Trigger"])["rushes:said"]["undo"]
    assert b"Rendering 1" not in carol.get(url("scenes:film", project)).content
    assert carol.post(undo, headers=FRAGMENT).status_code == 204
    assert b"Rendering 1" in carol.get(url("scenes:film", project)).content
    assert client_of(cast.dave).post(url("scenes:render_delete", project, rendered.pk)).status_code == 403
