"""Addresses of projects."""

from django.urls import path

from projects.api import events, projects

urlpatterns = [
    path("projects", projects.Projects.as_view(), name="projects"),
    path("projects/<uuid:project_id>", projects.OneProject.as_view(), name="project"),
    path("projects/<uuid:project_id>/archive", projects.ArchiveProject.as_view(), name="project_archive"),
    path("projects/<uuid:project_id>/unarchive", projects.UnarchiveProject.as_view(), name="project_unarchive"),
    path("events", events.Events.as_view(), name="events"),
    path("events/stream", events.EventStream.as_view(), name="event_stream"),
    path("tickets", events.Tickets.as_view(), name="tickets"),
]
