"""Putting text on the page: everything that comes from documents, questions, models or settings passes through here.

Nothing else of the report writes `<`; what is not made by these functions or by eval.report.charts is plain text.
"""

from __future__ import annotations

import html
import json
import re

from eval.report.texts import Text, text

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What neither HTML nor XML may hold: controls but tab and line ends, halves of surrogate pairs, non-characters."""

_SCRIPT_ENDS = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def clean(value: str) -> str:
    """`value` with every character that a page or an XML file may not hold replaced by U+FFFD."""
    return _UNWRITABLE.sub("\ufffd", value)


def escaped(value: object) -> str:
    """`value` as the text of an element or of a quoted attribute."""
    return html.escape(clean(str(value)), quote=True)


def foreign(value: object) -> str:
    """Text that is not ours, kept apart so that its marks of direction turn nothing else around."""
    return f"<bdi>{escaped(value)}</bdi>"


def both(words: Text) -> str:
    """Our text in both languages; a style rule shows one."""
    return f'<span lang="zh">{escaped(words.zh)}</span><span lang="en">{escaped(words.en)}</span>'


def said(key: str, **values: object) -> str:
    """The text of `key` in both languages."""
    return both(text(key, **values))


def label(words: Text) -> str:
    """An accessible name, which cannot be hidden by a style rule: Chinese, then English."""
    return escaped(f"{words.zh} {words.en}")


def data_block(name: str, value: object) -> str:
    """A script element that holds `value` as JSON and is never run; nothing in it can end the element."""
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    safe = _SCRIPT_ENDS.sub(lambda found: f"\\u{ord(found[0]):04x}", plain)
    return f'<script type="application/json" id="{escaped(name)}">{safe}</script>'


def percent(share: float) -> str:
    """A share as a person writes it.

    >>> percent(0.8349)
    '83.5%'
    """
    return f"{100 * share:.1f}%"


def number(value: float, unit: str) -> str:
    """A metric's figure in its unit ("share", "ms", "count" or "money")."""
    if unit == "share":
        return percent(value)
    if unit == "money":
        return f"{value:.4f}"
    shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}"
    return f"{shown} ms" if unit == "ms" else shown


def card(name: str, title: str, *body: str, note: str = "") -> str:
    """A block of the page, named for links and for readers that hear it; `title`, `body` and `note` are markup."""
    remark = f'<p class="note">{note}</p>' if note else ""
    return (
        f'<section id="{escaped(name)}" class="card" aria-labelledby="{escaped(name)}-title">'
        f'<h2 id="{escaped(name)}-title">{title}</h2>{"".join(body)}{remark}</section>'
    )


def interval_words(low: float, high: float, unit: str = "share") -> str:
    """An interval in its unit.

    >>> interval_words(0.8, 0.9)
    '80.0%–90.0%'
    """
    return f"{number(low, unit)}–{number(high, unit)}"
