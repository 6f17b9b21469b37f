"""Questions that give an address: 《产品质量法》第二十六条, GB/T 19001 的 8.5.1.

Who names a clause wants that very clause, whatever else speaks of the same things: its neighbours, or a
judicial interpretation that quotes the law's name. Words alone can't tell them apart, so an address is
looked for in where a passage stands. Doesn't search: it scores passages that were found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import PurePath

from index import words
from index.passage import Passage
from index.sections import STEP

EXACT, WITHIN = 3.5, 1.5
"""What an address is worth beside the other scores, which reach 2.2 together: enough to come before whatever else was
found. `WITHIN` is for a name that is a part of the title: 《不合格品管理规定》 for 远岭重工不合格品管理规定."""

GOES_ON = 0.7
"""The share of that for the later passages of a long clause: before everything else, and behind its beginning."""

MOST_BETWEEN = 100
"""Characters between two passages of one clause, at most: those of a sub-heading, which is in no passage."""

_CLAUSE = r"第\d+条(?:之[一二三四五六七八九十\d]+)?|第\d+(?:\.\d+)+[条款]?|第\d+章"
_POINT = r"\d+(?:\.\d+)+(?![\d.]|\s*[%‰℃版万亿元个倍吨米克升度分秒年])"
_TITLED = re.compile(rf"《([^《》]{{2,60}})》(?:\([^()]*\))?(?:中|里|的)?(?:第\d+章)?({_CLAUSE}|{_POINT})")
_NAMED = re.compile(
    rf"([一-鿿]{{2,30}}(?:法典|法|条例|规定|办法|细则|准则|规范|规程|章程|制度|标准|要求))(?:中|里|的)?({_CLAUSE})"
)
_STANDARD = re.compile(
    rf"((?:[a-z]{{1,6}}(?:/[a-z]{{1,4}})?)\d+(?:\.\d+)*(?:[-:]\d{{4}})?)(?!\d|\.\d)(?:标准)?(?:中|里|的|第)*({_POINT})"
)
_CALLED = re.compile(r"^中华人民共和国|\((?:\d{4}|修订|修正|试行|草案|征求意见稿)[^()]*\)")
_EDITION = re.compile(r"(?<=\d):(?=\d{4}(?!\d))")
_BETWEEN_NUMBERS = re.compile(r"(?<=\d)\s+(?=\d+\.\d)")
_LEAST_NAME = 4  # characters of a name that may be a part of a title


@dataclass(frozen=True, slots=True)
class Address:
    """A work and a clause of it, both in the spelling that is compared: 产品质量法, 第26条.

    `loose` is set when nothing marks where the name begins: 请问刑法, of which 刑法 is the work.
    """

    work: str
    clause: str
    loose: bool = False


def addresses(question: str) -> list[Address]:
    """The clauses that a question names together with the work that they stand in.

    >>> addresses("《中华人民共和国产品质量法》第二十六条是什么？")
    [Address(work='产品质量法', clause='第26条')]
    """
    text = _asked(question)
    found = []
    for pattern in (_TITLED, _NAMED, _STANDARD):
        for match in pattern.finditer(text):
            work, clause = match.groups()
            number = clause.strip("第条款") if "." in clause else clause
            found.append(Address(called(work), number, pattern is _NAMED))
    return list(dict.fromkeys(found))


def names(document: str, title: str) -> frozenset[str]:
    """What a document may be called in an address: by its file's name and by its title."""
    return frozenset(called(plain(name)) for name in (PurePath(document).stem, title) if name)


def is_named(asked: Sequence[Address], called: Set[str]) -> bool:
    """Whether a document of these names may be the work of one of the addresses."""
    return any(_named(address, called) > 0 for address in asked)


def score(asked: Sequence[Address], passage: Passage) -> float:
    """How well a passage is at one of the addresses: EXACT, WITHIN, GOES_ON of either, or 0."""
    if not asked:
        return 0.0
    steps = [plain(step) for step in passage.heading.split(STEP)]
    titles = [plain(passage.article), plain(PurePath(passage.document).stem), plain(passage.section)]
    lines = [plain(line) for line in passage.text.split("\n")]
    stands = "\n".join([plain(passage.article), *steps, *lines])
    worth = []
    for address in asked:
        goes_on = address.clause in steps and not begins(address.clause, "\n".join(lines))
        worth.append(_one(address, titles, stands) * (GOES_ON if goes_on else 1.0))
    return max(worth)


