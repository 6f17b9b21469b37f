"""What a run leaves behind: one record a question, the scores made from them, and the folder that holds both.

A run's folder:

    run.json       what was run: gold hash, settings, versions, host, library generation; `finished` is set last
    gold.jsonl     the gold items as they were asked
    items.jsonl    a Record a line, in the order in which they were finished; appended as they come
    anchors.json   where each gold quotation stands in the library (eval.anchors); absent for foreign systems
    scores.jsonl   a Score a line, summary.json their means: made from the above, and made again by `zhida eval score`
    report.html, report.md, junit.xml

Knows nothing of how a system is asked or how an answer is scored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from eval.gold import GoldError, GoldSet, read_gold
from index.errors import ZhidaError

Anchor = Literal["missing", "lost", "split", "whole"]
"""Where a quotation stands: in no document · in a file but not in its cleaned text · in no passage and no two adjacent
ones · in a passage (or two adjacent ones)."""

Cause = Literal[
    "",
    "not_in_documents",
    "lost_in_reading",
    "split_apart",
    "not_retrieved",
    "ranked_low",
    "not_cited",
    "wrong_answer",
    "refused_wrongly",
    "should_have_refused",
    "error",
]
"""Why a question failed, the first that applies in this order ("" for one that did not fail)."""


class RunError(ZhidaError):
    """A run's folder is not there, not one, or not finished."""


@dataclass(frozen=True, slots=True)
class Found:
    """One retrieved passage. Offsets count characters of the document's cleaned text; scores: higher is better."""

    document: str
    text: str
    start: int = 0
    end: int = 0
    score: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict)
    passage_id: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """Everything about one question as it was answered. `retrieved` is best first; the answerer read the first `sent`.

    `citations` have the form of `zhida ask --json`; those of foreign systems hold at least `number`, `document`, `quote`
    and `passage`. `confidence` is 0..1 or None; `tokens` has "input" and "output" where a model says so.
    """

    id: str
    question: str
    status: Literal["answered", "refused", "error"]
    answer: str
    standalone_question: str = ""
    citations: tuple[Mapping[str, Any], ...] = ()
    retrieved: tuple[Found, ...] = ()
    sent: int = 0
    mode: str = ""
    notices: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    tokens: Mapping[str, int] = field(default_factory=dict)
    confidence: float | None = None
    error: str = ""
    cached: bool = False
    """Whether the answer was kept from an earlier run; its times and tokens are those of that run."""

    @classmethod
    def from_dict(cls, fields_of: Mapping[str, Any]) -> Record:
        """The record that `asdict` gave; unknown keys are ignored, so that newer files can be read."""
        known = {name: fields_of[name] for name in cls.__slots__ if name in fields_of}
        known["citations"] = tuple(known.get("citations", ()))
        known["notices"] = tuple(known.get("notices", ()))
        known["retrieved"] = tuple(Found(**one) for one in known.get("retrieved", ()))
        return cls(**known)


@dataclass(frozen=True, slots=True)
class FactTick:
    """Whether one gold fact stands in the answer. `shown` is the fact as a person would write it."""

    shown: str
    vital: bool
    found: float
    """Share of it that was found: 0 or 1, for a list anything between."""


@dataclass(frozen=True, slots=True)
class EvidenceTrace:
    """How far one group of gold evidence came. `rank` counts from 1 in `retrieved`, None when it is not there."""

    rank: int | None
    cited: bool
    anchor: Anchor | None = None
    """The best anchor of its alternatives; None where the library is not known."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of the answer with the numbers of its marks, and whether what they cite supports it."""

    text: str
    marks: tuple[int, ...]
    supported: bool


