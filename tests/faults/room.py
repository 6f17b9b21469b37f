"""A disk that is really full: a small tmpfs of its own, in a private mount namespace; and a larger library."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from index.errors import LibraryError
from index.library import Library
from tests.faults import child
from tests.faults.checks import Checked, found, held
from tests.faults.harness import EMBEDDER, Refused, Tally, look
from tests.faults.operations import Operation, Operations, State, document

SIZE = "24m"
OTHERS = 22 << 20  # bytes that are not ours, so that it is soon full
PASSAGES = 10_000
OPEN_WITHIN = 10.0


def tmpfs(seed: int, scratch: Path) -> Tally:
    """Fill a tmpfs in a process of its own, in a private mount namespace; a note says so where that is not allowed."""
    tally = Tally(f"tmpfs of {SIZE}, full")
    place = scratch / "small"
    place.mkdir()
    inside = [sys.executable, "-m", "tests.faults", "--inside", str(place), "--seed", str(seed)]
    script = f'mount -t tmpfs -o size={SIZE} tmpfs "$0" && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", script, str(place), *inside]
    if os.geteuid() or not shutil.which("unshare"):
        tally.notes.append("SKIPPED: needs root and unshare")
        return tally
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if "mount" in run.stderr:
        tally.notes.append(f"SKIPPED: {run.stderr.strip().splitlines()[-1]}")
        return tally
    for line in run.stdout.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "STORED":
            tally.acknowledged = tally.tried = int(rest)
        elif kind == "FULL":
            tally.struck += 1
            tally.notes.append(rest)
        elif kind == "WRONG":
            tally.violate([rest], f"--tmpfs --seed {seed}")
    if run.returncode or not tally.struck:
        tally.violate(
            [f"wrong: {run.stderr.strip()[-300:] or 'the disk was never full'}"], f"--tmpfs --seed {seed}"
        )
    return tally


def fill(place: Path, seed: int) -> None:
    """What `tmpfs` runs inside: add documents until there is no room, read, make room, and look again."""
    operations = Operations(seed, place)
    home, state = place / "home", State()
    last: list[Operation] = []
    (place / "other").write_bytes(bytes(OTHERS))

    def work(tell: child.Tell) -> None:
        with Library.open(home, EMBEDDER, create=True) as library:
            try:
                while True:
                    last[:] = [operations.make("add_many", state)]
                    tell(("next", last[0].after))
                    last[0].run(library)
                    tell(("stored", len(last[0].after)))
                    state.update(last[0].after)
            except LibraryError as error:
                tell(Refused(f"{type(error).__name__}: {error}"))
            now = held(library)
            tell(
                [f"lost: {name}" for name in state if now.get(name) != state[name]][:3] + found(library, now)
            )

    outcome = child.run(work)
    after: State = {}
    stored: State = {}
    for one in outcome.told:
        if isinstance(one, tuple) and one[0] == "next":
            after = one[1]
        elif isinstance(one, tuple):
            stored = after
    print(f"STORED {len(stored)}")
    for refused in outcome.of(Refused):
        print(f"FULL {refused.message}")
    wrong = [line for lines in outcome.of(list) for line in lines]
    wrong += [f"wrong: {outcome.broke.strip().splitlines()[-1]}"] if outcome.broke else []

    def opened(tell: child.Tell) -> None:
        """Somebody else opens the library while the disk is still full."""
        with Library.open(home, EMBEDDER) as library:
            now = held(library)
            tell(
                [f"lost: {name}" for name in stored if now.get(name) != stored[name]][:3]
                + found(library, now)
            )

    other = child.run(opened)
    wrong += [line for lines in other.of(list) for line in lines]
    wrong += (
        [f"repair: not opened on a full disk: {other.broke.strip()[-200:]}"] if not other.of(list) else []
    )
    subprocess.run(["mount", "-o", "remount,size=96m", str(place)], check=True)
    checked: Checked = look(home, Operation("add_many", len, stored, after), False)
    wrong += checked.wrong
    wrong += [f"lost: {name}" for name in stored if checked.state.get(name) != stored[name]][:3]
    more = operations.make("add_many", checked.state)

    def again(tell: child.Tell) -> None:
        with Library.open(home, EMBEDDER) as library:
            more.run(library)
        tell(child.ACKNOWLEDGED)

    if not child.run(again).acknowledged:
        wrong.append("wrong: nothing can be added although there is room again")
    wrong += look(home, more, True).wrong
    for line in wrong:
        print(f"WRONG {line}")


def large(seed: int, scratch: Path) -> Tally:
    """Kill a writer of a library of ten thousand passages at its worst moments, and open it."""
    tally = Tally(f"opening at {PASSAGES:,} passages")
    home = scratch / "home"
    sentence = "计量器具由计量室按周期送省计量院检定并保存证书"

    def make(tell: child.Tell) -> None:
        with Library.open(home, EMBEDDER, create=True) as library:
            number = 0
            while library.status().passages < PASSAGES:
                texts = {
                    f"大{n}.txt": "。".join(f"{sentence}{n}x{i}" for i in range(400)) + "。"
                    for n in range(number, number + 20)
                }
                library.add_many([(document(name, text), text.encode()) for name, text in texts.items()])
                number += 20
            tell(library.status().passages)

    made = child.run(make)
    (tally.acknowledged,) = made.of(int) or [0]
    spoilt = {
        "killed while adding": lambda: None,
        "without manifest.json": (home / "manifest.json").unlink,
        "without the lexical index": lambda: shutil.rmtree(home / "lexical"),
        "without the vectors": lambda: shutil.rmtree(home / "vectors"),
    }
    for what, spoil in spoilt.items():
        spoil()
        killed = child.run(_adding_forever(home, seed), kill_after=1.0) if what.startswith("killed") else None
        opened = child.run(lambda tell: tell(_opening(home)))
        (seconds,) = opened.of(float) or [OPEN_WITHIN * 10]
        tally.tried += 1
        tally.struck += killed is None or killed.killed
        tally.slowest = max(tally.slowest, seconds)
        tally.notes.append(f"{what}: {seconds:.1f} s")
        if seconds > OPEN_WITHIN:
            tally.violate([f"slow: opening took {seconds:.1f} s {opened.broke[-200:]}"], what)
    return tally


def _adding_forever(home: Path, seed: int) -> child.Work:
    def work(tell: child.Tell) -> None:
        operations = Operations(seed, home.parent)
        with Library.open(home, EMBEDDER) as library:
            while True:
                operations.make("add_many", {}).run(library)

    return work


def _opening(home: Path) -> float:
    """Seconds until the first answer."""
    started = time.monotonic()
    with Library.open(home, EMBEDDER) as library:
        library.search("计量器具由谁检定", 10)
    return time.monotonic() - started
