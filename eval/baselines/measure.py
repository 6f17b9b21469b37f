"""One system on one task: where the evidence came in its lists, what it answered, what it cost.

Costs are processor seconds of this process and its children, all threads together: on a shared machine they
say more than the clock does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from eval.baselines.base import Baseline, Source
from eval.baselines.tasks import Task
from eval.gold import GoldItem
from eval.metrics.matching import first_rank
from eval.metrics.score import score_record
from eval.record import Found, Record

DEPTH = 20
"""Passages asked for; the first ten documents or passages of them are counted."""

CHARACTERS = 1000
"""Of retrieved text, the same for all: long passages hold more and would else win by length."""

ANSWER = 200
"""Characters of an answer, Zhida's default."""

WARM_UP = Source("预热.txt", "质量管理体系的文件应当定期评审。\n评审由质量部组织，每年至少一次。")


@dataclass(frozen=True, slots=True)
class Row:
    """One question: the values of its metrics (0..1, higher is better) and the first five documents found."""

    id: str
    question: str
    group: str
    values: Mapping[str, float]
    found: tuple[str, ...]
    gold: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One system on one task. Costs are processor seconds; `query_cpu` is the mean of one search."""

    task: str
    system: str
    recipe: str
    documents: int
    of: int
    index_cpu: float
    query_cpu: float
    passage_length: float
    """Mean characters of the passages found."""
    rows: tuple[Row, ...]

    @classmethod
    def from_dict(cls, fields_of: Mapping[str, Any]) -> Measurement:
        """The measurement that `asdict` gave."""
        rows = tuple(
            Row(**{**row, "found": tuple(row["found"]), "gold": tuple(row["gold"])})
            for row in fields_of["rows"]
        )
        return cls(**{**fields_of, "rows": rows})

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure(kind: type[Baseline], task: Task) -> Measurement:
    """Index the task's documents, ask its questions. What is loaded once (dictionaries, models) is not counted."""
    _warm_up(kind)
    system = kind()
    try:
        start = processor_seconds()
        system.index(task.documents)
        index_cpu = processor_seconds() - start
        start = processor_seconds()
        found = [system.search(item.question, DEPTH) for item in task.items]
        query_cpu = (processor_seconds() - start) / max(1, len(found))
        rows = tuple(_row(system, task, item, hits) for item, hits in zip(task.items, found, strict=True))
    finally:
        system.close()
    lengths = [len(hit.text) for hits in found for hit in hits]
    length = sum(lengths) / max(1, len(lengths))
    counts = len(task.documents), task.of
    return Measurement(task.name, kind.name, kind.recipe, *counts, index_cpu, query_cpu, length, rows)


def ranking(ranks: Sequence[int | None]) -> dict[str, float]:
    """hit@1, hit@5, MRR@10 and recall@10 from the rank (from 1) of each piece of evidence, None if it was not found."""
    first = min((rank for rank in ranks if rank is not None), default=None)
    return {
        "hit@1": float(first == 1),
        "hit@5": float(first is not None and first <= 5),
        "mrr@10": 1 / first if first is not None and first <= 10 else 0.0,
        "recall@10": sum(rank is not None and rank <= 10 for rank in ranks) / max(1, len(ranks)),
    }


def cut(found: Sequence[Found], characters: int) -> list[Found]:
    """The first passages whose texts make up `characters`; the last one is cut."""
    kept: list[Found] = []
    for hit in found:
        if characters <= 0:
            break
        kept.append(replace(hit, text=hit.text[:characters], end=hit.start + min(len(hit.text), characters)))
        characters -= len(hit.text)
    return kept


def best_of_each(found: Sequence[Found]) -> list[Found]:
    """The first passage of every document: a ranking of documents."""
    first: dict[str, Found] = {}
    for hit in found:
        first.setdefault(hit.document, hit)
    return list(first.values())


def processor_seconds() -> float:
    """Of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _row(system: Baseline, task: Task, item: GoldItem, found: Sequence[Found]) -> Row:
    documents = best_of_each(found)
    ranked = found if task.quoted else documents
    values = ranking([first_rank(group, ranked) for group in item.evidence])
    if task.quoted:
        within = cut(found, CHARACTERS)
        there = [first_rank(group, within) is not None for group in item.evidence]
        values["recall@1000c"] = sum(there) / len(there)
        text = "\n".join(hit.text for hit in cut(found, ANSWER))
        answer = system.answer(item.question)
        values["passages_correct"] = _correct(item, text)
        values["correct"] = values["passages_correct"] if answer is None else _correct(item, answer)
    gold = tuple(dict.fromkeys(evidence.document for group in item.evidence for evidence in group))
    names = tuple(hit.document for hit in documents[:5])
    return Row(item.id, item.question, item.tags[0], values, names, gold)


def _correct(item: GoldItem, answer: str) -> float:
    """1 if the answer holds every vital fact, by the measure that Zhida itself is gated by."""
    record = Record(item.id, item.question, "answered" if answer else "refused", answer)
    return score_record(item, record).values["correct"]


def _warm_up(kind: type[Baseline]) -> None:
    system = kind()
    try:
        system.index(
            [
                WARM_UP,
                replace(WARM_UP, name="预热二.txt", text="计量器具应当按周期送检校准。\n证书保存三年。"),
            ]
        )
        system.search("评审由谁组织？", 1)
    finally:
        system.close()
