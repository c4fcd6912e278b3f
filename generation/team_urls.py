"""Addresses of a team's providers."""

from django.urls import path

from generation.views import provider_order, providers

app_name = "providers"
urlpatterns = [
    path("teams/<uuid:team_id>/providers/", providers.overview, name="overview"),
    path("teams/<uuid:team_id>/providers/fallback/", providers.fallback, name="fallback"),
    path("teams/<uuid:team_id>/providers/order/<slug:group>/", provider_order.change, name="order"),
    path("teams/<uuid:team_id>/providers/<slug:provider>/key/", providers.enter_key, name="key"),
    path("teams/<uuid:team_id>/providers/<slug:provider>/remove-key/", providers.remove_key, name="remove_key"),
    path("teams/<uuid:team_id>/providers/<slug:provider>/test/", providers.test, name="test"),
    path("teams/<uuid:team_id>/providers/<slug:provider>/resume/", providers.resume, name="resume"),
    path("teams/<uuid:team_id>/providers/<slug:provider>/move/", providers.move, name="move"),
]
