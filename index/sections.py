"""The stretches of an article between its sub-headings, each with the way down to it: 第三章 监督 › 第二节 抽查.

What lies below what is told by the numbers of the headings (第三章, 8.5.1, 一、, （二）) and by the # of Markdown;
a heading with neither stands alone. Inside a stretch, lists of questions and answers (问：… 答：…) are found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from index import words
from index.lines import HAN
from index.passage import Article

STEP = " › "
"""Stands between a heading and the one below it."""

LEAST_QUESTIONS = 2
"""Questions, each followed by its answer, from which on they are a list; numbered ones without 问 take one more."""

LEAST_CLAUSES = 3
"""Lines that begin with 第X条, in order, from which on a text is made of clauses and doesn't just mention one."""

_NUMERAL = "一二三四五六七八九十百零〇0-9"
_LEVELS = (
    re.compile(rf"第[{_NUMERAL}]+[编篇]|第[{_NUMERAL}]+部分"),
    re.compile(rf"第[{_NUMERAL}]+章"),
    re.compile(rf"第[{_NUMERAL}]+节"),
    re.compile(rf"第[{_NUMERAL}]+条"),
    re.compile(r"附\s*[录件]\s*[A-Z0-9一二三四五六七八九十]*"),
    re.compile(r"[一二三四五六七八九十]{1,3}\s*、"),
    re.compile(r"[（(][一二三四五六七八九十]{1,3}[)）]"),
)
"""Kinds of numbering, each above those behind it."""

_CLAUSE = re.compile(
    rf"^[ \t　]*\**(第[ 　]?[{_NUMERAL}０-９]+[ 　]?条(?:[ 　]?之[{_NUMERAL}]{{1,3}}(?![{HAN}]))?)"
    r"(?!第|[的和与或及至到款项、，,。．；;）)》”]|之[^\s]|规定|所[称列述]|中的|中规定|内容|修改)",
    re.MULTILINE,
)
"""The beginning of a clause; 第三条规定…, 第三条第二款 and 第三条、第四条 speak of one."""

_ANNEX = re.compile(
    r"^[ \t　]*附[ 　]?[件录表][ \t　]*[\dA-Z一二三四五六七八九十]{0,3}[ \t　]*(?:[:：]|$)", re.MULTILINE
)
_NUMBERS = re.compile(r"\d+")

_DECIMAL = re.compile(r"(?:[A-Z]\.)?\d{1,2}(?:\.\d{1,3})*(?=[.、．\s])")
_LETTERED = re.compile(r"([A-Z])\.")
_DECIMALS = 10  # the level of 4; 4.1 is one below
_BULLETED = 30  # the level of （1）
_BARE = 40  # the level of a heading without a number
_HASHES = re.compile(r"#{1,6}(?=\s)")

