"""Files that crash, hang or swell up cost their own file only; what comes back is checked."""

import os
import re
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import ReadError
from index.passage import Article, Document, OffsetMap, Speaker
from index.readers import sandbox
from index.readers.plain_data import NotPlainError, document_from, to_plain
from index.readers.sandbox import IN_PLACE, LIMITS, read_safely
from tests.index.conftest import children_of
from tests.index.readers import bombs
from tests.waiting import PATIENCE, runs, until, until_gone

PAGE = "<h1>通知</h1><p>生产者应当对其生产的产品质量负责。</p>".encode()
ROOT = Path(__file__).parents[3]


def odd(what: str, **limits: object) -> Document:
    return read_safely(what.encode(), "a.odd", replace(LIMITS, **limits))


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("die", "crashed.*code 3"),
        ("kill", "crashed.*SIGKILL"),
        ("memory", "memory"),
        ("much", "too much text"),
        ("deep", "nested"),
        ("error", "KeyError"),
        ("no", "^not this one$"),
        ("beyond", "not valid"),
    ],
)
def test_a_failure_is_that_files_reason_in_one_line_and_the_next_file_is_read(odd_reader, what, reason):
    with pytest.raises(ReadError, match=reason) as caught:
        odd(what)
    assert "\n" not in str(caught.value)
    assert odd("fine").text.startswith("fine")


@pytest.mark.parametrize("what", ["hang", "sleep", "fork"])
def test_what_takes_too_long_is_killed_in_time_with_all_that_it_started(odd_reader, what):
    sandbox.close()
    assert odd("fine").text.startswith("fine")
    (worker,) = sandbox._shared._waiting
    with pytest.raises(ReadError, match="longer than 0.5 s"):
        odd(what, seconds=0.5)
    until(lambda: not of_group(worker._process.pid))
    assert odd("fine").text.startswith("fine")


