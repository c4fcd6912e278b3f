from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Projects, their events and the one door to them."""

    name = "projects"
    default_auto_field = "django.db.models.BigAutoField"
