from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, teams and roles."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
