from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ConfigConfig(AppConfig):
    """Puts the rooms together once all of them are loaded."""

    name = "config"
    label = "composition"

    def ready(self) -> None:
        """Make the queue, then load the actors that listen on it."""
        from config import broker

        broker.set_up()
        autodiscover_modules("tasks")
