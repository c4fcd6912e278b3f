"""The base of every address that lies in a project."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db import models
from django.http import Http404
from rest_framework import serializers

from accounts.rest.fields import PageQuery, Query
from accounts.rest.views import Resource
from projects.access import OpenProject, open_project

Row = TypeVar("Row", bound=models.Model)


class ProjectResource(Resource):
    """An address in a project: everything comes through the project's door."""

    def open(self, project_id: UUID) -> OpenProject:
        """Open the project for who asks, with the right that the operation takes.

        Raises:
            Http404: there is no such project for them.
            PermissionDenied: their role lacks the right.
        """
        return open_project(self.person, project_id, self.needs)

    def open_of(self, rows: models.QuerySet[Row], row_id: UUID, project: str = "project_id") -> tuple[OpenProject, Row]:
        """Open the project of something that is asked for by its own id.

        Args:
            rows: among which it is, of all projects, with what is shown of it; the door decides.
            row_id: its id.
            project: the path from it to its project's id, ``scene__project_id``.

        Raises:
            Http404: there is no such thing, or it is not theirs to see.
            PermissionDenied: their role lacks the right.
        """
        found = rows.filter(pk=row_id)
        project_id = found.values_list(project, flat=True).first()
        if project_id is None:
            raise Http404("No such thing.")
        opened = self.open(project_id)
        return opened, self.one(found, row_id)


class InProject(Query):
    """Of which project."""

    project = serializers.UUIDField()


class PageInProject(PageQuery, InProject):
    """Which part of a long list in a project."""
