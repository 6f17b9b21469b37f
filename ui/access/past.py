"""What somebody still may see of what he was once told.

An answer was written from passages that its reader might read then. Where one of those passages has meanwhile been closed
to him, the answer is withheld as a whole: its text quotes them, and so may all that was asked after it. His own questions
stay. As soon as he may read them again, so does the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from index.errors import NotThere
from rag.answer import Answer, Turn
from rag.history import History
from rag.history_types import Entry
from rag.receipts import Receipt
from ui.access.policy import may_read

WITHHELD = "这个回答依据的资料，您现在无权查看。This answer was written from documents that you may not read any more."

Readable = frozenset[str] | None


def entries_of(history: History, conversation: str, owner: str, readable: Readable) -> list[Entry]:
    """The conversation's exchanges, oldest first, as its owner may see them now. Raises NotThere."""
    shown: list[Entry] = []
    closed = False
    for entry in history.entries(conversation, owner):
        closed = (closed and bool(entry.receipt.turns)) or not _is_open(entry.receipt, readable)
        shown.append(Entry(_withheld(entry.receipt), entry.feedback) if closed else entry)
    return shown


def receipt_of(history: History, answer_id: str, owner: str, readable: Readable) -> Receipt:
    """The record of an answer that its owner may see. Raises NotThere."""
    receipt = history.receipt(answer_id, owner)
    is_open = _is_open(receipt, readable)
    if is_open and receipt.conversation and receipt.turns:
        shown = entries_of(history, receipt.conversation, owner, readable)
        is_open = all(entry.answer["answer"] != WITHHELD for entry in shown if entry.answer_id == answer_id)
    if not is_open:
        raise NotThere("没有这个回答 no such answer")
    return receipt


def turns_of(
    history: History, conversation: str, owner: str, readable: Readable, before: str = ""
) -> list[Turn] | None:
    """The turns that a question may go on from; None for all that the history has. Raises NotThere.

    With `before`, only those before that answer, which is about to be replaced.
    """
    if readable is None or not conversation:
        return None
    turns = []
    for entry in entries_of(history, conversation, owner, readable):
        if before and entry.answer_id == before:
            break
        answer = entry.answer
        if entry.status in ("answered", "refused") and answer["answer"] != WITHHELD:
            turns.append(Turn(entry.question, answer["answer"], answer["standalone_question"]))
    return turns


def _is_open(receipt: Receipt, readable: Readable) -> bool:
    """Whether everything that the answer was made from may be read."""
    return readable is None or all(may_read(name, readable) for name in _collections(receipt))


def _collections(receipt: Receipt) -> Iterator[str]:
    """Where what an answer cites, and all that its writer had before him, comes from."""
    passages: list[Mapping[str, Any]] = [*receipt.cited, *receipt.passages]
    for passage in passages:
        yield passage.get("collection", "")
        for other in passage.get("also", ()):
            yield other.get("collection", "")


def _withheld(receipt: Receipt) -> Receipt:
    answer = Answer(receipt.question, receipt.question, "refused", WITHHELD).as_dict()
    return replace(receipt, status="refused", answer=answer, cited=(), passages=(), turns=())
