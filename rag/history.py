"""What was asked and answered: conversations, feedback, and a record of every answer, in home/history.db.

One SQLite file beside the catalog (WAL, through SQLAlchemy Core). Records are only ever added; they go when their
conversation is deleted, and then nothing of them is left in the file. What a record holds is in rag.receipts; who
writes it, in rag.dialogue. Everything is asked for on behalf of an `owner` ("" where nobody logs in, None for an
administrator who may see all): what belongs to somebody else looks exactly like what is not there.

Where the file cannot be used (disk full, read-only, busy for long, damaged), history is kept in memory, and `notice`
says so: see rag.history_store.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Row, delete, func, insert, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert

from index.errors import LibraryError, NotThere
from rag.answer import Turn
from rag.history_store import HistoryStore
from rag.history_tables import PUT_CONVERSATION, WRITING, answers, conversations, feedback, replaced
from rag.history_types import Conversation, Entry, Feedback, Verdict
from rag.receipts import Receipt

FILE_NAME = "history.db"
TITLE_LENGTH = 60  # characters; a longer first question is cut when it becomes the title
TEXT_LENGTH = 4000  # characters of a comment that are kept
AT_ONCE = 200  # records that are unpacked together


class History:
    """An open history. Safe to use from many threads, and beside other processes."""

    def __init__(self, file: Path) -> None:
        """Use `History.open`."""
        self.file = file
        self._store = HistoryStore(file)

    @classmethod
    def open(cls, home: Path) -> Self:
        """The history in `home`, made if there is none. Never fails: see `notice`."""
        history = cls(home / FILE_NAME)
        history._store.reach()
        return history

    @property
    def reason(self) -> str:
        """Why the file cannot be used, "" when it can."""
        return self._store.reason

    @property
    def notice(self) -> str:
        """Empty when everything is stored; else one line for the reader why it is only kept in memory."""
        return self._store.notice

    # Conversations

    def start(self, owner: str, title: str = "") -> Conversation:
        """A new, empty conversation; without a title it takes that of its first question. Ids cannot be guessed."""
        now = _now()
        made = Conversation(new_id(), owner, _title(title), now, now)
        self._store.write(lambda connection: connection.execute(PUT_CONVERSATION, _row(made)))
        return made

    def conversations(self, owner: str | None, find: str = "", limit: int = 200) -> list[Conversation]:
        """The owner's conversations, the last changed first; only those with `find` in the title or a question."""
        query = select(conversations).where(_owned(conversations, owner))
        if find.strip():
            asked = select(answers.c.conversation).where(
                _owned(answers, owner), answers.c.question.icontains(find.strip(), autoescape=True)
            )
            titled = conversations.c.title.icontains(find.strip(), autoescape=True)
            query = query.where(or_(titled, conversations.c.id.in_(asked)))
        rows = self._store.rows(query.order_by(conversations.c.changed.desc()).limit(limit))
        found = {row.id: row for row in rows}  # what is in memory as well as in the file is newer in memory
        counts = self._counts(list(found))
        listed = [_conversation(row, counts.get(row.id, 0)) for row in found.values()]
        return sorted(listed, key=lambda one: (one.changed, one.id), reverse=True)[:limit]

    def conversation(self, id: str, owner: str | None) -> Conversation:
        """The conversation of this id. Raises NotThere also when it is somebody else's."""
        return replace(self._known(id, owner), entries=self._counts([id]).get(id, 0))

    def rename(self, id: str, owner: str | None, title: str) -> None:
        """Gives it another title. Raises NotThere."""
        new = replace(self._known(id, owner), title=_title(title))
        self._store.write(lambda connection: connection.execute(PUT_CONVERSATION, _row(new)))

    def delete(self, id: str, owner: str | None) -> None:
        """Deletes it with its answers, records and feedback; nothing of it is left in the file. Raises NotThere.

        What was uploaded into it is in the library: `Dialogue.delete` removes that too. Raises LibraryError, and nothing
        is deleted, where the file cannot be written.
        """
        self._known(id, owner)
        self._erase(conversations.c.id == id, answers.c.conversation == id)

    def forget(self, owner: str) -> list[str]:
        """Deletes everything of this owner ("delete my chats"); returns the ids of the conversations."""
        return self._erase(conversations.c.owner == owner, answers.c.owner == owner)

    def expire(self, days: int) -> list[str]:
        """Deletes what nobody has touched for `days` days (0: nothing): conversations with all that is in them, and
        answers outside of any. Returns the ids of the conversations."""
        if days <= 0:
            return []
        before = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")
        alone = (answers.c.conversation == "") & (answers.c.asked < before)
        return self._erase(conversations.c.changed < before, alone)

    # Answers

    def entries(self, conversation: str, owner: str | None) -> list[Entry]:
        """The conversation's exchanges, oldest first, without those that a retry or an edit replaced. Raises NotThere."""
        known = self._known(conversation, owner)
        query = select(answers.c.id, answers.c.record).where(
            answers.c.conversation == conversation, answers.c.owner == known.owner
        )
        gone = {
            row.answer
            for row in self._store.rows(select(replaced).where(replaced.c.conversation == conversation))
        }
        rows = [row for row in self._store.rows(query.order_by(answers.c.number)) if row.id not in gone]
        said = self._feedback([row.id for row in rows])
        return [Entry(self._unpacked(row.record), said.get(row.id)) for row in rows]

    def turns(self, conversation: str, owner: str | None, before: str = "") -> list[Turn]:
        """The same as the chatbot takes them: only what was answered or refused. Raises NotThere.

        With `before`, only those before that answer, which is about to be replaced.
        """
        turns = []
        for entry in self.entries(conversation, owner):
            if before and entry.answer_id == before:
                break
            if entry.status in ("answered", "refused"):
                turns.append(
                    Turn(entry.question, entry.answer["answer"], entry.answer["standalone_question"])
                )
        return turns

    def record(self, receipt: Receipt) -> bool:
        """Adds the record of an answer; True when it is in the file. Called by rag.dialogue.

        Nothing is added to a conversation that has been deleted meanwhile. An answer with `replaces` takes that one and
        all after it out of the conversation.
        """
        known, unread, out = self._conversation_of(receipt)
        if receipt.conversation and known is None:
            return False
        row = {name: getattr(receipt, name) for name in ("id", "owner", "conversation", "asked", "status")}
        row |= {"question": receipt.question, "record": receipt.packed()}

        def add(connection: Connection) -> None:
            if known is not None:
                in_file = connection.get_execution_options().get(WRITING, False)
                if in_file and not unread and not _holds(connection, known):
                    return  # deleted since it was looked up
                title = known.title or _title(receipt.question)
                now = replace(known, title=title, changed=max(known.changed, receipt.asked))
                connection.execute(PUT_CONVERSATION, _row(now))
            connection.execute(insert(answers), row)
            if out:
                gone = [{"answer": id, "conversation": receipt.conversation} for id in out]
                connection.execute(upsert(replaced).on_conflict_do_nothing(), gone)

        return self._store.write(add)

    def receipt(self, answer_id: str, owner: str | None) -> Receipt:
        """The record of an answer. Raises NotThere."""
        rows = self._store.rows(
            select(answers.c.record).where(answers.c.id == answer_id, _owned(answers, owner))
        )
        if not rows:
            raise self._missing("没有这个回答 no such answer")
        return self._unpacked(rows[-1].record)

    def receipts(self, owner: str | None, since: str = "") -> Iterator[Entry]:
        """All records asked at or after `since` (UTC, ISO 8601), oldest first, replaced ones among them."""
        query = select(answers.c.id).where(_owned(answers, owner), answers.c.asked >= since)
        ids = [row.id for row in self._store.rows(query.order_by(answers.c.number))]
        for start in range(0, len(ids), AT_ONCE):
            part = ids[start : start + AT_ONCE]
            rows = self._store.rows(select(answers.c.id, answers.c.record).where(answers.c.id.in_(part)))
            records = {row.id: row.record for row in rows}
            said = self._feedback(part)
            for id in part:
                if id in records:
                    yield Entry(self._unpacked(records[id]), said.get(id))

    # Feedback

    def feedback(
        self, answer_id: str, owner: str | None, verdict: Verdict, reason: str = "", comment: str = ""
    ) -> None:
        """Adds what a reader says about an answer; the last word counts. Raises NotThere."""
        self.receipt(answer_id, owner)
        row = {"answer": answer_id, "verdict": verdict, "given": _now()}
        row |= {"reason": reason.strip()[:TEXT_LENGTH], "comment": comment.strip()[:TEXT_LENGTH]}
        self._store.write(lambda connection: connection.execute(insert(feedback), row))

    def feedback_of(self, answer_id: str, owner: str | None) -> Feedback | None:
        """The last word about an answer, None for none. Raises NotThere."""
        self.receipt(answer_id, owner)
        return self._feedback([answer_id]).get(answer_id)

    def close(self) -> None:
        """Closes the file; what waits in memory is lost unless it can be written now."""
        self._store.close()

    # Inside

    def _known(self, id: str, owner: str | None) -> Conversation:
        """The conversation of this id, whose answers have not been counted. Raises NotThere."""
        query = select(conversations).where(conversations.c.id == id, _owned(conversations, owner))
        rows = self._store.rows(query)
        if not rows:
            raise self._missing("没有这个对话 no such conversation")
        return _conversation(rows[-1])

    def _conversation_of(self, receipt: Receipt) -> tuple[Conversation | None, bool, list[str]]:
        """A record's conversation, None for none; whether it could not be looked up; which answers leave it."""
        if not receipt.conversation:
            return None, False, []
        try:
            known = self._known(receipt.conversation, receipt.owner)
            return known, False, self._from(known.id, receipt.replaces) if receipt.replaces else []
        except NotThere:
            return None, False, []
        except LibraryError:  # the file cannot even be read: the conversation goes on in memory
            unread = Conversation(receipt.conversation, receipt.owner, "", receipt.asked, receipt.asked)
            return unread, True, []

    def _counts(self, ids: Sequence[str]) -> dict[str, int]:
        """How many answers each conversation shows."""
        counts: dict[str, int] = {}
        for table, sign in ((answers, 1), (replaced, -1)):
            query = select(table.c.conversation, func.count().label("n")).where(table.c.conversation.in_(ids))
            for row in self._store.rows(query.group_by(table.c.conversation)):
                counts[row.conversation] = counts.get(row.conversation, 0) + sign * row.n
        return counts

    def _from(self, conversation: str, answer_id: str) -> list[str]:
        """The ids of the answers of a conversation from this one on; empty if it is not in it."""
        query = select(answers.c.id).where(answers.c.conversation == conversation).order_by(answers.c.number)
        ids = [row.id for row in self._store.rows(query)]
        return ids[ids.index(answer_id) :] if answer_id in ids else []

    def _feedback(self, ids: Sequence[str]) -> dict[str, Feedback]:
        rows = self._store.rows(
            select(feedback).where(feedback.c.answer.in_(ids)).order_by(feedback.c.number)
        )
        return {row.answer: Feedback(row.verdict, row.reason, row.comment, row.given) for row in rows}

    def _unpacked(self, record: bytes) -> Receipt:
        try:
            return Receipt.unpacked(record)
        except ValueError as error:
            raise LibraryError(f"对话记录已损坏 the history is damaged: {self.file} ({error})") from None

    def _missing(self, reason: str) -> LibraryError | NotThere:
        """What to raise for what was not found: without the file nobody knows whether it is there."""
        return NotThere(reason) if self._store.in_file else LibraryError(self.notice)

    def _erase(self, which: Any, alone: Any) -> list[str]:
        """Deletes these conversations, these answers, and all that hangs on either; returns the conversations' ids."""
        ids: set[str] = set()

        def erase(connection: Connection) -> None:
            found = connection.scalars(select(conversations.c.id).where(which)).all()
            ids.update(found)
            theirs = or_(alone, answers.c.conversation.in_(select(conversations.c.id).where(which)))
            inside = select(answers.c.id).where(theirs)
            connection.execute(delete(feedback).where(feedback.c.answer.in_(inside)))
            connection.execute(delete(replaced).where(replaced.c.answer.in_(inside)))
            connection.execute(delete(answers).where(theirs))
            connection.execute(delete(conversations).where(which))

        self._store.erase(erase)
        return sorted(ids)


