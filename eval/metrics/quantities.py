"""Amounts and dates in an answer: read by form, compared by value, so that 13.1万户 is 131000户 and 二〇二三年九月 is 2023-09.

Units of one kind are converted (公里 and 米, 万元 and 元); % and 百分点 are two kinds. The truth of a number, and what it
counts beyond its unit, is not judged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from eval.text import arabic, normal
from index import words
from rag.cite import without_marks
from rag.facts import numbers

_FAMILIES = {
    "%": "%=1 ‰=0.1 成=10",
    "百分点": "个百分点=1 百分点=1",
    "元": "元人民币=1 块钱=1 元=1 圆=1",
    "美元": "美元=1 美金=1",
    "欧元": "欧元=1",
    "日元": "日元=1",
    "港元": "港元=1 港币=1",
    "英镑": "英镑=1",
    "米": "公里=1000 千米=1000 km=1000 米=1 m=1 厘米=0.01 cm=0.01 毫米=0.001 mm=0.001 微米=0.000001 海里=1852",
    "克": "吨=1000000 公斤=1000 千克=1000 kg=1000 斤=500 克=1 g=1 毫克=0.001 mg=0.001",
    "平方米": "平方公里=1000000 平方千米=1000000 km2=1000000 公顷=10000 平方米=1 m2=1",
    "亩": "亩=1",
    "立方米": "立方米=1 m3=1",
    "升": "毫升=0.001 ml=0.001 升=1 l=1",
    "秒": "个小时=3600 小时=3600 分钟=60 秒钟=1 秒=1 h=3600 min=60 ms=0.001 毫秒=0.001",
    "日": "天=1 日=1",
    "工作日": "个工作日=1 工作日=1",
    "周": "个星期=1 星期=1 周=1",
    "月": "个月=1",
    "年": "年=1",
    "周年": "周年=1",
    "人": "个人=1 人=1 名=1 位=1",
    "人次": "人次=1",
    "千瓦时": "千瓦时=1 kwh=1",
    "千瓦": "兆瓦=1000 千瓦=1 kw=1 mw=1000",
    "°c": "摄氏度=1 °c=1 °=1 度=1",
}
"""Units that are written in more than one way, with what each is worth in the first-named kind."""

_COUNTERS = "家 户 项 个 件 条 种 类 次 届 批 台 辆 座 所 倍 款 部 套 艘 架 只 张 份 篇 场 期 级 轮 起 颗 枚 例 步 岁 分".split()
_NO_UNIT = re.compile(
    "个体|项目|条件|条例|种类|类型|类别|部分|部门|部署|分之|家庭|家电|人民|人均|名单|名称|位置|年度|年级|级别|件事"
)
"""Words that begin like a unit and are none."""

_UNITS: dict[str, tuple[str, float]] = {counter: (counter, 1.0) for counter in _COUNTERS} | {
    surface: (family, float(factor))
    for family, listed in _FAMILIES.items()
    for surface, factor in (one.split("=") for one in listed.split())
}
_UNIT = re.compile("|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True)))
_SCALES = {
    "百": 100.0,
    "千": 1000.0,
    "万": 1e4,
    "亿": 1e8,
    "万亿": 1e12,
    "千万": 1e7,
    "百万": 1e6,
    "千亿": 1e11,
    "百亿": 1e10,
}
_SCALE = r"万亿|[百千][万亿]|[万亿百千](?![分瓦克米])"
_AMOUNT = re.compile(
    rf"(?P<sign>(?<![\w)）])-|零下|(?<![正自承担抱\d])负)?(?<![\d.])(?P<number>\d+(?:,\d{{3}})*(?:\.\d+)?)(?!\.?\d)"
    rf" ?(?P<scale>{_SCALE})?(?P<rest>(?:(?<=[万亿千百])\d+(?:\.\d+)?(?:千万|百万|[万千百](?![分瓦克米]))?)*) ?(?:多|余|来|几)?"
)
_REST = re.compile(r"(\d+(?:\.\d+)?)(千万|百万|[万千百])?")
_RANKED = {"", "人", "届", "期"}
"""Units with which an ordinal answers how many: 第9位, 第26届. 第3条 is no 3条."""

_LEFT_NUMERALS = re.compile("[零〇一二两三四五六七八九十百千]")
_APART = re.compile(r"(?<=\d)\s+(?=\d)")
_CURRENCY = {"¥": "元", "￥": "元", "$": "美元", "€": "欧元", "£": "英镑"}

_YEAR = r"(?<!\d)(?P<year>(?:1[5-9]|20)\d\d)"
_DATES = (
    re.compile(
        _YEAR + r"年(?:度)?(?:(?P<month>1[0-2]|0?[1-9])月(?:份)?(?:(?P<day>3[01]|[12]\d|0?[1-9])[日号])?)?"
    ),
    re.compile(
        _YEAR
        + r"(?P<mark>[-/.])(?P<month>1[0-2]|0?[1-9])(?:(?P=mark)(?P<day>3[01]|[12]\d|0?[1-9]))?(?![\d.])"
    ),
    re.compile(
        r"(?<!\d)(?P<year>)(?P<month>1[0-2]|0?[1-9])月(?:份)?(?:(?P<day>3[01]|[12]\d|0?[1-9])[日号])?"
    ),
    re.compile(r"(?<=[日号][至到~-])(?P<year>)(?P<month>)(?P<day>3[01]|[12]\d|0?[1-9])[日号]"),
)
_FIRST_DAY = re.compile(r"(月(?:3[01]|[12]\d|0?[1-9]))(?=[至到~-](?:3[01]|[12]\d|0?[1-9])[日号])")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit. `value` is in the unit's kind: 3公里 is 3000 of 米; `unit` is "" where none is known.

    `lead` is its clause up to the number, in normal form, and `after` what follows it, for units that no table lists.
    """

    value: float
    unit: str
    lead: str
    after: str


