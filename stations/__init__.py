"""What stands on the bench: stations, slots, instruments, and the processes that keep them safe."""
