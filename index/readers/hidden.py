"""Text that a reader of the file cannot see: characters that show nothing, and the notices of what was left out.

Such text is how a file tells a machine what it does not tell a person, so that no format's reader takes it into the
document, and every one says so. How a format hides text is for its reader to know.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from index.passage import OffsetMap

TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
"""Marks that turn the direction of writing round, and tags: in Chinese and English text they only serve to deceive."""

INVISIBLE = re.compile(
    f"{TURNING.pattern[:-1]}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2064\ufeff]"
)
"""Characters that show nothing, those included. Programs leave a few of them behind without meaning anything by it."""

MANY = 20
"""From so many invisible characters on they are told of, though none is a turning mark."""


def shows_all(text: str) -> bool:
    """Whether no character of a text is an invisible one, told quickly; False may be said of other rare ones, too.

    >>> shows_all("合格\\n不合格"), shows_all("合\\u200b格")
    (True, False)
    """
    if not text.isprintable():
        rest = text.replace("\n", "")
        if not rest.isprintable():
            rest = rest.replace("\u3000", "").replace("\t", "").replace("\u00a0", "")
            if not rest.isprintable():
                return False
    # Those that Python takes for printable.
    return not (
        "\u034f" in text or "\u115f" in text or "\u1160" in text or "\u17b4" in text or "\u17b5" in text
    )


def without_invisible(text: str) -> tuple[str, str]:
    """(`text` without the characters that cannot be seen, those characters).

    >>> without_invisible("合\\u200b格")
    ('合格', '\\u200b')
    """
    if text.isascii() or shows_all(text):
        return text, ""
    found = "".join(INVISIBLE.findall(text))
    return (INVISIBLE.sub("", text), found) if found else (text, "")


def invisible_notices(name: str, characters: str) -> tuple[str, ...]:
    """The notice of invisible characters that were left out; none for a few harmless ones."""
    if len(characters) < MANY and not TURNING.search(characters):
        return ()
    count = len(characters)
    return (f"{name}: 含 {count} 个看不见的字符，已去除 {count} invisible characters were taken out",)


def hidden_notices(name: str, count: int, pages: str = "") -> tuple[str, ...]:
    """The notice of `count` characters of hidden text that were left out, on `pages`; none for 0."""
    if not count:
        return ()
    chinese, english = (f"（第 {pages} 页）", f" on pages {pages}") if pages else ("", "")
    return (f"{name}: 隐藏文字 {count} 字未收入{chinese} hidden text left out: {count} characters{english}",)


def markdown_hidden(text: str) -> list[tuple[int, int]]:
    """The spans of a Markdown text that no reader of the page sees: comments, and elements that are not shown.

    What stands in code is shown as it is. Takes time in proportion to the text, whatever is left open in it.
    """
    spans: list[tuple[int, int]] = []
    never: set[str] = set()  # closing marks that do not come any more
    if not any(mark in text for mark in _OPENINGS):
        return spans
    at = 0
    while begin := _OPENS.search(text, at):
        at = begin.end()
        found = _OPENING.match(text, begin.start())
        if not found:
            continue
        at = found.end()
        closing = _closing(found)
        if not closing or closing in never:
            continue
        end = text.find(closing, at)
        if end < 0:
            never.add(closing)
            continue
        at = end + len(closing)
        if found["code"] is None and (found["tag"] is None or at - found.start() <= LONGEST_ELEMENT):
            spans.append((found.start(), at))
    return spans


def _closing(opening: re.Match[str]) -> str:
    """What ends the code, comment or element that begins here; "" for an element that is shown."""
    if opening["code"]:
        return opening["code"]
    if opening["tag"]:
        hidden = _HIDDEN_TAG.search(opening[0])
        return f"</{opening['tag']}>" if hidden else ""
    return "-->" if opening[0] == "<!--" else "\n"


LONGEST_ELEMENT = 20_000
"""Characters of an element up to which it is believed to be hidden; one left open would swallow the text."""

_OPENINGS = ("`", "~~~", "<", "]:")
_OPENS = re.compile(r"[`~<\[]")
_OPENING = re.compile(
    r"(?P<code>^(?:```|~~~)|`+)|<!--|^\[(?://|comment)\]:|<(?P<tag>span|p|div|font|details)\b[^<>]{1,300}>",
    re.MULTILINE,
)
_HIDDEN_TAG = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|\shidden\b", re.IGNORECASE
)


def without(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, OffsetMap]:
    """`text` without these spans, which are in order and apart, and the way back from the rest to `text`."""
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    kept = [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if end > start]
    starts, at = [], 0
    for start, end in kept:
        starts.append(at)
        at += end - start
    rest = "".join(text[start:end] for start, end in kept)
    return rest, OffsetMap(tuple(starts) or (0,), tuple(start for start, _ in kept) or (0,))


def composed(later: OffsetMap, earlier: OffsetMap, length: int) -> OffsetMap:
    """The way from a text of `length` characters through `later`, then through `earlier`, to the original."""
    starts: list[int] = []
    origins: list[int] = []
    for start, origin, end in zip(later.starts, later.origins, (*later.starts[1:], length), strict=True):
        cut = bisect_right(earlier.starts, origin)
        turns = [origin]
        for turn in earlier.starts[cut:]:
            if turn >= origin + end - start:
                break
            turns.append(turn)
        starts += [start + turn - origin for turn in turns]
        origins += [earlier.original(turn) for turn in turns]
    return OffsetMap(tuple(starts), tuple(origins))
