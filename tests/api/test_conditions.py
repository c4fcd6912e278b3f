"""``If-Match`` under two who write at once: what one of them has not seen, they do not write over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.rest import views
from generation.models import Budget
from projects import events
from projects.models import Event, Project
from scenes.models import Element
from tests.api.conftest import Program
from tests.pages.footage import add_scenes

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 1.5  # seconds in which the other one gets as far, where nothing holds them


@pytest.fixture
def after_comparing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Return a function that says what happens between comparing and writing."""
    compare = views.Resource._compare

    def say(happens: Callable[[], Any]) -> None:
        def compared(self: Any, *args: Any, **kwargs: Any) -> None:
            compare(self, *args, **kwargs)
            happens()

        monkeypatch.setattr(views.Resource, "_compare", compared)

    return say


def at_once(*doing: Callable[[], Any]) -> list[Any]:
    """Do things in threads of their own; return what came of each."""
    found: list[Any] = [None] * len(doing)

    def do(place: int) -> None:
        try:
            found[place] = doing[place]()
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(place,)) for place in range(len(doing))]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    return found


def meet() -> Callable[[], None]:
    """Return what holds the first two that call it until both have, or one has waited for long enough."""
    barrier = threading.Barrier(2)

    def wait() -> None:
        try:
            barrier.wait(WAIT)
        except threading.BrokenBarrierError:
            return

    return wait


@pytest.mark.parametrize(
    ("path", "method", "field", "values"),
    [
        ("projects/{project}", "PATCH", "name", ["Hers", "His"]),
        ("projects/{project}/budget", "PUT", "cap_usd", ["10.000000", "20.000000"]),
    ],
)
def test_of_two_with_the_same_mark_one_wins(
    path: str, method: str, field: str, values: list[str], cast: SimpleNamespace, project: Project,
    program_of: Callable[..., Program], after_comparing: Callable[..., None],
) -> None:  # fmt: skip
    alice, bob = program_of(cast.alice), program_of(cast.bob)
    path = path.format(project=project.pk)
    mark = alice.get(path)["ETag"] if "budget" not in path else None
    marks = [mark or who.get(path)["ETag"] for who in (alice, bob)]
    after_comparing(meet())
    answers = at_once(
        lambda: alice(method, path, {field: values[0]}, If_Match=marks[0]),
        lambda: bob(method, path, {field: values[1]}, If_Match=marks[1]),
    )
    statuses = [one.status_code for one in answers]
    assert sorted(statuses) == [200, 412], [one.content for one in answers]
    shown = alice.get(path).json()
    won = values[statuses.index(200)]
    assert (shown["project"]["cap_usd"] if "budget" in path else shown[field]) == won
    assert Budget.objects.count() <= 1


def test_a_change_without_a_mark_is_not_written_over(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program], after_comparing: Callable[..., None]
) -> None:
    alice, bob = program_of(cast.alice), program_of(cast.bob)
    path, compared, written = f"projects/{project.pk}", threading.Event(), threading.Event()
    mark = alice.get(path)["ETag"]

    def wait() -> None:
        compared.set()
        written.wait(WAIT)

    def blindly() -> Any:
        compared.wait(20)
        answer = bob.patch(path, {"logline": "Fog."})
        written.set()
        return answer

    after_comparing(wait)
    hers, his = at_once(lambda: alice.patch(path, {"name": "Hers", "logline": ""}, If_Match=mark), blindly)
    assert his.status_code == 200
    assert Project.objects.get(pk=project.pk).logline == "Fog."
    # Where she held everybody off, he wrote after her; else she was told.
    assert hers.status_code in (200, 412)


def test_what_happens_beside_it_is_no_reason_to_refuse(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program], after_comparing: Callable[..., None]
) -> None:
    alice = program_of(cast.alice)
    path = f"shots/{add_scenes(project, 1, 1)[0].pk}"
    mark, compared, written = alice.get(path)["ETag"], threading.Event(), threading.Event()

    def wait() -> None:
        compared.set()
        written.wait(WAIT)

    def tell() -> None:
        compared.wait(20)
        with transaction.atomic():
            events.record(project.pk, "project_changed", {"names": ["name"]}, actor=cast.bob)
        written.set()

    after_comparing(wait)
    hers, _ = at_once(lambda: alice.patch(path, {"prompt": "Hers."}, If_Match=mark), tell)
    assert hers.status_code == 200, hers.content
    assert Event.objects.filter(project=project, type="project_changed").count() == 1


def test_a_condition_and_a_key_together(
    cast: SimpleNamespace, project: Project, program_of: Callable[..., Program]
) -> None:
    mara = Element.objects.create(project=project, kind="character", name="MARA")
    carol, path = program_of(cast.carol), f"elements/{mara.pk}/redo"
    mark = carol.get(path)["ETag"]
    stale = carol.post(path, {}, Idempotency_Key="1", If_Match='"another"')
    assert (stale.status_code, stale.json()["error_code"]) == (412, "changed_meanwhile")
    # The key is free again, and the mark holds: there are no shots to be made anew.
    asked = carol.post(path, {}, Idempotency_Key="1", If_Match=mark)
    assert (asked.status_code, asked.json()["error_code"]) == (409, "nothing_to_do")
