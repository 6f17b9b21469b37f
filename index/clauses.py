"""The clauses that a text is made of: 第二十六条 of a law, by-law or contract, 8.5.1 of a standard or a procedure.

A clause begins a line and stands in a row of others, in order; a number that a sentence speaks of, a date,
a measured value or a cell of a table does not. Says where clauses begin; what stands above them is for
index.sections.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from index import words
from index.lines import HAN
from index.patterns import regex

LEAST_CLAUSES = 3
"""Lines that begin with a number, in order, from which on a text is made of clauses and doesn't just mention one."""

MOST_MISSING = 2
"""Numbers that may be missing between two clauses: those of lines that were read as something else."""

_NUMERAL = "一二三四五六七八九十百零〇0-9"
_ARTICLE = regex(
    rf"^[ \t　]*\**(第[ 　]?[{_NUMERAL}０-９]+[ 　]?条(?:[ 　]?之[{_NUMERAL}]{{1,3}}(?![{HAN}]))?)"
    r"(?!第|[的和与或及至到款项、，,。．；;）)》”]|之[^\s]|规定|所[称列述]|中的|中规定|内容|修改)",
    re.MULTILINE,
)
"""The beginning of an article of a law; 第三条规定…, 第三条第二款 and 第三条、第四条 speak of one."""

_VALUE = (
    r"\**[ \t　]*(?:[℃%％‰°×~～±/|\-—–+=]|(?:[cmdkμn]?m[²³23]?|[mk]?g|[kM]?Pa|[kMG]?Hz|[kmμ]?[VWL])(?![A-Za-z])"
    r"|(?:[万亿]?[元人件个台吨米克升]|[万亿]|倍|年|[月日天级折寸])(?:[，。；、,;）)\s]|以[上下]|左右|$)|个百分点|百分点)"
)
_SPOKEN_OF = r"\**[ \t　]*(?:[的和与或及至到、]|[条款项节章](?:[的和与或及、，中]|规定)|中(?:的|规定)|规定的?[，。：]|所[称列述])"
_POINT = regex(
    rf"^[ \t　]*\**((?:[1-9]\d?|[A-Z])(?:[.．]\d{{1,2}}){{1,5}})(?![\d.．])"
    rf"(?=\**(?:[ \t　]*[{HAN}A-Za-z“《【（(]|[ \t　]+\d+[{HAN}]))(?!{_VALUE})(?!{_SPOKEN_OF})",
    re.MULTILINE,
)
"""The beginning of a point of a standard; 8.5.1的要求 speaks of one, and 3.5 mm and 1.2万元 are values."""

_CLAUSE_NUMBER = regex(
    rf"第[{_NUMERAL}０-９]+条(?:之[{_NUMERAL}]{{1,3}})?|(?:[1-9]\d?|[A-Z])(?:\.\d{{1,2}}){{1,5}}"
)
_ANNEX = regex(
    r"^[ \t　]*附[ 　]?[件录表][ \t　]*[\dA-Z一二三四五六七八九十]{0,3}[ \t　]*(?:[:：]|$)", re.MULTILINE
)
_NUMBERS = regex(r"\d+")
_Number = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause that begins at `start` of a document's text with `number`: 第二十六条, 8.5.1.

    With the number "", what begins there is no clause any more: an annex.
    """

    start: int
    number: str


def find_clauses(text: str) -> list[Clause]:
    """The clauses that the text is made of, in reading order; [] for a text that only mentions some."""
    found = _articles(text) if "条" in text else []
    return sorted([*found, *_points(text)], key=lambda clause: clause.start)


def clauses_between(clauses: Sequence[Clause], start: int, end: int) -> Sequence[Clause]:
    """Those of the clauses, in order, that begin in text[start:end]."""
    first, last = (bisect_left(clauses, at, key=lambda clause: clause.start) for at in (start, end))
    return clauses[first:last]


def is_clause_number(step: str) -> bool:
    """Whether a step of a heading's way down is the bare number of a clause.

    >>> is_clause_number("第二十六条"), is_clause_number("8.5.1"), is_clause_number("8.5 生产")
    (True, True, False)
    """
    return _CLAUSE_NUMBER.fullmatch(step) is not None


def _articles(text: str) -> list[Clause]:
    rows: list[list[Clause]] = []
    last: _Number = ()
    for match in _ARTICLE.finditer(text):
        title = re.sub(r"\s", "", match[1])
        number = tuple(int(n) for n in _NUMBERS.findall(_arabic(title)))
        if not rows or number <= last:
            rows.append([])
        rows[-1].append(Clause(_begin(match), title))
        last = number
    return _with_annexes(text, rows)


def _points(text: str) -> list[Clause]:
    """The points of a standard: rows of numbers each of which may follow the one before it."""
    rows: list[list[tuple[_Number, Clause]]] = []
    for match in _POINT.finditer(text):
        title = match[1].replace("．", ".")
        letter = ord(title[0]) if title[0].isalpha() else 0
        number = (letter or int(title.partition(".")[0]), *map(int, title.split(".")[1:]))
        one = (number, Clause(_begin(match), title))
        # One line that is no clause after all doesn't end a row.
        if len(rows) > 1 and len(rows[-1]) < LEAST_CLAUSES and _follows(rows[-2][-1][0], number):
            rows.pop()
        elif not rows or not _follows(rows[-1][-1][0], number):
            rows.append([])
        rows[-1].append(one)
    return _with_annexes(text, [[clause for _, clause in row] for row in rows])


def _follows(before: _Number, number: _Number) -> bool:
    """Whether a point may come right behind another: 8.5.2, 8.5.1.1, 8.6, 8.6.1 or 9.1 behind 8.5.1."""
    at = next((n for n, (one, other) in enumerate(zip(before, number, strict=False)) if one != other), None)
    if at is None:
        return len(number) > len(before) and max(number[len(before) :]) <= 1 + MOST_MISSING
    if at == 0 and before[0] < ord("A") <= number[0]:  # the points of an annex
        return max(number[1:]) <= 1 + MOST_MISSING
    step = number[at] - before[at]
    return 0 < step <= 1 + MOST_MISSING and max((0, *number[at + 1 :])) <= 1 + MOST_MISSING


def _with_annexes(text: str, rows: Sequence[list[Clause]]) -> list[Clause]:
    """The rows that are long enough, each with the annex behind its last clause."""
    rows = [row for row in rows if len(row) >= LEAST_CLAUSES]
    found: list[Clause] = []
    for row, behind in pairwise([*rows, [Clause(len(text), "")]]):
        annex = _ANNEX.search(text, row[-1].start, max(row[-1].start, behind[0].start))
        found += [*row, Clause(annex.start(), "")] if annex else row
    return found


def _begin(match: re.Match[str]) -> int:
    """Where the line of a clause begins behind its indent."""
    return match.start() + len(match[0]) - len(match[0].lstrip())


def _arabic(article: str) -> str:
    """第一百二十条之一 as 第120条之第1条, whose numbers are put in order."""
    main, _, part = words.normalize(article).partition("条之")
    return words.arabic_ordinals(f"{main.removesuffix('条')}条" + (f"第{part}条" if part else ""))
