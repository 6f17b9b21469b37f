"""One spelling for what is written in several ways, whatever stands beside it and however long it takes.

index.folding does the same for long texts by table, and leaves to this what a table cannot tell.
"""

from __future__ import annotations

import functools
import unicodedata

import opencc

DASHES = tuple((dash, "-") for dash in "—–‐‑‒―−⁃") + (("∕", "/"), ("⁄", "/"))
"""Dashes and slashes, each with the one that it is written as here."""


def spell(text: str) -> str:
    """`text` in NFKC, with one kind of dash and slash, in simplified characters and lower case.

    A full-width comma becomes a comma and a space, so that 100，200 stays two numbers where 1,234 is one.
    """
    text = unicodedata.normalize("NFKC", text.replace("，", ", "))
    for dash, plain in DASHES:  # str.translate takes ten times as long
        text = text.replace(dash, plain)
    return str(simplifier().convert(text)).lower()


@functools.cache
def simplifier() -> opencc.OpenCC:
    """OpenCC from traditional to simplified characters."""
    return opencc.OpenCC("t2s")
