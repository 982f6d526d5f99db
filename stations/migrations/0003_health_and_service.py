from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.models import ExpressionWrapper, Q


class Migration(migrations.Migration):
    dependencies: ClassVar = [("stations", "0002_names_for_people")]

    operations: ClassVar = [
        # What was the only reason to be out of service until now: the station file no longer names the slot.
        migrations.RenameField("slot", "in_service", "in_file"),
        migrations.AlterField("slot", "in_file", models.BooleanField(default=True, verbose_name="in the station file")),
        migrations.AddField("slot", "taken_out", models.JSONField(null=True, verbose_name="taken out of service")),
        migrations.AddField("slot", "health_problem", models.JSONField(null=True, verbose_name="health problem")),
        migrations.AddField(
            "slot",
            "in_service",
            models.GeneratedField(
                db_persist=True,
                expression=ExpressionWrapper(
                    Q(in_file=True, taken_out__isnull=True, health_problem__isnull=True),
                    output_field=models.BooleanField(),
                ),
                output_field=models.BooleanField(),
                verbose_name="in service",
            ),
        ),
        migrations.AddField("instrument", "present", models.BooleanField(null=True, verbose_name="present")),
        migrations.AddField(
            "instrument", "identity", models.CharField(blank=True, max_length=200, verbose_name="identity")
        ),
        migrations.AddField("instrument", "problem", models.TextField(blank=True, verbose_name="problem")),
        migrations.AddField(
            "instrument", "last_answer_at", models.DateTimeField(null=True, verbose_name="last answer")
        ),
        migrations.AddField("instrument", "response_ms", models.FloatField(null=True, verbose_name="response time")),
    ]
