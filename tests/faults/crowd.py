"""Many at once: readers while everything changes, and two writers for one library."""

from __future__ import annotations

import select
import threading
import time
from pathlib import Path

from index.care import compact
from index.errors import LibraryBusy
from index.library import Library
from tests.faults import child
from tests.faults.harness import EMBEDDER, Refused, Tally, attempt, look
from tests.faults.operations import Operation, Operations, State, document

THREADS, PROCESSES = 8, 2
COMPACTIONS = 20
MARK = "版次"
DOCUMENTS = 24


def readers(queries: int, compactions: int, scratch: Path) -> Tally:
    """Threads and processes that search while the library is rebuilt, synced and compacted: no search may fail.

    Every document carries the number of its edition, and a rebuild replaces all of them in one step: a reply with
    passages of two editions would come from two generations.
    """
    tally = Tally("readers")
    home, folder = scratch / "home", scratch / "files"
    _edition(folder, 0)

    def make(tell: child.Tell) -> None:
        with Library.open(home, EMBEDDER, create=True) as library:
            library.sync([folder], rebuild=True)
        tell(child.ACKNOWLEDGED)

    child.run(make)
    ready, done = scratch / "go", scratch / "done"
    processes = [child.start(_searching(home, queries, 1, ready, done)) for _ in range(PROCESSES)]
    threads = child.start(_searching(home, queries, THREADS, ready, done))

    def change(tell: child.Tell) -> None:
        with Library.open(home, EMBEDDER) as library:
            ready.touch()
            for edition in range(1, compactions + 1):
                _edition(folder, edition)
                library.passage_length = 100 + 20 * (edition % 5)
                library.sync([folder], rebuild=True)
                library.add(document("另.txt", f"另一件{edition}。"), f"{edition}".encode())
                compact(library)
        tell(child.ACKNOWLEDGED)

    changed = child.run(change)
    done.touch()
    if not changed.acknowledged:
        tally.violate([f"wrong: the library could not be changed: {changed.broke[-200:]}"], "--readers")
    for started in [*processes, threads]:
        outcome = child.wait(started)
        if outcome.broke or outcome.hung:
            tally.violate([f"failed read: {outcome.broke[-200:] or 'hung'}"], "--readers")
        for count, wrong in outcome.of(tuple):
            tally.tried += count
            tally.violate(wrong[:5], "--readers")
    tally.struck = 2 * compactions
    return tally


def _edition(folder: Path, number: int) -> None:
    folder.mkdir(exist_ok=True)
    for name in range(DOCUMENTS):
        text = f"{MARK}{number}号。" + f"{MARK}{number}号规定第{name}类计量器具由计量室校准。" * 12
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")


def _searching(home: Path, queries: int, threads: int, ready: Path, done: Path) -> child.Work:
    """A process in which so many threads search one library, each so many times and until all changes are `done`;
    tells how many searches it made and what went wrong."""

    def work(tell: child.Tell) -> None:
        wrong: list[str] = []
        counts = [0] * threads
        with Library.open(home, EMBEDDER) as library:
            while not ready.exists():
                time.sleep(0.01)

            def search(number: int) -> None:
                while counts[number] < queries or not done.exists():
                    turn = counts[number]
                    try:
                        wrong.extend(_reply(library, number + turn))
                    except Exception as error:  # noqa: BLE001 - counted: none may come
                        wrong.append(f"failed read: {type(error).__name__}: {error}")
                    counts[number] += 1

            crowd = [threading.Thread(target=search, args=(number,)) for number in range(threads)]
            for thread in crowd:
                thread.start()
            for thread in crowd:
                thread.join()
        tell((sum(counts), wrong))

    return work


def _reply(library: Library, turn: int) -> list[str]:
    """Search once, by words or by meaning; what is wrong with the reply."""
    mode = "lexical" if turn % 2 else "dense"
    hits = library.search(f"第{turn % DOCUMENTS}类计量器具由谁校准", 10, mode)  # type: ignore[arg-type]
    texts = [hit.passage.text for hit in hits if hit.passage.document != "另.txt"]
    editions = {text.partition("号")[0] for text in texts if text.startswith(MARK)}
    if not editions:
        return [f"failed read: nothing found by {mode} search"]
    if len(editions) > 1:
        return [f"two generations in one reply: {sorted(editions)}"]
    return []


def writers(pairs: int, seed: int, scratch: Path) -> Tally:
    """Two writers: the second is told who holds the lock, and has it as soon as the first is killed."""
    tally = Tally("pairs of writers")
    operations = Operations(seed, scratch)
    home, state = scratch / "home", State()
    for number in range(pairs):
        first, second = operations.make("add", state), operations.make("add", state)
        where = f"--writers --seed {seed}, pair {number}"
        holder = child.start(_holding(home, first))
        select.select([holder[1]], [], [])  # until it says that it has it
        refused = child.run(_refused(home))
        messages = [said.message for said in refused.of(Refused)]
        if not any(f"pid {holder[0]})" in message for message in messages):
            tally.violate([f"wrong: the second writer was told {refused.told}, not pid {holder[0]}"], where)
        child.wait(holder, kill_after=0.0)
        started = time.monotonic()
        outcome = attempt(home, second)
        tally.slowest = max(tally.slowest, time.monotonic() - started)
        if not outcome.acknowledged:
            tally.violate([f"wrong: the lock was not free: {outcome.told}"], where)
        checked = look(home, second, outcome.acknowledged)
        tally.take(checked, where)
        state = checked.state
        tally.tried += 1
        tally.struck += 1
        tally.acknowledged += outcome.acknowledged
    return tally


def _holding(home: Path, operation: Operation) -> child.Work:
    """A writer that never ends."""

    def work(tell: child.Tell) -> None:
        with Library.open(home, EMBEDDER, create=True) as library, library.writing():
            tell(operation.name)
            time.sleep(2 * child.HANGS)

    return work


def _refused(home: Path) -> child.Work:
    """A writer that does not wait."""

    def work(tell: child.Tell) -> None:
        with Library.open(home, EMBEDDER) as library:
            try:
                with library.writing(wait=0):
                    pass
            except LibraryBusy as error:
                tell(Refused(str(error)))

    return work
