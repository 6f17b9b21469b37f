"""Signs of the fonts Symbol and Wingdings, which files hold as private-use characters that other fonts show as boxes.

One character becomes one, so that offsets stay. Only what stands for a bullet, an arrow or a tick in practice is
known here. The two fonts have different signs under one code: Greek letters and parts of tall brackets in Symbol
are bullets and ticks in Wingdings, and which font it was is not said; so those are only read where no formula can be.
"""

from __future__ import annotations

import re

FONT = 0xF000
"""Programs put the codes of a symbol font from here on: U+F020 to U+F0FF."""

BULLETS = {0xB7: "•", 0x6C: "●", 0x6E: "■", 0x75: "◆", 0x76: "❖", 0xA7: "▪", 0xA8: "□", 0xD8: "➢", 0xFC: "✓"}
"""Code → sign of the bullets that Word offers, after the tables of Wingdings (Unicode L2/12-368) and, for B7, of Symbol."""

_OTHERS = {0x6F: "□", 0x71: "❑", 0x77: "◆", 0x9F: "•", 0xA1: "○", 0xAB: "★", 0xE0: "→", 0xE8: "➔", 0xF0: "⇨"}
_TICKS = {0xFB: "✗", 0xFD: "☒", 0xFE: "☑"}
_GREEK = (0x6C, 0x71, 0x75, 0x76, 0x77)  # λ, θ, υ, ϖ and ω in Symbol
_BRACKETS = (0xE8, *range(0xFB, 0xFF))
_SIGNS = {FONT + code: sign for code, sign in (BULLETS | _OTHERS | _TICKS).items()}
_ANYWHERE = {code: sign for code, sign in _SIGNS.items() if code - FONT not in _GREEK}
_IN_FORMULAS = {code: sign for code, sign in _ANYWHERE.items() if code - FONT not in _BRACKETS}

_PRIVATE = re.compile("[\uf020-\uf0ff]")
_BEGINS_LINE = re.compile(r"^[^\S\n]*[\uf020-\uf0ff]", re.MULTILINE)
_PIECES = re.compile("[\uf0e6\uf0e7\uf0e9-\uf0ef\uf0f6-\uf0fa]")
"""Parts of brackets that are nothing in Wingdings that a text would hold: a formula was taken apart here."""


def plain_signs(text: str) -> str:
    """`text` with the known signs as characters that every font has; as long as it was.

    >>> plain_signs("\\uf06c 合格 \\uf0fe")
    '● 合格 ☑'
    """
    if not _PRIVATE.search(text):
        return text
    text = _BEGINS_LINE.sub(lambda begins: begins[0][:-1] + _sign(begins[0][-1]), text)
    return text.translate(_IN_FORMULAS if _PIECES.search(text) else _ANYWHERE)


def _sign(char: str) -> str:
    """The sign of a Greek letter's code, which begins a line as a bullet does; other characters as they are."""
    code = ord(char)
    return _SIGNS[code] if code - FONT in _GREEK else char
