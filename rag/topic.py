"""Questions for all that a document rules on something, where it has a section of that name: 让步接收怎么办理？, 供应商准入的要求.

A rule or a standard says under its heading what is asked, and its sentences don't repeat the heading's words: so the section
is quoted from its beginning, as a clause is. Only for questions whose words all stand in the headings and titles above one
section; whatever asks for a detail is answered by sentences, in rag.finder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from index.library import Library
from index.passage import Hit, Passage, Where
from index.sections import STEP
from index.split import clauses
from rag.evidence import Evidence, same_article
from rag.framing import is_bare_line, says_nothing
from rag.matching import comparable
from rag.question import Question, content_terms
from rag.synonyms import says
from rag.verdict import SPOKEN_OF

OF_HEADING = 0.5
"""The least share of the words of a heading, by length, that the question must have."""

READ = 5000
"""Passages of a document among which those of the section are looked for."""

_RULES = r"(?:具体|基本|主要|相关|有关)?的?(?:要求|规定|流程|程序|步骤|方法|办法|条件|规则|措施|职责|责任|义务|权利|职权|做法)"
_ASKS = re.compile(
    rf"(?:怎么|如何|怎样|咋)[^，,。]{{0,8}}$|(?:有|是|包括|规定了?)*(?:什么|哪些)(?:[^，,。]{{0,8}}{_RULES})?$|{_RULES}(?:都|分别)?(?:(?:是|有)(?:什么|哪些|怎样的))?$"
)
_NOUNS = frozenset(
    "要求 规定 流程 程序 步骤 方法 办法 条件 规则 措施 职责 做法 管理 进行 办理 有关 相关 具体 公司 企业".split()
)
"""Words that say what of a topic is wanted, or nothing; its heading may leave them out."""
_ASPECTS = "时间 日期 期限 地点 范围 目的 对象 结果 原因 主题 数量 情况 依据".split()
"""Words of a heading without which a question is for something else, though anything may be asked with them."""
_NUMBER = re.compile(
    r"^(?:第[零〇一二三四五六七八九十百\d]+[章节篇编条]|[一二三四五六七八九十]+、|[A-Z]?\d*(?:\.\d+)*)\s*"
)


class _Section(NamedTuple):
    """The part of a passage's article under one of its headings: the steps down to that heading."""

    passage: Passage
    steps: tuple[str, ...]


def section_asked_for(question: Question, found: Sequence[Hit], library: Library) -> list[Evidence]:
    """The sentences of the section that the question names, in order; [] if it names none or asks for a detail."""
    asked = comparable(question.standalone).strip("？?。 ")
    if question.parts > 1 or _NOUNS.issuperset(question.terms) or not _ASKS.search(asked):
        return []
    named = [
        (share, -rank, section)
        for rank, hit in enumerate(found)
        for section in _sections(hit.passage)
        if (share := _share(question, section)) >= OF_HEADING
    ]
    return _sentences(max(named)[2], library) if named else []


def _sections(passage: Passage) -> list[_Section]:
    steps = passage.heading.split(STEP) if passage.heading else []
    return [_Section(passage, tuple(steps[:depth])) for depth in range(1, len(steps) + 1)]


def _share(question: Question, section: _Section) -> float:
    """How much of the section's heading the terms are; 0 if one of them stands neither in it nor above it."""
    passage, steps = section
    above = comparable(" ".join((passage.article, passage.document, *steps)))
    if any(says(term, above) < SPOKEN_OF for term in question.terms if term not in _NOUNS):
        return 0.0
    title = _NUMBER.sub("", steps[-1])
    words = [word for word in content_terms(title) if word not in _NOUNS]
    # What the whole article is about tells none of its headings from the others.
    words = [word for word in words if word not in passage.article] or words
    words += [word for word in _ASPECTS if word in title and word not in words]
    asked = comparable(question.standalone)
    if not words:
        return float(any(word in title and word in asked for word in _NOUNS))
    return sum(len(word) for word in words if says(word, asked) >= SPOKEN_OF) / sum(map(len, words))


def _sentences(section: _Section, library: Library) -> list[Evidence]:
    """All sentences under the heading, to be quoted as the wording of a clause is."""
    named, steps = section
    whole = Where(documents=frozenset([named.document]), collections=frozenset([named.collection]))
    pieces = (
        Evidence(passage, passage.start + start, passage.start + end, wording=True)
        for passage in library.admitted(whole, READ)
        if same_article(passage, named) and tuple(passage.heading.split(STEP)[: len(steps)]) == steps
        for start, end in clauses(passage.text)
    )
    return [piece for piece in pieces if not is_bare_line(piece) and not says_nothing(piece, "")]
