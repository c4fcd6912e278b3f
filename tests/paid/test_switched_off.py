"""A provider goes away in the middle of a batch: nothing is lost, nothing is paid for twice, and who served is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pytest_django import Settings

from generation import planning, services, sweep
from generation.job_rows import job_rows
from generation.models import Attempt, Entry, Job, ProviderAccount
from generation.money.books import violations
from generation.rehearsal.faults import Rule, Scenario
from generation.rehearsal.server import RehearsalServer
from generation.states import AttemptState, JobState
from scenes.models import Take
from tests.paid.conftest import PaidStage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState
OTHER = {"runway": "runware", "runware": "runway", "gemini": "runware", "luma": "runway"}
ANY_KEY = "rehearsal-key-0123456789abcdef"
COUNT, PLACED = 9, 2


class Switch:
    """The provider that goes away, at a server of its own."""

    def __init__(self, provider: str, folder: Path, settings: Settings) -> None:
        self.provider, self.folder, self.settings = provider, folder, settings
        self.server = self._served(0)
        self._key = settings.PROVIDERS[provider]["key"] or ANY_KEY
        self._point(self._key)
        settings.FETCH_ALLOWED_ORIGINS = [*settings.FETCH_ALLOWED_ORIGINS, self.server.base_url]

    def _served(self, port: int, *rules: Rule) -> RehearsalServer:
        scenario = Scenario(rules=rules, patience_seconds=0.3)
        return RehearsalServer(self.folder, scenario=scenario, speed=0, port=port).start()

    def _point(self, key: str) -> None:
        url = getattr(self.server, f"{self.provider}_url")
        self.settings.PROVIDERS = {**self.settings.PROVIDERS, self.provider: {"key": key, "url": url}}

    def killed(self) -> Callable[[], None]:
        """Let nobody answer any more; return what brings it back."""
        self.server.stop()

        def back() -> None:
            self.server = self._served(self.server.port)

        return back

    def without_key(self) -> Callable[[], None]:
        """Take the key away; return what brings it back."""
        self._point("")
        return lambda: self._point(self._key)

    def busy_for_ever(self) -> Callable[[], None]:
        """Answer every order with 503."""
        self.server.stop()
        self.server = self._served(self.server.port, Rule("unavailable", provider=self.provider))
        return lambda: None


@pytest.fixture(params=list(OTHER))
def switch(request: pytest.FixtureRequest, stage: PaidStage, tmp_path: Path, settings: Settings) -> Iterator[Switch]:
    """The provider that is asked first."""
    made = Switch(request.param, tmp_path / "first", settings)
    yield made
    with suppress(OSError):
        made.server.stop()


@pytest.mark.parametrize("way", ["killed", "without_key", "busy_for_ever"])
def test_one_that_is_switched_off_in_the_middle(stage: PaidStage, switch: Switch, way: str) -> None:
    first, other = switch.provider, OTHER[switch.provider]
    project = stage.opened.project
    project.still_model = planning.models_of(project, first)[planning.STILLS].id
    project.save(update_fields=["still_model"])
    project.team.provider_order = [first, other]
    project.team.save()
    wanted = planning.wishes_for(stage.opened, shots=stage.shots(COUNT), kinds=(planning.STILLS,))
    assert {wish.alternatives[0].provider for wish in wanted} == {other}
    services.generate(opened=stage.opened, wanted=wanted, title="Stills")
    while Attempt.objects.exclude(accepted_at=None).count() < PLACED:
        stage.answer_one()

    back = getattr(switch, way)()
    for _ in range(12):
        stage.answer()
        stage.pass_time()
        stage.look()
        sweep.sweep()
    served = Attempt.objects.filter(state=S.SUCCEEDED)
    assert served.filter(provider=other).count() == COUNT - PLACED, "the rest of the batch is made by the other"

    back()
    stage.settle()
    assert Take.objects.count() == Job.objects.filter(state=JobState.SUCCEEDED).count() == COUNT
    assert served.filter(provider=first).count() == PLACED, "what was bought there came home"
    assert (ProviderAccount.objects.get(provider=first).tripped_at is not None) == (way != "without_key")

    books = (stage.server.books, switch.server.books)
    for book in books:
        for line in (*book.by_body().values(), *book.by_identity().values()):
            assert line.accepted <= 1, "bought twice"
    assert sum(book.accepted() for book in books) == COUNT
    assert sum(Entry.objects.filter(kind="settle").values_list("amount", flat=True)) == sum(
        book.charged() for book in books
    )
    assert violations() == []

    told = [row.served for row in job_rows(Job.objects.filter(attempts__provider=other).distinct())]
    assert len(told) == COUNT - PLACED
    for words in told:
        assert "did not accept this" in words
        assert words.endswith("made it.")
    take = Take.objects.filter(inputs__provider=other).first()
    assert take is not None
    (why_not,) = take.inputs["served"]
    assert (why_not["provider"], bool(why_not["why_not"])) == (first, True)
