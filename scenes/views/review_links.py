"""Links for guests as members make and close them: parse, call one service, answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.links import absolute
from accounts.policies import Right
from projects import review_links as links
from projects.access import OpenProject, open_project
from projects.guest_access import address_of, is_alive
from projects.models import ReviewLink, Subject
from projects.review_links import LinkError
from projects.undoing import say
from scenes.models import Render, Take
from scenes.review_forms import EXPIRIES, ExpiryForm, ShareForm
from scenes.services import guest_items

REFUSED = 422
RENDERS_OFFERED = 10


@login_required
@require_safe
def review_links(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show who was let in to see what."""
    opened = open_project(request.user, project_id, Right.MANAGE)
    standings = links.links_of(opened)
    pictures = guest_items.pictures_of([one.link for one in standings])
    rows = [
        {
            "standing": one,
            "link": one.link,
            "address": absolute(request, address_of(one.link)),
            "picture": pictures.get(one.link.pk),
            "open": is_alive(one.link),
        }
        for one in standings
    ]
    context = {"opened": opened, "rows": rows, "expiries": EXPIRIES, "new": request.GET.get("new", "")}
    return render(request, "scenes/review_links.html", context)


@login_required
@require_safe
def client_word(request: HttpRequest, project_id: UUID, take_id: UUID) -> HttpResponse:
    """Show what guests said about a take."""
    opened = open_project(request.user, project_id, Right.SEE)
    take = get_object_or_404(Take.objects.of(opened.project), pk=take_id)
    verdicts = links.verdicts_on(opened, Subject.TAKE, [take.pk])
    return render(request, "scenes/client_word.html", {"verdicts": verdicts})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def share(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show and take the form for a new link; for a dialog only the form, and the new address in its place."""
    opened = open_project(request.user, project_id, Right.MANAGE)
    if request.method != "POST":
        return _form(request, opened, ShareForm(initial={name: request.GET.get(name, "") for name in _WHAT} | _USUAL))
    form = ShareForm(request.POST)
    if not form.is_valid():
        return _form(request, opened, form)
    given = form.cleaned_data
    try:
        link = guest_items.share(
            opened=opened,
            name=given["name"],
            choice=form.choice,
            expires_at=form.expires_at,
            password=given["password"],
            may_comment=given["may_comment"],
            may_approve=given["may_approve"],
            watermark=given["watermark"],
        )
    except LinkError as error:
        form.add_error(None, str(error))
        return _form(request, opened, form)
    if request.headers.get("HX-Request"):
        context = {"opened": opened, "link": link, "address": absolute(request, address_of(link))}
        return render(request, "scenes/share_done.html", context)
    return redirect(f"{reverse('scenes:review_links', args=[opened.project.pk])}?new={link.pk}#link-{link.pk}")


_WHAT = ("takes", "shots", "render")
_USUAL: dict[str, Any] = {"days": "7", "may_comment": True, "watermark": True}


def _form(request: HttpRequest, opened: OpenProject, form: ShareForm) -> HttpResponse:
    renders = Render.objects.filter(film__project=opened.project).order_by("-created_at")[:RENDERS_OFFERED]
    chosen = form["takes"].value() or form["shots"].value() or ""
    context = {
        "opened": opened,
        "form": form,
        "renders": renders,
        "chosen": len(str(chosen).replace(",", " ").split()),
        "rendering": str(form["render"].value() or ""),
    }
    template = "scenes/share_form.html" if request.headers.get("HX-Request") else "scenes/share.html"
    return render(request, template, context, status=REFUSED if form.is_bound else 200)


@login_required
@require_POST
def revoke(request: HttpRequest, project_id: UUID, link_id: UUID) -> HttpResponse:
    """Close a link at once."""
    opened, link = _open(request, project_id, link_id)
    links.revoke_link(opened=opened, link=link)
    undo = reverse("scenes:review_link_restore", args=[project_id, link_id])
    return say(request, _back(link), f"“{link.name}” is closed; whoever watches is sent away.", undo=undo)


@login_required
@require_POST
def restore(request: HttpRequest, project_id: UUID, link_id: UUID) -> HttpResponse:
    """Open a link again that was revoked."""
    opened, link = _open(request, project_id, link_id)
    links.restore_link(opened=opened, link=link)
    return say(request, _back(link), f"“{link.name}” works again.")


@login_required
@require_POST
def expiry(request: HttpRequest, project_id: UUID, link_id: UUID) -> HttpResponse:
    """Let a link open longer, or less long."""
    opened, link = _open(request, project_id, link_id)
    form = ExpiryForm(request.POST)
    if not form.is_valid():
        return HttpResponse("Choose how long it opens.", status=REFUSED, content_type="text/plain; charset=utf-8")
    links.change_expiry(opened=opened, link=link, expires_at=form.expires_at)
    until = f"opens until {form.expires_at:%d %B %Y}" if form.expires_at else "opens until you close it"
    return say(request, _back(link), f"“{link.name}” {until}.")


def _open(request: HttpRequest, project_id: UUID, link_id: UUID) -> tuple[OpenProject, ReviewLink]:
    opened = open_project(request.user, project_id, Right.MANAGE)
    return opened, get_object_or_404(ReviewLink, project=opened.project, pk=link_id)


def _back(link: ReviewLink) -> HttpResponse:
    return redirect(reverse("scenes:review_links", args=[link.project_id]) + f"#link-{link.pk}")
