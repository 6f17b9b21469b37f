"""Which files a list of files and folders stands for, and under which names the library knows them.

Names are labels: POSIX paths relative to the synced folder. Nothing is opened here but folders.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from index.errors import ReadError


@dataclass(slots=True)
class Found:
    """The files to read, by name, and what cannot be read, as (path, reason).

    `lost` are the names that documents from what cannot be read have, or that stand before theirs when it
    is a folder: the library keeps those documents.
    """

    files: dict[str, Path] = field(default_factory=dict)
    failed: list[tuple[str, str]] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)

    def fail(self, file: Path, reason: str, *names: str) -> None:
        """Note that `file`, known under `names`, cannot be read."""
        self.failed.append((label(str(file)), reason))
        self.lost.update(names)

    def keeps(self, name: str) -> bool:
        """Whether a document of this name came from what cannot be read now."""
        return name in self.lost or any(str(parent) in self.lost for parent in PurePosixPath(name).parents)


def scan(paths: Sequence[Path], home: Path) -> Found:
    """All files that `paths` stand for; hidden files, hidden folders and `home` itself are passed over.

    Raises ReadError if one of `paths` isn't there, before anything else happens. Two roots that hold the
    same relative name get their own names in front of it.
    """
    for path in paths:
        if not path.exists():
            raise ReadError(f"路径不存在 path not found: {path}")
    found = Found()
    entries: list[tuple[Path, str, Path]] = []  # root, name below it, file
    seen: set[Path] = set()
    for root in paths:
        for file, real, reason in _files(root, home.resolve()):
            name = label(file.relative_to(root).as_posix() if root.is_dir() else file.name)
            if reason:
                found.fail(file, reason, name, f"{_title(root)}/{name}")
            elif real not in seen:
                seen.add(real)
                entries.append((root, name, file))
    often = Counter(name for _, name, _ in entries)
    for root, name, file in entries:
        if often[name] > 1:
            name = f"{_title(root)}/{name}"
        if name in found.files:
            name = label(file.resolve().as_posix()).lstrip("/")
        found.files[name] = file
    return found


def label(name: str) -> str:
    """A file name that can be stored and shown: bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


def _title(root: Path) -> str:
    """What stands before a name that two roots have: the root's own name, or that of a file's folder."""
    folder = root.resolve() if root.is_dir() else root.resolve().parent
    return label(folder.name)


def _files(root: Path, home: Path) -> Iterator[tuple[Path, Path, str]]:
    """(file, where it really stands, why it cannot be read or "") for each file of a root, by name."""
    real = root.resolve()
    if root.is_dir():
        yield from _below(root, real, real, home)
    else:
        yield root, real, _unfit(root)


def _below(folder: Path, real: Path, root: Path, home: Path) -> Iterator[tuple[Path, Path, str]]:
    """The same for one folder; `real` is where it stands, `root` where the synced folder stands."""
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        yield folder, real, _denied(error)
        return
    for entry in ordered:
        file = folder / entry.name
        if _hidden(entry.name):
            continue
        if entry.is_symlink():
            target = file.resolve()
            if not target.is_relative_to(root):
                yield file, target, OUTSIDE
            elif not target.is_dir():  # a linked folder is read where it really stands
                yield file, target, _unfit(file)
        elif entry.is_dir():
            if real / entry.name != home:
                yield from _below(file, real / entry.name, root, home)
        else:
            yield file, real / entry.name, "" if entry.is_file() else IRREGULAR


OUTSIDE = "链接指向文件夹之外 the link leads out of the folder"
IRREGULAR = "不是普通文件 not a regular file"


def _hidden(name: str) -> bool:
    # ~$ begins the lock files that office programs leave beside an open document.
    return name.startswith((".", "~$"))


def _unfit(file: Path) -> str:
    """Why `file` must not be opened; a pipe, say, would never end."""
    try:
        mode = file.stat().st_mode
    except OSError as error:
        return _denied(error)
    return "" if stat.S_ISREG(mode) else IRREGULAR


def _denied(error: OSError) -> str:
    return f"无法读取 cannot be read: {error.strerror}"
