"""Whether sources bear a claim, without a language model: by wording, numbers, names, and nothing else.

A claim is supported if it, or each of its clauses, stands in a source word for word. Else the sources must hold every number, date and name that
can be told in it and enough of its wording, as a whole and clause by clause; a clause that is nearly a copy may bring no
new word, nothing may be denied that the sources say (or the other way round), and no direction may be turned round.

This does not understand sentences: not what is implied, nor who did what to whom. How often it errs, by kind of error,
is measured on hand-labelled pairs (tests/eval/support_pairs.jsonl).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from eval.metrics.matching import coverage, coverage_below
from eval.metrics.quantities import values
from eval.text import arabic, normal, occurs
from index import words
from rag.facts import names, plain
from rag.places import PLACES

WORDING = 0.4
"""The least share of a claim's character bigrams that its sources hold. This and the next two were chosen on the pairs
marked "calibration"; tests/eval/test_support.py holds them there and measures on others too."""

CLAUSE_WORDING = 0.25
"""The same for each of its clauses: a clause that the sources know nothing of is an addition."""

NEAR_COPY = 0.85
"""The share of a clause's characters, in order and close together in a source, from which it is nearly a copy."""

SHORT_CLAUSE = 5
"""Characters below which a clause is taken together with the one before it."""

_LIGHT = frozenset(
    "的了是在和与及为由从到至将把被对以等约近达已共有其该这那并也还都则而且说称个之后前时来去用使各就才只又再会能可要本此"
)
"""Characters that a near copy may bring: they change how a thing is said, not what."""

_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹潘葛范彭鲁韦马苗方任袁柳史唐薛雷贺罗毕郝常于"
    "傅康伍余顾孟黄穆萧尹姚邵汪毛米贝明戴宋庞熊纪舒屈项祝董梁杜阮蓝闵季贾江颜郭梅林徐邱骆高夏蔡田胡霍万柯卢莫丁邓石"
    "崔龚程陆段侯武刘叶白廖谭曾温艾向易涂乔"
)
_ROLE = (
    "局长|处长|科长|主任|书记|市长|省长|部长|司长|院长|校长|会长|秘书长|经理|董事长|总裁|主席|教授|院士|博士|专家|工程师"
    "|记者|研究员|负责人|厂长|站长|所长|厅长|副总|先生|女士|老师|同志"
)
_SAYS = "表示|介绍|指出|认为|强调|透露|坦言|说"
_PERSONS = (
    re.compile(
        rf"(?:{_ROLE})[：:]?([{_SURNAMES}][\u4e00-\u9fff]{{1,2}}?)(?={_SAYS}|在|出席|主持|主讲|[，。：:、；]|$)"
    ),
    re.compile(rf"(?:^|[，。、；：\s])([{_SURNAMES}][\u4e00-\u9fff]{{1,2}}?)(?={_SAYS}|[：:]|{_ROLE})"),
)
_REGION = re.compile(r"([\u4e00-\u9fff]{2}(?:省|市|县|镇|州))(?![场面民值政级份域上长委下了时去出\d])")
_NO_REGION = re.compile(
    "[全本该各外这那两几个级辖城超上股门夜都地投放省县]|.[全本该各城超上股门夜都地省县级辖约年可能]"
)
_ORDINAL = re.compile(r"第\d+")
_ONE_OF = re.compile(r"(?<![零〇一二三四五六七八九十百千万\d])一(?=[个种项次位名条件批些]|系列)")

_NOT = re.compile(
    r"没有|没能|(?<!罚)没(?!收)|未能|并未|未(?!来|成年)|并非|(?<!能)(?<!会)(?<!是)不(?![断仅但只光久过论管同一日])"
)
_BETWEEN = "会能必须要在把被对将再曾可得应该有是到"
"""Characters that may stand between a denial and what it denies."""

_PAUSE = re.compile("[，,；;：:。！？!?]")
_UP = re.compile(
    "上升|升至|升到|升高|提高|提升|增长|增加|增至|上涨|上浮|扩大|延长|高于|超过|多于|首位|最高|第一|列入|允许|强制"
)
_DOWN = re.compile(
    "下降|降至|降到|降低|降为|减少|减至|缩短|缩小|下跌|下调|下浮|低于|不足|少于|末位|最低|倒数|移出|严禁|禁止|推荐"
)
_CHANGE = re.compile(
    r"[由从][^\d，。；]{0,6}(\d+(?:\.\d+)?)[^\d，。；]{0,8}[到至为成][^\d，。；]{0,6}(\d+(?:\.\d+)?)"
)
_DENIED_LIMIT = re.compile("不(?:得)?(?:低于|少于|超过|高于|多于|足)")


def supports(claim: str, sources: Iterable[str]) -> bool:
    """Whether `sources` together bear `claim`. False without sources, or for a claim without words."""
    return _supports(claim, tuple(sources))


