"""A visual inspection: somebody looks at a board, counts, measures and signs, and every answer is judged."""

from __future__ import annotations

from sequences.authoring import Run, sequence, step

FRONT = "pictures/front.png"


@sequence
class OperatorCheck:
    @step
    def look_at_label(self, run: Run) -> None:
        state = run.ask_choice(
            "What does the label at the lower edge look like?",
            ["intact", "worn", "missing"],
            image=FRONT,
            timeout_s=run.parameters.patience,
        )
        run.measure("label", state)

    @step
    def count_leds(self, run: Run) -> None:
        lit = run.ask_number(
            "How many of the three LEDs light?", minimum=0, maximum=3, timeout_s=run.parameters.patience
        )
        run.measure("lit_leds", lit)

    @step
    def measure_length(self, run: Run) -> None:
        length = run.ask_number(
            "How long is the board, by the caliper?", "mm", 10, 200, timeout_s=run.parameters.patience
        )
        run.measure("board_length", length)

    @step
    def check_clean(self, run: Run) -> None:
        run.measure("clean", run.confirm("Is the board free of flux and dust?", timeout_s=run.parameters.patience))

    @step
    def sign(self, run: Run) -> None:
        run.result = {"inspector": run.ask_text("Who has inspected the board?", timeout_s=run.parameters.patience)}
