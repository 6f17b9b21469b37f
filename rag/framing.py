"""Sentences that frame a text and answer nothing themselves: the questions of a list of questions and answers
(问：…？答：…), and the lines of a letter that say from whom to whom it goes.

Told by how their lines begin; what is quoted in their place is decided in rag.finder.
"""

from __future__ import annotations

import re

from index.split import clauses
from rag.evidence import Evidence

ENOUGH = 60
"""Characters from which on no further sentence of an answer is quoted."""

BARE = 30
"""Characters below which a line without a full stop is taken for a headline, a date or a signature."""

_ENDS = re.compile(r"[。；！？!?;.：:]\W*$")
_ASKED = re.compile(r"\s*(?:(?:记者|网友|委员)?问|提问|[Qq](?:uestion)?\s?\d*|ask)\s*[:：]")
_TOLD = re.compile(r"\s*(?:答复?|回答|回复|解答|[Aa](?:nswer)?\s?\d*)\s*[:：]")
_ADDRESSED = re.compile(r"\s*(?:致|自|主送|抄送|抄报|收件人|发件人|收信人)\s*[:：]")
_ATTACHED = re.compile(r"\s*附件\s*\d*\s*[:：]")
_ASKS_ADDRESS = re.compile(r"谁|给|致|寄|哪(?:家|里|个(?:公司|单位|部门))|何人|收件|发件|抄送|主送")


def stands_in_question(piece: Evidence) -> bool:
    """Whether the line that a sentence stands in begins as the question of a list of questions and answers."""
    return _ASKED.match(piece.passage.text, _line_start(piece)) is not None


def answer_behind(piece: Evidence) -> list[Evidence]:
    """The first sentences of the answer behind a question in its passage; [] where the passage has none."""
    passage = piece.passage
    end = passage.text.find("\n", piece.end - passage.start)
    if end < 0 or not _TOLD.match(passage.text, end + 1):
        return []
    stop = passage.text.find("\n", end + 1)
    found: list[Evidence] = []
    for first, last in clauses(passage.text):
        full = sum(len(one.text) for one in found) >= ENOUGH
        if first > end and (first < stop or stop < 0) and not full:
            found.append(
                Evidence(passage, passage.start + first, passage.start + last, piece.score, listed=True)
            )
    return found


def is_bare_line(piece: Evidence) -> bool:
    """Whether a piece is a line and no sentence: a headline, a date, a signature."""
    return piece.passage.kind == "body" and len(piece.text) < BARE and not _ENDS.search(piece.text)


def says_nothing(piece: Evidence, question: str) -> bool:
    """Whether a sentence is a question without its answer, or a line of address or attachments not asked for."""
    if stands_in_question(piece):
        return not answer_behind(piece)
    if _ATTACHED.match(piece.text):
        return "附" not in question
    return bool(_ADDRESSED.match(piece.text)) and not _ASKS_ADDRESS.search(question)


def _line_start(piece: Evidence) -> int:
    return piece.passage.text.rfind("\n", 0, piece.start - piece.passage.start) + 1
