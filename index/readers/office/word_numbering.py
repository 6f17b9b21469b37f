"""The numbers of lists and headings in DOCX, which Word counts when it shows them and does not store.

`Numbering.label` is called for every numbered paragraph in order and gives what a reader sees before it: 第三章, 3.2.1,
（二）. Bullets give "": they number nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from index.readers.office.package import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
VAL = f"{W}val"
LEVELS = 9
HIGHEST = 1_000_000
"""A count above it is not written out in Chinese or Roman numerals."""

_DIGITS = "〇一二三四五六七八九"
_FORMAL = "零壹贰叁肆伍陆柒捌玖"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
_TIGHT = re.compile(r"[、）)】，：]$")
_PLACE = re.compile(r"%([1-9])")


@dataclass(slots=True)
class Level:
    """One level of a list: how it counts and how that is written."""

    start: int = 1
    form: str = "decimal"
    pattern: str = ""
    legal: bool = False
    style: str = ""
    suffix: str = "tab"


@dataclass(slots=True)
class _List:
    """One list, as `w:num` names it; lists of one `abstract` share their counts unless one starts afresh."""

    abstract: str
    levels: dict[int, Level]
    starts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The lists of a document and how far each has counted."""

    def __init__(self, root: Element | None) -> None:
        self._lists: dict[str, _List] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[tuple[str, int]] = set()
        if root is None:
            return
        abstracts: dict[str, dict[int, Level]] = {}
        links: dict[str, str] = {}
        styles: dict[str, str] = {}
        for item in root.iterchildren(f"{W}abstractNum"):
            key = item.get(f"{W}abstractNumId", "")
            abstracts[key] = {_level_number(level): _level(level) for level in item.iterchildren(f"{W}lvl")}
            for tag, names in (("styleLink", styles), ("numStyleLink", links)):
                link = item.find(f"{W}{tag}")
                if link is not None:
                    names[link.get(VAL, "") if tag == "styleLink" else key] = (
                        key if tag == "styleLink" else link.get(VAL, "")
                    )
        for item in root.iterchildren(f"{W}num"):
            named = item.find(f"{W}abstractNumId")
            key = named.get(VAL, "") if named is not None else ""
            key = styles.get(links[key], key) if key in links else key
            found = _List(key, dict(abstracts.get(key, {})))
            for change in item.iterchildren(f"{W}lvlOverride"):
                self._override(found, change)
            self._lists[item.get(f"{W}numId", "")] = found

    @staticmethod
    def _override(found: _List, change: Element) -> None:
        depth = _level_number(change)
        level, start = change.find(f"{W}lvl"), change.find(f"{W}startOverride")
        if level is not None:
            found.levels[depth] = _level(level)
        if start is not None:
            found.starts[depth] = _integer(start.get(VAL), 1)

    def level_of_style(self, number: str, style: str) -> int:
        """The level of list `number` that belongs to a paragraph style; 0 when none does."""
        levels = self._lists[number].levels if number in self._lists else {}
        return next((depth for depth, level in levels.items() if level.style == style), 0)

    def label(self, number: str, depth: int) -> str:
        """Counts one paragraph of list `number` at level `depth` (0 is the highest); what stands before it.

        Ends with a space where one is seen: `3.2 ` but `三、`. "" for bullets and unknown lists.
        """
        found = self._lists.get(number)
        if found is None or depth not in found.levels:
            return ""
        counts = self._counts.setdefault(found.abstract, {})
        if depth in found.starts and (number, depth) not in self._begun:
            counts.pop(depth, None)
        self._begun.add((number, depth))
        start = found.starts.get(depth, found.levels[depth].start)
        counts[depth] = counts[depth] + 1 if depth in counts else start
        for deeper in range(depth + 1, LEVELS):
            counts.pop(deeper, None)
        return _written(found.levels, counts, depth)