_MAY_ASK = re.compile(r"[问Qq？?]")
_ASKS = re.compile(
    r"(?:\d{1,3}\s*[.、．]\s*)?(?:[【\[（(]\s*问\s*[】\]）)]|(?:问题?|提问|咨询|Q(?:uestion)?)\s*\d{0,3}\s*[:：.、．]|Q\d{1,3}\s)\s*\S",
    re.IGNORECASE,
)
_MARK = re.compile(
    r"^(?:\d{1,3}\s*[.、．]\s*)?(?:[【\[（(]\s*问\s*[】\]）)]|(?:问题?|提问|咨询|Q(?:uestion)?)\s*\d{0,3}\s*[:：.、．]|Q\d{1,3}\s)\s*",
    re.IGNORECASE,
)
_ANSWERS = re.compile(
    r"[【\[（(]\s*答\s*[】\]）)]|(?:答案?|答复|回答|解答|回复|A(?:nswer)?)\s*\d{0,3}\s*[:：.、．]|A\d{1,3}\s",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    rf"(?:\d{{1,3}}\s*[.、．]|[一二三四五六七八九十]{{1,3}}\s*、|[（(]\d{{1,3}}[)）])\s*[{HAN}“《A-Za-z].{{1,80}}[？?]$"
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question on the line start:end of a document's text; `text` is without 问： before it."""

    start: int
    end: int
    text: str


def sections(text: str, article: Article) -> Iterator[tuple[str, int, int]]:
    """(heading with those above it, start, end) of the stretches of the body, which hold no sub-heading's line."""
    start, above, path = article.start, "", _Path()
    for offset, title in article.headings:
        if offset > start:
            yield above, start, offset
        above = path.enter(title, text[offset : offset + 7])
        line_end = text.find("\n", offset, article.end)
        start = article.end if line_end < 0 else line_end + 1
    if start < article.end:
        yield above, start, article.end


def clauses(text: str, start: int, end: int) -> list[tuple[int, str]]:
    """(offset, 第X条) of the clauses that text[start:end] is made of, in order, [] for a text that only mentions some.

    An annex after the last one is told by its offset and "".
    """
    if "条" not in text[start:end]:
        return []
    rows: list[list[tuple[int, str]]] = []
    last: list[int] = []
    for match in _CLAUSE.finditer(text, start, end):
        title = re.sub(r"\s", "", match[1])
        number = [int(n) for n in _NUMBERS.findall(_arabic(title))]
        if not rows or number <= last:
            rows.append([])
        indent = len(match[0]) - len(match[0].lstrip())
        rows[-1].append((match.start() + indent, title))
        last = number
    rows = [row for row in rows if len(row) >= LEAST_CLAUSES]
    found: list[tuple[int, str]] = []
    for row, behind in pairwise([*rows, [(end, "")]]):
        annex = _ANNEX.search(text, row[-1][0], behind[0][0])
        found += [*row, (annex.start(), "")] if annex else row
    return found


def questions(text: str, start: int, end: int) -> list[Question]:
    """The questions of text[start:end] where it is a list of questions, each with its answer; [] for any other text."""
    stretch = text[start:end]
    if "\n" not in stretch or not _MAY_ASK.search(stretch):
        return []
    lines, at = [], start
    for line in stretch.split("\n"):
        lines.append((at, line))
        at += len(line) + 1
    found = [n for n, (_, line) in enumerate(lines) if _ASKS.match(line.strip()) and _is_answered(lines, n)]
    if len(found) < LEAST_QUESTIONS:
        found = [n for n, (_, line) in enumerate(lines) if is_question(line) and _goes_on(lines, n)]
        if len(found) <= LEAST_QUESTIONS:
            return []
    return [
        Question(at, at + len(line), _MARK.sub("", line.strip())) for at, line in (lines[n] for n in found)
    ]


def is_question(line: str) -> bool:
    """Whether a line reads like a question of a list of questions and answers."""
    line = line.strip()
    return bool(_ASKS.match(line) or _NUMBERED.match(line))


class _Path:
    """The headings that the place in a document is under."""

    def __init__(self) -> None:
        self._steps: list[tuple[int, str]] = []

    def enter(self, title: str, line: str) -> str:
        """Goes on to the section of this heading, whose line begins with `line`; returns it with those above it."""
        hashes = _HASHES.match(line)
        level = len(hashes[0]) - 100 if hashes else _level(title)
        while self._steps and (self._steps[-1][0] >= level or self._steps[-1][0] == _BARE):
            self._steps.pop()
        if level == _BARE:
            self._steps.clear()
        self._steps.append((level, title))
        return STEP.join(step for _, step in self._steps)


def _level(title: str) -> int:
    """How deep a heading's numbering puts it; smaller is higher."""
    title = title.lstrip()
    for level, pattern in enumerate(_LEVELS):
        if pattern.match(title):
            return level
    if decimal := _DECIMAL.match(title):
        return _DECIMALS + decimal[0].count(".")
    return _BULLETED if re.match(r"[（(]\d{1,2}[)）]", title) else _BARE


def _is_answered(lines: list[tuple[int, str]], n: int) -> bool:
    """Whether an answer follows the question on line `n`, there or below."""
    if re.search(r"[？?]\s*(?:答|A)\s*[:：]", lines[n][1]):
        return True
    return n + 1 < len(lines) and bool(_ANSWERS.match(lines[n + 1][1].strip()))


def _goes_on(lines: list[tuple[int, str]], n: int) -> bool:
    """Whether text that is no other question follows on line `n`."""
    return n + 1 < len(lines) and bool(lines[n + 1][1].strip()) and not is_question(lines[n + 1][1])


def _arabic(clause: str) -> str:
    """第一百二十条之一 as 第120条之第1条, whose numbers are put in order."""
    main, _, part = words.normalize(clause).partition("条之")
    return words.arabic_ordinals(f"{main.removesuffix('条')}条" + (f"第{part}条" if part else ""))
