"""The page of a team's providers, as owners, producers and others meet it; and that no key is ever on it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context as TemplateContext
from django.template import Template
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generation.models import Attempt, Job, ProviderAccount
from generation.providers.errors import KeyRefused, PollFailed
from generation.states import AttemptState
from generation.vendors import connection, keys
from projects.models import Event, Project
from tests.provider_accounts.conftest import KEY, OTHER_KEY, FakeRunway

pytestmark = pytest.mark.django_db

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
ClientOf = Callable[..., Client]


@pytest.fixture
def page(cast: SimpleNamespace) -> str:
    """The page's address."""
    return reverse("providers:overview", args=[cast.team.pk])


def at(cast: SimpleNamespace, name: str, provider: str = "runway") -> str:
    return reverse(f"providers:{name}", args=[cast.team.pk, provider])


def test_before_any_key_the_page_says_where_to_get_one(cast: SimpleNamespace, client_of: ClientOf, page: str) -> None:
    for person, words in ((cast.alice, "paste it here"), (cast.bob, "an owner can enter one")):
        text = client_of(person).get(page).text
        assert "No key yet" in text
        assert words in text
        assert 'type="password"' in text if person == cast.alice else 'type="password"' not in text
    # Links are called by the site they lead to, and no form is open before somebody wants it.
    text = client_of(cast.alice).get(page).text
    assert ">lumalabs.ai</a>" in text
    assert ">saas.parasail.io</a>" in text
    assert "No endpoint" in text
    assert not re.search(r'class="key-entry"[^>]* open', text)


def test_models_that_write_say_so_with_the_price_of_a_page(
    cast: SimpleNamespace, client_of: ClientOf, page: str
) -> None:
    text = client_of(cast.alice).get(page).text
    row = re.search(r"<b>Claude Sonnet 5\.5</b>.*?</tr>", text, re.DOTALL)
    assert row
    assert ">words<" in row[0]
    assert re.search(r"\$0\.\d+<small class=\"faint\">a page, at most<", row[0]), row[0]
    # What an endpoint of a team's own costs is the team's to say.
    own = re.search(r"<b>Your model for words</b>.*?</tr>", text, re.DOTALL)
    assert own
    assert "not known" in own[0]


def test_an_owner_enters_a_key_and_sees_how_the_account_stands(
    cast: SimpleNamespace, client_of: ClientOf, page: str, runway: FakeRunway
) -> None:
    client = client_of(cast.alice)
    answer = client.post(at(cast, "key"), {"key": KEY}, follow=True)
    assert answer.redirect_chain == [(f"{page}#runway", 302)]
    text = answer.text
    for words in ("Ready", f"••••&thinsp;{KEY[-4:]}", "entered by Alice", "1,240 credits", "https://runway.test"):
        assert words in text
    assert "Left: 1,240 credits." in text
    assert KEY not in text
    assert KEY[:20] not in text
    assert KEY not in client.get(page).text


def test_a_refused_key_comes_back_as_a_reason_and_not_as_a_key(
    cast: SimpleNamespace, client_of: ClientOf, runway: FakeRunway
) -> None:
    runway.answer = lambda key: KeyRefused(f"Runway refuses {key}.", code="key_refused")
    answer = client_of(cast.alice).post(at(cast, "key"), {"key": KEY})
    assert answer.status_code == 422
    assert "Runway refused this key." in answer.text
    assert "Nothing was changed." in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert KEY not in answer.text
    assert not ProviderAccount.objects.exclude(sealed_key="").exists()


def test_an_untested_key_is_stored_with_a_warning(
    cast: SimpleNamespace, client_of: ClientOf, runway: FakeRunway
) -> None:
    runway.answer = PollFailed("Runway cannot be reached.", code="unreachable")
    text = client_of(cast.alice).post(at(cast, "key"), {"key": KEY}, follow=True).text
    assert "It could not be tested: Runway cannot be reached." in text
    assert "Not reachable" in text


def test_removing_a_key_says_what_becomes_of_what_goes_on(
    cast: SimpleNamespace, client_of: ClientOf, keyed: ProviderAccount, order: Callable[..., Attempt]
) -> None:
    order(keyed, AttemptState.QUEUED, task_id="")
    order(keyed, AttemptState.RUNNING)
    text = client_of(cast.alice).post(at(cast, "remove_key"), follow=True).text
    assert "What waited for it ends (1); nothing is charged for that." in text
    assert "1 on the way stay as they are" in text
    assert "No key yet" in text


