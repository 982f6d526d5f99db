"""How dates and times read in each language: as Django has it, with 24 hours and seconds."""
