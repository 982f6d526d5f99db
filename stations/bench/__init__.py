"""The simulated bench: a process that plays every instrument which the station file gives to it, at its own address."""
