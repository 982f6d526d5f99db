"""Steps that go over the items of a dataset: what they are given, the process that works on them, what they leave."""
