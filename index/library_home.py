"""A library's home folder: where its catalog is, and how the folder is made and taken away again."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from index.catalog_reader import SCHEMA, CatalogReader
from index.durable import make_folder
from index.errors import LibraryError
from index.library_status import CATALOG, ORIGINALS
from index.manifest import FILE_NAME
from index.projections import LEXICAL
from index.snapshot import VECTORS


def check_name(home: Path) -> None:
    """Raises LibraryError for a folder whose name the engines below, which take UTF-8, cannot be told."""
    coding = sys.getfilesystemencoding()
    if coding != "utf-8" and not str(home.resolve()).isascii():
        shown = os.fsencode(home).decode("utf-8", "replace")
        raise LibraryError(
            f"文件名编码是 {coding}，打不开中文名的资料库文件夹 the file system's encoding is {coding}, which a library in "
            f"{shown} cannot be opened with: 请设置环境变量 set PYTHONUTF8=1"
        )


def find_catalog(home: Path) -> Path:
    """The catalog of the library in `home`; raises LibraryError if there is none."""
    check_name(home)
    if not (home / CATALOG).exists():
        raise LibraryError(f"还没有建立索引 no index in {home} yet: 请先运行 run `zhida sync FOLDER` first")
    return home / CATALOG


def open_catalog(home: Path, create: bool) -> CatalogReader:
    """The catalog, made or brought to the present schema where that is needed."""
    file = home / CATALOG
    if file.is_file():
        reader = CatalogReader(file)
        if reader.schema() == SCHEMA:
            return reader
        reader.close()
    from index.catalog import Catalog  # SQLAlchemy, which a question does without: it costs 0.2 s to import

    return Catalog(file, create=create)


def make_home(home: Path) -> tuple[Path, ...]:
    """Makes the folder for a new library; returns it and those above it that were not there before."""
    check_name(home)
    made = tuple(folder for folder in (home, *home.parents) if not folder.exists())
    make_folder(home)
    (home / FILE_NAME).unlink(missing_ok=True)  # of a catalog that somebody has deleted
    return made


def remove_home(home: Path, folders: Sequence[Path]) -> None:
    """Takes a closed library away, and of `folders`, innermost first, those that are empty then."""
    for name in (LEXICAL, VECTORS, ORIGINALS):
        shutil.rmtree(home / name, ignore_errors=True)
    for name in (CATALOG, f"{CATALOG}-wal", f"{CATALOG}-shm", FILE_NAME, "LOCK"):
        (home / name).unlink(missing_ok=True)
    with suppress(OSError):  # what somebody else has put there stays
        for folder in folders:
            folder.rmdir()
