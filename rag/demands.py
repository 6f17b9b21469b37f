"""What a question insists on beyond its words: a quarter, an amount of money, a count of something, an act such as 取消.

People put most words in other words, but not these: who asks about the fourth quarter is not helped by the third, a price
is a sum of money, and a document that speaks of no end of a thing does not say why it ended. Rules on normalised text
(`rag.matching.comparable`), for Chinese questions; each names what is missing as a person would.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Reach = Literal["near", "passage", "article"]
"""Where it has to stand: in the sentence or one beside it, in its passage, or anywhere in the article that was found."""

_NUMERAL = r"(?:\d[\d,.]*|[零一二三四五六七八九十百千两半]+)"
_MONEY = re.compile(
    rf"{_NUMERAL}[多余几]?\s*(?:[十百千万亿]*\s*(?:元|块钱?|美元|欧元|英镑|日元|港币|人民币|美金|两白?银)|[万亿]+(?=$|[,;.。，；、()（）多余以左]))|[¥$€£]\s*\d|免费|无偿"
)
_ASKS_MONEY = re.compile(
    r"多少(?:钱|[万亿]*(?:元|美元|欧元)|(?:财政)?资金|经费|奖金|费用|罚款|补贴|工资|薪水)|(?:价格|售价|造价|单价|定价)(?:是|为)?多少"
    r"|^(?:(?!多少|几|哪|谁).)*(?:奖金|罚款|费用|经费|预算|补助|补贴|工资|月薪|年薪|投资额?)(?:[是为有各]|分别|一共|总共|大约)*多少(?=$|[?？,，。呀呢啊])"
)

_FINE = re.compile(rf"{_MONEY.pattern}|倍|百分之|%|罚")
"""A fine may be told as a multiple or a share of the goods' value."""

_QUARTER = re.compile(r"(?:第([1-4])|([一二三四]))季度")
_HALF = re.compile(r"[上下]半年")
_QUARTERS = {"一": "1", "二": "2", "三": "3", "四": "4"}
_MONTHS = {"1": "1[-~至到]3", "2": "4[-~至到]6", "3": "7[-~至到]9", "4": "10[-~至到]12"}
_HALF_MONTHS = {"上": r"1月?[-~至到]6月|前(?:6|六)个月", "下": r"7月?[-~至到]12月|后(?:6|六)个月"}

_COUNTED = re.compile(
    r"(?:多少|(?<![十好])几)(?P<measure>批次|平方(?:公里|千米|米)|公里|千米|公斤|千克|小时|分钟|[家户人名位台辆栏道题页章所座岁倍吨])(?![类种])"
)
_SAME = {
    **dict.fromkeys("家户", "家户个多余"),
    **dict.fromkeys("人名位", "人名位个余多例"),
    **dict.fromkeys("台辆", "台辆部套架"),
    **dict.fromkeys("道题", "道题个项"),
    "所": "所家个",
    "座": "座个处",
    "章": "章",
    "页": "页",
    "栏": "栏列",
    "岁": "岁周",
    "倍": "倍番",
    "吨": "吨万亿",
}
"""Measure words that may stand for one another."""
_NO_TIME = "(?!月|百分点|小时|工作日|星期|季度)"
_SPELLED = {
    "公斤": r"\s*(?:公斤|千克|kg)",
    "千克": r"\s*(?:公斤|千克|kg)",
    "公里": r"\s*(?:公里|千米|km|里)",
    "千米": r"\s*(?:公里|千米|km|里)",
    "小时": r"\s*(?:个?小时|h|个?钟头)",
    "分钟": r"\s*(?:分|min)",
    "平方公里": r"\s*(?:平方公里|平方千米|km)",
    "平方千米": r"\s*(?:平方公里|平方千米|km)",
    "平方米": r"\s*(?:平方米|平米|㎡|m2)",
}

_ACTS = {
    r"取消|撤销|废止|废除|停产|停止|叫停|停办|停用": r"取消|撤[销消]|废[止除]|作废|失效|不再|停|[中终]止|关[闭停]|代替|解散|不设|免除|退出",
    r"退出|撤出": r"退|撤|不再|剥离|出售|停止|离开|脱离",
    r"起诉|打官司|的官司|的案子|告上": r"诉|告上|控告|官司|判|法院|开庭|仲裁|案",
    r"破产|倒闭": r"破产|倒闭|清算|重整|关闭|歇业",
    r"辞职|辞去|离职|卸任|免职": r"辞|离职|离任|卸任|免|退休|下台|去职|罢",
    r"裁员": r"裁|解雇|辞退",
}
"""Acts that a question takes for granted, with the words in which a document may tell of them."""

_FIRM = re.compile(
    r"哪(?:一)?(?:家|个|间|所)(?P<kind>[\u4e00-\u9fff]{0,4}(?:公司|企业|厂商)|[\u4e00-\u9fff]{0,2}(?:大学|高校|学院)|医院|银行|出版社|酒店|宾馆)"
)
_KINDS = {
    "公司": r"公司|集团|股份|企业|厂|实业|商社|会社|[a-z]{3}",
    "企业": r"公司|集团|股份|企业|厂|实业|商社|会社|[a-z]{3}",
    "厂商": r"公司|集团|股份|企业|厂|实业|商社|会社|[a-z]{3}",
    "大学": r"大学|学院|[\u4e00-\u9fff]大(?!学)|师范|学校",
    "高校": r"大学|学院|学校|师范",
    "学院": r"学院|大学|学校",
    "医院": r"医院|诊所|卫生院|[\u4e00-\u9fff]院",
    "银行": r"银行|[建工农中]行",
    "出版社": r"出版社|出版公司|书局|书社|印书馆|press",
    "酒店": r"酒店|宾馆|饭店|大厦|会议中心|会展中心|hotel",
    "宾馆": r"酒店|宾馆|饭店|大厦|会议中心|会展中心|hotel",
}

