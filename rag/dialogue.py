"""A chatbot that remembers: answers, as `Chatbot.stream` does, and adds each answer to the history.

What is streamed is what the chatbot streams, event for event; only ids are put into the first and the last. A history
that cannot be used never keeps an answer from its reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypedDict, Unpack

from index.errors import LibraryError, NotThere
from index.library import Library
from index.passage import PRIVATE, Hit, Where
from rag.answer import Answer, Done, Event, Retrieved, Text, Turn
from rag.build import instructions_of
from rag.chatbot import Chatbot
from rag.history import History, new_id
from rag.receipts import (
    Receipt,
    hash_of,
    hit_record,
    passage_record,
    program,
    settings_record,
    where_record,
)
from rag.settings import Settings


class Asking(TypedDict, total=False):
    """The further options of `Dialogue.stream` and `Dialogue.ask`."""

    owner: str
    turns: Sequence[Turn] | None
    replaces: str


class Dialogue:
    """`chatbot` with `history` as its memory; `settings` are those that the chatbot was made from.

    dialogue = Dialogue(chatbot, History.open(settings.home), settings)
    conversation = dialogue.history.start(owner)
    for event in dialogue.stream("安徽有多少家检验检测机构？", conversation.id, owner=owner): …
    for event in dialogue.stream("年营收呢？", conversation.id, owner=owner): …
    """

    def __init__(self, chatbot: Chatbot, history: History, settings: Settings) -> None:
        self.chatbot = chatbot
        self.history = history
        self.settings = settings
        self._circumstances: tuple[int, dict[str, Any]] = (-1, {})

    def stream(
        self, question: str, conversation: str = "", where: Where | None = None, **options: Unpack[Asking]
    ) -> Iterator[Event]:
        """Retrieved, Text…, Done as the chatbot streams them; Retrieved and Done tell `answer_id` and `conversation`.

        `conversation` is an id of `history.start` (NotThere for one that is not the `owner`'s, raised by the first
        `next`), or "" for a question by itself, which is recorded but belongs to no conversation. `turns` are the
        exchanges before it where the caller keeps them; else they are the conversation's. `replaces` is the answer
        that this one takes the place of (retry, edited question): it and all after it leave the conversation.

        The record is written before Done is given out; an iterator that is closed early records the answer as stopped,
        and one that fails as an error. If the record is only kept in memory, Done's answer has a notice that says so.
        """
        draft = self._draft(question, conversation, where, options)
        turns = [Turn(turn["question"], turn["answer"], turn["standalone"]) for turn in draft.receipt.turns]
        try:
            with closing(self.chatbot.stream(question, turns, where)) as events:  # type: ignore[type-var]
                for event in events:
                    yield self._noted(draft, event)
        except GeneratorExit:
            self._put(draft, "stopped")
            raise
        except Exception:
            self._put(draft, "error")
            raise

    def ask(
        self, question: str, conversation: str = "", where: Where | None = None, **options: Unpack[Asking]
    ) -> Done:
        """The finished answer with its ids; the same options as `stream`."""
        for event in self.stream(question, conversation, where, **options):
            if isinstance(event, Done):
                return event
        raise AssertionError("a stream always ends with Done")

    def delete(self, conversation: str, owner: str | None) -> None:
        """Deletes a conversation and the documents that were uploaded into it. Raises NotThere and LibraryError."""
        self.history.delete(conversation, owner)
        remove_uploads(self.chatbot.library, [conversation])

    def forget(self, owner: str) -> list[str]:
        """The same for all conversations of an owner, with what was asked outside of any; returns their ids."""
        return remove_uploads(self.chatbot.library, self.history.forget(owner))

    def expire(self) -> list[str]:
        """The same for what is older than the setting `history_days`; to be called when a server starts and once a day."""
        return remove_uploads(self.chatbot.library, self.history.expire(self.settings.history_days))

    def _draft(self, question: str, conversation: str, where: Where | None, options: Asking) -> _Draft:
        """What is known of the record before the answer. Raises NotThere."""
        owner, turns, replaces = options.get("owner", ""), options.get("turns"), options.get("replaces", "")
        if turns is None:
            turns = self._turns(conversation, owner, replaces) if conversation else []
        elif conversation:
            self._turns(conversation, owner, replaces)
        receipt = Receipt(
            id=new_id(),
            owner=owner,
            conversation=conversation,
            asked=datetime.now(UTC).isoformat(timespec="milliseconds"),
            status="error",
            answer=Answer(question, question, "error", "").as_dict(),
            turns=[
                {"question": turn.question, "answer": turn.answer, "standalone": turn.standalone}
                for turn in turns
            ],
            where=where_record(where),
            replaces=replaces,
            **self._now(),
        )
        return _Draft(receipt)

    def _turns(self, conversation: str, owner: str, replaces: str) -> list[Turn]:
        try:
            return self.history.turns(conversation, owner, before=replaces)
        except NotThere:
            raise
        except LibraryError:  # unreadable: the notice at the end says so
            return []

    def _now(self) -> dict[str, Any]:
        """Generation, settings, model and program, as they are for the next answer."""
        library = self.chatbot.library
        library.refresh()
        if self._circumstances[0] != library.generation:
            self._circumstances = (library.generation, circumstances(self.settings, library))
        return self._circumstances[1]

    def _noted(self, draft: _Draft, event: Event) -> Event:
        """The event as it goes out, after what the record needs of it has been put down."""
        answer_id, conversation = draft.receipt.id, draft.receipt.conversation
        if isinstance(event, Text):
            draft.written.append(event.delta)
            return event
        if isinstance(event, Retrieved):
            draft.standalone, draft.hits = event.question, event.hits
            return replace(event, answer_id=answer_id, conversation=conversation)
        answer = event.answer
        draft.answer = answer
        if not self._put(draft, answer.status) and (notice := self.history.notice):
            answer = replace(answer, notices=(*answer.notices, notice))
        return Done(answer, answer_id, conversation)

    def _put(self, draft: _Draft, status: str) -> bool:
        """Records the answer, once; True if it is in the file."""
        if draft.put:
            return True
        draft.put = True
        answer = draft.answer or Answer(
            draft.receipt.answer["question"],
            draft.standalone or draft.receipt.answer["question"],
            "error",
            "".join(draft.written),
            hits=draft.hits,
            mode="model" if self.settings.chat_model else "extractive",
        )
        return self.history.record(
            replace(
                draft.receipt,
                status=status,
                answer=answer.as_dict(),
                cited=[passage_record(citation.passage) for citation in answer.citations],
                passages=[hit_record(hit) for hit in answer.hits],
            )
        )


@dataclass(slots=True)
class _Draft:
    """An answer under way, and the record that it will make."""

    receipt: Receipt
    standalone: str = ""
    hits: tuple[Hit, ...] = ()
    written: list[str] = field(default_factory=list)
    answer: Answer | None = None
    put: bool = False


def remove_uploads(library: Library, conversations: list[str]) -> list[str]:
    """Removes the documents that were uploaded into these conversations, which are returned as they came."""
    for id in conversations:
        collection = PRIVATE + id
        within = Where(collections=frozenset([collection]), readable=frozenset([collection]))
        if library.catalog.document_ids(within):
            names = [info.name for info in library.documents() if info.collection == collection]
            library.remove_many(names, collection)
    return conversations


def circumstances(settings: Settings, library: Library) -> dict[str, Any]:
    """All on which an answer of now depends but the question: fields of Receipt by name."""
    chosen = settings_record(settings, library)
    return {
        "generation": library.generation,
        "settings": chosen,
        "settings_hash": hash_of(chosen),
        "model": settings.chat_model or "extractive",
        "prompt_hash": prompt_hash(settings),
        "program": program(),
    }


def prompt_hash(settings: Settings) -> str:
    """A short hash of what the language model is told, "" where there is none."""
    if not settings.chat_model:
        return ""
    # langchain_core costs half a second: only where a model is used
    from rag.prompt import system_prompt

    return hash_of(system_prompt(instructions_of(settings)))
