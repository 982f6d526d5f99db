"""The web process, `start`, API and sockets. A package for pytest, whose files share the station of `conftest.py`."""
