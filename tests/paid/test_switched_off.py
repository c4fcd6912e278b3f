"""A provider goes away in the middle of a batch: nothing is lost, nothing is paid for twice, and who served is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pytest_django import Settings

from generation import planning, services, sweep
from generation.job_rows import job_rows
from generation.models import Attempt, Entry, Job, ProviderAccount, Writing
from generation.money.books import violations
from generation.rehearsal.faults import Rule, Scenario
from generation.rehearsal.server import RehearsalServer
from generation.states import AttemptState, JobState
from generation.vendors import own_models
from generation.writing import asking as writing
from generation.writing.kinds import Wanted
from scenes.models import Line, Take
from tests.paid.conftest import PaidStage

pytestmark = pytest.mark.django_db(transaction=True)
S = AttemptState
# What each is asked for, and who steps in.
OTHER = {
    "runway": ("stills", "runware"),
    "runware": ("stills", "runway"),
    "gemini": ("stills", "runware"),
    "luma": ("stills", "runway"),
    "openai_compatible": ("stills", "runware"),
    "elevenlabs": ("voices", "runway"),
    "anthropic": ("words", "parasail"),
    "parasail": ("words", "anthropic"),
}
KEYS = {
    "anthropic": "sk-ant-api03-" + "5a" * 20,
    "parasail": "psk-" + "5a" * 20,
    "elevenlabs": "sk_" + "5a" * 24,
}
WRITERS = ("anthropic", "parasail")
ANY_KEY = "rehearsal-key-0123456789abcdef"
COUNT, PLACED = 9, 2


class Switch:
    """The provider that goes away, at a server of its own."""

    def __init__(self, provider: str, folder: Path, settings: Settings) -> None:
        self.provider, self.folder, self.settings = provider, folder, settings
        self.server = self._served(0)
        self._key = settings.PROVIDERS[provider]["key"] or KEYS.get(provider, ANY_KEY)
        self._point(self._key)
        settings.FETCH_ALLOWED_ORIGINS = [*settings.FETCH_ALLOWED_ORIGINS, self.server.base_url]

    def _served(self, port: int, *rules: Rule) -> RehearsalServer:
        scenario = Scenario(rules=rules, patience_seconds=0.3)
        return RehearsalServer(self.folder, scenario=scenario, speed=0, port=port).start()

    def _point(self, key: str) -> None:
        before = self.settings.PROVIDERS[self.provider]
        # An endpoint that needs no key is gone with its address.
        url = getattr(self.server, f"{self.provider}_url") if key or self.provider != own_models.PROVIDER else ""
        self.settings.PROVIDERS = {**self.settings.PROVIDERS, self.provider: {**before, "key": key, "url": url}}

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
    writers = {name: {"key": KEYS[name], "url": getattr(stage.server, f"{name}_url")} for name in WRITERS}
    drawing = {own_models.IMAGE: {"name": "rehearsal-image", "image": 40_000}}
    own = {**settings.PROVIDERS[own_models.PROVIDER], "own_models": drawing}
    settings.PROVIDERS = {**settings.PROVIDERS, **writers, own_models.PROVIDER: own}
    made = Switch(request.param, tmp_path / "first", settings)
    yield made
    with suppress(OSError):
        made.server.stop()


def ask(stage: PaidStage, what: str, provider: str) -> None:
    """Ask for so many of something, first of one provider, by the door that people take."""
    project = stage.opened.project
    if what == "words":
        project.text_model = next(model.id for model in writing.writers(project) if model.provider == provider)
        project.save(update_fields=["text_model"])
        for number in range(COUNT):
            writing.ask(opened=stage.opened, wanted=Wanted("outline", f"Ferry number {number}.", 3))
        return
    kind = planning.STILLS if what == "stills" else planning.VOICES
    setattr(project, f"{kind}_model", planning.models_of(project, provider)[kind].id)
    project.save(update_fields=[f"{kind}_model"])
    shots = stage.shots(COUNT)
    for number, shot in enumerate(shots if what == "voices" else ()):
        Line.objects.create(
            shot=shot, character="MARA", text=f"Line {number}.", position=1, start_ms=0, duration_ms=1500
        )
    wanted = planning.wishes_for(stage.opened, shots=shots, kinds=(kind,))
    services.generate(opened=stage.opened, wanted=wanted, title=what.title())


@pytest.mark.parametrize("way", ["killed", "without_key", "busy_for_ever"])
def test_one_that_is_switched_off_in_the_middle(stage: PaidStage, switch: Switch, way: str) -> None:
    first, (what, other) = switch.provider, OTHER[switch.provider]
    stage.opened.project.team.provider_order = [first, other]
    stage.opened.project.team.save()
    ask(stage, what, first)
    assert {job.alternatives[0]["provider"] for job in Job.objects.all()} == {other}
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
    assert Job.objects.filter(state=JobState.SUCCEEDED).count() == COUNT
    if what == "words":
        assert Writing.objects.exclude(result={}).count() == COUNT
    else:
        assert Take.objects.count() == COUNT
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
    for take in Take.objects.filter(inputs__provider=other):
        (why_not,) = take.inputs["served"]
        assert (why_not["provider"], bool(why_not["why_not"])) == (first, True)
