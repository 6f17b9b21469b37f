"""Damaged files: whatever has happened to one of them, the library answers rightly or says that it cannot.

After opening, either everything holds (what was damaged has been mended, or did not matter) or there is one clear
LibraryError that says what to do. Nothing may be silently wrong.
"""

from __future__ import annotations

import json
import random
import select
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from index.errors import LibraryError
from index.library import Library
from index.passage import Where
from tests.faults import child
from tests.faults.checks import held
from tests.faults.harness import EMBEDDER, Refused, Tally, attempt
from tests.faults.operations import State, key_of
from tests.faults.points import Scene, scene

BLOCK = 4096
SHOWN, DEEPER = 5, 25  # hits that are compared, and of what the right answer is known
CONTENTS = ("truncated", "zeroed", "bit", "byte", "swapped", "missing")
MANIFESTS: dict[str, Callable[[bytes], bytes]] = {
    "garbage": lambda data: b"\x00\xff{" * 40,
    "empty": lambda data: b"",
    "old": lambda data: _changed(data, format=0),
    "future": lambda data: _changed(data, format=99),
    "behind": lambda data: _changed(data, upto=0, lexical_upto=0, generation=0),
    "no segments": lambda data: _changed(data, segments=[]),
}


Place = tuple[str, int]
"""Where a passage stands: its document and its start there."""

NEAR = 0.05
"""BM25 counts what was deleted or replaced until it is merged away, so an index that has been made anew, or has taken
the log in twice, weighs words a little otherwise: passages whose scores are so near, relatively, may change places."""


@dataclass(frozen=True)
class Answers:
    """What a library says to everything that it is asked: passages with their scores, best first."""

    state: State
    found: dict[str, list[tuple[Place, float]]]
    originals: dict[str, bytes]


def damage(count: int, seed: int, scratch: Path) -> Tally:
    """Damage one file of a copy of a library, `count` times, and ask it everything."""
    tally = Tally("damaged files")
    outcomes: Counter[str] = Counter()
    bases = [_closed(seed, scratch / "closed"), _crashed(seed, scratch / "crashed")]
    rights = [_ask(base.home, None) for base in bases]
    for number in range(count):
        dice = random.Random(f"{seed}/{number}")
        place = number % 4 == 3  # a quarter in a library whose log has not been taken in
        home = scratch / "spoilt"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(bases[place].home, home)
        what = spoil(home, dice)
        where = f"--damage --seed {seed}, number {number}: {what}"
        answer = _ask(home, rights[place])
        tally.tried += 1
        tally.struck += 1
        if isinstance(answer, Refused):
            outcomes["told"] += 1
            if "\n" in answer.message or not any(word in answer.message for word in ("请", "run", "delete")):
                tally.violate([f"wrong: not clear: {answer.message}"], where)
        elif isinstance(answer, list):
            outcomes["wrong"] += 1
            tally.violate([f"silently wrong: {line}" for line in answer], where)
        elif isinstance(answer, str):
            outcomes["broke"] += 1
            tally.violate([f"repair: {answer}"], where)
        else:
            outcomes["holds"] += 1
    tally.notes.append(", ".join(f"{kind} {number}" for kind, number in sorted(outcomes.items())))
    return tally


def spoil(home: Path, dice: random.Random) -> str:
    """Damage one file; returns what was done to which."""
    files = sorted(file for file in home.rglob("*") if file.is_file() and file.name != "LOCK")
    kinds: dict[str, list[Path]] = {}
    for file in files:
        kinds.setdefault(file.parent.name if file.parent != home else file.name, []).append(file)
    file = dice.choice(kinds[dice.choice(sorted(kinds))])
    if file.name == "manifest.json" and dice.random() < 0.5:
        kind = dice.choice(sorted(MANIFESTS))
        file.write_bytes(MANIFESTS[kind](file.read_bytes()))
    else:
        kind = dice.choice(CONTENTS)
        _spoil_contents(file, kind, dice, files)
    return f"{kind} {file.relative_to(home)}"


