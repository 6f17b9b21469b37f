"""What stands above the text of a standard or an official letter: number, name, dates, who issues it.

GB/T 19001—2016 is printed above 质量管理体系 要求, and 某某局文件 with a number above the title of a notice; neither
is the title. A cover is only read where such a line comes first; any other beginning is for index.outline.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.dates import find_date
from index.headlines import TextLine, is_title
from index.lines import HAN, ends_sentence
from index.numbers import is_letter_number, work_number

COVER_LINES = 24
"""Lines that a cover has at the most."""

_LABELS = re.compile(
    rf"ICS\s*\d.*|CCS\s*[A-Z].*|UDC.*|(?:中国标准文献分类号|备案号)\s*[:：]?.*|[A-Z]\s?\d\d"
    rf"|[{HAN}\s]{{0,30}}(?:国\s*家|行\s*业|地\s*方|团\s*体|企\s*业)\s*标\s*准(?:化指导性技术文件)?"
    rf"|[{HAN}\s]{{0,30}}(?:计量(?:检定规程|技术规范))"
    rf"|[{HAN}（）()、\s]{{4,40}}文\s*件|(?:绝密|机密|秘密|内部资料.{{0,12}}|特急|加急|急件|平急|受控(?:文件)?)(?:\s*★.*)?"
)
_REPLACES = re.compile(r"[(（]?(?:部分)?(?:代替|替代|代 替).{2,80}")
_ISSUED = re.compile(rf"(?P<who>[{HAN}A-Za-z（）()、·\s]{{4,60}}?)\s*(?:联合)?发\s*布")
_DATED = re.compile(
    r"发\s?布|实\s?施|施\s?行|修\s?订|修\s?正|印\s?发|批\s?准|公\s?布|通\s?过|生\s?效|日\s?期|执\s?行"
)
_BODY = re.compile(
    r"(?:目\s*[次录]|前\s*言|引\s*言|范\s*围|\d+(?:\.\d+)*[\s.、].*|[一二三四五六七八九十]+、.*|第[一1][章条].*)"
)


@dataclass(frozen=True, slots=True)
class Cover:
    """A cover of `lines` lines; `title` is the name, of a standard with its number before it."""

    title: str
    lines: int
    published: str = ""
    publisher: str = ""


def read_cover(lines: Sequence[TextLine]) -> Cover | None:
    """The cover that a document's lines begin with; None where they begin otherwise, or name no title."""
    if not lines or not _is_furniture(lines[0].text):
        return None
    number = title = published = publisher = ""
    at = 0
    while at < min(COVER_LINES, len(lines) - 1):
        line, text = lines[at], lines[at].text
        if _is_furniture(text):
            number = number or work_number(text)
        elif not line.prose and find_date(text) and _DATED.search(text):
            published = published or find_date(text)
        elif not line.prose and (issued := _ISSUED.fullmatch(text)) and title:
            publisher = publisher or issued["who"].strip()
        elif title and not re.search(f"[{HAN}]", text) and not line.prose:
            pass  # the name in English
        elif not title and is_title(text) and not _BODY.fullmatch(text):
            title = text
        elif title and _goes_on(lines, at):
            title += f" {text}"
        else:
            break
        at += 1
    if not title:
        return None
    if number and number not in title:
        title = f"{number} {title}"
    return Cover(title, at, published, publisher)


def _is_furniture(text: str) -> bool:
    """Whether a line is part of a cover whatever the work is called."""
    numbered = work_number(text) or is_letter_number(text)
    return bool(numbered or _LABELS.fullmatch(text) or _REPLACES.fullmatch(text)) and not ends_sentence(text)


def _goes_on(lines: Sequence[TextLine], at: int) -> bool:
    """Whether line `at`, right below the name, is its second part: a dateline or the English name follows it."""
    text = lines[at].text
    if (
        lines[at].prose
        or len(text) > 30
        or _BODY.fullmatch(text)
        or at + 1 >= len(lines)
        or text[-1] in "：:"
    ):
        return False
    below = lines[at + 1]
    latin = not re.search(f"[{HAN}]", below.text) and bool(re.search("[A-Za-z]{4}", below.text))
    dated = bool(find_date(below.text)) and bool(_DATED.search(below.text))
    return not below.prose and (latin or dated)
