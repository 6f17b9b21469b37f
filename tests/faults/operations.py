"""What a library is put through: operations made from a seed, with the states that may be left if one is broken off.

A state is what the library holds: the text of each document by name. After an operation that was acknowledged the
library holds `after`; after one that was broken off, `before` or `after`, document by document (or, where
`whole` is set, one of the two as a whole).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from index.care import backup, compact, restore, rollback
from index.library import Library
from index.passage import Article, Document

State = dict[str, str]
MOST = 60  # documents

THINGS = "温度计 压力表 卡尺 天平 砝码 量块 秒表 电表 供应商 合格证 内审 评审".split()
DEEDS = "由计量室校准 送省计量院检定 按周期收回 报质量部批准 在仓库隔离 每年重新评价".split()


@dataclass(frozen=True)
class Operation:
    """One change of a library. `previous` says what it makes of the state to roll back to: "keeps", "before" or "?"."""

    name: str
    run: Callable[[Library], object]
    before: State
    after: State
    whole: bool = False
    previous: str = "keeps"


def key_of(text: str) -> str:
    """The word that stands in this version of this document only."""
    return text.split("。", 1)[0]


def make_text(random: random.Random, number: int) -> str:
    """One to four passages that begin with a word of their own."""
    key = f"编号zq{number}x{random.randrange(10**9)}"
    sentences = [f"{random.choice(THINGS)}{random.choice(DEEDS)}" for _ in range(random.randint(3, 60))]
    return "。".join([key, *sentences]) + "。"


def document(name: str, text: str) -> Document:
    """A document as a reader would make it."""
    return Document(name, text, title=name, articles=(Article(name, 0, len(text)),))


class Operations:
    """Makes operations for a library whose state is known; `scratch` is for folders to sync and for backups."""

    def __init__(self, seed: int, scratch: Path) -> None:
        self.random = random.Random(seed)
        self.scratch = scratch
        self.number = 0
        self.previous: State | None = None
        self.backed_up: State | None = None
        self.synced: set[str] = set()
        """Documents that surely came from the folder: a sync takes away no others."""
        self.backup_file = scratch / "backup.zip"

    def next(self, state: State) -> Operation:
        """Any operation that can be done now."""
        kinds = [
            "add",
            "add",
            "add_many",
            "remove",
            "update",
            "sync",
            "sync",
            "remove_many",
            "rebuild",
            "compact",
        ]
        kinds += ["backup"]
        kinds += ["restore"] if self.backed_up is not None else []
        kinds += ["rollback"] * 2 if self.previous is not None else []
        return self.make(self.random.choice(kinds), state)

    def make(self, kind: str, state: State) -> Operation:
        """The operation of this kind; one that needs documents is an addition while there are none."""
        if not state and kind in ("remove", "remove_many", "update", "rebuild", "sync"):
            kind = "add_many"
        operation: Operation = getattr(self, f"_{kind}")(dict(state))
        return operation

    def done(self, operation: Operation, acknowledged: bool) -> None:
        """Follow what an operation has done to the state to roll back to, and where documents have come from."""
        self.synced &= {name for name, text in operation.after.items() if operation.before.get(name) == text}
        if operation.name in ("restore", "rollback"):
            self.synced = set()
        elif operation.name in ("sync", "rebuild") and acknowledged:
            self.synced = set(operation.after)
        if operation.previous == "before":
            self.previous = operation.before if acknowledged else None
        elif operation.previous == "?":
            self.previous = None

    def in_backup(self, operation: Operation, acknowledged: bool) -> list[State | None]:
        """What the backup file may hold after `operation`; None stands for no file."""
        if operation.name != "backup":
            return [self.backed_up]
        return [operation.before] if acknowledged else [self.backed_up, operation.before]

    def _new(self, count: int) -> State:
        self.number += count
        return {f"文件{n}.txt": make_text(self.random, n) for n in range(self.number - count, self.number)}

    def _some(self, state: State, count: int) -> list[str]:
        return self.random.sample(sorted(state), min(count, len(state)))

    def _add(self, state: State) -> Operation:
        ((name, text),) = self._new(1).items()
        return Operation(
            "add",
            lambda library: library.add(document(name, text), text.encode()),
            state,
            state | {name: text},
        )

    def _add_many(self, state: State) -> Operation:
        new = self._new(self.random.randint(2, 12))
        pairs = [(document(name, text), text.encode()) for name, text in new.items()]
        return Operation("add_many", lambda library: library.add_many(pairs), state, state | new)

    def _update(self, state: State) -> Operation:
        changed = {name: make_text(self.random, self.number) for name in self._some(state, 1)}
        ((name, text),) = changed.items()
        return Operation(
            "update", lambda library: library.add(document(name, text), text.encode()), state, state | changed
        )

    def _remove(self, state: State) -> Operation:
        (name,) = self._some(state, 1)
        return Operation("remove", lambda library: library.remove(name), state, without(state, [name]))

    def _remove_many(self, state: State) -> Operation:
        names = self._some(state, max(1, len(state) - MOST // 2))
        return Operation(
            "remove_many",
            lambda library: library.remove_many(names),
            state,
            without(state, names),
            whole=True,
        )

    def _sync(self, state: State) -> Operation:
        gone = self._some({name: state[name] for name in self.synced if name in state}, 3)
        changed = {name: make_text(self.random, self.number) for name in self._some(state, 3)}
        after = without(state | changed, gone) | self._new(4)
        folder = self._folder(after)
        return Operation("sync", lambda library: library.sync([folder]), state, after, previous="?")

    def _rebuild(self, state: State) -> Operation:
        folder = self._folder(state)
        return Operation(
            "rebuild",
            lambda library: library.sync([folder], rebuild=True),
            state,
            state,
            whole=True,
            previous="before",
        )

    def _merge(self, state: State) -> Operation:
        return Operation("merge", merge, state, state)

    def _compact(self, state: State) -> Operation:
        return Operation("compact", compact, state, state, previous="?")

    def _backup(self, state: State) -> Operation:
        return Operation("backup", lambda library: backup(library, self.backup_file), state, state)

    def _restore(self, state: State) -> Operation:
        after = self.backed_up or {}
        return Operation(
            "restore",
            lambda library: restore(library, self.backup_file),
            state,
            after,
            whole=True,
            previous="before",
        )

    def _rollback(self, state: State) -> Operation:
        after = self.previous or {}
        return Operation("rollback", rollback, state, after, whole=True, previous="before")

    def _folder(self, state: State) -> Path:
        """A folder of the files that make this state."""
        folder = self.scratch / "files"
        folder.mkdir(exist_ok=True)
        for file in folder.iterdir():
            if file.name not in state:
                file.unlink()
        for name, text in state.items():
            (folder / name).write_text(text, encoding="utf-8")
        return folder


def merge(library: Library) -> None:
    """Write all vectors into a new segment."""
    with library.writing() as writer:
        writer.fold()


def without(state: State, names: list[str]) -> State:
    """The state without these documents."""
    return {name: text for name, text in state.items() if name not in names}
