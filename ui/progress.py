"""The line on a terminal that says how far a sync is, how fast it goes and how long it will take.

Nothing is written where stderr is no terminal: a log file needs no bar.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from tqdm import tqdm

from index.sync import Progress
from ui.console import printable

SETTLED = 1.0  # seconds of reading before a speed is worth telling
LINE = "{desc} {percentage:3.0f}%|{bar:20}| {n_fmt}/{total_fmt}{postfix}"


class Pace:
    """How fast files are dealt with, counted from the first one, since finding what there is to read takes time too."""

    def __init__(self) -> None:
        self._first: Progress | None = None
        self._since = 0.0

    def words(self, progress: Progress, now: float) -> str:
        """Files and megabytes a second and the time left, at `now` seconds on any clock; "" as long as it cannot be told."""
        if self._first is None:
            self._first, self._since = progress, now
        seconds = now - self._since
        files, size = progress.done - self._first.done, progress.bytes_done - self._first.bytes_done
        if seconds < SETTLED or not files:
            return ""
        rates = f"{files / seconds:.1f} 文件 files/s · {size / seconds / 1e6:.1f} MB/s"
        return f"{rates} · 剩余 left {clock(self._left(progress, seconds))}"

    def _left(self, progress: Progress, seconds: float) -> float:
        """Seconds still needed: neither files nor bytes alone say what a scan or a spreadsheet takes, so their mean."""
        assert self._first is not None
        files = (progress.done - self._first.done) / max(1, progress.total - self._first.done)
        size = (progress.bytes_done - self._first.bytes_done) / max(
            1, progress.bytes_total - self._first.bytes_done
        )
        done = (files + size) / 2
        return seconds * (1 - done) / done


def clock(seconds: float) -> str:
    """Seconds as a person reads them.

    >>> clock(75), clock(4000)
    ('1:15', '1:06:40')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class ProgressLine:
    """The line, to be called with each Progress; a context. `last` is what it was told last."""

    def __init__(self) -> None:
        self.last: Progress | None = None
        self._pace = Pace()
        # disable=None: on a terminal only.
        self._bar = tqdm(desc="检查文件 checking", bar_format="{desc}…", leave=False, disable=None)

    def __call__(self, progress: Progress) -> None:
        """Shows it."""
        if self.last is None:
            self._bar.bar_format = LINE
            self._bar.set_description_str("读取与索引 indexing", refresh=False)
        self.last = progress
        self._bar.total = progress.total
        parts = [self._pace.words(progress, time.monotonic()), printable(progress.name)]
        self._bar.set_postfix_str(" · ".join(filter(None, parts)), refresh=False)
        self._bar.update(progress.done - self._bar.n)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Takes the line away."""
        self.close()

    def close(self) -> None:
        """Take the line away, so that something else can be written; harmless a second time."""
        self._bar.close()
