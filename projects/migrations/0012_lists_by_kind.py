from django.db import migrations, models


class Migration(migrations.Migration):
    """The few deliveries in one state, and the few events of one kind, are found among many without reading the rest."""

    dependencies = [("projects", "0011_open_first")]

    operations = [
        # Its order was not that of the list, so that SQLite walked through all of an endpoint's instead.
        migrations.RemoveIndex(model_name="delivery", name="deliveries_by_state"),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["endpoint", "state", "-number", "-id"], name="delivery_by_state"),
        ),
        migrations.AddIndex(model_name="event", index=models.Index(fields=["project", "type"], name="event_by_type")),
    ]