def _spoil_contents(file: Path, kind: str, dice: random.Random, files: list[Path]) -> None:
    data = bytearray(file.read_bytes())
    if kind == "missing":
        file.unlink()
    elif kind == "swapped":
        # With a sibling where there is one: of the same kind it is the least conspicuous.
        others = [other for other in files if other != file and other.suffix == file.suffix] or files
        other = dice.choice(others)
        content = other.read_bytes()
        other.write_bytes(data)
        file.write_bytes(content)
    elif not data:
        file.write_bytes(b"\x01")
    elif kind == "truncated":
        file.write_bytes(data[: dice.randrange(len(data))])
    else:
        place = dice.randrange(len(data))
        if kind == "zeroed":
            start = place // BLOCK * BLOCK
            data[start : start + BLOCK] = bytes(len(data[start : start + BLOCK]))
        elif kind == "bit":
            data[place] ^= 1 << dice.randrange(8)
        else:
            data[place] ^= dice.randrange(1, 256)
        file.write_bytes(data)


def _changed(data: bytes, **values: object) -> bytes:
    raw = json.loads(data) | values
    del raw["crc"]  # as if it had been written so
    return json.dumps(raw).encode()


def _closed(seed: int, folder: Path) -> Scene:
    """A library that was closed properly. Compacted: BM25 counts what was deleted until it is gone, and an index that
    has been made anew would rank a little otherwise."""
    base = scene("compact", seed, folder)
    attempt(base.home, base.operation)
    return base


def _crashed(seed: int, folder: Path) -> Scene:
    """A library whose writer died right after what it acknowledged: the log of the database is still there."""
    base = _closed(seed, folder)
    more = base.operations.make("add_many", base.operation.after)

    def work(tell: child.Tell) -> None:
        with Library.open(base.home, EMBEDDER) as library:
            more.run(library)
            tell(child.ACKNOWLEDGED)
            while True:
                pass

    process, pipe = child.start(work)
    select.select([pipe], [], [])
    child.wait((process, pipe), kill_after=0.0)
    return base


def _ask(home: Path, right: Answers | None) -> Answers | Refused | list[str] | str:
    """Everything that the library says; or the error with which it refuses; or what is other than `right`; or how it
    broke."""

    def work(tell: child.Tell) -> None:
        try:
            with Library.open(home, EMBEDDER) as library:
                answers = _answers(library, right)
            tell(answers if right is None else _other(answers, right))
        except LibraryError as error:
            tell(Refused(f"{type(error).__name__}: {error}"))

    outcome = child.run(work)
    if outcome.broke or not outcome.told:
        return (outcome.broke or "hung").strip().splitlines()[-1]
    answer = outcome.told[0]
    if isinstance(answer, list) and not answer:
        assert right is not None
        return right
    return answer  # type: ignore[no-any-return]


def _answers(library: Library, right: Answers | None) -> Answers:
    state = held(library)
    questions = sorted((right or Answers(state, {}, {})).state.items())
    found = {}
    for name, text in questions:
        for mode, question in (("lexical", key_of(text)), ("lexical", text[20:60]), ("dense", text[:200])):
            for where in (Where(), Where(documents=frozenset({name}))):
                hits = library.search(question, SHOWN if right else DEEPER, mode, where)
                key = f"{mode} {question} {bool(where.documents)}"
                found[key] = [((hit.passage.document, hit.passage.start), hit.score) for hit in hits]
    originals = {}
    for name in state:
        try:
            originals[name] = library.original(name)
        except LibraryError as error:
            originals[name] = b"told" if "sync" in str(error) else b""
    return Answers(state, found, originals)


def _same(found: list[tuple[Place, float]], right: list[tuple[Place, float]]) -> bool:
    """Whether these are the right hits, in an order that differs at most among neighbours in score."""
    scores = dict(right)
    places = [place for place, _ in found]
    return len(found) == len(right[:SHOWN]) == len(set(places)) and all(
        scores.get(place, 0.0) >= score * (1 - NEAR) for place, (_, score) in zip(places, right, strict=False)
    )


def _other(answers: Answers, right: Answers) -> list[str]:
    """In what the answers differ from the right ones; an original that is said to be lost is no lie."""
    wrong = [] if answers.state == right.state else ["the documents are others"]
    wrong += [
        f"found {answers.found.get(key)}, not {right.found[key][:SHOWN]}, for {key[:40]}"
        for key in right.found
        if not _same(answers.found.get(key, []), right.found[key])
    ][:2]
    wrong += [
        f"the original of {name}"
        for name, data in answers.originals.items()
        if data not in (b"told", right.originals.get(name))
    ]
    return wrong
