"""Addresses of webhooks and of what was sent to them."""

from django.urls import path

from projects.api import webhooks

urlpatterns = [
    path("webhooks", webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<uuid:webhook_id>/secret", webhooks.WebhookSecret.as_view(), name="webhook_secret"),
    path("webhooks/<uuid:webhook_id>/test", webhooks.TestWebhook.as_view(), name="webhook_test"),
    path("webhooks/<uuid:webhook_id>/turn_off", webhooks.TurnOffWebhook.as_view(), name="webhook_turn_off"),
    path("webhooks/<uuid:webhook_id>/turn_on", webhooks.TurnOnWebhook.as_view(), name="webhook_turn_on"),
    path("webhooks/<uuid:webhook_id>/redeliver", webhooks.RedeliverFailed.as_view(), name="webhook_redeliver"),
    path("deliveries", webhooks.Deliveries.as_view(), name="deliveries"),
    path("deliveries/<uuid:delivery_id>", webhooks.OneDelivery.as_view(), name="delivery"),
    path("deliveries/<uuid:delivery_id>/redeliver", webhooks.Redeliver.as_view(), name="delivery_redeliver"),
    path("webhooks/<uuid:webhook_id>", webhooks.OneWebhook.as_view(), name="webhook"),
]
