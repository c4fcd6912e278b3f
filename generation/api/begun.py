"""Addresses that begin something: they answer with a job or a batch, at once or when it has ended."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework.response import Response

from generation.api.batches_shown import head_of
from generation.api.jobs_shown import shown_jobs
from generation.api.waiting import WaitingResource
from generation.models import Batch, Job
from generation.states import JOB_ENDED


class BegunJob(WaitingResource):
    """An address that answers with a job."""

    def begun(self, made_id: Any) -> tuple[QuerySet[Job], Any]:
        """Return the job, and how it is read again."""
        return Job.objects.filter(pk=made_id), lambda: self._read(made_id)

    def taken_on(self, job: Job) -> Response:
        """Answer with a job that goes on, or with one that has made this before."""
        status = 200 if job.state in JOB_ENDED else 202
        return self.answer(self._read(job.pk), status=status, location=reverse("api:job", args=[job.pk]))

    def _read(self, job_id: Any) -> Job:
        return self.open_of(shown_jobs(Job.objects.all()), job_id)[1]


class BegunBatch(WaitingResource):
    """An address that answers with a batch."""

    def begun(self, made_id: Any) -> tuple[QuerySet[Job], Any]:
        """Return the batch's jobs, and how it is read again."""
        return Job.objects.filter(batch=made_id), lambda: head_of(self.open_of(Batch.objects.all(), made_id)[1])

    def taken_on(self, batch: Batch) -> Response:
        """Answer with a batch that goes on."""
        return self.answer(head_of(batch), location=reverse("api:batch", args=[batch.pk]))
