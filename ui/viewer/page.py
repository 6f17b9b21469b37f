"""The viewer's page as HTML: pure functions, everything foreign escaped, nothing inline and nothing from elsewhere.

It works without a script: places are reached by fragments, the outline opens on phones as the target of a link. The
script (assets/viewer) only copies links and follows the reader in the outline.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlencode

from index.passage import Article, Document
from ui.render import escape, web_link
from ui.viewer.layout import Block, Layout, in_order
from ui.viewer.links import address, sentence_query
from ui.viewer.place import Place
from ui.viewer.texts import OUT_OF_FORCE, Words

PAGES_AT_ONCE = 100
"""Pages of a PDF on one page of the viewer; pictures of those in sight only are loaded."""
NOTICES = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """All that one page of the viewer is made of. `lang` is the language if the address asks for one."""

    document: Document
    layout: Layout
    place: Place
    words: Words
    lang: str = ""
    stamp: str = ""
    """Of the style sheet and the script, so that browsers keep them as long as they stay the same."""

    @property
    def has_pages(self) -> bool:
        """Whether pictures of its pages can be shown."""
        return self.document.media_type == "application/pdf" and bool(self.document.pages)

    def query(self, **values: object) -> str:
        """A query with these values, and with the language that was asked for."""
        given = {**values, **({"lang": self.lang} if self.lang else {})}
        return urlencode({name: str(value) for name, value in given.items() if value not in ("", None)})

    def address(self, target: str, query: str) -> str:
        """Of a place in this document, from its own address."""
        return address(self.document.id, query, target)


def text_page(shown: Shown) -> str:
    """The document, or the part of it where the place is, as text."""
    layout, words = shown.layout, shown.words
    part = layout.parts[shown.place.part]
    blocks = [layout.blocks[i] for i in part]
    body = "".join(_blocks(shown, blocks)) or f'<p class="none">{words.nothing}</p>'
    turn = _turn(shown)
    content = f'{turn}<div class="text" lang="zh-CN">{body}</div>{turn}'
    return _page(shown, content, "text")


def pages_page(shown: Shown, page: int) -> str:
    """The pages of a PDF as pictures, with the place boxed; as many as PAGES_AT_ONCE around `page`, from 1."""
    words, count = shown.words, len(shown.document.pages)
    first = (min(max(page, 1), count) - 1) // PAGES_AT_ONCE * PAGES_AT_ONCE + 1
    last = min(count, first + PAGES_AT_ONCE - 1)
    marked = pages_of(shown.document, shown.place)
    figures = "".join(_figure(shown, number, number in marked) for number in range(first, last + 1))
    turn = ""
    if count > PAGES_AT_ONCE:
        steps = [(first - PAGES_AT_ONCE, words.earlier), (last + 1, words.later)]
        links = "".join(
            f'<a href="{escape(_pages_link(shown, number))}">{label}</a>'
            for number, label in steps
            if 1 <= number <= count
        )
        turn = f'<nav class="turn" aria-label="{words.parts}">{links}</nav>'
    return _page(shown, f'{turn}<div class="pages">{figures}</div>{turn}', "pages")


def message_page(title: str, reason: str, words: Words, stamp: str, folder: str = "") -> str:
    """A page without a document: why there is none. `folder` is where the viewer's files are, seen from its address."""
    home = f'<a href="{"." if folder else ".."}">{words.home}</a>'
    body = f"<h1>{escape(title)}</h1><p>{escape(reason)}</p><p>{home}</p>"
    return _html(title, f'<main id="text" class="message">{body}</main>', words, stamp, folder)


def pages_of(document: Document, place: Place) -> range:
    """The pages, from 1, that the marked sentence stands on; none where nothing is marked."""
    if not place.marks or not document.pages:
        return range(0)
    first = max(1, bisect_right(document.pages, place.start))
    return range(first, max(first, bisect_left(document.pages, place.end)) + 1)


