"""Drivers: how a sequence talks to an instrument, and how an instrument is brought into its safe state. No Django."""
