"""Articles → passages of whole sentences.

A passage is what is indexed, retrieved and quoted, so it is an exact stretch of the document's text:
`passage.text == document.text[passage.start:passage.end]`. It never crosses an article, a speaker, a
sub-heading or a clause (第十二条, 8.5.1), and the lines of titles and sub-headings are in no body passage. A
question of a list of questions and answers is in one passage with its answer; where that is too long for one, it heads the others.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from index.clauses import clauses_between, find_clauses
from index.dates import find_date
from index.lines import HAN, squeeze
from index.numbers import is_letter_number, work_number
from index.passage import Article, Document, Passage
from index.sections import STEP, Question, questions, sections

LEAST, MOST = 120, 350
"""Characters of a passage, where the article allows: enough to stand alone, little enough to be about one thing."""

IDEAL = 230
"""Characters that a passage has when it can choose. LEAST and MOST belong to this size and grow with another."""

OVERLONG = 600
"""Characters above which even a single sentence is broken: at a clause or comma, else anywhere."""

NEVER = 50.0
"""What a cut costs that is only made where a passage would have more than MOST: between a question and its answer."""

LONG_SENTENCE, LONG_CLAUSE = 160, 300
"""Characters above which `clauses` breaks a sentence at ；, and what is left at ，."""

_CLOSING = '”’」』）)"'
_END = re.compile(
    r"[。！？…!?.](?:(?<=[。！？…])[。！？…]*"
    r"|(?<=[!?])(?<![!?][!?])[!?]*(?=[\s”’\"'」』)）]|$|[\u4e00-\u9fff“])"
    r"|(?<=[A-Za-z0-9)\]%]\.)(?=[”\"]?\s+[A-Z“\"]|[”\"]?$))"
    rf"[{_CLOSING}]*"
)
"""The end of a sentence. It begins with all marks that there are, since such a pattern is found many times as fast."""

_ENCLOSED = re.compile(
    r"《[^《》\n]{1,120}》|（[^（）\n]{1,200}）|\([^()\n]{1,200}\)|【[^【】\n]{1,120}】|“[^“”\n]{1,160}”|「[^「」\n]{1,160}」"
)
_PAUSE = re.compile(r"[；;，,、\s]+")
_GOES_ON = re.compile(r"[，、；：,;。的了是和与及等之吗呢吧]")
_POINT = re.compile(
    r"[一二三四五六七八九十]+是|第[一二三四五六七八九十]+[，,]|其[一二三四五六次][，,是]?|[（(]?\d{1,2}[)）.、]|另外|此外|同时|最后"
)
_CLAUSE = re.compile(r"第[一二三四五六七八九十百零〇\d]+条")
_FACT = re.compile(r"\d\s*(?:年|月|日|[:：]\d\d|[%％‰]|[万亿]?[元户家项件条个批吨人])")
"""A date or an amount: a sub-heading that holds one can be quoted, as a passage of its own."""

_ENUMERATOR = re.compile(r"^(?:[#*\s]*)(?:\d{1,2}(?:\.\d{1,3})*|[A-Z](?:\.\d{1,3})+)[\s.、．]+")
"""The number of a heading: 6 批量交付 is about delivery in batches and counts none."""

_LINK_LABEL = re.compile(r"[(（](?:[a-z0-9-]+\.)+[a-z]{2,}[)）]\s*$", re.IGNORECASE)
_SOURCE = re.compile(r"来源|稿源|出处")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Dr|No|Fig|vs|etc|Inc|Ltd|Co|St|al|Jr|Vol|pp|cf|approx)|e\.g|i\.e|\b[A-Z]|^\d{1,2})\.$"
)


@dataclass(frozen=True, slots=True)
class Size:
    """How long passages shall be, in characters: `least` to `most` where the article allows, `ideal` if it can be.

    `costs[n]` is what a passage of n characters costs: 0 at `ideal`, 1 at about `least` and `most`; one that is
    too short costs more.
    """

    ideal: int
    least: int
    most: int
    costs: tuple[float, ...]


@cache
def size_of(ideal: int = IDEAL) -> Size:
    """The size whose passages have `ideal` characters when they can choose; the bounds keep their proportion."""
    least, most = round(LEAST * ideal / IDEAL), round(MOST * ideal / IDEAL)
    costs = []
    for length in range(max(OVERLONG, most) + 1):
        off = (length - ideal) / max(1, ideal - least)
        costs.append(off * off + (1.5 if length < least else 0.0))
    return Size(ideal, least, most, tuple(costs))


def split(document: Document, length: int = IDEAL) -> list[Passage]:
    """The passages of all articles, in reading order: heads (bylines, sources) and bodies.

    `length` is how many characters a body passage aims at.
    """
    size = size_of(length)
    passages: list[Passage] = []
    numbered = find_clauses(document.text)
    for article in document.articles:
        passages += [
            _passage(document, article, start, end, "") for start, end in _head_lines(document, article)
        ]
        for offset, heading in article.headings:
            if _FACT.search(_ENUMERATOR.sub("", heading)):
                line_end = document.text.find("\n", offset, article.end)
                spans: list[tuple[int, int]] = []
                stop = line_end if line_end >= 0 else article.end
                _add_bounded(document.text, offset, stop, spans, OVERLONG)
                passages += [_passage(document, article, *span, heading) for span in spans]
        own = clauses_between(numbered, article.start, article.end)
        for heading, start, end in sections(document.text, article, own, size.most):
            asked = questions(document.text, start, end)
            for span_start, span_end in _pack(document.text, start, end, size, asked):
                above = _with_question(heading, asked, span_start)
                passages.append(_passage(document, article, span_start, span_end, above, body=True))
    return passages


def sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Spans (start, end) of the sentences of text[start:end], without white space around them.

    A line end always ends a sentence. Closing quotes and brackets stay with theirs, and a mark inside
    brackets, a title 《…》 or a number ends nothing; nor does one inside a quotation, except at its end.
    One of more than 600 characters is broken at a clause or comma, and where there is none, anywhere.
    """
    end = len(text) if end is None else end
    spans: list[tuple[int, int]] = []
    while start < end:
        line_end = text.find("\n", start, end)
        line_end = end if line_end < 0 else line_end
        _line_sentences(text[start:line_end], start, spans)
        start = line_end + 1
    return spans


