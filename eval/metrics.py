"""Measures of one answer against its gold item, and their means. Pure functions, no language model.

Texts are compared in NFKC, lower case, without white space and without [n] marks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval.gold import GoldItem


@dataclass(frozen=True, slots=True)
class Score:
    """How one answer did; all that does not apply to its kind of question is None."""

    id: str
    answerable: bool
    refused: bool
    correct: bool | None
    """Every fact is in the answer (answerable questions only)."""
    evidence_cited: bool | None
    """Every gold quotation stands in a cited passage of its document."""
    evidence_quoted: bool | None
    """Every gold quotation overlaps a cited sentence: the quotation is in the sentence or the other way round."""
    length: int
    """Characters of the answer without its marks."""


def normal(text: str) -> str:
    """`text` as it is compared."""
    text = re.sub(r"\[\d+\]", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"\s+", "", text).lower()


def holds_facts(answer: str, facts: Sequence[Sequence[str]]) -> bool:
    """Whether `answer` holds at least one alternative of every group."""
    text = normal(answer)
    return all(any(normal(alternative) in text for alternative in group) for group in facts)


def score(item: GoldItem, answer: Mapping[str, Any], longest: int = 200) -> Score:
    """Measure `answer` (a line of `zhida ask --batch`). Only its first `longest` characters can be correct."""
    text = re.sub(r"\[\d+\]", "", answer["answer"])
    refused = answer["status"] != "answered"
    correct = cited = quoted = None
    if item.answerable:
        correct = not refused and holds_facts(text[:longest], item.facts)
        citations = answer["citations"]
        cited = _all_found(item, [(c["document"], c["passage"]) for c in citations], both_ways=False)
        quoted = _all_found(item, [(c["document"], c["quote"]) for c in citations], both_ways=True)
    return Score(item.id, item.answerable, refused, correct, cited, quoted, len(text))


def _all_found(item: GoldItem, cited: Sequence[tuple[str, str]], both_ways: bool) -> bool:
    for evidence in item.evidence:
        quote = normal(evidence.quote)
        texts = [normal(text) for document, text in cited if document == evidence.document]
        if not any(quote in text or (both_ways and text in quote) for text in texts):
            return False
    return bool(item.evidence)


def summary(scores: Sequence[Score]) -> dict[str, float]:
    """Shares over the questions each measure applies to, 0..1; a measure that applies to none is left out."""
    answerable = [one for one in scores if one.answerable]
    unanswerable = [one for one in scores if not one.answerable]
    result: dict[str, float] = {"questions": len(scores)}
    if answerable:
        n = len(answerable)
        result |= {
            "correct": sum(bool(one.correct) for one in answerable) / n,
            "evidence_cited": sum(bool(one.evidence_cited) for one in answerable) / n,
            "evidence_quoted": sum(bool(one.evidence_quoted) for one in answerable) / n,
            "over_refusal": sum(one.refused for one in answerable) / n,
            "mean_length": sum(one.length for one in answerable) / n,
        }
    if unanswerable:
        result["refusal_recall"] = sum(one.refused for one in unanswerable) / len(unanswerable)
    return result
