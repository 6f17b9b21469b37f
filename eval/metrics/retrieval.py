"""Whether what proves an answer was found, and how high: measures of a ranking against groups of gold evidence.

All are shares, higher is better. `ranks` are those of `matching.first_rank`, one a group; `k` counts passages from the top.
A group is hit at k when any of its alternatives stands in the first k passages.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from eval.gold import GoldItem
from eval.metrics.matching import matched_length, ranks, same_document
from eval.record import Found
from eval.text import normal

CUTOFFS = (1, 3, 5, 10)
"""Values of k that are reported."""


def evidence_recall(ranks: Sequence[int | None], k: int) -> float:
    """The share of groups hit at k (recall: van Rijsbergen 1979, with groups for documents)."""
    return sum(rank is not None and rank <= k for rank in ranks) / len(ranks)


def all_evidence(ranks: Sequence[int | None], k: int) -> float:
    """1 if every group is hit at k, so that an answer is possible; else 0."""
    return float(all(rank is not None and rank <= k for rank in ranks))


def reciprocal_rank(ranks: Sequence[int | None]) -> float:
    """1 / rank of the first passage with evidence, 0 without one (E. Voorhees, TREC-8 QA track, 1999)."""
    return max((1 / rank for rank in ranks if rank is not None), default=0.0)


def ndcg(ranks: Sequence[int | None], k: int = 10) -> float:
    """Discounted gain of groups, each credited once, over that of the best ranking (Järvelin & Kekäläinen 2002).

    A group at rank r is worth 1 / log2(r + 1); the best ranking has the groups at 1, 2, …. Groups that one passage
    brings together are credited as if they came one after the other from there, so that this is 1 for a first
    passage that holds them all, and never more. Equals ir_measures' nDCG@k where no passage serves two groups.
    """
    gain, last = 0.0, 0
    for rank in sorted(rank for rank in ranks if rank is not None):
        last = max(rank, last + 1)
        if last <= k:
            gain += 1 / log2(last + 1)
    return gain / sum(1 / log2(i + 1) for i in range(1, min(len(ranks), k) + 1))


def context_precision(item: GoldItem, sent: Sequence[Found]) -> float:
    """The share of the passages sent to the answerer in which some alternative of some group stands."""
    matching = {rank for group in item.evidence for rank in ranks(group, sent)}
    return len(matching) / len(sent) if sent else 0.0


def evidence_share(item: GoldItem, sent: Sequence[Found]) -> float:
    """Characters of gold quotations over all characters sent: RAGEval's effective information rate (arXiv 2408.01262).

    A group counts with its best alternative, once; quotations that overlap are counted to at most the whole.
    """
    total = sum(len(normal(found.text)) for found in sent)
    matched = (
        sum(
            max(
                matched_length(one.quote, found.text) if same_document(one.document, found.document) else 0
                for one in group
                for found in sent
            )
            for group in item.evidence
        )
        if sent
        else 0
    )
    return min(1.0, matched / total) if total else 0.0


def retrieval_values(
    item: GoldItem, retrieved: Sequence[Found], sent: int, ranks: Sequence[int | None]
) -> dict[str, float]:
    """All retrieval metrics of one question by name; none for a question without evidence."""
    if not item.evidence:
        return {}
    values = {f"evidence_recall@{k}": evidence_recall(ranks, k) for k in CUTOFFS}
    values |= {f"all_evidence@{k}": all_evidence(ranks, k) for k in CUTOFFS}
    values |= {
        "evidence_recall@sent": evidence_recall(ranks, sent),
        "all_evidence@sent": all_evidence(ranks, sent),
        "mrr": reciprocal_rank(ranks),
        "ndcg@10": ndcg(ranks, 10),
        "context_precision": context_precision(item, retrieved[:sent]),
    }
    if any(normal(one.quote) for group in item.evidence for one in group):
        values["evidence_share"] = evidence_share(item, retrieved[:sent])
    return values
