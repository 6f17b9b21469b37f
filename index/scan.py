"""Which files a list of files and folders stands for, and under which names the library knows them.

Names are labels: POSIX paths relative to the synced folder. Nothing is opened here but folders.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path, PurePosixPath
from typing import NamedTuple

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
        if not self.lost or name in self.lost:
            return name in self.lost
        return any(str(parent) in self.lost for parent in PurePosixPath(name).parents)


class _Met(NamedTuple):
    """A file that was met: where it really stands, its name below its root, and why it cannot be read, or ""."""

    file: Path
    stands: str
    name: str
    reason: str


def scan(paths: Sequence[Path], home: Path) -> Found:
    """All files that `paths` stand for; hidden files, hidden folders and `home` itself are passed over.

    Raises ReadError as `check` does. Files of the same relative name below several roots get as much of
    their roots' paths in front of it as tells them apart.
    """
    check(paths, home)
    found = Found()
    entries: list[tuple[Path, str, Path]] = []  # root, name below it, file
    seen: set[str] = set()
    for root in paths:
        for file, real, name, reason in _files(root, home.resolve()):
            name = label(name)
            if reason:
                found.fail(file, reason, name, *_longer(root, name))
            elif real not in seen:
                seen.add(real)
                entries.append((root, name, file))
    alike: dict[str, list[tuple[Path, Path]]] = defaultdict(list)
    for root, name, file in entries:
        alike[name].append((root, file))
    for name, files in alike.items():
        names = _told_apart([root for root, _ in files], name) if len(files) > 1 else [name]
        for one, (_, file) in zip(names, files, strict=True):
            found.files[_unused(one, found.files)] = file
    return found


def check(paths: Sequence[Path], home: Path) -> None:
    """Raises ReadError if one of `paths` isn't there, or is the library's own folder or inside of it."""
    own = home.resolve()
    for path in paths:
        if not path.exists():
            raise ReadError(f"路径不存在 path not found: {path}")
        if path.resolve().is_relative_to(own):
            raise ReadError(
                f"{path}: 这是资料库自己的文件夹 this is the library's own folder ({home}); "
                "请用 --home 另选资料库位置 put the library elsewhere with --home"
            )


def label(name: str) -> str:
    """A file name that can be stored and shown: bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


def _longer(root: Path, name: str) -> list[str]:
    """`name` with the last one, two, three… parts of its root's path before it; of a file, of its folder's."""
    folder = root.resolve() if root.is_dir() else root.resolve().parent
    parts = [label(part) for part in folder.parts[1:]]
    return ["/".join([*parts[start:], name]) for start in range(len(parts) - 1, -1, -1)] or [name]


def _told_apart(roots: Sequence[Path], name: str) -> list[str]:
    """For each of several roots that hold `name`, the shortest name with parts of its path that is its own."""
    longer = [_longer(root, name) for root in roots]
    names: list[str] = []
    for i, mine in enumerate(longer):
        others = [other for n, other in enumerate(longer) if n != i]
        own = (
            n for n, one in enumerate(mine) if all(one != other[min(n, len(other) - 1)] for other in others)
        )
        names.append(mine[next(own, -1)])
    return names


def _unused(name: str, used: Container[str]) -> str:
    """`name`, with a number behind it if need be: bytes that are not UTF-8 make different names look alike."""
    numbers = count(2)
    unused = name
    while unused in used:
        unused = f"{name} ({next(numbers)})"
    return unused


def _files(root: Path, home: Path) -> Iterator[_Met]:
    """Each file of a root, by name."""
    if root.is_dir():
        yield from _below(root, root.resolve(), str(home))
    else:
        yield _Met(root, str(root.resolve()), root.name, _unfit(root))


def _below(top: Path, root: Path, home: str) -> Iterator[_Met]:
    """Each file of the folder `top`, which really stands at `root`, and of all below it."""
    # Still to be read, not recursive, for folders may be deep; in text, since paths take their time to be made.
    folders = [(str(top), str(root), "")]
    while folders:
        folder, real, above = folders.pop()
        try:
            with os.scandir(folder) as entries:
                ordered = sorted((entry for entry in entries if not _hidden(entry.name)), key=_by_name)
        except OSError as error:
            yield _Met(Path(folder), real, above.removesuffix("/") or ".", _denied(error))
            continue
        inner: list[tuple[str, str, str]] = []
        for entry in ordered:
            stands = os.path.join(real, entry.name)  # noqa: PTH118 - see above
            name = above + entry.name
            if entry.is_symlink():
                yield from _linked(Path(entry.path), root, name)
            elif not entry.is_dir():
                yield _Met(Path(entry.path), stands, name, "" if entry.is_file() else IRREGULAR)
            elif stands != home:
                inner.append((entry.path, stands, f"{name}/"))
        folders += reversed(inner)


def _linked(link: Path, root: Path, name: str) -> Iterator[_Met]:
    """The file that a link leads to; a linked folder gives nothing, since it is read where it really stands."""
    try:
        target = link.resolve()
    except (OSError, RuntimeError):  # RuntimeError until Python 3.12
        yield _Met(link, str(link), name, LOOP)
        return
    if not target.is_relative_to(root):
        yield _Met(link, str(target), name, OUTSIDE)
    elif not target.is_dir():
        yield _Met(link, str(target), name, _unfit(link))


def _by_name(entry: os.DirEntry[str]) -> str:
    return entry.name


LOOP = "链接指向自己 the link leads back to itself"
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
