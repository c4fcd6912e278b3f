from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def tell(apps, schema_editor):
    """Give each take the project of its shot."""
    Shot, Take = apps.get_model("scenes", "Shot"), apps.get_model("scenes", "Take")
    whose = Shot.objects.filter(pk=OuterRef("shot")).values("scene__project")
    Take.objects.filter(project=None).update(project=Subquery(whose))


class Migration(migrations.Migration):
    """A take knows its project, so that the list of a project's takes is as fast when it is long."""

    dependencies = [("projects", "0008_webhooks"), ("scenes", "0010_uploads_in_parts")]

    operations = [
        migrations.AddField(
            model_name="take",
            name="project",
            field=models.ForeignKey(null=True, on_delete=models.CASCADE, related_name="takes", to="projects.project"),
        ),
        migrations.RunPython(tell, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="take",
            name="project",
            field=models.ForeignKey(on_delete=models.CASCADE, related_name="takes", to="projects.project"),
        ),
        migrations.RemoveIndex(model_name="take", name="take_newest_first"),
        migrations.AddIndex(
            model_name="take",
            index=models.Index(fields=["project", "-created_at", "-id"], name="take_of_project_newest_first"),
        ),
        migrations.AddIndex(
            model_name="take",
            index=models.Index(
                condition=models.Q(("verdict", ""), _negated=True),
                fields=["project", "verdict", "-created_at", "-id"],
                name="take_by_verdict",
            ),
        ),
        migrations.AddIndex(
            model_name="take",
            index=models.Index(
                condition=models.Q(("starred_at__isnull", False)),
                fields=["project", "-created_at", "-id"],
                name="take_starred",
            ),
        ),
    ]
