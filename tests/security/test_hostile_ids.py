"""Ids of somebody else's, in addresses and in bodies: what is not in the opened project or team is not there."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import reverse

from accounts.models import Team
from accounts.policies import Right
from generation.models import Batch, BatchGroup, GroupPart, Job, Writing
from generation.writing.kinds import Kind
from projects.access import open_project
from projects.models import Project
from scenes.models import Element, Scene, Shot
from tests.api.conftest import Program, program_of

__all__ = ["program_of"]
pytestmark = pytest.mark.django_db
OUTLINE = {"title": "t", "logline": "l", "scenes": [{"heading": "h", "happens": "A secret.", "minutes": 1}]}
ProgramOf = Callable[..., Program]


def _project(team: Team, owner: Any, name: str) -> Project:
    return Project.objects.create(team=team, name=name, created_by=owner)


def _writing(project: Project, owner: Any, kind: str = Kind.OUTLINE) -> Writing:
    batch = Batch.objects.create(project=project, title="Write", created_by=owner)
    job = Job.objects.create(
        project=project, team=project.team, batch=batch, created_by=owner, operation="text_to_text",
        provider="anthropic", model="claude-sonnet-5-5", prompt="x", recipe="x", fingerprint=uuid4().hex, estimate=0,
        state="succeeded", result_text="The secret ending.",
    )  # fmt: skip
    return Writing.objects.create(project=project, job=job, kind=kind, result=OUTLINE, before="A secret passage.")


@pytest.fixture
def theirs(cast: SimpleNamespace) -> SimpleNamespace:
    """What a team of strangers has, and what the same team has in another of its projects."""

    def made(project: Project, owner: Any) -> SimpleNamespace:
        scene = Scene.objects.create(
            project=project, number="1", position=1, heading="INT. SECRET - DAY", action="A secret."
        )
        return SimpleNamespace(
            project=project,
            scene=scene,
            shot=Shot.objects.create(scene=scene, letter="A", position=1, angle="medium shot", duration_ms=1000),
            element=Element.objects.create(project=project, kind="character", name="SECRET"),
            writing=_writing(project, owner),
        )

    strangers = cast.mallory.teams.get()
    return SimpleNamespace(
        strangers=made(_project(strangers, cast.mallory, "Strange"), cast.mallory),
        neighbours=made(_project(cast.team, cast.alice, "Next door"), cast.alice),
    )


@pytest.mark.parametrize("whose", ["strangers", "neighbours"])
@pytest.mark.parametrize(
    ("kind", "field", "what"),
    [
        ("screenplay", "writing", "writing"),
        ("continuation", "writing", "writing"),
        ("shots", "scene", "scene"),
        ("tighten", "shot", "shot"),
        ("soften", "shot", "shot"),
        ("description", "element", "element"),
    ],
)
def test_nothing_is_written_about_what_is_elsewhere(
    cast: SimpleNamespace, project: Project, theirs: SimpleNamespace, program_of: ProgramOf,
    whose: str, kind: str, field: str, what: str,
) -> None:  # fmt: skip
    carol = program_of(cast.carol)
    said = {"kind": kind, field: str(getattr(getattr(theirs, whose), what).pk)}
    for path in ("writing", "writing/estimate"):
        answer = carol.post(f"projects/{project.pk}/{path}", said)
        assert answer.status_code == 400, answer.content
        assert list(answer.json()["fields"]) == [field]
        assert "ecret" not in answer.text
    assert Job.objects.filter(project=project).count() == 0


def test_strangers_find_no_writing(cast: SimpleNamespace, theirs: SimpleNamespace, program_of: ProgramOf) -> None:
    row = theirs.neighbours.writing
    mallory = program_of(cast.mallory)
    asked: tuple[tuple[str, str, Any], ...] = (
        ("GET", f"writing/{row.pk}", None),
        ("PUT", f"writing/{row.pk}", OUTLINE),
        ("POST", f"writing/{row.pk}/apply", {}),
        ("POST", f"writing/{row.pk}/leave", None),
        ("GET", f"projects/{row.project_id}/writing", None),
        ("POST", f"projects/{row.project_id}/writing", {"kind": "outline", "idea": "x"}),
        ("POST", f"jobs/{row.job_id}/cancel", None),
        ("POST", f"jobs/{row.job_id}/retry", None),
    )  # fmt: skip
    for method, path, body in asked:
        answer = mallory(method, path, body)
        assert answer.status_code == 404, (path, answer.content)
        assert "ecret" not in answer.text
    row.refresh_from_db()
    assert row.decision == ""


def test_a_token_of_one_team_finds_nothing_of_the_persons_other_team(
    cast: SimpleNamespace, theirs: SimpleNamespace, program_of: ProgramOf
) -> None:
    cast.team.memberships.create(user=cast.mallory, role="owner")
    row, strangers = theirs.neighbours.writing, theirs.strangers.project.team
    mallory = program_of(cast.mallory, team=strangers)
    assert mallory.get(f"writing/{row.pk}").status_code == 404
    said = {"make": "storyboard", "projects": [str(row.project_id)]}
    assert mallory.post(f"teams/{cast.team.pk}/batch-groups", said).status_code == 404
    assert mallory.post(f"teams/{strangers.pk}/batch-groups", said).status_code == 400
    assert BatchGroup.objects.count() == 0


@pytest.mark.parametrize("way", ["batch-groups", "batch-groups/estimates"])
def test_no_group_reaches_into_another_team(
    cast: SimpleNamespace, project: Project, theirs: SimpleNamespace, program_of: ProgramOf, way: str
) -> None:
    carol = program_of(cast.carol)
    for ids in ([theirs.strangers.project.pk], [project.pk, theirs.strangers.project.pk], [uuid4()]):
        answer = carol.post(
            f"teams/{cast.team.pk}/{way}", {"make": "storyboard", "projects": [str(one) for one in ids]}
        )
        assert answer.status_code == 400, answer.content
        assert "Strange" not in answer.text
    assert BatchGroup.objects.count() == Job.objects.filter(project=project).count() == 0


def test_a_group_is_its_teams_own(
    cast: SimpleNamespace, project: Project, program_of: ProgramOf, client_of: Callable[..., Any]
) -> None:
    group = BatchGroup.objects.create(team=cast.team, make="storyboard", created_by=cast.alice)
    GroupPart.objects.create(group=group, project=project, place=0)
    mallory, dave = program_of(cast.mallory), program_of(cast.dave)
    strangers: UUID = cast.mallory.teams.get().pk
    for path in ("", "/cancel", "/retry-failed"):
        method = "POST" if path else "GET"
        assert mallory(method, f"batch-groups/{group.pk}{path}").status_code == 404
        assert dave(method, f"batch-groups/{group.pk}{path}").status_code == (403 if path else 200)
    browser = client_of(cast.mallory)
    for name in ("group", "group_cancel", "group_retry"):
        for team in (strangers, cast.team.pk):
            address = reverse(f"generation:{name}", args=[team, group.pk])
            answer = browser.get(address) if name == "group" else browser.post(address)
            assert answer.status_code == 404, (name, team)
    assert GroupPart.objects.get().outcome == ""


@pytest.mark.parametrize("scopes", [("read",), ("read", "write")], ids=["reads", "writes"])
def test_a_token_that_may_not_spend_has_nothing_written(
    cast: SimpleNamespace, project: Project, program_of: ProgramOf, scopes: tuple[str, ...]
) -> None:
    alice = program_of(cast.alice, scopes)
    row = _writing(project, cast.alice)
    group = BatchGroup.objects.create(team=cast.team, make="storyboard", created_by=cast.alice)
    asked: tuple[tuple[str, Any], ...] = (
        (f"projects/{project.pk}/writing", {"kind": "outline", "idea": "A ferry."}),
        (f"jobs/{row.job_id}/retry", None),
        (f"teams/{cast.team.pk}/batch-groups", {"make": "storyboard", "projects": [str(project.pk)]}),
        (f"batch-groups/{group.pk}/retry-failed", None),
    )
    for path, body in asked:
        answer = alice.post(path, body)
        assert (answer.status_code, answer.json()["error_code"]) == (403, "scope_missing"), path
    assert Job.objects.exclude(pk=row.job_id).count() == 0


def test_who_only_reviews_takes_no_proposal(cast: SimpleNamespace, project: Project, program_of: ProgramOf) -> None:
    row = _writing(project, cast.alice, Kind.REWRITE)
    dave = program_of(cast.dave)
    for way in ("apply", "leave"):
        assert dave.post(f"writing/{row.pk}/{way}", {} if way == "apply" else None).status_code == 403
    assert open_project(cast.dave, project.pk, Right.SEE)
    assert dave.get(f"writing/{row.pk}").status_code == 200
