import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("stations", "0001_first_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("subject", models.CharField(blank=True, max_length=200, verbose_name="subject")),
                ("sequence", models.CharField(max_length=100, verbose_name="sequence")),
                ("version", models.CharField(max_length=40, verbose_name="version")),
                ("sha256", models.CharField(max_length=64, verbose_name="checksum of the package")),
                ("package", models.CharField(max_length=500, verbose_name="package")),
                ("parameters", models.JSONField(default=dict, verbose_name="parameters")),
                ("units", models.JSONField(default=dict, verbose_name="units")),
                ("limits", models.JSONField(default=dict, verbose_name="limits")),
                ("stop_grace_s", models.FloatField(verbose_name="time to stop (s)")),
                ("term_grace_s", models.FloatField(default=1.0, verbose_name="time after SIGTERM (s)")),
                ("deadline_grace_s", models.FloatField(default=1.0, verbose_name="time after a deadline (s)")),
                ("resources", models.JSONField(default=dict, verbose_name="resource limits")),
                (
                    "origin_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("RESTART", "Restart"),
                            ("RERUN", "Run again"),
                            ("RESUME", "Resumption"),
                            ("RECOVERY", "Automatic restart after a crash"),
                        ],
                        max_length=8,
                        verbose_name="kind of origin",
                    ),
                ),
                ("carried", models.JSONField(null=True, verbose_name="carried over")),
                ("restarts_left", models.PositiveSmallIntegerField(default=0, verbose_name="automatic restarts left")),
                (
                    "priority",
                    models.SmallIntegerField(
                        choices=[(-10, "Low"), (0, "Normal"), (10, "High"), (20, "Urgent")],
                        default=0,
                        verbose_name="priority",
                    ),
                ),
                (
                    "trigger",
                    models.CharField(
                        choices=[("MANUAL", "Manual"), ("SCHEDULED", "Scheduled"), ("API", "API")],
                        max_length=9,
                        verbose_name="trigger",
                    ),
                ),
                ("submitted_by", models.CharField(max_length=150, verbose_name="started by")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("QUEUED", "Queued"),
                            ("RUNNING", "Running"),
                            ("PAUSED", "Paused"),
                            ("COMPLETED", "Completed"),
                            ("FAILED", "Failed"),
                            ("STOPPED", "Stopped"),
                            ("ABORTED", "Aborted"),
                            ("CRASHED", "Crashed"),
                        ],
                        default="QUEUED",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("NONE", "None"),
                            ("SKIPPED", "Skipped"),
                            ("PASS", "Pass"),
                            ("FAIL", "Fail"),
                            ("TIMEOUT", "Timeout"),
                            ("ERROR", "Error"),
                        ],
                        default="NONE",
                        max_length=7,
                        verbose_name="outcome",
                    ),
                ),
                ("marginal", models.BooleanField(default=False, verbose_name="marginal")),
                ("progress", models.FloatField(default=0.0, verbose_name="progress")),
                ("current_step", models.CharField(blank=True, max_length=200, verbose_name="current step")),
                ("open_prompt", models.CharField(blank=True, max_length=20, verbose_name="open prompt")),
                ("manual_by", models.CharField(blank=True, max_length=150, verbose_name="driven by hand by")),
                ("readings", models.JSONField(default=dict, verbose_name="readings")),
                ("cause", models.CharField(blank=True, max_length=200, verbose_name="cause")),
                ("message", models.TextField(blank=True, verbose_name="message")),
                ("error", models.TextField(blank=True, verbose_name="error")),
                ("result", models.JSONField(null=True, verbose_name="result")),
                ("plan", models.JSONField(default=list, verbose_name="plan")),
                ("settings", models.JSONField(default=dict, verbose_name="settings")),
                ("saved", models.JSONField(default=dict, verbose_name="saved values")),
                ("keep", models.BooleanField(default=False, verbose_name="keep")),
                ("expected_s", models.FloatField(null=True, verbose_name="expected duration (s)")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="submitted")),
                ("started_at", models.DateTimeField(null=True, verbose_name="started")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
                ("drivers", models.JSONField(default=dict, verbose_name="drivers")),
                ("station_configuration", models.JSONField(default=dict, verbose_name="station configuration")),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="followers",
                        to="control.batch",
                        verbose_name="origin",
                    ),
                ),
                (
                    "slot",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batches",
                        to="stations.slot",
                        verbose_name="slot",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batches",
                        to="stations.station",
                        verbose_name="station",
                    ),
                ),
            ],
            options={
                "verbose_name": "batch",
                "verbose_name_plural": "batches",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "QUEUED")),
                        fields=["slot", "-priority", "id"],
                        name="batch_waiting",
                    ),
                    models.Index(fields=["state", "-id"], name="batch_by_state"),
                    models.Index(fields=["sequence", "-id"], name="batch_by_sequence"),
                    models.Index(fields=["slot", "-id"], name="batch_by_slot"),
                    models.Index(fields=["ended_at"], name="batch_by_end"),
                    models.Index(fields=["outcome", "-id"], name="batch_by_outcome"),
                    models.Index(
                        condition=models.Q(("restarts_left__gt", 0), ("state", "CRASHED")),
                        fields=["station", "id"],
                        name="batch_to_recover",
                    ),
                    models.Index(fields=["name"], name="batch_by_name", opclasses=["varchar_pattern_ops"]),
                    models.Index(fields=["subject"], name="batch_by_subject", opclasses=["varchar_pattern_ops"]),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("RUNNING", "PAUSED"))),
                        fields=("slot",),
                        name="batch_one_active_per_slot",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("QUEUED", "RUNNING", "PAUSED")), ("ended_at__isnull", False), _connector="OR"
                        ),
                        name="batch_ended_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("RUNNING", "PAUSED")), _negated=True),
                            ("slot__isnull", False),
                            _connector="OR",
                        ),
                        name="batch_active_has_slot",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("origin_kind", "RECOVERY")), fields=("origin",), name="batch_one_recovery"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("sequence", "manual_control"), ("state__in", ("QUEUED", "RUNNING", "PAUSED"))
                        ),
                        fields=("slot",),
                        name="batch_one_session_per_slot",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("COMPLETED", "FAILED", "STOPPED", "ABORTED", "CRASHED")),
                            ("outcome", "NONE"),
                            _connector="OR",
                        ),
                        name="batch_live_has_no_outcome",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Stream",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="name")),
                ("first_seq", models.BigIntegerField(default=1, verbose_name="first number")),
                ("last_seq", models.BigIntegerField(default=0, verbose_name="last number")),
                ("generation", models.PositiveIntegerField(default=0, verbose_name="generation")),
                ("spool_offset", models.BigIntegerField(default=0, verbose_name="imported bytes")),
                (
                    "batch",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stream",
                        to="control.batch",
                        verbose_name="batch",
                    ),
                ),
            ],
            options={
                "verbose_name": "stream",
                "verbose_name_plural": "streams",
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.BigIntegerField(verbose_name="number")),
                ("at", models.DateTimeField(verbose_name="time")),
                ("kind", models.CharField(max_length=20, verbose_name="kind")),
                (
                    "level",
                    models.CharField(
                        choices=[("DEBUG", "Debug"), ("INFO", "Info"), ("WARNING", "Warning"), ("ERROR", "Error")],
                        default="INFO",
                        max_length=7,
                        verbose_name="level",
                    ),
                ),
                ("step", models.PositiveIntegerField(null=True, verbose_name="step")),
                ("message", models.TextField(blank=True, verbose_name="message")),
                ("data", models.JSONField(default=dict, verbose_name="data")),
                (
                    "stream",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="control.stream",
                        verbose_name="stream",
                    ),
                ),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "events",
                "ordering": ["stream", "seq"],
                "constraints": [models.UniqueConstraint(fields=("stream", "seq"), name="event_once")],
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("index", models.PositiveIntegerField(verbose_name="number")),
                ("attempt", models.PositiveSmallIntegerField(default=1, verbose_name="attempt")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("group", models.CharField(max_length=100, verbose_name="group")),
                ("within", models.CharField(blank=True, max_length=400, verbose_name="nested group")),
                (
                    "state",
                    models.CharField(
                        choices=[("PENDING", "Pending"), ("RUNNING", "Running"), ("ENDED", "Ended")],
                        default="PENDING",
                        max_length=7,
                        verbose_name="state",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("NONE", "None"),
                            ("SKIPPED", "Skipped"),
                            ("PASS", "Pass"),
                            ("FAIL", "Fail"),
                            ("TIMEOUT", "Timeout"),
                            ("ERROR", "Error"),
                        ],
                        default="NONE",
                        max_length=7,
                        verbose_name="outcome",
                    ),
                ),
                ("marginal", models.BooleanField(default=False, verbose_name="marginal")),
                ("retrying", models.BooleanField(default=False, verbose_name="repeated")),
                ("started_at", models.DateTimeField(null=True, verbose_name="started")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
                ("duration_ms", models.FloatField(null=True, verbose_name="duration (ms)")),
                ("input_count", models.PositiveIntegerField(null=True, verbose_name="items in")),
                ("output_count", models.PositiveIntegerField(null=True, verbose_name="items out")),
                ("result", models.JSONField(null=True, verbose_name="result")),
                ("message", models.TextField(blank=True, verbose_name="message")),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="control.batch",
                        verbose_name="batch",
                    ),
                ),
            ],
            options={
                "verbose_name": "step",
                "verbose_name_plural": "steps",
                "ordering": ["index", "attempt"],
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "index", "attempt"), name="step_once_per_attempt")
                ],
            },
        ),
        migrations.CreateModel(
            name="Measurement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "type",
                    models.CharField(
                        choices=[("number", "Number"), ("text", "Text"), ("boolean", "Yes or no"), ("curve", "Curve")],
                        max_length=7,
                        verbose_name="type",
                    ),
                ),
                ("number", models.FloatField(null=True, verbose_name="numeric value")),
                ("value", models.JSONField(null=True, verbose_name="value")),
                ("unit", models.CharField(blank=True, max_length=20, verbose_name="unit")),
                ("limits", models.JSONField(null=True, verbose_name="limits")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("NONE", "None"),
                            ("SKIPPED", "Skipped"),
                            ("PASS", "Pass"),
                            ("FAIL", "Fail"),
                            ("TIMEOUT", "Timeout"),
                            ("ERROR", "Error"),
                        ],
                        default="NONE",
                        max_length=7,
                        verbose_name="outcome",
                    ),
                ),
                ("marginal", models.BooleanField(default=False, verbose_name="marginal")),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "step",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="measurements",
                        to="control.step",
                        verbose_name="step",
                    ),
                ),
            ],
            options={
                "verbose_name": "measurement",
                "verbose_name_plural": "measurements",
                "ordering": ["id"],
                "constraints": [models.UniqueConstraint(fields=("step", "name"), name="measurement_once_per_step")],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("media_type", models.CharField(max_length=100, verbose_name="media type")),
                ("size", models.PositiveIntegerField(verbose_name="size (bytes)")),
                ("sha256", models.CharField(max_length=64, verbose_name="checksum")),
                ("width", models.PositiveIntegerField(null=True, verbose_name="width")),
                ("height", models.PositiveIntegerField(null=True, verbose_name="height")),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="control.batch",
                        verbose_name="batch",
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="control.step",
                        verbose_name="step",
                    ),
                ),
            ],
            options={
                "verbose_name": "attachment",
                "verbose_name_plural": "attachments",
                "ordering": ["id"],
                "indexes": [models.Index(fields=["batch", "id"], name="attachment_of_batch")],
                "constraints": [models.UniqueConstraint(fields=("step", "name"), name="attachment_once_per_step")],
            },
        ),
        migrations.CreateModel(
            name="ControlEvent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("BATCH_START", "Start"),
                            ("BATCH_PAUSE", "Pause"),
                            ("BATCH_RESUME", "Resume"),
                            ("BATCH_STOP", "Stop"),
                            ("BATCH_SKIP", "Skip a step"),
                            ("BATCH_SETTINGS", "Change settings"),
                            ("BATCH_RESTART", "Restart"),
                            ("BATCH_RERUN", "Run again"),
                            ("PROMPT_ANSWER", "Answer"),
                            ("MANUAL_COMMAND", "Command by hand"),
                            ("MANUAL_END", "End of manual control"),
                            ("TAKE_OVER", "Take-over"),
                            ("GIVE_BACK", "Giving back"),
                            ("BATCH_KEEP", "Keep"),
                            ("BATCH_RELEASE", "Stop keeping"),
                            ("EMERGENCY_STOP", "Emergency stop"),
                            ("RESET", "Reset"),
                            ("CLEAR_UNSAFE", "Clear what was not confirmed"),
                            ("MAKE_SAFE", "Make safe"),
                            ("SCHEDULE_CHANGE", "Change of a schedule"),
                            ("SEQUENCE_CHANGE", "Change of a sequence"),
                            ("STATION_CHANGE", "Change of a station file"),
                            ("SLOT_OUT_OF_SERVICE", "Taken out of service"),
                            ("SLOT_IN_SERVICE", "Put into service"),
                            ("PRUNE", "Pruning"),
                            ("BACKUP", "Backup"),
                        ],
                        max_length=20,
                        verbose_name="kind",
                    ),
                ),
                ("scope", models.CharField(blank=True, max_length=100, verbose_name="scope")),
                ("by", models.CharField(max_length=150, verbose_name="by")),
                (
                    "face",
                    models.CharField(
                        choices=[
                            ("COMMAND", "Command line"),
                            ("PAGE", "Page"),
                            ("ADMIN", "Admin"),
                            ("API", "API"),
                            ("SYSTEM", "System"),
                        ],
                        max_length=7,
                        verbose_name="origin",
                    ),
                ),
                ("reason", models.CharField(default="USER_REQUEST", max_length=500, verbose_name="reason")),
                ("details", models.JSONField(default=dict, verbose_name="details")),
                ("before", models.JSONField(default=dict, verbose_name="state before")),
                ("after", models.JSONField(default=dict, verbose_name="state after")),
                ("requested_at", models.DateTimeField(verbose_name="requested")),
                ("delivered_at", models.DateTimeField(null=True, verbose_name="delivered")),
                ("obeyed_at", models.DateTimeField(null=True, verbose_name="obeyed")),
                (
                    "batch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="control_events",
                        to="control.batch",
                        verbose_name="batch",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "control event",
                "verbose_name_plural": "control events",
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("delivered_at__isnull", True)),
                        fields=["batch", "id"],
                        name="control_event_undelivered",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Prompt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=20, verbose_name="name")),
                ("step", models.PositiveIntegerField(verbose_name="step")),
                ("attempt", models.PositiveSmallIntegerField(default=1, verbose_name="attempt")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("number", "Number"),
                            ("choice", "Choice"),
                            ("confirm", "Yes or no"),
                        ],
                        max_length=7,
                        verbose_name="type",
                    ),
                ),
                ("question", models.JSONField(verbose_name="question")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waits for an answer"),
                            ("ANSWERED", "Answered"),
                            ("OVER", "Ended without an answer"),
                        ],
                        default="WAITING",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("asked_at", models.DateTimeField(verbose_name="asked")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="answered")),
                ("answer", models.JSONField(null=True, verbose_name="answer")),
                ("answered_by", models.CharField(blank=True, max_length=150, verbose_name="answered by")),
                ("taken_at", models.DateTimeField(null=True, verbose_name="taken over")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
                ("closed_why", models.CharField(blank=True, max_length=20, verbose_name="why closed")),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="prompts",
                        to="control.batch",
                        verbose_name="batch",
                    ),
                ),
                (
                    "control",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="control.controlevent",
                        verbose_name="control event",
                    ),
                ),
            ],
            options={
                "verbose_name": "prompt",
                "verbose_name_plural": "prompts",
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "key"), name="prompt_once_per_batch"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "ANSWERED"), _negated=True),
                            ("answered_at__isnull", False),
                            _connector="OR",
                        ),
                        name="prompt_answered_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Sequence",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False, verbose_name="name")),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("by", models.CharField(blank=True, max_length=150, verbose_name="by")),
                ("at", models.DateTimeField(null=True, verbose_name="changed")),
            ],
            options={
                "verbose_name": "sequence",
                "verbose_name_plural": "sequences",
            },
        ),
        migrations.CreateModel(
            name="Schedule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("RUN_SEQUENCE", "Run a sequence"),
                            ("BACKUP", "Back up"),
                            ("PRUNE", "Remove old batches"),
                        ],
                        max_length=12,
                        verbose_name="action",
                    ),
                ),
                ("order", models.JSONField(default=dict, verbose_name="order")),
                ("options", models.JSONField(default=dict, verbose_name="options")),
                ("cron", models.CharField(blank=True, max_length=100, verbose_name="cron")),
                ("every_s", models.PositiveIntegerField(null=True, verbose_name="interval (s)")),
                ("time_zone", models.CharField(blank=True, max_length=60, verbose_name="time zone")),
                ("next_at", models.DateTimeField(null=True, verbose_name="next run")),
                ("busy_since", models.DateTimeField(null=True, verbose_name="busy since")),
                ("last_at", models.DateTimeField(null=True, verbose_name="last result at")),
                ("last_due_at", models.DateTimeField(null=True, verbose_name="was due")),
                ("last_result", models.TextField(blank=True, verbose_name="last result")),
                ("missed", models.PositiveIntegerField(default=0, verbose_name="missed runs")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "last_batch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="schedules",
                        to="control.batch",
                        verbose_name="last batch",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="schedules",
                        to="stations.station",
                        verbose_name="station",
                    ),
                ),
            ],
            options={
                "verbose_name": "schedule",
                "verbose_name_plural": "schedules",
                "ordering": ["name"],
                "indexes": [
                    models.Index(fields=["station", "next_at"], name="schedule_due"),
                    models.Index(
                        condition=models.Q(("busy_since__isnull", False)), fields=["station"], name="schedule_busy"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cron", ""), ("every_s__gte", 60), ("every_s__isnull", False)),
                            models.Q(models.Q(("cron", ""), _negated=True), ("every_s__isnull", True)),
                            _connector="OR",
                        ),
                        name="schedule_has_one_timing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("enabled", True), ("next_at__isnull", False)),
                            models.Q(("enabled", False), ("next_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="schedule_waits_while_enabled",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ErrorLog",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.PositiveIntegerField(null=True, verbose_name="step")),
                ("attempt", models.PositiveSmallIntegerField(null=True, verbose_name="attempt")),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("sequence", "Sequence"),
                            ("hardware", "Hardware"),
                            ("engine", "Engine"),
                            ("model", "Model"),
                            ("infrastructure", "Infrastructure"),
                        ],
                        max_length=14,
                        verbose_name="category",
                    ),
                ),
                ("exception", models.CharField(max_length=200, verbose_name="exception")),
                ("message", models.TextField(verbose_name="message")),
                ("traceback", models.TextField(blank=True, verbose_name="traceback")),
                ("fingerprint", models.CharField(db_index=True, max_length=16, verbose_name="fingerprint")),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="errors",
                        to="control.batch",
                        verbose_name="batch",
                    ),
                ),
            ],
            options={
                "verbose_name": "error",
                "verbose_name_plural": "errors",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("en", "English"), ("ko", "한국어")], max_length=10, verbose_name="language"
                    ),
                ),
            ],
            options={
                "verbose_name": "preference",
                "verbose_name_plural": "preferences",
            },
        ),
        migrations.CreateModel(
            name="LoginLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="checksum")),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
                ("used_at", models.DateTimeField(null=True, verbose_name="used")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL, verbose_name="user"
                    ),
                ),
            ],
            options={
                "verbose_name": "login link",
                "verbose_name_plural": "login links",
            },
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("shown", models.CharField(max_length=20, verbose_name="begins with")),
                ("digest", models.CharField(editable=False, max_length=64, unique=True, verbose_name="checksum")),
                ("scopes", models.JSONField(default=list, verbose_name="scopes")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                ("last_used_at", models.DateTimeField(editable=False, null=True, verbose_name="last used")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_keys",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
                "ordering": ["-id"],
            },
        ),
    ]
