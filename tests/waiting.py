"""Waiting for a state, however slow the machine.

A wait ends as soon as its state is there; PATIENCE only says when to give up. A crowded machine is ten times slower
than an idle one, so no test asserts how many seconds something took: what must be quick is held against what the same
machine does just then (`costs_less`), and what must not be waited for is made to last longer than PATIENCE.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE = 120.0
"""Seconds after which a state is taken not to come any more."""


IDLE = 0.03
"""Seconds of the processor that `_fixed_work` takes where nothing else runs, on a server of 2024."""

MILLISECONDS = 1000 * PATIENCE
"""The same for Playwright."""


def until(holds: Callable[[], object], seconds: float = PATIENCE, page: Any = None) -> None:
    """Returns as soon as `holds()` is true; fails when that has not come after so many seconds.

    With a `page` of Playwright's, which must not be slept over: what happens on it is only told meanwhile.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        if page is None:
            time.sleep(0.02)
        else:
            page.wait_for_timeout(50)


def costs_less(seconds: float, work: Callable[[], T]) -> T:
    """What `work` returns; fails when it takes so many seconds of the processor, or more of a slower one."""
    started = time.process_time()
    result = work()
    used = time.process_time() - started
    assert used < seconds or used < seconds * slowness(), f"{used:.1f} s of the processor"
    return result


def slowness() -> float:
    """How many times slower this machine is just now than an idle one: plain Python, by time of the processor."""
    spent = []
    for _ in range(3):
        started = time.process_time()
        _fixed_work()
        spent.append(time.process_time() - started)
    return max(1.0, max(spent) / IDLE)


def _fixed_work() -> int:
    text = "计量器具应当按周期送检。" * 8
    return sum(text[i % 90 : i % 90 + 6].find("送检") >= 0 for i in range(100_000))


def runs(pid: int) -> bool:
    """Whether a process is alive; one that has ended and that nobody has asked about yet is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
    except OSError:
        return False
    return state.split()[0] not in "ZX"


def until_gone(pids: Iterable[int], seconds: float = PATIENCE) -> None:
    """Returns when none of these processes is alive any more; fails as `until` does."""
    pids = list(pids)
    until(lambda: not any(runs(pid) for pid in pids), seconds)
