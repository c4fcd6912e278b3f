import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_provider_orders"),
        ("generation", "0011_own_endpoints"),
        ("projects", "0009_webhook_given_up"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BatchGroup",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "make",
                    models.CharField(
                        choices=[
                            ("storyboard", "Storyboard everything"),
                            ("approved_clips", "Clips for everything approved"),
                            ("stale", "Redo everything stale"),
                            ("everything", "Everything that is missing or stale"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "max_concurrent",
                    models.PositiveIntegerField(blank=True, help_text="Jobs at once in each project.", null=True),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "token",
                    models.CharField(
                        blank=True, help_text="The form's, so that a double click asks once.", max_length=64
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="batch_groups", to="accounts.team"
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "indexes": [models.Index(fields=["team", "-created_at", "-id"], name="group_of_team")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("token", ""), _negated=True),
                        fields=("team", "created_by", "token"),
                        name="one_group_per_token",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not asked yet"),
                            ("asked", "Asked for"),
                            ("joined", "Goes on already"),
                            ("nothing", "Nothing to do"),
                            ("refused", "Refused"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                (
                    "code",
                    models.CharField(blank=True, help_text="Why it was refused, for programs.", max_length=40),
                ),
                (
                    "text",
                    models.TextField(blank=True, help_text="Why, or what of it cannot be made, for people."),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="generation.batchgroup"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="projects.project"
                    ),
                ),
            ],
            options={
                "ordering": ["place"],
                "constraints": [models.UniqueConstraint(fields=("group", "project"), name="project_is_once_in_group")],
            },
        ),
        migrations.AddField(
            model_name="batch",
            name="group",
            field=models.ForeignKey(
                blank=True,
                help_text="Asked with it.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="batches",
                to="generation.batchgroup",
            ),
        ),
    ]
