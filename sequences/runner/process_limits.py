"""Limits that the operating system holds this process to, and everything that it starts."""

from __future__ import annotations

import resource

from stations.contracts import Job

# The engine's own: three streams, guard, lock of the slot, spool, bell, what VISA holds open, an import.
OWN_FILES = 16
FILES_PER_INSTRUMENT = 5  # one of them its lock


def limit_process(job: Job) -> None:
    """Limit open files as the job says, but not below what its engine and instruments need. No core dumps."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    files = job["resources"].get("files")
    if files is not None:
        needed = OWN_FILES + FILES_PER_INSTRUMENT * len(job.get("instruments", {}))
        ceiling = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        wanted = max(files, needed)
        allowed = wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))
