"""Dates as Chinese documents print them → ISO dates, also the ones that lean on the day of publication.

Results are YYYY, YYYY-MM or YYYY-MM-DD, as exact as the text and never more exact. Words such as 近日 or
上周 name no day and stay unresolved.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from index.patterns import regex

_YEAR = r"(?P<year>(?:19|20)\d{2})"
_FULL = regex(rf"{_YEAR}\s*年\s*(?:(?P<month>\d{{1,2}})\s*月(?:\s*份)?\s*(?:(?P<day>\d{{1,2}})\s*[日号])?)?")
_ISO = regex(rf"(?<!\d){_YEAR}(?P<sep>[-/.])(?P<month>\d{{1,2}})(?P=sep)(?P<day>\d{{1,2}})(?!\d)")
_HAN_YEAR = "[一二][〇○Ｏ零一二三四五六七八九]{3}"
_HAN = regex(
    rf"(?<![〇○零一二三四五六七八九十百千])(?P<year>{_HAN_YEAR})\s*年"
    r"(?:\s*(?P<month>[一二三四五六七八九十]{1,2})\s*月(?:\s*(?P<day>[一二三四五六七八九十]{1,3})\s*[日号])?)?"
)
_HAN_DIGITS = {digit: str(value) for value, digit in enumerate("〇一二三四五六七八九")} | dict.fromkeys(
    "○Ｏ零", "0"
)
_URL = [
    regex(rf"[/_-]{_YEAR}[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}})(?!\d)"),
    regex(rf"(?:[/_-]t?|\bt){_YEAR}(?P<month>\d{{2}})(?P<day>\d{{2}})(?!\d)"),
    regex(rf"/{_YEAR}/(?P<month>\d{{2}})(?P<day>\d{{2}})(?!\d)"),
    regex(rf"/{_YEAR}-?/?(?P<month>\d{{2}})/"),
    regex(rf"/{_YEAR}/"),
]
_YEAR_WORDS = {
    "今年": 0,
    "本年": 0,
    "本年度": 0,
    "今年度": 0,
    "去年": -1,
    "上年": -1,
    "前年": -2,
    "明年": 1,
    "后年": 2,
}
_MONTH_WORDS = {"本月": 0, "当月": 0, "上月": -1, "上个月": -1, "下月": 1, "下个月": 1}
_DAY_WORDS = {"今日": 0, "今天": 0, "昨日": -1, "昨天": -1, "前天": -2, "明日": 1, "明天": 1, "后天": 2}
_RELATIVE = regex(
    rf"(?P<word>{'|'.join(sorted([*_YEAR_WORDS, *_MONTH_WORDS, *_DAY_WORDS], key=len, reverse=True))})?"
    r"(?:\s*(?P<month>\d{1,2})\s*月(?:份)?)?(?:\s*(?P<day>\d{1,2})\s*[日号])?"
)

_LEANING = regex(
    rf"(?:{'|'.join(sorted([*_YEAR_WORDS, *_MONTH_WORDS], key=len, reverse=True))})"
    r"(?:\s*\d{1,2}\s*月(?:份)?)?(?:\s*\d{1,2}\s*[日号])?"
)


def iso(year: int, month: int | None = None, day: int | None = None) -> str:
    """YYYY, YYYY-MM or YYYY-MM-DD; "" for a day that the calendar does not have."""
    try:
        whole = date(year, month or 1, day or 1).isoformat()
    except ValueError:
        return ""
    return whole if day and month else whole[:7] if month else whole[:4]


def find_date(text: str) -> str:
    """The first date in `text` with a year of its own, as 2023年9月26日, 2023-09-26 or 二〇二三年九月; "" for none."""
    found = [match for match in (_FULL.search(text), _ISO.search(text), _HAN.search(text)) if match]
    return _of(min(found, key=lambda match: match.start())) if found else ""


def date_in_url(url: str) -> str:
    """The date that the path of a news site's link carries, as in /2023-12/27/ or t20231227_; "" for none."""
    path = re.sub(r"^\w+://[^/]*", "", url)
    for pattern in _URL:
        match = pattern.search(path)
        found = _of(match) if match else ""
        if found:
            return found
    return ""


def resolve(expression: str, published: str) -> str | None:
    """The ISO date that `expression` means in a document published on the ISO date `published`.

    `resolve("今年11月16日", "2023-12-27")` is "2023-11-16". A month and day without a year lie in the
    year of publication, or in the year before when they would come more than half a year later. None when
    the expression is no date, or is relative and `published` is not exact enough to tell.
    """
    text = expression.strip()
    match = _FULL.fullmatch(text) or _ISO.fullmatch(text)
    if match:
        return _of(match) or None
    match = _RELATIVE.fullmatch(text)
    if not match or not text or not published:
        return None
    word = match["word"] or ""
    month, day = (int(match[part]) if match[part] else None for part in ("month", "day"))
    if day and not month and word not in _MONTH_WORDS:
        return None
    return _relative(word, month, day, [int(part) for part in published.split("-")])


def relative_dates(text: str, published: str) -> dict[str, str]:
    """What 今年…, 去年…, 本月… in `text` mean in a document published on `published`: expression → ISO date.

    >>> relative_dates("今年11月16日，北斗标准被采纳", "2023-12-27")
    {'今年11月16日': '2023-11-16'}
    """
    found = {}
    for match in _LEANING.finditer(text):
        meant = resolve(match[0], published)
        if meant:
            found[match[0]] = meant
    return found


def _relative(word: str, month: int | None, day: int | None, now: list[int]) -> str | None:
    year = now[0]
    if word in _YEAR_WORDS:
        return iso(year + _YEAR_WORDS[word], month, day) or None
    if word in _MONTH_WORDS and not month and len(now) >= 2:
        months = year * 12 + now[1] - 1 + _MONTH_WORDS[word]
        return iso(months // 12, months % 12 + 1, day) or None
    if word in _DAY_WORDS and not month and not day and len(now) == 3:
        return (date(*now) + timedelta(days=_DAY_WORDS[word])).isoformat()
    if not word and month:
        late = len(now) >= 2 and month - now[1] > 6
        return iso(year - late, month, day) or None
    return None


def _of(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return iso(
        _number(groups["year"]), _number(groups.get("month")) or None, _number(groups.get("day")) or None
    )


def _number(text: str | None) -> int:
    """The value of figures or of a Chinese numeral below a hundred or digit by digit: 三十一 → 31; 0 for none."""
    if not text or text.isdecimal():
        return int(text or 0)
    tens, ten, ones = text.rpartition("十")
    if ten:
        return int(_HAN_DIGITS.get(tens, "1")) * 10 + int(_HAN_DIGITS.get(ones, "0"))
    return int("".join(_HAN_DIGITS[digit] for digit in text))
