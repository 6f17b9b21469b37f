"""Writing to the terminal: results to stdout, everything else to stderr, in UTF-8 whatever the locale."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EISDIR
from pathlib import Path
from typing import TextIO

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls, which steer a terminal; line separators; marks of direction, which turn text around; surrogates."""

_CONTROL_PICTURES = 0x2400  # U+2400 ␀ to U+241F ␟ picture U+0000 to U+001F


def use_utf8() -> None:
    """Lets Chinese through where the locale is C or a legacy code page."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def say(text: str) -> None:
    """One line of the result, or several; nothing in it can steer the terminal."""
    sys.stdout.write(_lines(text) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """One line about what is going on, or several; nothing in it can steer the terminal."""
    sys.stderr.write(_lines(text) + "\n")
    sys.stderr.flush()


def complain(reason: str) -> None:
    """What went wrong, on one line whatever the reason holds."""
    note(f"zhida: 错误 error: {' '.join(reason.split())}")


def as_json(value: object) -> str:
    """`value` as one line of JSON with Chinese left readable, and escapes for what a terminal would obey."""
    text = json.dumps(value, ensure_ascii=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def printable(text: str) -> str:
    """`text` from a document, a file name or a model on one line, as a terminal may show it.

    >>> printable("甲\\x1b[2J乙\\n丙")
    '甲␛[2J乙␊丙'
    """
    return _UNSAFE.sub(_picture, text)


def well_formed(text: str) -> str:
    """`text` without what UTF-8 cannot carry (halves of surrogate pairs from a foreign locale or JSON)."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _lines(text: str) -> str:
    return "\n".join(printable(line) for line in text.split("\n"))


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    return "␡" if code == 0x7F else "�"


def typed(argument: str | None) -> str:
    """What was typed on the command line, read as UTF-8 where the locale could not read it."""
    text = argument or ""
    if any("\ud800" <= character <= "\udfff" for character in text):
        text = os.fsencode(text).decode("utf-8", "replace")
    return text.strip()


@contextmanager
def lines_to(out: Path) -> Iterator[TextIO]:
    """A file to write lines to; `-` is stdout.

    The lines go to `out`.partial, which takes the place of `out` when all are written: an interrupted
    run leaves an earlier result untouched and keeps what it had in the partial file.
    """
    if str(out) == "-":
        yield sys.stdout
        return
    if out.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(out))
    partial = out.with_name(out.name + ".partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n", buffering=1) as file:
            yield file
    except BaseException:
        if partial.is_file():
            note(f"未写完，已有的行在 unfinished, the lines so far are in {partial}")
        raise
    partial.replace(out)
