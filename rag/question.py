"""What is asked: what kind of answer a question wants, and what it insists on.

Works by rules on the words of the question; knows nothing of what the documents hold. A follow-up
such as 年营收呢？ has been completed before, by rag.followup or rag.rewrite.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from index import words
from rag.matching import is_han
from rag.places import PLACES
from rag.synonyms import whole

Asks = Literal["source", "who", "when", "number", "list", "why", "how", "other"]

_ASKS: tuple[tuple[Asks, re.Pattern[str]], ...] = (
    ("source", re.compile(r"哪[家份个]?(?:报纸|媒体|网站|杂志)|来源|出自哪|刊登|链接|网址")),
    ("who", re.compile(r"谁|何人|哪位|哪个人|作者|\bwho\b", re.I)),
    (
        "when",
        re.compile(
            r"什么时候|何[时年月](?![纪龄])|几时|哪个?世纪|哪[一]?[天年月日]|几[月号日](?![内来间])|哪个?月|时间是|日期"
            r"|(?:[公西]元|[于在是])几几?年|几几年|\bwhen\b",
            re.I,
        ),
    ),
    (
        "number",
        re.compile(
            r"多少|几[个家项条户人名张次种类年天层位级成倍]|第几|多[大高长久远重]|比例|占比|how (?:many|much)",
            re.I,
        ),
    ),
    ("list", re.compile(r"哪些|哪[几两三四五六七八九十]|分别|包括|几个方面|有什么特点|which", re.I)),
    ("why", re.compile(r"为什么|为啥|为何|原因|目的|怎么会|\bwhy\b", re.I)),
    ("how", re.compile(r"怎么|怎样|如何|做法|措施|\bhow\b", re.I)),
)

_ANSWER_TYPE = re.compile(
    r"(?:什么|哪(?:一|几|两|三)?[个家位种类项条款部届天年月里篇本份座省市国所]?|多少|几)"
    r"(?:样的)?(?P<noun>(?:级(?!别)|[个家项条户人名张次种类年天万亿元钱位成倍吨米])*"
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
    最 更 很 都 还 又 再 就 才 只 仅 特点 作用 身份 职务 东西 钱 发布 出台 完成 实现 提出 规定 采取 做出 作出 负责 成立 最早 最先 首先 首次
    第一次 哪儿 作者 报纸 媒体 网站 篇 部 届 一次 期间 机构 单位 组织 地方 数量 数字 几年 多久 简述 概括 总结 描述 阐述 什么样
    说法 出自 这本书 书 纪要 这篇 通讯 新闻 消息 稿件 论坛上 会上 发现 想 打算 怎么会 老 好 差 真 经过 有人 人们 大家 个人
    句话 这句话 这话 据 称 即 所 等 每 各 来 去 到 上 下 中 里 后 前 内 外 间 被 向 得 与会 真的 究竟 到底 大概 大约 约 左右 至少 最多 一般 通常
    共同点 不同点 相同点 异同 区别 差异 相似 相似性 差异性 优缺点
    的话 要是 还是 就是 觉得 打算 除了 之外 还有 多长时间 多大 啥时候 干嘛 干什么 怎么回事 怎么样 怎么办 行不行 能不能 可不可以 是不是
    会不会 要不要 好不好 对不对 不同 不一样 一样 那场 那届 那篇 那个 这次 本次 上次 一项 一场 一种 一遍 一份 凭 咋 咋样 咋办 呀 嘛 哈 啦 哦 唉
    嗯 早上好 上午好 下午好 晚上好 您好 你好 大家好 请教 劳驾 听说 据说 真的吗 是真的吗 谢谢 多谢 在吗 为啥
    麻烦 想问 想知道 想了解 问问 问一下 查查 看看 说说 讲讲 谈谈 知道 了解 存在 还 是谁 什么时间""".split()
)
"""Words with which people ask about anything; an answer need not repeat them."""

_ATTRIBUTE = re.compile(
    r"的(?P<noun>[^的，,。？?]{2,14}?)(?:分别|各|一共|总共|大约|约)?(?:是|为|有|叫|叫做|达到?|共)?"
    r"(?:什么|多少|谁|哪|几|如何|怎样|怎么样)(?!.*的.*(?:什么|多少|谁|哪|几|如何|怎样))"
)
_ROLE = re.compile(
    r"(?P<noun>[^的，,。？?]{2,14}?)(?:分别|各)?(?:是|叫)(?:谁|哪位|哪一位|什么名字|啥名字?)[呀啊呢的？?。\s]*$"
)
"""X校长是谁？ asks for somebody of that office."""