def _html(title: str, body: str, words: Words, stamp: str, folder: str = "") -> str:
    return (
        f'<!doctype html><html lang="{words.lang}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{_plain(title)} · 质答 Zhida</title>'
        f'<link rel="icon" href="{folder}favicon.png"><link rel="stylesheet" href="{folder}viewer.css?v={stamp}">'
        f'<script src="{folder}viewer.js?v={stamp}" defer></script>'
        f"</head><body>{body}</body></html>"
    )


def _page(shown: Shown, content: str, view: str) -> str:
    words, document = shown.words, shown.document
    bar = (
        f'<a class="skip" href="#text">{words.skip}</a><header class="bar"><a class="home" href="..">{words.home}</a>'
        f'<a class="to-outline" href="#outline">{words.outline}</a>{_views(shown, view)}'
        f'<a class="lang" href="{escape(_other_language(shown, view))}" hreflang="{words.other_lang}" '
        f'lang="{words.other_lang}">{words.other}</a></header>'
    )
    outline = _outline(shown, view)
    target = "mark" if shown.place.marks else shown.place.anchor
    go = f' data-go="{escape(target)}"' if target and view == "text" else ""
    main = f'<main id="text" tabindex="-1"{go}>{_head(shown)}{_state(shown)}{content}</main>'
    say = f'<div class="say" role="status" aria-live="polite" data-copied="{words.copied}" data-copy="{words.copy_selection}"></div>'
    return _html(
        title_of(document), f'{bar}<div class="columns">{outline}{main}</div>{say}', words, shown.stamp
    )


def title_of(document: Document) -> str:
    """What a document is called: its title, else its file's name."""
    return document.title or PurePosixPath(document.name).name


def _views(shown: Shown, view: str) -> str:
    """The two ways of showing a PDF, as links."""
    if not shown.has_pages:
        return ""
    words = shown.words
    page = next(iter(pages_of(shown.document, shown.place)), 1)
    ways = (
        ("text", words.view_text, _place_link(shown)),
        ("pages", words.view_pages, _pages_link(shown, page)),
    )
    links = "".join(
        f'<a href="{escape(link)}"{" aria-current=page" if way == view else ""}>{label}</a>'
        for way, label, link in ways
    )
    return f'<nav class="views" aria-label="{words.views}">{links}</nav>'


def _place_query(shown: Shown) -> str:
    """The query for the place that is shown, in this language."""
    place = shown.place
    if not place.marks:
        return shown.query(part=place.part + 1 if len(shown.layout.parts) > 1 else "")
    sentence = sentence_query(place.start, place.end, shown.document.text[place.start : place.end])
    further = shown.query()
    return sentence + (f"&{further}" if further else "")


def _place_link(shown: Shown) -> str:
    target = "mark" if shown.place.marks else shown.place.anchor or "text"
    return shown.address(target, _place_query(shown))


def _pages_link(shown: Shown, page: int) -> str:
    query = _place_query(shown)
    return shown.address(
        f"page-{page}", "&".join(part for part in (query, f"view=pages&page={page}") if part)
    )


def _other_language(shown: Shown, view: str) -> str:
    other = Shown(shown.document, shown.layout, shown.place, shown.words, shown.words.other_lang, shown.stamp)
    if view == "pages":
        return _pages_link(other, next(iter(pages_of(shown.document, shown.place)), 1))
    return _place_link(other)


def _head(shown: Shown) -> str:
    """Title, particulars, what can be done, and what has to be known before anything is quoted."""
    document, words = shown.document, shown.words
    out = document.status in OUT_OF_FORCE
    badge = (
        f'<span class="badge{" out" if out else ""}">{escape(document.status)}</span>'
        if document.status
        else ""
    )
    facts = [
        document.publisher,
        words.published.format(document.published) if document.published else "",
        words.effective.format(document.effective) if document.effective else "",
        words.pages.format(len(document.pages)) if shown.has_pages else "",
        words.characters.format(len(document.text)),
        document.name,
    ]
    told = "".join(f"<li><bdi>{escape(_line(fact))}</bdi></li>" for fact in facts if fact)
    link = escape(_place_link(shown))
    acts = (
        f'<p class="acts"><a class="act" href="{document.id}/original" download>{words.original}</a>'
        f'<a class="act" href="{link}" data-copy>{words.copy}</a></p>'
    )
    notes = f'<p class="warn">{words.out_of_force}</p>' if out else ""
    notes += f'<p class="warn">{words.unsure}</p>' if document.unsure else ""
    if document.notices:
        lines = "".join(f"<li>{escape(_line(notice))}</li>" for notice in document.notices[:NOTICES])
        notes += f'<details class="notices"><summary>{words.notices} ({len(document.notices)})</summary><ul>{lines}</ul></details>'
    return (
        f'<div class="head"><h1><bdi>{escape(_line(title_of(document)))}</bdi> {badge}</h1>'
        f'<ul class="facts">{told}</ul>{acts}{notes}</div>'
    )


