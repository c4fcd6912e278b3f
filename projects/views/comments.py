"""What people say to each other, as a fragment that any page loads."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.policies import Right
from projects import commenting, pacing
from projects.access import OpenProject, open_project
from projects.models import Comment
from projects.subjects import Found, find
from projects.threads import threads_about
from projects.undoing import say

REFUSED = 422


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: HttpRequest, project_id: UUID, about: str, subject_id: UUID) -> HttpResponse:
    """Show what was said about something, or take what somebody says about it."""
    opened = open_project(request.user, project_id, Right.COMMENT if request.method == "POST" else Right.SEE)
    found = _found(opened, about, subject_id)
    if request.method != "POST":
        return _conversation(request, opened, about, subject_id)
    if wait := pacing.wait_for("comment", opened.user.pk, most=pacing.COMMENTS):
        return _conversation(request, opened, about, subject_id, error=pacing.words_for(wait))
    try:
        commenting.add_comment(
            opened=opened,
            kind=about,
            subject_id=subject_id,
            found=found,
            text=request.POST.get("text", ""),
            time_ms=_time(request.POST.get("time_ms", "")),
            drawing=commenting.drawing_from(request.POST.get("drawing", "")),
            parent=_parent(opened, request.POST.get("parent", "")),
            picked=_picked(request),
        )
    except commenting.CommentError as error:
        return _conversation(request, opened, about, subject_id, error=str(error))
    return _conversation(request, opened, about, subject_id)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def comment_edit(request: HttpRequest, project_id: UUID, comment_id: UUID) -> HttpResponse:
    """Show the form for one's own words, and take them changed."""
    opened = open_project(request.user, project_id, Right.COMMENT)
    comment = get_object_or_404(Comment.objects.of(opened.project), pk=comment_id)
    found = _found(opened, comment.subject_kind, comment.subject_id)
    context = {"opened": opened, "comment": comment, "text": request.POST.get("text", comment.text)}
    if request.method == "POST":
        if wait := pacing.wait_for("comment", opened.user.pk, most=pacing.COMMENTS):
            context["error"] = pacing.words_for(wait)
            return render(request, "projects/comment_edit.html", context, status=REFUSED)
        try:
            commenting.edit_comment(
                opened=opened, comment=comment, found=found, text=context["text"], picked=_picked(request)
            )
        except commenting.CommentError as error:
            return render(request, "projects/comment_edit.html", {**context, "error": str(error)}, status=REFUSED)
        return _conversation(request, opened, comment.subject_kind, comment.subject_id)
    return render(request, "projects/comment_edit.html", context)


@login_required
@require_POST
def comment_delete(request: HttpRequest, project_id: UUID, comment_id: UUID) -> HttpResponse:
    """Put a comment into the trash."""
    opened = open_project(request.user, project_id, Right.COMMENT)
    comment = get_object_or_404(Comment.objects.of(opened.project), pk=comment_id)
    commenting.delete_comment(opened=opened, comment=comment)
    answer = _conversation(request, opened, comment.subject_kind, comment.subject_id)
    undo = reverse("projects:comment_restore", args=[opened.project.pk, comment.pk])
    return say(request, answer, "The comment is in the trash.", undo=undo)


@login_required
@require_POST
def comment_restore(request: HttpRequest, project_id: UUID, comment_id: UUID) -> HttpResponse:
    """Take a comment out of the trash."""
    opened = open_project(request.user, project_id, Right.COMMENT)
    comment = get_object_or_404(Comment.objects.filter(project=opened.project), pk=comment_id)
    commenting.restore_comment(opened=opened, comment=comment)
    return _conversation(request, opened, comment.subject_kind, comment.subject_id)


@login_required
@require_POST
def comment_resolve(request: HttpRequest, project_id: UUID, comment_id: UUID) -> HttpResponse:
    """Say that what a comment asks for is done, or with ``reopen`` that it is not."""
    opened = open_project(request.user, project_id, Right.COMMENT)
    comment = get_object_or_404(Comment.objects.of(opened.project), pk=comment_id)
    change = commenting.reopen if request.POST.get("reopen") else commenting.resolve
    change(opened=opened, comment=comment)
    return _conversation(request, opened, comment.subject_kind, comment.subject_id)


def _conversation(
    request: HttpRequest, opened: OpenProject, kind: str, subject_id: UUID, *, error: str = ""
) -> HttpResponse:
    threads = threads_about(opened.project, kind, subject_id)
    context = {
        "opened": opened,
        "may_comment": opened.allows(Right.COMMENT),
        "kind": kind,
        "subject_id": subject_id,
        "threads": threads,
        "count": sum(1 + len(thread.replies) for thread in threads),
        "open_count": sum(not thread.comment.resolved_at for thread in threads),
        "limit": commenting.TEXT_LIMIT,
        "error": error,
        "typed": request.POST if error else {},
    }
    return render(request, "projects/comments.html", context, status=REFUSED if error else 200)


def _found(opened: OpenProject, kind: str, subject_id: UUID) -> Found:
    found = find(opened.project, kind, subject_id)
    if found is None:
        raise Http404("There is no such thing to talk about.")
    return found


def _parent(opened: OpenProject, text: str) -> Comment | None:
    if not text:
        return None
    try:
        wanted = UUID(text)
    except ValueError:
        raise Http404("There is no such comment.") from None
    return commenting.answered(opened, wanted)


def _time(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        time_ms = int(text)
    except ValueError:
        time_ms = -1
    if not 0 <= time_ms <= commenting.LONGEST_MS:
        raise commenting.CommentError("The time code is not readable. Choose the place in the take again.")
    return time_ms


def _picked(request: HttpRequest) -> list[UUID]:
    picked = []
    for one in request.POST.get("picked", "").split(",")[:50]:
        try:
            picked.append(UUID(one))
        except ValueError:
            continue
    return picked
