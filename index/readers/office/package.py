"""The zip package that DOCX, PPTX and XLSX files are: parts, relations and properties, within limits.

What a package may hold is judged by its directory, before anything is unpacked; parts are unpacked one at a time,
and pictures never. XML is read without entities, DTDs and network. What the parts mean is for each format's reader.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote

from lxml import etree

from index.errors import ReadError

Element = Any
"""An element of lxml, which comes without types."""

MAX_MEMBERS = 20_000
"""Parts of a package; a deck of 2,000 slides with notes and pictures has about 10,000."""

MAX_PART = 192 << 20
"""Bytes of one unpacked part; a sheet of a million filled cells has about 60 MB."""

MAX_UNPACKED = 512 << 20
"""Bytes of all unpacked XML parts together."""

MAX_RATIO, RATIO_FROM = 250, 8 << 20
"""How far a part above RATIO_FROM bytes may be packed. Office XML packs to a tenth, repetitive sheets to a
hundredth; deflate cannot do more than a thousandth, which is what a bomb does."""

R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_XML = (".xml", ".rels", ".vml")
_STRICT = (
    (b"http://purl.oclc.org/ooxml/officeDocument/relationships", R[1:-1].encode()),
    *(
        (
            f"http://purl.oclc.org/ooxml/{strict}".encode(),
            f"http://schemas.openxmlformats.org/{usual}/2006/main".encode(),
        )
        for strict, usual in (
            ("wordprocessingml/main", "wordprocessingml"),
            ("spreadsheetml/main", "spreadsheetml"),
            ("presentationml/main", "presentationml"),
            ("drawingml/main", "drawingml"),
        )
    ),
    (
        b"http://purl.oclc.org/ooxml/drawingml/chart",
        b"http://schemas.openxmlformats.org/drawingml/2006/chart",
    ),
)
"""The names that "Strict Open XML" files use, and those of all others."""

_CORE = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_DCTERMS = "{http://purl.org/dc/terms/}"
_NO_TITLE = re.compile(
    r"(?:Microsoft )?(?:Word|PowerPoint|Excel|WPS)\b.*|PowerPoint 演示文稿|(?:幻灯片|演示文稿|文档|工作簿|表格|新建.*|Slide|Document|Book|"
    r"Presentation|Sheet|Untitled|无标题|无题|未命名|标题|title|默认)\s*[\d\-—]*|.*\.(?:docx?|pptx?|xlsx?|wps|dotx?|potx?|tmp)|"
    r"[\W\d_]*|https?:.*",
    re.IGNORECASE | re.DOTALL,
)
_TEMPLATES = frozenset(("2006-09-13", "2006-09-16", "2013-01-27", "2013-12-23", "1996-12-17"))
"""Days on which the blank files were made that office programs and libraries begin with."""

DRAFTING = 62
"""Days between a file's making and its last change within which both tell when it was issued."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Where a part refers to: `target` is a part's name, or a link when `external`; `kind` the type's last word."""

    kind: str
    target: str
    external: bool


@dataclass(frozen=True, slots=True)
class Properties:
    """A package's own words about itself, "" where they say nothing that can be trusted.

    `issued` is a month (YYYY-MM), and only known where the file was made and last changed within two months. The
    author is left out: it names the owner of a computer, rarely who speaks.
    """

    title: str = ""
    issued: str = ""


