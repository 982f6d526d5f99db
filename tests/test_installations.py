"""The tests' own tools: an installation that forgets no process, and a server that can be stopped."""

from __future__ import annotations

import os

from tests.installations import alive, wait_until

# Leaves a grandchild behind that has left the session and lost its parent.
LEAVE_ORPHAN = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve("/bin/sleep", ["sleep", "100"], {})
    os._exit(0)
os.wait()
"""


def test_installation_is_migrated_and_its_own(installation):
    assert installation.query("SELECT count(*) FROM django_q_ormq") == [(0,)]
    assert installation.manage("migrate", "--check").returncode == 0


def test_installation_sees_and_kills_an_orphan(installation):
    process = installation.start("shell", "--no-imports", "-c", LEAVE_ORPHAN)
    assert process.wait(timeout=60) == 0, installation.output(process)
    (orphan,) = wait_until(lambda: installation.processes() - {process.pid})
    assert alive(orphan)
    installation.remove()
    assert not alive(orphan)


def test_installation_hides_the_settings_of_the_test(installation):
    done = installation.manage("shell", "--no-imports", "-c", "import os; print(os.environ['GWANJE_DATA_DIR'])")
    assert done.stdout == f"{installation.data}\n" != f"{os.environ['GWANJE_DATA_DIR']}\n"


def test_own_postgresql_keeps_its_rows_through_a_crash(installation_on_own_postgresql, own_postgresql):
    rows = installation_on_own_postgresql.query("SELECT count(*) FROM django_migrations")
    own_postgresql.stop("immediate")
    own_postgresql.start()
    assert installation_on_own_postgresql.query("SELECT count(*) FROM django_migrations") == rows
