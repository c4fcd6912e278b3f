"""The list of jobs and the buttons on it."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.policies import Right
from generation import planning, services
from generation.models import Attempt, Job
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
    again = services.retry_job(opened=spending, job=job).jobs.get()
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
