"""Questions about two things at once: 甲和乙各有多少？ becomes 甲各有多少？ and 乙各有多少？.

What is said of two things mostly stands in two places, and a passage that speaks of one lacks the other. Rules on the
words of the question; whether either part has an answer is for rag.finder to say.
"""

from __future__ import annotations

import re

from index import words
from rag.question import LONGEST_TERM

_DISTRIBUTES = re.compile(
    r"分别|各(?:自|有|是|用|为|占|在|给|需|要|达|多少)|(?:不同|区别|差别|差异|异同|不一样|相同)|相比|比较|对比|谁(?:的|更|比较)|哪个(?:更|多|高|大|早)|都是?(?:多少|什么|谁)"
)
"""Says that each of two things has its own answer."""

_AND = re.compile(r"(?<=[\w》”）)])\s*(?:和|与|跟|以及|及|、)\s*(?=[\w《“（(])")
_BEFORE = re.compile(r"[,，。？?！!：:；;]|请问|在|对|从|把|关于|比较|对比|说|里|中|上(?!半)")
_BEHIND = re.compile(
    r"[,，。？?！!：:；;的]|在|各|分别|有|是|对|用|给|这|那|去|今|谁|哪|多|相比|都|里|中|上(?!半)|之间|两"
)


def each_of(question: str) -> tuple[str, ...]:
    """The two questions that `question` asks at once, or () when it asks one."""
    if not _DISTRIBUTES.search(question):
        return ()
    found = list(_AND.finditer(question))
    if len(found) != 1:
        return ()
    start, end = found[0].span()
    one, other = _last_name(question[:start]), _first_name(question[end:], len(question))
    if len(one) < 2 or len(other) < 2 or one == other:
        return ()
    noun = one.rpartition("的")[2] if "的" in one else ""
    shared = f"{other}的{noun}"
    rest = end + len(shared if noun and question.startswith(shared, end) else other)
    first = question[:start] + question[rest:]
    second = question[: start - len(one)] + question[end:]
    return first, second


def _last_name(text: str) -> str:
    """What the conjunction joins on its left: all since the last pause, or the last words of that if it is long."""
    name = _BEFORE.split(text)[-1]
    if len(name) <= LONGEST_TERM // 2:
        return name
    kept = ""
    for word in reversed(_pieces(name)):
        if len(kept) >= 2:
            break
        kept = word + kept
    return kept


def _first_name(text: str, most: int) -> str:
    """What the conjunction joins on its right: up to the next particle or verb, or the first words of it."""
    name = text[:1] + _BEHIND.split(text[1:most])[0]
    if len(name) <= LONGEST_TERM // 2:
        return name
    kept = ""
    for word in _pieces(name):
        if len(kept) >= 4:
            break
        kept += word
    return kept


def _pieces(text: str) -> list[str]:
    """`text` cut into words, nothing lost."""
    if not text:
        return []
    cut: list[str] = []
    for run in re.findall(r"[\u4e00-\u9fff]+|[^\u4e00-\u9fff]+", text):
        cut += words.cut(run) if "\u4e00" <= run[0] <= "\u9fff" else [run]
    return cut
