"""The narrator, how words are spoken, and who speaks for whom."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from generation import planning, services
from generation.planning import VOICES
from projects.access import OpenProject
from scenes.models import Element, Line, Shot
from scenes.services import scripts, shot_order
from scenes.services.speaking import SpeakingError, change_speaking, read_pronunciations

pytestmark = pytest.mark.django_db
SCRIPT = """INT. KITCHEN - DAY

Rain runs down the window. A kettle boils over.

SIOBHAN
(whispering)
Siobhan's here. Do not wake her.

EXT. HARBOUR - NIGHT

The last ferry leaves without its lights.
"""


@pytest.fixture
def film(opened: OpenProject) -> OpenProject:
    """A project with a script that is broken down."""
    script = scripts.save_script(opened=opened, text=SCRIPT)
    scripts.apply_breakdown(opened=opened, version=script.version)
    return opened


def narrated(opened: OpenProject) -> dict[str, str]:
    """What the narrator says, by shot."""
    rows = Line.objects.filter(shot__scene__project=opened.project, narration=True).select_related("shot__scene")
    return {line.shot.label: line.text for line in rows}


def prompts(opened: OpenProject) -> set[str]:
    """What voices would be asked to say now."""
    return {wish.prompt for wish in planning.wishes_for(opened, kinds=[VOICES])}


def test_the_narrator_reads_what_is_seen_where_nobody_speaks(film: OpenProject) -> None:
    change_speaking(opened=film, narrated=True)
    silent = [shot for shot in Shot.objects.of(film.project) if not shot.lines.filter(narration=False).exists()]
    assert narrated(film) == {shot.label: shot.description for shot in silent if shot.description}
    assert any("ferry" in words for words in narrated(film).values())
    assert Element.objects.filter(project=film.project, name="NARRATOR").count() == 1
    change_speaking(opened=film, narrated=False)
    assert narrated(film) == {}
    assert Line.objects.filter(shot__scene__project=film.project).count() == 1


def test_the_narrator_follows_shots_and_a_breakdown_neither_sees_nor_keeps_old_words(film: OpenProject) -> None:
    change_speaking(opened=film, narrated=True)
    scene = Shot.objects.of(film.project).latest("scene__position").scene
    shot, _ = shot_order.insert_shot(opened=film, scene=scene, after=None, description="A gull waits.")
    assert narrated(film)[shot.label] == "A gull waits."
    # The same script again: nothing is to be changed because of the narrator's lines.
    script = scripts.current_script(film.project)
    assert script is not None
    seen = scripts.preview(project=film.project, script=script)
    assert not [plan for plan in seen.plan.scenes for change in plan.shots if change.fields]
    script = scripts.save_script(opened=film, text=SCRIPT.replace("without its lights", "with all its lights"))
    scripts.apply_breakdown(opened=film, version=script.version)
    assert any("with all its lights" in words for words in narrated(film).values())
    assert not any("without" in words for words in narrated(film).values())


def test_words_are_spoken_as_somebody_wrote_and_stay_as_they_are_in_the_script(film: OpenProject) -> None:
    change_speaking(opened=film, pronunciations=read_pronunciations("siobhan = Shi-vawn\n\nhere = heah"))
    assert prompts(film) == {"Shi-vawn's heah. Do not wake her."}
    assert Line.objects.get(shot__scene__project=film.project).text == "Siobhan's here. Do not wake her."


@pytest.mark.parametrize("written", ["Siobhan", "= Shi-vawn", "Siobhan =", "x" * 90 + " = y"])
def test_what_is_no_pronunciation_is_refused_and_changes_nothing(film: OpenProject, written: str) -> None:
    with pytest.raises(SpeakingError):
        change_speaking(opened=film, pronunciations=read_pronunciations(written))
    film.project.refresh_from_db()
    assert film.project.pronunciations == []


def test_a_spoken_line_is_stale_when_its_words_are_spoken_otherwise(film: OpenProject) -> None:
    before = {wish.recipe for wish in planning.wishes_for(film, kinds=[VOICES])}
    change_speaking(opened=film, pronunciations=[("wake", "wayk")])
    assert {wish.recipe for wish in planning.wishes_for(film, kinds=[VOICES])}.isdisjoint(before)


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(
    film: OpenProject, cast: SimpleNamespace, client_of: Any
) -> None:
    client = client_of(cast.carol)
    address = f"/projects/{film.project.pk}/elements/speaking/"
    answer = client.post(address, {"narrated": "on", "pronunciations": "Siobhan is Shi-vawn"})
    assert answer.status_code == 422
    assert "Line 1 has no" in answer.content.decode()
    assert "Siobhan is Shi-vawn</textarea>" in answer.content.decode()
    assert client.post(address, {"narrated": "on", "pronunciations": "Siobhan = Shi-vawn"}).status_code == 302
    film.project.refresh_from_db()
    assert film.project.narrated
    assert film.project.pronunciations == [["Siobhan", "Shi-vawn"]]


def test_strangers_change_nothing(film: OpenProject, cast: SimpleNamespace, client_of: Any) -> None:
    client = client_of(cast.mallory)
    assert client.post(f"/projects/{film.project.pk}/elements/speaking/", {"narrated": "on"}).status_code == 404
    film.project.refresh_from_db()
    assert not film.project.narrated


def test_a_character_can_be_spoken_by_another_model_than_the_films(
    film: OpenProject, cast: SimpleNamespace, client_of: Any
) -> None:
    film.project.rehearsal = True
    film.project.save(update_fields=["rehearsal"])
    element = Element.objects.get(project=film.project, name="SIOBHAN")
    client = client_of(cast.carol)
    address = f"/projects/{film.project.pk}/elements/{element.pk}/voice/"
    wrong = client.post(address, {"do": "use", "model": "eleven_v3", "voice": "Nobody"}, headers={"hx-request": "true"})
    assert wrong.status_code == 422
    assert "has no voice of that name" in wrong.content.decode()
    element.refresh_from_db()
    assert element.voice_model == ""
    client.post(address, {"do": "use", "model": "eleven_v3", "voice": "Maya"})
    element.refresh_from_db()
    assert (element.voice_model, element.voice) == ("eleven_v3", "Maya")
    (wish,) = planning.wishes_for(film, kinds=[VOICES])
    assert (wish.model.id, wish.parameters["voice"]) == ("eleven_v3", "Maya")
    assert wish.prompt.startswith("[whispering] Siobhan")
    assert services.generate(opened=film, wanted=[wish], title="Voices").jobs.get().provider == "runway"
