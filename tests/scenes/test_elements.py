"""Elements: made by the breakdown and by hand, changed, merged, thrown away; and what depends on them."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from accounts.policies import Right
from generation import offers, planning, services, staleness, wishes
from generation.catalogue import ImpossibleRequest, model_named
from generation.models import Job
from generation.planning import cast_of
from generation.prompting import references_of, words_for
from generation.providers.base import Operation
from projects import bins
from projects.access import open_project
from projects.models import Event, Project
from scenes.models import Asset, Element, Line, Reference, Shot
from scenes.services import elements
from scenes.services.elements import ElementError
from scenes.services.scripts import apply_breakdown, save_script
from tests.conftest import SCRIPT
from tests.pages.footage import add_scenes, add_take

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}


def picture(project: Project, letter: str, **more: Any) -> Asset:
    values = {"kind": "image", "origin": "uploaded", "media_type": "image/png", "size": 9, "sha256": letter * 64}
    values |= {"key": f"projects/{project.pk}/images/{letter}.png"} | more
    asset: Asset = Asset.objects.create(project=project, **values)
    return asset


@pytest.fixture
def mara(opened):
    return elements.create_element(opened=opened, kind="character", name="MARA", description="Sixty, in a red coat.")


@pytest.fixture
def shot(project, mara):
    """A shot that shows Mara, with a still of her as she is."""
    shot = add_scenes(project, 1, 1)[0]
    shot.characters = ["MARA"]
    shot.save()
    make_still(shot)
    return shot


def make_still(shot: Shot) -> None:
    """Give a shot the still that would be made of it now."""
    shot = Shot.objects.of(shot.scene.project).get(pk=shot.pk)
    cast = cast_of(shot.scene.project, [shot])
    (wish,) = (wishes.still_wish(shot, model=model_named("animatic-still"), cast=cast),)
    take = add_take(shot, "still", recipe=wish.recipe)
    take.inputs = {"elements": dict(wish.elements)}
    take.save()


def prompt(shot: Shot, model: str = "gen4_image") -> str:
    shot = Shot.objects.of(shot.scene.project).select_related("scene__project").get(pk=shot.pk)
    cast = cast_of(shot.scene.project, [shot])
    capability = model_named(model).can(Operation.TEXT_TO_IMAGE)
    inputs = references_of(shot, capability, {}, cast)
    return words_for(shot, capability, inputs, cast).text


# --- made, changed, merged ----------------------------------------------------------------------------------------


def test_the_breakdown_gives_everybody_a_handle_and_leaves_alone_what_people_made_of_them(opened):
    script = save_script(opened=opened, text=SCRIPT)
    apply_breakdown(opened=opened, version=script.version)
    mara = Element.objects.get(project=opened.project, name="MARA")
    assert mara.handle == "mara"
    assert Element.objects.get(project=opened.project, name="OPEN SEA").handle == "open-sea"
    elements.edit_element(opened=opened, element=mara, name="Mara Lind", description="Red coat.")
    sea = Element.objects.get(project=opened.project, name="OPEN SEA")
    elements.delete_element(opened=opened, element=sea)
    again = save_script(opened=opened, text=SCRIPT + "\nThe end.\n")
    apply_breakdown(opened=opened, version=again.version)
    mara.refresh_from_db()
    assert (mara.name, mara.handle, mara.description) == ("Mara Lind", "mara", "Red coat.")
    assert Element.objects.filter(project=opened.project, name="MARA").count() == 0
    assert not Element.objects.of(opened.project).filter(name="OPEN SEA").exists()


def test_names_are_one_of_a_kind_whatever_their_capitals(opened, mara):
    with pytest.raises(ElementError, match="already"):
        elements.create_element(opened=opened, kind="character", name="Mara")
    other = elements.create_element(opened=opened, kind="prop", name="Mara")
    assert other.handle == "mara-2"
    with pytest.raises(ElementError, match="Give it a name"):
        elements.create_element(opened=opened, kind="prop", name=" \u202e ")
    with pytest.raises(ElementError, match="character, a location or a prop"):
        elements.create_element(opened=opened, kind="ghost", name="Boo")
    elements.delete_element(opened=opened, element=mara)
    with pytest.raises(ElementError, match="in the trash"):
        elements.create_element(opened=opened, kind="character", name="Mara")


def test_an_old_name_goes_on_finding_its_element(opened, mara, shot):
    elements.edit_element(opened=opened, element=mara, name="Nora")
    assert "Nora: Sixty, in a red coat" in prompt(shot)
    assert Event.objects.filter(type="element_changed").latest("number").payload["changed"] == ["name", "aliases"]


def test_two_names_of_one_person_are_merged_and_parted_again(opened, project, mara):
    voice = elements.create_element(opened=opened, kind="character", name="MARA'S VOICE")
    one, two = picture(project, "a"), picture(project, "b")
    elements.set_pictures(opened=opened, element=mara, pictures=[one])
    elements.set_pictures(opened=opened, element=voice, pictures=[one, two])
    shot = add_scenes(project, 1, 1)[0]
    shot.characters = ["MARA'S VOICE"]
    shot.save()
    elements.merge_elements(opened=opened, element=voice, into=mara)
    mara.refresh_from_db()
    assert mara.aliases == ["MARA'S VOICE"]
    assert [reference.asset for reference in mara.pictures.all()] == [one, two]
    assert "Mara: Sixty, in a red coat" in prompt(shot)
    bins.restore(opened=opened, kind="element", row_id=voice.pk)
    mara.refresh_from_db()
    assert mara.aliases == []
    assert [reference.asset for reference in mara.pictures.all()] == [one]
    assert "Sixty" not in prompt(shot)


def test_only_elements_of_one_kind_are_merged(opened, mara):
    prop = elements.create_element(opened=opened, kind="prop", name="Letter")
    with pytest.raises(ElementError, match="one kind"):
        elements.merge_elements(opened=opened, element=prop, into=mara)
    with pytest.raises(ElementError, match="another one"):
        elements.merge_elements(opened=opened, element=mara, into=mara)


def test_the_first_picture_is_the_portrait_and_pictures_keep_their_order(opened, project, mara):
    files = [picture(project, letter) for letter in "abc"]
    elements.set_pictures(opened=opened, element=mara, pictures=files)
    elements.set_pictures(opened=opened, element=mara, pictures=[files[2], files[0]])
    assert [one.asset for one in Reference.objects.filter(element=mara)] == [files[2], files[0]]
    assert elements.set_pictures(opened=opened, element=mara, pictures=[files[2], files[0]]) is False
    elements.add_picture(opened=opened, element=mara, asset=files[1])
    assert cast_of(project, []).known[0].pictures == (files[2], files[0], files[1])
    with pytest.raises(ElementError, match="Only pictures"):
        elements.add_picture(opened=opened, element=mara, asset=picture(project, "d", kind="audio"))


# --- prompts ------------------------------------------------------------------------------------------------------


def test_a_name_behind_an_at_is_what_the_model_understands(opened, project, mara, shot):
    shot.prompt_by_hand = "@mara waits. Then @mara leaves; mail mara@example.com."
    shot.save()
    assert prompt(shot) == "Mara (Sixty, in a red coat) waits. Then Mara leaves; mail mara@example.com."
    elements.set_pictures(opened=opened, element=mara, pictures=[picture(project, "a")])
    # Runway knows pictures by tags: the word is the tag, and the picture goes along.
    assert prompt(shot) == "@mara waits. Then @mara leaves; mail mara@example.com."


def test_a_prop_that_is_only_named_in_the_prompt_goes_along(opened, project, shot):
    letter = elements.create_element(opened=opened, kind="prop", name="The Old Letter")
    asset = picture(project, "e")
    elements.set_pictures(opened=opened, element=letter, pictures=[asset])
    shot.prompt_by_hand = "She opens @the-old-letter."
    shot.save()
    capability = model_named("gen4_image").can(Operation.TEXT_TO_IMAGE)
    shot = Shot.objects.of(project).get(pk=shot.pk)
    (going,) = references_of(shot, capability, {}, cast_of(project, [shot]))
    assert going.sha256 == asset.sha256
    assert prompt(shot) == f"She opens @{going.tag}."


def test_an_unknown_name_is_said_before_anything_is_spent(opened, shot):
    shot.prompt_by_hand = "@marra waits."
    shot.save()
    found = offers.offer(opened, shot_ids=[shot.pk])
    assert "names @marra" in found.problem
    assert "Did you mean @mara?" in found.problem
    with pytest.raises(ImpossibleRequest):
        offers.accept(opened, choice="stills", shot_ids=[shot.pk], fresh=True)
    assert not Job.objects.exists()


def test_descriptions_leave_a_prompt_within_what_the_model_takes(opened, mara, shot):
    elements.edit_element(opened=opened, element=mara, description="word " * 190)
    for model in ("gen4_image", "runware:101@1"):
        capability = model_named(model).can(Operation.TEXT_TO_IMAGE)
        assert capability.prompt is not None
        assert capability.prompt.count(prompt(shot, model)) <= capability.prompt.most


# --- stale --------------------------------------------------------------------------------------------------------


def test_a_changed_description_makes_its_shots_stale_and_says_why(opened, mara, shot):
    assert offers.stale(opened).kinds == {}
    elements.edit_element(opened=opened, element=mara, description="Sixty, in a blue coat.")
    stale = offers.stale(opened)
    assert stale.kinds == {str(shot.pk): ["still"]}
    assert stale.why == {str(shot.pk): "Mara has changed since"}
    assert [one.shot for one in staleness.shots_changed_by(opened, mara.pk)] == [shot]
    found = offers.offer(opened, shot_ids=[shot.pk], changed_by=mara.pk)
    assert found.prices["stills"].stills == 1
    assert found.prices["stills"].seconds > 0
    make_still(shot)
    assert offers.stale(opened).kinds == {}


def test_a_shot_that_changed_itself_is_not_laid_to_its_elements(opened, mara, shot):
    Shot.objects.filter(pk=shot.pk).update(angle="close-up shot")
    assert offers.stale(opened).why == {str(shot.pk): "The shot has changed since"}
    assert staleness.shots_changed_by(opened, mara.pk) == []


def test_shots_without_the_element_are_left_in_peace(opened, project, mara, shot):
    other = add_scenes(project, 1, 1)[0]
    make_still(other)
    elements.edit_element(opened=opened, element=mara, description="In white.")
    assert set(offers.stale(opened).kinds) == {str(shot.pk)}


def test_a_new_voice_makes_the_spoken_lines_stale(opened, project, mara, shot):
    line = Line.objects.create(shot=shot, position=0, character="MARA", text="One more.", start_ms=0, duration_ms=1000)
    make_still(shot)
    wish = planning.wishes_for(opened, shots=[shot], kinds=("voice",))[0]
    take = add_take(shot, "voice", line=line, recipe=wish.recipe)
    take.inputs = {"elements": dict(wish.elements)}
    take.save()
    assert offers.stale(opened).kinds == {}
    elements.edit_element(opened=opened, element=mara, voice="Judith")
    assert offers.stale(opened).kinds == {str(shot.pk): ["voice"]}
    assert offers.stale(opened).why == {str(shot.pk): "Mara has changed since"}
    assert set(offers.offer(opened, shot_ids=[shot.pk], changed_by=mara.pk).prices) == {"everything", "voices"}


def test_what_is_asked_for_writes_down_what_of_whom_goes_in(opened, mara, shot):
    services.generate(
        opened=opened, wanted=planning.wishes_for(opened, shots=[shot], kinds=("still",), fresh=True), title="x"
    )
    (job,) = Job.objects.all()
    assert set(job.elements) == {str(mara.pk)}


# --- the pages ----------------------------------------------------------------------------------------------------


def url(name: str, project: Project, *more: Any) -> str:
    return reverse(name, args=[project.pk, *more])


def test_the_pages_ask_as_much_for_many_as_for_few(
    opened, project, mara, shot, cast, client_of, django_assert_max_num_queries
):
    for number in range(40):
        other = elements.create_element(opened=opened, kind="character", name=f"Extra {number}")
        elements.set_pictures(opened=opened, element=other, pictures=[picture(project, "e", key=f"e{number}")])
    for row in add_scenes(project, 5, 4):
        row.characters = ["MARA", "EXTRA 3"]
        row.save()
    client = client_of(cast.carol)
    with django_assert_max_num_queries(10):
        page = client.get(url("scenes:elements", project)).content.decode()
    assert "21 shots" in page
    with django_assert_max_num_queries(10):
        assert "21 shots" in client.get(url("scenes:element", project, mara.pk)).content.decode()
    with django_assert_max_num_queries(12):
        client.get(url("generation:element_redo", project, mara.pk))


def test_what_is_wrong_keeps_what_was_typed(project, mara, cast, client_of):
    carol = client_of(cast.carol)
    answer = carol.post(url("scenes:elements", project), {"kind": "character", "name": "mara", "description": "Kept."})
    assert answer.status_code == 422
    assert "Kept." in answer.content.decode()
    long = "x" * 1001
    answer = carol.post(url("scenes:element_edit", project, mara.pk), {"description": long}, headers=FRAGMENT)
    assert answer.status_code == 422
    assert long in answer.content.decode()


def test_what_people_write_is_shown_as_text(opened, project, mara, cast, client_of):
    elements.edit_element(opened=opened, element=mara, name="<img src=x onerror=1>", description="</textarea><script>1")
    for page in (url("scenes:elements", project), url("scenes:element", project, mara.pk)):
        text = client_of(cast.dave).get(page).content.decode()
        assert "<img src=x" not in text
        assert "</textarea><script>" not in text


def test_a_chosen_part_is_made_anew_from_the_page(opened, project, mara, shot, cast, client_of):
    second = add_scenes(project, 1, 1)[0]
    second.characters = ["MARA"]
    second.save()
    make_still(second)
    elements.edit_element(opened=opened, element=mara, description="In white.")
    address, carol = url("generation:element_redo", project, mara.pk), client_of(cast.carol)
    page = carol.get(address, headers=FRAGMENT).content.decode()
    assert "2 shots show Mara as they were" in page
    assert "2 stills" in page
    page = carol.get(address, {"picked": "1", "shot": str(second.pk)}, headers=FRAGMENT).content.decode()
    assert "1 still ·" in page
    refused = carol.post(address, {"picked": "1", "choice": "stills"}, headers=FRAGMENT)
    assert refused.status_code == 422
    assert not Job.objects.exists()
    carol.post(address, {"picked": "1", "choice": "stills", "shot": str(second.pk)}, headers=FRAGMENT)
    assert [job.shot for job in Job.objects.all()] == [second]


def test_files_and_elements_of_others_are_out_of_reach(opened, project, mara, cast, client_of):
    hers = Project.objects.create(team=cast.mallory.teams.get(), name="Hers", created_by=cast.mallory)
    theirs = elements.create_element(
        opened=open_project(cast.mallory, hers.pk, Right.CREATE), kind="character", name="Theirs"
    )
    foreign = picture(hers, "f")
    carol = client_of(cast.carol)
    for data in ({"references": str(foreign.pk)}, {"add": str(foreign.pk)}):
        assert carol.post(url("scenes:element_pictures", project, mara.pk), data).status_code == 404
    assert carol.post(url("scenes:element_merge", project, mara.pk), {"into": str(theirs.pk)}).status_code == 404
    assert carol.get(url("scenes:element", project, theirs.pk)).status_code == 404
    assert not Reference.objects.exists()


def test_deleting_offers_the_way_back(project, mara, cast, client_of):
    carol = client_of(cast.carol)
    page = carol.post(url("scenes:element_delete", project, mara.pk), follow=True).content.decode()
    undo = url("projects:trash_restore", project, "element", mara.pk)
    assert f'data-undo="{undo}"' in page
    assert carol.get(url("scenes:element", project, mara.pk)).status_code == 404
    carol.post(undo)
    assert carol.get(url("scenes:element", project, mara.pk)).status_code == 200


def test_a_voice_is_heard_once_and_paid_once(project, mara, cast, client_of):
    carol, address = client_of(cast.carol), url("generation:element_voice", project, mara.pk)
    assert "Judith" in carol.get(address).content.decode()
    for _ in range(2):
        assert carol.post(address, {"voice": "Judith"}, headers=FRAGMENT).status_code == 200
    (job,) = Job.objects.all()
    assert job.parameters["voice"] == "Judith"
    assert carol.post(address, {"voice": "Nobody"}, headers=FRAGMENT).status_code == 422
    assert Job.objects.count() == 1


def test_a_portrait_is_asked_for_in_the_words_of_the_description(project, mara, cast, client_of):
    answer = client_of(cast.carol).post(url("generation:element_portrait", project, mara.pk), headers=FRAGMENT)
    assert answer.status_code == 200
    (job,) = Job.objects.all()
    assert job.prompt.startswith("Portrait of Mara: Sixty, in a red coat.")
    assert job.shot is None