_OFFICES = frozenset(
    "导演 编剧 主编 副主编 主演 翻译 代表 编辑 裁判 领导 主持 教练 发起 创办 设计 监制".split()
)
"""Offices that the dictionary takes for verbs; so it does with some that end as below."""

_OFFICE_ENDINGS = "长员师官"

_COUNTED = re.compile(
    r"(?:多少|几)(?:[个家项条户人名张次种类台件篇处座只辆本册份位颗块艘架栋]|批次|万|亿)+(?P<noun>[\u4e00-\u9fff]{2,10}?)(?=$|[，,？?的了是在被给])"
)
_STANDARD = re.compile(r"[a-z]{1,6}(?:/[a-z]{1,3})?\d{2,}")
_TITLE = re.compile(r"《[^《》]+》")
_QUESTION_WORD = re.compile(r"什么|多少|谁|哪|几(?=[个家项条名位天年月])|为何|如何|怎[么样]")
_CITY = re.compile(
    r"(?:^|(?<=[省，,、在和与的对]))([\u4e00-\u9fff]{2})(?<![城都超股门楼菜大哪全本该每各])(?<!一个)(?:市|县)(?![场值面民长委政])"
)
_YEAR = re.compile(r"(?:19|20)\d{2}(?=年)")
_YEAR_BEHIND_NAME = re.compile(r"(?<=[A-Za-z])(?=(?:19|20)\d\d年)")
_VERSIONED = re.compile(
    r"(?<![A-Za-z0-9/])(?!ISO|IEC|GB|DB|top|TOP)([A-Za-z]{2,})[- ]?(\d{1,3}(?:\.\d+)?)(?![\dA-Za-z年月日%])"
)
"""A name that ends in a number: version 4 is not version 3."""

_EDITION = re.compile(r"第(?!1(?!\d))\d+(?:届|期)")
"""The first one has other names (首届, 创刊号)."""

_ACRONYM = re.compile(r"\b(?!ISO\b|GB\b)[A-Z]{3,}\b(?![/ -]?\d)")
"""A name in an English question that documents in another language spell the same."""


_NO_PLACES = frozenset("城市 城镇 广义 地区 城乡 郊区 市区 城区 六西格玛".split())
"""Words that the dictionary takes for places, and that name none."""

_DEPUTY = "副"
"""Makes another office of the one behind it, which the dictionary cuts off: 副市长 is one word."""

_SUPERIORS = "长任理席记裁授监"
"""How the offices end that have a deputy."""

MOST_TERMS, LONGEST_TERM = 40, 12
"""Bounds on what a question can make us look for: more than any real question has, so that none stalls a server."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """Something that an answer's source has to mention, such as a region or a 《title》.

    `key` is what to look for in normalised text, `shown` is how to name it to the person who asked.
    """

    kind: Literal["title", "standard", "place", "year", "name", "edition"]
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
    head_noun: str = ""
    """Of a question like X的Y是多少？ the last term of Y: without a word on Y there is no answer."""

    @property
    def parts(self) -> int:
        """How many things are asked for at once: 多少项，占多少？ are two."""
        return max(1, len(_QUESTION_WORD.findall(words.normalize(self.standalone))))

    @property
    def wants_person(self) -> bool:
        """Whether a person's name is asked for."""
        return self.asks == "who"


class Wording(NamedTuple):
    """As much of a Question as ranking needs, in half the time."""

    standalone: str
    terms: tuple[str, ...]


def wording(standalone: str, names: Sequence[str] = ()) -> Wording:
    """The text and the terms of the Question that `understand` makes of the same."""
    text = _YEAR_BEHIND_NAME.sub(" ", standalone)
    return Wording(text, content_terms(text, names))


def understand(standalone: str, names: Sequence[str] = (), typed: str = "") -> Question:
    """What `standalone` asks, a question that needs no turn before it; `typed` is how it was put, if otherwise.

    `names` are people's names as the documents print them: no dictionary has them, so they are told here.
    """
    standalone, terms = wording(standalone, names)
    normal = words.normalize(standalone)
    asks: Asks = next((kind for kind, pattern in _ASKS if pattern.search(normal)), "other")
    return Question(
        typed or standalone,
        standalone,
        asks,
        terms,
        constraints(standalone),
        head_noun(standalone),
    )


def content_terms(text: str, names: Sequence[str] = ()) -> tuple[str, ...]:
    """See `_content_terms`; what it has found of late is kept, since a question is looked at several times."""
    return _content_terms(text, _plain_names(tuple(names)))


