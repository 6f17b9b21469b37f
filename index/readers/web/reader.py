"""HTML pages and saved pages (MHTML) → Document: the main content, its title, author, date and site.

What is content is for index.readers.web.page to say. Nothing is fetched, and no script runs: a page that is only
drawn by its scripts holds no text for us.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes

from lxml import etree

from index.dates import find_date
from index.errors import ReadError
from index.headlines import SOURCE, is_date_line
from index.passage import Document, Speaker
from index.readers.blocks import Block, Particulars, document_of
from index.readers.encoding import decode
from index.readers.hidden import hidden_notices, invisible_notices
from index.readers.pictures import BRIEF, Pictures
from index.readers.web.images import Images
from index.readers.web.page import Page, read_page
from index.readers.web.pieces import Piece
from index.readers.web.walk import Element

HEAD = 4096
"""Bytes in which a page declares its encoding; browsers look at 1024."""
DATE_LINES = 12
"""Pieces around the title in which date and source may stand."""

_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})|<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.:-]{2,40})",
    re.IGNORECASE,
)
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_XML_BYTES = bytes(byte for byte in range(256) if not _NOT_XML.match(chr(byte)))
_LETTERS = re.compile(r"\w+")
_LETTER = re.compile(r"\w")
_SITE = re.compile(r"\s*(?:[_|｜»«·]|\s[-–—:：]+\s|--+|——|[-–—](?=[^-–—]{2,12}$))\s*")
_AUTHOR = re.compile(r"^(?:作者|记者|通讯员|撰文|文)\s*[:：/|]\s*(?:记者\s*)?([\u4e00-\u9fff·]{2,8})$")
_TITLES = ("articletitle", "og:title", "twitter:title", "dc.title", "headline")
_DATES = (
    "article:published_time", "pubdate", "publishdate", "publish_date", "og:published_time", "datepublished",
    "dc.date", "dc.date.issued", "date", "article:modified_time", "og:updated_time", "weibo: article:create_at",
)  # fmt: skip
_PUBLISHERS = (
    "contentsource",
    "og:site_name",
    "sitename",
    "application-name",
    "dc.publisher",
    "publisher",
    "source",
)
_AUTHORS = ("author", "article:author", "dc.creator", "og:article:author", "weibo: article:author")


@dataclass(frozen=True, slots=True)
class _Meta:
    """What a page's head says; keys in small letters."""

    values: Mapping[str, str]
    title: str
    url: str

    def first(self, names: Sequence[str]) -> str:
        return next((self.values[name] for name in names if self.values.get(name)), "")


def read_html(data: bytes, name: str) -> Document:
    """The main content of an HTML page. Raises ReadError when there is none, or no HTML."""
    return read_page_of(data, name, declared_encoding(data), Images())


def read_mhtml(data: bytes, name: str) -> Document:
    """The page that a browser saved as one file (RFC 2557). Raises ReadError when it holds none."""
    message = message_from_bytes(data)
    pages = [
        part for part in message.walk() if part.get_content_type() in ("text/html", "application/xhtml+xml")
    ]
    if not pages:
        return read_html(data, name)  # some programs give a plain page this suffix
    start = message.get_param("start")
    main = next((part for part in pages if part.get("Content-ID") == start), pages[0])
    content = main.get_payload(decode=True)
    if not isinstance(content, bytes):
        raise ReadError(f"{name}: 网页为空 the page is empty")
    declared = declared_encoding(content) or main.get_content_charset("") or ""
    url = str(message.get("Snapshot-Content-Location") or main.get("Content-Location") or "")
    images = Images(message.walk(), str(main.get("Content-Location") or url))
    return read_page_of(content, name, declared, images, url, media_type="multipart/related")


def declared_encoding(data: bytes) -> str:
    """The encoding that a page says it is in; "" when it says nothing."""
    found = _DECLARED.search(data[:HEAD])
    return (found[1] or found[2]).decode("ascii") if found else ""


def read_page_of(
    data: bytes, name: str, declared: str, images: Images, url: str = "", media_type: str = "text/html"
) -> Document:
    """The main content of the page in `data`, which claims to be in the encoding `declared`, its pictures included."""
    text, encoding = decode(data, name, declared)
    root = parse_html(text)
    if root is None:
        raise ReadError(f"{name}: 没有网页内容 the file holds no web page")
    meta = _meta(root)
    page = read_page(root)
    pictures = Pictures(name, BRIEF)
    blocks, title = _titled(page, meta, images.blocks(page.main, pictures))
    top = page.pieces[max(0, page.first - DATE_LINES) : page.first + DATE_LINES]
    about = Particulars(
        title=title,
        published=_published(meta, root, top),
        publisher=_publisher(meta, top),
        url=meta.url or (url if url.startswith(("http:", "https:")) else ""),
        author=_author(meta, top),
        encoding=encoding,
        media_type=media_type,
        notices=(
            *hidden_notices(name, page.hidden),
            *invisible_notices(name, page.invisible),
            *pictures.notices(),
        ),
    )
    return document_of(blocks, name, about)


def parse_html(text: str) -> Element | None:
    """The tree of a page or a piece of one; None when nothing is in it."""
    if "<?xml" in text:
        text = _XML_DECLARATION.sub("", text, count=1)
    data = _encoded(text)
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return None


def _encoded(text: str) -> bytes:
    """`text` in UTF-8, with spaces for the characters that XML does not have."""
    try:
        data = text.encode()
    except UnicodeEncodeError:  # halves of surrogate pairs
        return _NOT_XML.sub(" ", text).encode()
    # Bytes are looked through faster than characters; in UTF-8 those below 128 are nothing but themselves.
    sound = not data.translate(None, _XML_BYTES) and "\ufffe" not in text and "\uffff" not in text
    return data if sound else _NOT_XML.sub(" ", text).encode()


