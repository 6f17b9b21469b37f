"""What a history hands out: conversations, their exchanges and what readers said about the answers.

Kept and looked up in rag.history; what an answer's record holds is in rag.receipts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from rag.answer import Answer
from rag.receipts import Receipt

Verdict = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation in a list. Times are UTC, ISO 8601. `entries` counts its answers."""

    id: str
    owner: str
    title: str
    created: str
    changed: str
    entries: int = 0


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a reader said about an answer. `reason` is one of a page's own choices, `comment` free text."""

    verdict: Verdict
    reason: str = ""
    comment: str = ""
    given: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One exchange of a conversation as it was, with the last word of its reader."""

    receipt: Receipt
    feedback: Feedback | None = None

    @property
    def answer_id(self) -> str:
        """The id of the answer."""
        return self.receipt.id

    @property
    def question(self) -> str:
        """The question as typed."""
        return self.receipt.question

    @property
    def status(self) -> str:
        """As the answer's, or "stopped" where the reader broke it off; its text is then what had been written."""
        return self.receipt.status

    @property
    def answer(self) -> dict[str, Any]:
        """The answer in the form of `Answer.as_dict()`."""
        return dict(self.receipt.answer)

    def to_answer(self) -> Answer:
        """The answer as it was given, for whatever shows answers."""
        return self.receipt.to_answer()

    def as_dict(self) -> dict[str, Any]:
        """The exchange for the API and for exports: the answer's form and beside it ids, time and feedback."""
        said = self.feedback
        return {
            **self.answer,
            "status": self.status,
            "answer_id": self.answer_id,
            "asked": self.receipt.asked,
            "feedback": {"verdict": said.verdict, "reason": said.reason, "comment": said.comment}
            if said
            else None,
        }
