"""Every metric by name: what it is called, which way is better, and which questions it applies to.

A metric's figure for a run is the weighted mean of its values over the questions that have one, except where
`aggregate` says otherwise. Reports, comparisons and gates know metrics only through this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["share", "ms", "count", "money"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. A share is 0..1; `better` is "higher" or "lower"; `gating` says whether a gate may use it."""

    name: str
    zh: str
    en: str
    of: Literal["answerable", "unanswerable", "all"] = "answerable"
    better: Literal["higher", "lower"] = "higher"
    unit: Unit = "share"
    gating: bool = True


METRICS: tuple[Metric, ...] = (
    Metric("correct", "答对率", "correct"),
    Metric("fact_recall", "要点召回", "fact recall (vital)"),
    Metric("fact_recall_all", "要点召回（含次要）", "fact recall (all)"),
    Metric("number_precision", "数字有据率", "number precision", of="all"),
    Metric("forbidden", "出现禁语", "forbidden", better="lower"),
    Metric("evidence_cited", "证据引用率", "evidence cited"),
    Metric("evidence_quoted", "证据原句引用率", "evidence quoted"),
    Metric("citation_recall", "引用召回", "citation recall", of="all"),
    Metric("citation_precision", "引用精确", "citation precision", of="all"),
    Metric("citation_validity", "引用有效", "citation validity", of="all"),
    Metric("over_refusal", "误拒率", "over-refusal", better="lower"),
    Metric("refusal_recall", "拒答召回", "refusal recall", of="unanswerable"),
    Metric("refusal_precision", "拒答精确", "refusal precision", of="all"),
    *(Metric(f"evidence_recall@{k}", f"证据召回@{k}", f"evidence recall@{k}") for k in (1, 3, 5, 10)),
    Metric("evidence_recall@sent", "证据召回@送入", "evidence recall@sent"),
    *(Metric(f"all_evidence@{k}", f"证据齐全@{k}", f"all evidence@{k}") for k in (1, 3, 5, 10)),
    Metric("all_evidence@sent", "证据齐全@送入", "all evidence@sent"),
    Metric("mrr", "首位倒数 MRR", "MRR"),
    Metric("ndcg@10", "nDCG@10", "nDCG@10"),
    Metric("context_precision", "上下文精确率", "context precision"),
    Metric("evidence_share", "证据字数占比", "evidence information rate"),
    Metric("char_f1", "字 F1（不作门槛）", "character F1 (never gating)", gating=False),
    Metric("rouge_l", "ROUGE-L（不作门槛）", "ROUGE-L (never gating)", gating=False),
    Metric("exact_match", "完全一致（不作门槛）", "exact match (never gating)", gating=False),
    Metric("similarity", "语义相似（不作门槛）", "semantic similarity (never gating)", gating=False),
    Metric("judge", "大模型评分（不作门槛）", "LLM judge (never gating)", gating=False),
    Metric("answer_length", "回答字数", "answer length", of="all", better="lower", unit="count"),
    Metric("total_ms", "总耗时", "total time", of="all", better="lower", unit="ms"),
    Metric("first_ms", "首字耗时", "time to first text", of="all", better="lower", unit="ms"),
    Metric("tokens", "令牌数", "tokens", of="all", better="lower", unit="count"),
    Metric("cost", "费用", "cost", of="all", better="lower", unit="money"),
    Metric("error", "出错率", "errors", of="all", better="lower"),
)

BY_NAME = {metric.name: metric for metric in METRICS}
