"""A reader that does what the file says, good or bad, for tests of what stands around readers."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from index.readers import READERS, sandbox

ODD = """
import os, sys, time
from index.errors import ReadError
from index.passage import Article, Document

def read_odd(data, name):
    what = data.decode()
    if what == "hang":
        while True: pass
    if what == "sleep":
        time.sleep(600)
    if what == "die":
        os._exit(3)
    if what == "kill":
        os.kill(os.getpid(), 9)
    if what == "memory":
        bytearray(10 ** 11)
    if what == "much":
        return Document(name, "字" * 10_000_000)
    if what == "deep":
        def down(): down()
        down()
    if what == "error":
        raise KeyError("line 1\\nline 2")
    if what == "no":
        raise ReadError("not this one")
    if what == "beyond":
        return Document(name, "字", articles=(Article("", 0, 5),))
    if what == "print":
        print("noise"); sys.stderr.write("noise"); os.system("echo noise; cat")
    if what == "environment":
        return Document(name, repr(sorted(os.environ)))
    if what == "files":
        return Document(name, repr(os.listdir("/proc/self/fd")))
    if what == "fork":
        if os.fork() == 0:
            time.sleep(600)
        time.sleep(600)
    if what.startswith("text "):
        return Document(name, what[5:], articles=(Article("", 0, len(what) - 5),))
    return Document(name, what + str(os.getpid()))
"""


def install(folder: Path) -> Callable[[], None]:
    """Make this process and its reading children read `.odd` files, with a module written to `folder`; returns how to undo it."""
    (folder / "odd_reader.py").write_text(ODD)
    before = sandbox._START
    sandbox._START = before.replace(
        "from index",
        f"sys.path.insert(0, {str(folder)!r}); from index.readers import READERS; "
        "READERS['.odd'] = 'odd_reader:read_odd'; from index",
        1,
    )
    sandbox.close()
    READERS[".odd"] = "odd_reader:read_odd"

    def undo() -> None:
        sandbox.close()
        sandbox._START = before
        del READERS[".odd"]

    return undo


@pytest.fixture(scope="module")
def odd_reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Files called .odd are read by a reader that is no part of the product."""
    undo = install(tmp_path_factory.mktemp("odd"))
    yield
    undo()


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread that has ended meanwhile
            found += [int(child) for child in task.read_text().split()]
    return found
