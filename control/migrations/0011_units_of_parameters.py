"""A batch keeps the units of its parameters: what it used can be read without the manifest of that day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("control", "0010_sequences_enabled")]

    operations = [
        migrations.AddField(
            model_name="batch", name="units", field=models.JSONField(default=dict, verbose_name="units")
        ),
    ]
