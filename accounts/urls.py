"""Addresses of teams, invitations and of one's own account."""

from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("teams/", views.teams, name="teams"),
    path("teams/new/", views.begin_team, name="begin_team"),
    path("teams/<uuid:team_id>/", views.team, name="team"),
    path("teams/<uuid:team_id>/rename/", views.rename, name="rename"),
    path("teams/<uuid:team_id>/leave/", views.leave, name="leave"),
    path("teams/<uuid:team_id>/invite/", views.invite, name="invite"),
    path("teams/<uuid:team_id>/invitations/<uuid:invitation_id>/send/", views.send_again, name="send_again"),
    path("teams/<uuid:team_id>/invitations/<uuid:invitation_id>/revoke/", views.revoke, name="revoke"),
    path("teams/<uuid:team_id>/members/<uuid:person_id>/role/", views.change_role, name="change_role"),
    path("teams/<uuid:team_id>/members/<uuid:person_id>/remove/", views.remove, name="remove"),
    path("teams/<uuid:team_id>/removals/<int:event_id>/undo/", views.restore, name="restore"),
    path("invitations/<str:token>/", views.invitation, name="invitation"),
    path("accounts/profile/", views.profile, name="profile"),
    path("accounts/sessions/<int:session_id>/end/", views.end_session, name="end_session"),
]
