from django.db import migrations, models


class Migration(migrations.Migration):
    """The few notifications that are unread, and comments that are open, are found among many in their order."""

    dependencies = [("projects", "0010_speaking")]

    operations = [
        migrations.RemoveIndex(model_name="notification", name="unread_of_user"),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("read_at", None)),
                fields=["user", "-created_at", "-id"],
                name="unread_newest_first",
            ),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(
                condition=models.Q(("parent", None), ("resolved_at", None)),
                fields=["project", "created_at", "id"],
                name="open_comments_in_order",
            ),
        ),
    ]
