"""A library in one file, made while others search it, and brought back from it.

The file is a ZIP: `backup.json` (what is in it, with the SHA-256 of every member, written last), `catalog.db`
and the originals that it does not hold itself. The search index is not in it: it is made again from the catalog.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from index.catalog import Catalog
from index.catalog_migrations import copy_catalog
from index.durable import sync_file, sync_folder, unwritable
from index.errors import LibraryError
from index.originals import FOLDER as ORIGINALS
from index.originals import Originals
from index.previous import Prepare, replace_contents

FORMAT = 2
READABLE = (1, FORMAT)
CONTENTS = "backup.json"
BESIDE = ("history.db",)
"""Other SQLite files of a home, which are saved too. Restoring puts one back only where there is none: what was asked since
the backup must not go with the documents."""
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds. `members` are the SHA-256 of its files; `missing` originals were lost before it was made."""

    created: str
    documents: int
    passages: int
    embedder: str
    members: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    format: int = FORMAT


def write_backup(catalog: Catalog, file: Path) -> Backup:
    """Write the library of `catalog` to `file`, whole and durable, in place of what is there.

    The caller holds the writer's lock, so that no original goes meanwhile; readers are not disturbed.
    """
    home = catalog.file.parent
    totals = catalog.totals()
    members: dict[str, str] = {}
    missing = []
    partial = file.with_name(f".{file.name}.partial")
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=home) as scratch:
            copy = Path(scratch) / "catalog.db"
            copy_catalog(catalog.file, copy)
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                with copy.open("rb") as stream:
                    members["catalog.db"] = _put(archive, "catalog.db", stream)
                members |= _put_beside(archive, home, Path(scratch))
                for sha256 in catalog.originals():
                    try:
                        data = Originals(home).read(sha256)
                    except LibraryError:
                        missing.append(sha256)
                        continue
                    archive.writestr(f"{ORIGINALS}/{sha256}", data)
                    members[f"{ORIGINALS}/{sha256}"] = sha256
                made = Backup(
                    created=datetime.now(UTC).isoformat(timespec="seconds"),
                    documents=totals.documents,
                    passages=totals.passages,
                    embedder=catalog.meta().get("embedder", ""),
                    members=members,
                    missing=tuple(missing),
                )
                archive.writestr(CONTENTS, json.dumps(asdict(made), indent=1))
        sync_file(partial)
        partial.replace(file)
        sync_folder(file.parent)
    except (OSError, sqlite3.OperationalError) as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise unwritable(file.parent, error) from None
    return made


def restore_backup(catalog: Catalog, file: Path, prepare: Prepare) -> Backup:
    """Make the library of `catalog` hold what the backup `file` holds; everything is checked before anything changes.

    The caller holds the writer's lock and has kept the previous state. Raises LibraryError for a file that is no
    backup, a damaged one, and one of a later version.
    """
    home = catalog.file.parent
    with (
        _opened(file) as (archive, made),
        tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as scratch,
    ):
        for name, sha256 in made.members.items():
            _take(archive, name, sha256, Path(scratch) / Path(name).name)
        folder = Path(scratch)
        originals = Originals(home)
        for name in made.members:
            if name.startswith(f"{ORIGINALS}/"):
                sha256 = Path(name).name
                originals.keep({sha256: (folder / sha256).read_bytes()})
        replace_contents(catalog, folder / "catalog.db", prepare)
        for name in BESIDE:
            if name in made.members and not (home / name).exists():
                (folder / name).chmod(0o600)
                (folder / name).replace(home / name)
                sync_folder(home)
    return made


@contextmanager
def _opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, Backup]]:
    """The archive and its contents list. Raises LibraryError for anything but a sound backup of a known format."""
    try:
        with zipfile.ZipFile(file) as archive:
            raw = json.loads(archive.read(CONTENTS))
            if raw.get("format") not in READABLE:
                raise LibraryError(
                    f"备份由其他版本的 Zhida 建立 this backup was made by another version of Zhida: {file}"
                )
            made = Backup(**{**raw, "missing": tuple(raw["missing"])})
            names = set(archive.namelist()) - {CONTENTS}
            plain = all(name in ("catalog.db", *BESIDE) or _is_original(name) for name in names)
            if "catalog.db" not in names or names != set(made.members) or not plain:
                raise _damaged(file, "contents do not agree")
            yield archive, made
    except FileNotFoundError:
        raise LibraryError(f"备份文件不存在 backup not found: {file}") from None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, EOFError) as error:
        raise _damaged(file, error) from None


def _is_original(name: str) -> bool:
    """Whether a member's name is one that we give, so that it can lead nowhere else."""
    folder, _, rest = name.partition("/")
    return folder == ORIGINALS and len(rest) == 64 and all(letter in "0123456789abcdef" for letter in rest)


def _put_beside(archive: zipfile.ZipFile, home: Path, scratch: Path) -> dict[str, str]:
    """Add the other databases that there are; returns the SHA-256 of each. Raises LibraryError for a damaged one."""
    added = {}
    for name in BESIDE:
        if not (home / name).is_file():
            continue
        try:
            copy_catalog(home / name, scratch / name)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            raise LibraryError(
                f"备份不了，文件已损坏 cannot back up a damaged file: {home / name}: {error}"
            ) from None
        with (scratch / name).open("rb") as stream:
            added[name] = _put(archive, name, stream)
    return added


def _put(archive: zipfile.ZipFile, name: str, stream: IO[bytes]) -> str:
    """Add a file to the archive in pieces; returns its SHA-256."""
    digest = hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as out:
        while piece := stream.read(CHUNK):
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()


def _take(archive: zipfile.ZipFile, name: str, sha256: str, place: Path) -> None:
    """Write a member to `place`. Raises LibraryError if it is not, bit by bit, what was put in."""
    with archive.open(name) as stream, place.open("wb") as out:
        shutil.copyfileobj(stream, out, CHUNK)
    with place.open("rb") as written:
        if hashlib.file_digest(written, "sha256").hexdigest() != sha256:
            raise _damaged(Path(archive.filename or ""), f"{name} has changed")


def _damaged(file: Path, reason: object) -> LibraryError:
    return LibraryError(f"不是备份文件或已损坏 not a backup, or a damaged one: {file} ({reason})")
