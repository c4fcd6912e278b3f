"""Addresses that providers call."""

from django.urls import path

from generation import webhooks

app_name = "hooks"
urlpatterns = [
    path("hooks/runware/<uuid:attempt_id>/<str:secret>/", webhooks.runware, name="runware"),
]
