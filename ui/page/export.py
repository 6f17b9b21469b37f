"""A conversation as a file to take away: Markdown, and Word's .docx written with nothing but zip and XML.

Whatever people, models and documents wrote stands in the file as text: in Markdown nothing of it can become a link, a
picture, HTML or a heading, and at the start of a line no formula; in Word there are no fields, links or macros at all.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape as xml_escape

from rag.history_types import Conversation, Entry
from ui.render import reference
from ui.texts import Texts

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~$&!]")
_AUTOLINK = re.compile(r"(?<=[A-Za-z])(?=://)|(?<=www)(?=\.)|(?<=\S)(?=@)|(?<=mailto)(?=:)", re.IGNORECASE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_LINE_START = re.compile(r"^(\s*)([-+=@>]|\d+(?=[.)]))", re.MULTILINE)

Style = Literal["Title", "Heading1", "Normal", "Quote", "Small"]


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph of the export."""

    style: Style
    text: str


def blocks(conversation: Conversation, entries: Sequence[Entry], texts: Texts) -> Iterator[Block]:
    """The conversation as paragraphs: each question, its answer, and its sources with the sentences cited."""
    yield Block("Title", conversation.title or texts.untitled)
    yield Block("Small", texts.exported.format(date=conversation.changed[:10]))
    for entry in entries:
        yield Block("Heading1", " ".join(entry.question.split()))
        answer = entry.to_answer()
        if answer.text.strip():
            yield Block("Normal", answer.text)
        if entry.status == "stopped":
            yield Block("Small", texts.stopped)
        for notice in answer.notices:
            yield Block("Small", notice)
        if answer.citations:
            yield Block("Small", f"{texts.sources}:")
        for citation in answer.citations:
            yield Block("Small", reference(citation, texts))
            yield Block("Quote", citation.quote)


def as_markdown(conversation: Conversation, entries: Sequence[Entry], texts: Texts) -> str:
    """The conversation as Markdown, in UTF-8 with a line break at the end."""
    marks = {"Title": "# ", "Heading1": "## ", "Quote": "> ", "Normal": "", "Small": ""}
    written = []
    for block in blocks(conversation, entries, texts):
        mark = marks[block.style]
        lines = markdown_text(block.text).split("\n")
        if mark.startswith("#"):
            written.append(mark + " ".join(line.strip() for line in lines))
        else:
            written.append("  \n".join(mark + line for line in lines))
    return "\n\n".join(written) + "\n"


def markdown_text(text: str) -> str:
    """`text` with nothing in it that Markdown, or a spreadsheet that opens the file, would act on."""
    plain = printable(text)
    quiet = _SPECIAL.sub(lambda found: "\\" + found[0], plain)
    # A character that shows nothing, between the parts of an address: without it, viewers make links of bare ones.
    quiet = _AUTOLINK.sub("\u2060", quiet)
    # Four spaces would make code of a line, in which the escapes stand as they are.
    quiet = _INDENT.sub("", quiet)
    return _LINE_START.sub(lambda found: _at_line_start(found[1], found[2]), quiet)


def _at_line_start(space: str, mark: str) -> str:
    return f"{space}{mark}\u2060" if mark.isdigit() else f"{space}\\{mark}"


def printable(text: str) -> str:
    """`text` without characters that show nothing or that XML forbids, its line breaks as \\n."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def as_word(conversation: Conversation, entries: Sequence[Entry], texts: Texts) -> bytes:
    """The conversation as a .docx file (ECMA-376, the smallest set of parts that Word and LibreOffice open)."""
    body = "".join(_paragraph(block) for block in blocks(conversation, entries, texts))
    document = f'{_XML}<w:document xmlns:w="{_W}"><w:body>{body}{_SECTION}</w:body></w:document>'
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _RELATIONS.format(kind="officeDocument", target="word/document.xml"),
        "word/_rels/document.xml.rels": _RELATIONS.format(kind="styles", target="styles.xml"),
        "word/styles.xml": f'{_XML}<w:styles xmlns:w="{_W}">{_STYLES}</w:styles>',
        "word/document.xml": document,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def _paragraph(block: Block) -> str:
    lines = [
        f'<w:t xml:space="preserve">{xml_escape(line)}</w:t>' for line in printable(block.text).split("\n")
    ]
    run = "<w:br/>".join(lines)
    return f'<w:p><w:pPr><w:pStyle w:val="{block.style}"/></w:pPr><w:r>{run}</w:r></w:p>'


def _style(name: Style, size: int, look: str = "", spacing: str = "") -> str:
    """A paragraph style; `size` is in half points."""
    default = ' w:default="1"' if name == "Normal" else ""
    return (
        f'<w:style w:type="paragraph" w:styleId="{name}"{default}><w:name w:val="{name}"/>'
        f'<w:pPr><w:spacing w:after="120" w:line="360" w:lineRule="auto"/>{spacing}</w:pPr>'
        f'<w:rPr><w:rFonts w:eastAsia="宋体"/><w:sz w:val="{size}"/>{look}</w:rPr></w:style>'
    )


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SECTION = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440"/></w:sectPr>'
_STYLES = "".join(
    [
        _style("Normal", 22),
        _style("Title", 36, "<w:b/>"),
        _style("Heading1", 26, "<w:b/>", '<w:outlineLvl w:val="0"/>'),
        _style("Quote", 20, '<w:color w:val="555555"/>', '<w:ind w:left="420"/>'),
        _style("Small", 18, '<w:color w:val="555555"/>'),
    ]
)
_CONTENT_TYPES = (
    f'{_XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
    '<Override PartName="/word/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/></Types>'
)
_RELATIONS = (
    f'{_XML}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
    'Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
    'Target="{target}"/></Relationships>'
)
