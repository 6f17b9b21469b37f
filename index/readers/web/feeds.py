"""News feeds (RSS 0.9–2.0, RDF, Atom 0.3 and 1.0) → a Document with one article an entry; other XML → its text.

Entities that a file declares are refused, not expanded, and nothing that it points to is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime

from lxml import etree

from index.dates import find_date
from index.errors import ReadError
from index.passage import Document, Speaker
from index.readers.blocks import Block, Particulars, document_of
from index.readers.encoding import decode
from index.readers.web.page import read_page
from index.readers.web.reader import declared_encoding, parse_html, read_html
from index.readers.web.walk import Element

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_ENTITY = re.compile(r"<!ENTITY", re.IGNORECASE)
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#[xX][0-9a-fA-F]+);)(?=\w{0,31};)")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_BODIES = ("encoded", "content", "description", "summary", "tagline", "subtitle")
_DATES = ("pubdate", "published", "issued", "date", "created", "updated", "modified")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a feed."""

    title: str
    published: str
    url: str
    author: str
    blocks: tuple[Block, ...]


def read_xml(data: bytes, name: str) -> Document:
    """A feed as a collection of articles; any other XML as paragraphs. Raises ReadError for broken XML."""
    text, encoding = decode(data, name, declared_encoding(data))
    text = _DECLARATION.sub("", _NOT_XML.sub(" ", text), count=1)
    if _ENTITY.search(text):
        raise ReadError(f"{name}: XML 中声明了实体，拒绝读取 refused: the XML declares entities")
    # Names such as &nbsp; come from HTML; feeds use them without declaring them.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        recover=True,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(_NAMED.sub("&amp;", text).encode(), parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        raise ReadError(f"{name}: 不是有效的 XML the file is not XML")
    kind = _tag(root)
    if kind == "html":
        return read_html(data, name)
    if kind not in ("feed", "rss", "rdf", "channel"):
        return _paragraphs(root, name, encoding)
    return _feed(root, name, encoding)


def _feed(root: Element, name: str, encoding: str) -> Document:
    channel = next((child for child in root if _tag(child) == "channel"), root)
    title = _line(channel, "title")
    entries = [_entry(e) for e in root.iter() if _tag(e) in ("item", "entry")]
    entries = [entry for entry in entries if entry.blocks]
    blocks = [block for entry in entries for block in (Block("title", entry.title), *entry.blocks)]
    about = Particulars(title=title, publisher=title, encoding=encoding, media_type="application/xml")
    document = document_of(blocks, name, about)
    # One article an entry: every entry has a title and a body, so that they come in the same order.
    articles = tuple(
        replace(
            article,
            published=entry.published,
            url=entry.url,
            speaker=Speaker(entry.author) if entry.author else None,
        )
        for article, entry in zip(document.articles, entries, strict=True)
    )
    speakers = len({article.speaker for article in articles if article.speaker})
    return replace(document, articles=articles, hygiene=replace(document.hygiene, speakers=speakers))


def _entry(entry: Element) -> _Entry:
    bodies = [_body(child) for wanted in _BODIES for child in entry if _tag(child) == wanted]
    body = max(bodies, key=lambda blocks: sum(len(block.text) for block in blocks), default=())
    title = _line(entry, "title") or (body[0].text[:60] if body else "")
    body = body or ((Block("text", title),) if title else ())
    dates = (_date(_line(entry, wanted)) for wanted in _DATES)
    return _Entry(title, next(filter(None, dates), ""), _link(entry), _author(entry), body)


def _body(element: Element) -> tuple[Block, ...]:
    """The paragraphs of a body, which is a page's HTML, escaped or as elements, or plain text."""
    inside = "".join(etree.tostring(child, encoding="unicode") for child in element)
    root = parse_html(f"<body>{element.text or ''}{inside}</body>")
    if root is None:
        return ()
    pieces = [piece for piece in read_page(root).pieces if not piece.weak]
    return tuple(
        block._replace(kind="heading") if block.kind == "title" else block
        for p in pieces
        for block in p.blocks
    )


def _line(parent: Element, tag: str) -> str:
    """The text of the first such child, in one line, without markup."""
    child = next((child for child in parent if _tag(child) == tag), None)
    text = "" if child is None else "".join(child.itertext())
    if "<" in text or "&" in text:
        root = parse_html(f"<body>{text}</body>")
        text = "" if root is None else "".join(root.itertext())
    return " ".join(text.split())


def _link(entry: Element) -> str:
    links = [child for child in entry if _tag(child) == "link"]
    links.sort(key=lambda child: child.get("rel", "alternate") != "alternate")
    found = (child.get("href") or (child.text or "").strip() for child in links)
    return next((url for url in found if url.startswith(("http:", "https:"))), "")


def _author(entry: Element) -> str:
    author = next((child for child in entry if _tag(child) in ("author", "creator")), None)
    if author is None:
        return ""
    return _line(author, "name") or ("" if len(author) else " ".join((author.text or "").split()))


def _date(text: str) -> str:
    """An ISO day from either kind of date that feeds write."""
    if found := find_date(text):
        return found
    try:
        day: datetime = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return ""
    return day.date().isoformat() if 1900 <= day.year <= 2100 else ""


def _paragraphs(root: Element, name: str, encoding: str) -> Document:
    blocks = [Block("text", text) for text in _texts(root)]
    return document_of(blocks, name, Particulars(encoding=encoding, media_type="application/xml"))


def _texts(root: Element) -> Iterator[str]:
    for element in root.iter():
        if isinstance(element.tag, str) and (text := " ".join((element.text or "").split())):
            yield text
        if text := " ".join((element.tail or "").split()):
            yield text


def _tag(element: Element) -> str:
    """The name of an element without its namespace, in small letters; "" for comments and the like."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""
