"""Whole stations. A package for pytest, whose files share the station of `conftest.py`."""
