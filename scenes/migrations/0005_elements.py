import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from scenes.handles import new_handle


def give_handles(apps, schema_editor):
    """Every element gets a name for prompts; the oldest get the plain ones."""
    elements = apps.get_model("scenes", "Element").objects
    taken = {}
    changed = []
    for element in elements.order_by("created_at", "pk").iterator():
        used = taken.setdefault(element.project_id, set())
        element.handle = new_handle(element.name, used)
        used.add(element.handle)
        changed.append(element)
    elements.bulk_update(changed, ["handle"], batch_size=200)


def put_pictures_in_order(apps, schema_editor):
    """Until now the order was that in which they were put in."""
    references = apps.get_model("scenes", "Reference").objects
    places = {}
    changed = []
    for reference in references.order_by("pk").iterator():
        reference.position = places.get(reference.element_id, 0)
        places[reference.element_id] = reference.position + 1
        changed.append(reference)
    references.bulk_update(changed, ["position"], batch_size=200)


class Migration(migrations.Migration):
    dependencies = [
        ("scenes", "0004_drafts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="element",
            name="aliases",
            field=models.JSONField(blank=True, default=list, help_text="Other names that the script has for it."),
        ),
        migrations.AddField(
            model_name="element",
            name="handle",
            field=models.CharField(default="", help_text="What prompts call it, after an @. For life.", max_length=60),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="element",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="merged",
                to="scenes.element",
            ),
        ),
        migrations.AddField(
            model_name="element",
            name="updated_at",
            field=models.DateTimeField(auto_now=True, default=django.utils.timezone.now),
            preserve_default=False,
        ),
        # The table of pictures is there; now it has a model of its own, which knows their order.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Reference",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "element",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="pictures",
                                to="scenes.element",
                            ),
                        ),
                        (
                            "asset",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="shown_elements",
                                to="scenes.asset",
                            ),
                        ),
                    ],
                    options={
                        "db_table": "scenes_element_references",
                        "unique_together": {("element", "asset")},
                    },
                ),
                migrations.AlterField(
                    model_name="element",
                    name="references",
                    field=models.ManyToManyField(
                        blank=True,
                        related_name="+",
                        through="scenes.Reference",
                        through_fields=("element", "asset"),
                        to="scenes.asset",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="reference",
            name="position",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="reference",
            name="merged_from",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="scenes.element",
            ),
        ),
        migrations.AlterModelOptions(name="reference", options={"ordering": ["position", "pk"]}),
        migrations.AddIndex(
            model_name="asset",
            index=models.Index(fields=["project", "-created_at", "-id"], name="asset_newest_first"),
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("size", models.PositiveBigIntegerField(help_text="Bytes, as the browser announced them.")),
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="uploads", to="projects.project"
                    ),
                ),
                (
                    "scene",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="scenes.scene",
                    ),
                ),
            ],
            options={"ordering": ["created_at"]},
        ),
        migrations.RunPython(put_pictures_in_order, migrations.RunPython.noop),
        migrations.RunPython(give_handles, migrations.RunPython.noop),
    ]
