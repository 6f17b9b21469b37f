"""Mails (EML, RFC 5322 with MIME) → Document: subject, date, sender, what was written, and the attachments.

The mail itself is the first article. Each attachment is read by the reader of its own kind and follows as
further articles under its own title, so that one file stays one document; a mail inside the mail likewise.
What the sender only quoted of earlier mails stays, under a heading that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses, parsedate_to_datetime

from index.errors import ReadError
from index.passage import Document, Speaker
from index.readers import READERS, read, suffix_of
from index.readers.blocks import Block, Particulars, document_of
from index.readers.encoding import decode, known_codec
from index.readers.joined import joined
from index.readers.pictures import Pictures
from index.readers.web.images import Images, part_bytes
from index.readers.web.page import read_page
from index.readers.web.reader import declared_encoding, parse_html

MOST_PARTS = 200
"""Parts of a mail that are looked at."""
DEEPEST = 3
"""Mails inside one another that are read."""
QUOTED = "引用的邮件"
"""The heading over what is quoted from earlier mails."""

_QUOTE_START = re.compile(
    r"-{2,}\s*(?:原始邮件|原邮件|转发邮件|转发的邮件|Original Message|Forwarded message)\s*-{2,}|_{20,}$|"
    r"(?:在|于)?\s*\d{4}.{4,80}(?:写道|寫道)\s*[:：]$|On .{10,120} wrote:$|>{1,}\s?\S",
    re.IGNORECASE,
)
_QUOTE_HEAD = re.compile(r"(?:发件人|寄件者|From)\s*[:：]")
_QUOTE_FIELD = re.compile(
    r"(?:发送时间|发件时间|日期|收件人|主题|抄送|Sent|Date|To|Subject|Cc)\s*[:：]", re.IGNORECASE
)
_SIGNATURE = re.compile(r"--\s?$")
_SUFFIXES = {
    "text/html": ".html",
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "text/csv": ".csv",
    "application/zip": ".zip",
}


class _ByEvidence(Compat32):
    """Headers with bytes beyond ASCII, which old programs write, decoded by what the bytes show."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        if value.isascii():
            return value
        return _decoded(value.encode("ascii", "surrogateescape"))


_BY_EVIDENCE = _ByEvidence()


def read_eml(data: bytes, name: str) -> Document:
    """A mail with its attachments. Raises ReadError when it is none, or nothing in it can be read."""
    message = message_from_bytes(data, policy=_BY_EVIDENCE)
    if not any(key in message for key in ("From", "Subject", "Date", "Content-Type", "Received")):
        raise ReadError(f"{name}: 不是邮件文件 the file is not a mail")
    return _read(message, name, 1)


def _read(message: Message, name: str, depth: int) -> Document:
    parts = list(_leaves(message))
    own = next((part for part in parts if _is_body(part, "text/plain")), None)
    html = next((part for part in parts if _is_body(part, "text/html")), None)
    pictures = Pictures(name)
    blocks, encoding = _body(own, html, name, Images(parts), pictures)
    for part in parts:  # those that the text does not name; a picture that it does was read there
        if part.get_content_maintype() == "image" and not _is_attachment(part):
            blocks += pictures.blocks(part_bytes(part))
    attached = [part for part in parts if part is not own and part is not html and _is_attachment(part)]
    documents, names, notices = _attachments(attached, name, depth)
    subject = _header(message, "Subject")
    lines = [Block("text", line) for line in _heads(message)]
    lines += [Block("text", f"附件：{'、'.join(names)}")] if names else []
    sender = _sender(message)
    about = Particulars(
        title=subject,
        published=_date(message),
        author=Speaker(sender) if sender else None,
        encoding=encoding,
        media_type="message/rfc822",
        notices=(*notices, *pictures.notices()),
    )
    title = [Block("title", subject)] if subject else []
    if not blocks and not documents and not attached:
        raise ReadError(f"{name}: 邮件没有正文 the mail has no text")
    return joined([document_of([*title, *lines, *blocks], name, about), *documents], name, "message/rfc822")


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something, in order; a mail inside is one part."""
    waiting = [message]
    count = 0
    while waiting and count < MOST_PARTS:
        part = waiting.pop()
        count += 1
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting += [each for each in reversed(payload) if isinstance(each, Message)]
        else:
            yield part


def _is_body(part: Message, kind: str) -> bool:
    return (
        part.get_content_type() == kind
        and part.get_content_disposition() != "attachment"
        and not _filename(part)
    )


def _is_attachment(part: Message) -> bool:
    """Whether a part is a file that somebody attached, not a picture of the layout."""
    if part.get_content_type() == "message/rfc822":
        return True
    inline = part.get_content_disposition() == "inline" or part.get("Content-ID")
    return bool(_filename(part)) and not (inline and part.get_content_maintype() == "image")


def _body(
    own: Message | None, html: Message | None, name: str, images: Images, pictures: Pictures
) -> tuple[list[Block], str]:
    """(what was written, encoding): the page where there is one, for it has the tables, else the plain text."""
    content = part_bytes(html) if html is not None else b""
    if html is not None and content.strip():
        declared = html.get_content_charset("") or declared_encoding(content)
        text, encoding = decode(content, name, declared or "")
        root = parse_html(text)
        pieces = read_page(root).pieces if root is not None else []
        # All of it: a mail has no navigation, and its tables are often its layout.
        blocks = images.blocks(pieces, pictures)
        if blocks:
            return _with_quotes(blocks), encoding
    content = part_bytes(own) if own is not None else b""
    if own is None or not content.strip():
        return [], "utf-8"
    text, encoding = decode(content, name, own.get_content_charset("") or "")
    return _with_quotes([Block("text", line) for line in _lines(text, own)]), encoding


def _lines(text: str, part: Message) -> Iterator[str]:
    """The paragraphs of plain text; lines that end in a space go on when the part is format=flowed (RFC 3676)."""
    flowed = part.get_param("format") == "flowed"
    above = ""
    for line in text.split("\n"):
        if flowed and line.endswith(" ") and not _SIGNATURE.match(line):
            above += line
            continue
        if (above + line).strip():
            yield (above + line).strip()
        above = ""
    if above.strip():
        yield above.strip()


def _with_quotes(blocks: Sequence[Block]) -> list[Block]:
    """Blocks with a heading where the quotation of earlier mails begins, and without the quotation's marks."""
    for i, block in enumerate(blocks):
        below = blocks[i + 1].text if i + 1 < len(blocks) else ""
        starts = _QUOTE_HEAD.match(block.text) and (
            _QUOTE_FIELD.match(below) or _QUOTE_FIELD.search(block.text)
        )
        if starts or (block.kind == "text" and _QUOTE_START.match(block.text)):
            quoted = [each._replace(text=re.sub(r"^(?:>\s?)+", "", each.text)) for each in blocks[i:]]
            return [*blocks[:i], Block("heading", QUOTED, 2), *quoted]
    return list(blocks)


