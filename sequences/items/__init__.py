"""Work over the items of a dataset: what a sequence declares of it, and what holds for one batch."""
