"""Enumerations in a text: what belongs together when somebody asks which three, or for all of them.

An item begins with a number (一是…二是…, 第一，…, 1.…, （二）…), a bullet or a label (流程优化：…). Rules on the text alone;
which enumeration answers a question is decided in rag.companions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.passage import Passage
from index.split import clauses
from rag.facts import chinese_value

MOST_ITEMS = 12
"""Items that are quoted of one enumeration."""

_NUMERAL = "[一二三四五六七八九十]{1,3}"
_MARKS = (
    ("是", re.compile(rf"({_NUMERAL})是(?!否)")),
    ("第", re.compile(rf"第({_NUMERAL})(?:[,，、是：:]|(?:个|步|点|方面|条)[,，、是：:])")),
    ("、", re.compile(rf"({_NUMERAL})、")),
    ("（）", re.compile(rf"[（(]({_NUMERAL}|\d{{1,2}})[）)]")),
    ("1", re.compile(r"(\d{1,2})[.、．](?!\d)")),
    ("①", re.compile(r"([①②③④⑤⑥⑦⑧⑨⑩])")),
    ("-", re.compile(r"[-•·▪◆●○*]\s+()")),
    ("：", re.compile(r"([^\s：:，,。；;（(“]{2,12})[：:](?=\S)")),
)
_UNNUMBERED = ("-", "：")
_OPENS = re.compile(r"(?<=[：:。；;，,])\s*(?=一是|首先|第一[,，、]|1[.、]|①|[（(][一1][）)])")
"""Where the first item of an enumeration begins inside the sentence that announces it (内容为：一是…)."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item: the stretch start..end of its passage's text (a whole sentence), how it is marked and its number."""

    passage: Passage
    start: int
    end: int
    style: str
    number: int


def enumerations(passages: Sequence[Passage]) -> list[list[Item]]:
    """The enumerations of two items or more in passages of one article, in their order; passages need not be.

    Numbered items of one enumeration follow each other in their numbers, with any sentences between them;
    bullets and labels follow each other directly.
    """
    found: list[list[Item]] = []
    open_: dict[str, list[Item]] = {}
    for passage in sorted(passages, key=lambda one: one.start):
        last = ""
        for start, end in clauses(passage.text):
            item = _item(passage, start, end)
            style = item.style if item else ""
            if item is not None:
                known = open_.get(style)
                goes_on = known is not None and (
                    item.number == known[-1].number + 1 if style not in _UNNUMBERED else last == style
                )
                if known is not None and goes_on:
                    known.append(item)
                elif style in _UNNUMBERED or item.number == 1:
                    open_[style] = [item]
                    found.append(open_[style])
            last = style
    return [items[:MOST_ITEMS] for items in found if len(items) > 1]


def _item(passage: Passage, start: int, end: int) -> Item | None:
    """The sentence as an item, if it begins with a mark or holds the first one; None if it is none."""
    text = passage.text[start:end]
    opened = _OPENS.search(text)
    for style, mark in _MARKS:
        match = mark.match(text)
        if match is None and opened is not None and style not in _UNNUMBERED:
            match = mark.match(text, opened.end())
        if match is not None:
            return Item(passage, start, end, style, 0 if style in _UNNUMBERED else _number(match[1]))
    return None


def _number(numeral: str) -> int:
    if numeral.isdecimal() and numeral.isascii():
        return int(numeral)
    circled = "①②③④⑤⑥⑦⑧⑨⑩".find(numeral)
    return circled + 1 if circled >= 0 else chinese_value(numeral) or 0
