from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_keys_and_webhooks"),
    ]

    operations = [
        migrations.AddField(
            model_name="team",
            name="provider_orders",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="The same for kinds of work, where a team wants another order for one.",
            ),
        ),
    ]
