"""Every setting of Gwanje. What an installation may change comes from the environment, see docs/settings.md."""

from __future__ import annotations

import os
import socket
import warnings
from pathlib import Path
from urllib.parse import quote

from control import __version__, environment
from control.databases import database
from control.logs import logging_settings
from control.skin import skin_settings
from stations.paths import StationPaths

BASE_DIR = Path(__file__).resolve().parent.parent

# What an installation decides.
DATA_DIR = environment.path("GWANJE_DATA_DIR", "data", below=BASE_DIR)
STATION_PATHS = StationPaths(DATA_DIR)
# A station file may speak of the data directory, and child processes look for it: all of them find the absolute path.
os.environ["GWANJE_DATA_DIR"] = str(DATA_DIR)
STATION_FILE = environment.path("GWANJE_STATION_FILE", "station.yaml", below=BASE_DIR)
BUILT_IN_SEQUENCES = BASE_DIR / "sequences" / "built_in"
SEQUENCE_DIRS = [BASE_DIR / "sequences" / "packages", *environment.paths("GWANJE_SEQUENCE_DIRS", below=BASE_DIR)]
# Sequences whose packages may bring driver classes of their own; "*": all of them.
PACKAGE_DRIVERS = environment.words("GWANJE_PACKAGE_DRIVERS")
# Driver classes beside ours, by dotted path; `package.*`: all of a package.
DRIVERS = environment.dotted_paths("GWANJE_DRIVERS")
# What datasets may be made of beside uploads: folders below these, objects in these buckets.
DATASET_ROOTS = environment.paths("GWANJE_DATASET_ROOTS", below=BASE_DIR)
DATASET_BUCKETS = environment.words("GWANJE_DATASET_BUCKETS")
S3_ENDPOINT = environment.text("GWANJE_S3_ENDPOINT")
S3_REGION = environment.text("GWANJE_S3_REGION")
S3_ACCESS_KEY = environment.secret("GWANJE_S3_ACCESS_KEY")
S3_SECRET_KEY = environment.secret("GWANJE_S3_SECRET_KEY")
# Files of one request; bytes of one uploaded dataset, and what has to stay free on the disk; pixels of one image.
DATASET_MAX_FILES_PER_REQUEST = environment.whole_number("GWANJE_DATASET_MAX_FILES_PER_REQUEST", 10_000)
DATASET_MAX_BYTES = environment.whole_number("GWANJE_DATASET_MAX_MB", 50 * 1024) * 1024**2
DATASET_SPARE_BYTES = environment.whole_number("GWANJE_DATASET_SPARE_MB", 1024) * 1024**2
DATASET_MAX_PIXELS = environment.whole_number("GWANJE_DATASET_MAX_PIXELS", 100_000_000)
# None: not set here. A flag wins over these, and these over the station file: control/management/listening.py.
HOST = environment.text("GWANJE_HOST")
PORT = environment.whole_number("GWANJE_PORT", None)
WORKERS = environment.whole_number("GWANJE_WORKERS", None)
# How long a batch waits until it counts as one of the next higher priority, in seconds.
AGEING_S = environment.duration("GWANJE_AGEING_S", 600.0)
# Where pg_dump and pg_restore are; None: on PATH.
PG_BIN = environment.path("GWANJE_PG_BIN", "", below=BASE_DIR) if environment.text("GWANJE_PG_BIN") else None
SECRET_KEY = environment.secret("GWANJE_SECRET_KEY") or environment.kept_secret(DATA_DIR / "secret-key")
DEBUG = environment.yes_no("GWANJE_DEBUG", False)
TIME_ZONE = environment.time_zone("GWANJE_TIME_ZONE")
DATABASES = {
    "default": database(
        "GWANJE_DATABASE_URL",
        f"sqlite:///{quote(str(DATA_DIR))}/gwanje.sqlite3",
        below=BASE_DIR,
        pooled=environment.yes_no("GWANJE_DATABASE_POOL", False),
    )
}
# The loopback names always answer: this host's own tools use them. Without a list, so do its name and where it listens.
_OWN_NAMES = [
    socket.gethostname(),
    *([f"[{HOST}]" if ":" in HOST else HOST] if HOST not in ("", "0.0.0.0", "::") else []),
]
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *(environment.words("GWANJE_ALLOWED_HOSTS") or _OWN_NAMES)]
# The addresses of a proxy in front, with their scheme: https://gwanje.example
CSRF_TRUSTED_ORIGINS = environment.words("GWANJE_TRUSTED_ORIGINS")
PREFERRED_LANGUAGE = environment.choice("GWANJE_LANGUAGE", "AUTO", ("AUTO", "EN", "KO")).lower()
if environment.text("GWANJE_LOG_FILE"):
    os.environ["GWANJE_LOG_FILE"] = str(environment.path("GWANJE_LOG_FILE", "", below=BASE_DIR))
