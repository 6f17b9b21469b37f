"""Whether an answer says what it should: facts, numbers, forbidden words, and its likeness to reference answers.

`correct` decides; the measures of likeness never gate, since changing one year in an answer leaves character F1 above
0.97 while it turns the answer wrong. All are shares 0..1, higher is better except for `forbidden`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from eval.gold import Fact, GoldItem
from eval.metrics.quantities import amounts, dates, has_unit, unit_of, values
from eval.record import FactTick, Record
from eval.text import arabic, holds, lcs_length, normal
from rag.cite import without_marks
from rag.facts import missing

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to vectors of unit length, shape (n, dimension)."""

SAME_WORDS = 4
"""Characters of a clause before a value from which two values in the same words contradict each other."""

MOST_OF_REFERENCE = 0.5
"""The least share of a reference answer that a shorter answer has to be."""

_DENIED = re.compile(r"(?:不是|并非|而非|不再是|没有达到|未达到?)(?:约|近|大约)?$")
_LIST_NUMBER = re.compile(r"^[ \t]*[(（]?\d{1,2}(?:[、)）]|[.．](?!\d))", re.MULTILINE)


def tick(fact: Fact, answer: str, question: str = "") -> FactTick:
    """Whether `fact` stands in `answer`.

    text      one of `any` stands there (eval.text.holds)
    number    a number with that unit is off by at most the tolerance; so for percent, where ‰ and 成 are converted
    date      a date is that one or says it more exactly; a missing year is taken from the date before it or the question
    list      the share of the members needed, at most 1

    A value does not count where it is denied (不是66项), offered beside another (66项或56项), or where the answer
    gives another value for the same unit in the same words (标准共66项……标准共56项). Other values with that
    unit do no harm: what is quoted from a document holds many.
    """
    return FactTick(shown(fact), fact.vital, _found(fact, answer, question))


def shown(fact: Fact) -> str:
    """The fact as a person would write it."""
    if fact.type == "list":
        members = "、".join("/".join(member) for member in fact.members)
        return f"{members}（≥{fact.least}）" if fact.least else members
    if fact.type == "text":
        return " / ".join(fact.any)
    value = f"{fact.value:.12g}" if isinstance(fact.value, int | float) else fact.value
    unit = "%" if fact.type == "percent" else fact.unit
    tolerance = f" ±{fact.tolerance:g}" if fact.tolerance else ""
    return f"{value}{unit}{tolerance}"


def _found(fact: Fact, answer: str, question: str) -> float:
    if any(holds(answer, alternative) for alternative in fact.any):
        return 1.0
    if fact.type == "list":
        needed = fact.least or len(fact.members)
        matched = sum(any(holds(answer, one) for one in member) for member in fact.members)
        return min(1.0, matched / needed)
    if fact.type == "date":
        return float(_has_date(str(fact.value), answer, question))
    if fact.type in ("number", "percent"):
        return float(_has_amount(fact, answer))
    return 0.0


def _has_amount(fact: Fact, answer: str) -> bool:
    unit, factor = unit_of("%" if fact.type == "percent" else fact.unit)
    value, slack = (
        float(fact.value) * factor,
        fact.tolerance * factor + 1e-9 * abs(float(fact.value) * factor),
    )
    counted = [amount for amount in amounts(answer) if has_unit(amount, unit)]
    right = [abs(amount.value - value) <= slack for amount in counted]
    return _stands([(amount.lead, fits) for amount, fits in zip(counted, right, strict=True)])


def _has_date(value: str, answer: str, question: str) -> bool:
    years = {date.iso[:4] for date in dates(question)}
    found = dates(answer, years.pop() if len(years) == 1 else "")
    return _stands([(date.lead, date.iso == value or date.iso.startswith(value + "-")) for date in found])


def _stands(values: Sequence[tuple[str, bool]]) -> bool:
    """Whether a right value stands among (its clause before it, whether it is right), undenied and uncontradicted."""
    wrong = {lead for lead, fits in values if not fits and len(lead) >= SAME_WORDS}
    for at, (lead, fits) in enumerate(values):
        if not fits or _DENIED.search(lead) or lead in wrong:
            continue
        offered = lead.endswith(("或", "或者", "还是")) or (
            at + 1 < len(values)
            and values[at + 1][0].startswith(lead)
            and values[at + 1][0].endswith(("或", "或者", "还是"))
        )
        if not offered:
            return True
    return False


