"""Answers by quoting: the best one to three sentences, word for word, each with its citation.

Writes nothing of its own but the name of whoever is speaking, so what it says is supported by
construction. The default, and what the chat falls back to when a language model fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from rag.answer import Turn
from rag.cite import without_marks
from rag.evidence import Evidence
from rag.question import Question

_FIRST_PERSON = re.compile(r"我(?!国)|咱们|本(?:人|社|公司|单位|校)")


class ExtractiveAnswerer:
    """Quotes the evidence in order, up to `length` characters; a first sentence is quoted whole all the same."""

    mode: Literal["extractive"] = "extractive"
    reads: Literal["sentences"] = "sentences"

    def __init__(self, length: int = 200) -> None:
        self.length = length

    def stream(
        self, question: Question, evidence: Sequence[Evidence], turns: Sequence[Turn]
    ) -> Iterator[str]:
        """One piece a sentence, each `[name：]sentence[n]`."""
        written, speaker = 0, ""
        for number, piece in enumerate(evidence, start=1):
            attribution = self._attribution(question, piece)
            lead = attribution if attribution != speaker else ""
            quotation = without_marks(piece.text, r"〔\1〕")
            length = len(lead) + len(piece.text)
            if written and written + length > self.length:
                continue
            written, speaker = written + length, attribution
            yield f"{lead}{quotation}[{number}]"

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
