"""What people decided about scenes and shots, so that a later breakdown leaves it alone."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("scenes", "0006_handles_are_unique")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="scene",
            name="by_hand",
            field=models.BooleanField(default=False, help_text="Inserted by a person; no script knows it."),
        ),
        migrations.AddField(
            model_name="scene",
            name="placed_by_hand",
            field=models.BooleanField(default=False, help_text="A person put it where it is in the film."),
        ),
        migrations.AddField(
            model_name="scene",
            name="omitted_by_hand",
            field=models.BooleanField(default=False, help_text="A person left it out, whatever the script says."),
        ),
        migrations.AddField(
            model_name="scene",
            name="from_script",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="What the script says where a person wrote something else, by field.",
            ),
        ),
        migrations.AddField(
            model_name="shot",
            name="by_hand",
            field=models.BooleanField(default=False, help_text="Inserted by a person; no script knows it."),
        ),
        migrations.AddField(
            model_name="shot",
            name="placed_by_hand",
            field=models.BooleanField(default=False, help_text="A person put it where it is in its scene."),
        ),
        migrations.AddField(
            model_name="shot",
            name="omitted_by_hand",
            field=models.BooleanField(default=False, help_text="A person left it out, whatever the script says."),
        ),
        migrations.AddField(
            model_name="shot",
            name="split_from",
            field=models.ForeignKey(
                blank=True,
                help_text="The shot that it was cut off from: one shot in the script.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="parts",
                to="scenes.shot",
            ),
        ),
        migrations.AddField(
            model_name="shot",
            name="part",
            field=models.PositiveSmallIntegerField(default=0, help_text="Which part of the split shot it is, from 0."),
        ),
        migrations.AddField(
            model_name="shot",
            name="whole_description",
            field=models.TextField(blank=True, help_text="What the script says of a shot that was split."),
        ),
    ]
