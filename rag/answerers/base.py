"""The contract of an answerer: numbered evidence in, text with [n] marks out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

from rag.answer import Mode, Turn
from rag.evidence import Evidence
from rag.question import Question


class Answerer(Protocol):
    """Writes an answer from evidence alone."""

    @property
    def mode(self) -> Mode:
        """How the text comes to be: quoted ("extractive") or written by a language model ("model")."""

    @property
    def reads(self) -> Literal["sentences", "passages"]:
        """What each piece of its evidence is: one sentence with its source, or a whole passage."""

    def stream(
        self, question: Question, evidence: Sequence[Evidence], turns: Sequence[Turn]
    ) -> Iterator[str]:
        """The answer piece by piece, with marks [n]; n counts `evidence`, from 1.

        Evidence comes best first and is never empty. Raises AnswererError when the answer cannot be
        written; what was yielded before then is to be thrown away. One that has to wait yields "" at least
        twice a second, so that it can be closed meanwhile.
        """
