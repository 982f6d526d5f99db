"""Trying a sequence in a terminal: on a guard of its own, all is as in a station but for the database."""
