"""Reading what was and what waits. Writes nothing."""
