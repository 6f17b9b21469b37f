"""Whether gold evidence stands in passages: by document and words, so that any way of splitting can be measured.

A quotation stands in a text if its normal form (eval.text.normal) is a piece of the text's; else, being long enough, if
at least 0.8 of its characters stand there in order and close together and every number and name of it does. The second way forgives what
reading and cleaning do to a text (hyphens, line numbers, a dropped footnote), and must not take one year for another.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import PurePosixPath

from eval.gold import Evidence
from eval.metrics.quantities import values
from eval.record import Found
from eval.text import lcs_length, normal
from rag.facts import names, plain

COVERED = 0.8
"""The share of a quotation's characters, as a longest common subsequence, from which it counts as standing in a text."""

SHORTEST = 10
"""Characters below which a quotation must stand in a text exactly: a few characters in order stand in any long text."""

SPREAD = 1.5
"""How many times its own length the characters of a quotation may be spread over."""

GAP = 50
"""Characters of the document that may lie between two adjacent passages: a sub-heading, which is in no passage."""


def same_document(one: str, other: str) -> bool:
    """Whether two names mean one document: equal, or one is the other with folders before it."""
    first, second = _parts(one), _parts(other)
    shared = min(len(first), len(second))
    return shared > 0 and first[-shared:] == second[-shared:]


@lru_cache(maxsize=10_000)
def _parts(name: str) -> tuple[str, ...]:
    return PurePosixPath(name.replace("\\", "/").lstrip("/")).parts


def quote_in(quote: str, text: str) -> bool:
    """Whether `quote` stands in `text`, exactly or nearly (see above). An empty quote stands in every text."""
    return matched_length(quote, text) > 0 or not normal(quote)


def matched_length(quote: str, text: str) -> int:
    """Characters of `quote` in normal form that stand in `text`; 0 unless it counts as standing there."""
    wanted, there = normal(quote), normal(text)
    if wanted in there:
        return len(wanted)
    if len(wanted) < SHORTEST or coverage_below(wanted, there, COVERED) or not _has_facts(quote, text):
        return 0
    share = coverage(wanted, there, COVERED)
    return round(share * len(wanted)) if share >= COVERED else 0


def _has_facts(quote: str, text: str) -> bool:
    """Whether every number and name of `quote` stands in `text`."""
    return values(quote) <= values(text) and all(name in _compact(text) for name in _names(quote))


_names = lru_cache(maxsize=20_000)(names)


@lru_cache(maxsize=20_000)
def _compact(text: str) -> str:
    return plain(text).lower()


def coverage(part: str, text: str, least: float = 0.0) -> float:
    """The greatest share of `part`'s characters that stand in order in a stretch of `text` SPREAD times as long.

    Both in normal form; 0..1. Stretches begin at every eighth of the length of `part`. What is surely below `least`
    may be given as 0.
    """
    if not part:
        return 0.0
    width, step = math.ceil(SPREAD * len(part)), max(1, len(part) // 8)
    of_part = set(part)
    # shared[i]: how many of the first i characters of the text are some character of the part.
    shared = [0, *accumulate(character in of_part for character in text)]
    best = 0
    for start in range(0, max(1, len(text) - width + step), step):
        end = min(start + width, len(text))
        if shared[end] - shared[start] > max(best, math.ceil(least * len(part)) - 1):
            best = max(best, lcs_length(part, text[start:end]))
    return best / len(part)


def coverage_below(part: str, text: str, share: float) -> bool:
    """Whether `coverage(part, text)` is surely below `share`: too few of the characters are there at all. Quick."""
    shared = (_counts(part) & _counts(text)).total()
    return shared < share * len(part)


@lru_cache(maxsize=20_000)
def _counts(text: str) -> Counter[str]:
    return Counter(text)


def ranks(group: Sequence[Evidence], retrieved: Sequence[Found]) -> list[int]:
    """The ranks (from 1) of the passages in which an alternative of `group` stands, ascending."""
    return [
        rank for rank, found in enumerate(retrieved, start=1) if any(stands_in(one, found) for one in group)
    ]


def stands_in(evidence: Evidence, found: Found) -> bool:
    """Whether the quotation stands in this passage of its document."""
    return same_document(evidence.document, found.document) and quote_in(evidence.quote, found.text)


def first_rank(group: Sequence[Evidence], retrieved: Sequence[Found]) -> int | None:
    """The rank, from 1, at which an alternative of `group` is first complete; None where it never is.

    A quotation that two adjacent passages share is complete at the later-ranked one of them.
    """
    for rank in range(1, len(retrieved) + 1):
        if any(_complete_at(one, rank, retrieved) for one in group):
            return rank
    return None


def _complete_at(evidence: Evidence, rank: int, retrieved: Sequence[Found]) -> bool:
    """Whether the quotation stands in the passage at `rank`, or in it and an adjacent one before it in the ranking."""
    found = retrieved[rank - 1]
    if not same_document(evidence.document, found.document):
        return False
    if quote_in(evidence.quote, found.text):
        return True
    earlier = (one for one in retrieved[: rank - 1] if same_document(one.document, found.document))
    return any(_in_both(evidence.quote, one, found) for one in earlier)


def _in_both(quote: str, one: Found, other: Found) -> bool:
    """Whether `quote` stands in two adjacent passages of a document, joined in its order.

    Passages without offsets may be neighbours in either order or none, so there the words have to run on exactly.
    """
    if not (one.end and other.end):
        wanted, first, second = normal(quote), normal(one.text), normal(other.text)
        length = len(wanted)
        return wanted in first[-length:] + second[:length] or wanted in second[-length:] + first[:length]
    first_found, second_found = sorted((one, other), key=lambda found: (found.start, found.end))
    if not -len(second_found.text) < second_found.start - first_found.end <= GAP:
        return False
    overlap = max(0, first_found.end - second_found.start)
    return quote_in(quote, first_found.text + second_found.text[overlap:])
