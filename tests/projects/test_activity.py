"""The feed tells runs of the same kind as one, the newest first."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path
from types import SimpleNamespace

from django.db import transaction

from projects import events
from projects.access import OpenProject
from projects.activity import SENTENCES, feed
from projects.models import Project
from scenes.models import Shot
from scenes.services.scripts import apply_breakdown, save_script
from scenes.services.shots import edit_shot
from scenes.services.statuses import assign, set_due
from tests.conftest import SCRIPT


def tell(project: Project, kind: str, actor=None) -> None:
    with transaction.atomic():
        events.record(project.pk, kind, {}, actor=actor)


def test_runs_by_one_person_are_one_entry(cast: SimpleNamespace, project: Project) -> None:
    for kind, actor in (
        ("script_saved", cast.carol),
        ("take_added", cast.carol),
        ("take_added", cast.carol),
        ("image_generation_started", None),
        ("take_added", cast.carol),
        ("take_added", cast.bob),
        ("take_added", None),
    ):
        tell(project, kind, actor)
    told = [(one.event.type, one.event.actor, one.count) for one in feed(project)]
    assert told == [
        ("take_added", None, 1),
        ("take_added", cast.bob, 1),
        ("take_added", cast.carol, 3),
        ("script_saved", cast.carol, 1),
    ]


def test_the_feed_is_short_and_of_one_project(cast: SimpleNamespace, project: Project) -> None:
    other = Project.objects.create(team=cast.team, name="Other")
    tell(other, "script_saved", cast.bob)
    for _ in range(4):
        tell(project, "script_saved", cast.carol)
        tell(project, "breakdown_applied", cast.carol)
    told = feed(project, limit=3)
    assert [one.event.number for one in told] == [8, 7, 6]
    assert {one.event.project_id for one in told} == {project.pk}


def test_each_kind_has_its_sentence(cast: SimpleNamespace, project: Project, client_of) -> None:
    tell(project, "script_saved", cast.carol)
    tell(project, "video_generation_failed")
    tell(project, "video_generation_failed")
    tell(project, "film_generation_completed")
    answer = client_of(cast.dave).get(f"/projects/{project.pk}/activity/")
    assert next(template.name for template in answer.templates) == "projects/activity.html"
    for words in ("saved the script", "could not make 2 takes", "rendered the film"):
        assert words in answer.text


def test_a_shot_is_named_and_reached(cast: SimpleNamespace, opened: OpenProject, client_of) -> None:
    script = save_script(opened=opened, text=SCRIPT)
    apply_breakdown(opened=opened, version=script.version)
    first, second = Shot.objects.of(opened.project)[:2]
    edit_shot(opened=opened, shot=first, prompt="Fog.")
    edit_shot(opened=opened, shot=first, prompt="More fog.")
    answer = client_of(cast.dave).get(f"/projects/{opened.project.pk}/activity/")
    assert f'changed <a class="link" href="/projects/{opened.project.pk}/shots/{first.pk}/">Shot 1A</a>' in answer.text
    edit_shot(opened=opened, shot=second, prompt="Rain.")
    assert "changed 2 shots" in client_of(cast.dave).get(f"/projects/{opened.project.pk}/activity/").text


def test_what_was_done_to_shots_together_names_them(cast: SimpleNamespace, opened: OpenProject, client_of) -> None:
    script = save_script(opened=opened, text=SCRIPT)
    apply_breakdown(opened=opened, version=script.version)
    first, second = Shot.objects.of(opened.project)[:2]
    assign(opened=opened, shot_ids=[first.pk, second.pk], person=cast.carol.pk)
    assert "gave 2 shots to Carol" in client_of(cast.dave).get(f"/projects/{opened.project.pk}/activity/").text
    set_due(opened=opened, shot_ids=[first.pk], due_on=date(2030, 1, 1))
    text = client_of(cast.dave).get(f"/projects/{opened.project.pk}/activity/").text
    assert f'set the day of <a class="link" href="/projects/{opened.project.pk}/shots/{first.pk}/">Shot 1A</a>' in text


def test_hostile_payloads_stay_words(cast: SimpleNamespace, project: Project, client_of) -> None:
    with transaction.atomic():
        events.record(project.pk, "jobs_queued", {"title": "<script>{count.__class__}</script>"}, actor=cast.carol)
        events.record(project.pk, "comment_added", {"label": "<i>", "link": "javascript:alert(1)", "guest": "<b>"})
        events.record(project.pk, "shot_edited", {"shotId": "'; drop table"}, actor=cast.carol)
    for address in ("activity/", "activity/all/"):
        text = client_of(cast.dave).get(f"/projects/{project.pk}/{address}").text
        assert "&lt;script&gt;{count.__class__}&lt;/script&gt;" in text
        assert "javascript:alert" not in text
        assert "&lt;b&gt; (guest)" in text


def test_each_sentence_can_be_told(cast: SimpleNamespace, project: Project) -> None:
    for kind in SENTENCES:
        for _ in range(2):
            tell(project, kind, cast.bob)
        tell(project, "script_saved", cast.alice)
    told = feed(project, limit=1000)
    assert {one.event.type for one in told} == set(SENTENCES)
    assert all(one.words and "{" not in one.words for one in told)


def test_the_audit_pages_and_filters(
    cast: SimpleNamespace, project: Project, client_of, django_assert_max_num_queries
) -> None:
    for _ in range(30):
        tell(project, "script_saved", cast.carol)
        tell(project, "budget_changed", cast.bob)
    client = client_of(cast.dave)
    address = f"/projects/{project.pk}/activity/all/"
    with django_assert_max_num_queries(10):
        first = client.get(address)
    assert len(first.context["told"]) == 50
    second = client.get(f"{address}?{first.context['next']}")
    assert [one.event.number for one in second.context["told"]] == list(range(10, 0, -1))
    assert not second.context["next"]
    for query, count in (
        ("about=Money", 30),
        (f"person={cast.carol.pk}", 30),
        (f"person={cast.carol.pk}&about=Money", 0),
        ("person=nonsense&about=nonsense&before=-3", 50),
    ):
        assert len(client.get(f"{address}?{query}").context["told"]) == count, query
    assert client_of(cast.mallory).get(address).status_code == 404


def _recorded() -> set[str]:
    """Return the types of events that the product's own code writes as words."""
    found = set()
    for room in ("projects", "scenes", "generation"):
        for path in (Path(__file__).parents[2] / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call) or len(node.args) < 2:
                    continue
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                kind = node.args[1]
                if (
                    name in {"record", "tell", "_tell"}
                    and isinstance(kind, ast.Constant)
                    and isinstance(kind.value, str)
                ):
                    found.add(kind.value)
    # The engine's words for the states of jobs are put together with their media.
    return {kind for kind in found if "_" in kind}


def test_each_change_by_a_person_has_a_sentence() -> None:
    recorded = _recorded()
    assert len(recorded) > 30
    assert recorded - set(SENTENCES) == set()
