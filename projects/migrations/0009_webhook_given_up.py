"""Webhooks remember the types of which one message was not taken to the end."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0008_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="webhookendpoint",
            name="given_up",
            field=models.JSONField(
                blank=True,
                default=list,
                editable=False,
                help_text=(
                    "Types of which one was not taken to the end: the next of them are tried once, until one is taken."
                ),
            ),
        ),
    ]
