"""Names of firms and institutions that a question gives, and the passages that speak for them: 远岭重工 is not 远岭电器.

Whoever asks about one firm is misled by another's rule, however near its words are. Names are told by their forms
(…公司, …重工, …研究院), not from a list; that 远岭 is short for 远岭重工股份有限公司 is seen in what was found. Of names
without such a form, rag.verdict knows how heavily their lack weighs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import PurePath

from index import words
from index.library import Library
from index.passage import Hit, Passage, Where
from rag.evidence import same_article
from rag.matching import comparable, is_han
from rag.retrieve import Retriever

REACH = 40
"""Passages before and behind one that are looked through for a name."""

FIRST = 8
"""Passages found for a question among which one has to speak of whom it names."""

_LEGAL = frozenset(
    "公司 集团 集团公司 有限公司 股份公司 股份有限公司 有限责任公司 总公司 分公司 子公司 总厂 分厂".split()
)
_LEGAL_PARTS = frozenset("股份 有限 责任 控股 厂".split())
"""The legal form of a firm, which people leave out."""

_FIRMS = frozenset(
    """重工 电器 电子 电气 科技 光学 仪器 仪表 汽车 制药 药业 化工 钢铁 食品 饮料 乳业 酒业 牧业 电力 环保 航空 物流 快递 地产 置业 家具 家居
    家政 密封件 紧固件 轴承 阀门 电缆 精密 精工 实业 商贸 百货 超市 电商 传媒 影视 酒店 证券 保险 软件 通信 通讯 半导体 动力 电机 模具 玩具 水务 医药""".split()
)
"""What firms are called by behind a name of their own, with no legal form behind it: 远岭重工 is not 远岭电器."""

_TRADES = _FIRMS | frozenset(
    """制造 机械 车业 生物 化学 冶金 建材 水泥 玻璃 陶瓷 纺织 服饰 服装 鞋业 农业 水产 能源 新能源 电池 光伏 石油 石化 燃气 航天 船舶 货运
    运输 铁路 建筑 建设 工程 装备 装饰 印刷 包装 塑料 橡胶 线缆 产业 工业 贸易 商业 文化 娱乐 出版 广告 旅游 餐饮 教育 培训 咨询 信息 网络
    数据 智能 芯片 微电子 医疗 医疗器械 器械 健康 金融 基金 投资 租赁 担保 信托 检测 检验 计量 认证 服务 发展 开发 销售 设计 创新 技术 材料
    新材料 消费品""".split()
)
"""These as well, before a legal form: 远岭贸易公司."""

_INSTITUTIONS = re.compile(
    r"(?:局|(?:研究|科学|设计|检验|检测|检查|检察|计量|质检|规划|法|医|学|分)院|[究测量验]所|事务所|交易所|大学|[中小]学|学校|银行|委员会"
    r"|协会|学会|商会|基金会|联合会|中心|报社|杂志社|出版社|电视台|实验室|俱乐部|合作社)$"
)
"""How the names of other institutions end."""

_FUNCTION = frozenset(
    "的 地 得 了 着 过 是 为 在 于 和 与 或 及 而 但 也 都 就 还 又 再 才 只 被 把 将 让 由 从 向 对 以 因 如 若 之 其 该 此 这 那 它 他 她 我"
    " 你 您 有 没 不 能 可 会 要 应 需 吗 呢 吧 啊 啥 谁 哪 何 几 问 请 跟 同 按 据 各 每 某 本 贵 等 到 给 用 说 称 叫 来 去 家 个 名 位 份 次 种"
    " 年 月 日 号 时 里 中 内 外 上 下 前 后 间 多 全 两 均 所 至 比 并 自 向 查 看 想 令 使 老 小 大 新 总 分 子 母 副 原 另 一 二 三 四 五 六 七"
    " 八 九 十 百 千 万".split()
)
"""Single characters that belong to no name, or that say nothing as its beginning."""

_RUNS = re.compile(r"[\u4e00-\u9fff]+|[a-z0-9]+|\s+|[^\u4e00-\u9fffa-z0-9\s]")
_ENDINGS = frozenset("院所局")
"""Endings of institutions that belong to the word before them."""
_DIVISIONS = frozenset("省 市 县 区 镇 州".split())
_OWN = re.compile(r"(?:我们|咱们?|本|我)(?=\S{0,4}$)")
"""Before the name of a firm: it is the asker's own, of which its documents speak as 公司."""

