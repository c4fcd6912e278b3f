from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0008_text_to_text"),
    ]

    operations = [
        migrations.AddField(
            model_name="provideraccount",
            name="faults",
            field=models.PositiveIntegerField(default=0, help_text="Of the provider's own, in a row."),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="tripped_at",
            field=models.DateTimeField(
                blank=True, help_text="Since when it is left out; empty: it is asked.", null=True
            ),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="trip_reason",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="probe_at",
            field=models.DateTimeField(
                blank=True, help_text="When one order may try whether it works again.", null=True
            ),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="probe",
            field=models.UUIDField(blank=True, editable=False, help_text="The attempt that tries it.", null=True),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="probes_failed",
            field=models.PositiveIntegerField(default=0, help_text="In a row; the next one waits longer."),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="trip_told",
            field=models.BooleanField(default=False, help_text="Whether people know that it is left out."),
        ),
    ]
