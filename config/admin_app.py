from django.contrib.admin.apps import AdminConfig


class RushesAdminConfig(AdminConfig):
    """Django's admin with our site."""

    default_site = "config.admin.RushesAdminSite"
