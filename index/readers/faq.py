"""Lists of questions and answers in tables → one heading and its answer a row.

The question is the heading: it is searched with the answer and shown beside it, and what is quoted is the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.readers.blocks import Block

SHORT_QUESTION = 40
"""Questions of at most so many characters stand together in one heading."""

HEADING = 120
"""Characters of a heading made of several questions."""

LONGEST_HEADING = 200
"""Characters of a single question that is still a heading whole; of a longer one its last sentence is."""

_ANSWER = re.compile(r"答案|答复|回答|解答|回复|答疑|answer|reply|response|^\s*[答aA]\s*$", re.IGNORECASE)
_QUESTION = re.compile(
    r"问题|提问|问句|问法|标准问|相似问|疑问|咨询|question|query|ask|^\s*[问qQ]\s*$", re.IGNORECASE
)
_NO_QUESTION = re.compile(
    r"类[别型]|分类|编号|序号|时间|日期|来源|状态|人$|部门|type|id$|time|date", re.IGNORECASE
)
_TITLE = re.compile(r"标题|主题|title|subject", re.IGNORECASE)
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]?")


@dataclass(frozen=True, slots=True)
class Faq:
    """Which columns of a table hold the questions (the title first) and which the answer."""

    questions: tuple[int, ...]
    answer: int


def faq_columns(labels: Sequence[str]) -> Faq | None:
    """The columns of a table of questions and answers; None for any other table.

    >>> faq_columns(["科室", "标题", "提问", "答复"])
    Faq(questions=(1, 2), answer=3)
    """
    named = [i for i, label in enumerate(labels) if not _NO_QUESTION.search(re.sub(r"[(（].*", "", label))]
    answers = [i for i in named if _ANSWER.search(labels[i])]
    questions = [i for i in named if _QUESTION.search(labels[i]) and i not in answers[:1]]
    titles = [i for i in named if _TITLE.search(labels[i]) and i not in (*answers, *questions)]
    if not answers or not (questions or titles):
        return None
    return Faq((*titles[:1], *questions), answers[0])


def faq_blocks(labels: Sequence[str], rows: Sequence[Sequence[str]], columns: Faq) -> list[Block]:
    """A heading (the question), the answer's lines, then the other cells, of every row.

    A row without an answer goes on with the question above it, as merged or empty cells mean it.
    """
    blocks: list[Block] = []
    for row in rows:
        asked = [(i, line) for i in columns.questions for line in _lines(row[i])]
        heading, rest = _heading([line for _, line in asked])
        if heading:
            blocks.append(Block("heading", heading, 2))
        blocks += [Block("text", line) for line in _lines(row[columns.answer])]
        known = {*columns.questions, columns.answer}
        others = [(labels[i], cell) for i, cell in enumerate(row) if cell and i not in known]
        if others:
            line = "；".join(
                f"{label}：{' '.join(cell.split())}" if label else cell for label, cell in others
            )
            blocks.append(Block("row", line))
        spare = {line for line in rest}
        blocks += [
            Block("text", f"{labels[i]}：{line}" if labels[i] else line) for i, line in asked if line in spare
        ]
    return blocks


def _heading(asked: Sequence[str]) -> tuple[str, list[str]]:
    """(heading, questions that are not in it) of the questions of one row."""
    if not asked:
        return "", []
    first = asked[0]
    if len(first) > LONGEST_HEADING:
        last = [match[0].strip() for match in _SENTENCE.finditer(first)][-1]
        return last[-HEADING:], list(asked)
    heading, rest = first, []
    for line in dict.fromkeys(asked[1:]):
        if line == first:
            continue
        if len(line) <= SHORT_QUESTION and len(heading) + len(line) < HEADING:
            heading += f" {line}"
        else:
            rest.append(line)
    return heading, rest


def _lines(text: str) -> list[str]:
    return [line for line in (" ".join(line.split()) for line in text.split("\n")) if line]
