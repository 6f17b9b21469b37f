"""Questions for what a word means, and how a sentence says so: X是指…, …，简称X.

Rules on normalised text (`rag.matching.comparable`); which sentence is quoted is decided in rag.finder.
"""

from __future__ import annotations

import re
from functools import lru_cache

_ASKS_MEANING = re.compile(
    r"什么叫做?|何为|何谓|什么是|(?:是|指|指的是|代表|表示)(?:什么|啥)(?:意思|东西)?|什么意思|(?:怎么|怎样|如何)定义|的?(?:定义|含义|全称|缩写)(?:是(?:什么|啥)?)?"
    r"|what (?:is|does)|stands? for|mean"
)
_ABOUT_WORDS = re.compile(r"[“”\"「」『』‘’？?。！!\s]|^请问|^问一下|^(?:那个|这个|所谓)|[的呀啊呢吗嘛]+$")


@lru_cache(maxsize=64)
def definition_of(question: str) -> re.Pattern[str] | None:
    """For a comparable question for the meaning or the full name of a word, how a sentence says it; None for others."""
    asked = _ASKS_MEANING.search(question)
    if not asked:
        return None
    quoted = re.search(r"[“\"「]([^”\"」]{2,20})[”\"」]", question)
    word = quoted[1] if quoted else _ABOUT_WORDS.sub("", _ASKS_MEANING.sub(" ", question).split(",")[0])
    word = re.sub(r"(?:上|里|中|里面)?(?:说|讲|提到)的?$", "", word.strip())
    if not 2 <= len(word) <= 16 or "的" in word:
        return None
    name = re.escape(word)
    return re.compile(
        rf"{name}[”」)）]?\s*(?:\([^()]{{0,40}}\)\s*)?,?(?:是指|指的?是|就是|系指|是(?!否)|指|即|:|意为|为(?![了何什])|意味着|作为一种|=)"
        rf"|(?:称为|称作|叫做?|简称为?|以下简称|即)[“「]?{name}|\w\s?\([“]?{name}[”]?[,)]"
    )
