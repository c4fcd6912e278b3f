"""Who may do what through the API: every operation, asked by everybody, with a token and in a browser.

What each is answered follows from the right and the scope that the operation names; see ``matrix.py``.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from accounts.models import ApiToken, Membership, Role, User
from accounts.policies import Right, grants
from accounts.services import create_team
from projects.models import Project
from scenes.models import Shot, Take
from tests.api.conftest import Program
from tests.api.matrix import NARROWER, PRIVATE, REFUSED, Asked, operations, others, silent
from tests.world import ROLE_OF, World

pytestmark = pytest.mark.django_db
ALL = tuple(ApiToken.Scope.values)
ASKED = tuple(operations())
TAGS = sorted({one.view.tag for one in ASKED})


def test_every_method_says_what_it_takes_and_answers() -> None:
    assert silent() == []
    assert len({one.key for one in ASKED}) == len(ASKED)
    assert others() <= {"openapi", "reference"}


def test_every_body_has_an_example() -> None:
    assert [one.key for one in ASKED if one.said.body is not None and not one.said.examples] == []


class Everybody:
    """All who may ask, each with a token and in a browser, and what they are answered."""

    def __init__(self, world: World, people: dict[str, User | None], program_of: Any, client_of: Any) -> None:
        self.world, self.people = world, people
        self.programs: dict[str, Program] = {who: program_of(person) for who, person in people.items()}
        self.browsers: dict[str, Client] = {who: client_of(person) for who, person in people.items()}
        for browser in self.browsers.values():
            browser.raise_request_exception = False
        self.program_of = program_of
        owner = people["owner"]
        assert owner is not None
        self.elsewhere = program_of(owner, team=create_team(name="Elsewhere, too", owner=owner))
        missing = self.programs["stranger"].get(f"projects/{uuid.uuid4()}")
        assert missing.status_code == 404
        self.missing = missing.content
        self.limited: dict[str, Program] = {}

    def ask(self, asks: Program | Client, one: Asked) -> tuple[int, bytes]:
        """Return status and body; whatever it did is undone."""
        address, (sent, kind) = one.address(self.world), one.sent(self.world)
        with transaction.atomic():
            if isinstance(asks, Program):
                response = asks(one.method, address, sent, **{"Content-Type": kind})
            else:
                response = asks.generic(one.method, address, sent, content_type=kind)
            transaction.set_rollback(True)
        said = b"" if response.streaming else response.content
        return int(response.status_code), said

    def without(self, scope: str) -> Program:
        """Return the owner's program whose token lacks a scope."""
        if scope not in self.limited:
            rest = [one for one in ALL if one != scope]
            self.limited[scope] = self.program_of(self.people["owner"], rest)
        return self.limited[scope]

    def complaints(self, one: Asked) -> Iterator[str]:
        """Yield what is answered otherwise than it should be."""
        try:
            one.address(self.world), one.body(self.world)
        except LookupError as error:
            yield str(error.args[0])
            return
        for who in self.people:
            asks: Sequence[tuple[str, Any]] = (
                ("with a token", self.programs[who]),
                ("in a browser", self.browsers[who]),
            )
            for how, asker in asks:
                status, said = self.ask(asker, one)
                if wrong := self._wrong(one, who, how, status, said):
                    yield f"{one.key}, {who} {how}: {status}, {wrong}; {said[:300].decode(errors='replace')}"
        if one.said.anyone or one.said.people_only:
            return
        status, said = self.ask(self.without(one.said.scope_for(one.method)), one)
        if status != 403 or b"scope_missing" not in said:
            yield f"{one.key}, a token without the scope: {status}; {said[:300].decode(errors='replace')}"
        if one.said.needs is not None:
            status, said = self.ask(self.elsewhere, one)
            if (status, said) != (404, self.missing):
                yield f"{one.key}, the owner's token of another team: {status}; {said[:300].decode(errors='replace')}"

    def _wrong(self, one: Asked, who: str, how: str, status: int, said: bytes) -> str:
        """Return what should have been answered; an empty text where it was."""
        needs = one.said.needs
        if status >= 500:
            return "a server error"
        if one.said.anyone:
            return "" if status < 500 else "everybody may"
        if who == "visitor":
            return "" if status == 401 else "a visitor is to log in"
        if one.said.people_only and how == "with a token":
            return "" if status == 403 and b"people_only" in said else "not for tokens"
        if needs is None:
            return "" if status not in (401, 403) else "whoever is logged in may"
        if who not in ROLE_OF:
            return "" if (status, said) == (404, self.missing) else "a stranger learns something"
        if one.key in PRIVATE and who != "owner":
            return "" if status in (403, 404) else "it is the owner's own"
        if not grants(ROLE_OF[who], Right(needs)):
            return "" if status == 403 and b"not_allowed" in said else "the role may not"
        if not grants(ROLE_OF[who], NARROWER.get(one.key, needs)):
            return "" if status in (403, 404) else "this one may not"
        # How the world stands may be in the way, in words of the operation's own: the door was open.
        stands = {refused for refused in one.said.refusals if refused in (402, 409)}
        good = {one.said.status, *one.said.also, *stands, *REFUSED.get(one.key, ())}
        if one.said.answer is None and not one.said.media:
            good.add(204)
        return "" if status in good else "the role may"


@pytest.mark.parametrize("tag", TAGS)
def test_who_may(
    tag: str,
    cast: SimpleNamespace,
    project: Project,
    people: dict[str, User | None],
    make_world: Callable[[Project, User], World],
    program_of: Callable[..., Program],
    client_of: Callable[[User | None], Client],
    settings: Any,
) -> None:
    settings.API_RATES = dict.fromkeys(ALL, 1_000_000)
    everybody = Everybody(make_world(project, cast.alice), people, program_of, client_of)
    before = _everything(project)
    found = [text for one in ASKED if one.view.tag == tag for text in everybody.complaints(one)]
    assert not found, "\n".join(found)
    assert _everything(project) == before


def test_the_matrix_sees_a_door_left_open(
    cast: SimpleNamespace,
    project: Project,
    people: dict[str, User | None],
    make_world: Callable[[Project, User], World],
    program_of: Callable[..., Program],
    client_of: Callable[[User | None], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    everybody = Everybody(make_world(project, cast.alice), people, program_of, client_of)
    one = next(one for one in ASKED if one.key == "GET project")
    assert list(everybody.complaints(one)) == []
    # Mallory is let in by mistake: one membership too many.
    Membership.objects.create(team=cast.team, user=cast.mallory, role=Role.REVIEWER)
    assert any("stranger in a browser: 200" in text for text in everybody.complaints(one))


def _everything(project: Project) -> list[Any]:
    project.refresh_from_db()
    return [
        project.last_event_number,
        list(Shot.objects.filter(scene__project=project).order_by("pk").values()),
        list(Take.objects.filter(shot__scene__project=project).order_by("pk").values()),
    ]
