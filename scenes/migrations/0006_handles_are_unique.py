from django.db import migrations, models


class Migration(migrations.Migration):
    # Of its own: PostgreSQL does not let one transaction both fill a column and index it while checks wait.
    dependencies = [("scenes", "0005_elements")]

    operations = [
        migrations.AddConstraint(
            model_name="element",
            constraint=models.UniqueConstraint(
                fields=["project", "handle"], name="element_handle_is_unique_in_project"
            ),
        ),
    ]