@lru_cache(maxsize=20_000)
def _supports(claim: str, sources: tuple[str, ...]) -> bool:
    wanted = normal(claim)
    if not wanted or not sources:
        return False
    if any(_verbatim(wanted, normal(source)) for source in sources):
        return True
    # A mark that is no white space: facts are compared without it, and digits must not run together.
    source = "；".join(sources)
    if all(_verbatim(piece, normal(source)) for piece in map(normal, _PAUSE.split(claim)) if piece):
        return True
    return (
        not lacking(claim, source)
        and wording(claim, source) >= WORDING
        and all(_clause_holds(clause, source) for clause in clauses(claim))
        and not denies(claim, source)
        and not turns_round(claim, source)
    )


def _verbatim(part: str, source: str) -> bool:
    """Whether `part` stands in `source`, both in normal form, and not only behind a denial that it leaves out."""
    return occurs(source, part) and source.count(part) > sum(
        source.count(denial + part) for denial in "不没未非"
    )


def lacking(claim: str, source: str) -> list[str]:
    """The numbers, ordinals, dates and names of the claim that `source` does not hold, sorted."""
    there, compact = normal(source), plain(source).lower()
    missing_numbers = values(_ONE_OF.sub("", claim)) - values(source)
    ordinals = set(_ORDINAL.findall(words.arabic_ordinals(words.normalize(claim))))
    missing_ordinals = ordinals - set(_ORDINAL.findall(words.arabic_ordinals(words.normalize(source))))
    # A Latin word in small letters is a word like any other.
    missing_names = {
        name for name in names(claim) if name not in compact and not (name.isalpha() and name in claim)
    }
    missing_names |= {name for name in proper_names(claim) if normal(name) not in there}
    return sorted(missing_numbers | missing_ordinals | missing_names)


def proper_names(text: str) -> set[str]:
    """The Chinese names that can be told by their form: provinces, X省 and X市, persons beside 局长 or 表示."""
    text = words.normalize(text)
    found = {place for place in PLACES if place in text}
    found |= {match[1] for match in _REGION.finditer(text) if not _NO_REGION.match(match[1])}
    return found | {match[1] for pattern in _PERSONS for match in pattern.finditer(text)}


def wording(claim: str, source: str) -> float:
    """The share of the claim's different character bigrams (and words of other scripts) that `source` holds, 0..1."""
    wanted = set(words.bigrams(arabic(claim)))
    return len(wanted & _bigrams(source)) / len(wanted) if wanted else 1.0


def clauses(claim: str) -> list[str]:
    """The claim parted at commas, colons and semicolons; pieces of less than five characters join the one before."""
    found: list[str] = []
    for piece in _PAUSE.split(claim):
        if found and (len(normal(found[-1])) < SHORT_CLAUSE or len(normal(piece)) < SHORT_CLAUSE):
            found[-1] += piece
        elif normal(piece):
            found.append(piece)
    return found


def _clause_holds(clause: str, source: str) -> bool:
    wanted, there = normal(arabic(clause)), normal(arabic(source))
    if not coverage_below(wanted, there, NEAR_COPY) and coverage(wanted, there, NEAR_COPY) >= NEAR_COPY:
        return not _new_characters(wanted, there)
    return wording(clause, source) >= CLAUSE_WORDING


def _new_characters(claim: str, source: str) -> set[str]:
    return {character for character in claim if "\u4e00" <= character <= "\u9fff"} - set(source) - _LIGHT


def denies(claim: str, source: str) -> bool:
    """Whether the claim denies what the source says throughout, or says what the source denies throughout."""
    wanted, there = ("".join(words.normalize(text).split()) for text in (claim, source))
    denied, not_said = _denied(wanted), _denied(there)
    return any(pair in there and pair not in not_said for pair in denied) or any(
        pair in wanted and pair not in denied and count >= there.count(pair)
        for pair, count in not_said.items()
    )


def _denied(text: str) -> Counter[str]:
    """The two characters behind each denial, and behind words like 会 or 要 after it: how often each is denied."""
    found: Counter[str] = Counter()
    for match in _NOT.finditer(text):
        at = match.end()
        while len(pair := text[at : at + 2]) == 2 and pair.isalnum():
            found[pair] += 1
            if text[at] not in _BETWEEN:
                break
            at += 1
    return found


def turns_round(claim: str, source: str) -> bool:
    """Whether the claim says 上升, 增加, 最高… where the source only knows 下降, 减少, 最低…, or the other way round.

    Also where 由4.8%压到1.5% has become 从1.5%升到4.8%.
    """
    changes, known = set(_CHANGE.findall(claim)), set(_CHANGE.findall(source))
    if any((after, before) in known and (before, after) not in known for before, after in changes):
        return True
    claim, source = (
        _DENIED_LIMIT.sub("", words.normalize(claim)),
        _DENIED_LIMIT.sub("", words.normalize(source)),
    )
    up, down = bool(_UP.search(claim)), bool(_DOWN.search(claim))
    source_up, source_down = bool(_UP.search(source)), bool(_DOWN.search(source))
    return (up and not source_up and source_down) or (down and not source_down and source_up)


@lru_cache(maxsize=20_000)
def _bigrams(source: str) -> frozenset[str]:
    return frozenset(words.bigrams(arabic(source)))
