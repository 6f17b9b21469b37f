"""Work in a forked process that may be killed, and what it said before it died.

The process that forks has one thread only and has everything imported and warmed up, so that a child costs
a few milliseconds. What a child tells goes through a pipe in one write each, and is there even if it is killed next.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import struct
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Tell = Callable[[object], None]
Work = Callable[[Tell], None]

ACKNOWLEDGED = "acknowledged"
HANGS = 300.0  # seconds after which a child is given up
_LENGTH = struct.Struct("<I")


@dataclass(frozen=True)
class Broke:
    """An exception that nobody should ever see, with its traceback."""

    trace: str


@dataclass(frozen=True)
class Outcome:
    """What a child told, in order, and how it ended. `hung` is set for one that had to be given up."""

    told: list[Any]
    killed: bool
    hung: bool
    seconds: float

    @property
    def acknowledged(self) -> bool:
        """Whether the call returned before anything happened to the child."""
        return ACKNOWLEDGED in self.told

    @property
    def broke(self) -> str:
        """The traceback of an exception that nobody should see; "" if there was none."""
        return "".join(one.trace for one in self.told if isinstance(one, Broke))

    def of(self, kind: type) -> list[Any]:
        """What it told of this type."""
        return [one for one in self.told if isinstance(one, kind)]


def run(work: Work, kill_after: float | None = None) -> Outcome:
    """`work` in a child, which is killed after so many seconds unless it has ended by then."""
    return wait(start(work), kill_after)


def start(work: Work) -> tuple[int, int]:
    """Fork a child that does `work`; its process id and the end of the pipe to read from."""
    ours, theirs = os.pipe()
    process = os.fork()
    if process:
        os.close(theirs)
        return process, ours
    os.close(ours)
    try:
        work(lambda message: _send(theirs, message))
    except BaseException:  # noqa: BLE001 - the process ends here
        _send(theirs, Broke(traceback.format_exc()))
    finally:
        os._exit(0)


def wait(child: tuple[int, int], kill_after: float | None = None, hangs: float = HANGS) -> Outcome:
    """What the child tells until it ends; it is given up after `hangs` seconds."""
    process, pipe = child
    started = time.monotonic()
    limit = hangs if kill_after is None else kill_after
    data, alive = b"", True
    while True:
        left = started + limit - time.monotonic()
        if alive and (left <= 0 or not select.select([pipe], [], [], left)[0]):
            os.kill(process, signal.SIGKILL)
            alive = False
        piece = os.read(pipe, 1 << 20)
        if not piece:
            break
        data += piece
    os.close(pipe)
    _, status = os.waitpid(process, 0)
    seconds = time.monotonic() - started
    killed = os.WIFSIGNALED(status)
    told = _messages(data)
    if killed and os.WTERMSIG(status) != signal.SIGKILL:
        told.append(Broke(f"ended by signal {os.WTERMSIG(status)}"))
    return Outcome(told, killed, not alive and kill_after is None, seconds)


def _send(pipe: int, message: object) -> None:
    data = pickle.dumps(message)
    data = _LENGTH.pack(len(data)) + data
    while data:
        data = data[os.write(pipe, data) :]


def _messages(data: bytes) -> list[Any]:
    """The whole ones; a child may have been killed in the middle of a long one."""
    messages, place = [], 0
    while place + _LENGTH.size <= len(data):
        (length,) = _LENGTH.unpack_from(data, place)
        place += _LENGTH.size
        if place + length > len(data):
            break
        messages.append(pickle.loads(data[place : place + length]))
        place += length
    return messages