def test_a_producer_tests_the_connection_but_touches_nothing(
    cast: SimpleNamespace, client_of: ClientOf, page: str, keyed: ProviderAccount, runway: FakeRunway
) -> None:
    bob = client_of(cast.bob)
    assert "Left: 1,240 credits." in bob.post(at(cast, "test"), follow=True).text
    for name in ("key", "remove_key", "resume", "move"):
        assert bob.post(at(cast, name), {"key": OTHER_KEY}).status_code == 403
    keyed.refresh_from_db()
    assert keys.key_of(keyed) == KEY
    assert "Remove the key" not in bob.get(page).text


def test_a_test_that_fails_says_why(
    cast: SimpleNamespace, client_of: ClientOf, keyed: ProviderAccount, runway: FakeRunway
) -> None:
    runway.answer = KeyRefused("Runway refuses this key. An owner can enter another.", code="key_refused")
    text = client_of(cast.bob).post(at(cast, "test"), follow=True).text
    assert "Runway refuses this key. An owner can enter another." in text
    assert "Key refused" in text
    assert "has no key here" in client_of(cast.bob).post(at(cast, "test", "runware"), follow=True).text


@pytest.mark.parametrize("provider", ["animatic", "assembly", "nobody"])
def test_what_has_no_key_has_no_address(cast: SimpleNamespace, client_of: ClientOf, provider: str) -> None:
    assert client_of(cast.alice).post(at(cast, "key", provider), {"key": KEY}).status_code == 404


def test_the_installations_key_serves_without_showing_what_it_holds(
    cast: SimpleNamespace, client_of: ClientOf, page: str, runway: FakeRunway, settings: Any
) -> None:
    settings.PROVIDERS = {**settings.PROVIDERS, "runway": {"key": OTHER_KEY, "url": "https://proxy.test"}}
    alice = client_of(cast.alice)
    before = alice.get(page).text
    assert "The installation’s key" in before
    assert not ProviderAccount.objects.exists(), "looking makes nothing"
    tested = alice.post(at(cast, "test"), follow=True).text
    assert "answers and takes the key" in tested
    assert "https://proxy.test" not in tested
    assert "1,240" not in tested, "what the installation's account holds is no team's business"
    cast.alice.is_superuser = True
    cast.alice.save()
    assert "1,240 credits" in alice.get(page).text
    assert OTHER_KEY not in tested


def test_a_pause_is_shown_with_its_reason_and_ended(
    cast: SimpleNamespace, client_of: ClientOf, page: str, keyed: ProviderAccount
) -> None:
    ProviderAccount.objects.filter(pk=keyed.pk).update(paused_until=FOREVER, pause_reason="There is no credit left.")
    alice = client_of(cast.alice)
    text = alice.get(page).text
    assert "Paused" in text
    assert "There is no credit left." in text
    assert "Use it again" not in client_of(cast.bob).get(page).text
    text = alice.post(at(cast, "resume"), follow=True).text
    assert "Runway is used again. What waited goes on." in text
    assert "There is no credit left." not in text


def test_a_pause_in_rehearsals_is_ended_apart(
    cast: SimpleNamespace, client_of: ClientOf, page: str, keyed: ProviderAccount
) -> None:
    for rehearsal in (True, False):
        account = keys.account_for(cast.team, "runway", rehearsal=rehearsal)
        ProviderAccount.objects.filter(pk=account.pk).update(paused_until=FOREVER, pause_reason="Played.")
    alice = client_of(cast.alice)
    assert "Paused in rehearsals" in alice.get(page).text
    alice.post(at(cast, "resume"), {"rehearsal": "1"})
    paused = ProviderAccount.objects.filter(paused_until=FOREVER)
    assert [account.rehearsal for account in paused] == [False]


def test_the_order_and_the_fallback_are_changed(cast: SimpleNamespace, client_of: ClientOf, page: str) -> None:
    alice = client_of(cast.alice)
    text = alice.post(at(cast, "move"), {"to": "later"}, follow=True).text
    assert text.index("Ask Runware earlier") < text.index("Ask Runway earlier")
    assert "Fallback is on" in text
    text = alice.post(reverse("providers:fallback", args=[cast.team.pk]), follow=True).text
    assert "Fallback is off" in text
    text = alice.post(reverse("providers:fallback", args=[cast.team.pk]), {"fallback": "on"}, follow=True).text
    assert "Fallback is on" in text


