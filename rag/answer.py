"""What a question becomes: an Answer with its Citations, and the events of a stream.

Retrieved   the passages that were found, before a word is written
Text        the next piece of the answer, with [n] marks
Done        the whole, checked answer; its text is what counts, whatever was streamed before
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from index.dates import relative_dates
from index.passage import Hit, Passage

Status = Literal["answered", "refused", "error"]
Mode = Literal["extractive", "model"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier exchange of the conversation. `standalone` is the question as it was understood."""

    question: str
    answer: str = ""
    standalone: str = ""


def particulars(passage: Passage) -> dict[str, object]:
    """Where a passage is from, in the names that the command line and the API promise."""
    speaker = passage.speaker
    return {
        "passage_id": passage.id,
        "document": passage.document,
        "collection": passage.collection,
        "title": passage.article,
        "heading": passage.heading,
        "url": passage.url,
        "published": passage.published,
        "publisher": passage.publisher,
        "speaker": speaker.name if speaker else "",
        "speaker_title": speaker.title if speaker else "",
        "page": passage.page,
    }


@dataclass(frozen=True, slots=True)
class Citation:
    """The sentence that a [number] in the answer points at.

    `start:end` counts characters of the document's cleaned text, and `quote` is exactly that stretch
    of it; it lies inside `passage`. `supported` is the verdict of the check in rag.cite. `also_in` are the
    names of other documents that hold the same passage.
    """

    number: int
    passage: Passage
    start: int
    end: int
    quote: str
    supported: bool = True
    also_in: tuple[str, ...] = ()

    @property
    def unsure(self) -> bool:
        """Whether some of the passage was recognised in a picture with little confidence."""
        return self.passage.unsure

    @property
    def dates(self) -> dict[str, str]:
        """What 今年…, 去年…, 本月… in the quote mean, as ISO dates, where the day of publication is known."""
        return relative_dates(self.quote, self.passage.published)

    def as_dict(self) -> dict[str, object]:
        """The citation in the form that the command line and the API promise."""
        return {
            "number": self.number,
            **particulars(self.passage),
            "start": self.start,
            "end": self.end,
            "quote": self.quote,
            "dates": self.dates,
            "passage": self.passage.text,
            "supported": self.supported,
            "also_in": list(self.also_in),
            "unsure": self.unsure,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer. `hits` are all passages that were considered, best first.

    When `status` is "refused", `text` says what is missing and `citations` are empty; `hits` are then
    the nearest passages. `confidence` is the weighted share (0..1) of the question that the evidence holds,
    None where a language model answered and nothing measured it. `notices` are sentences for the reader about how the answer came to be.
    """

    question: str
    standalone_question: str
    status: Status
    text: str
    citations: tuple[Citation, ...] = ()
    hits: tuple[Hit, ...] = ()
    mode: Mode = "extractive"
    notices: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    confidence: float | None = None

    def as_dict(self) -> dict[str, object]:
        """The answer in the form that the command line and the API promise."""
        return {
            "question": self.question,
            "standalone_question": self.standalone_question,
            "status": self.status,
            "answer": self.text,
            "citations": [citation.as_dict() for citation in self.citations],
            "mode": self.mode,
            "confidence": None if self.confidence is None else round(self.confidence, 3),
            "notices": list(self.notices),
            "timings_ms": {stage: round(value, 1) for stage, value in self.timings_ms.items()},
        }


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The passages that were found for the stand-alone question, best first.

    Where the answer is being recorded, the ids under which it will be found; see rag.dialogue.
    """

    question: str
    hits: tuple[Hit, ...]
    answer_id: str = ""
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """The next piece of the answer's text."""

    delta: str


@dataclass(frozen=True, slots=True)
class Done:
    """The finished answer, and the ids under which it is recorded, "" where it is not."""

    answer: Answer
    answer_id: str = ""
    conversation: str = ""


Event = Retrieved | Text | Done
