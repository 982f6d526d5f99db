"""What to do about each problem that the validator finds: one sentence for each code, also in docs/sequences.md."""

from __future__ import annotations

from sequences.wording import Wording

HINTS: dict[str, Wording] = {
    "E101": Wording(
        "Give the folder a manifest.yaml that the user of Gwanje may read, and put large data into files beside it."
    ),
    "E102": Wording(
        "Write plain YAML: keys and values, without aliases, tags and merges; quote texts that hold : # or other signs."
    ),
    "E103": Wording("Keep one of the two."),
    "E104": Wording("Correct the spelling, or remove the key: docs/sequences.md lists all of them."),
    "E105": Wording("Add it: every manifest has name and version."),
    "E106": Wording("Write the value out instead of a reference, and put keys such as on, yes or 1 into quotes."),
    "E109": Wording("Install a wheel that holds the package, or remove its entry point."),
    "E111": Wording("Name folder and manifest alike, in lower-case letters, digits and _."),
    "E112": Wording('Put the version into quotes, and keep it short, as in "1.0".'),
    "E113": Wording("Write it as a text; put numbers, dates and words such as yes into quotes."),
    "E121": Wording(
        "Declare it as {type: number, default: 5.0, unit: V, minimum: 4.5, maximum: 6.0}, default of its type."
    ),
    "E122": Wording("Write role and purpose, as in supply: powers the board."),
    "E123": Wording(
        "Give numbers as minimum ≤ marginal_minimum ≤ marginal_maximum ≤ maximum, a listed unit, and a simple pattern."
    ),
    "E131": Wording("Give a number of seconds above 0, or leave the key out."),
    "E132": Wording("Write it as retry: {attempts: 3, delay_s: 0.5}."),
    "E133": Wording("Write true or false, without quotes."),
    "E134": Wording("Give a whole number from 0 to 100, or leave the key out."),
    "E135": Wording(
        "Give numbers above 0 under memory_mb, cpu_s, wall_s, files, output_mb, spool_mb or attachments_mb."
    ),
    "E136": Wording("Name a role that stands under instruments."),
    "E137": Wording("Name a class of a module in the package, as in drivers.Supply for class Supply in drivers.py."),
    "E138": Wording("Write needs: [dataset], or needs: [dataset, target_dataset], or leave the key out."),
    "E139": Wording("Write it as items: {chunk_size: 10, timeout_s: 60, max_pixels: 100000000}."),
    "E141": Wording("Let the user of Gwanje read it, or take it out of the package."),
    "E142": Wording("Keep large and many files elsewhere, and give their folder to the sequence as a parameter."),
    "E143": Wording("Give a whole number from 0 on, or leave the key out."),
    "E144": Wording("Give a whole number from 1 on, or leave the key out."),
    "E145": Wording("Leave the key out, or the instruments: each slot has a board of its own before it."),
    "E201": Wording(
        "Put a sequence.py beside the manifest that the user of Gwanje may read; large tables belong into data files."
    ),
    "E202": Wording("Correct the line; the mistake may also stand just before it."),
    "E203": Wording("Decorate exactly one class with @sequence, imported from sequences.authoring."),
    "E204": Wording("Decorate at least one method with @step."),
    "E205": Wording("Give each step a name of its own."),
    "E206": Wording("Write it as def name(self, run: Run) -> None."),
    "E207": Wording("Make it a plain def that returns its result."),
    "E208": Wording("Look up the options of a step in docs/sequences.md."),
    "E211": Wording("Declare the role under instruments in the manifest, or correct its name here."),
    "E212": Wording("Declare the parameter under parameters in the manifest, or correct its name here."),
    "E213": Wording("Use a name from the list of units; nothing is converted."),
    "E214": Wording("Correct them, or move them into the manifest under the measurement's name."),
    "E215": Wording("Measure in the unit of the limits, or change the limits."),
    "E216": Wording("Decorate the class with @group."),
    "E217": Wording("Name a step or a group that ends before this one."),
    "E218": Wording("Take one dependency out of the circle."),
    "E219": Wording("Move the step into the class of the sequence, and what needs instruments into another sequence."),
    "E221": Wording(
        "Install it where Gwanje runs, correct its name, or import what lies beside with a dot: from .board import …"
    ),
    "E231": Wording("Give it two choices or more, bounds in order, and a picture of the package by its relative path."),
    "E232": Wording("Ask before, in a main step: the teardown also runs when nobody is there."),
    "W301": Wording("Correct the name, or give the measurement limits of its own."),
    "W302": Wording("Copy what is needed into the package, so that its hash covers it."),
    "W309": Wording("Rename or remove one of the two."),
}
