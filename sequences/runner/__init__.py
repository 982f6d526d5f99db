"""The runner: a process that waits, makes a slot safe when asked to, executes one run, and is thrown away."""
