"""The list of jobs and the buttons on it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.policies import Right
from generation import job_rows, planning, retrying, services
from generation.models import Attempt, Batch, Job, ProviderAccount
from generation.states import AttemptState, JobState
from projects.access import OpenProject, open_project
from projects.models import Project
from scenes.models import Shot
from tests.pages.footage import add_scenes, finish

FRAGMENT = {"HX-Request": "true"}


def url(name: str, project, *more) -> str:
    return reverse(name, args=[project.pk, *more])


@pytest.fixture
def shots(project: Project) -> list[Shot]:
    return add_scenes(project, 2, 2)


@pytest.fixture
def spending(cast, project: Project) -> OpenProject:
    return open_project(cast.carol, project.pk, Right.SPEND)


@pytest.fixture
def batch(spending: OpenProject, shots: list[Shot]):
    return services.make_film(opened=spending)


def end(job: Job, state: str, text: str = "") -> None:
    """Close a job as the engine would leave it."""
    Attempt.objects.filter(job=job).update(state=AttemptState.FAILED)
    Job.objects.filter(pk=job.pk).update(state=state, failure_text=text)


def test_all_members_see_it_and_strangers_see_nothing(cast, project, client_of, batch):
    job = Job.objects.all()[0]
    for page in (
        url("generation:jobs", project),
        url("generation:job_row", project, job.pk),
        url("generation:batch_head", project, batch.pk),
        url("generation:nav_badge", project),
    ):
        for member in (cast.alice, cast.bob, cast.carol, cast.dave):
            assert client_of(member).get(page).status_code == 200, (page, member)
        assert client_of(cast.mallory).get(page).status_code == 404, page
        assert client_of(None).get(page).status_code == 302, page


def test_jobs_of_others_cannot_be_reached_from_an_own_project(cast, client_of, batch):
    own = Project.objects.create(team=cast.mallory.teams.get(), name="Own")
    job = Job.objects.all()[0]
    mallory = client_of(cast.mallory)
    assert mallory.get(url("generation:job_row", own, job.pk)).status_code == 404
    for name, pk in (("cancel", job.pk), ("retry", job.pk), ("cancel_batch", batch.pk)):
        assert mallory.post(url(f"generation:{name}", own, pk)).status_code == 404, name
    assert not Job.objects.filter(state=JobState.CANCELLED).exists()


def test_a_reviewer_may_not_cancel_or_try_again(cast, project, client_of, batch):
    job = Job.objects.all()[0]
    dave = client_of(cast.dave)
    for name, pk in (("cancel", job.pk), ("retry", job.pk), ("cancel_batch", batch.pk)):
        assert dave.post(url(f"generation:{name}", project, pk)).status_code == 403, name
    assert b"Cancel" not in dave.get(url("generation:jobs", project)).content
    assert not Job.objects.filter(state=JobState.CANCELLED).exists()


def test_the_list_names_what_each_job_makes(cast, project, client_of, batch):
    page = client_of(cast.dave).get(url("generation:jobs", project)).content.decode()
    for title in ("Still · 1A", "Clip · 2B", "Voice · 1B Mara", ">Film<", "Make the film", "0 of 11 done"):
        assert title in page, title
    assert "Waits for the still that it starts from." in page
    assert "Waits until everything else in this batch has ended." in page


def test_filters_and_their_counts(cast, project, client_of, batch):
    broken = Job.objects.filter(operation="text_to_image")[0]
    end(broken, JobState.FAILED, "The paint ran dry. Try again.")
    carol = client_of(cast.carol)
    failed = carol.get(url("generation:jobs", project) + "?show=failed").content.decode()
    assert failed.count('class="job ') == 1
    assert "The paint ran dry. Try again." in failed
    going_on = carol.get(url("generation:jobs", project) + "?show=open").content.decode()
    assert going_on.count('class="job ') == 10
    assert str(broken.pk) not in going_on
    assert carol.get(url("generation:jobs", project) + "?show=strange&page=x").content.count(b'class="job ') == 11


def test_pages_are_as_long_as_they_should_be(cast, project, client_of, spending):
    add_scenes(project, 7, 4)
    services.generate(opened=spending, wanted=planning.wishes_for(spending), title="All")
    carol = client_of(cast.carol)
    address = url("generation:jobs", project)
    sizes = [carol.get(f"{address}?page={page}").content.count(b'class="job ') for page in (1, 2, 99)]
    assert sizes == [50, 20, 20]


def test_queries_do_not_grow_with_the_jobs(cast, project, client_of, spending):
    carol = client_of(cast.carol)
    counts = []
    for batches in (1, 3, 8):
        for _ in range(batches):
            shots = add_scenes(project, 1, 4)
            services.generate(opened=spending, wanted=planning.wishes_for(spending, shots=shots), title="Some")
        counted = {}
        for name, address in (
            ("page", url("generation:jobs", project)),
            ("failed", url("generation:jobs", project) + "?show=failed"),
            ("row", url("generation:job_row", project, Job.objects.all()[0].pk)),
            ("badge", url("generation:nav_badge", project)),
        ):
            with CaptureQueriesContext(connection) as caught:
                assert carol.get(address).status_code == 200
            counted[name] = len(caught)
        counts.append(counted)
    assert counts[0] == counts[1] == counts[2]
    assert max(counts[2].values()) <= 10, counts[2]


def test_cancelling_a_job_answers_with_its_row(cast, project, client_of, batch):
    job = Job.objects.filter(operation="text_to_speech")[0]
    answer = client_of(cast.carol).post(url("generation:cancel", project, job.pk), headers=FRAGMENT)
    assert "Cancelled by Carol before it was sent; nothing was charged." in answer.content.decode()
    assert "Try again" in answer.content.decode()
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_cancelling_a_batch_ends_all_of_it(cast, project, client_of, batch):
    answer = client_of(cast.bob).post(url("generation:cancel_batch", project, batch.pk), headers=FRAGMENT)
    assert "0 of 11 done · 11 cancelled" in answer.content.decode()
    assert '<progress class="ended"' in answer.content.decode()
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.CANCELLED}
    assert client_of(cast.bob).get(url("generation:nav_badge", project)).content == b""


def test_trying_again_asks_for_the_same(cast, project, client_of, batch):
    job = Job.objects.filter(operation="text_to_image")[0]
    end(job, JobState.FAILED, "Ink.")
    answer = client_of(cast.carol).post(url("generation:retry", project, job.pk))
    assert answer["Location"] == url("generation:jobs", project)
    again = Job.objects.get(shot=job.shot, operation=job.operation, state=JobState.QUEUED)
    assert again.recipe == job.recipe
    assert again.batch.title == "Again: Make the film"


def test_a_job_that_goes_on_cannot_be_tried_again(cast, project, client_of, batch):
    job = Job.objects.all()[0]
    answer = client_of(cast.carol).post(url("generation:retry", project, job.pk), headers=FRAGMENT)
    assert answer.status_code == 422
    assert b"Only a job that failed or was cancelled" in answer.content


def test_nobody_knows_is_said_with_its_price(cast, project, client_of, batch):
    job = Job.objects.filter(operation="text_to_image")[0]
    Attempt.objects.filter(job=job).update(estimate=250_000, state=AttemptState.UNKNOWN)
    Job.objects.filter(pk=job.pk).update(state=JobState.UNKNOWN)
    row = client_of(cast.carol).get(url("generation:job_row", project, job.pk)).content.decode()
    assert "Nobody can tell whether the provider accepted this" in row
    assert "$0.25" in row


def test_progress_shows_on_the_first_paint(cast, project, client_of, batch):
    job = Job.objects.filter(operation="text_to_image")[0]
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    Attempt.objects.filter(job=job).update(progress=0.624)
    row = client_of(cast.carol).get(url("generation:job_row", project, job.pk)).content.decode()
    assert 'value="0.624"' in row
    assert "62%" in row


def test_an_empty_list_says_what_to_do(cast, project, client_of):
    assert b"No jobs yet" in client_of(cast.carol).get(url("generation:jobs", project)).content


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(
        User.objects.create_superuser("staff@example.com", "x"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def test_staff_can_look_into_everything_and_change_no_history(project, batch, staff):
    job = Job.objects.all()[0]
    for model in ("job", "attempt", "batch", "provideraccount"):
        assert staff.get(reverse(f"admin:generation_{model}_changelist")).status_code == 200, model
    page = staff.get(reverse("admin:generation_job_change", args=[job.pk]))
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert staff.post(reverse("admin:generation_job_delete", args=[job.pk]), {"post": "yes"}).status_code == 403
    assert staff.get(reverse("admin:generation_job_add")).status_code == 403


def test_staff_cancel_and_try_again_through_the_services(project, batch, staff):
    job = Job.objects.filter(operation="text_to_speech")[0]
    address = reverse("admin:generation_job_changelist")
    staff.post(address, {"action": "cancel", "_selected_action": [str(job.pk)]})
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert "nothing was charged" in job.failure_text
    staff.post(address, {"action": "try_again", "_selected_action": [str(job.pk)]})
    assert Job.objects.filter(line=job.line, state=JobState.QUEUED).exists()


def test_staff_who_may_only_look_cannot_act(project, batch):
    looker = User.objects.create_user("looker@example.com", "x", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename__in=["view_job", "view_attempt"]))
    client = Client()
    client.force_login(looker, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("admin:generation_job_changelist")
    assert client.get(address).status_code == 200
    job = Job.objects.all()[0]
    client.post(address, {"action": "cancel", "_selected_action": [str(job.pk)]})
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_finished_work_is_not_offered_again(cast, project, client_of, shots, spending):
    finish(shots)
    answer = client_of(cast.carol).post(url("generation:make_film", project), headers=FRAGMENT)
    assert answer.status_code == 200
    assert list(Job.objects.values_list("operation", flat=True)) == ["film"]


def test_a_cancelled_further_take_can_be_asked_for_again(spending: OpenProject, shots: list[Shot]) -> None:
    asked = services.generate(
        opened=spending,
        wanted=planning.wishes_for(spending, shots=shots[:1], kinds=["still"], fresh=True),
        title="Still",
    )
    job = asked.jobs.get()
    services.cancel_job(opened=spending, job=job)
    job.refresh_from_db()
    again = retrying.retry_job(opened=spending, job=job).jobs.get()
    assert again.pk != job.pk
    assert (again.fingerprint, again.prompt, again.parameters) == (job.fingerprint, job.prompt, job.parameters)


def test_in_a_batch_what_goes_on_is_first_and_what_is_done_last(cast, project, client_of, spending):
    add_scenes(project, 7, 4)
    services.generate(opened=spending, wanted=planning.wishes_for(spending), title="All")
    jobs = list(Job.objects.order_by("created_at", "pk"))
    done, failed, unknown, running = jobs[:60], jobs[61], jobs[63], jobs[65]
    Job.objects.filter(pk__in=[job.pk for job in done]).update(state=JobState.SUCCEEDED)
    for job, state in ((failed, JobState.FAILED), (unknown, JobState.UNKNOWN), (running, JobState.RUNNING)):
        Job.objects.filter(pk=job.pk).update(state=state)
    carol, address = client_of(cast.carol), url("generation:jobs", project)
    shown = []
    for page in (1, 2):
        shown += re.findall(r'data-job="([0-9a-f-]+)"', carol.get(f"{address}?page={page}").content.decode())
    queued = [job for job in jobs[60:] if job not in (failed, unknown, running)]
    assert shown == [str(job.pk) for job in (running, failed, unknown, *queued, *done)]


# --- money, who served, and the small print --------------------------------------------------------------------------


def attempt(job: Job, state: str, *, provider: str = "runway", model: str = "gen4_turbo", **more: Any) -> Attempt:
    """Put an attempt behind those that a job has; open ones end."""
    Attempt.objects.filter(job=job, state=AttemptState.QUEUED).delete()
    account, _ = ProviderAccount.objects.get_or_create(provider=provider, team=None, defaults={"max_concurrent": 4})
    facts = {"estimate": 250_000, "body": {}, "task_id": f"{provider}-{job.attempts.count()}-{job.pk}", **more}
    return Attempt.objects.create(
        job=job, team_id=job.team_id, number=job.attempts.count() + 1, account=account, provider=provider,
        model=model, state=state, **facts,
    )  # fmt: skip


def row_of(job: Job) -> job_rows.JobRow:
    return job_rows.job_rows(Job.objects.filter(pk=job.pk))[0]


def test_a_failed_job_shows_what_all_its_attempts_were_charged(cast, project, client_of, batch):
    job = Job.objects.filter(operation="text_to_image")[0]
    attempt(job, AttemptState.FAILED, cost=120_000)
    attempt(job, AttemptState.OUTPUT_LOST, provider="runware", model="klingai:5@3", estimate=510_000)
    Job.objects.filter(pk=job.pk).update(state=JobState.FAILED, failure_text="Lost.")
    assert row_of(job).cost == 630_000
    assert "$0.63" in client_of(cast.dave).get(url("generation:job_row", project, job.pk)).text
    head = client_of(cast.dave).get(url("generation:batch_head", project, batch.pk)).text
    assert "$0.63 spent" in head
    assert "0 of 11 done" in head


def test_what_runs_is_held_and_not_charged_before_it_has_ended(cast, project, client_of, batch):
    job = Job.objects.filter(operation="text_to_image")[0]
    attempt(job, AttemptState.FAILED, cost=None, task_id="")
    attempt(job, AttemptState.FETCHING, cost=240_000)
    Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING)
    row = row_of(job)
    assert (row.charged, row.held, row.cost) == (0, 250_000, 250_000)
    assert "$0.00 spent, $0.25 held" in client_of(cast.dave).get(url("generation:batch_head", project, batch.pk)).text


def test_who_served_and_why_others_did_not(cast, project, client_of, batch):
    job = Job.objects.filter(operation="text_to_image")[0]
    attempt(job, AttemptState.FAILED, failure_public="Runway is too busy.", task_id="")
    attempt(job, AttemptState.FAILED, provider="acme", model="acme_one", failure_public="It broke.")
    attempt(job, AttemptState.SUCCEEDED, provider="runware", model="klingai:5@3", cost=560_000, estimate=510_000,
            quality={"code": "frozen", "text": "Nothing moves in it."}, rehearsal=True)  # fmt: skip
    Job.objects.filter(pk=job.pk).update(state=JobState.SUCCEEDED)
    page = client_of(cast.dave).get(url("generation:job_row", project, job.pk)).text
    told = "Runway did not accept this: Runway is too busy; Acme could not make this: It broke. Runware made it."
    assert told in page
    assert "Nothing moves in it." in page
    assert "Charged $0.05 above the estimate." in page
    assert "Rehearsal" in page
    details = page[page.index("<details") :]
    for words in ("Runway", "Acme", "Runware", "$0.56", "$0.51", "It broke.", f"runware-2-{job.pk}"):
        assert words in details, words


def test_a_first_attempt_that_serves_needs_no_story(cast, project, client_of, batch):
    job = Job.objects.filter(operation="text_to_image")[0]
    assert row_of(job).served == ""


def test_a_provider_may_not_write_on_the_page(cast, project, client_of, batch):
    job = Job.objects.filter(operation="text_to_image")[0]
    hostile = "<script>alert(1)</script>"
    attempt(job, AttemptState.FAILED, failure_public=hostile, task_id=hostile, provider="x", model=hostile)
    attempt(job, AttemptState.RUNNING)
    Job.objects.filter(pk=job.pk).update(failure_text=hostile)
    page = client_of(cast.dave).get(url("generation:jobs", project)).text
    assert hostile not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_head_says_how_many_at_once(cast, project, client_of, batch):
    Batch.objects.filter(pk=batch.pk).update(max_concurrent=4)
    assert "4 at once" in client_of(cast.dave).get(url("generation:batch_head", project, batch.pk)).text


def test_what_failed_of_a_batch_is_asked_for_again_in_one(cast, project, client_of, batch):
    stills = list(Job.objects.filter(operation="text_to_image").order_by("created_at", "pk")[:2])
    voice = Job.objects.filter(operation="text_to_speech")[0]
    for job in (*stills, voice):
        end(job, JobState.FAILED, "Ink.")
    carol = client_of(cast.carol)
    assert "Try the 3 failed again" in carol.get(url("generation:batch_head", project, batch.pk)).text
    answer = carol.post(url("generation:retry_failed", project, batch.pk), headers=FRAGMENT)
    assert answer.status_code == 200
    again = Batch.objects.exclude(pk=batch.pk).get()
    assert again.title == "Again: Make the film"
    assert {job.fingerprint for job in again.jobs.all()} == {job.fingerprint for job in (*stills, voice)}
    # A second click finds them on their way and makes nothing twice.
    carol.post(url("generation:retry_failed", project, batch.pk), headers=FRAGMENT)
    assert Batch.objects.count() == 2


def test_trying_again_where_nothing_failed_says_so(cast, project, client_of, batch):
    answer = client_of(cast.carol).post(url("generation:retry_failed", project, batch.pk), headers=FRAGMENT)
    assert answer.status_code == 422
    assert "Nothing in this batch has failed." in answer.text
    assert client_of(cast.dave).post(url("generation:retry_failed", project, batch.pk)).status_code == 403
    own = Project.objects.create(team=cast.mallory.teams.get(), name="Own")
    assert client_of(cast.mallory).post(url("generation:retry_failed", own, batch.pk)).status_code == 404
