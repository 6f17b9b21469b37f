"""The files that documents came from, kept so that a source can be opened as it was.

A small one lies in the catalog, in the row of its document and so in its transaction, packed with the document's
text: of a text file that is nothing at all, since the text is there. A large one is a file of its own, named by the
SHA-256 of its bytes, so that a document's name is a label and never a path; what compresses well is kept
compressed, with the ending `.z`.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from index.catalog import Catalog
from index.catalog_types import packed, unpacked
from index.durable import sha256_of, sync_folder, write_durably
from index.errors import LibraryError
from index.stored import DamagedColumn

FOLDER = "originals"
COMPRESSED = ".z"
WORTH = 0.9  # of its size: what compresses less is kept as it is
LEVEL = 6
SMALL = 64 << 10  # bytes, packed: what is larger would swell the catalog, which is copied and compacted whole
TRIED = 4 * SMALL  # bytes: what is larger is not even tried
THE_TEXT = b""  # a file that is its document's text, in UTF-8
WINDOW = 32 << 10  # bytes of the text that help to pack: as far as zlib looks back


def pack_small(data: bytes, text: str) -> bytes | None:
    """A file as the catalog keeps it beside the document's text; None if it is too large for that."""
    like = text.encode()
    if data == like:
        return THE_TEXT
    small = packed(data, like[-WINDOW:]) if len(data) <= TRIED else None
    return small if small is not None and len(small) <= SMALL else None


def original_of(catalog: Catalog, name: str, collection: str = "") -> bytes | None:
    """The file that a document came from, bit by bit; None for an unknown name.

    Raises LibraryError when it is missing or not what was stored.
    """
    found = catalog.original(name, collection)
    if found is None:
        return None
    sha256, small, text = found
    if small is None:
        return Originals(catalog.file.parent).read(sha256)
    like = text.encode()
    try:
        data = like if small == THE_TEXT else unpacked(small, like[-WINDOW:])
    except DamagedColumn:
        raise _lost(sha256) from None
    if sha256_of(data) != sha256:
        raise _lost(sha256)
    return data


class Originals:
    """The folder of originals below a home folder. One writer at a time (index.library), many readers."""

    def __init__(self, home: Path) -> None:
        """Makes nothing: the folder appears with the first library that is written."""
        self.folder = home / FOLDER

    def keep(self, files: Mapping[str, bytes]) -> None:
        """Store the bytes of each SHA-256 that is not there yet, whole; they are durable when this returns."""
        for sha256, data in files.items():
            if not self._is_sound(sha256):
                small = zlib.compress(data, LEVEL)
                if len(small) < WORTH * len(data):
                    write_durably(self.folder / f"{sha256}{COMPRESSED}", small, sync_name=False)
                else:
                    write_durably(self.folder / sha256, data, sync_name=False)
        if files:
            sync_folder(self.folder)

    def read(self, sha256: str) -> bytes:
        """The bytes of this SHA-256. Raises LibraryError when they are missing or not what was stored."""
        file = self._file(sha256)
        if file is not None:
            try:
                data = file.read_bytes()
                data = zlib.decompress(data) if file.suffix == COMPRESSED else data
                if sha256_of(data) == sha256:
                    return data
            except (OSError, zlib.error):
                pass
        raise _lost(sha256)

    def __contains__(self, sha256: str) -> bool:
        """Whether there is a file for this SHA-256, sound or not."""
        return self._file(sha256) is not None

    def _is_sound(self, sha256: str) -> bool:
        try:
            self.read(sha256)
        except LibraryError:
            return False
        return True

    def hashes(self) -> Iterator[str]:
        """The SHA-256 of every stored file."""
        for file in self.folder.iterdir() if self.folder.is_dir() else ():
            if not file.name.startswith("."):
                yield file.name.removesuffix(COMPRESSED)

    def drop(self, hashes: Iterable[str]) -> None:
        """Delete these; what is not there is passed over."""
        for sha256 in hashes:
            for name in (sha256, f"{sha256}{COMPRESSED}"):
                (self.folder / name).unlink(missing_ok=True)

    def drop_all_but(self, wanted: Collection[str]) -> None:
        """Delete what is not `wanted`, and what a crash has left half written."""
        self.drop([sha256 for sha256 in self.hashes() if sha256 not in wanted])
        for file in self.folder.glob(".*.tmp"):
            file.unlink(missing_ok=True)

    def _file(self, sha256: str) -> Path | None:
        places = (self.folder / f"{sha256}{COMPRESSED}", self.folder / sha256)
        return next((place for place in places if place.is_file()), None)


def _lost(sha256: str) -> LibraryError:
    return LibraryError(
        f"原文件丢失或损坏，请重新同步 the original is missing or damaged, sync again: {sha256}"
    )
