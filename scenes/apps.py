from django.apps import AppConfig


class ScenesConfig(AppConfig):
    """Scripts, scenes, shots, takes and the files they are made of."""

    name = "scenes"
    default_auto_field = "django.db.models.BigAutoField"