_COMPARES = re.compile(r"分别|比较|相比|对比|[和与、]|哪家")
"""In a question that may be about somebody else too."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a question. `core` is it without its legal form and place, `brand` what the core begins with and nobody
    else is called by; `place` is "" unless it begins with one."""

    shown: str
    core: str
    brand: str
    place: str
    firm: bool

    def stands_in(self, text: str) -> bool:
        """Whether the comparable text speaks of it, by its name or a shorter one."""
        if self.firm:
            return self.core in text or self._is_short_in(text)
        return self.place in text and _abbreviated(self.core).search(text) is not None

    def speaks_in(self, passage: Passage, hits: Sequence[Hit], library: Library) -> bool:
        """Whether a passage is of it: by its own words or title, or by its article's where no other is the subject."""
        if self.stands_in(_around(passage)):
            return True
        if _is_of_others(passage, self):
            return False
        article = [hit.passage for hit in hits if same_article(hit.passage, passage)]
        article += library.neighbours(passage, REACH, REACH)
        return self.stands_in(" ".join(_around(one) for one in article))

    def _is_short_in(self, text: str) -> bool:
        """Whether a firm's brand stands in the text and another firm's name does not begin with it there."""
        for match in re.finditer(re.escape(self.brand), text):
            rest = text[match.end() : match.end() + 12]
            if not _ANOTHERS.match(rest):
                return True
        return False


_ANOTHERS = re.compile(
    rf"(?:{'|'.join(sorted(_TRADES, key=len, reverse=True))})|[\u4e00-\u9fff]{{1,8}}?(?:股份|有限|集团|公司)"
)


def names_in(question: str) -> tuple[Name, ...]:
    """The names of firms and institutions in the question, in their order."""
    return _names_in(words.normalize(question))


@lru_cache(maxsize=64)
def _names_in(normal: str) -> tuple[Name, ...]:
    found: dict[str, Name] = {}
    pieces = _pieces(normal)
    for end, piece in enumerate(pieces):
        following = pieces[end + 1] if end + 1 < len(pieces) else ""
        if _is_form(piece) and (following == piece or not _is_form(following)):
            name = _name(_before(pieces, end))
            if name is not None and not _OWN.search(normal.partition(name.shown)[0]):
                found[name.shown] = name
    return tuple(found.values())


def _pieces(text: str) -> list[str]:
    """The text cut into words, nothing lost; 华为公司 is two words, and 质量检验院 one."""
    made: list[str] = []
    for run in _RUNS.findall(text):
        for word in words.cut(run) if is_han(run) else [run]:
            if word[2:] == "公司" and len(word) == 4:
                made += [word[:2], word[2:]]
            elif word in _ENDINGS and made and len(made[-1]) > 1 and is_han(made[-1]):
                made[-1] += word
            else:
                made.append(word)
    return made


def _is_form(piece: str) -> bool:
    """Whether a name may end with this word."""
    return (
        piece in _LEGAL or piece in _LEGAL_PARTS or piece in _FIRMS or _INSTITUTIONS.search(piece) is not None
    )


def _before(pieces: Sequence[str], end: int) -> list[str]:
    """The words of the name that ends with the word at `end`."""
    start = end
    while start and _goes_on(pieces, start - 1):
        start -= 1
    return list(pieces[start : end + 1])


def _goes_on(pieces: Sequence[str], at: int) -> bool:
    piece = pieces[at]
    if piece in ("和", "与") and (at == 0 or pieces[at - 1] in ("的", ",", "和", "与")):
        return len(pieces[at + 1]) == 1  # 和润电器
    if piece == "之" and at and len(pieces[at - 1]) > 1:
        return True  # 媒体之星
    if not piece.isalnum() or piece.isdigit() or piece in _FUNCTION or piece in words.STOPWORDS:
        return False
    if piece in _DIVISIONS or piece in _TRADES or not is_han(piece) or len(piece) == 1:
        return True
    if piece[0] == "第" or pieces[at + 1] in _DIVISIONS:
        return True
    return words.tag(piece)[:1] in ("", "n", "b", "m", "j", "a")


