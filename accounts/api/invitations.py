"""Places in a team, offered by mail."""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import invitations, limits, links
from accounts.access import open_team
from accounts.api.shown import AcceptIn, InvitationOut, InvitationSent, InvitationsIn, TeamOut
from accounts.models import ApiToken
from accounts.policies import Right
from accounts.rest.errors import QUOTA_ERROR, RETRY, Refusal, Refused
from accounts.rest.operations import Example, operation
from accounts.rest.views import Resource

_TOO_MANY = {429: ["too_many_mails: so many in an hour, or so many to one address"]}


class InvitationResource(Resource):
    """An address of invitations."""

    tag = "invitations"

    def count(self, action: str, code: str, *keys: str) -> None:
        """Refuse what is more than one person may."""
        if limits.is_too_many(self.request._request, action, *keys):
            wait = limits.wait_of(action)
            detail = f"That is more than one person may. Come back in {-(-wait // 60)} minutes at the latest."
            raise Refused(Refusal(429, code, detail, QUOTA_ERROR, retry_after=wait, action=RETRY))


class Invitations(InvitationResource):
    """The open invitations to a team."""

    @operation(answer=InvitationOut, paged=True, needs=Right.MANAGE)
    def get(self, request: Request, team_id: UUID) -> Response:
        """List who is invited and has not come yet."""
        return self.page(invitations.waiting_in(open_team(self.person, team_id, self.needs)))

    @operation(
        answer=InvitationSent,
        listed=True,
        body=InvitationsIn,
        status=201,
        needs=Right.MANAGE,
        scope=ApiToken.Scope.SPEND,
        once=False,
        refusals={409: ["not_possible: one of them is in the team already; nobody was invited"]} | _TOO_MANY,
        examples=[
            Example(
                "Two people",
                {
                    "invitations": [
                        {"email": "mara@example.com", "role": "artist"},
                        {"email": "jonas@example.com", "role": "reviewer"},
                    ]
                },
            )
        ],
    )
    def post(self, request: Request, team_id: UUID) -> Response:
        """Invite people by mail, all of them or nobody. Whoever has an open invitation gets a new one.

        The link in the mail works once, for its address only, for 7 days.
        """
        opened = open_team(self.person, team_id, self.needs)
        wanted = [(one["email"], one["role"]) for one in self.sent["invitations"]]
        self.count(limits.INVITE, "too_many_mails", *(email for email, _ in wanted))
        link_for = links.to_invitations(request._request)
        return self.answer(invitations.invite_all(opened=opened, wanted=wanted, link_for=link_for))


class OneInvitation(InvitationResource):
    """One open invitation."""

    @operation(answer=InvitationOut, needs=Right.MANAGE)
    def get(self, request: Request, team_id: UUID, invitation_id: UUID) -> Response:
        """Read an invitation."""
        rows = invitations.waiting_in(open_team(self.person, team_id, self.needs))
        return self.answer(self.one(rows, invitation_id))

    @operation(needs=Right.MANAGE)
    def delete(self, request: Request, team_id: UUID, invitation_id: UUID) -> Response:
        """Take an invitation back: its link works no more."""
        invitations.revoke(opened=open_team(self.person, team_id, self.needs), invitation_id=invitation_id)
        return self.answer(None)


class SendInvitation(InvitationResource):
    """Sending an invitation again."""

    @operation(answer=InvitationSent, needs=Right.MANAGE, once=False, refusals=_TOO_MANY)
    def post(self, request: Request, team_id: UUID, invitation_id: UUID) -> Response:
        """Send an invitation again, with a new link; the one before works no more."""
        opened = open_team(self.person, team_id, self.needs)
        self.count(limits.INVITE, "too_many_mails", str(invitation_id))
        link_for = links.to_invitations(request._request)
        sent = invitations.send_again(opened=opened, invitation_id=invitation_id, link_for=link_for)
        return self.answer(sent)


class AcceptInvitation(InvitationResource):
    """Taking a place in a team."""

    @operation(
        answer=TeamOut,
        body=AcceptIn,
        needs=None,
        people_only=True,
        refusals={
            409: [
                "not_open: used, taken back or too old, or there never was one",
                "other_address: it was made for somebody else's address",
            ],
            429: ["too_many_tries: of links that are none"],
        },
        examples=[Example("From the mail", {"token": "Zm9nLWxpZXMtb24tdGhlLXdhdGVy"})],
    )
    def post(self, request: Request) -> Response:
        """Take the place that an invitation offers; a token, which is for one team, cannot go to another."""
        self.count(limits.INVITATION, "too_many_tries")
        return self.answer(invitations.accept(token=self.sent["token"], user=self.person))
