from django.apps import AppConfig


class GenerationConfig(AppConfig):
    """Jobs, providers and media work."""

    name = "generation"
    default_auto_field = "django.db.models.BigAutoField"
