"""Checks of single JSON values in a gold file: each returns the value it was given or raises ValueError.

Knows nothing of what a gold item holds. Reasons are said in Chinese and English, for whoever wrote the file.
"""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_SHOWN = 60  # characters of a wrong value that a message repeats


class ItemError(ValueError):
    """What is wrong with one item, as (field, reason) pairs; all of it, not only the first."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in problems))


def wrong(zh: str, en: str, got: object) -> ValueError:
    """The error that says what was expected and what came."""
    shown = repr(got)
    return ValueError(
        f"应为{zh} must be {en}, 得到 got {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}"
    )


def mapping(value: object) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise wrong("对象", "an object", value)
    return value


def items(value: object) -> list[Any]:
    """A JSON list."""
    if not isinstance(value, list):
        raise wrong("列表", "a list", value)
    return value


def known(given: dict[str, Any], names: set[str], what: str) -> dict[str, Any]:
    """`given`, which has no other keys than `names`."""
    unknown = sorted(set(given) - names)
    if unknown:
        raise ValueError(f"{what}没有 has no {unknown[0]!r}; 可用 known: {', '.join(sorted(names))}")
    return given


def string(value: object) -> str:
    """A text that may be empty and that UTF-8 can carry."""
    if not isinstance(value, str):
        raise wrong("文字", "a text", value)
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise wrong("有效的 Unicode 文字", "well-formed Unicode", value)
    return value


def text(value: object) -> str:
    """A text that is more than white space."""
    if not isinstance(value, str) or not value.strip():
        raise wrong("非空文字", "a text that is not empty", value)
    return string(value)


def texts(value: object) -> tuple[str, ...]:
    """A list of texts that are not empty."""
    return tuple(text(one) for one in items(value))


def identifier(value: object) -> str:
    """An id: one line without control characters, and without white space at its ends."""
    found = text(value)
    if found != found.strip() or not found.isprintable():
        raise wrong("首尾无空白的一行文字", "one line without space at its ends", value)
    return found


def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise wrong(" true 或 false", "true or false", value)
    return value


def number(value: object, *, least: float = -math.inf) -> float:
    """A finite number, at least `least`."""
    try:
        found = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:
        found = math.inf
    if not math.isfinite(found) or found < least:
        bound = "" if least == -math.inf else f" ≥ {least:g}"
        raise wrong(f"数{bound}", f"a number{bound}", value)
    return found


def positive(value: object) -> float:
    """A number above 0."""
    found = number(value)
    if found <= 0:
        raise wrong("正数", "a number above 0", value)
    return found


def whole(value: object, *, least: int = 0) -> int:
    """A whole number, at least `least`; 2.0 is one."""
    found = number(value, least=least)
    if not found.is_integer():
        raise wrong("整数", "a whole number", value)
    return int(found)


def iso_date(value: object) -> str:
    """A date of the calendar as YYYY, YYYY-MM or YYYY-MM-DD."""
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    try:
        if found is None:
            raise ValueError
        year, month, day = (int(part) if part else 1 for part in found.groups())
        date(year, month, day)
    except ValueError:
        raise wrong("日期 YYYY、YYYY-MM 或 YYYY-MM-DD", "a date YYYY, YYYY-MM or YYYY-MM-DD", value) from None
    return str(value)
