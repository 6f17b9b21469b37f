"""A stretch of a passage that may answer a question, and the verdict on whether what was found suffices.

Found and judged in rag.finder and rag.sufficiency, written from in rag.answerers, checked in rag.cite.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import takewhile

from index.passage import Passage
from index.split import clauses


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of a passage put before the answerer: `text` is document.text[start:end].

    `score` says how well it answers: higher is better, comparable within one question only. `wording` is set for the
    sentences of a clause whose wording is asked for, which are to be quoted one and all; `listed` for the items of an
    enumeration, which only together are the answer.
    """

    passage: Passage
    start: int
    end: int
    score: float = 0.0
    wording: bool = False
    listed: bool = False

    @property
    def text(self) -> str:
        """The stretch itself."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the evidence suffices. `coverage` is the weighted share (0..1) of the question it holds.

    `uncovered` names the parts of the question of which it does not speak, as a person would write them; `absent`
    the clauses that the question gives the address of and that were not found: 《产品质量法》第二十六条.
    """

    enough: bool
    coverage: float
    uncovered: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def sentences_of(piece: Evidence) -> list[Evidence]:
    """The sentences of a piece, each as a piece: what is quoted is cited sentence by sentence."""
    passage = piece.passage
    spans = [(passage.start + start, passage.start + end) for start, end in clauses(passage.text)]
    inside = [span for span in spans if piece.start <= span[0] and span[1] <= piece.end]
    return [replace(piece, start=start, end=end) for start, end in inside] if len(inside) > 1 else [piece]


def next_to(piece: Evidence) -> tuple[Evidence | None, Evidence | None]:
    """The sentences before and after one, inside its passage; before the row of a table comes the table's head."""
    passage = piece.passage
    spans = [(passage.start + start, passage.start + end) for start, end in clauses(passage.text)]
    before = [span for span in spans if span[1] <= piece.start]
    after = [span for span in spans if span[0] >= piece.end][:1]
    if is_row(piece):
        rows = takewhile(lambda span: is_row(Evidence(passage, *span)), reversed(before))
        before = list(rows)[::-1][:1]
    one, other = (Evidence(passage, *span[0], piece.score) if span else None for span in (before[-1:], after))
    return one, other


def is_row(piece: Evidence) -> bool:
    """Whether a piece is a row of a table whose cells stand between bars, as in Markdown."""
    return piece.text.startswith("|")


def same_article(one: Passage, other: Passage) -> bool:
    """Whether two passages are of one article of one document."""
    return (one.document_id, one.article) == (other.document_id, other.article)
