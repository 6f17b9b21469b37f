"""The nouns that everything else speaks of: Document, Article, Passage, Hit.

All are frozen. Every offset counts characters (Unicode code points) of `Document.text`, which is the
*cleaned* text; `Document.origin` leads from there back to the text as it came. The invariant that a
citation stands on: `passage.text == document.text[passage.start:passage.end]`, exactly.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

PassageKind = Literal["body", "head"]
"""`body` is running text; `head` is a headline with its byline, quotable when somebody asks who or when."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks in a part of a document, as printed there; unknown parts are empty."""

    name: str
    organisation: str = ""
    role: str = ""

    @property
    def title(self) -> str:
        """Organisation and role as they stand before the name, e.g. 省市场监管局局长."""
        return self.organisation + self.role


@dataclass(frozen=True, slots=True)
class Article:
    """One piece of a document that has its own title: an article of a newsletter, a speech of a report.

    `start:end` spans its body in `Document.text`; `head_start:head_end` its headline and byline (which
    may be empty). `published` is an ISO date (YYYY, YYYY-MM or YYYY-MM-DD) or "" when nothing says it.
    """

    title: str
    start: int
    end: int
    head_start: int = 0
    head_end: int = 0
    section: str = ""
    publisher: str = ""
    url: str = ""
    published: str = ""
    speaker: Speaker | None = None
    headings: tuple[tuple[int, str], ...] = ()
    """Sub-headings inside the body as (offset of the line, its text), in order; they are not quoted."""


@dataclass(frozen=True, slots=True)
class OffsetMap:
    """Leads from an offset in a cleaned text to the offset in its original.

    Runs of characters that were kept together: run i covers cleaned[starts[i]:starts[i+1]] and stood at
    original[origins[i]:...]. Offsets in what was dropped map to the next kept character.
    """

    starts: tuple[int, ...] = (0,)
    origins: tuple[int, ...] = (0,)

    def original(self, offset: int) -> int:
        """The original offset of the character at `offset` of the cleaned text."""
        run = bisect_right(self.starts, offset) - 1
        return self.origins[run] + offset - self.starts[run]


@dataclass(frozen=True, slots=True)
class Hygiene:
    """What cleaning did to one file, as counts, for the report of `zhida sync`."""

    wraps_joined: int = 0
    headers_dropped: int = 0
    page_numbers_dropped: int = 0
    urls_dropped: int = 0
    contents_entries: int = 0
    articles: int = 0
    speakers: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """One file as it is read: its cleaned text, its outline, and the way back to the original.

    `name` is the label a person knows (the path relative to the synced folder). `id` is 0 until a
    library has stored the document. `pages` holds the cleaned offset at which each page begins, when
    the format has pages.
    """

    name: str
    text: str
    title: str = ""
    articles: tuple[Article, ...] = ()
    origin: OffsetMap = OffsetMap()
    hygiene: Hygiene = Hygiene()
    media_type: str = "text/plain"
    encoding: str = "utf-8"
    published: str = ""
    publisher: str = ""
    pages: tuple[int, ...] = ()
    status: str = ""
    """Whether it is in force, as printed there: 现行, 废止, 征求意见稿…; "" when nothing says it."""
    collection: str = ""
    """The part of the library that it belongs to; names are unique within one. "" is the common part."""
    notices: tuple[str, ...] = ()
    """What the reader could not read as it should, one line each, for the document's owner."""
    unsure: tuple[tuple[int, int], ...] = ()
    """Spans (start, end) of `text` that were recognised in a picture with little confidence."""
    effective: str = ""
    """The day on which it comes into force, as an ISO date; "" when nothing says it."""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article: what is indexed, retrieved and quoted.

    `text` is exactly `document.text[start:end]`. Everything else is context: it helps retrieval and is
    shown beside a quotation, and is never inside it. `id` is 0 until a library has stored the passage;
    ids come from a counter that never falls.
    """

    document: str
    start: int
    end: int
    text: str
    kind: PassageKind = "body"
    article: str = ""
    heading: str = ""
    section: str = ""
    speaker: Speaker | None = None
    published: str = ""
    publisher: str = ""
    url: str = ""
    page: int | None = None
    status: str = ""
    collection: str = ""
    unsure: bool = False
    """Whether some of it was recognised in a picture with little confidence."""
    document_id: int = 0
    id: int = 0

    @property
    def context(self) -> str:
        """Title, heading and speaker in one line: searched with the text, not quoted with it."""
        return context_of(self.article, self.section, self.heading, self.speaker)


def context_of(article: str, section: str, heading: str, speaker: Speaker | None) -> str:
    """See Passage.context; what is said twice stands there once."""
    who = f"{speaker.title}{speaker.name}" if speaker else ""
    return " ".join(dict.fromkeys(filter(None, (article, section, heading, who))))


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, with its score: higher is better, comparable within one list only.

    `stages` keeps the score of every stage that saw the passage ("lexical", "dense", "fused"…), as
    that stage gave it, for evaluation and for the window that shows all passages considered. `also` are
    passages of other documents that say the same and were left out for it.
    """

    passage: Passage
    score: float
    stages: Mapping[str, float] = field(default_factory=dict)
    also: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Where:
    """A filter on passages, made once at the edge and enforced in the stores; empty means everything.

    Of several values in one field any one will do; every field that is set must hold. `published_from` and
    `published_to` are ISO dates (YYYY, YYYY-MM or YYYY-MM-DD), both inclusive: a passage is in when the
    period that its date names meets theirs, and one without a date never is.
    """

    documents: frozenset[str] = frozenset()
    """Names of documents to search in."""
    collections: frozenset[str] = frozenset()
    speakers: frozenset[str] = frozenset()
    publishers: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    published_from: str = ""
    published_to: str = ""
    readable: frozenset[str] | None = None
    """The collections that the asker may read, whatever `collections` asks for; None where that is all of them."""

    @property
    def dated(self) -> bool:
        """Whether it asks for a date at all."""
        return bool(self.published_from or self.published_to)

    def admits(self, passage: Passage) -> bool:
        """Whether the passage may be found."""
        if self.readable is not None and passage.collection not in self.readable:
            return False
        speaker = passage.speaker.name if passage.speaker else ""
        wanted = (
            (self.documents, passage.document),
            (self.collections, passage.collection),
            (self.speakers, speaker),
            (self.publishers, passage.publisher),
            (self.statuses, passage.status),
        )
        if not all(not values or value in values for values, value in wanted):
            return False
        return not self.dated or self._meets(passage.published)

    def _meets(self, published: str) -> bool:
        if not published:
            return False
        first, last = period(published)
        return (not self.published_to or first <= period(self.published_to)[1]) and (
            not self.published_from or last >= period(self.published_from)[0]
        )


EVERYWHERE = Where()

PRIVATE = "~"
"""How the name of a collection begins that belongs to one conversation: it is read there and nowhere else."""


def is_private(collection: str) -> bool:
    """Whether a collection belongs to one conversation."""
    return collection.startswith(PRIVATE)


ISO_DATE = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")
"""YYYY, YYYY-MM or YYYY-MM-DD."""


def period(date: str) -> tuple[str, str]:
    """The first and the last day that an ISO date may mean, as texts that compare as the days do.

    >>> period("2024-02")
    ('2024-02-01', '2024-02-31')
    """
    return date + "-01-01"[len(date) - 4 :], date + "-12-31"[len(date) - 4 :]
