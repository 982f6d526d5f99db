"""A manual session: one step that obeys people until they end it, or leave it alone for too long."""

from __future__ import annotations

from sequences.authoring import Run, sequence, step


@sequence
class ManualControl:
    @step
    def serve(self, run: Run) -> None:
        run.result = run.serve_by_hand(run.parameters.by, run.parameters.idle_limit_s)
