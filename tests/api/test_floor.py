"""What holds at every address of the API: who asks, in which form, how often, and once."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone
from time_machine import TimeMachineFixture

from accounts.models import ApiToken, IdempotencyKey, Invitation, Membership, Role
from accounts.rest import idempotency
from accounts.rest.fields import Query, Truth
from accounts.services import create_team
from projects.models import Project
from tests.api.conftest import Program

pytestmark = pytest.mark.django_db
FORM = {"error", "error_type", "error_code", "detail", "fallback_available", "suggested_action"}


def refusal(response: Any, status: int, code: str) -> dict[str, Any]:
    """Return a refusal, checked to be one in the one form."""
    assert response.status_code == status, response.content
    said: dict[str, Any] = response.json()
    assert set(said) - {"fields", "retry_after"} == FORM
    assert said["error_code"] == code
    assert said["detail"]
    return said


# --- who asks --------------------------------------------------------------------------------------------------------


def test_nobody_is_told_how_to_log_in(db: None) -> None:
    response = Program().get("projects")
    refusal(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("text", ["nonsense", "rushes_nonsense", "rushes_" + "x" * 5000, "rushes_ü"])
def test_a_token_that_nobody_made_opens_nothing(db: None, text: str) -> None:
    refusal(Program(text).get("projects"), 401, "authentication_failed")


def test_a_token_acts_in_its_team_alone(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    elsewhere = create_team(name="Second", owner=cast.carol)
    other = Project.objects.create(team=elsewhere, name="Other", created_by=cast.carol)
    here = program_of(cast.carol, team=cast.team)
    assert [row["id"] for row in here.get("projects").json()["results"]] == [str(project.pk)]
    assert [row["id"] for row in here.get("teams").json()] == [str(cast.team.pk)]
    refusal(here.get(f"projects/{other.pk}"), 404, "not_found")
    refusal(here.get(f"teams/{elsewhere.pk}"), 404, "not_found")
    assert here.get(f"projects/{project.pk}").status_code == 200
    # What is of others and what does not exist are one and the same.
    stranger = program_of(cast.mallory)
    one, none = stranger.get(f"projects/{project.pk}"), stranger.get(f"projects/{uuid.uuid4()}")
    assert (one.status_code, one.content) == (none.status_code, none.content) == (404, none.content)


def test_a_token_ends_with_revocation_time_membership_and_account(
    cast: SimpleNamespace, program_of: Callable[..., Program]
) -> None:
    def works(asks: Program) -> bool:
        return bool(asks.get("teams").status_code == 200)

    asks = program_of(cast.carol)
    assert works(asks)
    token = ApiToken.objects.get()
    for field, value in (("revoked_at", timezone.now()), ("expires_at", timezone.now() - timedelta(seconds=1))):
        before = getattr(token, field)
        ApiToken.objects.update(**{field: value})
        assert not works(asks)
        ApiToken.objects.update(**{field: before})
    assert works(asks)
    Membership.objects.filter(user=cast.carol).delete()
    assert not works(asks)
    Membership.objects.create(team=cast.team, user=cast.carol, role=Role.ARTIST)
    assert works(asks)
    cast.carol.is_active = False
    cast.carol.save()
    assert not works(asks)


def test_scopes_and_roles_both_hold(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    said = refusal(
        program_of(cast.alice, ["read"]).patch(f"projects/{project.pk}", {"name": "x"}), 403, "scope_missing"
    )
    assert "write" in said["detail"]
    refusal(program_of(cast.alice, ["write"]).get("projects"), 403, "scope_missing")
    refusal(program_of(cast.dave).patch(f"projects/{project.pk}", {"name": "x"}), 403, "not_allowed")
    assert program_of(cast.bob).patch(f"projects/{project.pk}", {"name": "Better"}).json()["name"] == "Better"


def test_writing_sets_no_limit_and_lets_nobody_in_who_spends(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    writes, team = program_of(cast.alice, ["read", "write"]), f"teams/{cast.team.pk}"
    guests = {"invitations": [{"email": "eve@elsewhere.example", "role": "owner"}]}
    for method, path, body in (
        ("POST", f"{team}/invitations", guests),
        ("PATCH", f"{team}/members/{cast.dave.pk}", {"role": "owner"}),
        ("POST", f"{team}/removals/1/undo", None),
        ("PUT", f"{team}/budgets", {"cap_usd": None}),
        ("PUT", f"projects/{project.pk}/budget", {"cap_usd": None}),
        ("PATCH", f"projects/{project.pk}/preferences", {"rehearsal": False, "approval_limit_usd": None}),
        ("PUT", f"{team}/providers/runware/key", {"key": "rehearsalkey0123456789abcdefghij"}),
    ):
        refusal(writes(method, path, body), 403, "scope_missing")
    assert not Invitation.objects.exists()
    assert Membership.objects.get(user=cast.dave).role == Role.REVIEWER


def test_tokens_are_made_by_people_shown_once_and_kept_as_a_hash(
    cast: SimpleNamespace, client_of: Callable[..., Client], program_of: Callable[..., Program]
) -> None:
    path = f"/api/v1/teams/{cast.team.pk}/tokens"
    body = {"name": "Nightly", "scopes": ["read", "spend"], "days": 30}
    refusal(program_of(cast.carol).post(path, body), 403, "people_only")
    carol = client_of(cast.carol)
    made = carol.post(path, body, content_type="application/json")
    assert made.status_code == 201, made.content
    text = made.json()["token"]
    assert Program(text).get("teams").status_code == 200
    assert text not in carol.get(path).content.decode()
    row = ApiToken.objects.get(name="Nightly")
    assert text not in json.dumps({name: str(value) for name, value in vars(row).items()})
    assert row.last_used_at is not None
    # Somebody else's is seen and revoked by owners alone.
    assert client_of(cast.dave).get(f"{path}/{row.pk}").status_code == 404
    assert client_of(cast.dave).delete(f"{path}/{row.pk}").status_code == 404
    assert client_of(cast.alice).delete(f"{path}/{row.pk}").status_code == 204
    refusal(Program(text).get("teams"), 401, "authentication_failed")


def test_the_browser_needs_its_csrf_token(cast: SimpleNamespace, project: Project) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    response = client.patch(f"/api/v1/projects/{project.pk}", {"name": "x"}, content_type="application/json")
    assert response.status_code == 403
    project.refresh_from_db()
    assert project.name == "The Last Ferry"


# --- what is sent ----------------------------------------------------------------------------------------------------

BAD_BODIES = [
    b"{",
    b'{"name": "a", "name": "b"}',
    b'{"name": NaN}',
    b'{"name": 1e999}',
    b'{"name": ' + b"9" * 5000 + b"}",
    b'{"name": "a\\u0000b"}',
    b'{"name": "\\ud800"}',
    b'{"\\ud800": 1}',
    b"\xff\xfe{}",
    b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b"[]",
    b'"text"',
    b"null",
    b'{"name": null}',
    b'{"name": 7}',
    b'{"name": ["x"]}',
    b'{"name": {"a": 1}}',
    b'{"name": true}',
    b'{"name": ""}',
    b'{"name": "   "}',
    b'{"name": "\\u0010\\u200b"}',
    b'{"fps": 23}',
    b'{"fps": [24]}',
    b'{"fps": {}}',
    b'{"resolution": {}}',
    b'{"resolution": ["1280x720"]}',
    b'{"nme": "x"}',
    b'{"id": "0191f2a0-1111-4222-8333-444455556666"}',
    b'{"team": "0191f2a0-1111-4222-8333-444455556666"}',
    b'{"created_by": 1, "archived_at": null}',
]


@pytest.mark.parametrize("raw", BAD_BODIES, ids=lambda raw: raw[:40].decode("latin-1"))
def test_what_is_not_meant_so_is_refused_and_changes_nothing(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program], raw: bytes
) -> None:
    before = Project.objects.values().get(pk=project.pk)
    response = program_of(cast.alice).patch(f"projects/{project.pk}", raw)
    assert response.status_code == 400, response.content
    assert set(response.json()) >= FORM
    assert Project.objects.values().get(pk=project.pk) == before


def test_other_media_and_methods_are_refused_in_the_same_form(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    alice = program_of(cast.alice)
    path = f"projects/{project.pk}"
    response = alice("PATCH", path, b"name=x", **{"Content-Type": "application/x-www-form-urlencoded"})
    refusal(response, 415, "unsupported_media_type")
    for wanted in ("text/html", "image/*", "nonsense"):
        assert alice.get(path, Accept=wanted)["Content-Type"] == "application/json"
    response = alice("PUT", path, {"name": "x"})
    refusal(response, 405, "method_not_allowed")
    refusal(alice.get("nowhere"), 404, "not_found")
    refusal(alice.get("projects/not-an-id"), 404, "not_found")


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1000000000", "limit=x", "cursor=%00", "cursor=abc", "limit=1&limit=2", "archved=1", "team=7"],
)
def test_odd_questions_are_refused(cast: SimpleNamespace, program_of: Callable[..., Program], query: str) -> None:
    refusal(program_of(cast.alice).get(f"projects?{query}"), 400, "invalid")


class Maybe(Query):
    """A filter that may be left out."""

    starred = Truth(required=False)


def test_a_filter_that_is_left_out_is_not_said() -> None:
    for text, said in (("", {}), ("starred=false", {"starred": False}), ("starred=1", {"starred": True})):
        query = Maybe(data=QueryDict(text))
        assert query.is_valid(), query.errors
        assert query.validated_data == said


def test_a_forged_cursor_is_the_senders_mistake(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    from base64 import b64encode

    for inside in ("p=not-a-date", "p=\0", "o=-5&p=x", "o=99999999999999999999", "p=9999-99-99", "r=1&p=ü"):
        cursor = b64encode(inside.encode()).decode().replace("=", "%3D").replace("+", "%2B")
        response = program_of(cast.alice).get(f"projects?cursor={cursor}")
        assert response.status_code in (200, 400), (inside, response.content)


# --- what is answered ------------------------------------------------------------------------------------------------


def test_pages_follow_each_other_without_gaps(cast: SimpleNamespace, program_of: Callable[..., Program]) -> None:
    names = {f"Film {number}" for number in range(7)}
    for name in names:
        Project.objects.create(team=cast.team, name=name)
    alice, seen, path = program_of(cast.alice), [], "projects?limit=3&fields=name"
    while path:
        page = alice.get(path).json()
        seen += [row["name"] for row in page["results"]]
        assert all(set(row) == {"name"} for row in page["results"])
        path = (page["next"] or "").partition("/api/v1/")[2]
    assert len(seen) == 7
    assert set(seen) == names
    refusal(alice.get("projects?fields=name,secret"), 400, "invalid")


def test_what_has_not_changed_is_not_sent_again_and_a_blind_change_is_refused(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    alice, path = program_of(cast.alice), f"projects/{project.pk}"
    first = alice.get(path)
    assert alice.get(path, If_None_Match=first["ETag"]).status_code == 304
    assert alice.patch(path, {"name": "Mine"}, If_Match=first["ETag"]).status_code == 200
    refusal(alice.patch(path, {"name": "Theirs"}, If_Match=first["ETag"]), 412, "changed_meanwhile")
    assert alice.get(path, If_None_Match=first["ETag"]).json()["name"] == "Mine"


def test_a_condition_on_what_is_made_in_a_list_is_none(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    alice = program_of(cast.alice)
    for path, body in (
        ("projects", {"team": str(cast.team.pk), "name": "Conditional"}),
        ("folders", {"project": str(project.pk), "name": "INT. BAR - DAY"}),
    ):
        assert alice.post(path, body, If_Match='"nothing"').status_code == 201


def test_every_answer_tells_what_is_left_and_too_much_is_refused(
    cast: SimpleNamespace, program_of: Callable[..., Program], settings: Any, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(timezone.now().replace(second=5), tick=False)
    settings.API_RATES = {"read": 3, "write": 1, "spend": 1}
    alice = program_of(cast.alice)
    answers = [alice.get("teams") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers[:3]] == ["2", "1", "0"]
    assert answers[0]["RateLimit-Limit"] == "3"
    last = answers[-1]
    said = refusal(last, 429, "throttled")
    assert last["Retry-After"] == str(said["retry_after"])
    assert (last["RateLimit-Limit"], last["RateLimit-Remaining"]) == ("3", "0")
    assert last["RateLimit-Remaining"] == "0"
    # Another token has its own count.
    assert program_of(cast.bob).get("teams").status_code == 200
    time_machine.shift(56)
    assert alice.get("teams").status_code == 200


def test_a_list_that_is_too_long_is_refused_unread(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    alice, where = program_of(cast.alice), {"project": str(project.pk)}
    for path, name, wrong in (("estimates", "shots", "no id"), ("jobs/bulk", "orders", {"prompt": 1})):
        said = refusal(alice.post(path, {**where, name: [wrong] * 20_001}), 400, "invalid")
        (sentence,) = said["fields"][name]  # and not a complaint of each
        assert "no more than" in sentence


def test_all_tokens_and_windows_of_a_person_have_a_limit_together(
    cast: SimpleNamespace,
    program_of: Callable[..., Program],
    client_of: Callable[..., Client],
    settings: Any,
    time_machine: TimeMachineFixture,
) -> None:
    time_machine.move_to(timezone.now().replace(second=5), tick=False)
    settings.API_RATES, settings.API_RATES_TOGETHER = {"read": 4, "write": 1, "spend": 1}, 2
    create_team(name="Second", owner=cast.alice)
    wild, other = program_of(cast.alice), program_of(cast.alice, team=cast.alice.teams.get(name="Second"))
    # What a wild one is refused is not taken from the others' share.
    assert [wild.get("teams").status_code for _ in range(20)] == [200] * 4 + [429] * 16
    one = other.get("teams")
    assert (one.status_code, one["RateLimit-Limit"], one["RateLimit-Remaining"]) == (200, "4", "3")
    window = client_of(cast.alice)
    answers = [window.get("/api/v1/teams") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert (answers[0]["RateLimit-Limit"], answers[0]["RateLimit-Remaining"]) == ("8", "2")
    assert "together" in refusal(answers[-1], 429, "throttled")["detail"]
    refusal(other.get("teams"), 429, "throttled")
    assert program_of(cast.bob).get("teams").status_code == 200


# --- once ------------------------------------------------------------------------------------------------------------


def begin(asks: Program, key: str, team: Any, name: str = "Once") -> Any:
    """Ask for a project with a key."""
    return asks.post("projects", {"team": str(team.pk), "name": name}, Idempotency_Key=key)


def test_the_same_request_again_makes_nothing_twice(
    cast: SimpleNamespace, program_of: Callable[..., Program], client_of: Callable[..., Client]
) -> None:
    alice = program_of(cast.alice)
    first, again = begin(alice, "k-1", cast.team), begin(alice, "k-1", cast.team)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first["Location"] == again["Location"]
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Project.objects.filter(name="Once").count() == 1
    refusal(begin(alice, "k-1", cast.team, "Other"), 422, "idempotency_key_reused")
    # Keys of others are others, and so are those of another program, in a browser, and at another address.
    window = client_of(cast.alice)
    body, key = {"team": str(cast.team.pk), "name": "Once"}, {"Idempotency-Key": "k-1"}
    for _ in range(2):
        assert begin(program_of(cast.bob), "k-1", cast.team).status_code == 201
        assert begin(program_of(cast.alice), "k-1", cast.team, "Once").status_code == 201
        by_hand = window.post("/api/v1/projects", body, content_type="application/json", headers=key)
        assert by_hand.status_code == 201
    assert Project.objects.filter(name="Once").count() == 6
    folder = {"project": first.json()["id"], "name": "INT. HARBOUR - NIGHT"}
    assert alice.post("folders", folder, Idempotency_Key="k-1").status_code == 201


def test_a_refused_request_leaves_its_key_free(cast: SimpleNamespace, program_of: Callable[..., Program]) -> None:
    alice = program_of(cast.alice)
    refusal(begin(alice, "k-2", cast.team, ""), 400, "invalid")
    assert begin(alice, "k-2", cast.team, "Now").status_code == 201
    refusal(begin(alice, "ü", cast.team), 400, "invalid_key")


def test_a_request_that_is_being_answered_is_told_so_and_a_dead_one_is_taken_over(
    cast: SimpleNamespace, program_of: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = program_of(cast.alice)

    def die(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    # The process dies where the answer would be kept: the project is rolled back, the claim stays.
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "_keep", die)
        patch.setattr(type(IdempotencyKey.objects.none()), "delete", lambda self: (0, {}))
        with pytest.raises(KeyboardInterrupt):
            begin(alice, "k-3", cast.team)
    assert not Project.objects.filter(name="Once").exists()
    said = refusal(begin(alice, "k-3", cast.team), 409, "in_progress")
    assert said["retry_after"] == 1
    IdempotencyKey.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert begin(alice, "k-3", cast.team).status_code == 201
    assert Project.objects.filter(name="Once").count() == 1


def test_keys_are_forgotten_after_a_week(cast: SimpleNamespace, program_of: Callable[..., Program]) -> None:
    begin(program_of(cast.alice), "k-4", cast.team)
    assert idempotency.forget_old() == 0
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert idempotency.forget_old() == 1
