"""Addresses of the team's home and of a project's own pages."""

from django.urls import path

from projects import views

app_name = "projects"
urlpatterns = [
    path("", views.home, name="home"),
    path("projects/new/", views.create, name="create"),
    path("projects/<uuid:project_id>/", views.detail, name="detail"),
    path("projects/<uuid:project_id>/activity/", views.activity, name="activity"),
    path("projects/<uuid:project_id>/settings/", views.settings, name="settings"),
    path("projects/<uuid:project_id>/archive/", views.archive, name="archive"),
    path("projects/<uuid:project_id>/restore/", views.restore, name="restore"),
]
