"""Whether citations bear what they are put beside: ALCE's citation recall and precision, without a language model.

Claims, marks and support are those of eval.text and eval.metrics.support, for every system alike, whatever a system says of
its own citations. All figures are shares 0..1, higher is better.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from eval.gold import Evidence, GoldItem
from eval.metrics.matching import first_rank, same_document
from eval.metrics.refusals import is_refusal
from eval.metrics.support import supports
from eval.record import Claim, Found, Record
from eval.text import Statement, normal, statements
from rag.cite import MARK

_AROUND = ("title", "heading", "speaker_title", "speaker", "published")
"""What a reader sees beside a citation: an answer may take a name or a date from there."""

_COURTESY = re.compile(r"^(?:您?好|你好|希望|如需|如果您|如有|欢迎|请问|感谢|谢谢|以下是|综上所述?[，,]?$)")


def sources(record: Record) -> dict[int, str]:
    """What each citation's number stands for: its passage, with title, speaker and date of its article."""
    found: dict[int, str] = {}
    for citation in record.citations:
        around = [str(citation.get(name) or "") for name in _AROUND]
        # Title before speaker before name, with nothing between them, as an attribution is written.
        found[int(citation["number"])] = "；".join(
            [*around[:2], around[2] + around[3], around[4], _text(citation)]
        )
    return found


def _text(citation: Mapping[str, Any]) -> str:
    """The passage, and the quotation where it is not a piece of the passage or there is none."""
    passage, quote = str(citation.get("passage") or ""), str(citation.get("quote") or "")
    return passage if quote in passage else f"{passage}\n{quote}"


def checked_claims(record: Record) -> list[Claim]:
    """The claims of an answer, each with whether what it cites supports it.

    ALCE (T. Gao et al., arXiv 2305.14627, section 4): without a citation, or with a mark that stands for nothing, a
    claim is not supported. Courtesies, and that something is not in the documents, are no claims.
    """
    known = sources(record)
    return [_checked(one, known) for one in statements(_parted(record)) if _is_claim(one)]


def _parted(record: Record) -> str:
    """The answer with a line end behind each quotation, cited word for word, that no punctuation follows.

    A quoted headline has no full stop; without this it would be one claim with the sentence behind it.
    """
    text = record.answer
    for citation in record.citations:
        quoted = f"{citation.get('quote') or ''}[{citation['number']}]"
        text = re.sub(
            re.escape(quoted) + r"(?![\[【，。、；：！？,.;:!?”」』）)])", lambda found: found[0] + "\n", text
        )
    return text


def _is_claim(statement: Statement) -> bool:
    return bool(statement.marks) or not (_COURTESY.match(statement.text) or is_refusal(statement.text))


def _checked(statement: Statement, known: Mapping[int, str]) -> Claim:
    exist = all(mark in known for mark in statement.marks)
    supported = exist and supports(statement.text, [known[mark] for mark in statement.marks])
    return Claim(statement.text, statement.marks, supported)


def citation_recall(claims: Sequence[Claim]) -> float | None:
    """The share of claims that all of what they cite supports; None without claims."""
    return sum(claim.supported for claim in claims) / len(claims) if claims else None


def citation_precision(claims: Sequence[Claim], known: Mapping[int, str]) -> float | None:
    """The share of citations that support their claim alone or without which the others do not; None without any.

    Citations of a claim that is not supported count as wrong (ALCE, section 4).
    """
    needed = [claim.supported and _is_needed(claim, mark, known) for claim in claims for mark in claim.marks]
    return sum(needed) / len(needed) if needed else None


def _is_needed(claim: Claim, mark: int, known: Mapping[int, str]) -> bool:
    if supports(claim.text, [known[mark]]):
        return True
    return not supports(claim.text, [known[other] for other in claim.marks if other != mark])


def citation_validity(answer: str, known: Mapping[int, str]) -> float | None:
    """The share of the [n] in `answer` that stand for a citation; None without any. Every mark counts."""
    numbers = [int(number) for mark in MARK.finditer(answer) for number in re.findall(r"\d+", mark[1])]
    return sum(number in known for number in numbers) / len(numbers) if numbers else None


def cited_groups(item: GoldItem, record: Record) -> list[bool]:
    """For each group of gold evidence, whether an alternative stands in a passage that was cited."""
    cited = [Found(str(one.get("document") or ""), _text(one)) for one in record.citations]
    return [first_rank(group, cited) is not None for group in item.evidence]


def quoted_groups(item: GoldItem, record: Record) -> list[bool]:
    """For each group, whether an alternative stands in the quotation of a citation, or the quotation in it."""
    return [
        any(_is_quoted(one, citation) for one in group for citation in record.citations)
        for group in item.evidence
    ]


def _is_quoted(evidence: Evidence, citation: Mapping[str, Any]) -> bool:
    if not same_document(evidence.document, str(citation.get("document") or "")):
        return False
    gold, quote = normal(evidence.quote), normal(str(citation.get("quote") or ""))
    return gold in quote or (bool(quote) and quote in gold)


def citation_values(record: Record, claims: Sequence[Claim]) -> dict[str, float]:
    """Citation recall, precision and validity of one answer by name, those that it has."""
    known = sources(record)
    values = {
        "citation_recall": citation_recall(claims),
        "citation_precision": citation_precision(claims, known),
        "citation_validity": citation_validity(record.answer, known),
    }
    return {name: value for name, value in values.items() if value is not None}


def evidence_values(item: GoldItem, record: Record) -> dict[str, float]:
    """evidence_cited and evidence_quoted: shares of the groups; none for a question without evidence."""
    if not item.evidence:
        return {}
    cited, quoted = cited_groups(item, record), quoted_groups(item, record)
    return {"evidence_cited": sum(cited) / len(cited), "evidence_quoted": sum(quoted) / len(quoted)}