@lru_cache(maxsize=16)
def _plain_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names as they may stand in a question, without what is put in brackets behind them."""
    plain = (words.normalize(name).partition("(")[0] for name in names)
    return tuple(name for name in plain if len(name) > 1)


@lru_cache(maxsize=256)
def _content_terms(text: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a question that an answer's source should speak of, normalised, in order, each once.

    Single characters that stand together are one term: mostly a name or a misspelt word, which no
    dictionary has; the 年 behind a number is none of them. The English words of an English
    question about Chinese documents are passed over.
    """
    normal = words.normalize(text)
    found: list[str] = []
    for name in names:
        if name in normal:
            found.append(name)
            normal = normal.replace(name, "，")
    stripped = _ANSWER_TYPE.sub(" ", normal)
    joinable, position, before = False, 0, ""
    for word in whole(words.words(stripped)):
        start = stripped.find(word, position)
        if start >= 0:
            joinable, position = joinable and start == position, start + len(word)
        if before == _DEPUTY and word[-1] in _SUPERIORS:
            found[-1] = found[-1].removesuffix(_DEPUTY)
            found.append(_DEPUTY + word)
            before, joinable = word, False
            continue
        before = word
        if word in _GENERIC or word in words.STOPWORDS:
            joinable = False
        elif len(word) == 1 and is_han(word):
            if joinable and len(found[-1]) < LONGEST_TERM:
                found[-1] += word
            else:
                found.append(word)
            joinable = word not in "年月日" or not stripped[max(0, start - 1) : start].isdigit()
        else:
            found.append(word)
            joinable = False
    found = [term for term in found if term and term not in _GENERIC]
    found = found[:MOST_TERMS]
    if _is_english(text):
        found = [word for word in found if not word.isascii() or not word.isalpha()] or found
    return tuple(dict.fromkeys(found))


def _is_english(text: str) -> bool:
    outside = _TITLE.sub("", text)
    letters = sum(char.isascii() and char.isalpha() for char in outside)
    # A Chinese character says about as much as three letters.
    return letters > 0.7 * (letters + 3 * sum(is_han(char) for char in outside))


_KINDS = frozenset(
    """原因 理由 结果 后果 特征 特色 过程 经过 地址 位置 地点 职业 性格 下场 结局 景象 年龄 颜色 体长 身长 长度 面积 范围 类型 类别
    性质 用途 功能 意义 前身 别名 别称 原名 本名 国籍 民族 籍贯 爱好 出生日期 生日 简称 英文名 外号 昵称 绰号
    方法 方式 办法 手段 途径 形式 模式 技术 学校 国家 动物 植物 现象 物质 语言 民族 朝代 学科 专业 行业 领域 岗位 场合""".split()
)
"""Nouns that name a kind of answer: 因…而 tells the 原因 without the word."""


def head_noun(text: str) -> str:
    """What X的Y是什么？ and 多少项Y？ ask about: the last term of Y, or "" when the question has another form."""
    normal = words.normalize(text)
    for pattern in (_COUNTED, _ATTRIBUTE, _ROLE):
        match = pattern.search(normal)
        terms = content_terms(match["noun"]) if match else ()
        if terms and terms[-1] in _KINDS:
            return ""
        if not terms or len(terms[-1]) < 2:
            continue
        if (
            terms[-1] in _OFFICES
            or terms[-1][-1] in _OFFICE_ENDINGS
            or words.tag(terms[-1])[:1] in ("", "n", "j")
        ):
            return terms[-1]
    return ""


def constraints(text: str) -> tuple[Constraint, ...]:
    """What the question names so exactly that a source without it cannot answer."""
    found = [
        Constraint("title", words.normalize(match[0][1:-1]), match[0]) for match in _TITLE.finditer(text)
    ]
    plain = _TITLE.sub(" ", text)
    found += [
        Constraint("standard", word, word.upper()) for word in words.words(plain) if _STANDARD.match(word)
    ]
    normal = words.normalize(plain)
    found += [Constraint("place", place, place) for place in PLACES if place in normal]
    found += [
        Constraint("place", match[1], match[0]) for match in _CITY.finditer(normal) if match[1] not in PLACES
    ]
    found += [
        Constraint("place", term, term)
        for term in content_terms(plain)
        if words.tag(term) == "ns" and term not in _NO_PLACES
    ]
    found += [Constraint("year", match[0], match[0] + "年") for match in _YEAR.finditer(normal)]
    found += [Constraint("name", f"{one[1]}{one[2]}".lower(), one[0]) for one in _VERSIONED.finditer(plain)]
    found += [Constraint("edition", one, one) for one in content_terms(plain) if _EDITION.fullmatch(one)]
    if _is_english(text):
        found += [Constraint("name", one[0].lower(), one[0]) for one in _ACRONYM.finditer(plain)]
    return tuple({one.key: one for one in reversed(found)}.values())[::-1]
