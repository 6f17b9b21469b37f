"""Whether the system keeps silent where the documents do: who was refused, and what its confidence is worth.

A refusal is what the record says (`status`); for systems that only write text, `is_refusal` knows the usual phrases.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.record import Record, Score
from eval.text import statements
from rag.cite import MARK, without_marks
from rag.refusal import says_not_found

_SOURCES = r"资料|文档|文件|文中|原文|上下文|材料|知识库|检索结果|已知信息|提供的(?:信息|内容|文本|段落|片段)|搜索结果|语料"
_REFUSALS = re.compile(
    rf"(?:{_SOURCES})[^。！？\n]{{0,20}}(?:没有|并未|未|不)(?:能)?(?:直接|明确|具体)?(?:找到|提到|提及|说明|包含|涉及|给出|提供|记载|回答|检索到|足以|足够)"
    r"|(?:没有|未能?|无法)(?:在[^。！？\n]{0,20})?(?:找到|检索到|查到|搜索到)[^。！？\n]{0,20}(?:信息|内容|答案|资料|结果|依据|记录)"
    r"|(?:无法|不能|难以)(?:据此|从中|直接|准确|根据[^。！？\n]{0,15})?(?:回答|作答|确定答案|给出答案|得知|判断答案|得出答案)"
    r"|(?:没有|暂无|缺乏|缺少)(?:任何|足够的?|相关的?|有关的?)+(?:信息|资料|内容|依据|记载)"
    r"|信息不足|资料不足|我不知道|我不清楚|不得而知|资料未载|超出了?[^。！？\n]{0,10}(?:范围|知识)"
    r"|(?:do(?:es)? not|don't|doesn't|cannot|can't|could not|couldn't|unable to|not able to)"
    r"[^.!?\n]{0,30}(?:know|answer|find|contain|mention|provide|determine|have enough)"
    r"|(?:no|insufficient|not enough) (?:relevant )?(?:information|answer|mention|evidence)"
    r"|(?:is|are|was|were) not (?:mentioned|stated|provided|found|specified)",
    re.IGNORECASE,
)
"""What refusals say, read off answers of several systems; RGB's one fixed phrase (信息不足) among them."""


def is_refusal(text: str) -> bool:
    """Whether an answer of an unknown system is a refusal: it says nothing, or its first sentence says it does not know.

    An answer that goes on with sentences that cite something is a partial answer, and no refusal.
    """
    plain = without_marks(text).strip()
    if says_not_found(plain):
        return True
    first = re.split(r"[。！？!?\n]|\.\s", plain, maxsplit=1)[0]
    first = re.sub(r"^(?:很?抱歉|对不起|sorry)[，,、 ]*", "", first, flags=re.IGNORECASE)
    return bool(_REFUSALS.search(first)) and not any(one.marks for one in statements(text)[1:])


def was_refused(record: Record) -> bool:
    """Whether a record is a refusal; one that calls itself an answer, cites nothing and says it does not know is one."""
    if record.status == "answered":
        return not MARK.search(record.answer) and not record.citations and is_refusal(record.answer)
    return record.status == "refused"


def refusal_values(answerable: bool, refused: bool) -> dict[str, float]:
    """The refusal metrics of one question, positive being "should refuse".

    refusal_recall on what should be refused, over_refusal on what should not, refusal_precision on what was.
    """
    values = {"over_refusal" if answerable else "refusal_recall": float(refused)}
    if refused:
        values["refusal_precision"] = float(not answerable)
    return values


