"""Addresses that providers call."""

from django.urls import path

from generation import webhooks

app_name = "hooks"
urlpatterns = [
    path("hooks/<slug:provider>/<uuid:attempt_id>/<str:secret>/", webhooks.call, name="call"),
    path("lent/<str:token>/", webhooks.lent, name="lent"),
]
