"""The cells that `make test` tries: each ending and each activity at least once."""

from __future__ import annotations

CHOSEN = {
    "timeout-deadlock",
    "stop-read",
    "stop-prompt",
    "emergency-begin",
    "emergency-pause",
    "runner-SIGTERM-sleep",
    "runner-SIGKILL-deadlock",
    "guard-SIGTERM-loop",
    "guard-SIGKILL-stuck-teardown",
    "guard-SIGSTOP-read",
    "warden-SIGTERM-teardown",
    "warden-SIGKILL-deadlock",
    "warden-SIGSTOP-begin",
    "everything-SIGKILL-sleep",
    "supervisor-SIGTERM-deadlock",
    "supervisor-SIGKILL-pause",
    "supervisor-SIGKILL-prompt",
    "supervisor-SIGSTOP-sleep",
    "cluster-SIGTERM-read",
    "cluster-SIGKILL-loop",
    "cluster-SIGSTOP-deadlock",
    "housekeeping-SIGKILL-sleep",
    "housekeeping-SIGSTOP-loop",
    "web-SIGTERM-pause",
    "web-SIGKILL-deadlock",
    "database-away-loop",
    "disk-full-sleep",
    "meter-unplugged-read",
    "supply-unplugged-sleep",
}
# Their ending concerns the database or those who write to it: tried on PostgreSQL, too.
ON_BOTH = {
    "supervisor-SIGKILL-pause",
    "supervisor-SIGKILL-prompt",
    "supervisor-SIGSTOP-sleep",
    "cluster-SIGKILL-loop",
    "database-away-loop",
    "everything-SIGKILL-sleep",
}
