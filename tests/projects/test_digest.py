"""Mail about what waits: when it was chosen, once whatever dies or races, and ended by one click."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, User
from projects import digest, inbox
from projects.models import MailChoice, Notification, Project
from projects.notifying import notify

pytestmark = pytest.mark.django_db
_K = Notification.Kind
_P = MailChoice.Pace
ClientOf = Callable[[User | None], Client]


def choose(user: User, pace: str, **more: Any) -> None:
    """Let somebody choose, some days ago."""
    given = {"hour": 8, "zone": "", "muted": [], **more}
    inbox.choose_mail(user=user, pace=pace, **given)
    MailChoice.objects.filter(user=user).update(since=timezone.now() - timedelta(days=9))


def tell(project: Project, user: User, text: str = "Dave mentions you.", **more: Any) -> Notification:
    """Tell somebody something."""
    kind = more.pop("kind", _K.MENTION)
    age = more.pop("age", timedelta())
    link = f"/projects/{project.pk}/"
    (row,) = notify(project=project, people=[user.pk], kind=kind, text=text, link=link, **more)
    Notification.objects.filter(pk=row.pk).update(created_at=timezone.now() - age)
    return row


def test_at_once_is_one_mail_with_links(
    cast: SimpleNamespace, project: Project, settings: Any, client_of: ClientOf
) -> None:
    settings.PUBLIC_URL = "https://rushes.example"
    choose(cast.carol, _P.AT_ONCE)
    row = tell(project, cast.carol, "Dave mentions you on Shot 1A: <darker> & colder")
    assert digest.send_due() == 1
    (sent,) = mail.outbox
    assert sent.to == ["carol@example.com"]
    assert sent.subject == "Rushes · Dave mentions you on Shot 1A: <darker> & colder"
    assert "<darker> & colder" in sent.body
    assert f"https://rushes.example/notifications/{row.pk}/" in sent.body
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert digest.send_due() == 0
    assert client_of(cast.carol).get(f"/notifications/{row.pk}/").status_code == 302


def test_several_are_one_mail_by_project(cast: SimpleNamespace, project: Project) -> None:
    other = Project.objects.create(team=cast.team, name="Another Film")
    choose(cast.carol, _P.AT_ONCE)
    for number in range(45):
        tell(project if number % 2 else other, cast.carol, f"Number {number}.")
    assert digest.send_due() == 1
    assert mail.outbox[0].subject == "Rushes · 45 things wait for you"
    assert mail.outbox[0].body.count("Another Film") == 1
    assert "And 5 more" in mail.outbox[0].body


def test_hourly_waits_until_the_oldest_is_an_hour_old(cast: SimpleNamespace, project: Project) -> None:
    tell(project, cast.carol)  # hourly is what holds until somebody chooses
    assert digest.send_due() == 0
    assert digest.send_due(timezone.now() + timedelta(minutes=59)) == 0
    assert digest.send_due(timezone.now() + timedelta(minutes=61)) == 1


@pytest.mark.parametrize(
    ("told", "now", "due"),
    [
        ("2026-03-28 20:00", "2026-03-29 07:59", False),
        ("2026-03-28 20:00", "2026-03-29 08:00", True),  # the clocks were changed in this night
        ("2026-03-29 08:30", "2026-03-29 23:00", False),
        ("2026-03-29 08:30", "2026-03-30 08:05", True),
        ("2026-03-29 23:30", "2026-03-30 03:00", False),
    ],
)
def test_daily_is_at_an_hour_where_one_is(told: str, now: str, due: bool) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    choice = MailChoice(pace=_P.DAILY, hour=8, zone="Europe/Berlin")
    since, at = (datetime.fromisoformat(text).replace(tzinfo=berlin) for text in (told, now))
    assert digest.is_due(choice, since, at) is due


def test_daily_is_once_a_day(cast: SimpleNamespace, project: Project) -> None:
    choose(cast.carol, _P.DAILY, hour=8, zone="Asia/Tokyo")
    morning = datetime.combine(
        timezone.now().date() + timedelta(days=1), datetime.min.time(), tzinfo=ZoneInfo("Asia/Tokyo")
    )
    morning += timedelta(days=1, hours=8, minutes=1)
    tell(project, cast.carol)
    assert digest.send_due(morning) == 1
    tell(project, cast.carol)
    assert digest.send_due(morning + timedelta(hours=3)) == 0
    assert digest.send_due(morning + timedelta(hours=24)) == 1


def test_what_is_not_wanted_is_not_mailed(cast: SimpleNamespace, project: Project) -> None:
    choose(cast.carol, _P.NEVER)
    choose(cast.bob, _P.AT_ONCE, muted=["mention"])
    choose(cast.alice, _P.AT_ONCE)
    choose(cast.dave, _P.AT_ONCE)
    for person in (cast.carol, cast.bob):
        tell(project, person)
    inbox.read(cast.alice, tell(project, cast.alice).pk)
    tell(project, cast.dave, mailed=True)
    assert digest.send_due() == 0
    tell(project, cast.bob, kind=_K.REPLY, text="Carol answers you.")
    assert digest.send_due() == 1
    assert "mentions" not in mail.outbox[0].body


def test_who_left_or_was_switched_off_gets_nothing(cast: SimpleNamespace, project: Project) -> None:
    for person in (cast.carol, cast.bob):
        choose(person, _P.AT_ONCE)
        tell(project, person)
    Membership.objects.filter(user=cast.carol).delete()
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert digest.send_due() == 0


def test_what_waited_before_one_chose_is_not_mailed(cast: SimpleNamespace, project: Project) -> None:
    tell(project, cast.carol, age=timedelta(hours=2))
    inbox.choose_mail(user=cast.carol, pace=_P.AT_ONCE, hour=8, zone="", muted=[])
    assert digest.send_due() == 0


class Killed(BaseException):
    """The process dies here."""


def test_a_process_that_dies_while_it_sends_never_sends_twice(
    cast: SimpleNamespace, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(cast.carol, _P.AT_ONCE)
    tell(project, cast.carol, "The first.")
    send = digest._send

    def die(user: User, rows: Any) -> None:
        send(user, rows)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(digest, "_send", die)
        with pytest.raises(Killed):
            digest.send_due()
    assert digest.send_due() == 0
    assert len(mail.outbox) == 1
    tell(project, cast.carol, "The second.")
    assert digest.send_due() == 1
    assert "The first." not in mail.outbox[1].body


def test_a_mail_server_that_is_away_loses_nothing(
    cast: SimpleNamespace, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(cast.carol, _P.AT_ONCE)
    tell(project, cast.carol)

    def refuse(user: User, rows: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(digest, "_send", refuse)
        assert digest.send_due() == 0
    assert digest.send_due() == 1


def test_one_mail_that_fails_does_not_stop_the_others(
    cast: SimpleNamespace, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in (cast.carol, cast.bob):
        choose(person, _P.AT_ONCE)
        tell(project, person)
    send = digest._send

    def fail(user: User, rows: Any) -> None:
        if user == cast.carol:
            raise RuntimeError("no such mailbox")
        send(user, rows)

    monkeypatch.setattr(digest, "_send", fail)
    digest.send_due()
    assert [one.to for one in mail.outbox] == [["bob@example.com"]]


@pytest.mark.django_db(transaction=True)
def test_of_several_processes_one_sends(
    cast: SimpleNamespace, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(cast.carol, _P.AT_ONCE)
    for _ in range(5):
        tell(project, cast.carol)
    sent: list[int] = []
    monkeypatch.setattr(digest, "_send", lambda user, rows: sent.append(len(rows)))
    together = threading.Barrier(4)

    def run() -> None:
        together.wait()
        digest.send_due()
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sent == [5]


def test_one_click_ends_the_mails(cast: SimpleNamespace, project: Project) -> None:
    choose(cast.carol, _P.AT_ONCE)
    tell(project, cast.carol)
    digest.send_due()
    address = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>")
    path = "/" + address.split("/", 3)[3]
    anybody = Client(enforce_csrf_checks=True)
    assert anybody.get(path).status_code == 200
    assert MailChoice.objects.get(user=cast.carol).pace == _P.AT_ONCE  # looking changes nothing
    assert anybody.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert MailChoice.objects.get(user=cast.carol).pace == _P.NEVER
    tell(project, cast.carol)
    assert digest.send_due() == 0
    forged = path[:-3] + "xyz/"
    assert anybody.get(forged).status_code == 404
    assert anybody.post(forged).status_code == 404
