from django.apps import AppConfig
from django.core import checks


class GenerationConfig(AppConfig):
    """Jobs, providers and media work."""

    name = "generation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the catalogue read at the start."""
        from generation.catalogue import startup

        checks.register(startup.check_catalogue)
        checks.register(startup.check_prices, deploy=True)
