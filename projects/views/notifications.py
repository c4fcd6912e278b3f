"""What waits for a person: the list, the bell's number, how they want mail, and the way out of it."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from projects import digest, inbox
from projects.forms import MailChoiceForm
from projects.models import Notification


@login_required
@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """Show what waits, by day; ``?unread=1`` only what was not read, ``?before=`` the page after one."""
    person = _person(request)
    unread = request.GET.get("unread") == "1"
    try:
        before = UUID(request.GET["before"]) if "before" in request.GET else None
    except ValueError:
        before = None
    page = inbox.page_of(person, unread=unread, before=before)
    earlier = {**({"unread": "1"} if unread else {}), "before": page.rows[-1].pk} if page.more else {}
    context = {"page": page, "unread": unread, "earlier": urlencode(earlier), "waiting": inbox.waiting_for(person)}
    return render(request, "projects/notifications.html", context)


@login_required
@require_safe
def notification(request: HttpRequest, notification_id: UUID) -> HttpResponse:
    """Go where a notification leads; with that it is read."""
    row = get_object_or_404(Notification.objects.for_user(request.user), pk=notification_id)
    inbox.read(_person(request), row.pk)
    # Links are addresses of this site; whatever else got in there leads to the project.
    own = row.link.startswith("/") and url_has_allowed_host_and_scheme(row.link, allowed_hosts=None)
    return redirect(row.link if own else reverse("projects:detail", args=[row.project_id]))


@login_required
@require_POST
def notifications_read(request: HttpRequest) -> HttpResponse:
    """Note that one notification was seen, or all."""
    wanted = request.POST.get("id", "")
    try:
        inbox.read(_person(request), *([UUID(wanted)] if wanted else []))
    except ValueError:
        raise Http404("There is no such notification.") from None
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    return redirect("projects:notifications")


@login_required
@require_safe
def notifications_unread(request: HttpRequest) -> JsonResponse:
    """Answer with the number on the bell."""
    return JsonResponse({"unread": inbox.waiting_for(request.user)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notification_settings(request: HttpRequest) -> HttpResponse:
    """Show and take how a person wants to hear by e-mail."""
    person = _person(request)
    form = MailChoiceForm(request.POST or None, choice=inbox.mail_choice_of(person))
    if request.method == "POST" and form.is_valid():
        inbox.choose_mail(user=person, **form.chosen)
        messages.success(request, "Your choice is saved.")
        return redirect("projects:notification_settings")
    status = 422 if form.is_bound else 200
    return render(request, "projects/notification_settings.html", {"form": form}, status=status)


@csrf_exempt  # mail programs send it by themselves (RFC 8058); the signed word in the address is the permission
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End the mails, without logging in."""
    person = digest.user_of(token)
    if person is None:
        raise Http404("This link is not valid.")
    if request.method == "POST":
        inbox.stop_mail(person)
    return render(request, "projects/unsubscribe.html", {"done": request.method == "POST"})


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404("There is nobody here.")
    return request.user