@dataclass(frozen=True, slots=True)
class Score:
    """How one answer did. `values` holds a number for each metric (eval.metrics.catalogue) that applies to it."""

    id: str
    answerable: bool
    refused: bool
    values: Mapping[str, float]
    cause: Cause = ""
    facts: tuple[FactTick, ...] = ()
    evidence: tuple[EvidenceTrace, ...] = ()
    claims: tuple[Claim, ...] = ()
    tags: tuple[str, ...] = ()
    weight: float = 1.0
    cluster: str = ""
    """What makes it depend on others: its conversation, else the first document of its evidence, else itself."""

    @property
    def passed(self) -> bool:
        """Whether a person would call it right: correct where there is an answer, refused where there is none.

        An answer to a question without facts and reference answers, which nothing can grade, counts as right.
        """
        if not self.answerable:
            return self.refused
        answered = not self.refused and not self.values.get("error")
        return bool(self.values.get("correct", answered))

    @classmethod
    def from_dict(cls, fields_of: Mapping[str, Any]) -> Score:
        """The score that `asdict` gave."""
        known = dict(fields_of)
        known["facts"] = tuple(FactTick(**one) for one in known["facts"])
        known["evidence"] = tuple(EvidenceTrace(**one) for one in known["evidence"])
        known["claims"] = tuple(
            Claim(one["text"], tuple(one["marks"]), one["supported"]) for one in known["claims"]
        )
        known["tags"] = tuple(known["tags"])
        return cls(**known)


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What was run, as run.json tells it. Secrets are never in `settings`."""

    name: str
    created: str
    gold_name: str
    gold_hash: str
    questions: int
    system: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    config_hash: str = ""
    generation: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    host: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    seconds: float = 0.0
    finished: bool = False
    library: Mapping[str, Any] = field(default_factory=dict)
    """What was asked from: home, number of documents and passages, hash of their content; empty for foreign systems."""
    schema: str = "zhida-run/1"


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it is read back. `scores` stand in the order of `gold.items`, one each."""

    info: RunInfo
    gold: GoldSet
    records: Mapping[str, Record]
    scores: tuple[Score, ...] = ()
    anchors: Mapping[str, list[list[Anchor]]] = field(default_factory=dict)


def read_run(folder: Path) -> Run:
    """The run in `folder`, finished or not. Raises RunError where there is none."""
    info = read_run_info(folder)
    try:
        gold = read_gold(folder / "gold.jsonl")
    except GoldError as error:
        raise RunError(f"评测结果不完整 the run in {folder} is not whole: {error}") from None
    records = (Record.from_dict(one) for one in read_lines(folder / "items.jsonl"))
    scores = tuple(Score.from_dict(one) for one in read_lines(folder / "scores.jsonl"))
    anchors = folder / "anchors.json"
    found = json.loads(anchors.read_text(encoding="utf-8")) if anchors.is_file() else {}
    return Run(info, gold, {record.id: record for record in records}, scores, found)


def read_run_info(folder: Path) -> RunInfo:
    """What run.json says. Raises RunError where there is none, or one that is not ours."""
    try:
        return RunInfo(**json.loads((folder / "run.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise RunError(
            f"不是评测结果文件夹 not a run's folder: {folder} ({error}); 先运行 first `zhida eval run GOLD --out {folder}`"
        ) from None


def read_lines(file: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON lines file; none if it is not there. A last line that was cut off is left out."""
    if not file.is_file():
        return
    # Split before it is decoded: a line that was cut off may end in the middle of a character.
    lines = file.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except ValueError:
            if number == len(lines):
                return
            raise RunError(f"{file} 第 {number} 行损坏 line {number} is damaged") from None


def write_lines(file: Path, records: Iterable[object]) -> None:
    """A JSON line for each dataclass or object, put in place whole."""
    partial = file.with_name(file.name + ".partial")
    with partial.open("w", encoding="utf-8", newline="\n") as out:
        for record in records:
            out.write(as_line(record))
    partial.replace(file)


def write_json(file: Path, value: object) -> None:
    """A dataclass or object as indented JSON, put in place whole."""
    plain = asdict(value) if hasattr(value, "__dataclass_fields__") else value  # type: ignore[call-overload]
    partial = file.with_name(file.name + ".partial")
    partial.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    partial.replace(file)


def as_line(record: object) -> str:
    """One JSON line for a dataclass or a plain object."""
    plain = asdict(record) if hasattr(record, "__dataclass_fields__") else record  # type: ignore[call-overload]
    return json.dumps(plain, ensure_ascii=False) + "\n"
