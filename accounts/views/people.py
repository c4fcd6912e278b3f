"""What browsers ask about people and teams: parse, call one service, answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account import app_settings as account_settings
from allauth.account.utils import perform_login
from allauth.core.ratelimit import consume_or_429
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import invitations, limits, links, services, sessions
from accounts.access import OpenTeam, open_team
from accounts.forms import InviteForm, NewcomerForm, ProfileForm, TeamForm
from accounts.models import Invitation, User
from accounts.policies import Right
from accounts.services import NotPossible
from accounts.teams import page_of, teams_of

REFUSED = 422
GONE = 410
_PAGE = ["GET", "HEAD", "POST"]


@login_required
@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    """Show the teams that a person is in."""
    return render(request, "accounts/teams.html", {"memberships": teams_of(_person(request))})


@login_required
@require_http_methods(_PAGE)
def begin_team(request: HttpRequest) -> HttpResponse:
    """Begin another team, as its owner."""
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = services.create_team(name=form.cleaned_data["name"], owner=_person(request))
        messages.success(request, f"“{made.name}” has begun. Invite the others.")
        return redirect("accounts:team", made.pk)
    return render(request, "accounts/begin_team.html", {"form": form}, status=REFUSED if form.errors else 200)


@login_required
@never_cache
@require_safe
def team(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show who is in a team, who is invited, and what was done in it."""
    return _team_page(request, open_team(request.user, team_id, Right.SEE))