def test_how_a_provider_did_is_counted_from_the_teams_orders(
    cast: SimpleNamespace, client_of: ClientOf, page: str, keyed: ProviderAccount, order: Callable[..., Attempt]
) -> None:
    now = timezone.now()
    for state in (AttemptState.SUCCEEDED, AttemptState.SUCCEEDED, AttemptState.SUCCEEDED, AttemptState.FAILED):
        order(keyed, state, send_started_at=now - timedelta(seconds=42), ended_at=now, cost=250_000)
    text = client_of(cast.bob).get(page).text
    assert '75 % <small class="faint">of 4</small>' in text
    assert "42 s" in text


def test_trouble_is_said_on_the_card_and_on_other_pages(
    cast: SimpleNamespace, client_of: ClientOf, page: str, keyed: ProviderAccount, order: Callable[..., Attempt]
) -> None:
    for _ in range(5):
        order(keyed, AttemptState.FAILED, send_started_at=timezone.now(), ended_at=timezone.now())
    words = "5 of the 5 orders that ended in the last hour failed."
    text = client_of(cast.bob).get(page).text
    assert words in text
    assert "Has trouble" in text
    banner = Template("{% load providers %}{% provider_troubles team %}")
    assert words in banner.render(TemplateContext({"team": cast.team}))
    assert words not in banner.render(TemplateContext({"team": cast.mallory.teams.get()}))


def test_the_page_asks_the_same_however_much_there_is(
    cast: SimpleNamespace,
    client_of: ClientOf,
    page: str,
    keyed: ProviderAccount,
    order: Callable[..., Attempt],
    django_assert_max_num_queries: Any,
) -> None:
    client = client_of(cast.alice)
    for _ in range(20):
        order(keyed, AttemptState.SUCCEEDED, send_started_at=timezone.now(), ended_at=timezone.now())
    with django_assert_max_num_queries(11):
        client.get(page)


# --- no key, anywhere ------------------------------------------------------------------------------------------------


def test_a_key_is_nowhere_but_sealed(
    cast: SimpleNamespace,
    client_of: ClientOf,
    page: str,
    project: Project,
    runway: FakeRunway,
    order: Callable[..., Attempt],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    cast.alice.is_staff = cast.alice.is_superuser = True
    cast.alice.save()
    alice = client_of(cast.alice)
    answers = [alice.post(at(cast, "key"), {"key": KEY}, follow=True)]
    account = ProviderAccount.objects.get()
    order(account, AttemptState.FAILED, ended_at=timezone.now(), failure_public="It failed.")
    runway.answer = lambda key: KeyRefused(f"{key} is refused", code="key_refused", internal=f"{key} again")
    answers += [
        alice.post(at(cast, "test"), follow=True),
        alice.post(at(cast, "key"), {"key": KEY}),
        alice.post(at(cast, "key"), {"key": f"{KEY} {KEY}"}),
        alice.get(page),
        alice.get(reverse("admin:generation_provideraccount_changelist")),
        alice.get(reverse("admin:generation_provideraccount_change", args=[account.pk])),
        alice.get(reverse("admin:generation_provideraccount_history", args=[account.pk])),
        alice.get(reverse("generation:jobs", args=[project.pk])),
        alice.get(reverse("projects:activity", args=[project.pk])),
    ]
    account.refresh_from_db()
    rows = [
        *ProviderAccount.objects.values(),
        *Attempt.objects.values(),
        *Job.objects.values(),
        *Event.objects.values(),
    ]
    seen = {
        **{f"answer {number}": answer.text for number, answer in enumerate(answers)},
        "log": caplog.text,
        "terminal": "".join(capsys.readouterr()),
        "rows": repr(rows),
        "row as text": f"{account!r} {account}",
        "history": repr(list(account.__class__.objects.all())),
        "sessions": repr(dict(alice.session.items())),
        "what went wrong": repr(connection.test_connection(account)),
    }
    assert all(answer.status_code in (200, 422) for answer in answers)
    secret = KEY.removeprefix("key_")[:24]
    assert [where for where, text in seen.items() if secret in text] == []
    assert keys.key_of(account) == KEY, "the key that was looked for is the one that is stored"


def test_a_crash_while_a_key_is_entered_does_not_report_it(
    cast: SimpleNamespace,
    client_of: ClientOf,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    settings: Any,
    mailoutbox: list[Any],
) -> None:
    settings.ADMINS = [("Admin", "admin@example.com")]

    def crash(*args: Any, **more: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(connection, "ask", crash)
    client = client_of(cast.alice)
    client.raise_request_exception = False
    assert client.post(at(cast, "key"), {"key": KEY}).status_code == 500
    assert KEY not in caplog.text
    report = "".join(message.body + "".join(str(part) for part in message.attachments) for message in mailoutbox)
    assert "the disk is full" in report
    assert KEY not in report
