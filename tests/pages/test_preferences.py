"""A project's settings about generating: models, rehearsal, approval."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from projects.models import Project

pytestmark = pytest.mark.django_db


def url(project: Project) -> str:
    return reverse("generation:preferences", args=[project.pk])


@pytest.fixture
def rehearsing(project: Project) -> Project:
    Project.objects.filter(pk=project.pk).update(rehearsal=True)
    return project


def test_only_those_who_manage_see_and_change_them(cast: SimpleNamespace, project: Project, client_of) -> None:
    given = {"rehearsal": "on", "approval_limit": "12.50"}
    for who, status in ((cast.carol, 403), (cast.dave, 403), (cast.mallory, 404), (None, 302)):
        assert client_of(who).get(url(project)).status_code == status
        assert client_of(who).post(url(project), given).status_code == status
    project.refresh_from_db()
    assert (project.rehearsal, project.approval_limit) == (False, None)


def test_the_settings_page_leads_to_them(cast: SimpleNamespace, project: Project, client_of) -> None:
    page = client_of(cast.bob).get(reverse("projects:settings", args=[project.pk])).text
    assert f'href="{url(project)}"' in page


def test_models_are_shown_with_their_price(cast: SimpleNamespace, rehearsing: Project, client_of) -> None:
    page = client_of(cast.bob).get(url(rehearsing)).text
    assert "Built-in animatic" in page
    assert 'value="gen4_turbo"' in page
    row = page[page.index('value="gen4_turbo"') :]
    assert "$0.25" in row[: row.index("</label>")]
    assert page.count('value="" checked') == 4


def test_without_a_key_only_the_built_in_can_be_chosen(cast: SimpleNamespace, project: Project, client_of) -> None:
    page = client_of(cast.bob).get(url(project)).text
    assert "gen4_turbo" not in page
    assert "when the team has a key" in page
    answer = client_of(cast.bob).post(url(project), {"clip_model": "gen4_turbo"})
    assert answer.status_code == 422
    assert "no key for its provider" in answer.text
    project.refresh_from_db()
    assert project.clip_model == ""


def test_they_are_saved_and_told(cast: SimpleNamespace, rehearsing: Project, client_of) -> None:
    given = {"still_model": "gen4_image", "clip_model": "gen4_turbo", "approval_limit": "12.5", "rehearsal": "on"}
    answer = client_of(cast.bob).post(url(rehearsing), given)
    assert answer.headers["Location"] == reverse("generation:preferences", args=[rehearsing.pk])
    rehearsing.refresh_from_db()
    assert (rehearsing.still_model, rehearsing.clip_model, rehearsing.voice_model) == ("gen4_image", "gen4_turbo", "")
    assert (rehearsing.approval_limit, rehearsing.rehearsal) == (12_500_000, True)
    assert set(rehearsing.events.values_list("type", flat=True)) == {"project_changed"}
    page = client_of(cast.bob).get(url(rehearsing)).text
    assert 'value="12.50"' in page
    client_of(cast.bob).post(url(rehearsing), {})
    rehearsing.refresh_from_db()
    assert (rehearsing.still_model, rehearsing.approval_limit, rehearsing.rehearsal) == ("", None, False)


def test_a_model_whose_key_has_gone_stays_and_says_so(cast: SimpleNamespace, project: Project, client_of) -> None:
    Project.objects.filter(pk=project.pk).update(clip_model="gen4_turbo")
    page = client_of(cast.bob).get(url(project)).text
    assert "Not available now" in page
    client_of(cast.bob).post(url(project), {"clip_model": "gen4_turbo", "approval_limit": "3"})
    project.refresh_from_db()
    assert (project.clip_model, project.approval_limit) == ("gen4_turbo", 3_000_000)


@pytest.mark.parametrize("typed", ["12,50", "-1", "abc", "1e9", "0.0000001"])
def test_a_limit_that_is_no_amount_is_refused_and_kept(
    cast: SimpleNamespace, rehearsing: Project, client_of, typed: str
) -> None:
    answer = client_of(cast.bob).post(url(rehearsing), {"approval_limit": typed, "clip_model": "gen4_turbo"})
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.text
    chosen = answer.text[answer.text.index('value="gen4_turbo"') :]
    assert chosen[: chosen.index(">")].endswith("checked")
    rehearsing.refresh_from_db()
    assert (rehearsing.approval_limit, rehearsing.clip_model, rehearsing.rehearsal) == (None, "", True)


@pytest.mark.parametrize("model", ["no-such-model", "gen3a_turbo", "gen4_image", "../x", "animatic-still\x00"])
def test_a_model_that_makes_no_clips_is_refused(
    cast: SimpleNamespace, rehearsing: Project, client_of, model: str
) -> None:
    assert client_of(cast.bob).post(url(rehearsing), {"clip_model": model}).status_code == 422
    rehearsing.refresh_from_db()
    assert rehearsing.clip_model == ""


def test_queries_are_few(cast: SimpleNamespace, rehearsing: Project, client_of) -> None:
    bob = client_of(cast.bob)
    with CaptureQueriesContext(connection) as caught:
        assert bob.get(url(rehearsing)).status_code == 200
    assert len(caught) <= 10
