"""How far a text speaks of a word: the measure under evidence and refusal. Pure functions of normalised text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from index import words

_SPACE_IN_NUMBER = re.compile(r" (?<=[a-z/] )(?=\d)")

_CHANGES_MEANING = "副原前代非无未不"
"""A prefix that makes another word of the (dictionary's) word behind it: 副总经理 is no 总经理."""

CHANGED = 0.3
"""What a word is worth behind such a prefix."""

SINGLE, OF_VERBS = 0.4, 0.5
"""What a single Chinese character, and a verb, adjective or set phrase weigh beside a noun of the same rarity."""

COMPARABLE_KEPT = 10_000
"""Texts whose comparable form is kept: some 10 MB of passages."""

SPELLED_DIFFERENTLY = 0.8
"""What a word is worth with one character replaced (螺狮粉 for 螺蛳粉), or with most of its characters there."""


_known: dict[str, str] = {}
"""Comparable forms of the texts of late: the same passages are found again and again, and looked at by several."""


def comparable(text: str) -> str:
    """`text` as `holds` reads it: normalised, ordinals in digits, standard numbers without their space."""
    known = _known.get(text)
    return comparables([text])[0] if known is None else known


def comparables(texts: Sequence[str]) -> list[str]:
    """`comparable` of each text; of many at once it takes half the time."""
    found = {text: known for text in texts if (known := _known.get(text)) is not None}
    fresh = [text for text in dict.fromkeys(texts) if text not in found]
    if fresh:
        spelled = map(words.arabic_ordinals, words.normalize_all(fresh))
        made = {text: _SPACE_IN_NUMBER.sub("", plain) for text, plain in zip(fresh, spelled, strict=True)}
        if len(_known) + len(made) > COMPARABLE_KEPT:
            _known.clear()
        _known.update(made)
        found |= made
    return [found[text] for text in texts]


def holds(term: str, text: str) -> float:
    """How far `text` speaks of `term`, 0..1; `term` as from rag.question, `text` as from `comparable`.

    1 for the word itself, less for a part or a spelling of it. Latin words and numbers only count whole.
    """
    return measure(term)(text)


@lru_cache(maxsize=512)
def measure(term: str) -> Callable[[str], float]:
    """`holds` for one term: what only depends on the term is worked out once for many texts."""
    if not is_han(term):
        whole = re.compile(rf"(?<![a-z0-9.]){re.escape(term)}(?![a-z0-9]|\.\d)").search
        return lambda text: 1.0 if term in text and whole(text) else 0.0
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