@login_required
@require_POST
def rename(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Give a team another name."""
    opened = open_team(request.user, team_id, Right.OWN)
    form = TeamForm(request.POST)
    if not form.is_valid():
        return _team_page(request, opened, rename_form=form)
    renamed = services.rename_team(opened=opened, name=form.cleaned_data["name"])
    messages.success(request, f"The team is called “{renamed.name}” now.")
    return redirect("accounts:team", team_id)


@login_required
@require_POST
def leave(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Leave a team."""
    opened = open_team(request.user, team_id, Right.SEE)
    try:
        services.leave_team(opened=opened)
    except NotPossible as error:
        messages.error(request, str(error))
        return redirect("accounts:team", team_id)
    messages.success(request, f"You have left “{opened.team.name}”.")
    return redirect("projects:home")


@login_required
@require_POST
def invite(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Invite somebody by mail."""
    opened = open_team(request.user, team_id, Right.MANAGE)
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _team_page(request, opened, invite_form=form)
    if (refused := _too_many_mails(request, form.cleaned_data["email"])) is not None:
        return refused
    try:
        sent = invitations.invite(opened=opened, link_for=links.to_invitations(request), **form.cleaned_data)
    except NotPossible as error:
        form.add_error("email", str(error))
        return _team_page(request, opened, invite_form=form)
    return _sent(request, sent)


@login_required
@require_POST
def send_again(request: HttpRequest, team_id: UUID, invitation_id: UUID) -> HttpResponse:
    """Send an invitation again, with a new link."""
    opened = open_team(request.user, team_id, Right.MANAGE)
    if (refused := _too_many_mails(request, str(invitation_id))) is not None:
        return refused
    return _sent(
        request,
        invitations.send_again(opened=opened, invitation_id=invitation_id, link_for=links.to_invitations(request)),
    )


@login_required
@require_POST
def revoke(request: HttpRequest, team_id: UUID, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    opened = open_team(request.user, team_id, Right.MANAGE)
    revoked = invitations.revoke(opened=opened, invitation_id=invitation_id)
    messages.success(request, f"The invitation for {revoked.email} is taken back; its link works no more.")
    return redirect("accounts:team", team_id)


@login_required
@require_POST
def change_role(request: HttpRequest, team_id: UUID, person_id: UUID) -> HttpResponse:
    """Make a member something else."""
    opened = open_team(request.user, team_id, Right.MANAGE)
    try:
        member = services.change_role(opened=opened, person_id=person_id, role=request.POST.get("role", ""))
    except NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{member.user.shown_name} is {member.get_role_display().lower()} now.")
    return redirect("accounts:team", team_id)


@login_required
@require_POST
def remove(request: HttpRequest, team_id: UUID, person_id: UUID) -> HttpResponse:
    """Remove a member; it can be taken back for a while."""
    opened = open_team(request.user, team_id, Right.MANAGE)
    try:
        removal = services.remove_member(opened=opened, person_id=person_id)
    except NotPossible as error:
        messages.error(request, str(error))
    else:
        undo = reverse("accounts:restore", args=[team_id, removal.pk])
        text = f"{removal.payload['person']} is removed; pages that they have open are closed."
        messages.success(request, text, extra_tags=f"undo:{undo}")
    return redirect("accounts:team", team_id)


@login_required
@require_POST
def restore(request: HttpRequest, team_id: UUID, event_id: int) -> HttpResponse:
    """Take a removal back."""
    opened = open_team(request.user, team_id, Right.MANAGE)
    try:
        member = services.restore_member(opened=opened, event_id=event_id)
    except NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{member.user.shown_name} is back in the team.")
    return redirect("accounts:team", team_id)


@sensitive_post_parameters("password")
@sensitive_variables("form", "token")
@never_cache
@require_http_methods(_PAGE)
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show what an invitation is for, and take the place: logged in, or with a new account."""
    refused: HttpResponse | None = consume_or_429(request, action=limits.INVITATION)
    if refused is not None:
        return refused
    try:
        offered = invitations.find(token)
        if request.method == "POST" and isinstance(request.user, User):
            joined = invitations.accept(token=token, user=request.user)
            messages.success(request, f"Welcome to “{joined.team.name}”.")
            return redirect("projects:home")
        if request.method == "POST":
            return _newcomer(request, token, offered)
    except invitations.NotOpen:
        return render(request, "accounts/invitation_gone.html", status=GONE)
    except invitations.OtherAddress:
        return redirect("accounts:invitation", token)
    except invitations.HasAccount:
        return redirect("accounts:invitation", token)
    return _invitation_page(request, offered)


@login_required
@require_http_methods(_PAGE)
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change how colleagues see a person."""
    person = _person(request)
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=person.pk))
    if request.method == "POST" and form.is_valid():
        services.change_profile(user=person, name=form.cleaned_data["name"])
        messages.success(request, "Saved.")
        return redirect("accounts:profile")
    context = {"form": form, "memberships": teams_of(person)}
    return render(request, "accounts/profile.html", context, status=REFUSED if form.errors else 200)


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Log a person out on one other device."""
    sessions.end(user=_person(request), session_id=session_id, current_key=request.session.session_key or "")
    messages.success(request, "That device is logged out.")
    return redirect("usersessions_list")


def too_many(request: HttpRequest) -> HttpResponse:
    """Say when to come back, to somebody who asked too often."""
    seconds = limits.wait_after(request)
    answer = render(request, "429.html", {"minutes": -(-seconds // 60)}, status=429)
    answer["Retry-After"] = str(seconds)
    return answer


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - login_required
    return request.user


def _too_many_mails(request: HttpRequest, key: str) -> HttpResponse | None:
    refused: HttpResponse | None = consume_or_429(request, action=limits.INVITE, key=key.lower())
    return refused


def _sent(request: HttpRequest, sent: invitations.Sent) -> HttpResponse:
    address = sent.invitation.email
    if sent.mailed:
        messages.success(request, f"The invitation is on its way to {address}. It holds for 7 days.")
    else:
        messages.error(
            request,
            f"The mail to {address} could not be sent: the mail server does not answer. Choose “Send again” later.",
        )
    return redirect("accounts:team", sent.invitation.team_id)


def _team_page(request: HttpRequest, opened: OpenTeam, **forms: Any) -> HttpResponse:
    context = {
        "team": opened.team,
        "opened_team": opened,
        "page": page_of(opened),
        "invite_form": InviteForm(initial={"role": "artist"}),
        "rename_form": TeamForm(instance=opened.team),
        **forms,
    }
    return render(request, "accounts/team.html", context, status=REFUSED if forms else 200)


def _invitation_page(request: HttpRequest, offered: Invitation, form: NewcomerForm | None = None) -> HttpResponse:
    person = request.user if isinstance(request.user, User) else None
    context = {
        "invitation": offered,
        "for_viewer": person is not None and invitations.is_for(offered, person),
        "has_account": person is None and invitations.has_account(offered),
        "form": form or NewcomerForm(email=offered.email),
    }
    return render(request, "accounts/invitation.html", context, status=REFUSED if form else 200)


def _newcomer(request: HttpRequest, token: str, offered: Invitation) -> HttpResponse:
    form = NewcomerForm(request.POST, email=offered.email)
    if not form.is_valid():
        return _invitation_page(request, offered, form)
    refused: HttpResponse | None = consume_or_429(request, action="signup")
    if refused is not None:
        return refused
    joined = invitations.accept_as_newcomer(token=token, **form.cleaned_data)
    messages.success(request, f"Welcome to “{joined.team.name}”.")
    answer: HttpResponse = perform_login(
        request, joined.user, email_verification=account_settings.EmailVerificationMethod.NONE
    )
    return answer
