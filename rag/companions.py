"""What is quoted beside a sentence that answers: the items of a list, the sentence that goes on, who says it.

Which sentence answers is found in rag.finder; this only looks around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.passage import Passage
from index.split import clauses
from rag.enumeration import Item, enumerations
from rag.evidence import Evidence, is_row, next_to, sentences_of
from rag.facts import chinese_value
from rag.matching import comparable
from rag.question import Question

SHORT_ITEM = 40
"""Characters below which an item of a list (二是重点防范…) is a headline that the next sentence explains."""

SHORT = 26
"""Characters below which a sentence hardly answers how or why: the next one does."""

_ANNOUNCES = re.compile(
    r"[2-9二两三四五六七八九十]+[个大项点条类种]*(?:方面|内容|步骤|要点|问题|要求|任务|举措|词|意义|疑问)|以下|[:：][*_\s]*$"
)
_SAYS = re.compile(r"说|表示|指出|认为|介绍|强调|预言|坦言|回忆|建议|道[，：。]")
_GOES_ON = re.compile(r"它|这|该|其(?!中|他|次|余)|也就是|即|一方面|通过|具体|比如|例如|首先")
_POINTS_BACK = re.compile(
    r"\W*(?:[该此这那]|其(?!中|他|次|余|它)|[它他她]|同[年月日]|[翌次隔]年|当[时年]|之后|此后|随后|后来)"
)
"""How a sentence begins that is not understood without the one before it."""

WITH_ANTECEDENT = 150
"""Characters that both may have together: an answer should stay short."""

_ASKS_ALL = re.compile(
    r"哪些|总结|概括|归纳|列[出举]|哪[几2-9二两三四五六七八九十]|分别|几(?:个|项|点|条|种|类|大|方面|步|重)|都有(?:谁|什么)|包括什么|有什么|有何|什么(?:情况|情形|要求|内容|措施|条件|步骤|做法|区别|作用)"
)
"""What a question says that wants all items of an enumeration."""

_ASKS_WHICH = re.compile(
    r"哪(?:些|[几2-9二两三四五六七八九十](?!天))|总结|概括|归纳|列[出举]|有什么|包括什么"
)
"""Wants the items, and not how many of something one of them has."""

_COUNT_ASKED = re.compile(
    r"(?:哪|这|那)?([2-9二两三四五六七八九十])(?:个|项|点|条|种|类|大|方面|步|重|件|位|力|部分|化|者)"
)
_COUNTED = re.compile(
    r"[2-9二两三四五六七八九十](?:个|项|点|条|种|类|大|步|重|件|句)([\u4e00-\u9fff]{1,2}?)(?=$|[^\u4e00-\u9fff]|不|是)"
)
"""How a sentence ends that announces so many things of a kind."""

_SEVERAL = re.compile(r"[2-9二两三四五六七八九十](?:个|项|点|条|种|类|大|步|重|件)")
_FIRST = re.compile(r"第一|一是|首先|其一|一种是|[（(]?[1一][）)、.．]")
_ITEM = re.compile(
    r"(?:第?[一二三四五六七八九十]+(?:[是、,，]|方面)|首先|其次|再次|最后[，,]|[（(]?\d+[.、)）](?!\d))"
)


def enumerated(question: Question, lead: Evidence, others: Sequence[Passage]) -> list[Evidence]:
    """The items of the enumeration that was asked for, with what announces them; [] if none was, or is found.

    That is the one that `lead` belongs to or announces, else one with as many items as the question says. Looked for
    in the passage of `lead` and in `others`, which are of its article.
    """
    asked = comparable(question.standalone)
    if not _ASKS_ALL.search(asked) or (len(sentences_of(lead)) > 1 and not _ASKS_WHICH.search(asked)):
        return []
    count = _COUNT_ASKED.search(asked)
    wanted = chinese_value(count[1]) or int(count[1]) if count else 0
    pieces = [
        Evidence(
            one.passage, one.passage.start + one.start, one.passage.start + one.end, lead.score, listed=True
        )
        for one in _asked_items(lead, enumerations([lead.passage, *others]), wanted, asked)
    ]
    if not pieces or (pieces[0].passage.id, pieces[0].start) == (lead.passage.id, lead.start):
        return pieces
    inside = any(piece.text == lead.text for piece in pieces)
    return pieces if inside or lead.passage.kind == "head" else [lead, *pieces]


def _asked_items(lead: Evidence, lists: Sequence[list[Item]], wanted: int, asked: str) -> list[Item]:
    """The list that `lead` stands in or announces, else the first of `wanted` items; [] for none."""
    as_many: list[Item] = []
    for items in lists:
        inside = any(
            item.passage.id == lead.passage.id
            and item.start + item.passage.start <= lead.start < item.end + item.passage.start
            for item in items
        )
        if inside or (_ANNOUNCES.search(lead.text) and _stands_before(lead, items[0])):
            return items
        if wanted == len(items) and not as_many and _may_be_asked(items[0], asked):
            as_many = items
    return as_many


def _may_be_asked(first: Item, asked: str) -> bool:
    """Whether what stands before a list does not say that it is of other things: 三点判断 are no 三个阶段."""
    text = first.passage.text
    spans = [(start, end) for start, end in clauses(text) if start < first.start]
    before = comparable(text[spans[-1][0] : spans[-1][1]]) if spans else ""
    counted = _COUNTED.findall(before)
    return not counted or any(noun in asked for noun in counted)


def announced_items(piece: Evidence) -> list[Evidence]:
    """The enumerated sentences that follow a sentence such as 分为3个方面 in its passage; [] if it announces none."""
    if not _ANNOUNCES.search(piece.text):
        return []
    passage, offset = piece.passage, piece.end - piece.passage.start
    spans = [(start, end) for start, end in clauses(passage.text) if start >= offset]
    items = [(start, end) for start, end in spans if _ITEM.match(passage.text[start:end])]
    if len(items) < 2 or items[0] != spans[0]:
        return []
    return [
        Evidence(passage, passage.start + start, passage.start + end, piece.score) for start, end in items
    ]


def continuation(question: Question, piece: Evidence) -> list[Evidence]:
    """The sentence that goes on about the same thing (它是…), or that says whose words were quoted."""
    before, after = next_to(piece)
    if question.asks == "who" and not _SAYS.search(piece.text):
        return [one for one in (after, before) if one and _SAYS.search(one.text)][:1]
    if after and _SEVERAL.search(piece.text) and _FIRST.match(after.text):
        return [after]
    if (
        question.asks in ("other", "why", "how")
        and after
        and (
            _GOES_ON.match(after.text)
            or (_ITEM.match(piece.text) and len(piece.text) < SHORT_ITEM)
            or (question.asks != "other" and len(piece.text) < SHORT)
        )
    ):
        return [after]
    return []


def antecedent(piece: Evidence) -> list[Evidence]:
    """The sentence before one that points back to it (同年…, 该线…), or the head of a row's table, if both are short."""
    before, _ = next_to(piece)
    if before is None or not (is_row(piece) or _POINTS_BACK.match(comparable(piece.text))):
        return []
    return [before] if len(before.text) + len(piece.text) <= WITH_ANTECEDENT else []


def _stands_before(piece: Evidence, item: Item) -> bool:
    """Whether the item's sentence is the first behind `piece`, in its passage or at the beginning of the next."""
    if item.passage.id == piece.passage.id:
        return not item.passage.text[piece.end - piece.passage.start : item.start].strip(" \n*_")
    return item.passage.start >= piece.end and piece.end >= piece.passage.end - 2 and item.start < 3
