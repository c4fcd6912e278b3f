"""Addresses of jobs and of what can be asked for."""

from django.urls import path

from generation.views import asking, choosing, costs, cut, deciding, jobs, preferences, trying, uploading

app_name = "generation"
urlpatterns = [
    path("projects/<uuid:project_id>/jobs/", jobs.jobs, name="jobs"),
    path("projects/<uuid:project_id>/jobs/badge/", jobs.nav_badge, name="nav_badge"),
    path("projects/<uuid:project_id>/jobs/<uuid:job_id>/", jobs.job_row, name="job_row"),
    path("projects/<uuid:project_id>/jobs/<uuid:job_id>/cancel/", jobs.cancel, name="cancel"),
    path("projects/<uuid:project_id>/jobs/<uuid:job_id>/retry/", jobs.retry, name="retry"),
    path("projects/<uuid:project_id>/batches/<uuid:batch_id>/", jobs.batch_head, name="batch_head"),
    path("projects/<uuid:project_id>/batches/<uuid:batch_id>/cancel/", jobs.cancel_batch, name="cancel_batch"),
    path(
        "projects/<uuid:project_id>/batches/<uuid:batch_id>/retry-failed/",
        jobs.retry_failed,
        name="retry_failed",
    ),
    path("projects/<uuid:project_id>/batches/<uuid:batch_id>/approve/", deciding.approve, name="approve"),
    path("projects/<uuid:project_id>/batches/<uuid:batch_id>/decline/", deciding.decline, name="decline"),
    path("projects/<uuid:project_id>/jobs/<uuid:job_id>/unknown/", deciding.unknown, name="unknown"),
    path(
        "projects/<uuid:project_id>/jobs/<uuid:job_id>/unknown/evidence/",
        deciding.unknown_evidence,
        name="unknown_evidence",
    ),
    path("projects/<uuid:project_id>/settings/generating/", preferences.preferences, name="preferences"),
    path("projects/<uuid:project_id>/costs/", costs.project_costs, name="costs"),
    path("projects/<uuid:project_id>/costs/forecast/", costs.project_forecast, name="forecast"),
    path("projects/<uuid:project_id>/costs/budget/", costs.project_budget, name="project_budget"),
    path("projects/<uuid:project_id>/costs/ledger.csv", costs.project_ledger, name="ledger"),
    path("teams/<uuid:team_id>/costs/", costs.team_costs, name="team_costs"),
    path("teams/<uuid:team_id>/costs/budget/", costs.team_budget, name="team_budget"),
    path("teams/<uuid:team_id>/costs/ledger.csv", costs.team_ledger, name="team_ledger"),
    path("projects/<uuid:project_id>/estimate/", asking.estimate, name="estimate"),
    path("projects/<uuid:project_id>/estimate/savings/", costs.savings, name="savings"),
    path("projects/<uuid:project_id>/generate/", asking.generate, name="generate"),
    path("projects/<uuid:project_id>/make-film/", asking.make_film, name="make_film"),
    path("projects/<uuid:project_id>/render/", asking.render_film, name="render"),
    path("projects/<uuid:project_id>/rendering/", asking.rendering, name="rendering"),
    path("projects/<uuid:project_id>/board/", asking.board, name="board"),
    path("projects/<uuid:project_id>/shots/<uuid:shot_id>/upload/", uploading.upload, name="upload"),
    path("projects/<uuid:project_id>/shots/<uuid:shot_id>/making/", asking.making, name="making"),
    path("projects/<uuid:project_id>/cut/", cut.cut, name="cut"),
    path("projects/<uuid:project_id>/shots/<uuid:shot_id>/choice/<slug:kind>/", choosing.choice, name="choice"),
    path(
        "projects/<uuid:project_id>/shots/<uuid:shot_id>/choice/<slug:kind>/models/",
        choosing.choice_models,
        name="choice_models",
    ),
    path("projects/<uuid:project_id>/at-hand/", choosing.at_hand, name="at_hand"),
    path("projects/<uuid:project_id>/bring/", trying.bring, name="bring"),
    path("projects/<uuid:project_id>/takes/<uuid:take_id>/again/", choosing.use_again, name="use_again"),
    path("projects/<uuid:project_id>/takes/<uuid:take_id>/inputs/", choosing.take_inputs, name="take_inputs"),
    path("projects/<uuid:project_id>/try/", trying.trying, name="try"),
    path("projects/<uuid:project_id>/try/form/", trying.try_form, name="try_form"),
    path("projects/<uuid:project_id>/try/models/", trying.try_models, name="try_models"),
    path("projects/<uuid:project_id>/try/<uuid:trial_id>/", trying.try_job, name="try_job"),
    path("projects/<uuid:project_id>/try/<uuid:trial_id>/send/", trying.try_send, name="try_send"),
]
