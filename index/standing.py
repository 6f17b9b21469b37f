"""What a document says of its own standing: in force or not, from which day, and who signed it when.

Read from the words that stand for it, in the places where they stand: beside the title, on the cover, in the last
article (本法自…起施行), under a notice (落款). What a document says of others (原办法同时废止, 代替 GB/T 1) is not
its own standing. Nothing is inferred: a law without such a word has no status, whatever the date is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from index.dates import find_date
from index.lines import HAN, columns, ends_sentence
from index.passage import Document

HEAD_LINES, TAIL_LINES = 24, 4
"""Lines at the top that may say something of the whole, and at the end."""

SIGNATURES = 6
"""Lines of a signature: those who sign together, one a line."""

SIGNATURE_COLUMNS = 100
"""A wider line is none of a signature."""

_NAMES = {
    "现行有效": "现行",
    "作废": "废止",
    "停止执行": "废止",
    "替代": "被代替",
    "代替": "被代替",
    "取代": "被代替",
    "被替代": "被代替",
    "修正": "修订",
    "修改": "修订",
    "尚未施行": "尚未生效",
    "修订稿": "修订",
}
"""Words that say the same as another, by which they are filtered."""

_LABELLED = re.compile(
    r"(?:状态|时效性|时效|有效性|效力)\s*(?:[】\]]\s*[:：]?|[:：|｜])\s*[【\[（(]?\s*(?:已\s*)?"
    r"(现行有效|现行|有效|即将实施|尚未生效|尚未施行|废止|失效|作废|被代替|被替代|修改|修订)"
)
_STAMP = re.compile(
    r"[【\[（(〔]?\s*(?:(?:本|此)(?:文件?|件|标准)\s*)?(?:已|现已)?\s*(废止|作废|失效)\s*[】\])）〕]?"
)
_DRAFT = r"征求意见稿|公开征求意见稿|送审稿|报批稿|讨论稿|草案"
_BESIDE = re.compile("试行|暂行|废止|作废|失效|现行有效|现行|修订稿|修订|修正")
_BRACKETED = re.compile(r"[（(【\[〔]([^（()）【】\[\]〔〕]{2,24})[)）】\]〕]")
_IN_NAME = re.compile(
    r"(暂行|试行)(?:办法|规定|条例|细则|规则|标准|规范|制度|要求|意见|方案|准则)|(" + _DRAFT + ")$"
)
_GIVES_OUT = re.compile(r"(?:印发|发布|公布|下发)")
_TITLED = re.compile(r"《[^《》]*》")

_WORK = "法|条例|规定|办法|细则|规则|标准|规范|规程|制度|准则|指引|指南|通知|通告|公告|决定|意见|方案|程序|章程|解释|目录|文件|要求|手册|导则|条款|部分|函"
_SELF = rf"(?:本|该|此)(?:[{HAN}]{{0,8}})(?:{_WORK})"
_ENDED = re.compile(
    rf"{_SELF}(?:现|已|于|自|[\d年月日起，]|[〇零一二三四五六七八九十])*(?:予以|宣布)?\s*(废止|失效|作废|停止执行)"
)
_REPLACED = re.compile(rf"(?:{_SELF}|^[（(【]?)\s*(?:现|已)*被[^，。；\n为]{{2,60}}?(代替|替代|取代)")

_DAY = (
    r"(?:(?:19|20)\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日|(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)"
    r"|[一二][〇○零一二三四五六七八九]{3}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日)"
)
_INTO_FORCE = r"(?:正式)?\s*(?:施\s*行|实\s*施|执\s*行|生\s*效|试\s*行|启\s*用)"
_ON_COVER = re.compile(rf"(?:自\s*)?(?P<day>{_DAY})\s*(?:起)?\s*{_INTO_FORCE}")
_FIELD = re.compile(rf"(?:实施|施行|生效|执行|启用)(?:日期|时间)\s*[:：]?\s*(?P<day>{_DAY})")
_FROM = re.compile(
    rf"{_SELF}[^。；\n]{{0,60}}?(?:从|自)\s*(?:(?P<day>{_DAY})|(?:发布|公布|印发|颁布|下发|签发|批准)之日|即日)\s*起\s*{_INTO_FORCE}"
)

_BEGINS = re.compile(rf"起\s*{_INTO_FORCE}")
_IN_FIGURES = re.compile(r"\d[-/.]\d")
_DATE_LINE = re.compile(rf"[（(]?\s*(?P<day>{_DAY})\s*(?:印发|发布)?\s*[)）]?")
_OFFICE = "局|部|委|委员会|办公室|厅|院|所|中心|公司|集团|协会|学会|政府|领导小组|小组|大学|学院|处|科|厂|站|商会|工会|室|司|署|银行|研究会|车间"
_SIGNER = re.compile(
    rf"[{HAN}A-Za-z0-9“”（）()·、\s]{{2,40}}?(?:{_OFFICE})(?:\s*[（(](?:盖章|公章|章)[)）])?"
)
_SIGNED = re.compile(rf"(?P<who>{_SIGNER.pattern})\s+(?P<day>{_DAY})")


@dataclass(frozen=True, slots=True)
class Standing:
    """What a document says of itself, in the words and ISO dates of index.passage.Document; "" where nothing is said."""

    status: str = ""
    effective: str = ""
    published: str = ""
    publisher: str = ""


def with_standing(document: Document) -> Document:
    """The document with what it says of its own standing, where its reader has not said so already.

    A newsletter or a report of speeches is left alone: what stands in it is said by others, each of his own.
    """
    origins = {(one.url, one.speaker, one.published) for one in document.articles}
    if len(origins - {("", None, "")}) > 1:
        return document
    found = read_standing(document.text, (document.title, PurePath(document.name).stem), document.published)
    if found == Standing():
        return document
    return replace(
        document,
        status=document.status or found.status,
        effective=document.effective or found.effective,
        published=document.published or found.published,
        publisher=document.publisher or found.publisher,
    )


def read_standing(text: str, titles: Iterable[str], published: str = "") -> Standing:
    """What a text says of itself; `titles` are what it is called, `published` is the day it was issued, if known."""
    lines = [words for line in text.split("\n") if (words := line.strip())]
    day, publisher = _signature(lines)
    published = published or day
    return Standing(_status(lines, titles), _effective(lines, published), day, publisher)


def _status(lines: Sequence[str], titles: Iterable[str]) -> str:
    head, around = lines[:HEAD_LINES], [*lines[:HEAD_LINES], *lines[-TAIL_LINES:]]
    for line in head:
        if len(line) < 80 and ("态" in line or "效" in line) and (match := _LABELLED.search(line)):
            return _NAMES.get(match[1], match[1])
        if match := _STAMP.fullmatch(line):
            return _NAMES.get(match[1], match[1])
    for line in around:
        ended = "废" in line or "失效" in line or "停止执行" in line
        match = _ENDED.search(line) if ended else None
        match = match or (_REPLACED.search(line) if "被" in line else None)
        if match:
            return _NAMES.get(match[1], match[1])
    below = [line for line in head[:4] if _BRACKETED.fullmatch(line)]
    for title in (*titles, *below):
        if found := _beside(title):
            return _NAMES.get(found, found)
    return ""


def _beside(title: str) -> str:
    """The status that a title says in brackets, or in its name: 暂行办法. Titles in 《》 are others, unless given out here."""
    title = title.strip()
    if not (title.startswith("《") and title.endswith("》")) and not _GIVES_OUT.search(title):
        title = _TITLED.sub("", title)
    for part in _BRACKETED.findall(title):
        if found := re.search(_DRAFT, part) or _BESIDE.search(part):
            return found[0]
    named = _IN_NAME.search(title.strip("《》"))
    return named[1] or named[2] if named else ""


def _has_day(line: str) -> bool:
    """Whether a line may hold a day at all, which few lines do."""
    return "日" in line or (
        ("-" in line or "." in line or "/" in line) and _IN_FIGURES.search(line) is not None
    )


def _effective(lines: Sequence[str], published: str) -> str:
    """The day of coming into force: on the cover, else as the last sentence about it says."""
    for line in lines[:HEAD_LINES]:
        if not _has_day(line) or (len(line) > 60 and ends_sentence(line)):
            continue
        match = _FIELD.search(line) or (None if ends_sentence(line) else _ON_COVER.search(line))
        if match:
            return find_date(match["day"])
    told = [line for line in lines if "起" in line and _BEGINS.search(line)]
    said = [match for line in told for match in _FROM.finditer(line)]
    dated = [match for match in said if match["day"]]
    if dated:
        return find_date(dated[-1]["day"])
    return published if said and len(published) == len("2025-01-01") else ""


def _signature(lines: Sequence[str]) -> tuple[str, str]:
    """(day, office) under a notice: a line that is a date below the lines of those who sign, or all in one line.

    Enclosures may follow; so the first such place below the opening counts.
    """
    for i, line in enumerate(lines[3:], 3):
        if len(line) > SIGNATURE_COLUMNS or not _has_day(line) or columns(line) > SIGNATURE_COLUMNS:
            continue
        if signed := _SIGNED.fullmatch(line):
            return find_date(signed["day"]), signed["who"].strip()
        day = _DATE_LINE.fullmatch(line)
        if not day:
            continue
        top = i
        while top > max(0, i - SIGNATURES) and _SIGNER.fullmatch(lines[top - 1]):
            top -= 1
        if top < i:
            return find_date(day["day"]), re.sub(r"\s*[（(](?:盖章|公章|章)[)）]$", "", lines[top])
        if i >= len(lines) - 2:
            return find_date(day["day"]), ""
    return "", ""
