"""Who runs what, when; what happened; showing and steering it."""

__version__ = "0.1.0"  # the same as in pyproject.toml
