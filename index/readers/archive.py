"""ZIP archives: which files are inside, under names that are safe and readable, and their bytes.

A sync takes each member for a file of its own, called `archive.zip/folder/file.docx` (`list_members`, then
`Member.read_bytes`). Nothing is ever written to disk, so that a member called `../../etc/passwd` is a label
like any other. What an archive may hold is bounded before it is unpacked, and again by what really comes out
while it is; only the methods "stored" and "deflated" are unpacked, which need no more memory than they give.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from index.errors import ReadError
from index.passage import Document
from index.readers import check_suffix, read, suffix_of
from index.readers.encoding import COMMON
from index.readers.joined import joined

_MIB = 1024 * 1024

MOST_FILES = 10_000
"""Entries of one archive, and of all archives inside it together."""
MOST_DIRECTORY = 4 * _MIB
"""Bytes of an archive's table of contents, which is read whole."""
MOST_MEMBER = 64 * _MIB
"""Bytes of one unpacked file."""
MOST_TOTAL = 1024 * _MIB
"""Bytes of all unpacked files."""
MOST_RATIO = 200
"""How many times its packed size a file may have; text reaches 20, a page of zeros 1000."""
RATIO_FROM = _MIB
"""Bytes from which the ratio counts."""
DEEPEST = 2
"""Archives inside one another: one in an archive is read, one inside that is not."""
CHUNK = 256 * 1024

