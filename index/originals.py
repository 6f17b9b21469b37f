"""The files that documents came from, kept so that a source can be opened as it was.

Each is named by the SHA-256 of its bytes, so that a document's name is a label and never a path. What
compresses well (text does, to two fifths; a PDF or a DOCX does not) is kept compressed, with the ending `.z`.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from index.durable import sha256_of, sync_folder, write_durably
from index.errors import LibraryError

FOLDER = "originals"
COMPRESSED = ".z"
WORTH = 0.9  # of its size: what compresses less is kept as it is
LEVEL = 6


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
        raise LibraryError(
            f"原文件丢失或损坏，请重新同步 the original is missing or damaged, sync again: {sha256}"
        )

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
