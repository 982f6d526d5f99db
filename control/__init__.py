"""Who runs what, when; what happened; showing and steering it."""
