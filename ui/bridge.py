"""From the core's blocking stream of events to the event loop of a server.

The stream runs in a thread of its own; the loop gets what has come in small batches, so that a page is
not redrawn for every character.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from rag.answer import Event

INTERVAL = 0.08
"""Seconds between two batches at the most often: twelve redraws a second look continuous."""


@dataclass(frozen=True, slots=True)
class _End:
    """The stream is over, for this reason if there is one."""

    error: Exception | None = None


async def batches(
    open_stream: Callable[[], Iterator[Event]], interval: float = INTERVAL
) -> AsyncIterator[list[Event]]:
    """The events of `open_stream()` in batches at least `interval` seconds apart; none waits for longer.

    What the stream raises is raised here, after the events that came before it. When the caller closes
    this iterator, the stream is closed at its next event.
    """
    queue: asyncio.Queue[Event | _End] = asyncio.Queue()
    given_up = threading.Event()
    arguments = (open_stream, asyncio.get_running_loop(), queue, given_up)
    threading.Thread(target=_pump, args=arguments, name="answer", daemon=True).start()
    try:
        while True:
            items = [await queue.get()]
            while not queue.empty():
                items.append(queue.get_nowait())
            batch = [item for item in items if not isinstance(item, _End)]
            if batch:
                yield batch
            last = items[-1]
            if isinstance(last, _End):
                if last.error is not None:
                    raise last.error
                return
            await asyncio.sleep(interval)
    finally:
        given_up.set()


def _pump(
    open_stream: Callable[[], Iterator[Event]],
    loop: asyncio.AbstractEventLoop,
    queue: asyncio.Queue[Event | _End],
    given_up: threading.Event,
) -> None:
    """Runs the stream and puts its events and its end into `queue`, until the other side gives up."""

    def send(item: Event | _End) -> None:
        # A server that shuts down closes its loop while answers may still be under way.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(queue.put_nowait, item)

    try:
        for event in open_stream():
            if given_up.is_set():
                return
            send(event)
    except Exception as error:  # noqa: BLE001 - carried over to the caller, where it is raised again
        send(_End(error))
    else:
        send(_End())
