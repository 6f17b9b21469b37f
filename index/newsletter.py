"""The outline of a collection: articles of other publishers, each with its title and a source line.

index.clean has found the titles already; here they get their section, publisher, link and date.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from index.bylines import read_author
from index.clean import Cleaned
from index.dates import date_in_url, find_date
from index.headlines import (
    SOURCE,
    TITLE_COLUMNS,
    Outline,
    TextLine,
    find_headings,
    is_date_line,
    is_title,
    read_dateline,
)
from index.lines import columns, ends_sentence, squeeze
from index.passage import Article

WAITING = 100
"""Articles without a link that are kept in mind: a link stands at the end of its page."""


def outline_collection(cleaned: Cleaned, lines: Sequence[TextLine]) -> Outline:
    """One article per line of the kind "title", and one for text before the contents."""
    heads = [i for i, line in enumerate(lines) if line.mark.kind == "title"]
    articles: list[Article] = []
    for i, following in zip(heads, [*heads[1:], len(lines)], strict=True):
        below = i + 1
        while below < following and lines[below].mark.kind == "link":
            below += 1
        articles.append(_collected(cleaned, lines, i, below, following))
    articles = _with_urls(
        cleaned, articles, [_domain(lines, i, a) for i, a in zip(heads, articles, strict=True)]
    )
    front = [line for line in lines[: heads[0]] if line.mark.kind == "text"]
    title = ""
    if front:
        title = front[0].text if is_title(front[0].text) else ""
        body = front[1:] if title and len(front) > 1 else front
        articles.insert(
            0, Article("", body[0].start, _end_of_run(lines, body), front[0].start, body[0].start)
        )
    if len(articles) == 1:
        only = articles[0]
        return Outline((only,), only.title, only.published, only.publisher)
    published = next((day for line in front[:3] if (day := find_date(line.text))), "")
    return Outline(tuple(articles), title, published)


def _collected(cleaned: Cleaned, lines: Sequence[TextLine], i: int, below: int, following: int) -> Article:
    """The article whose title is line `i`, body from line `below` on."""
    title, links = lines[i], lines[i + 1 : below]
    body = [line for line in lines[below:following] if line.mark.kind == "text"]
    head_end = links[-1].end if links else title.end
    publisher = _site(title.text, " ".join(link.text for link in links))
    published, source = read_dateline(body[:1])
    if body and _is_source_line(body[0].text):
        head_end = body[0].end
        body = body[1:]
    start, end = (body[0].start, body[-1].end) if body else (head_end, head_end)
    return Article(
        title=title.text,
        start=start,
        end=end,
        head_start=title.start,
        head_end=head_end,
        section=title.mark.section or _header_at(cleaned, title.start),
        publisher=source or publisher,
        published=published,
        speaker=read_author(title.text),
        headings=find_headings(body, cleaned.width),
    )


def _is_source_line(text: str) -> bool:
    """Whether the first line below a title only says when and from where."""
    short = columns(text) <= TITLE_COLUMNS and not ends_sentence(text)
    return short and (is_date_line(text) or bool(SOURCE.match(text)))


def _end_of_run(lines: Sequence[TextLine], run: Sequence[TextLine]) -> int:
    """End of the last line of `run` that follows on its predecessor without anything between."""
    places = {line.start: n for n, line in enumerate(lines)}
    last = run[0]
    for line in run[1:]:
        if places[line.start] != places[last.start] + 1:
            break
        last = line
    return last.end


def _header_at(cleaned: Cleaned, offset: int) -> str:
    """The running header in force at `offset`: the nearest one at or above it."""
    above = bisect_right(cleaned.headers, offset, key=lambda header: header.offset)
    return cleaned.headers[above - 1].text if above else ""


def _site(title: str, link: str) -> str:
    """The publisher that a source line names: 报名网 of `TITLE-报名网 (site.cn)`, else the domain, else ""."""
    domain = re.search(r"[（(]\s*([\w.-]+\.[a-z]{2,})\s*[)）]$", link, re.IGNORECASE)
    rest = link[: domain.start()].strip() if domain else link
    key = squeeze(title)
    if squeeze(rest).startswith(key):
        used = 0
        for n, char in enumerate(rest):
            used += not char.isspace()
            if used == len(key):
                rest = rest[n + 1 :]
                break
        rest = rest.strip(" -–—_|｜")
    elif " – " in rest or " — " in rest:
        rest = re.split(" [–—] ", rest, maxsplit=1)[1]
    elif " | " in rest or " - " in rest:
        rest = re.split(r" [|-] ", rest)[-1]
    return rest or (domain[1] if domain else "")


def _domain(lines: Sequence[TextLine], i: int, article: Article) -> str:
    """The domain printed in the head that begins at line `i`."""
    domains = [
        line.mark.domain for line in lines[i : i + 4] if line.end <= article.head_end and line.mark.domain
    ]
    return domains[-1] if domains else ""


def _with_urls(cleaned: Cleaned, articles: Sequence[Article], domains: Sequence[str]) -> list[Article]:
    """Gives every article its link: dropped links come at the end of the page on which the title stands."""
    urls: dict[int, str] = {}
    waiting: deque[int] = deque(maxlen=WAITING)  # articles above the link that have none yet
    begun = since = here = 0
    for dropped in cleaned.urls:
        while begun < len(articles) and articles[begun].head_start < dropped.offset:
            waiting.append(begun)
            begun += 1
        if dropped.offset > here:
            since, here = here, dropped.offset
        host = _host(dropped.text)
        fitting = [
            n for n in waiting if domains[n] and (host == domains[n] or host.endswith("." + domains[n]))
        ]
        fitting = fitting or [n for n in waiting if not domains[n]] or list(waiting)
        if fitting:
            # The first that began after the link before this one, else the last of the earlier ones.
            chosen = next((n for n in fitting if articles[n].head_start >= since), fitting[-1])
            urls[chosen] = dropped.text
            waiting.remove(chosen)
    return [
        replace(article, url=urls[n], published=article.published or date_in_url(urls[n]))
        if n in urls
        else article
        for n, article in enumerate(articles)
    ]


def _host(url: str) -> str:
    """The host that a printed link names, in small letters; "" for what is no link after all."""
    try:
        return (urlsplit(url if "//" in url else f"//{url}").hostname or "").lower()
    except ValueError:  # brackets that hold no address
        return ""
