"""Questions that hold several: 甲公司和乙公司的电话各是多少？, 甲的电话是多少，乙的电话是多少？.

What is said of two firms mostly stands in two places, and an answer to one question is none to the next. Rules on the
words of the question; things that are joined without the form of a name are told apart by rag.pairs.
"""

from __future__ import annotations

import re

from rag.answer import Turn
from rag.followup import stand_alone
from rag.named import names_in
from rag.pairs import each_of

_AND = r"\s*(?:以及|和|与|跟|及|、)\s*"
_YEAR = r"(?:(?:19|20)\d\d年度?的?)?"
_ASKS_EACH = re.compile(r"分别|各|比较|对比|相比|[谁哪].{0,12}更|不同|区别|差[异别]")
_TWO_YEARS = re.compile(rf"(?P<one>(?:19|20)\d\d年度?){_AND}(?P<other>(?:19|20)\d\d年度?)")
_COMPARES = re.compile(
    r"^(?:请)?(?:比较|对比)(?:一下)?|[,，]?\s*(?:谁|哪[个一]?[家个]?[^,，。?？]{0,14}).{0,10}更[^,，]*$"
)
"""What only compares: it asks nothing of either."""

_ASKS_MORE = re.compile(r"(?:谁|哪[个一]?[家个]?).{0,14}更")
_END = re.compile(r"(?<=[?？;；])\s*(?=[\w《“])")
_PAUSE = re.compile(r"[,，]\s*")
_ASKS = re.compile(r"多少|什么|谁|哪|何时|如何|怎[么样]|为何|几[个家项条名位天年月]|多[大久长高]")
_ALIKE = 4
"""Characters in which two questions that a comma divides end alike: 甲的电话是多少，乙的电话是多少."""

MOST_QUESTIONS = 4


def questions_in(question: str) -> tuple[str, ...]:
    """The questions that `question` asks at once, each to be understood without the others, or () where it is one."""
    return _in_a_row(question) or _of_two_names(question) or each_of(question)


def compares(question: str) -> bool:
    """Whether a question asks which of two is more: without either there is no answer."""
    return _ASKS_MORE.search(question) is not None


def _in_a_row(question: str) -> tuple[str, ...]:
    parts = [part for part in _END.split(question) if part.strip()]
    if not 1 < len(parts) <= MOST_QUESTIONS:
        parts = _PAUSE.split(question)
        ends = {part.rstrip("?？。 ")[-_ALIKE:] for part in parts}
        if len(ends) > 1:
            return ()
    if not 1 < len(parts) <= MOST_QUESTIONS or not all(map(_ASKS.search, parts)):
        return ()
    whole = [parts[0]]
    for part in parts[1:]:
        whole.append(stand_alone(part, [Turn(whole[-1])]))
    return tuple(whole)


def _of_two_names(question: str) -> tuple[str, ...]:
    """The question asked of each of two firms or institutions that it joins, and of the year of each."""
    names = "|".join(re.escape(name.shown) for name in names_in(question))
    if not names or not _ASKS_EACH.search(question):
        return ()
    joined = re.search(rf"(?P<one>{_YEAR}(?:{names})){_AND}(?P<other>{_YEAR}(?:{names}))", question, re.I)
    if joined is None:
        return ()
    parts = []
    for which in ("one", "other"):
        part = question[: joined.start()] + joined[which] + question[joined.end() :]
        part = _TWO_YEARS.sub(rf"\g<{which}>", part)
        parts.append(_COMPARES.sub("", _COMPARES.sub("", part)).replace("分别", ""))
    return tuple(parts)
