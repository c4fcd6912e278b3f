import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0005_purged"),
        ("scenes", "0003_studio"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="script",
            name="name",
            field=models.CharField(
                blank=True, help_text="What people call this version; the only thing said later.", max_length=80
            ),
        ),
        migrations.AddField(
            model_name="script",
            name="automatic",
            field=models.BooleanField(default=False, help_text="Nobody pressed a button: the writer paused or left."),
        ),
        migrations.CreateModel(
            name="DiscardedFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=300, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="ScriptDraft",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("window", models.UUIDField(help_text="Made up by the browser; the same after a reload.")),
                (
                    "based_on",
                    models.PositiveIntegerField(default=0, help_text="The version that the writing began from."),
                ),
                ("text", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="script_drafts",
                        to="projects.project",
                    ),
                ),
            ],
            options={"ordering": ["-updated_at"]},
        ),
        migrations.AddConstraint(
            model_name="scriptdraft",
            constraint=models.UniqueConstraint(fields=("project", "author", "window"), name="one_draft_per_window"),
        ),
    ]
