from django.db import migrations, models


class Migration(migrations.Migration):
    """Lists stay as fast when they grow long, and a job is found by what its provider calls it."""

    dependencies = [("generation", "0006_plurals")]

    operations = [
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("task_id", ""), _negated=True), fields=["task_id"], name="attempt_of_a_task"
            ),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(fields=["project", "-created_at"], name="generation__project_87c605_idx"),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(
                condition=models.Q(("approval", "waiting")), fields=["project"], name="batches_that_wait"
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["team", "rehearsal", "-id"], name="generation__team_id_b426a7_idx"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["project", "rehearsal", "-id"], name="generation__project_b2023b_idx"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["project", "state", "-created_at"], name="generation__project_e471d4_idx"),
        ),
    ]
