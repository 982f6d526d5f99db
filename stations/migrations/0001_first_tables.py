import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Station",
            fields=[
                ("id", models.SlugField(max_length=40, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("time_zone", models.CharField(max_length=60, verbose_name="time zone")),
                ("default_sequence", models.CharField(blank=True, max_length=100, verbose_name="default sequence")),
                ("host", models.CharField(max_length=200, verbose_name="host")),
                ("configuration", models.JSONField(default=dict, verbose_name="configuration")),
                ("configuration_sha256", models.CharField(max_length=64, verbose_name="checksum of the configuration")),
                ("heartbeat_at", models.DateTimeField(null=True, verbose_name="last sign of life")),
            ],
            options={
                "verbose_name": "station",
                "verbose_name_plural": "stations",
            },
        ),
        migrations.CreateModel(
            name="Slot",
            fields=[
                ("id", models.CharField(max_length=100, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.SlugField(max_length=60, verbose_name="name")),
                (
                    "kind",
                    models.CharField(choices=[("SLOT", "Slot"), ("LANE", "Lane")], max_length=4, verbose_name="kind"),
                ),
                ("position", models.PositiveIntegerField(verbose_name="position")),
                ("sequence", models.CharField(blank=True, max_length=100, verbose_name="sequence")),
                ("instruments", models.JSONField(default=dict, verbose_name="instruments")),
                ("in_file", models.BooleanField(default=True, verbose_name="in the station file")),
                ("taken_out", models.JSONField(null=True, verbose_name="taken out of service")),
                ("health_problem", models.JSONField(null=True, verbose_name="health problem")),
                (
                    "in_service",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.ExpressionWrapper(
                            models.Q(("health_problem__isnull", True), ("in_file", True), ("taken_out__isnull", True)),
                            output_field=models.BooleanField(),
                        ),
                        output_field=models.BooleanField(),
                        verbose_name="in service",
                    ),
                ),
                ("latch", models.JSONField(null=True, verbose_name="latch")),
                ("safe", models.BooleanField(null=True, verbose_name="safe")),
                ("unsafe", models.JSONField(null=True, verbose_name="not confirmed")),
                ("story_offset", models.BigIntegerField(default=0, verbose_name="imported bytes of its story")),
                (
                    "station",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="slots",
                        to="stations.station",
                        verbose_name="station",
                    ),
                ),
            ],
            options={
                "verbose_name": "slot",
                "verbose_name_plural": "slots",
                "ordering": ["station", "kind", "position"],
            },
        ),
        migrations.CreateModel(
            name="Instrument",
            fields=[
                ("id", models.CharField(max_length=100, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.SlugField(max_length=60, verbose_name="name")),
                ("driver", models.CharField(max_length=200, verbose_name="driver")),
                ("resource", models.CharField(max_length=300, verbose_name="resource")),
                ("calibration_due", models.DateField(null=True, verbose_name="calibration due")),
                ("present", models.BooleanField(null=True, verbose_name="present")),
                ("identity", models.CharField(blank=True, max_length=200, verbose_name="identity")),
                ("problem", models.TextField(blank=True, verbose_name="problem")),
                ("last_answer_at", models.DateTimeField(null=True, verbose_name="last answer")),
                ("response_ms", models.FloatField(null=True, verbose_name="response time")),
                ("concurrent", models.BooleanField(default=False, verbose_name="concurrent")),
                (
                    "station",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="instruments",
                        to="stations.station",
                        verbose_name="station",
                    ),
                ),
            ],
            options={
                "verbose_name": "instrument",
                "verbose_name_plural": "instruments",
            },
        ),
        migrations.CreateModel(
            name="Lease",
            fields=[
                (
                    "instrument",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="stations.instrument",
                        verbose_name="instrument",
                    ),
                ),
                ("holder", models.UUIDField(db_index=True, verbose_name="held by batch")),
                ("since", models.DateTimeField(auto_now_add=True, verbose_name="since")),
            ],
            options={
                "verbose_name": "lease",
                "verbose_name_plural": "leases",
            },
        ),
    ]