def _written(levels: Mapping[int, Level], counts: Mapping[int, int], depth: int) -> str:
    level = levels[depth]
    if level.form in ("bullet", "none") and not _PLACE.search(level.pattern):
        return level.pattern.strip() + " " if level.form == "none" and level.pattern.strip() else ""

    def place(match: re.Match[str]) -> str:
        at = int(match[1]) - 1
        above = levels.get(at, Level())
        form = "decimal" if level.legal else above.form
        return count_as(counts.get(at, above.start), form)

    text = _PLACE.sub(place, level.pattern).strip()
    if not text:
        return ""
    return text if _TIGHT.search(text) or level.suffix == "nothing" else f"{text} "


def count_as(number: int, form: str) -> str:
    """`number` as one of Word's number formats writes it.

    >>> count_as(12, "chineseCounting"), count_as(4, "upperRoman"), count_as(3, "decimalEnclosedCircle")
    ('十二', 'IV', '③')
    """
    write = _FORMS.get(form)
    return write(number) if write and 0 < number < HIGHEST else str(number)


def chinese(number: int, digits: str = _DIGITS, units: str = "十百千万") -> str:
    """A number from 1 to 999,999 as 一百二十三; 10 to 19 without the leading 一."""
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        zero = "" if not low else "零" if low < 1000 else ""
        return chinese(high, digits, units) + units[3] + zero + (chinese(low, digits, units) if low else "")
    text, gap = "", False
    for power in (3, 2, 1, 0):
        digit = number // 10**power % 10
        if digit:
            text += ("零" if gap and text else "") + digits[digit] + (units[power - 1] if power else "")
            gap = False
        else:
            gap = True
    return text[1:] if 10 <= number < 20 and digits is _DIGITS else text


def _digital(number: int) -> str:
    return "".join(_DIGITS[int(digit)] for digit in str(number))


def _roman(number: int) -> str:
    if number > 3999:
        return str(number)
    text = ""
    for value, sign in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    ):
        text += sign * (number // value)
        number %= value
    return text


def _letter(number: int) -> str:
    """A to Z, then AA, BB, as Word goes on."""
    times, at = divmod(number - 1, 26)
    return chr(65 + at) * min(times + 1, 8)


def _of(signs: str) -> Callable[[int], str]:
    return lambda number: signs[number - 1] if number <= len(signs) else str(number)


_FORMS: dict[str, Callable[[int], str]] = {
    "chineseCounting": chinese,
    "chineseCountingThousand": chinese,
    "japaneseCounting": chinese,
    "taiwaneseCounting": chinese,
    "taiwaneseCountingThousand": chinese,
    "ideographDigital": _digital,
    "taiwaneseDigital": _digital,
    "chineseLegalSimplified": lambda number: chinese(number, _FORMAL, "拾佰仟万"),
    "ideographLegalTraditional": lambda number: chinese(number, "零壹貳參肆伍陸柒捌玖", "拾佰仟萬"),
    "ideographTraditional": _of(_STEMS),
    "ideographZodiac": _of(_BRANCHES),
    "decimalEnclosedCircle": _of("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"),
    "decimalEnclosedCircleChinese": _of("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"),
    "decimalEnclosedParen": _of("⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇"),
    "decimalZero": lambda number: f"{number:02}",
    "upperRoman": _roman,
    "lowerRoman": lambda number: _roman(number).lower(),
    "upperLetter": _letter,
    "lowerLetter": lambda number: _letter(number).lower(),
}


def _level(item: Element) -> Level:
    def value(tag: str, usual: str) -> str:
        found = item.find(f"{W}{tag}")
        return str(found.get(VAL, usual)) if found is not None else usual

    legal = item.find(f"{W}isLgl")
    return Level(
        start=_integer(value("start", "1"), 1),
        form=value("numFmt", "decimal"),
        pattern=value("lvlText", "")[:40],
        legal=legal is not None and legal.get(VAL, "1") not in ("0", "false"),
        style=value("pStyle", ""),
        suffix=value("suff", "tab"),
    )


def _level_number(item: Element) -> int:
    return _integer(item.get(f"{W}ilvl"), 0)


def _integer(text: str | None, usual: int) -> int:
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text) else usual
