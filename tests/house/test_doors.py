"""Every address, asked for by everybody. An address without a row here fails, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from accounts.policies import Right, grants
from generation.models import Job
from generation.states import JobState
from projects.models import Project
from scenes.models import Shot, Take
from tests.world import ROLE_OF, World, patterns

pytestmark = pytest.mark.django_db

OPEN = "open"  # anybody may ask
MEMBERS = "members"  # anybody who is logged in may ask; what they see is their own


@dataclass(frozen=True)
class Row:
    """Who may do something: a right in the project, or one of the words above."""

    needs: Right | str
    post: dict[str, Any] | None = None


see, create, spend, manage = (Row(right) for right in (Right.SEE, Right.CREATE, Right.SPEND, Right.MANAGE))

ROWS: dict[str, tuple[Row, ...]] = {
    "accounts:teams": (Row(MEMBERS),),
    "accounts:begin_team": (Row(MEMBERS),),
    "accounts:team": (see,),
    "accounts:rename": (Row(Right.OWN, {"name": ""}),),
    "accounts:leave": (Row(Right.SEE, {}),),
    "accounts:invite": (Row(Right.MANAGE, {"email": "x"}),),
    "accounts:send_again": (Row(Right.MANAGE, {}),),
    "accounts:revoke": (Row(Right.MANAGE, {}),),
    "accounts:change_role": (Row(Right.MANAGE, {"role": "artist"}),),
    "accounts:remove": (Row(Right.MANAGE, {}),),
    "accounts:restore": (Row(Right.MANAGE, {}),),
    "accounts:tokens": (see, Row(Right.SEE, {"name": "Nightly", "scopes": "read", "days": "30"})),
    # Members end their own; that of somebody else is not there for them, unless they own the team.
    "accounts:revoke_token": (Row(Right.SEE, {}),),
    "accounts:invitation": (Row(OPEN), Row(OPEN, {})),
    "accounts:profile": (Row(MEMBERS),),
    "accounts:end_session": (Row(MEMBERS, {}),),
    "projects:home": (Row(MEMBERS),),
    "projects:create": (Row(MEMBERS),),
    "projects:detail": (see,),
    "projects:activity": (see,),
    "projects:audit": (see,),
    "projects:notifications": (Row(MEMBERS),),
    # A person's own, which is nobody else's; the world's is the owner's.
    "projects:notification": (Row(MEMBERS),),
    "projects:notifications_read": (Row(MEMBERS, {}),),
    "projects:notifications_unread": (Row(MEMBERS),),
    "projects:notification_settings": (Row(MEMBERS), Row(MEMBERS, {"pace": "sometimes"})),
    "projects:unsubscribe": (Row(OPEN), Row(OPEN, {})),
    "projects:people": (see,),
    "projects:comments": (see, Row(Right.COMMENT, {"text": "Good."})),
    # The world's comment is the owner's: nobody else changes its words, and only who manages the project deletes it.
    "projects:comment_edit": (Row(Right.COMMENT), Row(Right.OWN, {"text": "Better."})),
    "projects:comment_delete": (Row(Right.MANAGE, {}),),
    "projects:comment_restore": (Row(Right.MANAGE, {}),),
    "projects:comment_resolve": (Row(Right.COMMENT, {}),),
    "projects:settings": (manage, Row(Right.MANAGE, {"name": ""})),
    "projects:archive": (Row(Right.MANAGE, {}),),
    "projects:restore": (Row(Right.MANAGE, {}),),
    "projects:trash": (see,),
    "projects:trash_restore": (Row(Right.CREATE, {}),),
    "projects:trash_restore_all": (Row(Right.COMMENT, {}),),
    "projects:delete": (manage, Row(Right.MANAGE, {"name": "x"})),
    "projects:webhooks": (manage, Row(Right.MANAGE, {"url": "x"})),
    "projects:webhook": (manage, Row(Right.MANAGE, {"url": "x"})),
    "projects:webhook_secret": (Row(Right.MANAGE, {}),),
    "projects:webhook_test": (Row(Right.MANAGE, {}),),
    "projects:webhook_switch": (Row(Right.MANAGE, {"to": "off"}),),
    "projects:webhook_again": (Row(Right.MANAGE, {"since": "day"}),),
    "projects:webhook_delete": (Row(Right.MANAGE, {}),),
    "projects:deleted": (Row(MEMBERS),),
    "projects:undelete": (Row(Right.MANAGE, {}),),
    "scenes:start": (Row(MEMBERS, {}),),
    "scenes:script": (see, Row(Right.CREATE, {"text": "INT. ROOM - DAY\n\nRain.", "version": "1"})),
    "scenes:script_import": (Row(Right.CREATE, {}),),
    "scenes:script_preview": (Row(Right.SEE, {"text": "INT. ROOM - DAY"}),),
    "scenes:script_latest": (see,),
    "scenes:script_draft": (Row(Right.CREATE, {"text": "INT. ROOM - DAY", "base": "1"}), create),
    "scenes:script_versions": (see,),
    "scenes:script_restore": (Row(Right.CREATE, {}),),
    "scenes:script_name": (Row(Right.CREATE, {"name": "First"}),),
    "scenes:script_export": (see,),
    "scenes:script_print": (see,),
    "scenes:breakdown": (see, Row(Right.CREATE, {"version": "1"})),
    "scenes:paragraph_scenes": (Row(Right.CREATE, {"version": "1"}),),
    "scenes:storyboard": (see,),
    "scenes:scene": (see,),
    "scenes:scene_edit": (Row(Right.CREATE, {"heading": ""}),),
    "scenes:scene_insert": (Row(Right.CREATE, {}),),
    "scenes:scene_place": (Row(Right.CREATE, {}),),
    "scenes:scenes_order": (Row(Right.CREATE, {}),),
    "scenes:shot_insert": (Row(Right.CREATE, {}),),
    "scenes:shot_split": (Row(Right.CREATE, {"seconds": "x"}),),
    "scenes:shots_assign": (Row(Right.CREATE, {}),),
    "scenes:shots_due": (Row(Right.CREATE, {}),),
    "scenes:shots_omit": (Row(Right.CREATE, {}),),
    "scenes:shots_order": (Row(Right.CREATE, {}),),
    "scenes:shots_status": (Row(Right.REVIEW, {"status": "approved"}),),
    "scenes:undo": (Row(Right.REVIEW, {}),),
    "scenes:shot": (see,),
    "scenes:shot_card": (see,),
    "scenes:shot_edit": (Row(Right.CREATE, {}),),
    "scenes:shot_place": (Row(Right.CREATE, {}),),
    "scenes:select_take": (Row(Right.CREATE, {}),),
    "scenes:assets": (see,),
    "scenes:asset": (see,),
    "scenes:asset_rename": (Row(Right.CREATE, {"name": "The fog"}),),
    "scenes:asset_delete": (Row(Right.CREATE, {}),),
    "generation:asset_upload": (Row(Right.CREATE, {}),),
    "generation:upload_begin": (Row(Right.CREATE, {"name": "fog.png", "size": "9"}),),
    "generation:upload_done": (Row(Right.CREATE, {}),),
    "scenes:elements": (see, Row(Right.CREATE, {"kind": "prop", "name": "The letter"})),
    "scenes:element_names": (see,),
    "scenes:element": (see,),
    "scenes:element_edit": (Row(Right.CREATE, {"description": "Tall."}),),
    "scenes:element_pictures": (Row(Right.CREATE, {}),),
    "scenes:element_merge": (Row(Right.CREATE, {}),),
    "scenes:element_delete": (Row(Right.CREATE, {}),),
    "scenes:approve_take": (Row(Right.REVIEW, {}),),
    "scenes:send_back": (Row(Right.REVIEW, {"text": "Again."}),),
    "scenes:withdraw_verdict": (Row(Right.REVIEW, {}),),
    "scenes:star_take": (Row(Right.COMMENT, {"starred": "1"}),),
    "scenes:delete_take": (Row(Right.CREATE, {}),),
    "scenes:rushes": (see,),
    "scenes:rushes_badge": (see,),
    "scenes:compare": (see,),
    "scenes:take_review": (see,),
    "generation:redoing": (see,),
    "generation:redo": (spend, Row(Right.SPEND, {"prompt": "x"})),
    "scenes:film": (see,),
    "scenes:film_change": (Row(Right.CREATE, {"change": "{}"}),),
    "scenes:film_sounds": (see,),
    "scenes:render_delete": (Row(Right.CREATE, {}),),
    "scenes:media": (see,),
    "scenes:client_word": (see,),
    "scenes:review_links": (manage,),
    "scenes:share": (manage, Row(Right.MANAGE, {"days": "7", "may_comment": "on"})),
    "scenes:review_link_revoke": (Row(Right.MANAGE, {}),),
    "scenes:review_link_restore": (Row(Right.MANAGE, {}),),
    "scenes:review_link_expiry": (Row(Right.MANAGE, {"days": "30"}),),
    "generation:waiting": (Row(MEMBERS),),
    "generation:project_waiting": (see,),
    "generation:jobs": (see,),
    "generation:nav_badge": (see,),
    "generation:job_row": (see,),
    "generation:cancel": (Row(Right.SPEND, {}),),
    "generation:retry": (Row(Right.SPEND, {}),),
    "generation:batch_head": (see,),
    "generation:cancel_batch": (Row(Right.SPEND, {}),),
    "generation:retry_failed": (Row(Right.SPEND, {}),),
    "generation:approve": (Row(Right.MANAGE, {}),),
    "generation:decline": (Row(Right.MANAGE, {}),),
    "generation:unknown": (see, Row(Right.MANAGE, {})),
    "generation:unknown_evidence": (see,),
    "generation:preferences": (manage, Row(Right.MANAGE, {"approval_limit": "x"})),
    "generation:costs": (see,),
    "generation:forecast": (see,),
    "generation:project_budget": (Row(Right.MANAGE, {"cap": "x"}),),
    "generation:ledger": (see,),
    "generation:team_costs": (manage,),
    "generation:team_budget": (Row(Right.MANAGE, {"cap": "x"}),),
    "generation:team_ledger": (manage,),
    "generation:estimate": (see,),
    "generation:savings": (see,),
    "generation:generate": (Row(Right.SPEND, {}),),
    "generation:make_film": (Row(Right.SPEND, {}),),
    "generation:sound_upload": (Row(Right.CREATE, {}),),
    "generation:title_drawing": (see,),
    "generation:waveform": (see,),
    "generation:render_differences": (see,),
    "generation:render": (Row(Right.SPEND, {}),),
    "generation:rendering": (see,),
    "generation:board": (see,),
    "generation:making": (see,),
    "generation:cut": (see,),
    "generation:upload": (Row(Right.CREATE, {}),),
    "generation:choice": (see, Row(Right.CREATE, {"model": "animatic-still"})),
    "generation:choice_models": (see,),
    "generation:at_hand": (see,),
    "generation:bring": (Row(Right.CREATE, {}),),
    "generation:use_again": (Row(Right.CREATE, {}),),
    "generation:take_inputs": (see,),
    "generation:element_redo": (see, Row(Right.SPEND, {"choice": "stills"})),
    "generation:element_portrait": (see, Row(Right.SPEND, {})),
    "generation:element_voice": (see, Row(Right.SPEND, {})),
    "generation:writing": (see, Row(Right.SPEND, {"kind": "outline", "idea": "A ferry."})),
    "generation:writing_price": (Row(Right.SEE, {}),),
    "generation:writing_now": (see,),
    "generation:writing_help": (see,),
    "generation:writing_piece": (see,),
    "generation:writing_outline": (Row(Right.CREATE, {}), Row(Right.SPEND, {"then": "screenplay"})),
    "generation:writing_decide": (Row(Right.CREATE, {"decision": "left"}),),
    "generation:writing_stop": (Row(Right.SPEND, {}),),
    "generation:writing_again": (Row(Right.SPEND, {}),),
    "scenes:speaking": (Row(Right.CREATE, {}),),
    "generation:groups": (Row(Right.SPEND),),
    "generation:group_look": (Row(Right.SPEND),),
    "generation:group_begin": (Row(Right.SPEND, {}),),
    "generation:group_scripts": (Row(Right.MANAGE, {}),),
    "generation:group": (see,),
    "generation:group_cancel": (Row(Right.SPEND, {}),),
    "generation:group_retry": (Row(Right.SPEND, {}),),
    "generation:try": (see, Row(Right.SPEND, {})),
    "generation:try_form": (Row(Right.SEE, {}),),
    "generation:try_models": (see,),
    "generation:try_job": (see,),
    "generation:try_send": (Row(Right.CREATE, {}),),
    "providers:overview": (manage,),
    "providers:fallback": (Row(Right.OWN, {}),),
    "providers:key": (Row(Right.OWN, {}),),
    "providers:remove_key": (Row(Right.OWN, {}),),
    "providers:test": (Row(Right.MANAGE, {}),),
    "providers:resume": (Row(Right.OWN, {}),),
    "providers:move": (Row(Right.OWN, {}),),
    "providers:order": (Row(Right.OWN, {}),),
}

# Django's and allauth's own pages have doors of their own: staff, and the person's own account.
# The hooks have a door of their own: a secret in the address (tests/security/test_webhooks.py). So have guests
# (tests/security/test_guests.py), and programs (tests/api/test_matrix.py).
FOREIGN = ("admin:", "account_", "mfa_", "usersessions_", "hooks:", "guests:", "api:")


# The one-click way out of mails (RFC 8058): the signed address is the proof, and mail programs have no token.
POSTED_BY_MAIL_PROGRAMS = ("projects:unsubscribe",)


def _names(patterns: list[Any], namespace: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _names(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}"


def test_every_address_has_a_row() -> None:
    names = {name for name in _names(get_resolver().url_patterns) if not name.startswith(FOREIGN)}
    assert names == set(ROWS)


def _ask(client: Client | AsyncClient, address: str, row: Row) -> int:
    if isinstance(client, AsyncClient):
        return int(async_to_sync(client.get)(address).status_code)
    response = client.get(address) if row.post is None else client.post(address, row.post)
    return int(response.status_code)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_who_gets_in(
    name: str,
    cast: SimpleNamespace,
    project: Project,
    people: dict[str, User | None],
    make_world: Callable[[Project, User], World],
    client_of: Callable[[User | None], Client],
) -> None:
    world = make_world(project, cast.alice)
    address = world.address(name)
    for row in ROWS[name]:
        for who, person in people.items():
            status = _ask(client_of(person), address, row)
            asked = f"{who} asks {name} {'with a form' if row.post is not None else ''}"
            if row.needs == OPEN:
                assert status < 500, asked
            elif row.needs == MEMBERS:
                assert (status in (302, 404)) if person is None else status < 500, asked
            elif person is None:
                assert status in (302, 404), asked
            elif who not in ROLE_OF:
                assert status == 404, f"{asked}: a stranger learns something ({status})"
            elif grants(ROLE_OF[who], Right(row.needs)):
                assert status < 500, asked
                assert status not in (403, 404) or (row.post is not None and status != 403), f"{asked}: {status}"
            else:
                assert status == 403, f"{asked}: {status}"


CHILDREN = (
    "row_id", "scene_id", "shot_id", "take_id", "job_id", "batch_id", "asset_id", "trial_id", "comment_id", "link_id",
    "render_id", "title_id",
    "subject_id", "element_id", "upload_id", "note_id", "writing_id",
)  # fmt: skip


@pytest.mark.parametrize(
    "name", sorted(name for name, keys in patterns() if not name.startswith(FOREIGN) and set(keys) & set(CHILDREN))
)
def test_a_foreign_child_is_not_reached_through_an_own_project(
    name: str,
    cast: SimpleNamespace,
    project: Project,
    make_world: Callable[[Project, User], World],
    client_of: Callable[[User | None], Client],
) -> None:
    ours = make_world(project, cast.alice)
    hers = Project.objects.create(team=cast.mallory.teams.get(), name="Mine", created_by=cast.mallory)
    before = _everything(project)
    address = ours.address(name, project_id=hers.pk)
    for row in ROWS[name]:
        assert _ask(client_of(cast.mallory), address, row) == 404, name
    assert _everything(project) == before


def _everything(project: Project) -> list[Any]:
    return [
        list(Shot.objects.filter(scene__project=project).order_by("pk").values()),
        list(Job.objects.filter(project=project).order_by("pk").values("pk", "state", "cancel_requested_at")),
        list(Take.objects.filter(shot__scene__project=project).order_by("pk").values()),
    ]


def test_a_form_without_its_token_changes_nothing(
    cast: SimpleNamespace, project: Project, make_world: Callable[[Project, User], World]
) -> None:
    world = make_world(project, cast.alice)
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    for name, rows in ROWS.items():
        for row in rows:
            if row.post is not None and name not in POSTED_BY_MAIL_PROGRAMS:
                assert client.post(world.address(name), row.post).status_code == 403, name
    assert not Job.objects.exclude(state=JobState.QUEUED).exists()


def test_the_home_shows_only_what_is_mine(
    cast: SimpleNamespace, project: Project, client_of: Callable[[User | None], Client]
) -> None:
    assert project.name in client_of(cast.dave).get(reverse("projects:home")).content.decode()
    assert project.name not in client_of(cast.mallory).get(reverse("projects:home")).content.decode()
