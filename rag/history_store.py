"""Where the rows of a history are: in its file, and while that cannot be used, in memory.

The file cannot be used where the disk is full or read-only, another process keeps it busy for long, or it is damaged.
What is written meanwhile waits in memory, is read from there, and moves into the file with the first change that can
be written again. The store knows the tables of rag.history_tables, and not who may see what: see rag.history.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, select
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import DBAPIError

from index.errors import LibraryError
from rag.history_tables import (
    PUT_CONVERSATION,
    WRITING,
    Unavailable,
    answers,
    conversations,
    feedback,
    is_unavailable,
    open_file,
    open_memory,
    reason_of,
    replaced,
    wipe,
)

TRY_AGAIN = 10.0  # seconds before a file that could not be used is tried again


class HistoryStore:
    """Rows in `file`, which is made when it is first reached. Safe to use from many threads."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.reason = ""
        """Why the file cannot be used, "" when it can."""
        self._disk: Engine | None = None
        self._writer: Engine | None = None  # the same file, for transactions that will write
        self._memory: Engine | None = None
        self._lock = threading.RLock()  # of the memory's one connection, and of what changes between the two
        self._tried = 0.0
        self._unwiped = False

    @property
    def in_file(self) -> bool:
        """Whether the file has been opened: without it nobody knows what is there."""
        return self._disk is not None

    @property
    def notice(self) -> str:
        """Empty when everything is stored; else one line for the reader why it is only kept in memory."""
        if not self.reason:
            return ""
        return f"对话记录暂存在内存，重启后会丢失 the history is only kept in memory until the server stops: {self.reason}"

    def reach(self) -> Engine | None:
        """The file, opened if it can be; one that could not be is tried again after a while. Never fails."""
        with self._lock:
            if self._disk is None and time.monotonic() - self._tried > TRY_AGAIN * bool(self._tried):
                self._tried = time.monotonic()
                try:
                    self._disk, self.reason = open_file(self.file), ""
                except Unavailable as error:
                    self.reason = str(error)
                else:
                    self._writer = self._disk.execution_options(**{WRITING: True})
            return self._disk

    def rows(self, query: Select[Any]) -> list[Row[Any]]:
        """What is found in the file, then what is found in memory. Raises LibraryError if the file cannot be read."""
        found: list[Row[Any]] = []
        disk = self.reach()
        if disk is not None:
            with self._told(), disk.connect() as connection:
                found += connection.execute(query).all()
        with self._lock:
            if self._memory is not None:
                with self._memory.begin() as connection:
                    found += connection.execute(query).all()
        return found

    def write(self, change: Callable[[Connection], Any]) -> bool:
        """Makes a change in the file, with all that waits in memory, in one transaction; else in memory. True for the file.

        When it returns True, the change is on disk.
        """
        with self._lock:
            if self.reach() is not None and self._writer is not None:
                try:
                    with self._writer.begin() as connection:
                        self._pour(connection)
                        change(connection)
                except DBAPIError as error:
                    if not is_unavailable(error):
                        raise
                    self.reason = reason_of(error)
                else:
                    self._memory, self.reason = None, ""
                    self._wipe()
                    return True
            if self._memory is None:
                self._memory = open_memory()
            with self._memory.begin() as connection:
                change(connection)
            return False

    def erase(self, change: Callable[[Connection], Any]) -> None:
        """Makes a change that deletes, in the file and in memory; nothing of what it deletes is left in the file's log.

        Raises LibraryError, and changes nothing, where the file cannot be written.
        """
        with self._lock:
            if self.reach() is not None and self._writer is not None:
                with self._told(), self._writer.begin() as connection:
                    change(connection)
                self._unwiped = True
                self._wipe()
            elif self._memory is None:
                raise LibraryError(self.notice)
            if self._memory is not None:
                with self._memory.begin() as connection:
                    change(connection)

    def close(self) -> None:
        """Closes the file; what waits in memory is lost unless it can be written now."""
        with self._lock:
            if self._memory is not None or self._unwiped:
                self.write(lambda connection: None)
            if self._disk is not None:
                self._disk.dispose()
                self._disk = self._writer = None

    def _pour(self, connection: Connection) -> None:
        """Adds what is in memory to the file."""
        if self._memory is None:
            return
        with self._memory.begin() as memory:
            for row in memory.execute(select(conversations)).mappings():
                connection.execute(PUT_CONVERSATION, dict(row))
            for table in (answers, replaced, feedback):
                columns = [column for column in table.columns if column.name != "number"]
                rows = memory.execute(select(*columns).order_by(*list(table.primary_key))).mappings().all()
                if rows:
                    connection.execute(upsert(table).on_conflict_do_nothing(), [dict(row) for row in rows])

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What is wrong with the file, as an error for a person."""
        try:
            yield
        except DBAPIError as error:
            if not is_unavailable(error):
                raise
            raise LibraryError(
                f"读写不了对话记录 cannot use the history {self.file}: {reason_of(error)}"
            ) from None

    def _wipe(self) -> None:
        """Takes what was deleted out of the log too; tried again with the next write if somebody is reading now."""
        if self._unwiped:
            self._unwiped = not wipe(self.file)
