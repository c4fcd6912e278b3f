"""Idempotency keys count for one token at one address; a team's log tells of webhooks."""

from typing import Any

from django.db import migrations, models


def forget_keys(apps: Any, schema_editor: Any) -> None:
    """Forget the answers that are kept for keys: without their places some would be there twice."""
    apps.get_model("accounts", "IdempotencyKey").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_api_tokens"),
    ]

    operations = [
        migrations.AddField(
            model_name="idempotencykey",
            name="place",
            field=models.CharField(
                default="", help_text="Where it counts: of token, method and address.", max_length=64
            ),
        ),
        migrations.RemoveConstraint(model_name="idempotencykey", name="one_answer_per_key_and_person"),
        migrations.RunPython(migrations.RunPython.noop, forget_keys),
        migrations.AddConstraint(
            model_name="idempotencykey",
            constraint=models.UniqueConstraint(fields=("user", "place", "key"), name="one_answer_per_key_and_place"),
        ),
        migrations.AlterField(
            model_name="teamevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("begun", "Team begun"),
                    ("renamed", "Team renamed"),
                    ("invited", "Invitation sent"),
                    ("invited_again", "Invitation sent again"),
                    ("revoked", "Invitation taken back"),
                    ("joined", "Joined"),
                    ("role_changed", "Role changed"),
                    ("removed", "Removed"),
                    ("restored", "Removal taken back"),
                    ("left", "Left"),
                    ("token_made", "Token made"),
                    ("token_revoked", "Token revoked"),
                    ("webhook_made", "Webhook made"),
                    ("webhook_changed", "Webhook changed"),
                    ("webhook_deleted", "Webhook deleted"),
                    ("webhook_secret", "Webhook's secret changed"),
                    ("webhook_off", "Webhook turned off"),
                    ("webhook_on", "Webhook turned on"),
                ],
                max_length=16,
            ),
        ),
    ]
