"""How far a text speaks of a word: the measure under evidence and refusal. Pure functions of normalised text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from string import ascii_lowercase, digits

from index import words
from index.recent import make_room

_SPACE_IN_NUMBER = re.compile(r" (?<=[a-z/] )(?=\d)")

_CHANGES_MEANING = "副原前代非无未不"
"""A prefix that makes another word of the (dictionary's) word behind it: 副总经理 is no 总经理."""

CHANGED = 0.3
"""What a word is worth behind such a prefix."""

SINGLE, OF_VERBS = 0.4, 0.5
"""What a single Chinese character, and a verb, adjective or set phrase weigh beside a noun of the same rarity."""

COMPARABLE_KEPT = 10_000
"""Texts whose comparable form is kept: sentences and titles mostly."""

SPELLED_DIFFERENTLY = 0.8
"""What a word is worth with one character replaced (螺狮粉 for 螺蛳粉), or with most of its characters there."""


_LETTERS = frozenset(ascii_lowercase + digits)
_LETTERS_AND_DOT = _LETTERS | {"."}

_BETWEEN = "\x1e"
"""Put between texts: ASCII's record separator, which is part of no pattern."""

_known: dict[str, str] = {}
"""Comparable forms of the texts of late: the same sentences are looked at again and again."""


def comparable(text: str) -> str:
    """`text` as `holds` reads it: normalised, ordinals in digits, standard numbers without their space."""
    found = _known.get(text)
    if found is None:
        (found,) = comparables([text])
        make_room(_known, 1, COMPARABLE_KEPT)
        _known[text] = found
    return found


def comparables(texts: Sequence[str]) -> list[str]:
    """`comparable` of each text, of which nothing is kept; of many at once it takes half the time."""
    if not texts:
        return []
    distinct = list(dict.fromkeys(texts))
    made = dict(zip(distinct, _respelled(words.normalize_all(distinct)), strict=True))
    return [made[text] for text in texts]


def _respelled(plain: list[str]) -> list[str]:
    """Normalised texts with ordinals in digits and standard numbers without their space."""
    # Together, since each pattern takes longer to start than to find nothing.
    made = _SPACE_IN_NUMBER.sub("", words.arabic_ordinals(_BETWEEN.join(plain))).split(_BETWEEN)
    if len(made) == len(plain):
        return made
    return [_SPACE_IN_NUMBER.sub("", words.arabic_ordinals(text)) for text in plain]


def holds(term: str, text: str) -> float:
    """How far `text` speaks of `term`, 0..1; `term` as from rag.question, `text` as from `comparable`.

    1 for the word itself, less for a part or a spelling of it. Latin words and numbers only count whole.
    """
    return measure(term)(text)


@lru_cache(maxsize=512)
def measure(term: str) -> Callable[[str], float]:
    """`holds` for one term: what only depends on the term is worked out once for many texts."""
    if not is_han(term):
        return lambda text: 1.0 if _standing_alone(term, text) >= 0 else 0.0
    known = bool(words.tag(term))
    pairs = [term[i : i + 2] for i in range(len(term) - 1)] if len(term) > 2 else []
    one_off = None if known or not pairs else _with_one_replaced(term).search

    def held(text: str) -> float:
        if term in text:
            return _whole(term, text) if known else 1.0
        if not pairs:
            return 0.0
        share = sum([pair in text for pair in pairs]) / len(pairs)
        if share > 0.5:
            return SPELLED_DIFFERENTLY * share
        return SPELLED_DIFFERENTLY if one_off is not None and one_off(text) else 0.0

    return held


class Texts:
    """Many texts, as from `comparable`, in one string: a term is looked for in all of them at once."""

    def __init__(self, texts: Sequence[str]) -> None:
        """The texts in their order."""
        self._joined = "\n".join([*texts, ""])  # which no term holds and no pattern goes beyond
        self._ends = list(accumulate([len(text) + 1 for text in texts]))

    def holding(self, term: str) -> list[float]:
        """`holds(term, text)` of each text."""
        found = [0.0] * len(self._ends)
        if not is_han(term):
            position = _standing_alone(term, self._joined)
            while position >= 0:
                place = bisect_right(self._ends, position)
                found[place] = 1.0
                position = _standing_alone(term, self._joined, self._ends[place])
            return found
        known = bool(words.tag(term))
        self._sort_in(found, term, _CHANGES_MEANING if known else "")
        if len(term) > 2:
            spelled = self._nearly(term, known)
            found = [whole or near for whole, near in zip(found, spelled, strict=True)]
        return found

    def _nearly(self, term: str, known: bool) -> list[float]:
        """What each text that lacks the term is worth for most of its characters, or for all but one."""
        pairs = [term[i : i + 2] for i in range(len(term) - 1)]
        held = []
        for pair in pairs:
            held.append([0.0] * len(self._ends))
            self._sort_in(held[-1], pair, "")
        shares = [sum(holding) / len(pairs) for holding in zip(*held, strict=True)]
        worth = [SPELLED_DIFFERENTLY * share if share > 0.5 else 0.0 for share in shares]
        if not known:
            for match in _with_one_replaced(term).finditer(self._joined):
                place = bisect_right(self._ends, match.start())
                worth[place] = worth[place] or SPELLED_DIFFERENTLY
        return worth

    def _sort_in(self, found: list[float], term: str, changes: str) -> None:
        """Note 1 for each text that holds `term`, or CHANGED where it stands behind one of `changes` only."""
        joined, ends, find = self._joined, self._ends, self._joined.find
        place, position = 0, find(term)
        while position >= 0:
            if position >= ends[place]:
                place = bisect_right(ends, position, place)
            if joined[position - 1] in changes:
                found[place] = CHANGED
                position = find(term, position + 1)
            else:
                found[place] = 1.0
                position = find(term, ends[place])  # the rest of this text can only say the same


def _whole(term: str, text: str) -> float:
    """What a word of the dictionary is worth that stands in `text`: less where a prefix makes another word of it."""
    position = text.find(term)
    while position >= 0:
        if position == 0 or text[position - 1] not in _CHANGES_MEANING:
            return 1.0
        position = text.find(term, position + 1)
    return CHANGED


def is_han(term: str) -> bool:
    """Whether a term is Chinese."""
    return bool(term) and "\u3400" <= term[0] <= "\u9fff"


def _standing_alone(term: str, text: str, start: int = 0) -> int:
    """Where a Latin word or a number first stands that is no part of a longer one; -1 if nowhere from `start` on."""
    # A pattern would take longer to make than this to find it in all passages of a question.
    position = text.find(term, start)
    while position >= 0:
        end = position + len(term)
        behind = text[end : end + 1]
        goes_on = behind in _LETTERS or (behind == "." and text[end + 1 : end + 2].isdecimal())
        if not goes_on and text[position - 1 : position] not in _LETTERS_AND_DOT:
            return position
        position = text.find(term, position + 1)
    return -1


@lru_cache(maxsize=512)
def _with_one_replaced(term: str) -> re.Pattern[str]:
    """`term` with one inner character replaced."""
    return re.compile(
        "|".join(re.escape(term[:i]) + "." + re.escape(term[i + 1 :]) for i in range(1, len(term) - 1))
    )


def weigh(rarity: Mapping[str, float], terms: tuple[str, ...]) -> dict[str, float]:
    """The weight of each term: its rarity, less for words that people put in other words, and for fragments."""
    return {term: rarity.get(term, 1.0) * _firmness(term) for term in terms}


def _firmness(term: str) -> float:
    """How sure an answer's source uses this very word, 0..1: names and nouns mostly, verbs and adjectives less."""
    if not is_han(term):
        return 1.0
    if len(term) == 1:
        return SINGLE
    return OF_VERBS if words.tag(term)[:1] in ("v", "a", "d", "c", "p", "r", "l", "i", "z", "t", "f") else 1.0


def longest_common(one: str, other: str) -> int:
    """The length of the longest stretch of characters that both texts hold.

    Grows the answer while some stretch of `one` that long stands in `other`, so that the work is done by
    the interpreter's own string search.
    """
    length = 0
    for start in range(len(one)):
        while start + length < len(one) and one[start : start + length + 1] in other:
            length += 1
    return length