_WORDING = re.compile(
    r"(?:请问|中|里|的|具体|主要|内容|规定|原文|全文|条文|要求|是|有|说|讲|写|了|什么|哪些|怎么|如何|怎样|告诉我|列出|[条款?？。,:;])*"
)
"""What is left of a question for the wording of a clause when its address is taken away."""
_BEGINS = re.compile(r"第\d+[条章节]|\d+(?:\.\d+)+(?![\d%])")


def asks_wording(question: str) -> bool:
    """Whether a question gives an address and asks for no more than what stands there."""
    text = _asked(question)
    found = (pattern.search(text) for pattern in (_TITLED, _NAMED, _STANDARD))
    return any(one and _WORDING.fullmatch(text[: one.start()] + text[one.end() :]) for one in found)


def wording(asked: Sequence[Address], found: Sequence[Passage]) -> list[tuple[Passage, int, int]]:
    """The clause that the first of the passages found stands in, so far as they hold it: in the order of the text, each
    passage with start and end in its text. [] where the first stands in none of those asked for."""
    first = found[0]
    begins = span(asked, first)
    if begins is not None and begins[1] < len(first.text):
        return [(first, *begins)]
    steps = [step for step in first.heading.split(STEP) if _is_headed(asked, step)]
    if begins is None and not steps:
        return []
    parts = [
        one
        for one in sorted(found, key=lambda one: one.start)
        if (one.document, one.collection, one.article) == (first.document, first.collection, first.article)
        and steps
        and steps[0] in one.heading.split(STEP)
        and (begins is None or one.start > first.start)
    ]
    spans = [(first, *begins)] if begins is not None else [(parts[0], 0, len(parts[0].text))]
    for one in parts if begins is not None else parts[1:]:
        if one.start - spans[-1][0].end > MOST_BETWEEN:
            break
        spans.append((one, 0, len(one.text)))
    return spans


def span(asked: Sequence[Address], passage: Passage) -> tuple[int, int] | None:
    """Where in the passage's text one of the clauses stands, as (start, end); None where its beginning is not there."""
    start, number, at = None, "", 0
    for line in passage.text.splitlines(keepends=True):
        begins = _BEGINS.match(plain(line))
        if start is not None and begins and not begins[0].startswith(f"{number}."):
            return start, at
        if start is None and begins and begins[0] in {address.clause for address in asked}:
            start, number = at, begins[0]
        at += len(line)
    return None if start is None else (start, at)


def _is_headed(asked: Sequence[Address], step: str) -> bool:
    """Whether a step of a heading is the number of one of the clauses, alone or with its title; not that of a chapter."""
    return any(begins(one.clause, plain(step)) for one in asked if not one.clause.endswith("章"))


def _one(address: Address, titles: Sequence[str], stands: str) -> float:
    ends = re.search(rf"[^\d.第]{re.escape(address.clause)}$", titles[0])
    if not ends and not begins(address.clause, stands):
        return 0.0
    return _named(address, {called(title.removesuffix(address.clause)) for title in titles if title})


def begins(clause: str, lines: str) -> bool:
    """Whether one of the lines begins with the number of the clause."""
    return re.search(rf"^{re.escape(clause)}(?![\d.条之])", lines, re.MULTILINE) is not None


def _named(address: Address, names: Set[str]) -> float:
    """How well one of a document's names is the work of the address."""
    if address.work in names or (address.loose and any(map(address.work.endswith, names - {""}))):
        return EXACT
    part = len(address.work) >= _LEAST_NAME and any(
        address.work in name for name in names if "《" not in name
    )
    return WITHIN if part else 0.0


def plain(text: str) -> str:
    """`text` in the one spelling that is compared: 第12条 for 第十二条, GB/T 19001 without its space."""
    return re.sub(r"\s+", "", words.arabic_ordinals(words.normalize(text)).replace("—", "-"))


def _asked(question: str) -> str:
    """A question in that spelling, in which GB/T 19001 10.2 stays two numbers."""
    return plain(_BETWEEN_NUMBERS.sub("的", question))


def called(work: str) -> str:
    """A work's name, `plain`, as people say it: without the country, the year and the marks around it."""
    name = _EDITION.sub("-", work.strip("《》"))
    while (shorter := _CALLED.sub("", name)) != name:
        name = shorter
    return name