LOGGING = logging_settings(
    level=environment.choice("GWANJE_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")),
    file=environment.text("GWANJE_LOG_FILE"),
)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # before the admin, whose templates it replaces; the other one replaces our site too
    "control.apps.AdminConfig",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
    "stations",
    "control",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "control.middleware.secure_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "control.middleware.chosen_language",
    "control.pages.errors.bodies_of_forms",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "control.pages.errors.wrong_methods",
]
ROOT_URLCONF = "control.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "control.pages.shell.shell",
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "한국어")]
LANGUAGE_COOKIE_NAME = "gwanje_language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "control.formats"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "control:overview"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # no step of collecting before a start
WHITENOISE_AUTOREFRESH = DEBUG

# Cookies go over HTTPS alone where people come over HTTPS alone.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = bool(CSRF_TRUSTED_ORIGINS) and all(
    origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS
)
# Names of our own: cookies know no port, and another Django on this host would log people out here.
SESSION_COOKIE_NAME = "gwanje_session"
CSRF_COOKIE_NAME = "gwanje_csrf"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = ["4_0.E001"]  # origins without a scheme: control.E008 names the variable
CSRF_FAILURE_VIEW = "control.pages.errors.csrf_failure"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
UNFOLD = skin_settings()
# The views of the API name their own classes (control/api/face.py); a view that forgets to lets only staff in.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "control.api.schema.Schema",
    "EXCEPTION_HANDLER": "control.api.problems.answer_problem",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Gwanje",
    "DESCRIPTION": "Runs step sequences against the instruments of a test bench, and keeps their history.",
    "VERSION": __version__,
    # The schema tells nothing about an installation: it is public, and asks no database.
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "validatorUrl": None},
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "BatchState": "control.states.State",
        "StepState": "control.states.StepState",
        "SlotState": "control.states.SlotState",
        "Outcome": "control.states.StepOutcome",
        "Priority": ["LOW", "NORMAL", "HIGH", "URGENT"],
        "EventKind": "control.journal.kinds.Kind",
        "ControlEventKind": "control.models.control_event.ControlEvent.Kind",
        "SlotKind": "stations.models.Slot.Kind",
        "DatabaseKind": ["sqlite", "postgresql"],
        "HealthStatus": ["ok"],
        "PartStatus": ["ok", "warning", "error"],
        "TroubleLevel": ["warning", "error"],
        "DatasetState": "control.models.dataset.Dataset.State",
        "DatasetKind": "control.models.dataset.Dataset.Kind",
        "ScheduleAction": "control.models.schedule.Schedule.Action",
        "ManualAction": ["begin", "end", "take-over", "give-back", "set", "read", "raw"],
    },
    "TAGS": [
        {"name": "batches", "description": "Runs of sequences: submitted, watched, steered, looked up."},
        {"name": "slots", "description": "Where batches run."},
        {"name": "sequences", "description": "What can be run."},
        {"name": "datasets", "description": "Files that batches work on."},
        {"name": "schedules", "description": "What happens by itself at set times."},
        {"name": "safety", "description": "Emergency stop and reset. A software stop, no certified safety function."},
        {"name": "system", "description": "What it is, and whether it works."},
    ],
}

# django-q2 carries door-bells, nothing more: which batch runs is decided in the database. A duplicated, lost or late
# task does no harm, so its own bookkeeping is switched off wherever it costs time or repeats work.
Q_CLUSTER = {
    "name": "gwanje",  # salt of the signatures: the same on every host
    "broker_class": "control.worker.brokers.WakingBroker",
    "orm": "default",
    "timeout": None,  # a batch takes as long as it takes; its deadlines are its guard's
    "retry": 10 * 365 * 24 * 3600,  # counts from delivery and would run again what merely lasts
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,  # saving every success slows delivery eight times; the journal keeps the story
    "queue_limit": 1,  # a prefetched bell waits behind a batch while another host is free
    "bulk": 1,
    "catch_up": False,
    "scheduler": False,
    "guard_cycle": 0.25,  # only powers of two: its countdown compares floats with zero
    "recycle": 100_000,
    # Each station has a cluster for its slots and one for its lanes; the library insists on this key for any name.
    "ALT_CLUSTERS": {},
    "workers": environment.whole_number("GWANJE_CLUSTER_WORKERS", 1),
}
# The library warns of every timeout that is not below `retry`, and of None. Ours is None on purpose, see above.
warnings.filterwarnings("ignore", message="Retry and timeout are misconfigured")