@dataclass(frozen=True, slots=True)
class RefusalMatrix:
    """How many questions: by whether they have an answer in the documents, and what became of them."""

    answered_right: int = 0
    answered_wrong: int = 0
    refused_wrongly: int = 0
    refused_rightly: int = 0
    should_have_refused: int = 0
    errors: int = 0

    @property
    def precision(self) -> float | None:
        """The share of refusals that were due; None without any."""
        return _share(self.refused_rightly, self.refused_rightly + self.refused_wrongly)

    @property
    def recall(self) -> float | None:
        """The share of unanswerable questions that were refused; None without any. Errors are not counted."""
        return _share(self.refused_rightly, self.refused_rightly + self.should_have_refused)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None without due refusals of either kind."""
        found = self.refused_rightly
        return _share(2 * found, 2 * found + self.refused_wrongly + self.should_have_refused)


def refusal_matrix(scores: Sequence[Score]) -> RefusalMatrix:
    """Counts of all questions; each is in exactly one field. Questions that nothing can grade count as right."""
    counts = {name: 0 for name in RefusalMatrix.__slots__}
    for score in scores:
        counts[_cell(score)] += 1
    return RefusalMatrix(**counts)


def _cell(score: Score) -> str:
    if score.values.get("error"):
        return "errors"
    if score.refused:
        return "refused_wrongly" if score.answerable else "refused_rightly"
    if not score.answerable:
        return "should_have_refused"
    return "answered_right" if score.values.get("correct", 1.0) else "answered_wrong"


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """What answering only at `threshold` or above would give: shares of all questions answered, and of those wrong."""

    threshold: float
    coverage: float
    risk: float


def risk_coverage(scores: Sequence[Score], records: Mapping[str, Record]) -> list[RiskPoint]:
    """The risk-coverage curve (El-Yaniv & Wiener, JMLR 2010) by record.confidence, from the highest threshold down.

    Over the questions with a confidence. What the system refused stays refused at every threshold, since what it
    would have said is not known; so the curve ends at the coverage it has. Higher thresholds than its own can be read off.
    """
    rated = _rated(scores, records)
    answered = sorted(
        ((confidence, one) for confidence, one in rated if not one.refused and not one.values.get("error")),
        key=lambda pair: -pair[0],
    )
    points: list[RiskPoint] = []
    wrong = 0
    for count, (confidence, one) in enumerate(answered, start=1):
        wrong += not one.passed
        last_of_equals = count == len(answered) or answered[count][0] != confidence
        if last_of_equals:
            points.append(RiskPoint(confidence, count / len(rated), wrong / count))
    return points


def auroc(scores: Sequence[Score], records: Mapping[str, Record]) -> float | None:
    """The chance that an answerable question has more confidence than an unanswerable one (ties half); None without both.

    The area under the ROC curve by the Mann-Whitney statistic (Hanley & McNeil, Radiology 1982).
    """
    rated = _rated(scores, records)
    positive = [confidence for confidence, one in rated if one.answerable]
    negative = [confidence for confidence, one in rated if not one.answerable]
    if not positive or not negative:
        return None
    wins = sum((high > low) + (high == low) / 2 for high in positive for low in negative)
    return wins / (len(positive) * len(negative))


def best_threshold(scores: Sequence[Score], records: Mapping[str, Record]) -> float | None:
    """The confidence from which to answer: the one that best parts the answerable from the others; None without both.

    The greatest sum of the share of answerable questions answered and of others refused (W. Youden, Cancer 1950); the
    lowest such threshold, as refusing more must earn something.
    """
    rated = _rated(scores, records)
    answerable = [confidence for confidence, one in rated if one.answerable]
    others = [confidence for confidence, one in rated if not one.answerable]
    if not answerable or not others:
        return None

    def gain(threshold: float) -> float:
        answered = sum(confidence >= threshold for confidence in answerable) / len(answerable)
        return answered + sum(confidence < threshold for confidence in others) / len(others)

    return max(sorted({confidence for confidence, _ in rated}), key=gain)


def _rated(scores: Sequence[Score], records: Mapping[str, Record]) -> list[tuple[float, Score]]:
    """The scores whose record has a confidence, with it."""
    rated = []
    for score in scores:
        confidence = records[score.id].confidence if score.id in records else None
        if confidence is not None:
            rated.append((confidence, score))
    return rated


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
