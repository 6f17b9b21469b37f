"""Two runs of the same gold set held against each other: which questions flipped, and which differences are more than chance.

A is the run that was there before, B the one in question; every difference is B less A. Only paired figures are given:
runs of different gold sets are refused, or cut down to the questions that both asked in the same words.

The verdicts. "correct" is the headline, named before anything is looked at, so its p stands as it is. All other metrics
are looked at together and Holm's correction is made over them; slices by tag are exploratory and get an interval and no
verdict. Below 30 questions there is none either.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from eval.gold import GoldItem, as_record
from eval.metrics.catalogue import Metric
from eval.record import Cause, Run, RunError, Score
from eval.statistics import (
    ALPHA,
    Difference,
    holm,
    mcnemar,
    minimal_detectable_difference,
    paired_difference,
)
from eval.summary import ENOUGH, MEASURED, clusters_of, value_of

Verdict = Literal["better", "worse", "no_difference", "too_few"]
"""What is shown about B. "no_difference" means that none was shown, not that there is none."""

HEADLINE = "correct"

_ABOUT = {
    "schema",
    "tags",
    "difficulty",
    "split",
    "status",
    "author",
    "reviewer",
    "source",
    "created",
    "notes",
}
"""Fields of a gold item that change neither what is asked nor what is expected."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One question with its score in either run."""

    item: GoldItem
    a: Score
    b: Score


@dataclass(frozen=True, slots=True)
class Flip:
    """A question that passed in one run only. `improved` is whether that is B."""

    id: str
    question: str
    improved: bool
    cause_before: Cause
    cause_after: Cause
    answer_before: str
    answer_after: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One metric, or one slice of it, in both runs. `holm` is the p that the verdict goes by; None without a verdict.

    `a` and `b` are the means, `difference` is b - a in the metric's unit (its wins count questions where b is greater);
    `gained` and `lost` count those where B is better and worse, whichever way the metric runs. `mcnemar` is the exact p
    for values that are 0 or 1 throughout, else None.
    """

    name: str
    a: float
    b: float
    difference: Difference
    gained: int
    lost: int
    verdict: Verdict | None = None
    holm: float | None = None
    mcnemar: float | None = None
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A setting, version or other part of the configuration in which the runs differ; None where one has no such."""

    name: str
    a: Any
    b: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that two runs differ in. `flips` has those from right to wrong first, each kind in the gold's order.

    `only_a` and `only_b` are ids of questions that the other did not ask in the same words (with `intersect`). `units` is
    how many independent questions were paired, `mdd` the minimal detectable difference on so many. It assumes that a share
    `chance` of the questions flip by chance: as many as flipped in the rarer direction, twice over.
    """

    name_a: str
    name_b: str
    questions: int
    units: int
    mdd: float
    chance: float
    flips: tuple[Flip, ...]
    metrics: tuple[Compared, ...]
    slices: tuple[Compared, ...]
    configuration: tuple[Change, ...]
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    """Names of the runs that did not come to their end; what they lack counts as an error."""

    @property
    def worsened(self) -> tuple[Flip, ...]:
        """Questions that were right in A and are wrong in B."""
        return tuple(flip for flip in self.flips if not flip.improved)

    @property
    def improved(self) -> tuple[Flip, ...]:
        """Questions that were wrong in A and are right in B."""
        return tuple(flip for flip in self.flips if flip.improved)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def compare(
    a: Run, b: Run, intersect: bool = False, *, metrics: Sequence[str] = (), seed: int = 0
) -> Comparison:
    """B against A over the questions of both; `metrics` narrows what is compared, and with it Holm's family.

    Raises RunError where the gold sets differ and `intersect` is not given, where no question is left, and for a metric
    that is not known.
    """
    known = [metric.name for metric in MEASURED]
    for name in metrics:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise RunError(f"未知指标 unknown metric {name!r}; 最接近的是 did you mean {near!r}?")
    pairs = pair(a, b, intersect)
    clusters = clusters_of([one.a for one in pairs])
    units = len(set(clusters))
    flips = _flips(pairs, a, b)
    chosen = [metric for metric in MEASURED if not metrics or metric.name in metrics]
    compared = [found for metric in chosen if (found := difference_of(pairs, clusters, metric, seed))]
    better = sum(flip.improved for flip in flips)
    chance = 2 * min(better, len(flips) - better) / len(pairs)
    kept = {one.item.id for one in pairs}
    return Comparison(
        name_a=a.info.name,
        name_b=b.info.name,
        questions=len(pairs),
        units=units,
        mdd=minimal_detectable_difference(units, chance),
        chance=chance,
        flips=flips,
        metrics=_with_verdicts(compared),
        slices=_slices(pairs, clusters, seed),
        configuration=changes(a, b),
        only_a=tuple(score.id for score in a.scores if score.id not in kept),
        only_b=tuple(score.id for score in b.scores if score.id not in kept),
        unfinished=tuple(run.info.name for run in (a, b) if not run.info.finished),
    )


def pair(a: Run, b: Run, intersect: bool = False) -> list[Pair]:
    """The questions of both runs in the order of B, with their scores.

    With `intersect`, those with the same id that ask and expect the same; a turn of a conversation only where the whole
    conversation is the same, since every turn is asked after the answers to those before. Raises RunError where the gold
    sets differ otherwise, and where nothing is left to pair.
    """
    if a.info.gold_hash != b.info.gold_hash and not intersect:
        raise RunError(
            f"两次评测的题目不同 the runs have different gold sets: {a.info.gold_name} ({a.info.gold_hash[:8]}), "
            f"{b.info.gold_name} ({b.info.gold_hash[:8]}); 只比相同的题用 for the questions they share use --intersect"
        )
    before, asked = {score.id: score for score in a.scores}, _content(a)
    after, wanted = {score.id: score for score in b.scores}, _content(b)
    pairs = [
        Pair(item, before[item.id], after[item.id])
        for item in b.gold.items
        if item.id in before and item.id in after and asked.get(item.id) == wanted[item.id]
    ]
    if not pairs:
        raise RunError(
            f"两次评测没有相同的题 the runs have no question in common: {a.info.name}, {b.info.name}"
        )
    return pairs


def difference_of(
    pairs: Sequence[Pair], clusters: Sequence[str], metric: Metric, seed: int = 0
) -> Compared | None:
    """One metric in both runs, without a verdict; None where a run has no value of it.

    A question with a value in one run only (the precision of refusals, where only one refused) belongs to that run's
    mean, so that the figures are those of the runs' own summaries.
    """
    rows = [
        (before, after, one.b.weight, cluster)
        for one, cluster in zip(pairs, clusters, strict=True)
        for before, after in [(value_of(one.a, metric.name), value_of(one.b, metric.name))]
        if one.b.weight > 0 and (before is not None or after is not None)
    ]
    weight_a = sum(weight for before, _, weight, _ in rows if before is not None)
    weight_b = sum(weight for _, after, weight, _ in rows if after is not None)
    if not weight_a or not weight_b:
        return None
    a = [float("nan") if before is None else before for before, *_ in rows]
    b = [float("nan") if after is None else after for _, after, *_ in rows]
    difference = paired_difference(
        a, b, [row[3] for row in rows], weights=[row[2] for row in rows], seed=seed
    )
    higher = metric.better == "higher"
    return Compared(
        metric.name,
        a=sum(before * weight for before, _, weight, _ in rows if before is not None) / weight_a,
        b=sum(after * weight for _, after, weight, _ in rows if after is not None) / weight_b,
        difference=difference,
        gained=difference.wins if higher else difference.losses,
        lost=difference.losses if higher else difference.wins,
        mcnemar=mcnemar(a, b) if {*a, *b} <= {0.0, 1.0} else None,
    )


def changes(a: Run, b: Run) -> tuple[Change, ...]:
    """Where the configurations of two runs differ, nested settings by dotted names."""
    before, after = _configuration(a), _configuration(b)
    names = dict.fromkeys([*before, *after])
    return tuple(
        Change(name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )


def _configuration(run: Run) -> dict[str, Any]:
    info = run.info
    parts = {
        "system": info.system,
        "settings": info.settings,
        "versions": info.versions,
        "generation": info.generation,
        "seed": info.seed,
        "host": info.host,
        "gold_hash": info.gold_hash,
    }
    return dict(_flat(parts))


def _flat(record: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in record.items():
        found += (
            _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else [(f"{prefix}{name}", value)]
        )
    return found


def _content(run: Run) -> dict[str, list[Any]]:
    """What decides a question's answer and score, by id: its own content, or that of its whole conversation."""
    found: dict[str, list[Any]] = {}
    for items in run.gold.conversations():
        content = [
            {name: value for name, value in as_record(item).items() if name not in _ABOUT} for item in items
        ]
        found.update(dict.fromkeys([item.id for item in items], content))
    return found


