"""Every file operation of every kind of change as the place of a fault: kill -9, a full disk, one that fails."""

from __future__ import annotations

import copy
import functools
import shutil
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import index.library_writer
from index.errors import LibraryError
from index.library import Library
from tests.faults import child, shim
from tests.faults.checks import compare, found, held
from tests.faults.harness import EMBEDDER, PENDING, Refused, Tally, attempt, look
from tests.faults.kills import backup_is_sound, changed, failures
from tests.faults.operations import Operation, Operations, State

KINDS = (
    *("create", "add", "add_many", "update", "remove", "remove_many", "sync", "rebuild", "merge"),
    *("compact", "backup", "restore", "rollback"),
)


@dataclass(frozen=True)
class Scene:
    """A library as it stands before an operation, with all that the operation needs."""

    folder: Path
    operations: Operations
    operation: Operation

    @property
    def home(self) -> Path:
        """The library."""
        return self.folder / "home"


def scene(kind: str, seed: int, folder: Path) -> Scene:
    """A library of a dozen documents with a segment and a tail, a state to roll back to and a backup; or none."""
    if kind == "create":
        folder.mkdir(parents=True)
        operations = Operations(seed, folder)
        return Scene(folder, operations, operations.make("add", {}))
    made, operations, state = _setting(seed, folder.parents[1] / f"setting-{seed}")
    shutil.copytree(made, folder)
    operations = copy.deepcopy(operations)
    operations.scratch, operations.backup_file = folder, folder / operations.backup_file.name
    return Scene(folder, operations, operations.make(kind, dict(state)))


@functools.cache
def _setting(seed: int, folder: Path) -> tuple[Path, Operations, State]:
    """The library of every scene, made once a process; its operations and what it holds."""
    folder = Path(tempfile.mkdtemp(prefix=folder.name, dir=folder.parent))
    operations = Operations(seed, folder)
    state = State()
    for step in ("add_many", "add_many", "rebuild", "sync", "backup", "rebuild", "add_many", "remove"):
        operation = operations.make(step, state)
        index.library_writer.PENDING = 1000 if step == "add_many" else PENDING
        outcome = attempt(folder / "home", operation)
        index.library_writer.PENDING = PENDING
        if not outcome.acknowledged:
            raise RuntimeError(f"{step}: {outcome.told}")
        state = look(folder / "home", operation, True).state
        operations.done(operation, True)
        if step == "backup":
            operations.backed_up = operation.before
    return folder, operations, state


def places(stride: int, start: int = 1) -> Iterator[int]:
    """1, 2, 3, … or every so manieth."""
    number = start
    while True:
        yield number
        number += stride


def kill_points(kind: str, seed: int, stride: int, scratch: Path) -> Tally:
    """Kill at the first, second, third … file operation, until the operation is through before it dies."""
    tally = Tally("every kill point")
    base = scene(kind, seed, scratch / kind)
    kept = base.operations.backup_file.read_bytes() if base.operations.backup_file.exists() else None
    backed_up = base.operations.backed_up
    for at in places(stride):
        home = fresh(base)
        outcome = attempt(home, base.operation, at=at)
        where = f"--points {kind} --seed {seed} at {at}"
        tally.tried += 1
        tally.struck += outcome.killed
        tally.acknowledged += len(changed(base.operation)) if outcome.acknowledged else 0
        wrong = failures(outcome)
        if kind == "backup":
            wrong += backup_is_sound(base.operations, base.operation, outcome.acknowledged, base.folder)
            base.operations.backed_up = backed_up
            if kept is not None:
                base.operations.backup_file.write_bytes(kept)
        tally.violate(wrong, where)
        tally.take(look(home, base.operation, outcome.acknowledged), where)
        if not outcome.killed:
            return tally
    raise AssertionError("unreachable")


def failing_points(kind: str, seed: int, stride: int, scratch: Path, fault: int) -> Tally:
    """Let the disk be full from the n-th operation on, or the n-th operation alone fail: for every n.

    The call must end with one clear LibraryError or do what it promised; the library is read while the disk is
    still full, by who had it open; and when there is room again it holds all that it must.
    """
    tally = Tally("disk full at every operation" if fault == shim.FULL else "EIO at every operation")
    base = scene(kind, seed, scratch / f"{kind}-{fault}")
    kept = base.operations.backup_file.read_bytes() if base.operations.backup_file.exists() else None
    backed_up = base.operations.backed_up
    for at in places(stride):
        home = fresh(base)
        outcome = _while_open(home, base.operation, at, fault)
        refused = outcome.of(Refused)
        (reached,) = outcome.of(int) or [at]
        where = f"--{'full' if fault == shim.FULL else 'eio'} {kind} --seed {seed} at {at}"
        tally.tried += 1
        tally.struck += reached >= at
        tally.acknowledged += len(changed(base.operation)) if outcome.acknowledged else 0
        wrong = [line for said in outcome.of(list) for line in said]
        wrong += ["hung: the call did not return"] if outcome.hung else []
        wrong += [f"wrong: {outcome.broke.strip().splitlines()[-1]}"] if outcome.broke else []
        wrong += [f"wrong: more than one line: {r.message}" for r in refused if "\n" in r.message]
        wrong += [] if refused or outcome.acknowledged or outcome.broke else ["wrong: nothing was said"]
        if kind == "backup":
            wrong += backup_is_sound(base.operations, base.operation, outcome.acknowledged, base.folder)
            base.operations.backed_up = backed_up
            if kept is not None:
                base.operations.backup_file.write_bytes(kept)
        tally.violate(wrong, where)
        if outcome.broke and len(tally.notes) < 3:
            tally.notes.append(outcome.broke)
        tally.take(look(home, base.operation, outcome.acknowledged), where)
        if reached < at:
            return tally
    raise AssertionError("unreachable")


def _while_open(home: Path, operation: Operation, at: int, fault: int) -> child.Outcome:
    """The operation with a fault, in a process that had the library open before and reads it afterwards."""

    def work(tell: child.Tell) -> None:
        acknowledged = False
        if operation.name == "create" or not (home / "catalog.db").exists():
            shim.arm(at, fault)
        try:
            with Library.open(home, EMBEDDER, create=True) as library:
                if not shim.count():
                    shim.arm(at, fault)
                try:
                    operation.run(library)
                    acknowledged = True
                    tell(child.ACKNOWLEDGED)
                except LibraryError as error:
                    tell(Refused(f"{type(error).__name__}: {error}"))
                except Exception:  # noqa: BLE001 - told, and the library is read all the same
                    tell(child.Broke(traceback.format_exc()))
                tell(_readable(library, operation, acknowledged))
        except LibraryError as error:
            tell(Refused(f"{type(error).__name__}: {error}"))
        tell(shim.count())
        shim.arm(0, 0)

    return child.run(work)


def _readable(library: Library, operation: Operation, acknowledged: bool) -> list[str]:
    """What is wrong with a library that is read while the disk is still full."""
    state = held(library)
    return compare(state, operation, acknowledged) + found(library, state)


def fresh(base: Scene) -> Path:
    """A copy of the library of a scene, to be spoilt."""
    home = base.folder / "spoilt"
    shutil.rmtree(home, ignore_errors=True)
    if base.home.exists():
        shutil.copytree(base.home, home)
    return home
