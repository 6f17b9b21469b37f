"""What is asked: the question made to stand alone, what kind of answer it wants, and what it insists on.

Works by rules on the words of the question; knows nothing of what the documents hold. A follow-up
such as 年营收呢？ is completed from the turns before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from index import words
from rag.answer import Turn
from rag.places import PLACES

Asks = Literal["who", "when", "number", "list", "why", "how", "other"]

_ASKS: tuple[tuple[Asks, re.Pattern[str]], ...] = (
    ("who", re.compile(r"谁|何人|哪位|哪个人|作者|出自哪|\bwho\b", re.I)),
    ("when", re.compile(r"什么时候|何时|哪[一]?[天年月日]|几[月号日]|哪个?月|时间是|日期|\bwhen\b", re.I)),
    (
        "number",
        re.compile(
            r"多少|几[个家项条户人名张次种类年天层位级成倍]|第几|多[大高长久远重]|比例|占比|how (?:many|much)",
            re.I,
        ),
    ),
    ("list", re.compile(r"哪些|哪[几两三四五六七八九十]|分别|包括|几个方面|有什么特点|which", re.I)),
    ("why", re.compile(r"为什么|为何|原因|目的|怎么会|\bwhy\b", re.I)),
    ("how", re.compile(r"怎么|怎样|如何|做法|措施|\bhow\b", re.I)),
)

_ANSWER_TYPE = re.compile(
    r"(?:什么|哪(?:一|几|两|三)?[个家位种类项条款部届天年月里篇本份座省市所]?|多少|几)"
    r"(?:样的)?(?P<noun>[个家项条户人名张次种类年天万亿元钱位级成倍吨米]*"
    r"(?:职务|身份|机构|城市|地方|文件|标准|时候|时间|公司|企业|组织|单位|报纸|媒体|作用|特点|内容|东西|意思|关系"
    r"|省份?|城市|国家|大会|部门|方面|要求|做法|措施|协议|奖项|称号|名称|名字|比例)?)"
)
"""What follows 什么/哪/多少 names the kind of answer (什么职务, 哪家机构); the documents need not say that word."""

_GENERIC = frozenset(
    """担任 提到 表示 认为 介绍 包括 分别 具体 主要 目前 现在 一共 总共 共有 共 拥有 获得 达到 进行 开展 举行 举办 召开
    叫 叫做 称为 属于 来自 做 用 用于 使用 可以 能 能够 会 需要 应该 应当 已经 曾 曾经 如何 情况 问题 方面 内容 要求 关于
    根据 按照 文章 文中 报道 资料 文档 材料 讲 说 谈 谈到 说明 指出 指 意思 含义 概念 定义 解释 名字 名称 全称 简称
    时候 时间 日期 哪天 当时 之后 之前 期间 以来 以后 以前 一年 每年 今年 去年 请问 请 告诉 帮 查 一下 列出 里面 其中 那个
    这个 这些 那些 他 她 它 他们 我们 你们 咱们 我 你 该 其 是否 有没有 是不是 属 位 名 个 家 项 条 户 张 次 种 类 号 第 多 大
    最 更 很 都 还 又 再 就 才 只 仅 特点 作用 身份 职务 东西 钱 发布 出台 完成 实现 提出 规定 采取 做出 作出 负责 成立""".split()
)
"""Words with which people ask about anything; an answer need not repeat them."""

_PRONOUN = re.compile(r"^(?:那|那么)?(?:它|他|她|其|该|这|那|此|他们|它们|这些|那些|上述|前者|后者)")
_ELLIPSIS = re.compile(r"呢[？?。]?$")
_TITLE = re.compile(r"《[^《》]+》")
_QUOTED = re.compile(r"[“\"]([^”\"]{2,40})[”\"]")
_YEAR = re.compile(r"(?:19|20)\d{2}(?=年|\D|$)")
_BARE_QUESTION = re.compile(r"(?:是谁|是什么|有多少|多少|怎么样|如何|怎样|什么|哪些|几).*$")


@dataclass(frozen=True, slots=True)
class Constraint:
    """Something that an answer's source has to mention, such as a region or a 《title》.

    `key` is what to look for in normalised text, `shown` is how to name it to the person who asked.
    """

    kind: Literal["title", "standard", "place", "year"]
    key: str
    shown: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question as understood. `terms` are its normalised content words, in order, each once."""

    text: str
    standalone: str
    asks: Asks
    terms: tuple[str, ...]
    constraints: tuple[Constraint, ...]

    @property
    def wants_person(self) -> bool:
        """Whether a person's name is asked for."""
        return self.asks == "who"


def understand(text: str, turns: Sequence[Turn] = ()) -> Question:
    """The question `text`, completed from the `turns` before it (oldest first)."""
    standalone = stand_alone(text, turns)
    asks: Asks = next((kind for kind, pattern in _ASKS if pattern.search(standalone)), "other")
    return Question(text, standalone, asks, content_terms(standalone), constraints(standalone))


def content_terms(text: str) -> tuple[str, ...]:
    """The words of a question that an answer's source should speak of, normalised, in order, each once."""
    stripped = _ANSWER_TYPE.sub(" ", words.normalize(text))
    found = (word for word in words.words(stripped) if word not in _GENERIC and word not in words.STOPWORDS)
    return tuple(dict.fromkeys(found))


def constraints(text: str) -> tuple[Constraint, ...]:
    """What the question names so exactly that a source without it cannot answer."""
    found = [
        Constraint("title", words.normalize(match[0][1:-1]), match[0]) for match in _TITLE.finditer(text)
    ]
    plain = _TITLE.sub(" ", text)
    found += [
        Constraint("standard", word, word.upper()) for word in words.words(plain) if words.is_standard(word)
    ]
    normal = words.normalize(plain)
    found += [Constraint("place", place, place) for place in PLACES if place in normal]
    found += [Constraint("year", match[0], match[0] + "年") for match in _YEAR.finditer(normal)]
    return tuple(dict.fromkeys(found))


def stand_alone(text: str, turns: Sequence[Turn]) -> str:
    """`text` as a question that can be understood without the turns before it.

    Rules, tried in order: a question that names enough by itself stays as it is; X呢？ puts X in the
    place of what the last question asked about; a pronoun at the start or too few words of its own
    bring in the last question's subject.
    """
    text = text.strip()
    if not turns:
        return text
    last = turns[-1].standalone or turns[-1].question
    body = _ELLIPSIS.sub("", text).rstrip("？?。 ")
    if _ELLIPSIS.search(text):
        return _swap(last, body)
    if _PRONOUN.search(text) or len(content_terms(text)) <= 1:
        subject = _subject(last)
        rest = _PRONOUN.sub("", text)
        return f"{subject}{'，' if subject else ''}{rest or text}"
    return text


def _swap(last: str, new: str) -> str:
    """`last` asked of `new`: one place for another (浙江 → 黑龙江), else `new` of the same subject."""
    places = [place for place in PLACES if place in last]
    new_places = [place for place in PLACES if place in new]
    if places and new_places:
        return last.replace(places[0], new_places[0])
    return f"{_subject(last)}，{new}"


def _subject(last: str) -> str:
    """The last question without its question words: what it was about."""
    subject = _BARE_QUESTION.sub("", last.rstrip("？?。 "))
    return subject if len(content_terms(subject)) >= 1 else last.rstrip("？?。 ")
