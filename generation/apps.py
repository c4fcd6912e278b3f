from django.apps import AppConfig
from django.core import checks


class GenerationConfig(AppConfig):
    """Jobs, providers and media work."""

    name = "generation"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the catalogue read at the start, orders ended with their project, and webhooks sent our way."""
        from generation import execution, posting, purging
        from generation.api.refusals import tell_refusals
        from generation.catalogue import presence, startup
        from projects import deleting
        from projects.outgoing import wire

        wire.register(posting.GuardedWire())
        deleting.when_deleted(purging.end_what_was_not_sent)
        tell_refusals()
        presence.tell_by(execution.why_not)
        checks.register(startup.check_catalogue)
        checks.register(startup.check_prices, deploy=True)
