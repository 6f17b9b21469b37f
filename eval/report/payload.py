"""What the page's script needs of a run, as plain JSON: a record a question, and every passage's text once.

Kept small on purpose: `LIMITS` says what is cut, and the page says it too. Positions inside texts count characters
(code points). Holds text as it came; escaping is done where it is written and shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eval.compare import Flip
from eval.gold import Evidence, GoldItem
from eval.metrics.catalogue import BY_NAME
from eval.metrics.matching import same_document
from eval.record import Found, Record, Run, Score
from eval.report.diff import closest, edits
from eval.report.marks import Span, merged, nearest, whole
from rag.cite import without_marks


@dataclass(frozen=True, slots=True)
class Limits:
    """What is cut. `passages` a question at least (as many as were sent, if more, up to `most_passages`)."""

    passages: int = 10
    most_passages: int = 20
    text: int = 2000
    passage_bytes: int = 4_000_000
    lengths: tuple[int, ...] = (1500, 1000, 700, 500, 350, 250, 150, 80)
    """Lengths that passages are cut to: the first with which all of them together keep within `passage_bytes`."""


LIMITS = Limits()
_CONTEXT = 40


@dataclass(slots=True)
class Passages:
    """Every passage once, with all that is to be marked in it."""

    texts: list[Found] = field(default_factory=list)
    marks: list[list[Span]] = field(default_factory=list)
    _places: dict[tuple[str, int, str], int] = field(default_factory=dict)

    def place(self, found: Found) -> int:
        """The passage's number in the page's list."""
        key = (found.document, found.start, found.text)
        if key not in self._places:
            self._places[key] = len(self.texts)
            self.texts.append(found)
            self.marks.append([])
        return self._places[key]

    def length(self, limits: Limits) -> int:
        """Characters that passages are cut to."""
        for length in limits.lengths:
            if (
                sum(len(one.text[:length].encode("utf-8", "replace")) for one in self.texts)
                <= limits.passage_bytes
            ):
                return length
        return limits.lengths[-1]


def payload(run: Run, flips: Mapping[str, Flip] | None = None, limits: Limits = LIMITS) -> dict[str, Any]:
    """`questions`, `passages`, `length` (of the cut), and `stages` and `metrics`: the names of the numbers in them.

    `flips` are the questions, by id, that passed in one of this run and its baseline only.
    """
    passages = Passages()
    stages = list(
        dict.fromkeys(n for record in run.records.values() for hit in record.retrieved for n in hit.stages)
    )
    metrics = [name for name in BY_NAME if any(name in score.values for score in run.scores)]
    scores = {score.id: score for score in run.scores}
    earlier: dict[str, list[GoldItem]] = {}
    questions = []
    for item in run.gold.items:
        before = earlier.setdefault(item.conversation, []) if item.conversation else []
        record = run.records.get(item.id)
        score = scores.get(item.id)
        one = _question(item, record, score, limits)
        if score:
            one["v"] = _numbers(score.values, metrics)
        one["h"] = _history(item, before, run.records, limits)
        one["p"] = _retrieved(item, record, score, passages, limits)
        for hit in one["p"]:
            hit[2] = _numbers(hit[2], stages)
        if flips and item.id in flips:
            flip = flips[item.id]
            one["flip"] = "better" if flip.improved else "worse"
            one["was"] = [flip.cause_before, flip.answer_before[: limits.text]]
        questions.append(one)
        before.append(item)
    length = passages.length(limits)
    texts = [
        _passage(found, spans, length) for found, spans in zip(passages.texts, passages.marks, strict=True)
    ]
    return {
        "questions": questions,
        "passages": texts,
        "length": length,
        "stages": stages,
        "metrics": [[BY_NAME[name].zh, BY_NAME[name].en, BY_NAME[name].unit] for name in metrics],
    }


def _numbers(values: Mapping[str, float], names: Sequence[str]) -> list[float | None]:
    """The values in the order of `names`, None for one that is not there; no name is written a thousand times."""
    return [_number(values.get(name)) for name in names]


def _number(value: float | None, decimals: int = 4) -> float | None:
    """`value` for JSON, which knows neither infinity nor not-a-number."""
    return round(float(value), decimals) if value is not None and math.isfinite(value) else None


def _question(item: GoldItem, record: Record | None, score: Score | None, limits: Limits) -> dict[str, Any]:
    """One question with its verdict. Keys are short because they are written a thousand times; the script names them."""
    cut = _cutter(limits.text)
    answer = record.answer if record else ""
    gold = closest(_plain(answer, limits), [one[: limits.text] for one in item.answers])
    shown: dict[str, Any] = {
        "id": item.id,
        "q": cut(item.question),
        "able": item.answerable,
        "tags": [cut(tag) for tag in item.tags],
        "st": record.status if record else "error",
        "a": cut(answer),
        "golds": len(item.answers),
        "diff": [[kind, part] for kind, part in edits(gold, _plain(answer, limits))]
        if gold and answer
        else [],
        "gold": gold,
        "never": [[cut(one), one in answer] for one in item.forbidden],
    }
    if score:
        shown |= {
            "ok": score.passed,
            "cause": score.cause,
            "facts": [[cut(tick.shown), tick.vital, round(tick.found, 2)] for tick in score.facts],
            "claims": [[cut(claim.text), list(claim.marks), claim.supported] for claim in score.claims],
            "refused": score.refused,
        }
    if record:
        shown |= _answered(record, limits)
    shown["e"] = _evidence(item.evidence, score, limits)
    return shown


def _answered(record: Record, limits: Limits) -> dict[str, Any]:
    """What the record adds, without what is empty."""
    cut = _cutter(limits.text)
    asked_as = record.standalone_question if record.standalone_question != record.question else ""
    told: dict[str, Any] = {
        "as": cut(asked_as),
        "c": [_citation(one, limits) for one in record.citations],
        "sent": record.sent,
        "n": len(record.retrieved),
        "t": {stage: _number(taken, 1) for stage, taken in record.timings_ms.items()},
        "tok": dict(record.tokens),
        "conf": _number(record.confidence, 3),
        "mode": record.mode,
        "says": [cut(one) for one in record.notices],
        "err": cut(record.error),
        "kept": record.cached,
    }
    return {key: value for key, value in told.items() if value not in ("", [], {}, None, False)}


def _citation(citation: Mapping[str, Any], limits: Limits) -> list[Any]:
    """Number, document, title, page, quote, whether it is supported (None: not known)."""
    cut = _cutter(limits.text)
    texts = [cut(str(citation.get(name) or "")) for name in ("document", "title", "page", "quote")]
    supported = citation.get("supported")
    return [citation.get("number"), *texts, supported if isinstance(supported, bool) else None]


def _evidence(
    groups: Sequence[Sequence[Evidence]], score: Score | None, limits: Limits
) -> list[dict[str, Any]]:
    cut = _cutter(limits.text)
    shown = []
    for i, group in enumerate(groups):
        one: dict[str, Any] = {"any": [[cut(e.document), cut(e.quote), e.page] for e in group]}
        if score and i < len(score.evidence):
            trace = score.evidence[i]
            one |= {"r": trace.rank, "c": trace.cited, "at": trace.anchor}
        shown.append(one)
    return shown


def _history(
    item: GoldItem, before: Sequence[GoldItem], records: Mapping[str, Record], limits: Limits
) -> list[list[str]]:
    """The exchanges before the question: those fixed by the gold set, then the conversation's turns as answered."""
    cut = _cutter(limits.text)
    turns = [[cut(turn.question), cut(turn.answer)] for turn in item.history]
    for one in before:
        answer = records[one.id].answer if one.id in records else ""
        turns.append([cut(one.question), cut(answer)])
    return turns


