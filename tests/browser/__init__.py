"""Whole pages in a browser. A package for pytest, whose fixtures its files share: see `conftest.py`."""
