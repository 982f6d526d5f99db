"""Every setting of Gwanje. What an installation may change comes from the environment, see docs/settings.md."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from urllib.parse import quote

from control import environment
from control.databases import database
from control.logs import logging_settings
from stations.paths import StationPaths

BASE_DIR = Path(__file__).resolve().parent.parent

# What an installation decides.
DATA_DIR = environment.path("GWANJE_DATA_DIR", "data", below=BASE_DIR)
STATION_PATHS = StationPaths(DATA_DIR)
# A station file may speak of the data directory, and child processes look for it: all of them find the absolute path.
os.environ["GWANJE_DATA_DIR"] = str(DATA_DIR)
STATION_FILE = environment.path("GWANJE_STATION_FILE", "station.yaml", below=BASE_DIR)
SEQUENCE_DIRS = [BASE_DIR / "sequences" / "packages", *environment.paths("GWANJE_SEQUENCE_DIRS", below=BASE_DIR)]
WORKERS = environment.whole_number("GWANJE_WORKERS", os.cpu_count() or 1)
SECRET_KEY = environment.secret("GWANJE_SECRET_KEY") or environment.kept_secret(DATA_DIR / "secret-key")
DEBUG = environment.yes_no("GWANJE_DEBUG", False)
TIME_ZONE = environment.time_zone("GWANJE_TIME_ZONE")
DATABASES = {
    "default": database("GWANJE_DATABASE_URL", f"sqlite:///{quote(str(DATA_DIR))}/gwanje.sqlite3", below=BASE_DIR)
}
if environment.text("GWANJE_LOG_FILE"):
    os.environ["GWANJE_LOG_FILE"] = str(environment.path("GWANJE_LOG_FILE", "", below=BASE_DIR))
LOGGING = logging_settings(
    level=environment.choice("GWANJE_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")),
    file=environment.text("GWANJE_LOG_FILE"),
)

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django_q",
    "stations",
    "control",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ko", "한국어")]

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
