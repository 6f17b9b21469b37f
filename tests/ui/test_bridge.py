"""The bridge from a blocking stream to an event loop."""

import asyncio
import threading
import time

import pytest

from index.errors import AnswererError
from rag.answer import Text
from tests.waiting import PATIENCE
from ui.bridge import batches


def collect(open_stream, interval=0.0):
    async def run():
        return [batch async for batch in batches(open_stream, interval)]

    return asyncio.run(run())


def test_every_event_arrives_once_and_in_order():
    found = collect(lambda: iter([Text(str(i)) for i in range(100)]))
    assert [event.delta for batch in found for event in batch] == [str(i) for i in range(100)]


def test_pieces_that_come_quickly_arrive_together():
    def stream():
        for i in range(20):
            time.sleep(0.005)
            yield Text(str(i))

    started = time.monotonic()
    found = collect(stream, interval=0.05)
    # One at once, and one more for each interval that has passed.
    assert len(found) <= 1 + (time.monotonic() - started) / 0.05


def test_an_error_comes_after_the_events_before_it():
    def stream():
        yield Text("甲")
        raise AnswererError("断了")

    seen = []

    async def run():
        async for batch in batches(stream, 0.0):
            seen.extend(batch)

    with pytest.raises(AnswererError, match="断了"):
        asyncio.run(run())
    assert seen == [Text("甲")]


def test_a_caller_that_leaves_closes_the_stream():
    closed = threading.Event()

    def stream():
        try:
            while True:
                time.sleep(0.01)
                yield Text("甲")
        finally:
            closed.set()

    async def run():
        events = batches(stream, 0.0)
        await anext(events)
        await events.aclose()

    asyncio.run(run())
    assert closed.wait(PATIENCE)
