"""What all runs share: the warmed-up process, an operation in a child, the check after it, the tally."""

from __future__ import annotations

import gc
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import index.library_writer
import index.sync
from index import words
from index.errors import ZhidaError
from index.library import Library
from tests.conftest import HashingEmbedder
from tests.faults import child, shim
from tests.faults.checks import Checked, check
from tests.faults.operations import Operation

EMBEDDER = HashingEmbedder()
PENDING = 8
"""Vectors that wait before a new segment is written: few, so that merges happen all the time."""


HOURS = 4 * 3600.0


@dataclass(frozen=True)
class Refused:
    """A call ended with an error that is meant for the user."""

    message: str


@dataclass
class Tally:
    """What a run has come to. A violation is one line `kind: what`."""

    name: str
    tried: int = 0
    struck: int = 0
    """How often the fault really struck: what was killed, refused, damaged."""
    acknowledged: int = 0
    slowest: float = 0.0
    """Seconds of the slowest opening."""
    violations: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def kinds(self) -> Counter[str]:
        """How many violations there were of each kind."""
        return Counter(line.partition(":")[0] for line in self.violations)

    def add(self, other: Tally) -> None:
        """Take in a tally of the same kind of run."""
        self.tried += other.tried
        self.struck += other.struck
        self.acknowledged += other.acknowledged
        self.slowest = max(self.slowest, other.slowest)
        self.violations += other.violations
        self.notes += other.notes

    def violate(self, wrong: list[str], where: str) -> None:
        """Note violations with the place where they happened, and print them at once."""
        for line in wrong:
            self.violations.append(f"{line} [{where}]")
            print(f"  !! {self.violations[-1]}", flush=True)

    def take(self, checked: Checked, where: str) -> None:
        """Note what a check has found."""
        self.slowest = max(self.slowest, checked.opening)
        self.violate(checked.wrong, where)


def warm_up() -> None:
    """Import and load everything that a child would otherwise load each time."""
    index.library_writer.PENDING = index.sync.PENDING = PENDING
    words.tokenize("质量管理体系的文件应当定期评审。")
    gc.collect()
    gc.freeze()


def in_parallel(tasks: Sequence[Callable[[], Tally]], jobs: int) -> list[Tally]:
    """The tallies of tasks that are done by so many processes at once, each with its own count of file operations."""

    def worker(number: int) -> child.Work:
        def work(tell: child.Tell) -> None:
            shim.count_apart()
            for task in tasks[number::jobs]:
                tell(task())

        return work

    workers = [child.start(worker(number)) for number in range(jobs)]
    tallies: list[Tally] = []
    for started in workers:
        outcome = child.wait(started, hangs=HOURS)
        tallies += outcome.of(Tally)
        if outcome.broke:
            raise RuntimeError(outcome.broke)
    return tallies


def attempt(
    home: Path,
    operation: Operation,
    *,
    at: int = 0,
    kind: int = shim.KILL,
    kill_after: float | None = None,
    after: Callable[[child.Tell], None] = lambda tell: None,
) -> child.Outcome:
    """Open the library and do an operation, in a child, with a fault at file operation `at`; then `after`."""

    def work(tell: child.Tell) -> None:
        shim.arm(at, kind)
        try:
            with Library.open(home, EMBEDDER, create=True) as library:
                operation.run(library)
                tell(child.ACKNOWLEDGED)
        except ZhidaError as error:
            tell(Refused(f"{type(error).__name__}: {error}"))
        except Exception:  # noqa: BLE001 - told, and then what else has to hold is looked at
            tell(child.Broke(traceback.format_exc()))
        after(tell)

    return child.run(work, kill_after)


def look(home: Path, operation: Operation | None, acknowledged: bool) -> Checked:
    """Check a library in a child of its own."""
    outcome = child.run(lambda tell: tell(check(home, EMBEDDER, operation, acknowledged)))
    found = outcome.of(Checked)
    if found:
        checked: Checked = found[0]
        return checked
    reason = outcome.broke.strip().splitlines()[-1:] or ["hung" if outcome.hung else "died"]
    return Checked({}, [f"repair: the library could not be opened and read: {reason[0]}"], 0.0, outcome.broke)