def _state(shown: Shown) -> str:
    words = shown.words
    told = {"lost": words.lost, "moved": words.moved, "no-clause": words.no_clause}.get(shown.place.state, "")
    return f'<p class="state" role="note">{told}</p>' if told else ""


def _turn(shown: Shown) -> str:
    """The way to the parts before and after, where a document has several."""
    words, count, part = shown.words, len(shown.layout.parts), shown.place.part + 1
    if count == 1:
        return ""
    links = [
        f'<a href="{escape(shown.address("text", shown.query(part=number)))}">{label}</a>'
        if 1 <= number <= count
        else "<span></span>"
        for number, label in ((part - 1, words.earlier), (part + 1, words.later))
    ]
    where = f"<span>{words.part.format(part, count)}</span>"
    return f'<nav class="turn" aria-label="{words.parts}">{links[0]}{where}{links[1]}</nav>'


def _outline(shown: Shown, view: str) -> str:
    words, layout = shown.words, shown.layout
    lines = []
    for entry in layout.outline:
        label = escape(_line(entry.label))
        if not entry.anchor:
            lines.append(f'<li class="section">{label}</li>')
            continue
        note = f" <small>{escape(_line(entry.note))}</small>" if entry.note else ""
        link = escape(_link_to(shown, entry.anchor, view))
        lines.append(f'<li class="d{entry.depth}"><a href="{link}">{label}{note}</a></li>')
    listed = f"<ul>{''.join(lines)}</ul>" if lines else ""
    return (
        f'<nav id="outline" class="outline" aria-label="{words.outline}" tabindex="-1"><h2>{words.outline}</h2>'
        f'<a class="close" href="#text">{words.close}</a>{listed}</nav>'
    )


def _link_to(shown: Shown, target: str, view: str) -> str:
    """An address for an anchor of the text, in the same view. It is the bare fragment where it is on this page, so that
    nothing is loaded."""
    layout = shown.layout
    if view == "pages":
        start = layout.blocks[layout.anchors[target]].start
        return _pages_link(shown, max(1, bisect_right(shown.document.pages, start)))
    part = layout.part_of(target)
    if part == shown.place.part:
        return f"#{target}"
    return shown.address(target, shown.query(part=part + 1))


def _permanent(shown: Shown, block: Block) -> str:
    """An address for an article, heading or clause to give to others: found by its number."""
    if block.anchor.startswith("c-") and "~" not in block.anchor:
        return shown.address(block.anchor, shown.query(clause=block.anchor[2:]))
    if block.anchor.startswith("a-"):
        return shown.address(block.anchor, shown.query(article=block.anchor[2:]))
    parts = len(shown.layout.parts)
    return shown.address(block.anchor, shown.query(part=shown.place.part + 1 if parts > 1 else ""))


def _blocks(shown: Shown, blocks: Sequence[Block]) -> Iterator[str]:
    articles = in_order(shown.document)
    marker = _Marker(shown.document, shown.place, shown.words)
    for block in blocks:
        inner = marker.html(block.start, block.end)
        if block.kind == "title":
            article = articles[block.article]
            yield _block(shown, block, "h2", inner or escape(_line(article.title)))
            yield _about(article, shown)
        elif block.kind == "heading":
            yield _block(shown, block, "h3", inner)
        else:
            yield _block(shown, block, "p", inner)