@contextmanager
def open_history(home: Path) -> Iterator[History]:
    """The history that there is in `home`, for a command. Raises LibraryError where there is none or it cannot be used."""
    if not (home / FILE_NAME).is_file():
        raise LibraryError(f"还没有对话记录 there is no history yet: {home / FILE_NAME}")
    history = History.open(home)
    try:
        if history.notice:
            raise LibraryError(f"用不了对话记录 cannot use the history {home / FILE_NAME}: {history.reason}")
        yield history
    finally:
        history.close()


def new_id() -> str:
    """An id to be handed out: 128 random bits, safe in an address, and no option on a command line."""
    while (made := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return made


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _conversation(row: Row[Any], entries: int = 0) -> Conversation:
    return Conversation(row.id, row.owner, row.title, row.created, row.changed, entries)


def _title(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1] + "…"


def _owned(table: Any, owner: str | None) -> Any:
    return table.c.owner == owner if owner is not None else table.c.owner.is_not(None)


def _holds(connection: Connection, one: Conversation) -> bool:
    return connection.scalar(select(conversations.c.id).where(conversations.c.id == one.id)) is not None


def _row(one: Conversation) -> dict[str, str]:
    """A conversation as its table has it."""
    return {column.name: getattr(one, column.name) for column in conversations.columns}
