"""How providers have been, what is noted of them, and who is told when one is in trouble."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts.models import Role, User
from generation.models import Attempt, ProviderAccount
from generation.states import AttemptState
from generation.templatetags.providers import took
from generation.vendors import health, health_alerts

pytestmark = pytest.mark.django_db

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
SUCCEEDED, FAILED, LOST, CANCELLED = (
    AttemptState.SUCCEEDED, AttemptState.FAILED, AttemptState.OUTPUT_LOST, AttemptState.CANCELLED,
)  # fmt: skip
Write = Callable[..., Attempt]


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """Let the first look of a test be the first."""
    cache.clear()


@pytest.fixture
def alert(django_capture_on_commit_callbacks: Any) -> Callable[[], int]:
    """Return a function that does what the sweep does, a minute later."""

    def look() -> int:
        cache.clear()
        with django_capture_on_commit_callbacks(execute=True):
            return health_alerts.alert_degraded()

    return look


def ended(
    order: Write, account: ProviderAccount, states: Sequence[str], *, ago: timedelta = timedelta(0), **more: Any
) -> None:
    """Write orders that ended some time ago after half a minute each."""
    at = timezone.now() - ago
    for state in states:
        order(account, state, send_started_at=at - timedelta(seconds=30), ended_at=at, **more)


# --- counting --------------------------------------------------------------------------------------------------------


def test_a_day_by_provider_and_a_month_by_model(cast: SimpleNamespace, keyed: ProviderAccount, order: Write) -> None:
    ended(order, keyed, [SUCCEEDED, SUCCEEDED, FAILED, LOST, CANCELLED], cost=10)
    ended(order, keyed, [SUCCEEDED], ago=timedelta(hours=25), cost=5)
    ended(order, keyed, [SUCCEEDED], ago=timedelta(days=31), cost=1000)
    ended(order, keyed, [SUCCEEDED], model="gen4_image")
    day = health.by_provider(cast.team)["runway"]
    assert (day.requests, day.succeeded, day.share) == (5, 3, 60), "cancelled ones say nothing"
    month = health.by_model(cast.team)
    assert set(month) == {"gen4_turbo", "gen4_image"}
    assert (month["gen4_turbo"].requests, month["gen4_turbo"].spent) == (5, 45)
    assert month["gen4_turbo"].seconds == pytest.approx(30, abs=0.01)


def test_other_teams_and_rehearsals_do_not_count(cast: SimpleNamespace, keyed: ProviderAccount, order: Write) -> None:
    shared = ProviderAccount.objects.create(provider="runway", max_concurrent=1)
    played = ProviderAccount.objects.create(provider="runway", team=cast.team, rehearsal=True, max_concurrent=1)
    ended(order, shared, [SUCCEEDED])
    ended(order, played, [FAILED] * 9, rehearsal=True)
    hers = cast.mallory.teams.get()
    assert health.by_provider(cast.team)["runway"].requests == 1, "through the installation's account, too"
    assert health.by_provider(hers) == {}


@pytest.mark.parametrize(
    ("states", "more", "degraded"),
    [
        ([FAILED] * 4, {}, False),
        ([FAILED] * 5, {}, True),
        ([FAILED] * 5 + [SUCCEEDED] * 5, {}, False),
        ([FAILED] * 6 + [SUCCEEDED] * 5, {}, True),
        ([LOST] * 5, {}, True),
        ([FAILED] * 9, {"failure_code": "moderated"}, False),
        ([FAILED] * 9, {"failure_code": "unsafe_result"}, False),
        ([FAILED] * 9, {"ago": timedelta(minutes=61)}, False),
    ],
)
def test_when_a_provider_has_trouble(
    cast: SimpleNamespace, keyed: ProviderAccount, order: Write, states: list[str], more: Any, degraded: bool
) -> None:
    ended(order, keyed, states, **more)
    assert health.by_provider(cast.team)["runway"].degraded is degraded


# --- noting ----------------------------------------------------------------------------------------------------------


def test_successes_and_errors_are_noted_once_a_minute(keyed: ProviderAccount, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        health.note_success(keyed)
        health.note_error(keyed, "It is down." + "x" * 400)
    keyed.refresh_from_db()
    first, error = keyed.last_success_at, keyed.last_error_at
    assert first is not None
    assert keyed.last_error.startswith("It is down.")
    health.note_success(keyed)
    health.note_error(keyed, "It is down." + "x" * 400)
    keyed.refresh_from_db()
    assert (keyed.last_success_at, keyed.last_error_at) == (first, error)
    health.note_error(keyed, "Something else.")
    keyed.refresh_from_db()
    assert keyed.last_error == "Something else."
    ProviderAccount.objects.filter(pk=keyed.pk).update(last_success_at=first - timedelta(minutes=2))
    health.note_success(keyed)
    keyed.refresh_from_db()
    assert keyed.last_success_at is not None
    assert keyed.last_success_at >= first


# --- telling ---------------------------------------------------------------------------------------------------------


def test_owners_are_told_once_that_a_provider_has_trouble(
    cast: SimpleNamespace,
    keyed: ProviderAccount,
    order: Write,
    alert: Callable[[], int],
    mailoutbox: list[EmailMessage],
) -> None:
    ended(order, keyed, [FAILED] * 5)
    health.note_error(keyed, "Runway is overloaded.")
    assert alert() == 1
    assert [mail.to for mail in mailoutbox] == [["alice@example.com"]]
    assert mailoutbox[0].subject == "Rushes · Runway has trouble"
    assert "5 of the 5 orders that ended in the last hour failed. Runway is overloaded." in mailoutbox[0].body
    assert "Providers and keys" in mailoutbox[0].body
    ended(order, keyed, [FAILED] * 5)
    assert alert() == 0
    assert [trouble.label for trouble in health_alerts.troubles_of(cast.team)] == ["Runway"], "pages go on saying it"
    assert health_alerts.troubles_of(cast.mallory.teams.get()) == []


def test_after_six_hours_they_are_told_again_if_it_goes_on(
    keyed: ProviderAccount, order: Write, alert: Callable[[], int], mailoutbox: list[EmailMessage]
) -> None:
    ended(order, keyed, [FAILED] * 5)
    health.note_error(keyed, "Down.")
    assert alert() == 1
    ProviderAccount.objects.filter(pk=keyed.pk).update(alerted_at=timezone.now() - timedelta(hours=6, minutes=1))
    assert alert() == 1
    assert len(mailoutbox) == 2


def test_a_pause_is_told_once_and_again_only_when_something_fails_again(
    keyed: ProviderAccount, alert: Callable[[], int], mailoutbox: list[EmailMessage]
) -> None:
    rows = ProviderAccount.objects.filter(pk=keyed.pk)
    rows.update(paused_until=FOREVER, pause_reason="There is no credit left.")
    assert alert() == 1
    assert mailoutbox[0].subject == "Rushes · Runway is paused"
    assert "There is no credit left." in mailoutbox[0].body
    rows.update(alerted_at=timezone.now() - timedelta(hours=7))
    assert alert() == 0
    health.note_error(keyed, "The key was refused.")
    assert alert() == 1


def test_nobody_is_told_of_what_goes_well_or_is_only_played(
    cast: SimpleNamespace,
    keyed: ProviderAccount,
    order: Write,
    alert: Callable[[], int],
    mailoutbox: list[EmailMessage],
) -> None:
    played = ProviderAccount.objects.create(provider="runway", team=cast.team, rehearsal=True, max_concurrent=1)
    ProviderAccount.objects.filter(pk=played.pk).update(paused_until=FOREVER)
    ended(order, keyed, [SUCCEEDED] * 5 + [FAILED])
    health.note_error(keyed, "One of many.")
    assert alert() == 0
    assert health_alerts.troubles_of(cast.team) == []
    assert mailoutbox == []


def test_of_the_installations_account_those_are_told_who_run_it_or_wait_for_it(
    cast: SimpleNamespace, order: Write, alert: Callable[[], int], mailoutbox: list[EmailMessage]
) -> None:
    User.objects.create_superuser("root@example.com", "x")
    shared = ProviderAccount.objects.create(provider="runway", max_concurrent=1, paused_until=FOREVER)
    assert alert() == 1
    assert [mail.to for mail in mailoutbox] == [["root@example.com"]]
    mailoutbox.clear()
    ProviderAccount.objects.filter(pk=shared.pk).update(alerted_at=None)
    order(shared, AttemptState.QUEUED, task_id="")
    assert alert() == 1
    assert sorted(mail.to[0] for mail in mailoutbox) == ["alice@example.com", "root@example.com"]


def test_one_process_tells_and_the_next_does_not(
    keyed: ProviderAccount, monkeypatch: pytest.MonkeyPatch, alert: Callable[[], int], mailoutbox: list[EmailMessage]
) -> None:
    ProviderAccount.objects.filter(pk=keyed.pk).update(paused_until=FOREVER)
    found = health_alerts._troubles

    def somebody_was_faster(accounts: list[ProviderAccount]) -> Any:
        ProviderAccount.objects.filter(pk=keyed.pk).update(alerted_at=timezone.now())
        return found(accounts)

    monkeypatch.setattr(health_alerts, "_troubles", somebody_was_faster)
    assert alert() == 0
    assert mailoutbox == []


def test_the_sweep_looks_once_a_minute(keyed: ProviderAccount, django_assert_num_queries: Any) -> None:
    ProviderAccount.objects.filter(pk=keyed.pk).update(paused_until=FOREVER)
    assert health_alerts.alert_degraded() == 1
    with django_assert_num_queries(0):
        assert health_alerts.alert_degraded() == 0


def test_a_mail_server_that_is_away_stops_nothing(
    keyed: ProviderAccount, alert: Callable[[], int], settings: Any
) -> None:
    settings.EMAIL_BACKEND = "tests.provider_accounts.nowhere.Missing"
    ProviderAccount.objects.filter(pk=keyed.pk).update(paused_until=FOREVER)
    assert alert() == 1


def test_several_owners_are_all_told(
    cast: SimpleNamespace, keyed: ProviderAccount, alert: Callable[[], int], mailoutbox: list[EmailMessage]
) -> None:
    cast.team.memberships.filter(user=cast.bob).update(role=Role.OWNER)
    ProviderAccount.objects.filter(pk=keyed.pk).update(paused_until=FOREVER)
    alert()
    assert sorted(mail.to[0] for mail in mailoutbox) == ["alice@example.com", "bob@example.com"]


@pytest.mark.parametrize(("seconds", "words"), [(4.24, "4.2 s"), (42.4, "42 s"), (99.6, "1.7 min"), (210.0, "3.5 min")])
def test_times_in_round_figures(seconds: float, words: str) -> None:
    assert took(seconds) == words