def _block(shown: Shown, block: Block, tag: str, inner: str) -> str:
    """A block as an element that says what it is, and where its text stands in the document."""
    kind: str = "" if block.kind in ("title", "heading", "text") else block.kind
    if block.kind == "text" and shown.document.text.startswith(("- ", "* ", "|"), block.start):
        kind = "list"
    look = f' class="{kind}"' if kind else ""
    place = f' data-s="{block.start}" data-e="{block.end}"' if block.end > block.start else ""
    if not block.anchor:
        return f"<{tag}{look}{place}>{inner}</{tag}>"
    address = escape(_permanent(shown, block))
    link = f'<a class="link" href="{address}" data-copy aria-label="{shown.words.here}">¶</a>'
    return f'<{tag} id="{block.anchor}"{look}{place}>{inner}{link}</{tag}>'


def _about(article: Article, shown: Shown) -> str:
    """Who speaks in an article, where and when it was published, so far as neither its headline nor the document says it."""
    document, words = shown.document, shown.words
    who, head = article.speaker, document.text[article.head_start : article.head_end]
    speaker = f"{who.title}{who.name}" if who and who.name not in head else ""
    facts = [
        speaker,
        article.publisher if article.publisher != document.publisher else "",
        article.published if article.published != document.published else "",
    ]
    told = "".join(f"<span><bdi>{escape(_line(fact))}</bdi></span>" for fact in facts if fact)
    link = web_link(article.url)
    if link is not None:
        address, host = (escape(part) for part in link)
        told += (
            f'<a href="{address}" rel="noopener noreferrer" target="_blank">{words.web_page} · {host} ↗</a>'
        )
    return f'<p class="about">{told}</p>' if told else ""


class _Marker:
    """Text of the document as HTML, with what is marked, around the mark, or unsure."""

    def __init__(self, document: Document, place: Place, words: Words) -> None:
        self.text = document.text
        self.mark = (place.start, place.end)
        self.around = place.around
        self.unsure = sorted(span for span in document.unsure if span[0] < span[1])
        self.words = words
        self._ends = [end for _, end in self.unsure]
        self._marked = False

    def html(self, start: int, end: int) -> str:
        """text[start:end]."""
        spans = self.unsure[bisect_right(self._ends, start) :] if self.unsure else []
        touching = [span for span in (self.mark, self.around) if max(start, span[0]) < min(end, span[1])]
        for span in spans:
            if span[0] >= end:
                break
            touching.append(span)
        if not touching:
            return escape(self.text[start:end])
        cuts = sorted({start, end, *(cut for span in touching for cut in span if start < cut < end)})
        return "".join(self._piece(a, b, touching) for a, b in zip(cuts, cuts[1:], strict=False))

    def _piece(self, start: int, end: int, touching: Sequence[tuple[int, int]]) -> str:
        html = escape(self.text[start:end])
        inside = [span for span in touching if span[0] <= start and end <= span[1]]
        if any(span in self.unsure for span in inside):
            html = f'<span class="unsure" title="{self.words.unsure_here}">{html}</span>'
        if self.mark in inside:
            id = "" if self._marked else ' id="mark" tabindex="-1"'
            self._marked = True
            return f"<mark{id}>{html}</mark>"
        return f'<span class="around">{html}</span>' if self.around in inside else html


def _figure(shown: Shown, number: int, is_marked: bool) -> str:
    words, id = shown.words, shown.document.id
    box = ""
    if is_marked:
        query = escape(_place_query(shown))
        box = f'<img class="box" src="{id}/pages/{number}.svg?{query}" alt="" width="595" height="842">'
    label = words.page.format(number)
    wait = "" if is_marked else ' loading="lazy"'
    return (
        f'<figure id="page-{number}"><div class="sheet"><img src="{id}/pages/{number}.png" alt="{label}"{wait} '
        f'width="595" height="842" decoding="async">{box}</div><figcaption>{label}</figcaption></figure>'
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _plain(text: str) -> str:
    """For <title>: no markup can stand there, so that line breaks must not become any."""
    return escape(_line(text)[:200])
