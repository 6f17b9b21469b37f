"""What structured formats (office files, web pages) are read into: headings, paragraphs and rows of tables.

`document_of` puts them together as one text, a block a line, with articles and headings where they stand. Such formats
know their structure, so that nothing of the layout repair for PDF-born text (index.clean) is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple

from index.errors import ReadError
from index.passage import Article, Document, Hygiene, Speaker
from index.readers.hidden import invisible_notices, shows_all, without_invisible
from index.readers.symbols import plain_signs

BlockKind = Literal["title", "heading", "text", "row"]


class Block(NamedTuple):
    """One line of a document. White space inside is single spaces; there are no line breaks.

    title    the title of an article (or of the whole file, when it is the first and only one)
    heading  a sub-heading of depth `level` (1 is the highest)
    text     a paragraph or an item of a list
    row      a row of a table that reads on its own, `表头：值；表头：值`
    """

    kind: BlockKind
    text: str
    level: int = 1
    page: int | None = None
    unsure: bool = False
    """Whether it was recognised in a picture with little confidence."""


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a format itself says about a document; empty where it says nothing."""

    title: str = ""
    published: str = ""
    publisher: str = ""
    url: str = ""
    author: Speaker | None = None
    encoding: str = "utf-8"
    media_type: str = "text/plain"
    notices: tuple[str, ...] = field(default_factory=tuple)


def document_of(blocks: Sequence[Block], name: str, about: Particulars) -> Document:
    """The document of these blocks. Raises ReadError when none of them holds text."""
    kept = [block for block in blocks if block.text.strip()]
    if not any(block.kind in ("text", "row") for block in kept):
        raise ReadError(f"{name}: 没有文字 the file holds no text; 扫描件需要文字识别 a scan needs OCR")
    pieces, invisible = [" ".join(block.text.split()) for block in kept], ""
    if not shows_all("".join(pieces)):
        kept = [block._replace(text=plain_signs(block.text)) for block in kept]
        shown = [without_invisible(plain_signs(piece)) for piece in pieces]
        pieces, invisible = [piece for piece, _ in shown], "".join(gone for _, gone in shown)
    text = "\n".join(pieces)
    ends = list(accumulate((len(piece) + 1 for piece in pieces), initial=-1))[1:]
    starts = [end - len(piece) for end, piece in zip(ends, pieces, strict=True)]
    tops = [i for i, block in enumerate(kept) if block.kind == "title"]
    articles = []
    if not tops or tops[0] > 0:
        last = tops[0] if tops else len(kept)
        articles.append(_article(kept, starts, ends, (0, 0, last), about))
    for i, following in pairwise([*tops, len(kept)]):
        if following > i + 1:
            articles.append(_article(kept, starts, ends, (i, i + 1, following), about))
    return Document(
        name=name,
        text=text,
        title=about.title or (pieces[tops[0]] if len(tops) == 1 else ""),
        articles=tuple(articles),
        hygiene=Hygiene(articles=len(articles)),
        media_type=about.media_type,
        encoding=about.encoding,
        published=about.published,
        publisher=about.publisher,
        pages=_pages(kept, starts),
        notices=(*about.notices, *invisible_notices(name, invisible)),
        unsure=tuple(
            (start, end) for block, start, end in zip(kept, starts, ends, strict=True) if block.unsure
        ),
    )


def _article(
    blocks: Sequence[Block],
    starts: Sequence[int],
    ends: Sequence[int],
    span: tuple[int, int, int],
    about: Particulars,
) -> Article:
    """The article of blocks span[1]:span[2]; its title is block span[0], or there is none when both are equal."""
    head, first, last = span
    title = blocks[head].text if head < first else about.title
    return Article(
        title=title,
        start=starts[first],
        end=ends[last - 1],
        head_start=starts[head],
        head_end=ends[head] if head < first else starts[head],
        publisher=about.publisher,
        url=about.url,
        published=about.published,
        speaker=about.author,
        headings=tuple(
            (starts[i], blocks[i].text) for i in range(first, last) if blocks[i].kind == "heading"
        ),
    )


def _pages(blocks: Sequence[Block], starts: Sequence[int]) -> tuple[int, ...]:
    """The offset at which each page begins; empty unless every block says its page, from 1 up."""
    if not blocks or any(block.page is None for block in blocks):
        return ()
    pages: list[int] = []
    for block, start in zip(blocks, starts, strict=True):
        while len(pages) < (block.page or 1):
            pages.append(start)
    return tuple(pages)
