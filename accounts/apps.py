from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, teams and roles."""

    name = "accounts"
    verbose_name = "People and teams"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Begin to notice who may have lost their way in."""
        from accounts import doors
        from accounts.api.refusals import tell_refusals

        doors.watch()
        tell_refusals()