def _titled(page: Page, meta: _Meta, blocks: list[Block]) -> tuple[list[Block], str]:
    """(blocks with the title first, title)."""
    title = _title(page, meta, blocks)
    if title:
        key = _key(title)
        at = next((i for i, block in enumerate(blocks[:DATE_LINES]) if key and _has_key(block.text, key)), -1)
        if at >= 0:
            title = blocks[at].text
            del blocks[at]
        blocks.insert(0, Block("title", title))
    return _without_empty_headings(blocks), title


def _title(page: Page, meta: _Meta, blocks: Sequence[Block]) -> str:
    """The first of: a heading that the page's <title> begins with, the head's own word, <title> less the site."""
    headings = [b.text for piece in page.pieces for b in piece.blocks if b.kind == "heading" and b.level <= 2]
    named = meta.title
    key = _key(named)
    for heading in headings:
        if len(heading) >= 2 and key.startswith(_key(heading)):
            return heading
    given = " ".join(meta.first(_TITLES).split())
    if given:
        return _without_site(given, meta)
    if named:
        return _without_site(named, meta)
    return next((b.text for b in blocks if b.kind == "heading" and b.level == 1), "")


def _without_site(title: str, meta: _Meta) -> str:
    """`title` less what names the site behind (or before) it: 通知_某市市场监督管理局."""
    parts = [part for part in _SITE.split(title) if part]
    site = _key(meta.first(("og:site_name", "sitename", "application-name")))
    if len(parts) > 1:
        kept = [part for part in parts if _key(part) != site] or parts
        return max(kept[:1] + [part for part in kept if len(part) > 3 * len(kept[0])], key=len)
    return title


def _key(text: str) -> str:
    return "".join(_LETTERS.findall(text)).lower()


def _has_key(text: str, key: str) -> bool:
    """Whether `_key(text)` is `key`, which is not empty; most texts begin otherwise."""
    first = _LETTER.search(text)
    return first is not None and key.startswith(first[0].lower()) and _key(text) == key


def _without_empty_headings(blocks: Sequence[Block]) -> list[Block]:
    """Blocks less the headings below which nothing is left before one of their depth or a higher one."""
    kept: list[Block] = []
    below = 0  # the depth from which a heading above would have something under it
    for block in reversed(blocks):
        if block.kind != "heading":
            below = 99
        elif block.level >= below:
            continue
        else:
            below = block.level
        kept.append(block)
    return kept[::-1]


def _meta(root: Element) -> _Meta:
    values: dict[str, str] = {}
    for element in root.iter("meta"):
        key = (
            (element.get("name") or element.get("property") or element.get("itemprop") or "").strip().lower()
        )
        content = " ".join((element.get("content") or "").split())
        if key and content:
            values.setdefault(key, content)
    for element in root.iter("script"):
        if element.get("type") == "application/ld+json" and element.text:
            values = _linked_data(element.text) | values
    title = " ".join("".join(next(root.iter("title"), etree.Element("title")).itertext()).split())
    canonical = next((e.get("href") or "" for e in root.iter("link") if e.get("rel") == "canonical"), "")
    url = next((u for u in (values.get("og:url", ""), canonical) if u.startswith(("http:", "https:"))), "")
    return _Meta(values, title, url)


def _linked_data(text: str) -> dict[str, str]:
    """Headline, dates, author and publisher of a JSON-LD script, under the names of the meta elements."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    graph = found.get("@graph", [found]) if isinstance(found, dict) else found
    values: dict[str, str] = {}
    for node in graph if isinstance(graph, list) else []:
        if not isinstance(node, dict) or not re.search(
            "Article|Posting|WebPage|Report", str(node.get("@type", ""))
        ):
            continue
        for key, name in (
            ("headline", "headline"),
            ("datePublished", "datepublished"),
            ("author", "author"),
            ("publisher", "publisher"),
        ):
            value = node.get(key)
            value = value[0] if isinstance(value, list) and value else value
            value = value.get("name") if isinstance(value, dict) else value
            if isinstance(value, str):
                values.setdefault(name, " ".join(value.split()))
    return values


def _published(meta: _Meta, root: Element, top: Sequence[Piece]) -> str:
    for name in _DATES:
        if found := find_date(meta.values.get(name, "")):
            return found
    for piece in top:
        text = piece.text
        if len(text) < 120 and (SOURCE.search(text) or is_date_line(text)) and (found := find_date(text)):
            return found
    times = {found for e in root.iter("time") if (found := find_date(e.get("datetime") or ""))}
    return times.pop() if len(times) == 1 else ""


def _publisher(meta: _Meta, top: Sequence[Piece]) -> str:
    if given := meta.values.get("contentsource", ""):
        return given
    for piece in top:
        if len(piece.text) < 120 and (source := SOURCE.search(piece.text)):
            return source[1]
    return meta.first(_PUBLISHERS)


def _author(meta: _Meta, top: Sequence[Piece]) -> Speaker | None:
    """A person's name; a head that names the site or the editor's account as author is not believed."""
    given = meta.first(_AUTHORS)
    if re.fullmatch(r"[\u4e00-\u9fff·]{2,4}|[A-Z][\w.'-]+(?: [A-Z][\w.'-]+){1,3}", given):
        return Speaker(given)
    names = [match[1] for piece in top if (match := _AUTHOR.match(piece.text))]
    return Speaker(names[0]) if names else None
