from sequences.authoring import Run, sequence, step


@sequence
class Limits:
    @step
    def text(self, run: Run) -> None:
        run.measure("greeting", "hello")

    @step
    def other_text(self, run: Run) -> None:
        run.measure("answer", "world")

    @step
    def four_texts(self, run: Run) -> None:
        for name in "abcd":
            run.measure(name, name.upper(), one_of=["A", "B", "C", "D"])

    @step
    def seconds(self, run: Run) -> None:
        run.measure("time", 5, "s", minimum=0, maximum=10)

    @step
    def hertz(self, run: Run) -> None:
        run.measure("frequency", 15, "Hz", minimum=0, maximum=10)
        run.measure("remark", "anything", equals="anything")

    @step
    def table(self, run: Run) -> None:
        rows = [(time, 5.0 + time / 100, 0.5 + time / 1000) for time in range(10)]
        run.record_curve("table", {"time": "ms", "voltage": "V", "current": "A"}, rows)
        voltage, current = (sum(row[column] for row in rows) / len(rows) for column in (1, 2))
        run.measure("mean_voltage", voltage, "V")
        run.measure("mean_current", current, "A")
        run.measure("resistance", voltage / current, "ohm", minimum=9, maximum=11)
