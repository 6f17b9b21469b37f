"""How a refusal reads: that the documents do not say, what they do not speak of, and what comes nearest."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from index.passage import Hit, Passage
from rag.evidence import Verdict
from rag.matching import comparable

NOT_FOUND = "资料中没有找到"
"""How a refusal begins. Language models are told to use these words, and are recognised by them."""


def refusal_text(
    verdict: Verdict,
    hits: Sequence[Hit],
    question: str = "",
    is_found: Callable[[str], bool] = lambda part: False,
) -> str:
    """One or two sentences; names at most three absent clauses or uncovered parts and three nearest titles.

    A part is named as `question` spells it. Of one that `is_found` somewhere among the documents, it is not said that
    they lack it, only that what is asked does not stand there.
    """
    text = f"{NOT_FOUND}{'、'.join(verdict.absent[:3]) or '这个问题的答案'}。"
    if not hits:
        return text
    uncovered = _shortest(verdict.uncovered)[:3]
    if uncovered and not verdict.absent:
        there = [is_found(part) for part in uncovered]
        nowhere, elsewhere = (
            "、".join(
                _named(part, question) for part, found in zip(uncovered, there, strict=True) if found is one
            )
            for one in (False, True)
        )
        lacking = [f"没有提到{nowhere}"] if nowhere else []
        lacking += [f"提到{elsewhere}之处没有说到所问的内容"] if elsewhere else []
        text = f"{NOT_FOUND}这个问题的答案：{'；'.join(lacking)}。"
    titles = dict.fromkeys(hit.passage.article or hit.passage.document for hit in hits)
    nearest = "、".join(_in_title_marks(title) for title in list(titles)[:3])
    return f"{text}最接近的资料是{nearest}。"


def speaks_of(part: str, passages: Sequence[Passage]) -> bool:
    """Whether one of the passages, or its title or speaker, has the words of `part`."""
    wanted = comparable(part.strip("《》"))
    return any(wanted in comparable(f"{one.context} {one.text}") for one in passages)


def _named(part: str, question: str) -> str:
    """A part in quotation marks, in the letters of the question: iso was asked for as ISO."""
    if part.startswith("《"):
        return part
    asked = re.search(re.escape(part), question, re.IGNORECASE)
    return f"“{asked[0] if asked else part}”"


def _shortest(parts: Sequence[str]) -> list[str]:
    """`parts` without those that hold another: 广东省 says no more than 广东."""
    return [part for part in parts if not any(other != part and other in part for other in parts)]


def _in_title_marks(title: str) -> str:
    """`title` in 《》, with its own turned into 〈〉, as Chinese typography has it."""
    return f"《{title.replace('《', '〈').replace('》', '〉')}》"


def says_not_found(text: str) -> bool:
    """Whether a language model's answer is a refusal."""
    return not text or text.lstrip().startswith(NOT_FOUND)
