"""Addresses of projects."""

from django.urls import include, path

from projects.api import comments, events, notifications, people, projects, trash

urlpatterns = [
    path("projects", projects.Projects.as_view(), name="projects"),
    path("projects/<uuid:project_id>", projects.OneProject.as_view(), name="project"),
    path("projects/<uuid:project_id>/archive", projects.ArchiveProject.as_view(), name="project_archive"),
    path("projects/<uuid:project_id>/unarchive", projects.UnarchiveProject.as_view(), name="project_unarchive"),
    path("projects/deleted", trash.DeletedProjects.as_view(), name="projects_deleted"),
    path("projects/<uuid:project_id>/undelete", trash.UndeleteProject.as_view(), name="project_undelete"),
    path("projects/<uuid:project_id>/people", people.ProjectPeople.as_view(), name="project_people"),
    path("activity", people.Activity.as_view(), name="activity"),
    path("trash", trash.Trash.as_view(), name="trash"),
    path("trash/kinds", trash.TrashKinds.as_view(), name="trash_kinds"),
    path("trash/restore", trash.RestoreTrash.as_view(), name="trash_restore"),
    path("events", events.Events.as_view(), name="events"),
    path("events/stream", events.EventStream.as_view(), name="event_stream"),
    path("tickets", events.Tickets.as_view(), name="tickets"),
    path("", include("projects.api.webhook_urls")),
    path("comments", comments.Comments.as_view(), name="comments"),
    path("comments/<uuid:comment_id>", comments.OneComment.as_view(), name="comment"),
    path("comments/<uuid:comment_id>/restore", comments.RestoreComment.as_view(), name="comment_restore"),
    path("comments/<uuid:comment_id>/resolve", comments.ResolveComment.as_view(), name="comment_resolve"),
    path("comments/<uuid:comment_id>/reopen", comments.ReopenComment.as_view(), name="comment_reopen"),
    path("notifications", notifications.Notifications.as_view(), name="notifications"),
    path("notifications/unread", notifications.UnreadNotifications.as_view(), name="notifications_unread"),
    path("notifications/read", notifications.ReadNotifications.as_view(), name="notifications_read"),
    path("notifications/mail", notifications.NotificationMail.as_view(), name="notification_mail"),
]