def _attachments(
    parts: Sequence[Message], name: str, depth: int
) -> tuple[list[Document], list[str], list[str]]:
    """(what the attachments hold, the names of all of them, why some could not be read)."""
    documents: list[Document] = []
    names: list[str] = []
    notices: list[str] = []
    for part in parts:
        called = _filename(part) or "邮件.eml"
        try:
            documents.append(_attached(part, called, f"{name}/{called}", depth))
        except ReadError as error:
            notices.append(f"附件未能读取 an attachment was not read: {error}")
        names.append(called)
    return documents, names, notices


def _attached(part: Message, called: str, name: str, depth: int) -> Document:
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    if part.get_content_type() == "message/rfc822" and isinstance(inner, Message):
        if depth >= DEEPEST:
            raise ReadError(f"{name}: 邮件嵌套太深 mails are nested too deeply")
        return _read(inner, name, depth + 1)
    data = part_bytes(part)
    if suffix_of(called) == ".eml":
        if depth >= DEEPEST:
            raise ReadError(f"{name}: 邮件嵌套太深 mails are nested too deeply")
        return _read(message_from_bytes(data, policy=_BY_EVIDENCE), name, depth + 1)
    if suffix_of(called) not in READERS:
        name += _SUFFIXES.get(part.get_content_type(), "")
    return read(data, name)


def _heads(message: Message) -> list[str]:
    """Who wrote to whom and when, as a mail program shows it."""
    labels = (("From", "发件人"), ("To", "收件人"), ("Cc", "抄送"), ("Date", "日期"))
    found = ((label, _header(message, key)) for key, label in labels)
    return [f"{label}：{text}" for label, text in found if text]


def _header(message: Message, key: str) -> str:
    """A header's text, encoded words decoded, in one line."""
    return _words(str(message.get(key, "")))


def _words(text: str) -> str:
    if "=?" in text:
        with suppress(HeaderParseError):  # base64 that is none
            text = "".join(_word(word, charset or "") for word, charset in decode_header(text))
    return " ".join(text.split())


def _word(text: str | bytes, charset: str) -> str:
    return text if isinstance(text, str) else _decoded(text, charset)


def _decoded(data: bytes, declared: str = "") -> str:
    try:
        return decode(data, "", declared)[0]
    except ReadError:
        return data.decode(known_codec(declared) or "utf-8", "replace")


def _filename(part: Message) -> str:
    """An attachment's name without folders; "" for none."""
    try:
        name = _words(part.get_filename("") or "")
    except (ValueError, LookupError):  # RFC 2231 with a charset that is none
        return ""
    return re.sub(r"[\x00-\x1f]", "", name).replace("\\", "/").rpartition("/")[2].strip()


def _sender(message: Message) -> str:
    """The name of who wrote it, or the address."""
    pairs = getaddresses([_header(message, "From")])
    return next((shown or address for shown, address in pairs if shown or address), "")


def _date(message: Message) -> str:
    try:
        day = parsedate_to_datetime(_header(message, "Date"))
    except (ValueError, TypeError, IndexError):
        return ""
    return day.date().isoformat() if 1980 <= day.year <= 2100 else ""
