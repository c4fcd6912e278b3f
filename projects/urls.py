"""Addresses of the team's home and of a project's own pages."""

from django.urls import path

from projects.views import activity, comments, notifications, people, trash, webhooks
from projects.views import pages as views

app_name = "projects"
urlpatterns = [
    path("", views.home, name="home"),
    path("projects/new/", views.create, name="create"),
    path("projects/<uuid:project_id>/", views.detail, name="detail"),
    path("projects/<uuid:project_id>/activity/", views.activity, name="activity"),
    path("projects/<uuid:project_id>/activity/all/", activity.audit, name="audit"),
    path("projects/<uuid:project_id>/people/", people.people, name="people"),
    path("projects/<uuid:project_id>/comments/<slug:about>/<uuid:subject_id>/", comments.comments, name="comments"),
    path("projects/<uuid:project_id>/comments/<uuid:comment_id>/edit/", comments.comment_edit, name="comment_edit"),
    path(
        "projects/<uuid:project_id>/comments/<uuid:comment_id>/delete/", comments.comment_delete, name="comment_delete"
    ),
    path(
        "projects/<uuid:project_id>/comments/<uuid:comment_id>/restore/",
        comments.comment_restore,
        name="comment_restore",
    ),
    path(
        "projects/<uuid:project_id>/comments/<uuid:comment_id>/resolve/",
        comments.comment_resolve,
        name="comment_resolve",
    ),
    path("projects/<uuid:project_id>/trash/", trash.trash, name="trash"),
    path("projects/<uuid:project_id>/trash/restore/", trash.trash_restore_all, name="trash_restore_all"),
    path("projects/<uuid:project_id>/trash/<slug:heap>/<uuid:row_id>/", trash.trash_restore, name="trash_restore"),
    path("projects/<uuid:project_id>/delete/", trash.delete, name="delete"),
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.notifications_read, name="notifications_read"),
    path("notifications/unread/", notifications.notifications_unread, name="notifications_unread"),
    path("notifications/settings/", notifications.notification_settings, name="notification_settings"),
    path("notifications/unsubscribe/<str:token>/", notifications.unsubscribe, name="unsubscribe"),
    path("notifications/<uuid:notification_id>/", notifications.notification, name="notification"),
    path("trash/", trash.deleted, name="deleted"),
    path("trash/<uuid:project_id>/restore/", trash.undelete, name="undelete"),
    path("teams/<uuid:team_id>/webhooks/", webhooks.webhooks, name="webhooks"),
    path("teams/<uuid:team_id>/webhooks/<uuid:webhook_id>/", webhooks.webhook, name="webhook"),
    path("teams/<uuid:team_id>/webhooks/<uuid:webhook_id>/secret/", webhooks.secret, name="webhook_secret"),
    path("teams/<uuid:team_id>/webhooks/<uuid:webhook_id>/test/", webhooks.test, name="webhook_test"),
    path("teams/<uuid:team_id>/webhooks/<uuid:webhook_id>/switch/", webhooks.switch, name="webhook_switch"),
    path("teams/<uuid:team_id>/webhooks/<uuid:webhook_id>/delete/", webhooks.delete, name="webhook_delete"),
    path("teams/<uuid:team_id>/webhooks/<uuid:webhook_id>/again/", webhooks.again, name="webhook_again"),
    path("projects/<uuid:project_id>/settings/", views.settings, name="settings"),
    path("projects/<uuid:project_id>/archive/", views.archive, name="archive"),
    path("projects/<uuid:project_id>/restore/", views.restore, name="restore"),
]
