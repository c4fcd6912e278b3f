"""The rows that a benchmark of the engine needs, written in bulk. Import it with Django set up."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.core.management import call_command
from django.db.models.functions import Now

from accounts.models import User
from accounts.services import create_team
from generation.models import Attempt, Batch, Job, ProviderAccount
from generation.states import AttemptState, JobState
from projects.models import Project

PASSWORD = "only-for-benchmarks"


def open_house() -> Project:
    """Make the tables, a person, a team and a project."""
    call_command("migrate", verbosity=0, interactive=False)
    owner = User.objects.create_user("bench@example.com", PASSWORD, name="Bench")
    team = create_team(name="Bench", owner=owner)
    return Project.objects.create(team=team, name="Bench", created_by=owner)


def account_of(provider: str, most: int) -> ProviderAccount:
    """Make the installation's account with a provider."""
    return ProviderAccount.objects.create(provider=provider, max_concurrent=most)


def add_attempts(project: Project, account: ProviderAccount, count: int, *, running_over: float = 0.0) -> list[Attempt]:
    """Add jobs with an attempt each.

    Args:
        project: whose.
        account: where they go.
        count: how many.
        running_over: when positive, they run at the provider already, and their looks are due evenly spread over so
            many seconds from now; else they are queued.
    """
    running = running_over > 0
    batch = Batch.objects.create(project=project, title="Bench")
    jobs = Job.objects.bulk_create(
        Job(
            project=project,
            team_id=project.team_id,
            batch=batch,
            operation="text_to_image",
            provider=account.provider,
            model="bench-still",
            state=JobState.RUNNING if running else JobState.QUEUED,
            fingerprint=uuid.uuid4().hex,
        )
        for _ in range(count)
    )
    attempts = []
    for place, job in enumerate(jobs):
        attempt = Attempt(
            job=job, team_id=project.team_id, account=account, provider=account.provider, model="bench-still"
        )
        if running:
            attempt.state = AttemptState.RUNNING
            attempt.task_id = f"task-{uuid.uuid4().hex}"
            attempt.body = {}
            attempt.due_at = Now() + timedelta(seconds=running_over * place / count)
        attempts.append(attempt)
    return Attempt.objects.bulk_create(attempts)
