"""Why a question failed: the first place on the way from the documents to the answer at which its evidence got lost.

    in a document → in its text → in a passage → retrieved → sent → cited → answered

Says where, not what to change; a question that needs several pieces of evidence is as far as the one that came least far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.record import Anchor, Cause, EvidenceTrace

_LOST_AT: Mapping[Anchor, Cause] = {
    "missing": "not_in_documents",
    "lost": "lost_in_reading",
    "split": "split_apart",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question. `sent` is how many passages the answerer read.

    `shows_passages` and `shows_citations` say whether the system tells what it retrieved and cited at all; of one that
    does not, those stages cannot be blamed.
    """

    answerable: bool
    failed: bool
    refused: bool = False
    error: bool = False
    sent: int = 0
    shows_passages: bool = True
    shows_citations: bool = True


def cause_of(outcome: Outcome, evidence: Sequence[EvidenceTrace] = ()) -> Cause:
    """The cause of a failure, "" where there is none.

    An error comes before everything: nothing else can be known of it. Where its documents stand with a quotation
    (anchors) is asked only of one that was not retrieved. A refusal cites nothing, so it is never called not_cited;
    what was cited was there, whatever the list of retrieved passages says.
    """
    if outcome.error:
        return "error"
    if not outcome.failed:
        return ""
    if not outcome.answerable:
        return "should_have_refused"
    return _in_documents(outcome, evidence) or _in_ranking(outcome, evidence) or _in_answer(outcome, evidence)


def _in_documents(outcome: Outcome, evidence: Sequence[EvidenceTrace]) -> Cause:
    found = {trace.anchor for trace in evidence if trace.rank is None and not trace.cited}
    return next((cause for anchor, cause in _LOST_AT.items() if anchor in found), "")


def _in_ranking(outcome: Outcome, evidence: Sequence[EvidenceTrace]) -> Cause:
    if not outcome.shows_passages:
        return ""
    if any(trace.rank is None and not trace.cited for trace in evidence):
        return "not_retrieved"
    return (
        "ranked_low"
        if any((trace.rank or 0) > outcome.sent and not trace.cited for trace in evidence)
        else ""
    )


def _in_answer(outcome: Outcome, evidence: Sequence[EvidenceTrace]) -> Cause:
    if outcome.refused:
        return "refused_wrongly"
    if outcome.shows_citations and any(not trace.cited for trace in evidence):
        return "not_cited"
    return "wrong_answer"
