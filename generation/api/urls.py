"""Addresses of jobs, batches, prices, models, providers and money."""

from django.urls import path

from generation.api import batches, catalogue, estimates, jobs

urlpatterns = [
    path("jobs", jobs.Jobs.as_view(), name="jobs"),
    path("jobs/bulk", jobs.JobsInBulk.as_view(), name="jobs_bulk"),
    path("jobs/by-task", jobs.JobByTask.as_view(), name="job_by_task"),
    path("jobs/<uuid:job_id>", jobs.OneJob.as_view(), name="job"),
    path("jobs/<uuid:job_id>/attempts", jobs.JobAttempts.as_view(), name="job_attempts"),
    path("jobs/<uuid:job_id>/cancel", jobs.CancelJob.as_view(), name="job_cancel"),
    path("jobs/<uuid:job_id>/retry", jobs.RetryJob.as_view(), name="job_retry"),
    path("jobs/<uuid:job_id>/resolve", jobs.ResolveJob.as_view(), name="job_resolve"),
    path("jobs/<uuid:job_id>/evidence", jobs.JobEvidence.as_view(), name="job_evidence"),
    path("jobs/<uuid:job_id>/send", jobs.SendJob.as_view(), name="job_send"),
    path("batches", batches.Batches.as_view(), name="batches"),
    path("batches/<uuid:batch_id>", batches.OneBatch.as_view(), name="batch"),
    path("batches/<uuid:batch_id>/cancel", batches.CancelBatch.as_view(), name="batch_cancel"),
    path("batches/<uuid:batch_id>/retry-failed", batches.RetryBatch.as_view(), name="batch_retry"),
    path("batches/<uuid:batch_id>/approve", batches.ApproveBatch.as_view(), name="batch_approve"),
    path("batches/<uuid:batch_id>/decline", batches.DeclineBatch.as_view(), name="batch_decline"),
    path("approvals", batches.Approvals.as_view(), name="approvals"),
    path("projects/<uuid:project_id>/make-film", batches.MakeFilm.as_view(), name="make_film"),
    path("projects/<uuid:project_id>/render-film", batches.RenderFilm.as_view(), name="render_film"),
    path("estimates", estimates.Estimates.as_view(), name="estimates"),
    path("estimates/order", estimates.OrderEstimate.as_view(), name="estimate_order"),
    path("projects/<uuid:project_id>/forecast", estimates.Forecast.as_view(), name="forecast"),
    path("models", catalogue.Models.as_view(), name="models"),
    path("models/choice", catalogue.ModelChoice.as_view(), name="model_choice"),
]
