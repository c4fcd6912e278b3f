from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def tell(apps, schema_editor):
    """Give each shot the project of its scene."""
    Scene, Shot = apps.get_model("scenes", "Scene"), apps.get_model("scenes", "Shot")
    whose = Scene.objects.filter(pk=OuterRef("scene")).values("project")
    Shot.objects.filter(project=None).update(project=Subquery(whose))


def _project(**more):
    return models.ForeignKey(
        db_index=False,
        editable=False,
        on_delete=models.CASCADE,
        related_name="shots",
        to="projects.project",
        **more,
    )


class Migration(migrations.Migration):
    """A shot knows its project, so that the few of one kind are found in a long film without reading the rest."""

    dependencies = [("projects", "0011_open_first"), ("scenes", "0013_lists_by_kind")]

    operations = [
        migrations.AddField(model_name="shot", name="project", field=_project(null=True)),
        migrations.RunPython(tell, migrations.RunPython.noop),
        migrations.AlterField(model_name="shot", name="project", field=_project()),
        migrations.AddIndex(model_name="shot", index=models.Index(fields=["project", "status"], name="shot_by_status")),
        migrations.AddIndex(
            model_name="shot", index=models.Index(fields=["project", "assignee"], name="shot_by_assignee")
        ),
        migrations.AddIndex(model_name="shot", index=models.Index(fields=["project", "due_on"], name="shot_by_due_on")),
    ]