_LOCAL_MARK = b"PK\x03\x04"
_LOCAL = struct.Struct("<4s22xHH")
"""A local file header: its mark, and the lengths of the name and the extra field that follow (APPNOTE 4.3.7)."""
_END = b"PK\x05\x06"
_UTF8_FLAG, _ENCRYPTED_FLAG = 0x800, 0x1
_UNICODE_PATH = 0x7075  # extra field of Info-ZIP: version, CRC of the name, the name in UTF-8
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]")
_NOT_FILES = re.compile(r"(?:^|/)(?:__MACOSX/|\.|~\$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


class Place(NamedTuple):
    """Where a packed file lies in an archive: offset of its local header, bytes packed and unpacked."""

    offset: int
    packed: int
    size: int
    deflated: bool

    def unpack(self, stream: BinaryIO, name: str) -> bytes:
        """Its bytes, never many more than `size`, as yet unchecked. Raises ReadError when they are not there."""
        try:
            stream.seek(self.offset)
            mark, name_length, extra_length = _LOCAL.unpack(stream.read(_LOCAL.size))
            stream.seek(self.offset + _LOCAL.size + name_length + extra_length)
            data = stream.read(
                min(self.packed, 2 * self.size + CHUNK)
            )  # what is packed well is not twice as long
            if mark != _LOCAL_MARK:
                raise ValueError("no local header")
            if not self.deflated:
                return data
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(
                data, max(1, self.size)
            )  # 0 would be no limit
        except (struct.error, *_BROKEN):
            raise ReadError(f"{name}: 压缩包中的文件已损坏 this file of the archive is broken") from None


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive, or in an archive in an archive.

    `route` is its place in each of them, so that the table of a large archive is read once and not for each file.
    `name` begins with the archive's own name.
    """

    archive: Path
    route: tuple[Place, ...]
    name: str
    sha256: str
    size: int

    def read_bytes(self) -> bytes:
        """Its bytes. Raises ReadError when the archive has changed or is broken."""
        with _file(self.archive) as stream:
            data = b""
            for place in self.route:
                data = place.unpack(stream, self.name)
                stream = io.BytesIO(data)
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise ReadError(f"{self.name}: 压缩包在读取时被改动 the archive changed while it was read")
        return data


@dataclass(slots=True)
class Contents:
    """What an archive holds: the files that may be read, and (name, reason) of those that may not."""

    members: list[Member] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def list_members(archive: Path, name: str) -> Contents:
    """The files in an archive, hashed. Raises ReadError when it is broken or a bomb; `name` leads all names."""
    found = Contents()
    budget = _Budget(name)

    def visit(route: tuple[Place, ...], inner: str, chunks: Iterator[bytes], size: int) -> None:
        digest = hashlib.sha256()
        for chunk in chunks:
            digest.update(chunk)
        found.members.append(Member(archive, route, inner, digest.hexdigest(), size))

    with _file(archive) as stream:
        _walk(stream, name, (), budget, visit, found.failed)
    return found


def read_zip(data: bytes, name: str) -> Document:
    """All that can be read in an archive as one document, for where there can be only one: a mail's attachment.

    Raises ReadError when nothing can. A sync reads the members one by one instead.
    """
    documents: list[Document] = []
    failed: list[tuple[str, str]] = []

    def visit(route: tuple[Place, ...], inner: str, chunks: Iterator[bytes], size: int) -> None:
        try:
            documents.append(read(b"".join(chunks), inner))
        except ReadError as error:
            failed.append((inner, str(error)))

    _walk(io.BytesIO(data), name, (), _Budget(name), visit, failed)
    if not documents:
        reason = failed[0][1] if failed else "没有文件 it holds no files"
        raise ReadError(f"{name}: 压缩包中没有可读的文件 nothing in the archive can be read: {reason}")
    return joined(documents, name, media_type="application/zip", led=False)


Visit = Callable[[tuple[Place, ...], str, Iterator[bytes], int], None]


@dataclass(slots=True)
class _Budget:
    """What may still be unpacked of one outermost archive."""

    name: str
    files: int = MOST_FILES
    size: int = MOST_TOTAL

    def take(self, files: int, size: int) -> None:
        self.files -= files
        self.size -= size
        if self.files < 0:
            raise ReadError(
                f"{self.name}: 压缩包中文件太多 too many files in the archive: 上限 the limit is {MOST_FILES}"
            )
        if self.size < 0:
            raise ReadError(
                f"{self.name}: 压缩包解压后太大 the archive unpacks to more than {MOST_TOTAL // _MIB} MiB"
            )


def _walk(
    stream: BinaryIO,
    name: str,
    route: tuple[Place, ...],
    budget: _Budget,
    visit: Visit,
    failed: list[tuple[str, str]],
) -> None:
    entries = _open(stream, name)
    budget.take(len(entries), 0)
    used: dict[str, int] = {}
    fit: list[tuple[int, str]] = []
    for place, (entry, _) in enumerate(entries):
        called = _unused(member_name(entry), used)
        # Not is_dir(), which fails for a member without a name.
        if entry.filename.endswith("/") or _NOT_FILES.search(called):
            continue
        inner = f"{name}/{called}"
        try:
            check_suffix(inner)
            _check(entry, inner)
            if suffix_of(inner) == ".zip" and len(route) + 1 >= DEEPEST:
                raise ReadError(f"{inner}: 压缩包嵌套太深 archives are nested too deeply")
            fit.append((place, inner))
        except ReadError as error:
            failed.append((inner, str(error)))
    budget.take(0, sum(entries[place][0].file_size for place, _ in fit))  # before anything is unpacked
    for place, inner in fit:
        entry, opened = entries[place]
        deflated = entry.compress_type == zipfile.ZIP_DEFLATED
        here = (*route, Place(entry.header_offset, entry.compress_size, entry.file_size, deflated))
        try:
            if suffix_of(inner) != ".zip":
                visit(here, inner, _chunks(entry, opened, inner), entry.file_size)
            else:
                data = _unpacked(entry, opened, inner)
                _walk(io.BytesIO(data), inner, here, budget, visit, failed)
        except ReadError as error:
            if min(budget.files, budget.size) < 0:
                raise  # the whole archive is refused
            failed.append((inner, str(error)))


def _file(archive: Path) -> BinaryIO:
    try:
        return archive.open("rb")
    except OSError as error:
        raise ReadError(f"无法读取 cannot be read: {error.strerror}") from None


def _open(stream: BinaryIO, name: str) -> list[tuple[zipfile.ZipInfo, zipfile.ZipFile]]:
    """The entries of an archive, each with the archive. Its table of contents is measured before it is read."""
    try:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(0, size - 65_557))  # the end record and the longest comment
        tail = stream.read()
        at = tail.rfind(_END)
        directory = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
        stream.seek(0)
        if directory > MOST_DIRECTORY:
            raise ReadError(
                f"{name}: 压缩包中文件太多 too many files in the archive: 上限 the limit is {MOST_FILES}"
            )
        opened = zipfile.ZipFile(stream)
        return [(entry, opened) for entry in opened.infolist()]
    except _BROKEN:
        raise ReadError(f"{name}: 压缩包已损坏或不是 ZIP the archive is broken or not a ZIP") from None


def _check(entry: zipfile.ZipInfo, name: str) -> None:
    """Raises ReadError for what must not or cannot be unpacked."""
    if entry.flag_bits & _ENCRYPTED_FLAG:
        raise ReadError(
            f"{name}: 压缩包已加密 the archive is encrypted; 请解压后再放入 unpack it with its password first"
        )
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ReadError(
            f"{name}: 压缩方式不支持 packed in a way that is not read; 请重新压缩为普通 ZIP pack it as a plain ZIP"
        )
    ratio = entry.file_size / max(1, entry.compress_size)
    if entry.file_size > RATIO_FROM and ratio > MOST_RATIO:
        raise ReadError(
            f"{name}: 压缩比 {ratio:.0f} 倍，疑似压缩炸弹，拒绝读取 refused: packed {ratio:.0f} times, a zip bomb"
        )
    if entry.file_size > MOST_MEMBER:
        raise ReadError(
            f"{name}: 文件太大 the file is too large: {entry.file_size / _MIB:.0f} MiB; "
            f"上限 the limit is {MOST_MEMBER // _MIB} MiB"
        )


def _chunks(entry: zipfile.ZipInfo, opened: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The bytes of a member, in pieces; never more than its entry says (zipfile sees to that)."""
    try:
        with opened.open(entry) as stream:
            while chunk := stream.read(CHUNK):
                yield chunk
    except _BROKEN:
        raise ReadError(f"{name}: 压缩包中的文件已损坏 this file of the archive is broken") from None


def _unpacked(entry: zipfile.ZipInfo, opened: zipfile.ZipFile, name: str) -> bytes:
    _check(entry, name)
    return b"".join(_chunks(entry, opened, name))


def member_name(entry: zipfile.ZipInfo) -> str:
    """A member's name as the person who packed it saw it, with / between its parts and nothing that climbs.

    Without the flag for UTF-8 the standard says code page 437, and Chinese programs write GBK or, some, UTF-8.
    """
    name = entry.filename
    if not entry.flag_bits & _UTF8_FLAG:
        name = _extra_name(entry) or _mended(entry.orig_filename, name)
    name = unicodedata.normalize("NFC", _CONTROL.sub("", name)).replace("\\", "/")
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    if parts and re.fullmatch("[A-Za-z]:", parts[0]):
        del parts[0]
    return "/".join(parts) or "未命名"


def _mended(original: str, name: str) -> str:
    try:
        raw = original.encode("cp437")
    except UnicodeEncodeError:
        return name
    if raw.isascii():
        return name
    for encoding in ("utf-8", "gb18030", "big5hkscs"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "gb18030" and not _is_likelier(text, raw):
            continue
        return text.split("\x00", 1)[0]
    return name


def _is_likelier(text: str, raw: bytes) -> bool:
    """Whether a name reads better as GBK than as BIG5: it has as many common characters."""
    other = raw.decode("big5hkscs", "replace")
    return sum(char in COMMON for char in text) >= sum(char in COMMON for char in other)


def _extra_name(entry: zipfile.ZipInfo) -> str:
    extra = entry.extra
    while len(extra) >= 4:
        kind, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        field_data, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(field_data) > 5:
            return field_data[5:].decode("utf-8", "replace")
    return ""


def _unused(name: str, used: dict[str, int]) -> str:
    """`name`, with a number before its suffix when an archive has it twice."""
    unused = name
    while unused in used:
        used[name] += 1
        stem, dot, suffix = name.rpartition(".")
        unused = f"{stem} ({used[name]}).{suffix}" if dot else f"{name} ({used[name]})"
    used[unused] = 1
    return unused
