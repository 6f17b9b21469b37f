"""Follow-up questions: what was left unsaid, taken from the turns before.

Works by rules on the words of the questions and the last answer; knows nothing of what the documents hold. A question
that has a subject of its own is left as it is: a change of topic must not inherit the last one. rag.rewrite does the same
by a language model, where there is one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index import words
from rag.answer import Turn
from rag.places import PLACES
from rag.question import constraints, content_terms

_LEAD = re.compile(r"^(?:那么?|还有|另外|请问|其中)[，,]?(?=.)")
_ELLIPSIS = re.compile(r"呢[？?。]?$")
_PRONOUN = re.compile(
    r"(?:他|她|它)们?|其(?!他|中|它|余|次|实)|该(?:(?=的)|公司|企业|机构|单位|[校院厂市省])"
)
_PERSON = re.compile(r"[他她]")
_THIS = re.compile(
    r"^(?:这|那|此|上述|前者|后者)(?:(?:[个些家项种份款次批]|件事)(?=[\u4e00-\u9fff]))?(?!样|里|边|时候)"
)
_BARE_QUESTION = re.compile(
    r"(?:[是有叫]|一共|总共|共|达到?|都|还)*(?:谁|什么|多[少久大高长远]|怎么样|如何|怎样|哪|几(?=[个家项条名位天年月台种])|为何|为什么).*$"
)
_SAYS = re.compile(
    r"(?:[，,]|在(?=.{1,8}上)|担任|获得|提出|介绍|讲|说|认为|主张|表示|指出|发布|一共|总共|以后|今后|\d{4}年以来|[来以]来).*$"
)
_WHICH = re.compile(r"的?(?:是|为|叫)(?:哪[个家种一]?|什么)[\u4e00-\u9fff]{0,4}$")
_ASKING = re.compile(
    r"(?:有|是|为|达到?)?(?:多少|哪一?[几两三些]?|几)(?:[个家项条户人名张次种类台件位起批]|天|款)?|(?:是|有)?(?:什么|谁)(?:时候)?|怎么样?|如何|怎样|多久|吗$"
)
_IN_THE_MIDDLE = re.compile(
    r"^(?:又|还|并|也)?(?:在(?!.{2,12}(?:中|里|上|时)[，,])|被|从|由|占|排|比|居|第(?!.{0,4}[条章款])"
    r"|对.{1,8}有(?:什么|哪些|何)|(?:是|有)?(?:谁|何时)|是什么)"
)
"""How a question begins that goes on with the last sentence, whatever it speaks of itself."""
_NO_SUBJECT = re.compile(r"^(?:又|还|并|也)?(?:[有是](?!关)|多少|几|哪|什么|怎么(?!校|做)|为什么|为何|多久)")
_ACTS = re.compile(r"^(?:[\u4e00-\u9fff]{1,2})(?:了|过|到|完|几|多少|哪|什么|[一二两三]\S)")
_GENERIC_SUBJECT = re.compile(r"^(?:一[家个位]|每[家个位]|各)?(?:企业|机构|单位|公司|个人|厂家|员工|有人)")
_WHEN = re.compile(r"^(?:去年|今年|明年|前年|目前|现在|之前|之后|后来|最后|到期|第[一二三四]\S)")
_ATTRIBUTE = re.compile(
    r"(?:率|数|量|额|价格?|费用?|钱|期限?|时间|日期|地点|地址|原因|营业?收入?|营收|收入|利润|成本|面积|比例|排名|名次|速度?|车速"
    r"|要求|条件|流程|步骤|处罚|罚款|奖金|电话|职务|负责人|作者|措施|目标|结果|周期|频次|范围|对象|内容|材料|依据|多久|多少|几)$"
)
_PERIOD = re.compile(
    r"(?:19|20)\d{2}年|今年|去年|前年|明年|[上下]半年|第?[一二三四]季度|(?<!\d)\d{1,2}月|[一二三四五六七八九十]{1,2}月"
)
_GRADE = re.compile(r"(?:第?[一二三四五六七八九十\d]{1,3}|[A-Za-z甲乙丙丁])[级类等档型款章条](?!别|似|待)")
_CITY = re.compile(r"[\u4e00-\u9fff]{2}(?=[市县区])")
_TITLE = re.compile(r"《[^《》]+》")
_STANDARD = re.compile(r"[A-Za-z]{1,6}(?:/[A-Za-z]{1,3})?\s?\d{2,}(?:\.\d+)?(?:[-—]\d{4})?")
FEW_WORDS = 3
"""A question of no more content words than this, all of which were just spoken of, goes on with what was spoken of."""


def stand_alone(text: str, turns: Sequence[Turn], names: Sequence[str] = ()) -> str:
    """`text` as a question that can be understood without the `turns` before it (oldest first).

    Rules, tried in order: X呢？ puts X in the place of what is of its kind in the last question (a place, a period, a
    person, a title), or asks for X of the last topic; 它, 他, 该… stand for the last subject or person; 这… brings in all
    that the last question was about; a question without a subject of its own, or of words just spoken of, brings in
    its topic; any other stays as it is. `names` are people's names as the documents print them.
    """
    text = text.strip()
    if not turns:
        return text
    last = _Last.of(turns[-1], names)
    body = _LEAD.sub("", text)
    if _ELLIPSIS.search(body):
        return last.asked_of(_ELLIPSIS.sub("", body))
    pronoun = _PRONOUN.search(body)
    if pronoun and (spoken_of := last.entity(bool(_PERSON.match(pronoun[0])))):
        return _joined(body[: pronoun.start()] + spoken_of, body[pronoun.end() :], "")
    if _THIS.search(body):
        return _joined(last.whole, _THIS.sub("", body))
    if not _follows(body, last, names, given=body != text):
        return text
    return _joined(last.whole if _IN_THE_MIDDLE.search(body) else last.topic, body)


@dataclass(frozen=True, slots=True)
class _Last:
    """The last turn: its stand-alone question, and all that was said in it, normalised."""

    question: str
    typed: str
    answer: str
    said: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, turn: Turn, names: Sequence[str]) -> _Last:
        question = (turn.standalone or turn.question).strip().rstrip("？?。 ")
        said = words.normalize(f"{question}。{turn.answer}")
        return cls(question, turn.question.strip(), turn.answer, said, tuple(names))

    @property
    def topic(self) -> str:
        """What the talk is about, without what the last question asked: 海岳省有多少家机构，年营收 → 海岳省机构.

        Where a work is named, that is the topic: what was asked of it would pass for half of the next question.
        """
        head = re.split("[，,]", self.question, maxsplit=1)[0]
        named = [*_TITLE.findall(head), *_STANDARD.findall(head)]
        return named[0] if len(named) == 1 else _ASKING.sub("", _WHICH.sub("", head) or head)

    @property
    def whole(self) -> str:
        """All that the last question was about, without its question words; of a long talk its topic and its end."""
        end = re.split("[，,]", self.question)[1:][-1:]
        return "，".join(dict.fromkeys([self.topic, *(_ASKING.sub("", part) for part in end)]))

    def entity(self, person: bool) -> str:
        """Whom or what a pronoun stands for: a person named last, or the subject of the last question."""
        if person:
            for text in (self.typed, self.question, self.answer):
                found = [name for name in self.names if name in text]
                if found:
                    return min(found, key=text.index)
        head = re.split("[，,]", self.question, maxsplit=1)[0]
        subject = _SAYS.sub("", _BARE_QUESTION.sub("", head)) or _BARE_QUESTION.sub("", head)
        return subject if content_terms(subject) or subject in self.names else self.topic

    def asked_of(self, new: str) -> str:
        """The last question asked of `new`, or `new` of the last topic."""
        new = _LEAD.sub("", new)
        old = self._alike(new)
        if old and old != new:
            return self.question.replace(old, new) + "？"
        return _joined(self.topic, new)

    def _alike(self, new: str) -> str:
        """What in the last question is of the kind of `new`, "" where nothing is."""
        last = self.question
        for pattern in (_TITLE, _PERIOD, _STANDARD):
            if pattern.fullmatch(new) and (found := pattern.search(last)):
                return found[0]
        places = [place for place in PLACES if place in last]
        if places and any(place in new for place in PLACES):
            return places[0]
        if grade := _GRADE.match(new):
            rest = new[grade.end() :]
            found_grades = [one[0] for one in _GRADE.finditer(last) if one[0][-1] == grade[0][-1]]
            return next((one + rest if one + rest in last else one for one in found_grades), "")
        if new in self.names:
            return next((name for name in self.names if name in last), "")
        if _ATTRIBUTE.search(new):
            return ""
        cities = [last[found.start() : found.end() + 1] for found in _CITY.finditer(last)]
        if cities and (new[-1:] in "市县区" or words.tag(new) in ("", "ns", "nr")) and len(new) <= 4:
            return cities[-1] if new[-1:] in "市县区" else cities[-1][:-1]
        return self._same_slot(new)

    def _same_slot(self, new: str) -> str:
        """What X was in an X呢？ before this one, or 其中X…; or a word that ends as `new` does, as B级 and C级 do."""
        before = _LEAD.sub("", self.typed)
        if _ELLIPSIS.search(before):
            slot = _ELLIPSIS.sub("", before)
            return slot if slot in self.question and not _ATTRIBUTE.search(slot) else ""
        if before != self.typed:
            first = next(iter(content_terms(before, self.names)), "")
            return first if first in self.question else ""
        terms = [term for term in content_terms(self.question, self.names) if term in self.question]
        return next(
            (t for t in terms if len(t) > 1 < len(new) and t[-1] == new[-1] and not _ATTRIBUTE.search(t)), ""
        )


def _follows(text: str, last: _Last, names: Sequence[str], given: bool) -> bool:
    """Whether a question leaves its subject to the turn before; `given` if a word such as 其中 says that it does."""
    terms = content_terms(text, names)
    if not terms:
        return True
    # A counter may stick to a word that no dictionary has: 多少套检具 gives 套检具.
    fresh = [term for term in terms if term not in last.said and (len(term) < 3 or term[1:] not in last.said)]
    if not fresh and len(terms) <= FEW_WORDS:
        return not any(name in text for name in names)
    if constraints(text) or any(name in text for name in names):
        return False
    if given or _IN_THE_MIDDLE.search(text):
        return True
    own = [term for term in fresh if _is_thing(term) and not _GENERIC_SUBJECT.fullmatch(term)]
    bare = _WHEN.sub("", text)
    if _GENERIC_SUBJECT.search(bare) or _NO_SUBJECT.search(bare) or _ACTS.search(bare):
        return not own
    return all(_ATTRIBUTE.search(term) for term in terms)


def _is_thing(term: str) -> bool:
    """Whether a word names something that can be a topic by itself: a noun that is no attribute, or an unknown word."""
    return len(term) > 1 and words.tag(term)[:1] in ("", "n", "j", "l", "i") and not _ATTRIBUTE.search(term)


def _joined(before: str, text: str, between: str = "，") -> str:
    return f"{before}{between}{text}" if before else text
