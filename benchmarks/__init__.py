"""What Gwanje costs, measured on a running station and set beside a goal or a peer. See docs/benchmarks.md."""
