"""Addresses of teams, their members and tokens."""

from django.urls import path

from accounts.api import teams, tokens

urlpatterns = [
    path("teams", teams.Teams.as_view(), name="teams"),
    path("teams/<uuid:team_id>", teams.Team.as_view(), name="team"),
    path("teams/<uuid:team_id>/tokens", tokens.Tokens.as_view(), name="tokens"),
    path("teams/<uuid:team_id>/tokens/<uuid:token_id>", tokens.Token.as_view(), name="token"),
]
