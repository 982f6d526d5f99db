"""Beside it, and no better."""


def decode(text: str) -> int:
    return int(text
