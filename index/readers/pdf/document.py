"""Pages, as they were read or recognised, → Document.

The paragraphs that index.readers.pdf.layout finds go through the same outline as text files do, so that a newsletter,
a report or a law is told by its words, whatever file it came in; type sizes add titles and headings to that. Pages
are known from the file and never guessed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from index.clean import Cleaned, clean
from index.errors import ReadError
from index.lines import ends_sentence, squeeze
from index.outline import Outline, outline
from index.passage import Article, Document, OffsetMap
from index.readers.pdf.layout import Paragraph, paragraphs_of
from index.readers.pdf.page import LOW_CONFIDENCE, Page
from index.readers.pdf.style import HEADING_SIZE

_OPENS_TEXT = re.compile(
    r"(?:摘\s*要|引\s*言|前\s*言|序\s*言|概\s*述|绪\s*论|导\s*[读语言]|目\s*[录次]|总\s*则|范\s*围|(?i:abstract|introduction|summary))\W*$"
    r"|第?[一1][、.．\s章节]"
)


def document_of_pages(
    pages: Sequence[Page], name: str, notices: Sequence[str], media_type: str = "application/pdf"
) -> Document:
    """The document of these pages. Raises ReadError when they hold no text."""
    told = [*notices, *_notices(pages, name)]
    paragraphs = [paragraph for paragraph in paragraphs_of(pages) if paragraph.text.strip()]
    text = "\n".join(paragraph.text for paragraph in paragraphs)
    cleaned = clean(text, wrapped=False)
    if not cleaned.text:
        why = next((f"; {page.unread}" for page in pages if page.unread), "")
        raise ReadError(f"{name}: 没有找到文字（扫描件？） no text found (scan?){why}")
    places = _places(paragraphs, cleaned)
    found = _with_sizes(outline(cleaned, name), places, cleaned)
    return Document(
        name=name,
        text=cleaned.text,
        title=found.title,
        articles=found.articles,
        hygiene=found.counted(cleaned.hygiene),
        media_type=media_type,
        published=found.published,
        publisher=found.publisher,
        pages=_page_starts(places, len(pages), len(cleaned.text)),
        notices=tuple(told),
        unsure=tuple(
            (place.start, place.end)
            for place in places
            if place.paragraph.confidence < LOW_CONFIDENCE and place.end > place.start
        ),
    )


def _notices(pages: Sequence[Page], name: str) -> Iterator[str]:
    """What a document's owner should know: pages that were not recognised, or badly."""
    for why in dict.fromkeys(page.unread for page in pages if page.unread):
        numbers = ranges([page.number for page in pages if page.unread == why])
        yield f"{name}: 第 {numbers} 页是图片，未识别 pages {numbers} are pictures and were not read; {why}"
    mixed = [page.number for page in pages if page.writing == "both"]
    if mixed:
        yield (
            f"{name}: 第 {ranges(mixed)} 页部分文字为竖排，阅读顺序可能有误，请核对原件 some of the text on pages "
            f"{ranges(mixed)} runs from top to bottom and may be out of order, please check the original"
        )
    poor = [page for page in pages if page.confidence < LOW_CONFIDENCE]
    if poor:
        numbers, share = ranges([page.number for page in poor]), median(page.confidence for page in poor)
        yield (
            f"{name}: 第 {numbers} 页识别把握不大（{share:.0f}%），请核对原件 "
            f"pages {numbers} were recognised with little confidence, please check the original"
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """A paragraph, and where it stands in the cleaned text; start == end when cleaning dropped it."""

    paragraph: Paragraph
    start: int
    end: int
    turns: tuple[int, ...]


def _places(paragraphs: Sequence[Paragraph], cleaned: Cleaned) -> list[_Place]:
    """Paragraphs in the cleaned text; they were joined by line ends."""
    places, at = [], 0
    for paragraph in paragraphs:
        start = _forward(cleaned.origin, at, len(cleaned.text))
        end = _forward(cleaned.origin, at + len(paragraph.text), len(cleaned.text))
        turns = tuple(_forward(cleaned.origin, at + turn, len(cleaned.text)) for turn in paragraph.turns)
        places.append(_Place(paragraph, start, max(start, end), turns))
        at += len(paragraph.text) + 1
    return places


def _forward(origin: OffsetMap, offset: int, length: int) -> int:
    """The cleaned offset of the first character that stood at `offset` of the original or behind it."""
    run = bisect_right(origin.origins, offset) - 1
    if run < 0:
        return 0
    following = origin.starts[run + 1] if run + 1 < len(origin.starts) else length
    return min(origin.starts[run] + offset - origin.origins[run], following)


def _page_starts(places: Sequence[_Place], count: int, length: int) -> tuple[int, ...]:
    """The offset at which each of `count` pages begins; a page without text begins where the next one does."""
    starts: list[int] = []
    for place in places:
        while len(starts) < place.paragraph.page:
            starts.append(place.start)
        for turn in place.turns:
            starts.append(turn)
    return tuple(starts[:count] + [length] * (count - len(starts)))


def _with_sizes(found: Outline, places: Sequence[_Place], cleaned: Cleaned) -> Outline:
    """The outline with the titles and headings that the type shows; a collection's or report's own stay."""
    large = [
        place for place in places if place.paragraph.kind in ("title", "heading") and place.end > place.start
    ]
    front = _front(places)
    large = [place for place in large if place.paragraph.kind == "title" or place.start not in front]
    found = replace(
        found,
        articles=tuple(
            replace(article, headings=tuple(one for one in article.headings if one[0] not in front))
            for article in found.articles
        ),
    )
    if len(found.articles) != 1 or not large:
        return replace(found, articles=tuple(_headed(article, large) for article in found.articles))
    most = max(place.paragraph.size for place in large)
    titles = [p for p in large if p.paragraph.kind == "title" and p.paragraph.size >= 0.9 * most]
    bodies = [_body_length(title, places) for title in titles]
    if len(titles) >= 2 and all(length >= 60 for length in bodies):
        return _articles(found, titles, large, cleaned)
    only = found.articles[0]
    if titles and titles[0].paragraph.page <= 2 and squeeze(titles[0].paragraph.text) != squeeze(only.title):
        title = titles[0].paragraph.text
        only = replace(only, title=title, start=0, head_start=0, head_end=0)
        found = replace(found, title=title)
    return replace(found, articles=(_headed(only, large),))


def _front(places: Sequence[_Place]) -> set[int]:
    """Where the short lines below the first title stand, before running text: authors, their places, numbers.

    They may be set as headings are, and are none; but the last of them may be the heading of the text.
    """
    first = next((n for n, place in enumerate(places) if place.paragraph.kind == "title"), None)
    if first is None or places[first].paragraph.page > 1:
        return set()
    front: list[_Place] = []
    below = places[first].paragraph
    for place in places[first + 1 : first + 16]:
        below = place.paragraph
        if len(place.paragraph.text) >= 60 or ends_sentence(place.paragraph.text) or place.paragraph.page > 1:
            break
        if place.paragraph.kind != "title":
            front.append(place)
    last = front[-1].paragraph if front else None
    if last and (_OPENS_TEXT.match(last.text) or last.size >= HEADING_SIZE * below.size):
        front.pop()
    return {place.start for place in front}


def _body_length(title: _Place, places: Sequence[_Place]) -> int:
    """Characters of running text between a title and the next."""
    length, below = 0, False
    for place in places:
        if place is title:
            below = True
        elif below and place.paragraph.kind == "title":
            break
        elif below and place.paragraph.kind in ("text", "row"):
            length += place.end - place.start
    return length


def _headed(article: Article, large: Sequence[_Place]) -> Article:
    """The article with the large lines of its body as headings, beside those that it has."""
    headings = dict(article.headings)
    for place in large:
        if article.start <= place.start < article.end:
            headings.setdefault(place.start, place.paragraph.text.strip())
    return replace(article, headings=tuple(sorted(headings.items())))


def _articles(found: Outline, titles: Sequence[_Place], large: Sequence[_Place], cleaned: Cleaned) -> Outline:
    """One article for each title; what stands before the first is one without."""
    only = found.articles[0]
    articles: list[Article] = []
    if titles[0].start > 0:
        lead = replace(only, title="", start=0, end=titles[0].start - 1, head_start=0, head_end=0)
        articles.append(replace(lead, headings=_within(only, lead)))
    ends = [*(title.start - 1 for title in titles[1:]), len(cleaned.text)]
    for title, end in zip(titles, ends, strict=True):
        own = replace(
            only,
            title=title.paragraph.text,
            head_start=title.start,
            head_end=title.end,
            start=title.end + 1,
            end=end,
        )
        articles.append(replace(own, headings=_within(only, own)))
    return replace(found, articles=tuple(_headed(article, large) for article in articles), title="")


def _within(whole: Article, part: Article) -> tuple[tuple[int, str], ...]:
    return tuple(heading for heading in whole.headings if part.start <= heading[0] < part.end)


def ranges(numbers: Sequence[int]) -> str:
    """Page numbers in short: [1, 2, 3, 7] → 1–3, 7."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in parts)