_ASKS_SHARE = re.compile(
    r"百分之(?:多少|几)|多少个?百分点|百分比|(?:率|占比|比例|比重|份额)(?:分别|各|大约|约)?(?:是|为|有|达到?)?(?:多少|多高|几)"
)
_SHARE = re.compile(
    r"[%‰]|百分之|百分点|[一二三四五六七八九]成|[零一二三四五六七八九十\d]分之|\d+倍|0\.\d|(?:比例|率)[^,，。;；]{0,8}\d|一半|半数"
)
_ASKS_NUMBER_TO_CALL = re.compile(
    r"(?:电话|手机|传真|热线)(?:号码)?(?:是|为)?(?:多少|什么|几号|哪)|(?:电话|手机|传真)号码?[?？]?$|(?:联系|咨询|投诉|举报|办公)电话[?？]?$"
)
_NUMBER_TO_CALL = re.compile(r"\d{3,4}[- ]\d{4,8}|\d{5,}|电话\S{0,4}\d")
_ASKS_MAIL = re.compile(r"(?:邮箱|电子邮件|email)(?:地址)?(?:是|为)?(?:多少|什么|哪|[?？]?$)")

_STANDARD_EDITION = re.compile(r"([a-z]{1,6}(?:/[a-z]{1,3})?\d+(?:\.\d+)*)[-:]((?:19|20)\d{2})(?!\d)")
"""A standard's edition: where another one is spoken of, and not this, what is said holds for that one."""

_ADDRESS = re.compile(r"(?:的|详细|具体|办公|联系|通信|通讯)?地址(?:是|在|为)?(?:哪|什么|多少)?")
_STREET = re.compile(r"地址[:是为在]|[路街道巷弄里村镇区]\S{0,6}\d+号|\d+号楼|大厦|邮编")


@dataclass(frozen=True, slots=True)
class Demand:
    """Something that must stand within `reach`; `shown` names it to the person who asked."""

    shown: str
    reach: Reach
    pattern: re.Pattern[str]
    known: str = ""
    """The question, where what it says itself is no answer: of 首批20道题 20道 says nothing about how many were solved."""

    def met(self, text: str) -> bool:
        """Whether the comparable text has it."""
        return any(not match[0] or match[0] not in self.known for match in self.pattern.finditer(text))


@lru_cache(maxsize=64)
def demands(question: str) -> tuple[Demand, ...]:
    """What the comparable question insists on; mostly nothing."""
    return tuple(_demands(question))


def _demands(question: str) -> Iterator[Demand]:
    yield from _periods(question)
    for act, told in _ACTS.items():
        if named := re.search(act, question):
            yield Demand(named[0], "passage", re.compile(told))
    if _ASKS_MONEY.search(question):
        yield Demand("金额", "near", _FINE if "罚" in question else _MONEY)
    elif _ASKS_SHARE.search(question):
        yield Demand("百分比", "near", _SHARE)
    elif counted := _COUNTED.search(question):
        measure = counted["measure"]
        same = _SAME.get(measure, "")
        words = f"[{same}]{_NO_TIME}|{measure}" if same else _SPELLED.get(measure, measure)
        yield Demand(
            f"多少{measure}", "near", re.compile(rf"{_NUMERAL}[多余几]?[万亿]?[多余]?(?:{words})"), question
        )
    for standard in _STANDARD_EDITION.finditer(question):
        number, year = re.escape(standard[1]), standard[2]
        edition = rf"{number}[-:]{year}|^(?!.*{number}[-:]\d{{4}})"
        yield Demand(standard[0].upper(), "article", re.compile(edition, re.DOTALL))
    if kind := _FIRM.search(question):
        ending = next(one for one in _KINDS if kind["kind"].endswith(one))
        yield Demand(f"哪家{ending}", "near", re.compile(_KINDS[ending]))
    if _ASKS_NUMBER_TO_CALL.search(question):
        yield Demand("电话号码", "near", _NUMBER_TO_CALL)
    if _ASKS_MAIL.search(question):
        yield Demand("邮箱", "near", re.compile("@"))
    if "地址" in question and _ADDRESS.search(question):
        yield Demand("地址", "near", _STREET)


def _periods(question: str) -> Iterator[Demand]:
    for match in _QUARTER.finditer(question):
        number = match[1] or _QUARTERS[match[2]]
        numeral = "一二三四"[int(number) - 1]
        pattern = rf"第?[{number}{numeral}]季度|{_MONTHS[number]}月|q{number}"
        yield Demand(match[0], "article", re.compile(pattern))
    halves = set(_HALF.findall(question))
    for match in _HALF.finditer(question) if len(halves) == 1 else ():
        yield Demand(match[0], "article", re.compile(f"{match[0]}|{_HALF_MONTHS[match[0][0]]}"))
