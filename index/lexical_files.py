"""Are the files of a tantivy index what was written? tantivy itself looks only when it is asked to, which its Python
binding cannot do: it loads a damaged file without a word and then counts wrong.

Each file of a segment ends with a footer: a JSON object that holds the CRC-32 of all before it, the object's
length and a magic number (tantivy, src/directory/footer.rs). Files of a segment never change.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

MAGIC = 1337
_TAIL = struct.Struct("<II")  # length of the JSON object, magic number
_FOOTER = 1024  # bytes at the end that hold the footer; it has about a hundred
_sound: dict[str, tuple[int, int, int, int]] = {}
"""Files that have been read through, with inode, size, time and CRC: each is read once a process."""


def check_files(folder: Path, known: Mapping[str, int]) -> None:
    """Raises ValueError if a file that the index in `folder` names is damaged, OSError if it cannot be read.

    `known` are checksums by name that were noted when the files were written; a file whose name is not among them
    only has to agree with itself.
    """
    files = _files(folder)
    there, segments = {file.name for file in files}, {_segment(file.name) for file in files}
    for name in known:
        # Lists of deleted rows are replaced, and the last one may not have been noted before a crash.
        if name not in there and _segment(name) in segments and not name.endswith(".del"):
            raise ValueError(f"{name} is missing")
    for file in files:
        try:
            stamp = _stamp(file)
            crc = _known_crc(file, stamp)
            if crc is None:
                crc = _read_through(file)
                _sound[str(file)] = (*stamp, crc)
        except FileNotFoundError:  # deleted meanwhile by who is writing
            continue
        if known.get(file.name, crc) != crc:
            raise ValueError(f"{file.name} is not the file that was written")


def checksums(folder: Path) -> dict[str, int]:
    """The CRC of every file that the index in `folder` names, as their footers say it."""
    found = {}
    for file in _files(folder):
        stamp = _stamp(file)
        crc = _known_crc(file, stamp)
        if crc is None:
            with file.open("rb") as stream:
                stream.seek(max(0, stamp[1] - _FOOTER))
                crc = _footer(stream.read())[0]
        found[file.name] = crc
    return found


def _stamp(file: Path) -> tuple[int, int, int]:
    """Inode, size and time of a file."""
    found = file.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _known_crc(file: Path, stamp: tuple[int, int, int]) -> int | None:
    """The CRC of a file that has been read through and is the same since."""
    known = _sound.get(str(file))
    return known[3] if known is not None and known[:3] == stamp else None


def _files(folder: Path) -> list[Path]:
    """The files of the segments that are part of the index now."""
    segments = json.loads((folder / "meta.json").read_bytes())["segments"]
    named = {segment["segment_id"].replace("-", "") for segment in segments}
    return [file for file in folder.iterdir() if _segment(file.name) in named]


def _segment(name: str) -> str:
    """The id of the segment that a file belongs to."""
    return name.partition(".")[0]


def _read_through(file: Path) -> int:
    """The CRC of a file; raises ValueError if it is not what its footer says."""
    data = file.read_bytes()
    crc, length = _footer(data)
    if crc != zlib.crc32(memoryview(data)[: len(data) - length]):
        raise ValueError(f"{file.name} is damaged")
    return crc


def _footer(end: bytes) -> tuple[int, int]:
    """The CRC that the footer at the end of `end` holds, and the footer's length in bytes."""
    if len(end) >= _TAIL.size:
        length, magic = _TAIL.unpack_from(end, len(end) - _TAIL.size)
        if magic == MAGIC and length <= len(end) - _TAIL.size:
            start = len(end) - _TAIL.size - length
            return int(json.loads(end[start : start + length])["crc"]), length + _TAIL.size
    raise ValueError("a file of the lexical index has no footer")
