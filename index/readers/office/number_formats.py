"""Numbers of spreadsheets as a person sees them in the cell: 12.5%, 1,234.50, 2024-03-05, 2024年3月.

Covers what office files use: digits, grouping, percent, currency, dates and times, literals, sections. Colours,
fractions, padding and conditions are not imitated; a number whose format is beyond that is shown plainly.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache

BUILTIN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "¥#,##0", 6: "¥#,##0", 7: "¥#,##0.00",
    8: "¥#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm", 27: "yyyy年m月",
    28: "m月d日", 29: "m月d日", 30: "m/d/yy", 31: "yyyy年m月d日", 32: "h时mm分", 33: "h时mm分ss秒", 34: "上午/下午h时mm分",
    35: "上午/下午h时mm分ss秒", 36: "yyyy年m月", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 41: "#,##0",
    42: "¥#,##0", 43: "#,##0.00", 44: "¥#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss", 48: "0.0E+0", 49: "@",
    50: "yyyy年m月", 51: "m月d日", 52: "yyyy年m月", 53: "m月d日", 54: "m月d日", 55: "上午/下午h时mm分",
    56: "上午/下午h时mm分ss秒", 57: "yyyy年m月", 58: "m月d日",
}  # fmt: skip
"""Formats that files name by number only (ECMA-376 part 1, 18.8.30), as Chinese Excel shows them; 14 and 22 are the
day as the computer is set to write it."""

LAST_DAY = 2_958_466
"""9999-12-31 and one more; a greater number is no date."""

Format = Callable[[float], str]

_TOKEN = re.compile(
    r'"[^"]*"?|\\.|_.|\*.|\[\$([^\]-]*)(?:-[^\]]*)?\]|\[(h+|m+|s+)\]|\[[^\]]*\]|AM/PM|A/P|上午/下午|General|G/通用格式|'
    r"y+|Y+|m+|M+|d+|D+|h+|H+|s+|S+|e+(?![+-])|a{3,4}|\.0+|.",
    re.IGNORECASE | re.DOTALL,
)
_DIGITS = re.compile(r"[#0?][#0?,]*(?:\.[#0?]*)?,*|\.[#0?]+")
_SCIENTIFIC = re.compile(r"0(?:\.(0*))?E[+-]0+", re.IGNORECASE)
_PLAIN_TEXT = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[\$([^\]-]*)(?:-[^\]]*)?\]|\[[^\]]*\]')
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_WEEKDAYS = "一二三四五六日"


def general(number: float) -> str:
    """A number without format: no .0, no binary noise, no exponent below 1e16.

    >>> general(500.0), general(0.1 + 0.2), general(1234567890123.0)
    ('500', '0.3', '1234567890123')
    """
    if number != number or number in (float("inf"), float("-inf")):
        return ""
    if number == int(number) and abs(number) < 1e16:
        return str(int(number))
    text = f"{number:.15g}"
    return f"{Decimal(text):f}" if "e" in text and 1e-10 < abs(number) < 1e16 else text


def is_date(code: str) -> bool:
    """Whether a format writes a day or a time."""
    bare = _PLAIN_TEXT.sub(lambda match: match[0] if re.match(r"\[[hms]+\]", match[0], re.I) else "", code)
    bare = re.sub(r"General|G/通用格式|E[+-]|red|blue|green|color\d+", "", bare, flags=re.IGNORECASE)
    return bool(re.search(r"[ymdhs]|aaa|上午", bare.split(";")[0], re.IGNORECASE))


@cache
def format_of(code: str, since_1904: bool = False) -> Format:
    """A function that writes numbers by a format code, as `0.0%`. Serial days count from 1899-12-30, or from 1904."""
    if is_date(code):
        return lambda number: _date(number, code.split(";")[0], since_1904)
    sections = _split(code)
    if not code.strip("; "):
        return lambda number: ""  # ;;; hides what is in the cell
    return lambda number: _number(number, sections)


def _split(code: str) -> list[str]:
    """The sections of a code for positive numbers, negative ones and zero."""
    return re.findall(r'((?:"[^"]*"|\\.|[^;])+)', code) or ["General"]


def _number(number: float, sections: list[str]) -> str:
    number = float(number)
    if len(sections) > 2 and number == 0:
        section = sections[2]
    elif len(sections) > 1 and number < 0 and not sections[1].lower().startswith("general"):
        section, number = sections[1], -number
    else:
        section = sections[0]
    try:
        return _filled(number, section).strip() or (
            "" if number == 0 and len(sections) > 2 else general(number)
        )
    except (InvalidOperation, ValueError, OverflowError):
        return general(number)


def _filled(number: float, section: str) -> str:
    literals: list[str] = []

    def keep(match: re.Match[str]) -> str:
        literals.append(match[1] or match[2] or match[3] or "")
        return chr(0xE000 + len(literals) - 1) if literals[-1] else ""

    bare = _PLAIN_TEXT.sub(keep, section)
    if re.search(r"General|G/通用格式|@", bare, re.IGNORECASE):
        text = re.sub(r"General|G/通用格式|@", lambda _: general(number), bare, flags=re.IGNORECASE)
    elif _SCIENTIFIC.search(bare):
        places = len(_SCIENTIFIC.search(bare)[1] or "")  # type: ignore[index]
        text = _SCIENTIFIC.sub(f"{number:.{places}E}", bare)
    elif "/" in bare and "?" in bare:
        text = general(number)  # a fraction
    else:
        text = _digits(number, bare)
    return re.sub("[\ue000-\uf8ff]", lambda match: literals[ord(match[0]) - 0xE000], text)


def _digits(number: float, bare: str) -> str:
    found = _DIGITS.search(bare)
    if not found:
        return bare
    pattern = found[0]
    value = Decimal(repr(number)) * 100 ** bare.count("%")
    scale = len(pattern) - len(pattern.rstrip(","))
    pattern = pattern.rstrip(",")
    whole, _, places = pattern.partition(".")
    value = (value / 1000**scale).quantize(Decimal(1).scaleb(-len(places)), ROUND_HALF_UP)
    text = f"{abs(value):{',' if ',' in whole else ''}.{len(places)}f}"
    optional = len(places) - len(places.rstrip("#?"))
    if optional:
        cut = text[-optional:].rstrip("0")
        text = (text[:-optional] + cut).rstrip(".")
    least = whole.count("0")
    head, dot, tail = text.partition(".")
    text = ("" if head == "0" and not least else head.rjust(least, "0")) + dot + tail
    sign = "-" if value < 0 else ""
    return sign + bare[: found.start()] + text + bare[found.end() :]


def _date(number: float, code: str, since_1904: bool) -> str:
    number += 1462 if since_1904 else 0
    if not 0 <= number < LAST_DAY:
        return general(number)
    # Excel believes that 1900 was a leap year: days before March of it are one off.
    moment = datetime(1899, 12, 30) + timedelta(days=number + (1 if 0 < number < 60 else 0))
    tokens = [match for match in _TOKEN.finditer(code)]
    shows_seconds = any(re.fullmatch(r"s+|\[s+\]", match[0], re.I) for match in tokens)
    moment = (moment + timedelta(seconds=0.5 if shows_seconds else 0.001)).replace(microsecond=0)
    halves = any(match[0].upper() in ("AM/PM", "A/P", "上午/下午") for match in tokens)
    pieces = [_date_piece(match, i, tokens, (moment, number, halves)) for i, match in enumerate(tokens)]
    return "".join(pieces).strip()


def _date_piece(
    match: re.Match[str], i: int, tokens: list[re.Match[str]], at: tuple[datetime, float, bool]
) -> str:
    moment, number, halves = at
    token = match[0]
    if token[0] in '"\\_*':
        return "" if token[0] in "_*" else token.strip('"').removeprefix("\\")
    if token[0] == "[":
        if not match[2]:
            return match[1] or ""
        unit = {"h": 24, "m": 1440, "s": 86400}[match[2][0].lower()]
        return str(int(round(number * 86400) * unit / 86400)).rjust(len(match[2]), "0")
    low, size = token.lower(), len(token)
    if low in ("am/pm", "a/p", "上午/下午"):
        late = moment.hour >= 12
        return ("下午" if late else "上午") if "上" in token else token.split("/")[late]
    if low[0] == "m" and low.strip("m") == "":
        return _minute(moment, size) if _is_minute(i, tokens) else _month(moment, size)
    hour = (moment.hour % 12 or 12) if halves else moment.hour
    plain = {
        "y": str(moment.year) if size > 2 else f"{moment.year % 100:02}",
        "e": str(moment.year),
        "d": str(moment.day).rjust(min(size, 2), "0") if size < 3 else f"星期{_WEEKDAYS[moment.weekday()]}",
        "h": str(hour).rjust(size, "0"),
        "s": str(moment.second).rjust(size, "0"),
        "a": ("星期" if size > 3 else "周") + _WEEKDAYS[moment.weekday()],
    }
    return plain.get(low[0], token) if low.strip(low[0]) == "" and low[0] in plain else _other(token)


def _other(token: str) -> str:
    return "" if token.startswith(".0") or token == "@" else token


def _month(moment: datetime, size: int) -> str:
    return str(moment.month).rjust(size, "0") if size < 3 else _MONTHS[moment.month - 1]


def _minute(moment: datetime, size: int) -> str:
    return str(moment.minute).rjust(size, "0")


def _is_minute(i: int, tokens: list[re.Match[str]]) -> bool:
    """Whether an m is minutes: hours stand right before it, or seconds right behind it."""
    before = next((t[0] for t in reversed(tokens[:i]) if re.match(r"[ymdhs]|\[[hms]", t[0], re.I)), "")
    behind = next((t[0] for t in tokens[i + 1 :] if re.match(r"[ymdhs]", t[0], re.I)), "")
    return before[:1].lower() == "h" or before[:2].lower() == "[h" or behind[:1].lower() == "s"
