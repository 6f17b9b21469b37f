"""Asks a recorded question once more, with the library and the settings of today, and says what is different.

What counts is what the reader saw: whether there was an answer, its text, and the words that it cites. Passages, settings,
model and the state of the library are told as reasons. A language model may well answer otherwise with nothing changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rag.answer import Answer
from rag.chatbot import Chatbot
from rag.dialogue import circumstances
from rag.receipts import CitationState, Receipt, citation_states, hit_record
from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was one way and is another."""

    before: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Cited:
    """A quotation by the words and the document that they stand in."""

    document: str
    quote: str


@dataclass(frozen=True, slots=True)
class Place:
    """A passage and its place among those considered, counted from 1; None where it is not among them."""

    document: str
    text: str
    before: int | None
    now: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A recorded answer (`before`) and one of today (`now`)."""

    answer_id: str
    question: str
    before: str
    now: str
    answer: dict[str, Change] = field(default_factory=dict)
    """Of "status", "standalone_question" and "answer", those that changed."""
    cited_no_more: tuple[Cited, ...] = ()
    cited_anew: tuple[Cited, ...] = ()
    passages: tuple[Place, ...] = ()
    """Those whose place changed."""
    circumstances: dict[str, Change] = field(default_factory=dict)
    """What changed of generation, model, prompt_hash, program and each setting (as "settings.NAME")."""
    citations: dict[int, CitationState] = field(default_factory=dict)
    """Whether the words that were cited still stand in their documents."""

    @property
    def same(self) -> bool:
        """Whether a reader would see the same answer with the same citations."""
        return not (self.answer.keys() & {"status", "answer"} or self.cited_no_more or self.cited_anew)

    def as_dict(self) -> dict[str, Any]:
        """As `zhida replay --json` prints it."""
        return {"same": self.same, **asdict(self)}


def replay(receipt: Receipt, chatbot: Chatbot, settings: Settings) -> Difference:
    """Asks `receipt`'s question after the same turns and within the same filter; `settings` are the chatbot's."""
    answer = chatbot.ask(receipt.question, receipt.to_turns(), receipt.to_where())
    return compare(
        receipt, answer, circumstances(settings, chatbot.library), citation_states(receipt, chatbot.library)
    )


def compare(
    receipt: Receipt,
    answer: Answer,
    today: Mapping[str, Any],
    states: Mapping[int, CitationState] | None = None,
) -> Difference:
    """The difference between a record and an answer that was given under the circumstances of `today`."""
    now: Mapping[str, Any] = answer.as_dict()
    then = {**receipt.answer, "status": receipt.status}
    was_cited, is_cited = _cited(then["citations"]), _cited(now["citations"])
    return Difference(
        answer_id=receipt.id,
        question=receipt.question,
        before=str(then["answer"]),
        now=answer.text,
        answer=_changes(
            {name: (then[name], now[name]) for name in ("status", "standalone_question", "answer")}
        ),
        cited_no_more=tuple(one for one in was_cited if one not in is_cited),
        cited_anew=tuple(one for one in is_cited if one not in was_cited),
        passages=_moved(receipt.passages, [hit_record(hit) for hit in answer.hits]),
        circumstances=_circumstances(receipt, today),
        citations=dict(states or {}),
    )


def _cited(citations: Iterable[Mapping[str, Any]]) -> list[Cited]:
    return [Cited(str(one["document"]), str(one["quote"])) for one in citations]


def _changes(pairs: Mapping[str, tuple[Any, Any]]) -> dict[str, Change]:
    return {name: Change(before, now) for name, (before, now) in pairs.items() if before != now}


def _moved(before: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]) -> tuple[Place, ...]:
    """By their words, since a document that is read again gives its passages other ids."""
    places: dict[tuple[str, str], list[int | None]] = {}
    for column, passages in enumerate((before, now)):
        for rank, passage in enumerate(passages, start=1):
            places.setdefault((passage["document"], passage["text"]), [None, None])[column] = rank
    return tuple(
        Place(document, text, was, is_now)
        for (document, text), (was, is_now) in places.items()
        if was != is_now
    )


def _circumstances(receipt: Receipt, today: Mapping[str, Any]) -> dict[str, Change]:
    named = ("generation", "model", "prompt_hash", "program")
    changed = _changes({name: (getattr(receipt, name), today[name]) for name in named})
    settings = today["settings"]
    for name in sorted({*receipt.settings, *settings}):
        before, now = receipt.settings.get(name), settings.get(name)
        if before != now:
            changed[f"settings.{name}"] = Change(before, now)
    return changed
