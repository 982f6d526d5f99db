"""Warden and guards: the processes that own the slots, kill what hangs and switch outputs off. No Django here."""