def of_group(leader: int) -> list[int]:
    """The processes that run in a group, which children of its leader are in as well."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        with suppress(OSError):
            found += [pid] if os.getpgid(pid) == leader and runs(pid) else []
    return found


def test_processes_are_reused_and_one_that_broke_is_not(odd_reader):
    assert odd("a").text[1:] == odd("a").text[1:]
    with pytest.raises(ReadError):
        odd("die")
    assert odd("a").text


def test_what_a_library_prints_does_not_meet_the_answer(odd_reader):
    assert odd("print").text.startswith("print")


def test_a_child_sees_no_secrets_and_no_open_files(odd_reader, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    sandbox.close()
    with (tmp_path / "lock").open("w") as lock:
        os.set_inheritable(lock.fileno(), True)
        assert "OPENAI" not in odd("environment").text
        assert len(eval(odd("files").text)) <= 7  # the standard three, two pipes, and the listing's own


ORPHAN = """
import sys
from pathlib import Path
from index.readers import sandbox
from tests.index.conftest import install
install(Path(sys.argv[1]))
print("ready", flush=True)
sandbox.read_safely(sys.argv[2].encode(), "a.odd")
"""


@pytest.mark.parametrize("what", ["hang", "fork"])
def test_children_end_when_their_parent_is_killed(tmp_path, what):
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHAN, str(tmp_path), what], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout.readline() == "ready\n"
    wanted = 1 if what == "hang" else 2
    started: list[int] = []

    def all_started() -> bool:
        started[:] = children_of(parent.pid)
        started.extend([grandchild for child in started for grandchild in children_of(child)])
        return len(started) >= wanted

    until(all_started)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until_gone(started, LIMITS.seconds / 2)  # before one that hangs would end by itself


def test_children_that_are_killed_end_their_files_and_no_more_are_started(odd_reader):
    children = sandbox.Children()
    reasons: list[str] = []

    def work() -> None:
        with pytest.raises(ReadError) as caught:
            children.read(b"hang", "a.odd")
        reasons.append(str(caught.value))

    thread = threading.Thread(target=work)
    thread.start()
    until(lambda: children._busy)
    children.kill()
    thread.join(LIMITS.seconds / 2)  # by itself it would end when the file has taken too long
    assert reasons and "longer" not in reasons[0]
    with pytest.raises(ReadError, match="stopped"):
        children.read(b"fine", "a.odd")
    assert not children._busy and not children._waiting


def test_threads_read_at_the_same_time(odd_reader):
    done: list[str] = []

    def work() -> None:
        for i in range(20):
            done.append(odd(f"x{i % 3}").text[:2])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(done)) == ["x0", "x1", "x2"]
    assert len(done) == 80


def test_plain_text_is_read_in_place_unless_it_is_large():
    sandbox.close()
    assert read_safely("甲。".encode(), "a.txt").text == "甲。"
    assert not sandbox._shared._waiting
    large = ("生产者应当对其生产的产品质量负责。\n" * 25_000).encode()
    assert len(large) > IN_PLACE
    assert len(read_safely(large, "a.txt").text) > 400_000
    assert sandbox._shared._waiting


def test_files_beyond_the_size_limit_are_refused_unread():
    with pytest.raises(ReadError, match="too large"):
        sandbox.check_size(LIMITS.size + 1, "a.txt")


def test_the_interpreter_ends_without_waiting_for_its_children():
    code = f"from index.readers.sandbox import read_safely; read_safely({PAGE!r}, 'a.html')"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=PATIENCE)


def test_the_same_document_comes_out_as_in_place():
    from index.readers import read

    assert read_safely(PAGE, "a.html") == read(PAGE, "a.html")


articles = st.builds(
    Article,
    title=st.text(max_size=5),
    start=st.just(0),
    end=st.integers(0, 3),
    speaker=st.none() | st.builds(Speaker, st.text(max_size=3)),
    headings=st.lists(st.tuples(st.integers(0, 3), st.text(max_size=3)), max_size=2).map(tuple),
)
documents = st.builds(
    Document,
    name=st.text(max_size=5),
    text=st.just("三个字"),
    articles=st.lists(articles, max_size=3).map(tuple),
    origin=st.just(OffsetMap((0, 2), (0, 9))),
    pages=st.lists(st.integers(0, 3), max_size=3).map(lambda pages: tuple(sorted(pages))),
)


@given(documents)
def test_plain_data_and_back_is_the_same_document(document):
    assert document_from(to_plain(document)) == document


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(documents, st.sampled_from([*to_plain(Document("", ""))]), junk)
def test_whatever_stands_in_a_field_it_is_a_document_or_refused(document, field, value):
    plain = to_plain(document) | {field: value}
    try:
        found = document_from(plain)
    except NotPlainError:
        return
    assert isinstance(found, Document)
    shown = to_plain(found)[field]
    assert all(shown[key] == value[key] for key in value) if isinstance(value, dict) else shown == value


@pytest.mark.parametrize(
    "change",
    [
        {"text": 1},
        {"name": None},
        {"unknown": 1},
        {"id": True},
        {"articles": [{"title": "", "start": 0, "end": 9}]},
        {"articles": [{"title": "", "start": -1, "end": 1}]},
        {"articles": [["", 0, 1]]},
        {"origin": {"starts": [0, 1], "origins": [0]}},
        {"origin": {"starts": [], "origins": []}},
        {"pages": [2, 1]},
        {"hygiene": {"__class__": "os.system"}},
    ],
)
def test_data_that_is_no_document_is_refused(change):
    with pytest.raises(NotPlainError):
        document_from(to_plain(Document("a", "三个字")) | change)
    with pytest.raises(NotPlainError):
        to_plain(object())


WATCH = """
import re, sys, time
from dataclasses import replace
from pathlib import Path
from index.errors import ReadError
from index.readers import sandbox
from index.readers.archive import list_members
from index.reading import read_file

short = replace(sandbox.LIMITS, seconds=2)
sandbox.limits_for = lambda name: short

def peak():  # of this program; ru_maxrss would count the one that started it
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

before = peak()
for file in sorted(Path(sys.argv[1]).iterdir()):
    started = time.monotonic()
    try:
        if file.suffix == ".zip":
            list_members(file, file.name)
        read_file(file, file.name)
        outcome = "read"
    except ReadError as error:
        outcome = str(error)
    print(f"{file.name}: {time.monotonic() - started:.1f} s {outcome}")
print((peak() - before) // 1024)
"""


@pytest.mark.slow
def test_bombs_are_read_or_refused_in_time_and_the_parents_memory_hardly_grows(tmp_path):
    for bomb in bombs.BOMBS:
        name, data = bomb()
        (tmp_path / name).write_bytes(data)
    bombs.write_long_line(tmp_path / "line.txt", 200 * 1024 * 1024)
    done = subprocess.run(
        [sys.executable, "-c", WATCH, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    *files, growth = done.stdout.splitlines()
    print(done.stdout)
    assert len(files) == len(bombs.BOMBS) + 1  # one line for each
    assert all(float(re.search(r": ([\d.]+) s", line)[1]) < PATIENCE / 2 for line in files), done.stdout
    assert "root:" not in done.stdout
    assert int(growth) < 200


def test_a_large_parent_does_not_make_its_children_tired():
    sandbox.close()
    ballast = bytearray(500 << 20)
    ballast[::4096] = b"x" * len(ballast[::4096])
    try:
        read_safely(b"<p>" + "计量器具应当送检。".encode() + b"</p>", "a.html")
        assert len(sandbox._shared._waiting) == 1
    finally:
        del ballast
