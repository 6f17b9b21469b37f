"""How fast and how long: numbers that a person can work out."""

import io
import sys

from index.sync import Progress
from ui.progress import Pace, ProgressLine, clock


def progress(done: int, size: int, total: int = 101, all_bytes: int = 101_000_000) -> Progress:
    return Progress(done, total, "a.txt", 1, done, size, all_bytes)


def test_speed_and_time_left_count_from_the_first_file() -> None:
    pace = Pace()
    assert pace.words(progress(1, 1_000_000), 100.0) == ""
    assert pace.words(progress(2, 2_000_000), 100.5) == ""  # too soon to tell
    # 10 of 100 files and 10 of 100 MB in 5 s: 45 s are left.
    assert pace.words(progress(11, 11_000_000), 105.0) == "2.0 文件 files/s · 2.0 MB/s · 剩余 left 0:45"


def test_time_left_takes_the_mean_of_files_and_bytes() -> None:
    pace = Pace()
    pace.words(progress(1, 0, total=101, all_bytes=1000), 0.0)
    # Half of the files but nothing of the bytes yet: a quarter is done in 10 s.
    assert pace.words(progress(51, 0, total=101, all_bytes=1000), 10.0).endswith("left 0:30")
    assert pace.words(progress(101, 1000, total=101, all_bytes=1000), 20.0).endswith("left 0:00")


def test_empty_files_and_one_file_do_not_divide_by_zero() -> None:
    pace = Pace()
    pace.words(progress(1, 0, total=3, all_bytes=0), 0.0)
    assert "left" in pace.words(progress(2, 0, total=3, all_bytes=0), 2.0)
    assert Pace().words(progress(1, 0, total=1, all_bytes=0), 2.0) == ""


def test_clock() -> None:
    assert [clock(seconds) for seconds in (0, 59.6, 3599, 3600)] == ["0:00", "1:00", "59:59", "1:00:00"]


class Terminal(io.StringIO):
    """A stderr that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_line_and_anything_else_gets_nothing(monkeypatch) -> None:
    for stream, expected in ((Terminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with ProgressLine() as line:
            for done in range(1, 102):
                line(progress(done, done * 1_000_000))
            line._bar.refresh()
        assert ("101/101" in stream.getvalue()) is expected
        assert line.last is not None and line.last.done == 101
        assert expected or not stream.getvalue()
