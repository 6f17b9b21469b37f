"""Reading ahead in several processes: the order of the files, what may wait, and how it ends."""

import random
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from index import reading as reading_module
from index.errors import ReadError
from index.library_writer import Reading
from index.passage import Document
from index.readers import sandbox
from index.reading import Job, Readings, read_file, reading_of, weight
from tests.waiting import PATIENCE, runs, until

SIZE = 1000


def jobs(count: int, size: int = SIZE) -> list[Job]:
    return [Job(f"{i:03}.odd", Path(f"/{i}"), size) for i in range(count)]


def outcomes(readings: Readings, count: int) -> list[Reading | ReadError]:
    found = []
    while len(found) < count:
        outcome = readings.next(PATIENCE)
        assert outcome is not None
        found.append(outcome)
    return found


def blank(name: str, size: int = SIZE) -> Reading:
    return Reading(Document(name, ""), [], bytes(size), "")


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_what_was_read_comes_in_the_order_of_the_files(monkeypatch, workers) -> None:
    pauses = random.Random(workers)

    def read(file: Path, name: str, *_: object) -> Reading:
        time.sleep(pauses.random() / 200)
        if name.startswith("00"):
            raise ReadError(name)
        return blank(name)

    monkeypatch.setattr(reading_module, "read_file", read)
    with Readings(jobs(40), workers) as readings:
        found = outcomes(readings, 40)
    names = [str(one) if isinstance(one, ReadError) else one.document.name for one in found]
    assert names == [job.name for job in jobs(40)]
    assert [isinstance(one, ReadError) for one in found] == [i < 10 for i in range(40)]


def test_no_more_is_read_ahead_than_may_wait_and_a_larger_file_still_passes(monkeypatch) -> None:
    monkeypatch.setattr(reading_module, "AHEAD", 10 * SIZE)
    monkeypatch.setattr(reading_module, "weight", lambda reading: len(reading.original))
    slow, read = threading.Event(), []

    def stub(file: Path, name: str, *_: object) -> Reading:
        read.append(name)
        if name == "000.odd":
            slow.wait(PATIENCE)
        return blank(name, 50 * SIZE if name == "020.odd" else SIZE)

    monkeypatch.setattr(reading_module, "read_file", stub)
    files = jobs(30)
    files[20] = replace(files[20], size=50 * SIZE)
    with Readings(files, 2) as readings:
        until(lambda: len(read) >= 10)
        assert readings.next(0.2) is None
        assert len(read) == 10  # the slow one and nine that wait for it
        slow.set()
        assert len(outcomes(readings, 30)) == 30
    assert read == [job.name for job in files]


def test_only_so_many_documents_wait_to_be_stored(monkeypatch) -> None:
    monkeypatch.setattr(reading_module, "MOST_READY", 3)
    slow, read = threading.Event(), []

    def stub(file: Path, name: str, *_: object) -> Reading:
        read.append(name)
        if name == "000.odd":
            slow.wait(PATIENCE)
        return blank(name, SIZE)

    monkeypatch.setattr(reading_module, "read_file", stub)
    with Readings(jobs(12), 2) as readings:
        until(lambda: len(read) >= 4)
        assert readings.next(0.2) is None
        assert len(read) == 4  # the slow one and three that wait for it
        slow.set()
        assert len(outcomes(readings, 12)) == 12


def test_a_defect_in_a_thread_is_raised_where_it_is_waited_for(monkeypatch) -> None:
    def stub(*_: object) -> Reading:
        raise ZeroDivisionError

    monkeypatch.setattr(reading_module, "read_file", stub)
    with Readings(jobs(3), 2) as readings, pytest.raises(ZeroDivisionError):
        readings.next(PATIENCE)


def test_leaving_in_the_middle_ends_threads_and_children_at_once(odd_reader, tmp_path) -> None:
    files = []
    for i in range(6):
        file = tmp_path / f"{i}.odd"
        file.write_text("hang")
        files.append(Job(file.name, file, 4))
    with Readings(files, 2) as readings:
        until(lambda: len(readings._children._busy) >= 2)
        assert readings.next(0.1) is None
        pids = [worker._process.pid for worker in readings._children._busy]
        started = time.monotonic()
    assert time.monotonic() - started < sandbox.LIMITS.seconds / 2  # before they would end by themselves
    assert not any(thread.is_alive() for thread in readings._threads)
    assert not any(runs(pid) for pid in pids)


def test_a_file_that_crashes_or_hangs_costs_itself_only(odd_reader, tmp_path, monkeypatch) -> None:
    short = replace(sandbox.LIMITS, seconds=1)
    monkeypatch.setattr(sandbox, "limits_for", lambda name: short if name == "3.odd" else sandbox.LIMITS)
    files = []
    for i, what in enumerate(
        ["text 甲。", "die", "text 乙。", "sleep", "text 丙。", "memory", "kill", "text 丁。"]
    ):
        file = tmp_path / f"{i}.odd"
        file.write_text(what)
        files.append(Job(file.name, file, file.stat().st_size))
    with Readings(files, 2) as readings:
        found = outcomes(readings, len(files))
    told = [one.document.text if isinstance(one, Reading) else str(one) for one in found]
    assert told[::2] == ["甲。", "乙。", "丙。", told[6]] and told[7] == "丁。"
    for told_of, word in ((1, "crashed"), (3, "longer"), (5, "memory"), (6, "crashed")):
        assert word in told[told_of]


def test_a_file_with_words_but_nothing_to_find_is_no_success(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("。\n，\n", encoding="utf-8")
    with pytest.raises(ReadError, match="no text|no passage|scan"):
        read_file(tmp_path / "a.txt", "a.txt", parse=lambda data, name: Document(name, "。，"))


def test_the_weight_of_a_reading_counts_file_text_and_passages() -> None:
    text = "计量器具应当按周期送检。" * 100
    made = reading_of(Document("a", text), b"x" * 5000)
    assert weight(made) >= 5000 + 2 * 2 * len(text)