@dataclass(frozen=True, slots=True)
class Date:
    """A date as far as the text says it: YYYY, YYYY-MM or YYYY-MM-DD, and its clause up to there."""

    iso: str
    lead: str


def readable(text: str) -> str:
    """`text` as amounts and dates are read in it: no marks, normalised, numerals in digits, 9月3-5日 as 9月3日-5日."""
    return _FIRST_DAY.sub(r"\1日", arabic(words.normalize(without_marks(text, " "))))


@lru_cache(maxsize=1_000)
def dates(text: str, year: str = "") -> tuple[Date, ...]:
    """The dates of `text`, in order. What lacks a year or month has that of the date before it, else `year`, else is none."""
    found = []
    month = ""
    for (start, _), parts in _dated(readable(text)):
        year = parts[0] or year
        month = parts[1] or month
        if year and (parts[0] or month):
            known = [
                year,
                *([month.zfill(2)] if parts[1] or parts[2] else []),
                *([parts[2].zfill(2)] if parts[2] else []),
            ]
            found.append(Date("-".join(known), _lead(readable(text), start)))
    return tuple(found)


@lru_cache(maxsize=1_000)
def amounts(text: str) -> tuple[Amount, ...]:
    """The amounts of `text`, in order, without those that belong to a date. In 3—5万元 both are 万元.

    零下5 and 负5 are -5. An ordinal counts only where it ranks: 第9位 and 第26届, not 第3条.
    """
    readable_text = readable(text)
    masked = list(readable_text)
    for (start, end), _ in _dated(readable_text):
        masked[start:end] = "\x00" * (end - start)
    hidden = "".join(masked)
    matches = list(_AMOUNT.finditer(hidden))
    found: list[Amount] = []
    following: tuple[str, float, float, str] | None = (
        None  # unit, its factor, scale and rest of the amount behind
    )
    begins = len(hidden)
    for match in reversed(matches):
        unit, factor, after = _unit_behind(hidden, match)
        scale = _SCALES.get(match["scale"] or "", 1.0)
        if following and not unit and re.fullmatch(r" ?[-~至到] ?", hidden[match.end() : begins]):
            unit, factor, after = following[0], following[1], following[3]
            scale = scale if match["scale"] else following[2]
        value = float(match["number"].replace(",", "")) * scale
        value += sum(float(one[1]) * _SCALES.get(one[2], 1.0) for one in _REST.finditer(match["rest"]))
        following, begins = (unit, factor, scale, after), match.start()
        lead = _lead(readable_text, match.start())
        if hidden[: match.start()].endswith("第") and (unit not in _RANKED or not (unit or after)):
            continue
        found.append(Amount((-value if match["sign"] else value) * factor, unit, lead, after))
    return tuple(reversed(found))


@lru_cache(maxsize=20_000)
def values(text: str) -> frozenset[str]:
    """All numbers of `text` by value, those of dates one by one, percentages with their sign: {"66", "131000", "99.4%"}.

    Chinese numerals count where they count something (eval.text.arabic); what is left of them (零件, 统一) does not.
    """
    plain = _APART.sub("；", arabic(without_marks(text, " ")))
    return frozenset(numbers(_LEFT_NUMERALS.sub("○", plain)))


def unit_of(unit: str) -> tuple[str, float]:
    """The kind of a gold fact's unit and what one of it is worth: 万元 → (元, 10000); an unknown one is its own kind."""
    unit = words.normalize(unit).replace(" ", "")
    scale = re.match(_SCALE, unit)
    name = unit[scale.end() :] if scale else unit
    family, factor = _UNITS.get(name, (name, 1.0))
    return family, factor * (_SCALES[scale[0]] if scale else 1.0)


def has_unit(amount: Amount, unit: str) -> bool:
    """Whether an amount is counted in `unit` (a kind from `unit_of`).

    个 stands for any counter and any for 个. A number with nothing behind it has whatever unit was asked for.
    """
    if not unit or amount.unit == unit:
        return True
    counters = {*_COUNTERS, "人"}
    if amount.unit in counters and unit in counters and "个" in (amount.unit, unit):
        return True
    if not amount.unit and not amount.after:
        return True
    return unit not in _UNITS and unit not in _FAMILIES and amount.after.startswith(unit)


def _unit_behind(text: str, match: re.Match[str]) -> tuple[str, float, str]:
    """The kind of the unit behind (or the currency before) an amount, its factor, and the clause that follows."""
    clause = re.split(r"[，,。；;！？!?、\x00\n）)」”]", text[match.end() :], maxsplit=1)[0].strip()
    unit = _UNIT.match(clause)
    if unit and not _NO_UNIT.match(clause) and not re.match(r"[a-z]{2}|./", clause[unit.end() - 1 :]):
        return *_UNITS[unit[0]], clause
    return _CURRENCY.get(text[match.start() - 1 : match.start()], ""), 1.0, clause


def _dated(text: str) -> list[tuple[tuple[int, int], tuple[str, str, str]]]:
    """Spans of dates with (year, month, day), each "" where it is not said; none overlaps another."""
    taken: list[tuple[tuple[int, int], tuple[str, str, str]]] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            if all(match.end() <= start or match.start() >= end for (start, end), _ in taken):
                parts = match.groupdict()
                known = (parts["year"] or "", parts["month"] or "", parts["day"] or "")
                taken.append((match.span(), known))
    return sorted(taken)


def _lead(text: str, start: int) -> str:
    """The clause of text[start] up to there, in normal form."""
    return normal(re.split(r"[，,。；;！？!?\n]", text[:start])[-1])
