"""How texts are compared when answers are measured: one normal form, numerals in digits, common subsequences, claims.

`normal` is the N(s) that the metrics are defined on. Pure functions; nothing here knows of gold items or records.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from index import words
from index.split import sentences
from rag.cite import MARK, without_marks
from rag.facts import chinese_value

_KEPT_MARKS = set("%‰°")
"""Not letters, but they tell one quantity from another."""

_ASCII_DIGITS, _LATIN = frozenset("0123456789"), frozenset("abcdefghijklmnopqrstuvwxyz")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_BETWEEN_ALIKE = re.compile("(?<=[0-9])\ue000+(?=[0-9])|(?<=[a-z])\ue000+(?=[a-z])")

HEADING = 12
"""Characters of a line that may be a heading."""

_LIST_MARK = re.compile(
    r"^[ \t]*(?:#{1,6}\s|[-*•·]\s|\*\*|[(（]?\d{1,2}(?:[、)）]|\.(?!\d)))[ \t]*|\*\*", re.MULTILINE
)
"""What Markdown puts before a heading or a point of a list, and around strong words."""

_NUMERAL = "零〇一二两三四五六七八九十百千"
_COUNTED = (
    r"[万亿]|年|月|日|号|天|周|小时|分钟|秒|元|美元|欧元|人(?!们|民)|名|位|家|户|项(?!目)|个|件|条(?!例|件)|种|类|次(?!性)|届|批"
    r"|台|辆|座|所|门(?!类|户|槛|诊|窗|口)|间|栋|根|包(?!括|含|装|裹)|箱|瓶|倍|款|部(?!分|门|署)|套|艘|架|只|张|份|篇|场|期|级|轮|章|节|卷|起|颗|枚|例|步|岁|度|吨|公斤|千克|克|斤"
    r"|公里|千米|米|厘米|毫米|亩|公顷|平方|立方|升|成(?![立为果员功熟本长])|百分点|多|余"
)
_CHINESE_NUMBER = re.compile(
    rf"(?<![{_NUMERAL}第每\d])([{_NUMERAL}]{{1,9}})(?:点([零〇一二三四五六七八九]+))?"
    rf"(?=(?:[-~—～至到][{_NUMERAL}]{{1,9}})?(?:{_COUNTED}))"  # of 三至五年 both
)
_CHINESE_SHARE = re.compile(
    rf"(百|千)分之([{_NUMERAL}]{{1,7}}|\d+(?:\.\d+)?)(?:点([零〇一二三四五六七八九]+))?"
)


@lru_cache(maxsize=50_000)
def normal(text: str) -> str:
    """`text` without [n] marks, in NFKC, lower case and simplified characters, without punctuation and white space.

    A decimal point and % stay, 1,234 is 1234, and what parts two digits or two Latin letters stays as one space, so
    that "2023、24" does not become 202324 and words of English stay words.
    """
    text = _THOUSANDS.sub("", without_marks(words.normalize(text), " "))
    text = _POINT.sub("\ue001", text)
    text = _dropped().sub("\ue000", text)
    return _BETWEEN_ALIKE.sub(" ", text).replace("\ue000", "").replace("\ue001", ".")


@cache
def _dropped() -> re.Pattern[str]:
    """Runs of white space, punctuation, invisible characters and bullets (Unicode classes Z, P, C, So, Sk)."""
    kinds = ("Z", "P", "C", "So", "Sk")
    dropped = [
        re.escape(character)
        for character in map(chr, range(0x10000))
        if unicodedata.category(character).startswith(kinds)
        and character not in _KEPT_MARKS
        and character not in "\ue000\ue001"
        and not 0xD800 <= ord(character) <= 0xDFFF
    ]
    return re.compile(f"[{''.join(dropped)}{chr(0x1F000)}-{chr(sys.maxunicode)}]+".replace("\x00", r"\x00"))


def arabic(text: str) -> str:
    """`text` with Chinese numerals that count something in digits: 三十日 → 30日, 百分之五 → 5%, 二〇二三年 → 2023年.

    A numeral counts only before a unit or 万 and 亿, so that 统一, 一些 and 零件 stay as they are; 三至五年 is 3至5年.
    """
    text = _CHINESE_SHARE.sub(_share, text)
    return _CHINESE_NUMBER.sub(
        lambda found: found[0] if found[1] == "零" else _digits(found[1], found[2]), text
    )


def _share(found: re.Match[str]) -> str:
    value = found[2] if found[2][0].isdigit() and found[2].isascii() else _digits(found[2], found[3])
    return value + ("%" if found[1] == "百" else "‰")


def _digits(numeral: str, decimals: str | None) -> str:
    value = chinese_value(numeral)
    return f"{value}.{''.join(str(chinese_value(one)) for one in decimals)}" if decimals else str(value)


def holds(text: str, part: str) -> bool:
    """Whether `part` stands in `text`, both compared in normal form, with numerals as written or in digits.

    A number or a Latin word only counts whole: "6项" does not stand in "66项", nor "20" in "2023年"; and "3条" does
    not stand in "第3条", which is as good as 第三条.
    """
    return occurs(normal(text), normal(part)) or occurs(_in_digits(text), _in_digits(part))


@lru_cache(maxsize=20_000)
def _in_digits(text: str) -> str:
    return normal(words.arabic_ordinals(words.normalize(arabic(text))))


def occurs(text: str, part: str) -> bool:
    """Whether `part` stands in `text`, both in normal form, not as a piece of a longer number or Latin word."""
    return bool(part) and part in text and _whole(part).search(text) is not None


@lru_cache(maxsize=10_000)
def _whole(part: str) -> re.Pattern[str]:
    """`part`, not as a piece of a longer number, of an ordinal or of a longer Latin word."""
    before = (
        r"(?<![0-9第])(?<![0-9]\.)" if part[0] in _ASCII_DIGITS else "(?<![a-z])" if part[0] in _LATIN else ""
    )
    if part[0] in _NUMERAL and "分之" in part:
        before = "(?<![十百千])"  # 三分之一 is no piece of 十三分之一
    after = r"(?!\.?[0-9])" if part[-1] in _ASCII_DIGITS else "(?![a-z])" if part[-1] in _LATIN else ""
    return re.compile(before + re.escape(part) + after)


def lcs_length(one: str, other: str) -> int:
    """The length of the longest common subsequence.

    Bit-parallel: H. Hyyrö, "Bit-parallel LCS-length computation revisited" (AWOCA 2004); a column of the table of
    dynamic programming is one integer, and a zero bit is a step of one.
    """
    if len(one) > len(other):
        one, other = other, one
    places: dict[str, int] = {}
    for i, character in enumerate(one):
        places[character] = places.get(character, 0) | 1 << i
    ones = (1 << len(one)) - 1
    column = ones
    for character in other:
        matches = column & places.get(character, 0)
        column = (column + matches | column - matches) & ones
    return len(one) - column.bit_count()


@dataclass(frozen=True, slots=True)
class Statement:
    """One claim of an answer: its text without marks, and the numbers of the marks that stand for it."""

    text: str
    marks: tuple[int, ...]


def statements(answer: str) -> list[Statement]:
    """The claims of an answer: its sentences, parted further at ；, never inside quotes, brackets or numbers.

    A mark behind a sentence belongs to it. A part without a mark has those of the next part of its sentence that has
    some, else of the last: "甲为3项；乙为5项[1]。" is two claims that both cite [1]. What holds no words is no claim,
    nor is a heading or a lead-in: a line without a mark that ends in a colon, or is short and has no full stop.
    """
    found: list[Statement] = []
    for sentence in _sentences_with_marks(_LIST_MARK.sub("", answer)):
        parts = [(part, mark_numbers(part)) for part in _parts(sentence)]
        following: tuple[int, ...] = next((marks for _, marks in reversed(parts) if marks), ())
        resolved: list[Statement] = []
        for part, marks in reversed(parts):
            following = marks or following
            resolved.append(Statement(without_marks(part).strip(), following))
        found += [one for one in reversed(resolved) if words.bigrams(one.text)]
    alone = len(found) == 1
    return [one for one in found if alone or one.marks or not _is_heading(one.text)]


def _is_heading(text: str) -> bool:
    return text[-1] in "：:" or (len(text) <= HEADING and text[-1] not in "。！？；.!?;”」）)")


def mark_numbers(text: str) -> tuple[int, ...]:
    """The numbers of all marks of `text` in order, each once: "甲[2]，乙[1,2]" → (2, 1)."""
    numbers = (int(number) for mark in MARK.finditer(text) for number in re.findall(r"\d+", mark[1]))
    return tuple(dict.fromkeys(numbers))


def _sentences_with_marks(text: str) -> Iterator[str]:
    """The sentences of `text`, with the marks that stand behind the full stop still theirs."""
    current = ""
    for start, end in sentences(text):
        sentence = text[start:end]
        lead = re.match(rf"(?:\s*(?:{MARK.pattern}))+", sentence)
        rest = sentence[lead.end() :] if lead else sentence
        if lead and current:
            current += lead[0]
        elif lead:
            rest = sentence
        if not words.bigrams(without_marks(rest)):
            current += rest
            continue
        if current:
            yield current
        current = rest
    if current:
        yield current


def _parts(sentence: str) -> list[str]:
    """`sentence` at each ； that stands in no quotation and no bracket. An opening that is never closed opens nothing."""
    closers = {"“": "”", "《": "》", "（": "）", "(": ")", "「": "」", "『": "』", "【": "】", "〈": "〉"}
    parts, begin, until = [], 0, -1
    for at, character in enumerate(sentence):
        if at <= until:
            continue
        if character in closers:
            until = max(until, sentence.find(closers[character], at))
        elif character in "；;":
            parts.append(sentence[begin : at + 1])
            begin = at + 1
    return [part for part in [*parts, sentence[begin:]] if part]
