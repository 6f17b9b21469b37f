"""The viewer's page as HTML: pure functions, everything foreign escaped, nothing inline and nothing from elsewhere.

It works without a script: places are reached by fragments, the outline opens on phones as the target of a link. The
script (assets/viewer) only copies links and follows the reader in the outline.
"""

from __future__ import annotations

from ui.render import escape
from ui.viewer.body import blocks_html, one_line
from ui.viewer.shown import Shown
from ui.viewer.texts import OUT_OF_FORCE, Words

PAGES_AT_ONCE = 100
"""Pages of a PDF on one page of the viewer; pictures of those in sight only are loaded."""
NOTICES = 20


def text_page(shown: Shown) -> str:
    """The document, or the part of it where the place is, as text."""
    layout, words = shown.layout, shown.words
    part = layout.parts[shown.place.part]
    blocks = [layout.blocks[i] for i in part]
    body = "".join(blocks_html(shown, blocks)) or f'<p class="none">{words.nothing}</p>'
    turn = _turn(shown)
    content = f'{turn}<div class="text" lang="zh-CN">{body}</div>{turn}'
    return _page(shown, content, "text")


def pages_page(shown: Shown, page: int) -> str:
    """The pages of a PDF as pictures, with the place boxed; as many as PAGES_AT_ONCE around `page`, from 1."""
    words, count = shown.words, len(shown.document.pages)
    first = (min(max(page, 1), count) - 1) // PAGES_AT_ONCE * PAGES_AT_ONCE + 1
    last = min(count, first + PAGES_AT_ONCE - 1)
    marked = shown.marked_pages
    figures = "".join(_figure(shown, number, number in marked) for number in range(first, last + 1))
    turn = ""
    if count > PAGES_AT_ONCE:
        steps = [(first - PAGES_AT_ONCE, words.earlier), (last + 1, words.later)]
        links = "".join(
            f'<a href="{escape(shown.pages_link(number))}">{label}</a>'
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
    words = shown.words
    bar = (
        f'<a class="skip" href="#text">{words.skip}</a><header class="bar"><a class="home" href="..">{words.home}</a>'
        f'<a class="to-outline" href="#outline">{words.outline}</a>{_views(shown, view)}'
        f'<a class="lang" href="{escape(shown.other_language(view))}" hreflang="{words.other_lang}" '
        f'lang="{words.other_lang}">{words.other}</a></header>'
    )
    outline = _outline(shown, view)
    target = "mark" if shown.place.marks else shown.place.anchor
    go = f' data-go="{escape(target)}"' if target and view == "text" else ""
    main = f'<main id="text" tabindex="-1"{go}>{_head(shown)}{_state(shown)}{content}</main>'
    say = f'<div class="say" role="status" aria-live="polite" data-copied="{words.copied}" data-copy="{words.copy_selection}"></div>'
    return _html(shown.title, f'{bar}<div class="columns">{outline}{main}</div>{say}', words, shown.stamp)


def _views(shown: Shown, view: str) -> str:
    """The two ways of showing a PDF, as links."""
    if not shown.has_pages:
        return ""
    words = shown.words
    page = next(iter(shown.marked_pages), 1)
    ways = (
        ("text", words.view_text, shown.place_link()),
        ("pages", words.view_pages, shown.pages_link(page)),
    )
    links = "".join(
        f'<a href="{escape(link)}"{" aria-current=page" if way == view else ""}>{label}</a>'
        for way, label, link in ways
    )
    return f'<nav class="views" aria-label="{words.views}">{links}</nav>'


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
    told = "".join(f"<li><bdi>{escape(one_line(fact))}</bdi></li>" for fact in facts if fact)
    link = escape(shown.place_link())
    acts = (
        f'<p class="acts"><a class="act" href="{document.id}/original" download>{words.original}</a>'
        f'<a class="act" href="{link}" data-copy>{words.copy}</a></p>'
    )
    notes = f'<p class="warn">{words.out_of_force}</p>' if out else ""
    notes += f'<p class="warn">{words.unsure}</p>' if document.unsure else ""
    if document.notices:
        lines = "".join(f"<li>{escape(one_line(notice))}</li>" for notice in document.notices[:NOTICES])
        notes += f'<details class="notices"><summary>{words.notices} ({len(document.notices)})</summary><ul>{lines}</ul></details>'
    return (
        f'<div class="head"><h1><bdi>{escape(one_line(shown.title))}</bdi> {badge}</h1>'
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
        label = escape(one_line(entry.label))
        if not entry.anchor:
            lines.append(f'<li class="section">{label}</li>')
            continue
        note = f" <small>{escape(one_line(entry.note))}</small>" if entry.note else ""
        link = escape(shown.link_to(entry.anchor, view))
        lines.append(f'<li class="d{entry.depth}"><a href="{link}">{label}{note}</a></li>')
    listed = f"<ul>{''.join(lines)}</ul>" if lines else ""
    return (
        f'<nav id="outline" class="outline" aria-label="{words.outline}" tabindex="-1"><h2>{words.outline}</h2>'
        f'<a class="close" href="#text">{words.close}</a>{listed}</nav>'
    )


def _figure(shown: Shown, number: int, is_marked: bool) -> str:
    words, id = shown.words, shown.document.id
    box = ""
    if is_marked:
        query = escape(shown.place_query())
        box = f'<img class="box" src="{id}/pages/{number}.svg?{query}" alt="" width="595" height="842">'
    label = words.page.format(number)
    wait = "" if is_marked else ' loading="lazy"'
    return (
        f'<figure id="page-{number}"><div class="sheet"><img src="{id}/pages/{number}.png" alt="{label}"{wait} '
        f'width="595" height="842" decoding="async">{box}</div><figcaption>{label}</figcaption></figure>'
    )


def _plain(text: str) -> str:
    """For <title>: no markup can stand there, so that line breaks must not become any."""
    return escape(one_line(text)[:200])
