from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Projects, their events and the one door to them."""

    name = "projects"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have sockets asked about as soon as somebody may have lost their way in, and let the trash find comments."""
        from accounts import doors
        from projects import comment_bin, live
        from projects.api import webhook_refusals
        from projects.api.refusals import tell_refusals

        doors.register(live.recheck)
        comment_bin.register_all()
        webhook_refusals.tell_refusals()
        tell_refusals()
