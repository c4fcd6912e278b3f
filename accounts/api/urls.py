"""Addresses of oneself, of teams, their members, invitations and tokens."""

from django.urls import path

from accounts.api import invitations, me, members, teams, tokens

_TEAM = "teams/<uuid:team_id>"
urlpatterns = [
    path("me", me.Me.as_view(), name="me"),
    path("teams", teams.Teams.as_view(), name="teams"),
    path(_TEAM, teams.Team.as_view(), name="team"),
    path(f"{_TEAM}/leave", teams.LeaveTeam.as_view(), name="team_leave"),
    path(f"{_TEAM}/log", teams.TeamLog.as_view(), name="team_log"),
    path(f"{_TEAM}/members", members.Members.as_view(), name="members"),
    path(f"{_TEAM}/members/<uuid:person_id>", members.OneMember.as_view(), name="member"),
    path(f"{_TEAM}/removals/<int:event_id>/undo", members.UndoRemoval.as_view(), name="removal_undo"),
    path(f"{_TEAM}/invitations", invitations.Invitations.as_view(), name="invitations"),
    path(f"{_TEAM}/invitations/<uuid:invitation_id>", invitations.OneInvitation.as_view(), name="invitation"),
    path(
        f"{_TEAM}/invitations/<uuid:invitation_id>/send", invitations.SendInvitation.as_view(), name="invitation_send"
    ),
    path("invitations/accept", invitations.AcceptInvitation.as_view(), name="invitation_accept"),
    path(f"{_TEAM}/tokens", tokens.Tokens.as_view(), name="tokens"),
    path(f"{_TEAM}/tokens/<uuid:token_id>", tokens.Token.as_view(), name="token"),
]
