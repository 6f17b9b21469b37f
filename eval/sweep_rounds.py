"""The choosing of a sweep: dev and test, rounds of questions, who goes on. Pure; how one is measured is given.

Grid is one round in which every candidate gets every question. Successive halving (Jamieson & Talwalkar 2016,
"Non-stochastic Best Arm Identification and Hyperparameter Optimization") gives all candidates a few questions, keeps
one in `factor`, and gives those `factor` times as many, until they have had all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from statistics import median

from eval.gold import GoldItem, GoldSet
from eval.metrics.catalogue import BY_NAME
from eval.sweep_space import Candidate, Space


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question came to: a value for each metric that applies to it, and milliseconds.

    `cluster` names what makes it depend on other questions, as in eval.record.Score.
    """

    id: str
    values: Mapping[str, float]
    ms: float
    cluster: str = ""
    weight: float = 1.0


Measure = Callable[[Candidate, GoldSet], Sequence[Outcome]]
"""Measures one candidate on these questions; an outcome for each question that the measure applies to."""


@dataclass(frozen=True, slots=True)
class Split:
    """The questions to choose on, and those that the choice is reported on. `given` if the gold set says which."""

    dev: GoldSet
    test: GoldSet
    given: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """One candidate with its last and largest measurement. `finished` if it had every question."""

    candidate: Candidate
    outcomes: tuple[Outcome, ...]
    finished: bool

    def value(self, metric: str) -> float | None:
        """The weighted mean of a metric over the questions that have it; None where none has."""
        return mean_of(self.outcomes, metric)

    @property
    def p50_ms(self) -> float:
        """The median of the milliseconds a question took."""
        return median([one.ms for one in self.outcomes] or [0.0])


def mean_of(outcomes: Sequence[Outcome], metric: str) -> float | None:
    """The weighted mean of a metric over the outcomes that have it; None where none has."""
    having = [one for one in outcomes if metric in one.values]
    total = sum(one.weight for one in having)
    return sum(one.values[metric] * one.weight for one in having) / total if total else None


def split_of(gold: GoldSet) -> Split:
    """Approved items as their `split` says, if there are some of both; else by a hash of the question, half and half.

    By hash, the turns of a conversation stay together, and a question falls on the same side in every gold set.
    """
    gold = gold.approved()
    dev = gold.select(lambda item: item.split == "dev")
    test = gold.select(lambda item: item.split == "test")
    if dev.items and test.items:
        # `select` keeps a conversation whole: one whose turns disagree is for choosing only.
        chosen = {item.id for item in dev.items}
        return Split(dev, test.select(lambda item: item.id not in chosen), given=True)
    halves: tuple[list[GoldItem], list[GoldItem]] = ([], [])
    for items in gold.conversations():
        halves[_digest(items)[0] % 2].extend(items)
    return Split(replace(gold, items=tuple(halves[0])), replace(gold, items=tuple(halves[1])), given=False)


def some_of(gold: GoldSet, questions: int) -> GoldSet:
    """At least `questions` items, whole conversations, the same ones each time; fewer are always part of more."""
    taken: set[str] = set()
    for items in sorted(gold.conversations(), key=_digest):
        if len(taken) >= questions:
            break
        taken.update(item.id for item in items)
    return replace(gold, items=tuple(item for item in gold.items if item.id in taken))


def rounds_of(space: Space, count: int, questions: int, keep: int) -> list[tuple[int, int]]:
    """(questions, how many go on) of each round for `count` candidates; the last has all questions."""
    if space.method == "grid" or count <= keep:
        return [(questions, keep)]
    rounds = []
    size = min(space.first, questions)
    while size < questions and count > keep:
        count = max(keep, ceil(count / space.factor))
        rounds.append((size, count))
        size = min(questions, size * space.factor)
    return [*rounds, (questions, keep)]


def race(
    candidates: Sequence[Candidate],
    measure: Measure,
    gold: GoldSet,
    rounds: Sequence[tuple[int, int]],
    objective: str,
) -> list[Tried]:
    """All candidates, best first, those that had every question before the others.

    The first candidate (the settings as they are) goes on whatever it showed, beside those that earned it.
    """
    tried: dict[str, Tried] = {}
    going = list(candidates)
    for questions, keep in rounds:
        some = some_of(gold, questions)
        finished = len(some.items) == len(gold.items)
        for candidate in going:
            tried[candidate.key] = Tried(candidate, tuple(measure(candidate, some)), finished)
        ranked = ranking([tried[candidate.key] for candidate in going], objective)
        going = [one.candidate for one in ranked[:keep]]
        if candidates[0] not in going:
            going.append(candidates[0])
    return ranking(list(tried.values()), objective)


def ranking(tried: Sequence[Tried], objective: str) -> list[Tried]:
    """Best first: more questions, the better objective, fewer changes to the settings, quicker."""

    def order(one: Tried) -> tuple[bool, int, float, int, float]:
        quality = -worth(one, objective)
        return not one.finished, -len(one.outcomes), quality, len(one.candidate.changes), one.p50_ms

    return sorted(tried, key=order)


def worth(one: Tried, objective: str) -> float:
    """The objective with its sign such that higher is better; minus infinity where no question has it."""
    value = one.value(objective)
    return float("-inf") if value is None else value if better_is_higher(objective) else -value


def frontier(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Which (milliseconds, quality) no other point beats: none is as quick and as good, and better in one of both."""
    return [
        not any(x <= ms and y >= quality and (x, y) != (ms, quality) for x, y in points)
        for ms, quality in points
    ]


def better_is_higher(objective: str) -> bool:
    """The direction of a metric; what the catalogue does not know ("passed") is better when higher."""
    metric = BY_NAME.get(objective)
    return metric is None or metric.better == "higher"


def _digest(items: Sequence[GoldItem]) -> bytes:
    return hashlib.sha256(items[0].question.encode()).digest()
