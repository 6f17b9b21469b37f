"""Words that may stand for one another: people ask about 充电宝 and 花了多少钱, documents speak of 移动电源 and 投入.

A small list of everyday Chinese and of offices and factories, made by hand. Words that are near in meaning but not
the same (总经理 and 副总经理, 营业收入 and 利润) are no synonyms: between them lies the wrong answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

from rag.matching import holds

SAID_OTHERWISE = 0.8
"""What a word is worth for which the text has another."""

WORDS = Path(__file__).parent / "dictionary" / "synonyms.txt"
"""A line a word: the word, and behind it what may stand for it."""


@cache
def _others() -> dict[str, tuple[str, ...]]:
    """For each word of the list what a text may say in its place."""
    found: dict[str, dict[str, None]] = {}
    for line in WORDS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            word, *others = line.split()
            found.setdefault(word, {}).update(dict.fromkeys(others))
    return {word: tuple(others) for word, others in found.items()}


@lru_cache(maxsize=1024)
def synonyms(term: str) -> tuple[str, ...]:
    """What a text may say in place of the (normalised) term; mostly nothing."""
    return _others().get(term, ())


def whole(found: Sequence[str]) -> list[str]:
    """The words of a text, in order, with those put together that are one word of the list: 充电 and 宝."""
    joined: list[str] = []
    for word in found:
        if joined and joined[-1] + word in _others():
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def says(term: str, text: str) -> float:
    """As `rag.matching.holds`, but another word for the term counts too, as SAID_OTHERWISE at most."""
    held = holds(term, text)
    if held < SAID_OTHERWISE:
        for other in synonyms(term):
            if other in text:
                return SAID_OTHERWISE
    return held
