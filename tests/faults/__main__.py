"""Break a library in every way that can be thought of, and look whether anything is lost: `make faults`.

Without an option everything runs at full size; `--short` is what the tests run. Every run prints its seed and, for
what it finds wrong, where and with which command to see it again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tests.faults import shim

SHORT_STRIDE = 400  # of some hundred file operations, one or two of each kind of change
RUNS = ("kills", "points", "full", "eio", "tmpfs", "damage", "readers", "writers", "mutants", "large")
COLUMNS = ("lost", "half", "twice", "not found", "repair")


def main() -> int:
    """Run what was asked for; 0 if nothing was violated, 1 if something was, 77 where nothing can be run."""
    options = _options()
    if shim.compiler() is None:
        print("SKIPPED: no C compiler (cc or gcc)")
        return 77
    shim.run_again_with_faults()
    # After the shim, so that what follows is imported once.
    from tests.faults import harness, room

    harness.warm_up()
    if options.inside:
        room.fill(options.inside, options.seed)
        return 0
    started = time.monotonic()
    scratch = Path(tempfile.mkdtemp(prefix="zhida-faults-", dir=_place()))
    print(f"seed {options.seed}, {options.jobs} at a time, in {scratch}", flush=True)
    tallies = []
    for name in RUNS:
        if not options.chosen or name in options.chosen:
            before = time.monotonic()
            folder = scratch / name
            folder.mkdir()
            found = _merged(_run(name, options, folder))
            tallies += found
            print(f"  {name}: {time.monotonic() - before:.0f} s", flush=True)
    _print(tallies, time.monotonic() - started)
    violated = any(tally.violations for tally in tallies)
    if not violated:
        shutil.rmtree(scratch, ignore_errors=True)
    return int(violated)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--short", action="store_true", help="a minute instead of a quarter of an hour")
    parser.add_argument("--stride", type=int, help="every so manieth file operation only")
    parser.add_argument("--kinds", nargs="*", help="only these kinds of change, at points, full and eio")
    parser.add_argument("--kills", type=int, nargs="?", const=1000, help="random kills, so many")
    parser.add_argument("--replay", type=Path, help="file of places that a run with violations has left")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    for name in RUNS[1:]:
        parser.add_argument(f"--{name}", action="store_true")
    options = parser.parse_args()
    options.chosen = [name for name in RUNS if getattr(options, name)]
    return options


def _place() -> str | None:
    """A file system in memory where there is one: what a killed process has written stays, and nothing waits."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _run(name: str, options: argparse.Namespace, scratch: Path) -> list:
    """The tallies of one run at the size that was asked for."""
    from tests.faults import crowd, damage, harness, kills, mutants, points, room

    short, seed = options.short, options.seed
    stride = options.stride or (SHORT_STRIDE if short else 1)
    kinds = options.kinds or points.KINDS
    if name == "kills":
        count = options.kills or (60 if short else 1000)
        if options.replay:
            return [kills.kills(count, seed, scratch, json.loads(options.replay.read_text()))]
        return [kills.kills(count, seed, scratch)]
    if name == "points":
        tasks = [partial(points.kill_points, kind, seed, stride, scratch) for kind in kinds]
        return harness.in_parallel(tasks, options.jobs)
    if name in ("full", "eio"):
        fault = shim.FULL if name == "full" else shim.BROKEN
        tasks = [partial(points.failing_points, kind, seed, stride, scratch, fault) for kind in kinds]
        return harness.in_parallel(tasks, options.jobs)
    single: dict[str, Callable[[], object]] = {
        "tmpfs": lambda: [room.tmpfs(seed, scratch)],
        "damage": lambda: [damage.damage(24 if short else 240, seed, scratch)],
        "readers": lambda: [crowd.readers(100 if short else 2000, 3 if short else 20, scratch)],
        "writers": lambda: [crowd.writers(3 if short else 20, seed, scratch)],
        "mutants": lambda: mutants.mutants(seed, scratch, 1 if short else None),
        "large": lambda: [] if short else [room.large(seed, scratch)],
    }
    return single[name]()  # type: ignore[return-value]


def _merged(tallies: Sequence) -> list:
    """One tally for all of the same name."""
    merged: dict[str, object] = {}
    for tally in tallies:
        if tally.name in merged:
            merged[tally.name].add(tally)  # type: ignore[attr-defined]
        else:
            merged[tally.name] = tally
    return list(merged.values())


def _print(tallies: Sequence, seconds: float) -> None:
    """One table of everything."""
    heads = ("tried", "struck", "acked", *COLUMNS, "other", "slowest s")
    print("\n" + "".ljust(40) + "".join(head.rjust(11) for head in heads))
    for tally in tallies:
        kinds = tally.kinds()
        other = sum(kinds.values()) - sum(kinds[column] for column in COLUMNS)
        numbers = [tally.tried, tally.struck, tally.acknowledged, *(kinds[c] for c in COLUMNS), other]
        print(tally.name.ljust(40) + "".join(f"{n:11,}" for n in numbers) + f"{tally.slowest:11.2f}")
        for note in tally.notes:
            print(f"    {note}")
    print(f"\n{seconds:.0f} s; {sum(len(tally.violations) for tally in tallies)} violations")


if __name__ == "__main__":
    sys.exit(main())
