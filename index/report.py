"""The outline of a report: speeches, each under a head line that names its speaker.

Stray photo captions, which are speakers' names on lines of their own, and what a saved web page leaves
at its end belong to no speech.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from index.bylines import Byline, read_byline
from index.headlines import (
    BREADCRUMB,
    LEFTOVER,
    Outline,
    TextLine,
    find_headings,
    is_date_line,
    is_title,
    read_dateline,
)
from index.passage import Article

_DECLARATION = re.compile(r"(?:倡议|倡议书|宣言|公报|声明|共识|决议|纪要|公约|承诺书|成果清单)$")


def find_speeches(lines: Sequence[TextLine]) -> dict[int, Byline]:
    """Line → byline of the lines that begin a speech, if there are two or more.

    A speech has a heading, in the byline or on the line above, and running text below.
    """
    bylines = {i: byline for i, line in enumerate(lines) if (byline := read_byline(line.text))}
    found: dict[int, Byline] = {}
    for i, byline in bylines.items():
        if not any(line.prose for line in lines[i + 1 : i + 3]):
            continue
        titled = i > 0 and is_title(lines[i - 1].text) and i - 1 not in bylines
        if byline.heading or (titled and byline.speaker.organisation):
            found[i] = byline
    return found if len(found) >= 2 else {}


def outline_report(lines: Sequence[TextLine], bylines: dict[int, Byline]) -> Outline:
    """Articles of a report: its own head, one per speech, and a declaration at the end.

    `bylines` comes from `find_speeches`.
    """
    heads = {i if byline.heading else i - 1: (i, byline) for i, byline in bylines.items()}
    firsts = sorted(heads)
    names = {byline.speaker.name for byline in bylines.values()}
    names |= {re.sub(r"[(（].*", "", name) for name in names}
    title, front, published, publisher = _front(lines[: firsts[0]])
    articles: list[Article] = [front] if front else []
    section = ""
    for first, following in zip(firsts, [*firsts[1:], len(lines)], strict=True):
        last, byline = heads[first]
        section = byline.section or section
        body = _without_captions(lines[last + 1 : following], names)
        articles.append(
            Article(
                title=byline.heading or lines[first].text,
                start=body[0].start if body else lines[last].end,
                end=body[-1].end if body else lines[last].end,
                head_start=lines[first].start,
                head_end=lines[last].end,
                section=section,
                speaker=byline.speaker,
                headings=_report_headings(body, names),
            )
        )
    articles = _with_declaration(articles, lines, opening=bool(front))
    articles = [replace(article, published=published, publisher=publisher) for article in articles]
    return Outline(tuple(articles), title, published, publisher)


def _front(lines: Sequence[TextLine]) -> tuple[str, Article | None, str, str]:
    """(title, article, published, publisher) of the lines before the first speech."""
    rest = [line for line in lines if not BREADCRUMB.search(line.text)]
    titled = next((line for line in rest if is_title(line.text) and not is_date_line(line.text)), None)
    published, publisher = read_dateline(rest[:6])
    body = [line for line in rest if titled is None or line.start > titled.start]
    if not body:
        return (titled.text if titled else ""), None, published, publisher
    head = titled or body[0]
    title = titled.text if titled else ""
    article = Article(title, body[0].start, body[-1].end, head.start, titled.end if titled else head.start)
    return title, article, published, publisher


def _without_captions(body: Sequence[TextLine], names: set[str]) -> list[TextLine]:
    """The body without names of photographs and leftovers of the page at its end."""
    kept = list(body)
    while kept and (kept[-1].text in names or LEFTOVER.fullmatch(kept[-1].text) or _is_stray(kept[-1].text)):
        kept.pop()
    return kept


def _is_stray(text: str) -> bool:
    """Whether a line of a Chinese page is one Latin word, such as the label of a map."""
    return bool(re.fullmatch(r"[A-Za-z]{2,10}", text))


def _report_headings(body: Sequence[TextLine], names: set[str]) -> tuple[tuple[int, str], ...]:
    """Sub-headings of a speech. A caption inside it is entered with the heading that it interrupts, so that it is not quoted."""
    headings = dict(find_headings(body, 0))
    headings |= {
        line.start: line.text for line in body[:-1] if is_title(line.text) and _DECLARATION.search(line.text)
    }
    entries: list[tuple[int, str]] = []
    for line in body:
        if line.start in headings:
            entries.append((line.start, headings[line.start]))
        elif line.text in names:
            entries.append((line.start, entries[-1][1] if entries else ""))
    return tuple(entries)


def _with_declaration(articles: list[Article], lines: Sequence[TextLine], *, opening: bool) -> list[Article]:
    """Cuts a declaration off the last speech: a titled piece in which nobody speaks."""
    *before, last = articles
    others = [
        heading for article in before[1 if opening else 0 :] for heading in article.headings if heading[1]
    ]
    for n, (offset, text) in enumerate(last.headings):
        if not text or (others and not _DECLARATION.search(text)):
            continue
        places = {line.start: place for place, line in enumerate(lines)}
        at = places[offset]
        declaration = Article(
            title=text,
            start=lines[at + 1].start,
            end=last.end,
            head_start=offset,
            head_end=lines[at].end,
            headings=last.headings[n + 1 :],
        )
        speech = replace(last, end=lines[at - 1].end, headings=last.headings[:n])
        return [*before, speech, declaration]
    return articles
