from django.db import migrations, models


class Migration(migrations.Migration):
    """The few files and takes of one kind are found among many without reading the rest."""

    dependencies = [("scenes", "0012_speaking")]

    operations = [
        # SQLite does not see that "changes" is not "".
        migrations.RemoveIndex(model_name="take", name="take_by_verdict"),
        migrations.AddIndex(
            model_name="take",
            index=models.Index(fields=["project", "verdict", "-created_at", "-id"], name="take_with_verdict"),
        ),
        migrations.AddIndex(
            model_name="asset",
            index=models.Index(fields=["project", "kind", "-created_at", "-id"], name="asset_by_kind"),
        ),
        migrations.AddIndex(
            model_name="asset",
            index=models.Index(fields=["project", "origin", "-created_at", "-id"], name="asset_by_origin"),
        ),
        migrations.AddIndex(
            model_name="take",
            index=models.Index(fields=["project", "kind", "-created_at", "-id"], name="take_by_kind"),
        ),
    ]
