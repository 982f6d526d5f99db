"""Used by sequence.py, and checked as well."""

import protocol_of_somebody_else


def decode(text: str) -> float:
    return protocol_of_somebody_else.parse(text)