def _flips(pairs: Sequence[Pair], a: Run, b: Run) -> tuple[Flip, ...]:
    flips = [
        Flip(
            id=one.item.id,
            question=one.item.question,
            improved=one.b.passed,
            cause_before=one.a.cause,
            cause_after=one.b.cause,
            answer_before=_answer(a, one.item.id),
            answer_after=_answer(b, one.item.id),
        )
        for one in pairs
        if one.a.passed != one.b.passed
    ]
    return tuple(sorted(flips, key=lambda flip: flip.improved))


def _answer(run: Run, item_id: str) -> str:
    record = run.records.get(item_id)
    return record.answer if record else ""


def _with_verdicts(compared: Sequence[Compared]) -> tuple[Compared, ...]:
    """The headline by its own p, the others by Holm's; those on too few questions stay out of the family."""
    family = [one for one in compared if one.name != HEADLINE and one.difference.n >= ENOUGH]
    adjusted = dict(
        zip((one.name for one in family), holm([one.difference.p for one in family]), strict=True)
    )
    lower = {metric.name for metric in MEASURED if metric.better == "lower"}
    told = []
    for one in compared:
        p = one.difference.p if one.name == HEADLINE else adjusted.get(one.name)
        enough = one.difference.n >= ENOUGH
        told.append(
            replace(
                one,
                holm=p if enough else None,
                verdict=_verdict(one.difference.mean, p, one.name in lower)
                if enough and p is not None
                else "too_few",
            )
        )
    return tuple(told)


def _verdict(difference: float, p: float, lower_is_better: bool) -> Verdict:
    if p >= ALPHA:
        return "no_difference"
    return "better" if (difference < 0) == lower_is_better else "worse"


def _slices(pairs: Sequence[Pair], clusters: Sequence[str], seed: int) -> tuple[Compared, ...]:
    """The share that passed under each tag, the commonest first; no verdicts: there are many and nobody chose one."""
    passed = next(metric for metric in MEASURED if metric.name == "passed")
    tags = Counter(tag for one in pairs for tag in dict.fromkeys(one.item.tags))
    found = []
    for tag, _ in tags.most_common():
        kept = [(one, cluster) for one, cluster in zip(pairs, clusters, strict=True) if tag in one.item.tags]
        compared = difference_of([one for one, _ in kept], [cluster for _, cluster in kept], passed, seed)
        found += [replace(compared, tag=tag)] if compared else []
    return tuple(found)
