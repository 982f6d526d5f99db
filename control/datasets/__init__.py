"""Files that batches work on: where they lie, how they are listed, and what is found when one looks at them."""
