"""Files that are read and split, one by one or many at a time, ready to be stored.

`Readings` reads ahead of whoever stores: each of its threads feeds a child process that does the parsing
(index.readers.sandbox), and what they have read is given out in the order of the files, so that nothing
depends on which was done first. What is read ahead is bounded in bytes. Nothing is stored here.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from index.durable import sha256_of
from index.errors import ReadError
from index.library_writer import Reading
from index.passage import Document
from index.readers.archive import Member
from index.readers.sandbox import Children, check_size, read_safely
from index.split import IDEAL, split

MOST_WORKERS = 256
AHEAD = 128 * 1024 * 1024
"""Bytes of files and of what was read of them that may wait to be stored; a single larger file still passes."""
MOST_READY = 256
"""Documents that may wait to be stored: many small ones are read much sooner than they are encoded."""
ENDING = 0.3  # seconds that threads have to end when reading is broken off

NO_TEXT = "没有找到文字（扫描件？） no text found (scan?)"

Parse = Callable[[bytes, str], Document]


@dataclass(frozen=True, slots=True)
class Job:
    """A file to be read, its name in the library, and how many bytes it had when it was found."""

    name: str
    file: Path | Member
    size: int


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_file(
    file: Path | Member, name: str, passage_length: int = IDEAL, parse: Parse = read_safely
) -> Reading:
    """One file, read with `parse` and split; raises ReadError with the reason if that cannot be done."""
    try:
        size = file.size if isinstance(file, Member) else file.stat().st_size
        check_size(size, name)
        original = file.read_bytes()
    except OSError as error:
        raise ReadError(f"无法读取 cannot be read: {error.strerror}") from None
    reading = reading_of(parse(original, name), original, passage_length)
    if not reading.passages:
        raise ReadError(f"{name}: {NO_TEXT}")
    return reading


def reading_of(document: Document, original: bytes, passage_length: int = IDEAL) -> Reading:
    """A document, split and ready to be stored; raises ReadError for text that no file can hold."""
    try:
        document.text.encode()
    except UnicodeEncodeError:
        raise ReadError("文字中有无效字符 the text has characters that are not valid Unicode") from None
    return Reading(document, split(document, passage_length), original, sha256_of(original))


class Readings:
    """Reads files with so many child processes at a time; `next` gives what was read, in the order of the files.

    A context: leaving it ends all children at once, also in the middle of a file.
    """

    def __init__(self, jobs: Sequence[Job], workers: int, passage_length: int = IDEAL) -> None:
        self._jobs = jobs
        self._length = passage_length
        self._children = Children()
        self._changed = threading.Condition()  # guards all that follows
        self._taken = self._given = 0
        self._ready: dict[int, Reading | Exception] = {}
        self._weights: dict[int, int] = {}  # bytes of each file that was taken and not yet given out
        self._held = 0  # the sum of them
        self._stopped = False
        count = max(1, min(workers, len(jobs), MOST_WORKERS))
        # Daemons, so that one which hangs on a dead file server cannot keep the program from ending.
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(count)]

    def __enter__(self) -> Self:
        """Starts to read."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends threads and children."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._children.kill()
        deadline = time.monotonic() + ENDING
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def next(self, patience: float) -> Reading | ReadError | None:
        """What came of the next file, a Reading or the reason why there is none; None if it takes longer than
        `patience` seconds. To be called once for each file; a defect of ours that a thread met is raised here."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._given in self._ready, patience):
                return None
            outcome = self._ready.pop(self._given)
            self._held -= self._weights.pop(self._given)
            self._given += 1
            self._changed.notify_all()
        if isinstance(outcome, Exception) and not isinstance(outcome, ReadError):
            raise outcome
        return outcome

    def _work(self) -> None:
        while (number := self._take()) is not None:
            outcome = self._read(self._jobs[number])
            with self._changed:
                self._ready[number] = outcome
                self._weigh(number, weight(outcome) if isinstance(outcome, Reading) else 0)
                self._changed.notify_all()

    def _take(self) -> int | None:
        """The number of the next file to read, once there is room for it; None when there is no more."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopped or self._taken == len(self._jobs) or self._has_room()
            )
            if self._stopped or self._taken == len(self._jobs):
                return None
            number = self._taken
            self._taken += 1
            self._weigh(number, self._jobs[number].size)
            return number

    def _weigh(self, number: int, size: int) -> None:
        self._held += size - self._weights.get(number, 0)
        self._weights[number] = size

    def _has_room(self) -> bool:
        room = len(self._ready) < MOST_READY and self._held + self._jobs[self._taken].size <= AHEAD
        return room or not self._weights

    def _read(self, job: Job) -> Reading | Exception:
        try:
            return read_file(job.file, job.name, self._length, self._children.read)
        except Exception as error:  # noqa: BLE001 - the edge of a thread; `next` raises what is no ReadError
            return error


def weight(reading: Reading) -> int:
    """Roughly how many bytes of memory it takes: Python has two for a Chinese character, here twice over."""
    document = reading.document
    offsets = 72 * len(document.origin.starts)
    return len(reading.original) + 4 * len(document.text) + offsets + 1024 * (1 + len(reading.passages))
