"""How a refusal reads: that the documents do not say, what they do not speak of, and what comes nearest."""

from __future__ import annotations

from collections.abc import Sequence

from index.passage import Hit
from rag.evidence import Verdict

NOT_FOUND = "资料中没有找到"
"""How a refusal begins. Language models are told to use these words, and are recognised by them."""


def refusal_text(verdict: Verdict, hits: Sequence[Hit]) -> str:
    """One or two sentences; names at most three absent clauses or uncovered parts and three nearest titles."""
    text = f"{NOT_FOUND}{'、'.join(verdict.absent[:3]) or '这个问题的答案'}。"
    if not hits:
        return text
    lacking = _shortest(verdict.uncovered)[:3]
    if lacking and not verdict.absent:
        parts = "、".join(part if part.startswith("《") else f"“{part}”" for part in lacking)
        text = f"{NOT_FOUND}这个问题的答案：没有提到{parts}。"
    titles = dict.fromkeys(hit.passage.article or hit.passage.document for hit in hits)
    nearest = "、".join(_in_title_marks(title) for title in list(titles)[:3])
    return f"{text}最接近的资料是{nearest}。"


def _shortest(parts: Sequence[str]) -> list[str]:
    """`parts` without those that hold another: 广东省 says no more than 广东."""
    return [part for part in parts if not any(other != part and other in part for other in parts)]


def _in_title_marks(title: str) -> str:
    """`title` in 《》, with its own turned into 〈〉, as Chinese typography has it."""
    return f"《{title.replace('《', '〈').replace('》', '〉')}》"


def says_not_found(text: str) -> bool:
    """Whether a language model's answer is a refusal."""
    return not text or text.lstrip().startswith(NOT_FOUND)
