"""Addresses of teams, invitations, tokens and of one's own account."""

from django.urls import path

from accounts.views import people, tokens

app_name = "accounts"
urlpatterns = [
    path("teams/", people.teams, name="teams"),
    path("teams/new/", people.begin_team, name="begin_team"),
    path("teams/<uuid:team_id>/", people.team, name="team"),
    path("teams/<uuid:team_id>/rename/", people.rename, name="rename"),
    path("teams/<uuid:team_id>/leave/", people.leave, name="leave"),
    path("teams/<uuid:team_id>/invite/", people.invite, name="invite"),
    path("teams/<uuid:team_id>/invitations/<uuid:invitation_id>/send/", people.send_again, name="send_again"),
    path("teams/<uuid:team_id>/invitations/<uuid:invitation_id>/revoke/", people.revoke, name="revoke"),
    path("teams/<uuid:team_id>/members/<uuid:person_id>/role/", people.change_role, name="change_role"),
    path("teams/<uuid:team_id>/members/<uuid:person_id>/remove/", people.remove, name="remove"),
    path("teams/<uuid:team_id>/removals/<int:event_id>/undo/", people.restore, name="restore"),
    path("teams/<uuid:team_id>/tokens/", tokens.tokens, name="tokens"),
    path("teams/<uuid:team_id>/tokens/<uuid:token_id>/revoke/", tokens.revoke, name="revoke_token"),
    path("invitations/<str:token>/", people.invitation, name="invitation"),
    path("accounts/profile/", people.profile, name="profile"),
    path("accounts/sessions/<int:session_id>/end/", people.end_session, name="end_session"),
]
