"""From the core's blocking stream of events to the event loop of a server.

The stream runs in a thread of its own; the loop gets what has come in small batches, so that a page is
not redrawn for every character, and an empty batch now and then while nothing comes, so that it can look
whether anybody is still listening.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from rag.answer import Event, Text

INTERVAL = 0.08
"""Seconds between two batches at the most often: twelve redraws a second look continuous."""

HEARTBEAT = 0.4
"""Seconds after which an empty batch is given out when nothing has come."""


@dataclass(frozen=True, slots=True)
class _End:
    """The stream is over, for this reason if there is one."""

    error: Exception | None = None


async def batches(
    open_stream: Callable[[], Iterator[Event]], interval: float = INTERVAL, heartbeat: float = HEARTBEAT
) -> AsyncIterator[list[Event]]:
    """The events of `open_stream()` in batches at least `interval` seconds apart; none waits for longer.

    A batch is empty when nothing has come for `heartbeat` seconds. Pieces of text that are empty, by which an
    answerer says that it is still waiting, are not passed on. What the stream raises is raised here, after the
    events that came before it. When the caller closes this iterator, the stream is closed at its next event,
    an empty piece included.
    """
    inbox = _Inbox()
    given_up = threading.Event()
    threading.Thread(target=_pump, args=(open_stream, inbox, given_up), name="answer", daemon=True).start()
    try:
        while True:
            items = await inbox.take(heartbeat)
            batch = [item for item in items if not isinstance(item, _End)]
            if batch or not items:
                yield batch
            if not items:
                continue
            last = items[-1]
            if isinstance(last, _End):
                if last.error is not None:
                    raise last.error
                return
            if interval:
                await asyncio.sleep(interval)
    finally:
        given_up.set()


class _Inbox:
    """What has come and not been taken. The loop is woken once for all that comes together, not for every character."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._items: deque[Event | _End] = deque()
        self._came = asyncio.Event()
        self._told = False  # whether the loop has been woken for what is here

    def put(self, item: Event | _End) -> None:
        """Called by the thread of the stream."""
        self._items.append(item)
        if not self._told:
            self._told = True
            # A server that shuts down closes its loop while answers may still be under way.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._came.set)

    async def take(self, seconds: float) -> list[Event | _End]:
        """What has come, waiting for at most `seconds`; empty when nothing has."""
        if not self._items:
            try:
                async with asyncio.timeout(seconds):
                    while not self._items:
                        await self._came.wait()
                        self._came.clear()
            except TimeoutError:
                return []
        # First, so that what comes from now on wakes the loop again, even if it is taken here.
        self._told = False
        return [self._items.popleft() for _ in range(len(self._items))]


def _pump(open_stream: Callable[[], Iterator[Event]], inbox: _Inbox, given_up: threading.Event) -> None:
    """Runs the stream and puts its events and its end into `inbox`, until the other side gives up."""
    stream: Iterator[Event] = iter(())
    try:
        stream = open_stream()
        for event in stream:
            if given_up.is_set():
                return
            if not isinstance(event, Text) or event.delta:
                inbox.put(event)
    except Exception as error:  # noqa: BLE001 - carried over to the caller, where it is raised again
        inbox.put(_End(error))
    else:
        inbox.put(_End())
    finally:
        close = getattr(stream, "close", None)
        if close is not None:
            close()
