"""Answers by quoting: the best one to three sentences, a whole clause or list, word for word, each with its citation.

Writes nothing of its own but the name of whoever is speaking, so what it says is supported by
construction. The default, and what the chat falls back to when a language model fails.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Literal

from rag.answer import Turn
from rag.cite import without_marks
from rag.evidence import Evidence
from rag.question import Question

_FIRST_PERSON = re.compile(r"我(?!国)|咱们|本(?:人|社|公司|单位|校)")

OF_LISTS = 3
"""How many times longer an answer may be that is a list: half of it is none."""


CLAUSE = 600
"""Characters up to which a clause is quoted that is asked for by its number; of a longer one, whole sentences."""

GOES_ON = "……"


class ExtractiveAnswerer:
    """Quotes the evidence in order, up to `length` characters; a first sentence is quoted whole all the same.

    A clause that is asked for by its number is quoted whole, or up to CLAUSE characters and then ……: its last
    citation leads to where it goes on.
    """

    mode: Literal["extractive"] = "extractive"
    reads: Literal["sentences"] = "sentences"

    def __init__(self, length: int = 200) -> None:
        self.length = length

    def stream(
        self, question: Question, evidence: Sequence[Evidence], turns: Sequence[Turn]
    ) -> Iterator[str]:
        """One piece a sentence, each `[name：]sentence[n]`; those of a list stand on lines of their own."""
        if evidence and evidence[0].wording:
            yield from self._wording(evidence)
            return
        written, speaker = 0, ""
        for number, piece in enumerate(evidence, start=1):
            attribution = self._attribution(question, piece)
            lead = attribution if attribution != speaker else ""
            length = len(lead) + len(piece.text)
            most = self.length * (OF_LISTS if piece.listed else 1)
            if written and written + length > most:
                continue
            line = "\n" if written and piece.listed else ""
            written, speaker = written + length, attribution
            yield f"{line}{lead}{_quotation(piece)}[{number}]"

    def _wording(self, evidence: Sequence[Evidence]) -> Iterator[str]:
        """The sentences of a clause, so far as there is room: the first in any case."""
        most = max(CLAUSE, self.length)
        ends = list(accumulate(len(piece.text) for piece in evidence))
        kept = max(1, bisect_right(ends, most))
        for number, piece in enumerate(evidence[:kept], start=1):
            more = GOES_ON if number == kept < len(evidence) else ""
            yield f"{_quotation(piece)}{more}[{number}]"

    def _attribution(self, question: Question, piece: Evidence) -> str:
        """`韩永生（…局长）：` where the sentence is someone's own words or the question asks who said it."""
        speaker = piece.passage.speaker
        if speaker is None or piece.passage.kind == "head":
            return ""
        if not (question.wants_person or _FIRST_PERSON.search(piece.text)):
            return ""
        if not question.wants_person or not speaker.title:
            return f"{speaker.name}："
        return f"{speaker.name}（{speaker.title}）："


def _quotation(piece: Evidence) -> str:
    """The text of a piece, without anything in it that reads as a mark."""
    return without_marks(piece.text, r"〔\1〕")