def _retrieved(
    item: GoldItem, record: Record | None, score: Score | None, passages: Passages, limits: Limits
) -> list[list[Any]]:
    """The first passages as [number in the list, score, stage scores, spans of evidence, spans of citations]."""
    if record is None:
        return []
    ranks = {trace.rank for trace in score.evidence} if score else set()
    shown = []
    count = min(limits.most_passages, max(limits.passages, record.sent))
    for rank, found in enumerate(record.retrieved[:count], start=1):
        wanted = [
            e.quote for group in item.evidence for e in group if same_document(e.document, found.document)
        ]
        spans = [span for quote in wanted if (span := whole(quote, found.text))]
        if not spans and rank in ranks:
            spans = [span for quote in wanted if (span := nearest(quote, found.text))]
        cited = [
            span
            for one in record.citations
            if one.get("document") == found.document
            and (span := whole(str(one.get("quote") or ""), found.text))
        ]
        place = passages.place(found)
        passages.marks[place] += spans or cited
        shown.append([place, _number(found.score), found.stages, merged(spans), merged(cited)])
    return shown


def _passage(found: Found, spans: list[Span], length: int) -> list[Any]:
    """Document, title, text, and where the text begins and ends in the passage; cut around the first mark."""
    first = min((start for start, _ in spans), default=0)
    start = 0 if len(found.text) <= length else max(0, min(first - _CONTEXT, len(found.text) - length))
    return [found.document, found.title, found.text[start : start + length], start, len(found.text)]


def _plain(answer: str, limits: Limits) -> str:
    return without_marks(answer[: limits.text]).strip()


def _cutter(length: int) -> Callable[[str], str]:
    """A function that cuts texts to `length` characters and says so with an ellipsis."""
    return lambda text: text if len(text) <= length else text[:length] + "…"
