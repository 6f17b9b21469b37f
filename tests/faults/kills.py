"""Random operations, each of them killed: half at a random moment, half at a random file operation."""

from __future__ import annotations

import json
import math
import random
import shutil
from collections import defaultdict
from pathlib import Path

from index.care import restore
from index.library import Library
from tests.faults import child, shim
from tests.faults.checks import held
from tests.faults.harness import EMBEDDER, Tally, attempt, look
from tests.faults.operations import Operation, Operations, State

LONGEST_CHILD = 0.5  # seconds that an operation takes until one of its kind has been seen


def kills(count: int, seed: int, scratch: Path, replay: list[int] | None = None, enough: int = 10) -> Tally:
    """Kill until `count` children have died, with a check after each, or until there were `enough` violations.

    `replay` are the file operations at which an earlier run of this seed was killed (0: not at all).
    """
    tally = Tally("kill -9")
    operations = Operations(seed, scratch)
    home, state = scratch / "home", State()
    longest: dict[str, float] = defaultdict(lambda: LONGEST_CHILD)
    most: dict[str, int] = defaultdict(lambda: 300)
    places: list[int] = []
    while tally.struck < count and (replay is None or len(places) < len(replay)):
        step = len(places)
        # By step, so that a replay draws the same whatever became of the step before.
        dice = random.Random(f"{seed}/{step}")
        operations.random = random.Random(f"{seed}/{step}/operation")
        operation = operations.next(state)
        if replay is not None:
            outcome = attempt(home, operation, at=replay[step])
        elif step % 2:
            at = int(math.exp(dice.uniform(0, math.log(1.2 * most[operation.name]))))
            outcome = attempt(home, operation, at=at)
        else:
            outcome = attempt(home, operation, kill_after=dice.uniform(0, 1.1 * longest[operation.name]))
        places.append(replay_place(outcome))
        if not outcome.killed:
            longest[operation.name], most[operation.name] = outcome.seconds, shim.count()
        where = f"seed {seed}, step {step}, {operation.name} at operation {places[-1]}"
        tally.tried += 1
        tally.struck += outcome.killed
        tally.acknowledged += len(changed(operation)) if outcome.acknowledged else 0
        wrong = failures(outcome)
        if operation.name == "backup":
            wrong += backup_is_sound(operations, operation, outcome.acknowledged, scratch)
        tally.violate(wrong, where)
        checked = look(home, operation, outcome.acknowledged)
        tally.take(checked, where)
        if tally.violations and len(tally.violations) >= enough:
            break
        if outcome.killed and tally.struck % 100 == 0:
            print(f"  {tally.struck} kills, {tally.acknowledged} documents acknowledged", flush=True)
        state = checked.state
        operations.done(operation, outcome.acknowledged)
    if tally.violations:
        file = scratch / "places.json"
        file.write_text(json.dumps(places))
        tally.notes.append(f"replay: python -m tests.faults --kills {count} --seed {seed} --replay {file}")
    return tally


def replay_place(outcome: child.Outcome) -> int:
    """The file operation at which a child died: killed there, the next one leaves the same files."""
    return max(1, shim.count()) if outcome.killed else 0


def changed(operation: Operation) -> set[str]:
    """The names of the documents that an operation adds, replaces or removes."""
    before, after = operation.before, operation.after
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def failures(outcome: child.Outcome) -> list[str]:
    """What a child must not do: break, or refuse what nothing stands against."""
    if outcome.hung:
        return ["hung: the call did not return"]
    if outcome.broke:
        return [f"wrong: {outcome.broke.strip().splitlines()[-1]}"]
    if not outcome.killed and not outcome.acknowledged:
        return [f"wrong: the call was refused: {outcome.told}"]
    return []


def backup_is_sound(
    operations: Operations, operation: Operation, acknowledged: bool, scratch: Path
) -> list[str]:
    """Restore the backup into a new library: it is the old one or the new one, whole."""
    allowed = operations.in_backup(operation, acknowledged)
    if not operations.backup_file.exists():
        return [] if None in allowed else ["lost: the backup is not there"]
    target = scratch / "restored"
    shutil.rmtree(target, ignore_errors=True)

    def work(tell: child.Tell) -> None:
        with Library.open(target, EMBEDDER, create=True) as library:
            restore(library, operations.backup_file)
            tell(held(library))

    outcome = child.run(work)
    states = outcome.of(dict)
    if not states or states[0] not in allowed:
        return [f"half: the backup is neither the old one nor the new one: {outcome.broke[-300:]}"]
    operations.backed_up = states[0]
    return []