def is_correct(item: GoldItem, answer: str, ticks: Sequence[FactTick], forbidden: bool) -> bool | None:
    """Whether an answer that was given (no refusal) is right; None where the item says nothing that could tell.

    With facts: every vital one is found. Without, but with reference answers: one of them stands in the answer; or the
    answer stands in one of them, is at least half as long and lacks none of its numbers and names; a reference
    of a single character (是) has to begin the answer. Nothing forbidden may be said.
    """
    if forbidden:
        return False
    if item.facts:
        return all(one.found >= 1 for one in ticks if one.vital)
    if item.answers:
        return any(_says(answer, reference) for reference in item.answers)
    return True if item.forbidden else None


def _says(answer: str, reference: str) -> bool:
    given, wanted = normal(arabic(answer)), normal(arabic(reference))
    if len(wanted) == 1:
        return given.startswith(wanted)
    if holds(answer, reference):
        return True
    long_enough = len(given) >= max(2, MOST_OF_REFERENCE * len(wanted))
    return long_enough and given in wanted and not missing(reference, answer)


def says_forbidden(item: GoldItem, answer: str) -> bool:
    """Whether anything forbidden stands in the answer."""
    return any(holds(answer, one) for one in item.forbidden)


def fact_recall(ticks: Iterable[FactTick], vital_only: bool) -> float | None:
    """The mean share found of the (vital) facts: nuggetizer's strict scores (arXiv 2504.15068); None without any."""
    found = [one.found for one in ticks if one.vital or not vital_only]
    return sum(found) / len(found) if found else None


def number_precision(answer: str, sources: Iterable[str]) -> float | None:
    """The share of the answer's different numbers that stand in `sources`, by value; None without numbers.

    Numbers of dates count one by one. The numbers of a list's points do not count.
    """
    said = values(_LIST_NUMBER.sub("", answer))
    known = frozenset[str]().union(*(values(source) for source in sources))
    return len(said & known) / len(said) if said else None


def char_f1(answer: str, reference: str) -> float:
    """2·|A∩R| / (|A|+|R|) over the multisets of characters in normal form (SQuAD's F1, Rajpurkar 2016, by character)."""
    given, wanted = normal(answer), normal(reference)
    total = len(given) + len(wanted)
    return 2 * (Counter(given) & Counter(wanted)).total() / total if total else 1.0


def rouge_l(answer: str, reference: str) -> float:
    """The F1 of the longest common subsequence of characters in normal form (C.-Y. Lin 2004, with beta = 1)."""
    given, wanted = normal(answer), normal(reference)
    total = len(given) + len(wanted)
    return 2 * lcs_length(given, wanted) / total if total else 1.0


def exact_match(answer: str, reference: str) -> float:
    """1 if both are equal in normal form, else 0."""
    return float(normal(answer) == normal(reference))


def similarity(answer: str, references: Sequence[str], embed: Embed) -> float:
    """The greatest cosine of the answer's vector with a reference's; below 0 counts as 0, an empty answer as 0."""
    plain = without_marks(answer).strip()
    if not plain:
        return 0.0
    vectors = embed([plain, *references])
    return float(np.clip((vectors[1:] @ vectors[0]).max(), 0.0, 1.0))


def likeness_values(item: GoldItem, answer: str, embed: Embed | None) -> dict[str, float]:
    """Likeness to the nearest of the reference answers, by name; none without any. `answer` is "" for a refusal."""
    if not item.answers:
        return {}
    measures = {"char_f1": char_f1, "rouge_l": rouge_l, "exact_match": exact_match}
    values = {name: max(measure(answer, one) for one in item.answers) for name, measure in measures.items()}
    if embed is not None:
        values["similarity"] = similarity(answer, item.answers, embed)
    return values


def answer_values(
    item: GoldItem, record: Record, refused: bool, limit: int = 200, embed: Embed | None = None
) -> tuple[dict[str, float], tuple[FactTick, ...]]:
    """The metrics of an answerable question by name, and its facts ticked. A refusal or an error is wrong.

    Facts count only within the first `limit` characters of the answer without its marks; 0 is no limit.
    """
    answer = "" if refused or record.status == "error" else without_marks(record.answer)
    counted = answer[:limit] if limit else answer
    ticks = tuple(tick(fact, counted, item.question) for fact in item.facts)
    forbidden = says_forbidden(item, answer)
    correct = is_correct(item, counted, ticks, forbidden)
    values = {
        "correct": None if correct is None else float(correct and bool(answer.strip())),
        "fact_recall": fact_recall(ticks, vital_only=True),
        "fact_recall_all": fact_recall(ticks, vital_only=False),
        "forbidden": float(forbidden) if item.forbidden else None,
    }
    return {name: value for name, value in values.items() if value is not None} | likeness_values(
        item, answer, embed
    ), ticks
