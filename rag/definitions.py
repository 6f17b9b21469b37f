"""Questions for what a word means, and how a sentence says so: X是指…, …，简称X.

A glossary has the word as a heading and says what it is below. Rules on normalised text (`rag.matching.comparable`);
which sentence is quoted is decided in rag.finder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from index.passage import Passage
from index.sections import STEP
from rag.matching import comparable

SAYS, IN_GLOSSARY = 3.0, 8.0
"""What it adds to a sentence's score, in log odds, that it says what the thing is, and that it is the first one below the
word in a glossary: such a sentence need not have a word of the question."""

_ASKS_MEANING = re.compile(
    r"什么叫做?|何为|何谓|什么是|是指|指的是|(?:是|指|代表|表示)(?:什么|啥)(?:意思|东西)?|什么意思|(?:怎么|怎样|如何)定义|的?(?:定义|含义|全称|缩写)(?:是(?:什么|啥)?)?"
    r"|what (?:is|does)|stands? for|mean"
)
_ABOUT_WORDS = re.compile(r"[“”\"「」『』‘’？?。！!\s]|^请问|^问一下|^(?:那个|这个|所谓)|[的呀啊呢吗嘛]+$")


_NUMBER = re.compile(r"^(?:\d+(?:\.\d+)*|[(（]?[一二三四五六七八九十\d]+[)）、.]|第\d+[条节])\s*")
_GLOSSARY = re.compile(r"术语|定义|词汇|释义|名词|缩略语|glossary|terms")


@dataclass(frozen=True, slots=True)
class Definition:
    """The word whose meaning is asked for, and how a sentence says it."""

    word: str
    said: re.Pattern[str]

    def worth(self, passage: Passage, start: int, text: str) -> float:
        """What it adds to the score of the (comparable) sentence at `start` of a passage's text that it defines the word."""
        above, _, heading = comparable(passage.heading).rpartition(comparable(STEP))
        is_entry = not start and _NUMBER.sub("", heading) == self.word and _GLOSSARY.search(above)
        return IN_GLOSSARY if is_entry else SAYS if self.said.search(text) else 0.0


@lru_cache(maxsize=64)
def definition_of(question: str) -> Definition | None:
    """What a comparable question for the meaning or the full name of a word looks for; None for other questions."""
    asked = _ASKS_MEANING.search(question)
    if not asked:
        return None
    quoted = re.search(r"[“\"「]([^”\"」]{2,20})[”\"」]", question)
    before, after = (
        _ABOUT_WORDS.sub("", part) for part in (question[: asked.start()], question[asked.end() :])
    )
    word = quoted[1] if quoted else (before or after).split(",")[0]
    word = re.sub(r"(?:上|里|中|里面)?(?:说|讲|提到)的?$", "", word.strip())
    if not 2 <= len(word) <= 16 or "的" in word:
        return None
    name = re.escape(word)
    said = re.compile(
        rf"{name}[”」)）]?\s*(?:\([^()]{{0,40}}\)\s*)?,?\s*(?:是指|指的?是|就是|系指|是(?!否)|指|即|:|意为|为(?![了何什])|意味着|作为一种|=)"
        rf"|(?:称为|称作|叫做?|简称为?|以下简称|即)[“「]?{name}|\w\s?\([“]?{name}[”]?[,)]"
    )
    return Definition(word, said)