def _name(parts: Sequence[str]) -> Name | None:
    """The name that these words make, or None where they only describe what is meant: 检验机构, 上市公司."""
    shown = "".join(parts)
    own = [part for part in parts if part not in _LEGAL and part not in _LEGAL_PARTS]
    place, core = _place_and_core(own)
    if not core:
        return None
    firm = len(own) < len(parts) or parts[-1] in _TRADES
    brand = _brand(core) or ("".join(core) if "有限公司" in shown and not _TRADES.issuperset(core) else "")
    if len(brand) < 2 and (firm or not place):
        return None
    if firm and len(core) == 1 and words.tag(brand) == "ns":  # 中国公司
        return None
    return Name(shown, "".join(core), brand, place, firm)


def _place_and_core(parts: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The place that a name begins with, without 省 or 市, and the rest: 泊江市宏绵密封件 is 宏绵密封件 of 泊江."""
    divisions = [at for at, part in enumerate(parts[:-1]) if at and part in _DIVISIONS]
    if divisions:
        return "".join(parts[: divisions[0]]), parts[divisions[-1] + 1 :]
    if (
        len(parts) > 1
        and words.tag(parts[0]) == "ns"
        and len(parts[0]) > 1
        and not _TRADES.issuperset(parts[1:])
    ):
        return parts[0], parts[1:]
    return "", parts


def _brand(core: Sequence[str]) -> str:
    """The words that a name begins with and that no dictionary has as a word for a thing."""
    count = 0
    while count < len(core) and _is_naming(core[count]):
        count += 1
    return "".join(core[:count])


def _is_naming(piece: str) -> bool:
    if not is_han(piece) or len(piece) == 1:
        return True
    if _INSTITUTIONS.search(piece):
        return words.tag(piece[:2]) == "ns"
    return piece not in _TRADES and words.tag(piece)[:2] in ("nr", "ns", "nt", "nz")


@lru_cache(maxsize=64)
def _abbreviated(core: str) -> re.Pattern[str]:
    """How an institution may be called shorter or longer: 产品质量检验院 is 质检院, 计量院 is 计量科学研究院."""
    if core.endswith(("大学", "学校", "中学", "小学", "厂")):
        return re.compile(re.escape(core))
    longer = re.escape(core[:-1]) + r"[\u4e00-\u9fff]{0,6}" + core[-1]
    pieces = [one for one in _pieces(core[:-1]) if len(one) > 1]
    shorter = "".join(f"(?:{one[0]}(?:{one[1:]})?)" for one in pieces[-2:])
    return re.compile(f"{longer}|{shorter}.?{core[-1]}" if len(pieces) > 1 else longer)


def of_others(question: str, hits: Sequence[Hit], library: Library) -> tuple[set[int], list[str]]:
    """The ids of passages that speak of none of whom the question names, and the names that no passage speaks of.

    Where a question may be about somebody else beside them, a passage of anybody will do.
    """
    names = names_in(question)
    everything = {hit.passage.id for hit in hits}
    kept = set() if names else everything
    lacking: list[str] = []
    for name in names:
        found = {hit.passage.id for hit in hits if name.speaks_in(hit.passage, hits, library)}
        kept |= found
        lacking += [] if found else [name.shown]
    if kept and _COMPARES.search(question):
        kept = everything
    return everything - kept, lacking


def search(retriever: Retriever, question: str, k: int, where: Where | None = None) -> list[Hit]:
    """As Retriever.search; in front, passages of documents of those whom the question names, where none was found."""
    found = retriever.search(question, k, where=where)
    library = retriever.library
    for name in names_in(question):
        if any(name.speaks_in(hit.passage, found, library) for hit in found[:FIRST]):
            continue
        its = retriever.search(name.shown, k, where=where)
        documents = frozenset(
            hit.passage.document for hit in its if name.speaks_in(hit.passage, its, library)
        )
        if documents:
            inside = replace(where or Where(), documents=documents)
            found = retriever.search(question, k, where=inside) + found
    return found


def _is_of_others(passage: Passage, name: Name) -> bool:
    """Whether the title of a passage's article or document names a firm or institution, and not this."""
    title = f"{passage.article} {PurePath(passage.document).stem}"
    return bool(names_in(title)) and not name.stands_in(comparable(title))


def _around(passage: Passage) -> str:
    """A passage with what it is headed by, comparable."""
    named = PurePath(passage.document).stem
    return comparable(f"{named} {passage.context} {passage.publisher} {passage.text}")
