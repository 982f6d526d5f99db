"""Who runs what, when; what happened; showing and steering it."""

import gc

__version__ = "0.1.0"  # the same as in pyproject.toml

# What is imported stays: looking through it again and again is a third of the time in which a process starts.
gc.disable()  # until ControlConfig.ready
