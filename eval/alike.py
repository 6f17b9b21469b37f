"""Questions that ask the same: nearly the same words and the same numbers. 第十二条 and 第十三条 make two questions.

Compared in normal form with numerals in digits, by the pairs of characters they share. What follows from two
questions being alike (a mistake in a gold set, a draft that nobody needs) is not decided here.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eval.text import arabic, normal

NEAR = 0.8
"""The share of pairs of characters (Jaccard) from which two questions are near-duplicates; below it paraphrases part."""

ROUNDING = 1e-9  # what floating point may be off by
_NUMERAL = re.compile(r"\d+(?:\.\d+)?|[零〇一二两三四五六七八九十百千万亿]+|[a-z]+")


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is compared: its normal form, the pairs of characters in it, and its numbers and Latin words."""

    text: str
    pairs: frozenset[str]
    numbers: tuple[str, ...]

    @classmethod
    def of(cls, *turns: str) -> Question:
        """The last of `turns`, and those before it: 年营收呢？ is another question after another company."""
        text = "\n".join(normal(arabic(turn)) for turn in turns)
        pairs = frozenset(text[i : i + 2] for i in range(len(text) - 1)) or frozenset((text,))
        return cls(text, pairs, tuple(sorted(_NUMERAL.findall(text))))


def alike(one: Question, other: Question) -> bool:
    """Whether the two are the same or near to each other."""
    if one.text == other.text:
        return True
    if one.numbers != other.numbers:
        return False
    shared = len(one.pairs & other.pairs)
    return shared >= NEAR * (len(one.pairs) + len(other.pairs) - shared) - ROUNDING


def near(ones: Sequence[Question], others: Sequence[Question]) -> Iterator[tuple[int, int]]:
    """All (place in `ones`, place in `others`) of questions that are alike.

    Exact and fast without comparing all with all: sets of a Jaccard similarity of at least t share one of the rarest
    |x| - ⌈t|x|⌉ + 1 members of each (prefix filter: Chaudhuri, Ganti and Kaushik, ICDE 2006).
    """
    counts = Counter(pair for question in others for pair in question.pairs)

    def rarest(question: Question) -> list[str]:
        ordered = sorted(question.pairs, key=lambda pair: (counts[pair], pair))
        return ordered[: len(ordered) - math.ceil(NEAR * len(ordered) - ROUNDING) + 1]

    holding: dict[str, list[int]] = defaultdict(list)
    for place, question in enumerate(others):
        for pair in rarest(question):
            holding[pair].append(place)
    for place, question in enumerate(ones):
        for other in sorted({found for pair in rarest(question) for found in holding.get(pair, ())}):
            if alike(question, others[other]):
                yield place, other


class Groups:
    """Questions put into groups of alike ones as they come; each is held against all first ones of the same numbers."""

    def __init__(self) -> None:
        self._exact: dict[str, int] = {}
        self._by_numbers: dict[tuple[str, ...], list[tuple[Question, int]]] = defaultdict(list)
        self._count = 0

    def find(self, question: Question) -> int | None:
        """The number of the group that this question belongs to; None if there is none."""
        if question.text in self._exact:
            return self._exact[question.text]
        firsts = self._by_numbers.get(question.numbers, ())
        return next((number for first, number in firsts if alike(question, first)), None)

    def add(self, question: Question) -> int:
        """The number of the group that this question belongs to, or of its own new one."""
        found = self.find(question)
        if found is None:
            found = self._count
            self._count += 1
            self._by_numbers[question.numbers].append((question, found))
        self._exact[question.text] = found
        return found
