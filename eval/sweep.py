"""Tries many settings on a gold set: chooses on dev, and holds the choice against the settings as they are on test.

Ways of retrieving come first, which is cheap, since no answer is made; the best of them are asked for answers. The
test questions are used once, for two candidates only, so that what is reported has not been chosen for. A difference
too small for so many questions to show changes nothing: then the settings stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan

from eval.gold import GoldError, GoldSet
from eval.record import Score
from eval.statistics import (
    ALPHA,
    Difference,
    Interval,
    bootstrap_interval,
    minimal_detectable_difference,
    paired_difference,
)
from eval.summary import clusters_of
from eval.sweep_rounds import Measure, Outcome, Split, Tried, better_is_higher, race, rounds_of, split_of
from eval.sweep_space import Candidate, Space, candidates_of
from rag.settings import Settings

ALSO_REPORTED = (
    "passed",
    "correct",
    "refusal_recall",
    "over_refusal",
    "citation_recall",
    "all_evidence@2000c",
    "all_evidence@5",
    "mrr",
)
"""Metrics of the test besides the objective."""


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The settings as they are and the chosen ones on the test questions, each pair in this order.

    `difference` is chosen minus as-they-are on the objective, paired by question; `detectable` is the least
    difference that so many questions would show four times out of five.
    """

    objective: str
    intervals: dict[str, tuple[Interval, Interval]]
    p50_ms: tuple[float, float]
    difference: Difference
    detectable: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the test of the difference, and all of its interval, speak for the chosen settings.

        Both, since an interval from three wins and no loss does not reach 0, and the test knows that it may be luck.
        """
        low = self.difference.low if better_is_higher(self.objective) else -self.difference.high
        return low > 0 and self.difference.p < ALPHA

    @property
    def shown(self) -> bool:
        """Whether they are better by more than chance and by enough for so many questions to show it."""
        return self.beyond_chance and abs(self.difference.mean) >= self.detectable


@dataclass(frozen=True, slots=True)
class SweepResult:
    """All that a sweep has measured. Both lists are best first; `final` is what the winner was chosen from."""

    space: Space
    objective: str
    base: Settings
    gold_name: str
    gold_hash: str
    dev: int
    test_questions: int
    split_given: bool
    retrieval: tuple[Tried, ...]
    final: tuple[Tried, ...]
    test: SideBySide

    @property
    def winner(self) -> Candidate:
        """The best on dev."""
        return self.final[0].candidate

    @property
    def adopted(self) -> bool:
        """Whether the winner takes the place of the settings as they are."""
        return bool(self.winner.changes) and self.test.shown

    @property
    def retrieval_only(self) -> bool:
        """Whether no answer was asked for."""
        return self.objective == self.space.retrieval_objective


@dataclass(frozen=True, slots=True)
class Sweep:
    """One sweep: what is tried, from which settings, on which questions, and how it is measured.

    Without `answers` only retrieval is measured and chosen by. `tell` hears of what is going on, a line each.
    """

    space: Space
    base: Settings
    gold: GoldSet
    retrieval: Measure
    answers: Measure | None = None
    tell: Callable[[str], object] = lambda _: None

    def run(self) -> SweepResult:
        """The result. Raises SpaceError for a space with nothing to try and GoldError for too few questions."""
        candidates = candidates_of(self.space, self.base)
        split = self._split()
        ways = self._retrieval(candidates, split.dev)
        final, objective = ways, self.space.retrieval_objective
        if self.answers is not None:
            objective = self.space.objective
            final = self._answers(candidates, ways, split.dev, self.answers)
        measure = self.answers or self.retrieval
        return SweepResult(
            space=self.space,
            objective=objective,
            base=self.base,
            gold_name=self.gold.name,
            gold_hash=self.gold.hash,
            dev=len(split.dev.items),
            test_questions=len(split.test.items),
            split_given=split.given,
            retrieval=tuple(ways),
            final=tuple(final),
            test=self._test(candidates[0], final[0].candidate, split.test, measure, objective),
        )

    def _split(self) -> Split:
        split = split_of(self.gold)
        for side in (split.dev, split.test):
            if not any(item.answerable for item in side.items):
                raise GoldError(
                    f"可答的已审核题太少，分不出选择集与测试集 too few approved questions with an answer to choose and to test: "
                    f"dev {len(split.dev.items)}, test {len(split.test.items)}"
                )
        if not split.given:
            self.tell(
                "评测集没有同时标出 dev 与 test，按问题哈希对半分 "
                "the gold set does not mark both dev and test: halves by hash of the question"
            )
        return split

    def _retrieval(self, candidates: Sequence[Candidate], dev: GoldSet) -> list[Tried]:
        """Each way of retrieving once, by the candidate that changes the least for it."""
        ways: dict[str, Candidate] = {}
        for candidate in sorted(candidates, key=lambda one: len(one.changes)):
            ways.setdefault(candidate.retrieval_key, candidate)
        keep = 1 if self.answers is None else self.space.best
        rounds = rounds_of(self.space, len(ways), len(dev.items), keep)
        self.tell(f"检索 retrieval: {len(ways)} 种 ways, {_in_words(rounds)}")
        measure = self._telling(self.retrieval)
        return race(list(ways.values()), measure, dev, rounds, self.space.retrieval_objective)

    def _answers(
        self, candidates: Sequence[Candidate], ways: Sequence[Tried], dev: GoldSet, measure: Measure
    ) -> list[Tried]:
        """The candidates of the best ways of retrieving, and the settings as they are."""
        best = {one.candidate.retrieval_key for one in ways[: self.space.best]}
        asked = [candidates[0], *(one for one in candidates[1:] if one.retrieval_key in best)]
        rounds = rounds_of(self.space, len(asked), len(dev.items), 1)
        self.tell(f"回答 answers: {len(asked)} 个候选 candidates, {_in_words(rounds)}")
        return race(asked, self._telling(measure), dev, rounds, self.space.objective)

    def _telling(self, measure: Measure) -> Measure:
        def measured(candidate: Candidate, gold: GoldSet) -> Sequence[Outcome]:
            self.tell(f"  {candidate.label} · {len(gold.items)}")
            return measure(candidate, gold)

        return measured

    def _test(
        self, base: Candidate, winner: Candidate, test: GoldSet, measure: Measure, objective: str
    ) -> SideBySide:
        self.tell(f"测试 test: {len(test.items)} 题 questions")
        ours = Tried(base, tuple(measure(base, test)), finished=True)
        theirs = ours if winner == base else Tried(winner, tuple(measure(winner, test)), finished=True)
        if ours.value(objective) is None or theirs.value(objective) is None:
            raise GoldError(f"测试集里没有一题能评 no test question has a value for {objective}")
        return side_by_side(ours, theirs, objective)


def side_by_side(ours: Tried, theirs: Tried, objective: str) -> SideBySide:
    """Two candidates that were measured on the same questions, `objective` first; it has values on both sides."""
    intervals = {}
    for metric in dict.fromkeys((objective, *ALSO_REPORTED)):
        if ours.value(metric) is not None and theirs.value(metric) is not None:
            intervals[metric] = (_interval(ours.outcomes, metric), _interval(theirs.outcomes, metric))
    by_id = {one.id: one.values for one in theirs.outcomes}
    pairs = [
        (one, one.values.get(objective, nan), by_id[one.id].get(objective, nan))
        for one in ours.outcomes
        if objective in one.values or objective in by_id[one.id]
    ]
    difference = paired_difference(
        [before for _, before, _ in pairs],
        [after for _, _, after in pairs],
        clusters=_clusters([one for one, _, _ in pairs]),
        weights=[one.weight for one, _, _ in pairs],
    )
    detectable = minimal_detectable_difference(difference.n)
    return SideBySide(objective, intervals, (ours.p50_ms, theirs.p50_ms), difference, detectable)


def _interval(outcomes: Sequence[Outcome], metric: str) -> Interval:
    having = [one for one in outcomes if metric in one.values]
    return bootstrap_interval(
        [one.values[metric] for one in having],
        weights=[one.weight for one in having],
        clusters=_clusters(having),
    )


def _clusters(outcomes: Sequence[Outcome]) -> list[str]:
    """What is drawn again together, by the rule of eval.summary."""
    return clusters_of(
        [Score(one.id, True, False, one.values, cluster=one.cluster or one.id) for one in outcomes]
    )


def _in_words(rounds: Sequence[tuple[int, int]]) -> str:
    return " → ".join(f"{questions} 题 questions" for questions, _ in rounds)
