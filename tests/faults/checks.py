"""What must hold of a library after anything that may have happened to it.

Each violation is one line `kind: what`, of the kinds lost, half, twice, not found, wrong, repair and slow.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from index.durable import sha256_of_file
from index.embed import Embedder
from index.library import Library
from index.manifest import read_manifest
from index.snapshot import VECTORS
from index.verify import verify
from tests.faults.operations import Operation, State, key_of

OPEN_SECONDS = 10.0
SAMPLED = 8  # documents that are searched for


@dataclass(frozen=True)
class Checked:
    """What a library holds, what is wrong with it, how many seconds it took to open, the traceback if it did not."""

    state: State
    wrong: list[str]
    opening: float
    trace: str = ""


def files_agree(home: Path) -> list[str]:
    """The manifest as it lies on disk names only files that are there, bit by bit."""
    manifest = read_manifest(home)
    wrong = []
    named = [*manifest.segments, *(manifest.next.segments if manifest.next else ())] if manifest else []
    for segment in named:
        file = home / VECTORS / segment.file
        if not file.is_file() or sha256_of_file(file) != segment.sha256:
            wrong.append(
                f"wrong: the manifest names {segment.file[:12]}, which is not there or not what it was"
            )
    return wrong


def held(library: Library) -> State:
    """The text of each document by name."""
    return {info.name: library.document(info.name).text for info in library.documents()}


def check(home: Path, embedder: Embedder, operation: Operation | None, acknowledged: bool) -> Checked:
    """What the library holds now, and what is wrong with that after `operation`."""
    wrong = files_agree(home)
    started = time.monotonic()
    with Library.open(home, embedder, create=True) as library:
        opening = time.monotonic() - started
        if opening > OPEN_SECONDS:
            wrong.append(f"slow: opening took {opening:.1f} s")
        state = held(library)
        if operation is not None:
            wrong += compare(state, operation, acknowledged)
            gone = [text for name, text in operation.before.items() if text != state.get(name)]
            wrong += not_found(library, gone[:SAMPLED])
        wrong += sound(library)
        wrong += whole(library, state)
        wrong += found(library, state)
    return Checked(state, wrong, opening)


def compare(state: State, operation: Operation, acknowledged: bool) -> list[str]:
    """Nothing that was acknowledged is lost, nothing is there by half."""
    before, after = operation.before, operation.after
    if acknowledged:
        return [] if state == after else [f"lost: {operation.name}: {difference(state, after)}"]
    if operation.whole:
        return [] if state in (before, after) else [f"half: {operation.name}: {difference(state, after)}"]
    return [
        f"half: {operation.name}: {name} is neither as before nor as after"
        for name in sorted({*state, *before, *after})
        if state.get(name) not in (before.get(name), after.get(name))
    ]


def difference(state: State, expected: State) -> str:
    """What is missing, too much or other."""
    missing = sorted(set(expected) - set(state))
    surplus = sorted(set(state) - set(expected))
    other = [name for name in set(state) & set(expected) if state[name] != expected[name]]
    return (
        f"missing {missing[:3]} ({len(missing)}), surplus {surplus[:3]} ({len(surplus)}), other {other[:3]}"
    )


def sound(library: Library) -> list[str]:
    """Every checksum and count agrees."""
    wrong = [f"wrong: {one.name}: {one.detail}" for one in verify(library.catalog) if not one.sound]
    return wrong


def whole(library: Library, state: State) -> list[str]:
    """The passages of each document are all there and none of them twice: together they are its text."""
    texts: dict[str, list[str]] = {name: [] for name in state}
    for passage in library.all_passages():
        texts.setdefault(passage.document, []).append(passage.text)
    wrong = []
    for name, parts in texts.items():
        length = sum(map(len, parts))
        if length < len(state.get(name, "")):
            wrong.append(f"half: {name} has passages of {length} of its {len(state[name])} characters")
        elif length > len(state.get(name, "")):
            wrong.append(f"twice: {name} has passages of {length} characters for {len(state.get(name, ''))}")
    return wrong


def found(library: Library, state: State) -> list[str]:
    """Documents spread over the library are found by words and by meaning."""
    wrong = []
    first = {passage.document: passage for passage in library.all_passages() if passage.start == 0}
    names = sorted(state)
    for name in names[:: max(1, len(names) // SAMPLED)]:
        # What was encoded, so that nothing can be nearer.
        same = f"{first[name].context}\n{first[name].text}" if name in first else state[name]
        for mode, question in (("lexical", key_of(state[name])), ("dense", same)):
            hits = library.search(question, 3, mode)
            if name not in [hit.passage.document for hit in hits]:
                wrong.append(f"not found: {name} by {mode} search")
            for hit in hits:
                text = state.get(hit.passage.document, "")
                if hit.passage.text != text[hit.passage.start : hit.passage.end]:
                    wrong.append(f"wrong: a hit in {hit.passage.document} is not its text")
    return wrong


def not_found(library: Library, texts: list[str]) -> list[str]:
    """What was replaced or removed is found no more."""
    wrong = []
    for text in texts:
        for mode in ("lexical", "dense"):
            hits = library.search(key_of(text), 5, mode)
            if any(key_of(text) in hit.passage.text for hit in hits):
                wrong.append(f"wrong: {key_of(text)} was removed and is found by {mode} search")
    return wrong