def clauses(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Spans like `sentences`, with those of more than 160 characters broken further at ；, and what still
    has more than 300 at commas, and where there are none, anywhere."""
    spans: list[tuple[int, int]] = []
    for span_start, span_end in sentences(text, start, end):
        if span_end - span_start <= LONG_SENTENCE:
            spans.append((span_start, span_end))
            continue
        at = span_start
        for match in re.finditer(r"[；;](?=\D)", text[span_start:span_end]):
            _add_bounded(text, at, span_start + match.end(), spans, LONG_CLAUSE)
            at = span_start + match.end()
        _add_bounded(text, at, span_end, spans, LONG_CLAUSE)
    return spans


def _line_sentences(line: str, offset: int, spans: list[tuple[int, int]]) -> None:
    at = 0
    enclosed: list[tuple[int, int]] | None = None
    for match in _END.finditer(line):
        start, end = match.span()
        if line[end - 1] == "." and _ABBREVIATION.search(line[max(at, start - 7) : end].lstrip()):
            continue
        if enclosed is None:
            enclosed = [found.span() for found in _ENCLOSED.finditer(line)]
        if not _is_inside(line, start, end, enclosed):
            _add_bounded(line, at, end, spans, OVERLONG, offset)
            at = end
    _add_bounded(line, at, len(line), spans, OVERLONG, offset)


def _is_inside(line: str, start: int, end: int, enclosed: list[tuple[int, int]]) -> bool:
    """Whether the sentence goes on behind the mark line[start:end]."""
    if enclosed:
        i = bisect_right(enclosed, (start, len(line) + 1)) - 1
        if i >= 0 and enclosed[i][0] < start < enclosed[i][1]:
            closer = line[enclosed[i][1] - 1]
            if end < enclosed[i][1] or closer not in "”」":
                return True
    follows = line[end : end + 1]
    if line[start] == "…" and follows not in ("", "《", "“") and not line[start:end].strip("…"):
        return True
    return bool(follows and line[end - 1] in _CLOSING and _GOES_ON.match(follows))


def _add(text: str, start: int, end: int, spans: list[tuple[int, int]], offset: int = 0) -> None:
    """Adds text[start:end] without the white space around it, unless nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((offset + start, offset + end))


def _add_bounded(
    text: str, start: int, end: int, spans: list[tuple[int, int]], most: int, offset: int = 0
) -> None:
    """Like `_add`, in pieces of at most `most` characters: at the first pause of the later half, else hard."""
    if end - start <= most:
        _add(text, start, end, spans, offset)
        return
    at = start
    for match in _PAUSE.finditer(text, start, end):
        if match.end() - at < most // 2:
            continue
        at = _add_hard(text, at, match.end(), spans, most, offset)
        _add(text, at, match.end(), spans, offset)
        at = match.end()
    at = _add_hard(text, at, end, spans, most, offset)
    _add(text, at, end, spans, offset)


def _add_hard(text: str, at: int, end: int, spans: list[tuple[int, int]], most: int, offset: int) -> int:
    """Cuts pieces of `most` characters off text[at:end] as long as it has more; returns where the rest begins."""
    while end - at > most:
        _add(text, at, at + most, spans, offset)
        at += most
    return at


def _with_question(heading: str, asked: Sequence[Question], start: int) -> str:
    """The heading of a passage that begins at `start`; inside an answer, with its question."""
    above = bisect_right(asked, start, key=lambda question: question.start) - 1
    if above < 0 or asked[above].start == start:
        return heading
    return STEP.join(filter(None, (heading, asked[above].text)))


def _pack(
    text: str, start: int, end: int, size: Size, asked: Sequence[Question] = ()
) -> list[tuple[int, int]]:
    """Packs the sentences of text[start:end] into passages, at the least cost over all ways to do it.

    A passage costs the more the further its length is from the ideal; a cut costs what `_cut_cost` says.
    """
    units = sentences(text, start, end)
    if len(units) < 2:
        return units
    cuts = [_cut_cost(text, left[1], right[0], asked) for left, right in pairwise(units)] + [0.0]
    costs, most = size.costs, size.most
    starts = [start for start, _ in units]
    best = [0.0]  # what the units before the i-th cost
    begins = []  # the first unit of the passage that ends with the i-th
    for i, (begin, stop) in enumerate(units):
        least, first = best[i] + costs[stop - begin], i
        for j in range(i - 1, -1, -1):
            length = stop - starts[j]
            if length > most:
                break
            cost = best[j] + costs[length]
            if cost <= least:
                least, first = cost, j
        best.append(least + cuts[i])
        begins.append(first)
    packed: list[tuple[int, int]] = []
    i = len(units)
    while i:
        first = begins[i - 1]
        packed.append((starts[first], units[i - 1][1]))
        i = first
    return packed[::-1]


def _cut_cost(text: str, end: int, start: int, asked: Sequence[Question]) -> float:
    """What it costs to cut between a sentence that ends at `end` and the next, which begins at `start`."""
    if asked and start >= asked[0].start:
        above = asked[bisect_right(asked, start, key=lambda question: question.start) - 1]
        return -0.4 if start == above.start else NEVER if end <= above.end else 3.0
    if text[end - 1] in "：:；;":
        return 3.0
    if "\n" in text[end:start]:
        return -0.4 if _CLAUSE.match(text, start) else 0.0
    return 0.8 if _POINT.match(text, start) else 1.5


def _head_lines(document: Document, article: Article) -> Iterator[tuple[int, int]]:
    """Lines of the head that say who, when or from where, without the section's name before them."""
    at = article.head_start
    if _is_cover(document.text[at : article.head_end]):
        yield from _bounded(document.text, at, article.head_end)
        return
    while at < article.head_end:
        line_end = document.text.find("\n", at, article.head_end)
        line_end = article.head_end if line_end < 0 else line_end
        line = document.text[at:line_end]
        if _tells(line, article):
            start = at
            if article.section and line.startswith(article.section + " "):
                start += len(article.section) + 1
            yield from _bounded(document.text, start, line_end)
        at = line_end + 1


def _bounded(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """text[start:end] as one span, or as several where it is very long."""
    spans: list[tuple[int, int]] = []
    _add_bounded(text[start:end], 0, end - start, spans, OVERLONG, start)
    return spans


def _is_cover(head: str) -> bool:
    """Whether a head is the cover of a standard, whose few lines belong together: number, name, dates, publisher."""
    lines = [line.strip() for line in head.split("\n")]
    return len(lines) > 2 and any(work_number(line) or is_letter_number(line) for line in lines)


def _tells(line: str, article: Article) -> bool:
    """Whether a head line is more than a bare title, or than the label of a link, `TITLE-SITE (domain)`."""
    if _LINK_LABEL.search(line):
        return False
    if article.speaker and squeeze(article.speaker.name) in squeeze(line):
        return True
    if find_date(line) and squeeze(line) != squeeze(article.title):
        return True
    named = (
        article.publisher and re.search(f"[{HAN}]|[a-z] ", article.publisher) and article.publisher in line
    )
    return bool(named or _SOURCE.search(line)) and squeeze(line) != squeeze(article.title)


def _passage(
    document: Document, article: Article, start: int, end: int, heading: str, *, body: bool = False
) -> Passage:
    page = bisect_right(document.pages, start) if document.pages else None
    return Passage(
        document=document.name,
        start=start,
        end=end,
        text=document.text[start:end],
        kind="body" if body else "head",
        article=article.title or document.title,
        heading=heading,
        section=article.section,
        speaker=article.speaker,
        published=article.published or document.published,
        publisher=article.publisher or document.publisher,
        url=article.url,
        page=page,
        unsure=any(start < stop and at < end for at, stop in document.unsure),
        document_id=document.id,
    )
