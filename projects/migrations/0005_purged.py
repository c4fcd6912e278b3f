from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0004_guest_verdict")]

    operations = [
        migrations.AddField(
            model_name="project",
            name="purged_at",
            field=models.DateTimeField(
                blank=True, editable=False, help_text="Emptied for good; the name stays for the books.", null=True
            ),
        ),
    ]
