"""The stretches of an article between its sub-headings, each with the way down to it: 第三章 监督 › 第二节 抽查.

What lies below what is told by the numbers of the headings (第三章, 8.5.1, 一、, （二）) and by the # of Markdown;
a heading with neither stands alone. Each clause (第十二条, 8.5.1; see index.clauses) is a stretch, too, and its number
the last step of the way. Inside a stretch, lists of questions and answers (问：… 答：…) are found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from index.clauses import Clause
from index.lines import HAN
from index.passage import Article
from index.patterns import regex

STEP = " › "
"""Stands between a heading and the one below it."""

LEAST_QUESTIONS = 2
"""Questions, each followed by its answer, from which on they are a list; numbered ones without 问 take one more."""

_NUMERAL = "一二三四五六七八九十百零〇0-9"
_LEVELS = (
    regex(rf"第[{_NUMERAL}]+[编篇]|第[{_NUMERAL}]+部分"),
    regex(rf"第[{_NUMERAL}]+章"),
    regex(rf"第[{_NUMERAL}]+节"),
    regex(rf"第[{_NUMERAL}]+条"),
    regex(r"附\s*[录件]\s*[A-Z0-9一二三四五六七八九十]*"),
    regex(r"[一二三四五六七八九十]{1,3}\s*、"),
    regex(r"[（(][一二三四五六七八九十]{1,3}[)）]"),
)
"""Kinds of numbering, each above those behind it."""

_LISTED = (6, 30)
"""Levels of （一） and （1）, which number the items of a clause."""

_ARTICLES = 5.5  # the level of 第十二条: below 一、, above （一）

_DECIMAL = regex(r"(?:[A-Z]\.)?\d{1,2}(?:\.\d{1,3})*(?=[.、．\s])")
_DECIMALS = 10  # the level of 4; 4.1 is one below
_BULLETED = 30  # the level of （1）
_BARE = 40  # the level of a heading without a number
_HASHES = regex(r"#{1,6}(?=\s)")

_MAY_ASK = regex(r"[问Qq？?]")
_ASKS = regex(
    r"(?:\d{1,3}\s*[.、．]\s*)?(?:[【\[（(]\s*问\s*[】\]）)]|(?:问题?|提问|咨询|Q(?:uestion)?)\s*\d{0,3}\s*[:：.、．]|Q\d{1,3}\s)\s*\S",
    re.IGNORECASE,
)
_MARK = regex(
    r"^(?:\d{1,3}\s*[.、．]\s*)?(?:[【\[（(]\s*问\s*[】\]）)]|(?:问题?|提问|咨询|Q(?:uestion)?)\s*\d{0,3}\s*[:：.、．]|Q\d{1,3}\s)\s*",
    re.IGNORECASE,
)
_ANSWERS = regex(
    r"[【\[（(]\s*答\s*[】\]）)]|(?:答案?|答复|回答|解答|回复|A(?:nswer)?)\s*\d{0,3}\s*[:：.、．]|A\d{1,3}\s",
    re.IGNORECASE,
)
_NUMBERED = regex(
    rf"(?:\d{{1,3}}\s*[.、．]|[一二三四五六七八九十]{{1,3}}\s*、|[（(]\d{{1,3}}[)）])\s*[{HAN}“《A-Za-z].{{1,80}}[？?]$"
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question on the line start:end of a document's text; `text` is without 问： before it."""

    start: int
    end: int
    text: str


def sections(
    text: str, article: Article, clauses: Sequence[Clause] = (), whole: int = 0
) -> Iterator[tuple[str, int, int]]:
    """(heading with those above it, start, end) of the stretches of the body, which hold no sub-heading's line.

    `clauses` are those of the article. The stretch of one holds its first line; one of at most `whole` characters
    keeps the lines of its items （一）, （二） even where they look like sub-headings.
    """
    start, above, path = article.start, "", _Path()
    for offset, title, is_heading in _steps(article, clauses, whole):
        if offset > start:
            yield above, start, offset
        if not is_heading:
            above, start = path.enter_clause(title), offset
            continue
        above = path.enter(title, text[offset : offset + 7])
        line_end = text.find("\n", offset, article.end)
        start = article.end if line_end < 0 else line_end + 1
    if start < article.end:
        yield above, start, article.end


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


class _Step(NamedTuple):
    """A heading, or a clause, that a place is under; of a smaller level is what stands higher."""

    level: float
    title: str
    rank: float = 0.0
    """Of a clause, how deep it is among clauses: a 第十二条 is above all points. 0 for a heading."""


class _Path:
    """The headings and clauses that the place in a document is under."""

    def __init__(self) -> None:
        self._steps: list[_Step] = []

    def enter(self, title: str, line: str) -> str:
        """Goes on to the section of this heading, whose line begins with `line`; returns it with those above it."""
        hashes = _HASHES.match(line)
        level = len(hashes[0]) - 100 if hashes else _level(title)
        while self._steps and (self._steps[-1].level >= level or self._steps[-1].level == _BARE):
            self._steps.pop()
        if level == _BARE:
            self._steps.clear()
        self._steps.append(_Step(level, title))
        return str(self)

    def enter_clause(self, number: str) -> str:
        """Goes on to a clause, which stands below all headings before it; with "", to what follows the last one."""
        rank = _level(f"{number} ") if number and not number.startswith("第") else _ARTICLES
        ended = (at for at, step in enumerate(self._steps) if step.rank >= rank)
        del self._steps[next(ended, len(self._steps)) :]
        if rank > _ARTICLES:
            while (
                self._steps
                and _DECIMALS <= self._steps[-1].level < _BULLETED
                and self._steps[-1].level >= rank
            ):
                self._steps.pop()
            self._steps.append(_Step(rank, number, rank))
        elif number:
            above = self._steps[-1].level if self._steps else _BARE
            level = _ARTICLES if above == _BARE else max(_ARTICLES, above + 0.5)
            self._steps.append(_Step(level, number, rank))
        return str(self)

    def __str__(self) -> str:
        return STEP.join(step.title for step in self._steps)


def _steps(article: Article, clauses: Sequence[Clause], whole: int) -> list[tuple[int, str, bool]]:
    """(offset, title, whether it is a sub-heading) of all sub-headings and clauses, without the items of short clauses."""
    headings = {offset for offset, _ in article.headings}
    found = [(offset, title, True) for offset, title in article.headings]
    found += [(one.start, one.number, False) for one in clauses if one.start not in headings]
    found.sort()
    kept: list[tuple[int, str, bool]] = []
    n = 0
    while n < len(found):
        kept.append(found[n])
        offset, title, is_heading = found[n]
        n += 1
        if is_heading or not title:
            continue
        behind = n
        while behind < len(found) and found[behind][2] and _level(found[behind][1]) in _LISTED:
            behind += 1
        stop = found[behind][0] if behind < len(found) else article.end
        if stop - offset <= whole:
            n = behind
    return kept


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
