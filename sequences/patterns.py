"""Regular expressions that authors give: capped, and refused where a hostile text could keep them busy for ever.

Python's matcher goes back and tries again wherever the next character does not decide how to go on. Each such choice
multiplies the ways; inside a repetition they multiply with the length of the text. So a pattern is read by Python's own
parser, and what is multiplied is added up as powers of two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from math import inf, log2
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from sequences.wording import shown

LONGEST_PATTERN = 200  # characters
LONGEST_VALUE = 4096  # bytes of UTF-8
TOO_LONG = "is longer than the 4 KiB that a pattern is matched against"
MOST_STEPS = 26.0  # as a power of two: two free repetitions over the longest value, and a little more

Letters = frozenset[str]
_ASCII = tuple(map(chr, range(128)))
_OTHERS = ("é", "中", "٣", "\u2003", "€")  # a letter of either kind, a digit, a blank, a sign
_REPEATS = {ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT}
_LOOKS = {ops.ASSERT, ops.ASSERT_NOT}
_CATEGORIES = {
    ops.CATEGORY_DIGIT: str.isdecimal,
    ops.CATEGORY_SPACE: str.isspace,
    ops.CATEGORY_WORD: lambda letter: letter.isalnum() or letter == "_",
    ops.CATEGORY_NOT_DIGIT: lambda letter: not letter.isdecimal(),
    ops.CATEGORY_NOT_SPACE: lambda letter: not letter.isspace(),
    ops.CATEGORY_NOT_WORD: lambda letter: not (letter.isalnum() or letter == "_"),
}


def matches(pattern: str, value: str) -> bool:
    """Whether a text, the whole of it, is as the pattern says; one of more than 4 KiB never is."""
    return not is_too_long(value) and re.fullmatch(pattern, value) is not None


def is_too_long(value: str) -> bool:
    return len(value) > LONGEST_VALUE or len(value.encode(errors="surrogatepass")) > LONGEST_VALUE


@lru_cache(maxsize=1024)
def pattern_problem(pattern: str) -> str | None:
    """Why a pattern cannot be used, in words that follow the word "pattern"; None if it can."""
    if len(pattern) > LONGEST_PATTERN:
        return f"has {len(pattern)} characters, at most {LONGEST_PATTERN} are allowed"
    try:
        re.compile(pattern)
        parsed = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        return f"{shown(pattern)} is no regular expression: {error}"
    steps = _Reader(pattern, parsed).steps(parsed)
    if steps == inf:
        return (
            f"{shown(pattern)} could take for ever: it repeats something that can be read in several ways, "
            "as in (a+)+ or (a|aa)*"
        )
    if steps > MOST_STEPS:
        return (
            f"{shown(pattern)} could take too long: the next character does not tell where its repetitions end, "
            "as in .*.*.*"
        )
    return None


class _Reader:
    """Reads the parser's nodes over a small alphabet: ASCII, what the pattern names, and one letter of each kind."""

    def __init__(self, pattern: str, parsed: Any) -> None:
        self._ignore_case = re.search(r"\(\?[a-zA-Z]*i", pattern) is not None  # in a part of it or in all
        named = {letter for code in _codes(parsed) for letter in _around(code)}
        self._alphabet = frozenset({*_ASCII, *_OTHERS, *named})
        self._scans = False  # whether some repetition stands to the right of what is read
        self._scans_each_time = False  # and is gone through again for every choice

    def steps(self, nodes: Any) -> float:
        """How many steps the matcher may take, as a power of two, beside some for each character."""
        choices = self.choices(nodes, frozenset())
        return choices + (log2(LONGEST_VALUE) if self._scans_each_time else 0.0)

    def choices(self, nodes: Any, after: Letters) -> float:
        """How many ways a text may be read, as a power of two, at most; `after`: what may follow these nodes."""
        total = 0.0
        for node in reversed(list(nodes)):
            total += self._of_node(node, after)
            after = self._begins([node], after)
        return total

    def _of_node(self, node: Any, after: Letters) -> float:
        kind, given = node
        if kind in _REPEATS:
            return self._of_repeat(given, after)
        if kind is ops.SUBPATTERN:
            return self.choices(given[-1], after)
        if kind is ops.ATOMIC_GROUP:
            return self.choices(given, after)
        if kind in _LOOKS:
            return self.choices(given[1], self._alphabet)
        if kind is ops.BRANCH:
            return self._of_branches(given[1], after)
        if kind is ops.GROUPREF_EXISTS:
            return self._of_branches([given[1], given[2] or []], after)
        return 0.0

    def _of_repeat(self, given: tuple[int, int, Any], after: Letters) -> float:
        least, most, body = given
        most = LONGEST_VALUE if most is ops.MAXREPEAT else most
        if most == 0:
            return 0.0
        first, may_be_empty = self._first(body)
        inner = self.choices(body, first | after if most > 1 else after)
        if inner:
            inner *= inf if most >= LONGEST_VALUE else most
        own = log2(most) if may_be_empty else 0.0
        if least != most and (may_be_empty or first & after):  # it may end anywhere
            own += log2(most - least + 1)
        self._note(own)
        self._scans = self._scans or (most >= LONGEST_VALUE and not own)
        return inner + own

    def _note(self, choices: float) -> None:
        if choices and self._scans:
            self._scans_each_time = True

    def _of_branches(self, branches: Iterable[Any], after: Letters) -> float:
        inner, ways, seen = 0.0, 1, frozenset[str]()
        for branch in branches:
            begins = self._begins(branch, after)
            ways += bool(begins & seen)
            seen |= begins
            inner = max(inner, self.choices(branch, after))
        self._note(log2(ways))
        return inner + log2(ways)

    def _begins(self, nodes: Any, after: Letters) -> Letters:
        first, may_be_empty = self._first(nodes)
        return first | after if may_be_empty else first

    def _first(self, nodes: Any) -> tuple[Letters, bool]:
        """The characters with which nodes may begin, and whether they may be nothing at all."""
        found: Letters = frozenset()
        for kind, given in nodes:
            first, may_be_empty = self._first_of(kind, given)
            found |= first
            if not may_be_empty:
                return found, False
        return found, True

    def _first_of(self, kind: Any, given: Any) -> tuple[Letters, bool]:
        if kind in _REPEATS:
            first, may_be_empty = self._first(given[2])
            return (first, may_be_empty or given[0] == 0) if given[1] else (frozenset(), True)
        if kind is ops.SUBPATTERN:
            return self._first(given[-1])
        if kind is ops.ATOMIC_GROUP:
            return self._first(given)
        if kind in (ops.BRANCH, ops.GROUPREF_EXISTS):
            branches = given[1] if kind is ops.BRANCH else [given[1], given[2] or []]
            firsts = [self._first(branch) for branch in branches]
            return frozenset().union(*(first for first, _ in firsts)), any(empty for _, empty in firsts)
        if kind is ops.GROUPREF:
            return self._alphabet, True
        if kind is ops.AT or kind in _LOOKS:
            return frozenset(), True
        return self._letters(kind, given), False

    def _letters(self, kind: Any, given: Any) -> Letters:
        """The characters that one node takes."""
        if kind is ops.ANY:
            return self._alphabet
        if kind is ops.LITERAL:
            return self._either_case({chr(given)})
        if kind is ops.NOT_LITERAL:
            return self._alphabet - {chr(given)}
        if kind is ops.RANGE:
            return self._either_case(letter for letter in self._alphabet if given[0] <= ord(letter) <= given[1])
        if kind is ops.CATEGORY:
            return frozenset(filter(_CATEGORIES[given], self._alphabet))
        if kind is ops.IN:
            negated = given[0][0] is ops.NEGATE
            taken = frozenset[str]().union(*(self._letters(*item) for item in given[negated:]))
            return self._alphabet - taken if negated else taken
        return self._alphabet if kind is not ops.FAILURE else frozenset()

    def _either_case(self, letters: Iterable[str]) -> Letters:
        found = frozenset(letters)
        if not self._ignore_case:
            return found
        return (
            found
            | {letter for letter in self._alphabet if {letter.lower(), letter.upper()} & found}
            | {other for letter in found for other in (letter.lower(), letter.upper())}
        )


def _codes(nodes: Any) -> Iterable[int]:
    """The code of every character that a pattern names, and the ends of its ranges."""
    for node in nodes:
        if isinstance(node, int):
            continue
        kind, given = node
        if kind in (ops.LITERAL, ops.NOT_LITERAL):
            yield given
        elif kind is ops.RANGE:
            yield from (given[0], sum(given) // 2, given[1])
        elif kind is ops.IN:
            yield from _codes(given)
        elif kind in _REPEATS or kind is ops.SUBPATTERN:
            yield from _codes(given[-1])
        elif kind is ops.ATOMIC_GROUP:
            yield from _codes(given)
        elif kind in _LOOKS:
            yield from _codes(given[1])
        elif kind in (ops.BRANCH, ops.GROUPREF_EXISTS):
            for branch in given[1] if kind is ops.BRANCH else given[1:]:
                yield from _codes(branch or [])


def _around(code: int) -> Iterable[str]:
    letter = chr(code)
    return {letter, letter.lower()[:1], letter.upper()[:1]}
