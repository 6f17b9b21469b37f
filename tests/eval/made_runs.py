"""Runs made by hand: what each question came to is written down, nothing is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from eval.gold import GoldItem, GoldSet, as_record
from eval.record import Record, Run, RunInfo, Score, write_lines


def score(item_id: str, right: float = 1.0, **given) -> Score:
    """The score of an answerable question; `values` are added to "correct"."""
    values = {"correct": right, "over_refusal": 0.0, "error": 0.0, **given.pop("values", {})}
    cause = given.pop("cause", "" if right else "wrong_answer")
    return Score(item_id, True, False, values, cause=cause, cluster=given.pop("cluster", item_id), **given)


def made_run(
    right: Sequence[float],
    name: str = "A",
    values: Sequence[Mapping[str, float]] = (),
    tags: Sequence[Sequence[str]] = (),
    **info,
) -> Run:
    """A finished run of questions q0, q1, … that came out as `right` says, with `values` and `tags` for each."""
    items = tuple(
        GoldItem(f"q{i}", f"题{i}？", tags=tuple(tags[i]) if tags else ()) for i in range(len(right))
    )
    scores = tuple(
        score(item.id, one, values=dict(values[i]) if values else {}, tags=item.tags)
        for i, (item, one) in enumerate(zip(items, right, strict=True))
    )
    gold = GoldSet(items, "made.jsonl")
    records = {one.id: Record(one.id, "题？", "answered", f"{name} 答 {one.id}") for one in scores}
    given = {"finished": True, "questions": len(items), "system": "made", "gold_hash": gold.hash, **info}
    return Run(RunInfo(name, "2026-01-01", gold.name, **given), gold, records, scores)


def with_errors(run: Run, count: int) -> Run:
    """The run as if its first `count` questions had ended in an error."""
    failed = [
        replace(one, values={**one.values, "correct": 0.0, "error": 1.0}, cause="error") for one in run.scores
    ]
    return replace(run, scores=(*failed[:count], *run.scores[count:]))


def write(run: Run, folder: Path) -> Path:
    """The run as a folder that `read_run` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run.json").write_text(json.dumps(asdict(run.info), ensure_ascii=False), encoding="utf-8")
    write_lines(folder / "gold.jsonl", map(as_record, run.gold.items))
    write_lines(folder / "items.jsonl", run.records.values())
    write_lines(folder / "scores.jsonl", run.scores)
    return folder
