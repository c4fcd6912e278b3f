"""Changing a character at a paid model: what is stale, what it will cost, what was charged, and what goes out."""

from __future__ import annotations

import pytest

from generation import offers
from generation.models import Attempt
from generation.money.books import violations
from projects.services import choose_models
from scenes.models import Take
from scenes.services import elements
from tests.paid.conftest import PaidStage

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_changed_character_is_paid_for_once_more_and_only_where_it_was_asked(stage: PaidStage) -> None:
    opened = stage.opened
    choose_models(opened=opened, still_model="runware:101@1", clip_model="", voice_model="")
    mara = elements.create_element(opened=opened, kind="character", name="MARA", description="In a red coat.")
    first, second = stage.shots(2)
    for shot in (first, second):
        shot.characters = ["MARA"]
        shot.save()
    offers.accept(opened, choice="stills", shot_ids=[first.pk, second.pk])
    stage.settle()
    assert Take.objects.count() == 2
    assert all("Mara: In a red coat" in attempt.prompt for attempt in Attempt.objects.all())
    assert offers.stale(opened).kinds == {}

    elements.edit_element(opened=opened, element=mara, description="In a blue coat.")
    assert set(offers.stale(opened).why.values()) == {"Mara has changed since"}
    both = offers.offer(opened, shot_ids=[first.pk, second.pk], changed_by=mara.pk).prices["stills"]
    one = offers.offer(opened, shot_ids=[first.pk], changed_by=mara.pk).prices["stills"]
    assert both.cost == 2 * one.cost > 0
    before = stage.server.books.charged()
    batch = offers.accept(opened, choice="stills", shot_ids=[first.pk], changed_by=mara.pk)
    assert batch.estimate == one.cost
    stage.settle()
    assert 0 < stage.server.books.charged() - before <= one.cost
    first.refresh_from_db()
    assert first.still is not None
    assert "Mara: In a blue coat" in first.still.inputs["prompt"]
    assert set(offers.stale(opened).kinds) == {str(second.pk)}
    stage.compare_books()
    assert violations() == []
