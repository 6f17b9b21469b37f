"""Several documents → one, for a file that carries others inside it: a mail with its attachments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

from index.passage import Article, Document, Hygiene


def joined(documents: Sequence[Document], name: str, media_type: str, led: bool = True) -> Document:
    """One document of all articles, in order. When it is `led`, what the first says of itself (title, date) holds
    for the whole, as a mail does for its attachments.

    An article without a title gets its document's, or else the last part of its name, and what its document
    says of date and publisher. Pages and the way back to the original are given up: they belong to other files.
    """
    first = documents[0]
    pieces: list[str] = []
    articles: list[Article] = []
    unsure: list[tuple[int, int]] = []
    at = 0
    for i, document in enumerate(documents):
        articles += [_moved(article, document, at, own=led and i == 0) for article in document.articles]
        unsure += [(start + at, end + at) for start, end in document.unsure]
        pieces.append(document.text)
        at += len(document.text) + 1
    counts = {
        each.name: sum(getattr(document.hygiene, each.name) for document in documents)
        for each in fields(Hygiene)
        if isinstance(getattr(first.hygiene, each.name), int)
    }
    return Document(
        name=name,
        text="\n".join(pieces),
        title=first.title if led else "",
        articles=tuple(articles),
        hygiene=replace(first.hygiene, **counts),
        media_type=media_type,
        encoding=first.encoding,
        published=first.published if led else "",
        publisher=first.publisher if led else "",
        notices=tuple(notice for document in documents for notice in document.notices),
        unsure=tuple(unsure),
    )


def _moved(article: Article, document: Document, by: int, own: bool) -> Article:
    title = article.title or document.title
    return replace(
        article,
        title=title if own else title or document.name.rpartition("/")[2],
        start=article.start + by,
        end=article.end + by,
        head_start=article.head_start + by,
        head_end=article.head_end + by,
        published=article.published or document.published,
        publisher=article.publisher or document.publisher,
        headings=tuple((offset + by, text) for offset, text in article.headings),
    )
