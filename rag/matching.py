"""How far a text speaks of a word: the measure under evidence and refusal. Pure functions of normalised text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from index import words

_CHANGES_MEANING = "副原前代非无未不"
"""A prefix that makes another word of the (dictionary's) word behind it: 副总经理 is no 总经理."""

CHANGED = 0.3
"""What a word is worth behind such a prefix."""

SINGLE, OF_VERBS = 0.4, 0.5
"""What a single Chinese character, and a verb, adjective or set phrase weigh beside a noun of the same rarity."""

SPELLED_DIFFERENTLY = 0.8
"""What a word is worth with one character replaced (螺狮粉 for 螺蛳粉), or with most of its characters there."""


def comparable(text: str) -> str:
    """`text` as `holds` reads it: normalised, ordinals in digits, standard numbers without their space."""
    return re.sub(r"(?<=[a-z/]) (?=\d)", "", words.arabic_ordinals(words.normalize(text)))


def holds(term: str, text: str) -> float:
    """How far `text` speaks of `term`, 0..1; `term` as from rag.question, `text` as from `comparable`.

    1 for the word itself, less for a part or a spelling of it. Latin words and numbers only count whole.
    """
    if not is_han(term):
        return 1.0 if re.search(rf"(?<![a-z0-9.]){re.escape(term)}(?![a-z0-9]|\.\d)", text) else 0.0
    position = text.find(term)
    if position >= 0:
        while position >= 0:
            if position == 0 or text[position - 1] not in _CHANGES_MEANING or not words.tag(term):
                return 1.0
            position = text.find(term, position + 1)
        return CHANGED
    if len(term) < 3:
        return 0.0
    pairs = [term[i : i + 2] for i in range(len(term) - 1)]
    share = sum(pair in text for pair in pairs) / len(pairs)
    if share > 0.5:
        return SPELLED_DIFFERENTLY * share
    return SPELLED_DIFFERENTLY if _one_off(term, text) else 0.0


def is_han(term: str) -> bool:
    """Whether a term is Chinese."""
    return bool(term) and "\u3400" <= term[0] <= "\u9fff"


def _one_off(term: str, text: str) -> bool:
    """Whether `text` holds `term` with one inner character replaced; never for a word that the dictionary has."""
    if words.tag(term):
        return False
    pattern = _with_one_replaced(term)
    return pattern.search(text) is not None


@lru_cache(maxsize=512)
def _with_one_replaced(term: str) -> re.Pattern[str]:
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
