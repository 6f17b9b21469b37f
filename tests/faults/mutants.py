"""Libraries that are broken on purpose: a harness that does not catch them proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from index import library_writer
from index.catalog_transaction import Record
from index.library import Library
from index.library_writer import Writer
from index.manifest import Segment
from index.snapshot import VECTORS
from index.vectors.base import Vectors
from index.vectors.faiss import FaissStore
from tests.faults import child, shim
from tests.faults.checks import Checked
from tests.faults.harness import EMBEDDER, Tally, attempt, look
from tests.faults.operations import Operation
from tests.faults.points import fresh, scene


def mutants(seed: int, scratch: Path, at_most: int | None = None) -> list[Tally]:
    """Kill each variant at every few file operations; `struck` says how often something wrong was noticed.

    A hunt begins where the variant is likely to fail, which is at the beginning of the operation or towards its end,
    and ends when something was noticed `at_most` times; None goes on through all of it.
    """
    return [
        _hunt("ack before commit", "add", _nothing, 3, seed, scratch, at_most),
        _hunt("manifest before segment", "merge", _manifest_first, 1, seed, scratch, at_most),
        _hunt("a document in two transactions", "add_many", _two_transactions, 3, seed, scratch, at_most),
    ]


def _hunt(
    name: str,
    kind: str,
    broken: Callable[[], AbstractContextManager[None]],
    stride: int,
    seed: int,
    scratch: Path,
    at_most: int | None,
) -> Tally:
    tally = Tally(f"caught: {name}")
    # One that has a few passages, so that it can be there by half.
    base = scene(kind, seed, scratch / name.replace(" ", "-"))
    start = _acknowledged_early if broken is _nothing else attempt
    with broken():
        attempt(fresh(base), base.operation)  # only counted
        places = range(1, shim.count() + 1, stride)
        for at in reversed(places) if broken is _manifest_first else places:
            home = fresh(base)
            outcome = start(home, base.operation, at=at)
            tally.tried += 1
            checked: Checked = look(home, base.operation, outcome.acknowledged)
            tally.struck += bool(checked.wrong)
            if tally.struck == at_most:
                break
    if not tally.struck:
        tally.violate(
            ["not caught: this variant loses data and nothing was noticed"], f"--mutants --seed {seed}"
        )
    return tally


def _acknowledged_early(home: Path, operation: Operation, *, at: int) -> child.Outcome:
    """The operation in a child that acknowledges it before it is begun."""

    def work(tell: child.Tell) -> None:
        tell(child.ACKNOWLEDGED)
        shim.arm(at, shim.KILL)
        with Library.open(home, EMBEDDER) as library:
            operation.run(library)

    return child.run(work)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _manifest_first() -> Iterator[None]:
    """A merge that publishes the manifest, and only then gives the segment the name that the manifest says."""
    written = library_writer.write_segment

    def later(home: Path, store: FaissStore, questions: Vectors) -> Segment:
        segment = written(home, store, questions)
        (home / VECTORS / segment.file).rename(home / VECTORS / ".later")
        return segment

    publish = Writer._publish

    def first(self: Writer, manifest: library_writer.Manifest) -> None:
        publish(self, manifest)
        later_file = self.home / VECTORS / ".later"
        if later_file.exists():
            later_file.rename(self.home / VECTORS / manifest.segments[-1].file)

    with patch.object(library_writer, "write_segment", later), patch.object(Writer, "_publish", first):
        yield


@contextmanager
def _two_transactions() -> Iterator[None]:
    """A document whose first passage is committed by itself."""
    put = Writer._put

    def twice(self: Writer, records: Sequence[Record]) -> None:
        first = [
            replace(r, passages=r.passages[:1], vectors=r.vectors[:1], digests=r.digests[:1]) for r in records
        ]
        put(self, first)
        put(self, records)

    with patch.object(Writer, "_put", twice):
        yield
