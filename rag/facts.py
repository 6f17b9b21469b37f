"""The hard facts of a sentence: numbers, dates, names in 《》 or Latin letters, standard numbers.

A sentence may be worded freely, but these it has to share with its source. Pure functions; no
opinion about whether a fact is true. Quantities are compared by value (万 and 亿 are multiplied out,
Chinese numerals read), so that 13.1万 equals 131000 and 三项 equals 3项.
"""

from __future__ import annotations

import re
import unicodedata

_DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_SMALL_UNITS = {"十": 10, "百": 100, "千": 1000}
_SCALES = {"万": 10**4, "亿": 10**8}
_COUNTERS = "个家项条户人名张次种类年月日天时号倍成届批台辆座篇章款部所位吨米元度级"

_TITLE = re.compile(r"《([^《》]{1,60})》")
_STANDARD = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{1,5}(?:/[A-Z]{1,3})?\s?\d{2,6}(?:\.\d+)*(?:[-:]\d{4})?(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*[A-Za-z0-9]|[A-Z]")
_NUMBER = re.compile(r"(\d+(?:,\d{3})*(?:\.\d+)?)\s*([万亿]{0,2})(%|‰)?")
_POINT_OF_LIST = re.compile(r"(?<=\d)\.\s+(?=\d)")
"""No decimal point has a space behind it: 4. 9月底 is the fourth point of a list, and not 4.9."""

# 零 in 零件 and 零部件 is no number.
_CHINESE_NUMBER = re.compile(
    rf"((?!零(?:部|件))[零〇一二两三四五六七八九十百千]{{1,8}})([万亿]{{0,2}})(?=[{_COUNTERS}])"
)


def plain(text: str) -> str:
    """`text` in NFKC without white space and with one kind of dash: how facts are compared."""
    return re.sub(r"\s+", "", _normal(text))


def _normal(text: str) -> str:
    return re.sub(r"[—–−―]", "-", unicodedata.normalize("NFKC", text))


def chinese_value(numeral: str) -> int | None:
    """The value of a Chinese numeral below ten thousand: 三十六 → 36, 二〇二三 → 2023; None if it is none."""
    if not numeral or any(char not in _DIGITS and char not in _SMALL_UNITS for char in numeral):
        return None
    if not any(char in _SMALL_UNITS for char in numeral):
        return int("".join(str(_DIGITS[char]) for char in numeral))
    total, digit = 0, 0
    for char in numeral:
        if char in _DIGITS:
            digit = _DIGITS[char]
        else:
            total += (digit or 1) * _SMALL_UNITS[char]
            digit = 0
    return total + digit


def numbers(text: str) -> set[str]:
    """The quantities in `text` by value, percentages with their sign: {"66", "131000", "99.4%"}."""
    text = plain(_POINT_OF_LIST.sub("；", _normal(text)))
    found = set()
    for match in _NUMBER.finditer(text):
        found.add(_value(float(match[1].replace(",", "")), match[2]) + (match[3] or ""))
    for match in _CHINESE_NUMBER.finditer(text):
        value = chinese_value(match[1])
        if value is not None:
            found.add(_value(value, match[2]))
    return found


def _value(number: float, scale: str) -> str:
    for char in scale:
        number *= _SCALES[char]
    return f"{number:.6f}".rstrip("0").rstrip(".")


def names(text: str) -> set[str]:
    """The names in `text` that can be told by their form: 《titles》, standard numbers, Latin words; lower case."""
    normal = _normal(text)
    found = {plain(match[1]).lower() for match in _TITLE.finditer(normal)}
    found |= {plain(match[0]).lower() for match in _STANDARD.finditer(normal)}
    return found | {match[0].lower() for match in _LATIN.finditer(normal)}


def missing(sentence: str, source: str) -> list[str]:
    """The facts of `sentence` that `source` does not hold, sorted; an empty list means none is missing."""
    lacking = numbers(sentence) - numbers(source)
    compact = plain(source).lower()
    return sorted(lacking) + sorted(name for name in names(sentence) if name not in compact)
