"""Whether a sentence states the number or the moment of what is asked: 于2021年成立 says nothing about when a firm went public.

A number stands beside most words; it answers a question only where it is said of the thing that is counted or of the
act that is dated. Rules on the question, looked for in the sentence that has the number and in its headings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from index import words
from rag.features import states_new
from rag.question import Question, content_terms
from rag.synonyms import says

ENOUGH = 0.5
"""What `says` gives at least for a word that a sentence is said to have."""

_ACTS = {
    "成立": "成立|创[立办建]|设立|组建|建立|建成|始建|注册|开办|前身",
    "上市": "上市|挂牌|ipo|登陆",
    "注册": "注册|登记|成立",
    "判决": "判决|宣判|判处|裁判",
    "制定": "制定|制订|起草|编制|出台|印发|发布",
    "修订": "修订|修[改正]|更新|改版|第[2-9]次?版",
    "施行": "施行|实施|生效|执行|起用|启用|运行",
    "实施": "施行|实施|生效|执行|启动|启用|开展|推[行出]|运行|起",
    "投产": "投产|量产|生产|下线|启用",
    "竣工": "竣工|完工|建成|落成|验收",
    "开工": "开工|动工|奠基|始建|开建",
    "毕业": "毕业|学位|硕士|博士|学士",
    "去世": "去世|逝世|病逝|辞世|卒|死|故|遇难|牺牲|身亡|遇害",
    "退休": "退休|离休|退任|退下",
    "签订": "签[订署约]|达成|订立",
    "召回": "召回",
    "停产": "停产|停止生产|关闭",
    "收购": "收购|并购|购[买得入]|买下|合并",
}
"""Acts that are asked for the day of, with the words in which a document may tell of them."""

_DATED = re.compile(
    rf"(?P<act>{'|'.join(_ACTS)})(?:的?(?:日期|时间|年份)|于(?:何时|哪|什么时候))"
    rf"|(?:何时|什么时候|哪一?[年天月日][份]?|几[年月]).{{0,2}}(?P<behind>{'|'.join(_ACTS)})(?=$|[的了?？。呀啊吗])"
)
_COUNTED = re.compile(
    r"(?:多少|几)(?:[个家项户人名位台件篇处座辆份块套所间支场]|批次)(?P<noun>[\u4e00-\u9fff]{2,8})[?？。呀呢啊\s]*$"
)
"""A question that ends in what it wants counted."""


@lru_cache(maxsize=64)
def _wanted(question: str) -> tuple[re.Pattern[str] | None, tuple[str, ...]]:
    """For the comparable question the act that is dated, and the words for what is counted."""
    dated, counted = _DATED.search(question), _COUNTED.search(question)
    act = re.compile(_ACTS[dated["act"] or dated["behind"]]) if dated else None
    nouns = content_terms(counted["noun"]) if counted else ()
    return act, nouns if all(words.tag(noun)[:1] in ("n", "") for noun in nouns) else ()


def states_it(question: Question, asked: str, sentences: Sequence[str], context: str) -> bool:
    """Whether one of the sentences states the number of what a question counts, or the moment of the act that it dates.

    All texts comparable; `context` is the title and headings above the sentences. True for all other questions.
    """
    act, nouns = _wanted(asked)
    if question.parts > 1 or not (act if question.asks == "when" else nouns):
        return True
    return any(
        states_new(question.asks, asked, sentence)
        and (act is None or act.search(f"{context} {sentence}") is not None)
        and all(says(noun, f"{context} {sentence}") >= ENOUGH for noun in nouns)
        for sentence in sentences
    )
