"""Writes that change a dataset: made, filled, read, removed."""