class Package:
    """An opened package. Raises ReadError for what is no such package, is encrypted, or is over the limits."""

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        if data.startswith(_OLE):
            raise ReadError(_ole_reason(data, name))
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise self.broken() from error
        self._members = {self._key(info.filename): info for info in self._zip.infolist()}
        self._check()

    def broken(self) -> ReadError:
        """The error of a package that is damaged."""
        return ReadError(
            f"{self.name}: 文件已损坏 the file is damaged; 请用办公软件打开后另存 open and save it again"
        )

    def over(self, what: str) -> ReadError:
        """The error of a package that is over a limit; `what` names it in both languages."""
        return ReadError(f"{self.name}: 文件过大，拒绝读取 refused, over the limit: {what}")

    def __contains__(self, part: str) -> bool:
        return self._key(part) in self._members

    def parts(self, pattern: str) -> list[str]:
        """The names of the parts that match a regular expression, in the package's order."""
        return [key for key in self._members if re.fullmatch(pattern, key)]

    def read(self, part: str) -> bytes:
        """The bytes of a part; b"" when there is none."""
        info = self._members.get(self._key(part))
        if info is None:
            return b""
        try:
            with self._zip.open(info) as file:
                data = file.read(MAX_PART + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            OSError,
            EOFError,
            ValueError,
            RuntimeError,
        ) as error:
            raise self.broken() from error
        if len(data) > MAX_PART:
            raise self.over("解压后大小 unpacked size")
        return data

    def xml(self, part: str) -> Element | None:
        """The root element of a part; None when there is no such part, or it is empty."""
        data = self._usual(self.read(part))
        if not data:
            return None
        try:
            return etree.fromstring(data, _parser())
        except etree.XMLSyntaxError as error:
            raise self.broken() from error

    def elements(self, part: str, tags: Sequence[str]) -> Iterator[Element]:
        """Elements of a part with one of these tags, each when it is complete; the caller clears what it has used."""
        data = self._usual(self.read(part))
        if not data:
            return
        events = etree.iterparse(
            io.BytesIO(data),
            tag=tags,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
        )
        try:
            for _, element in events:
                yield element
        except etree.XMLSyntaxError as error:
            raise self.broken() from error

    def relations(self, part: str) -> Mapping[str, Relation]:
        """Relation id → what a part refers to; "" is the package itself."""
        folder, file = posixpath.split(part)
        root = self.xml(posixpath.join(folder, "_rels", f"{file}.rels"))
        found: dict[str, Relation] = {}
        for item in root if root is not None else ():
            target, external = item.get("Target", ""), item.get("TargetMode") == "External"
            if not external:
                target = posixpath.normpath(posixpath.join("/", folder, unquote(target))).lstrip("/")
            found[item.get("Id", "")] = Relation(item.get("Type", "").rpartition("/")[2], target, external)
        return found

    def main(self, usual: str) -> str:
        """The name of the part that holds the document; `usual` where the package does not say."""
        named = [link.target for link in self.relations("").values() if link.kind == "officeDocument"]
        found = next((part for part in (*named, usual) if part in self), "")
        if not found:
            raise self.broken()
        return found

    def properties(self) -> Properties:
        """What the core properties say, as far as it can be trusted."""
        try:
            root = self.xml("docProps/core.xml")
        except ReadError:  # nobody needs these to read the document
            return Properties()
        if root is None or root.tag != f"{_CORE}coreProperties":
            return Properties()
        title = " ".join((root.findtext(f"{_DC}title") or "")[:500].split())
        title = "" if _NO_TITLE.fullmatch(title) or len(title) > 120 else title
        return Properties(
            title, _issued(root.findtext(f"{_DCTERMS}created"), root.findtext(f"{_DCTERMS}modified"))
        )

    @staticmethod
    def _key(part: str) -> str:
        return part.replace("\\", "/").lstrip("/").lower()

    def _check(self) -> None:
        if len(self._members) > MAX_MEMBERS or len(self._zip.infolist()) > MAX_MEMBERS:
            raise self.over(f"超过 {MAX_MEMBERS} 个部件 more than {MAX_MEMBERS} parts")
        total = 0
        for key, info in self._members.items():
            if info.flag_bits & 1:
                raise ReadError(_encrypted(self.name))
            if not key.endswith(_XML):
                continue
            total += info.file_size
            ratio = info.file_size / max(1, info.compress_size)
            if info.file_size > RATIO_FROM and ratio > MAX_RATIO:
                raise self.over(f"压缩比 {ratio:.0f} 倍，疑似压缩炸弹 packed {ratio:.0f} times, a zip bomb")
            if info.file_size > MAX_PART or total > MAX_UNPACKED:
                raise self.over("解压后大小 unpacked size")

    def _usual(self, data: bytes) -> bytes:
        """The XML of a part under the usual names; refused when it declares a document type, as no office file does."""
        head = data[:4096]
        if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
            raise ReadError(
                f"{self.name}: 含有 DTD，拒绝读取 refused: it declares XML entities; 正常的办公文件没有 no office file does"
            )
        if b"purl.oclc.org/ooxml" in head:
            for strict, usual in _STRICT:
                data = data.replace(strict, usual)
        return data


def is_ole(data: bytes) -> bool:
    """Whether this is a file of the old binary kind (XLS, DOC, PPT), or an encrypted new one."""
    return data.startswith(_OLE)


def _parser() -> Any:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _ole_reason(data: bytes, name: str) -> str:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return _encrypted(name)
    return (
        f"{name}: 旧版二进制格式（.doc、.ppt）an old binary file (.doc, .ppt); "
        "请另存为 .docx、.pptx save it as .docx or .pptx"
    )


def _encrypted(name: str) -> str:
    return f"{name}: 文件已加密 the file is encrypted; 请去除密码后再放入 remove the password first"


def _issued(created: str | None, modified: str | None) -> str:
    try:
        first, last = (date.fromisoformat((text or "")[:10]) for text in (created, modified))
    except ValueError:
        return ""
    if first.isoformat() in _TEMPLATES or not 0 <= (last - first).days <= DRAFTING:
        return ""
    return last.isoformat()[:7]
