from django.apps import AppConfig


class ScenesConfig(AppConfig):
    """Scripts, scenes, shots, takes and the files they are made of."""

    name = "scenes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let comments and the trash find the footage, and have its refusals told to programs."""
        from scenes import bins, subjects
        from scenes.api.refusals import tell_refusals

        subjects.register_all()
        bins.register_all()
        tell_refusals()
