"""Which sentences answer the question, and whether they are enough to answer it at all.

Every sentence of the retrieved passages is scored by the share of the question's words it holds, rare
words counting more; words may also stand next to it (the sentence before, the title, the speaker), at
a discount. The verdict names what no passage speaks of. Does not write an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index import words
from index.passage import Hit, Passage
from index.split import clauses, sentences
from rag.question import Asks, Constraint, Question

LONG_SENTENCE = 160
"""Characters above which a sentence is offered in clauses (at ；) instead of whole."""

NEIGHBOUR, PASSAGE, CONTEXT = 0.75, 0.5, 0.6
"""What a question's word is worth when it stands in the sentence before or after, elsewhere in the
passage, or in its title, heading or speaker, instead of in the sentence itself."""

ENOUGH = 0.55
"""The least weighted share of the question's words that the evidence must hold for an answer."""

_CHANGES_TITLE = "副原前代非无未不"
"""A prefix that makes another word of the word behind it: 副总经理 is no 总经理."""

_TYPE_SIGNS: Mapping[Asks, re.Pattern[str]] = {
    "number": re.compile(r"\d|[一二三四五六七八九十百千万亿两][个家项条户人名张次种类年天位层级倍成]"),
    "when": re.compile(r"\d+\s*[年月日时]|世纪|年代|[今去明]年|[上本下]月"),
    "who": re.compile(
        r"先生|女士|教授|局长|主任|院长|总经理|董事|记者|专家|作者|主席|校长|社长|总监|总裁|说|认为|指出|表示|提出"
    ),
    "list": re.compile(r"、|；|一是|第一|包括|分别|以及|等"),
    "why": re.compile(r"因为|由于|因此|所以|原因|为了|旨在|考虑|以便|从而|导致|得益于"),
    "how": re.compile(r"通过|采取|采用|利用|建立|实施|开展|推动|加强|用于|可以|一是|首先"),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of a passage put before the answerer: `text` is document.text[start:end].

    `score` says how well it answers: higher is better, comparable within one question only.
    """

    passage: Passage
    start: int
    end: int
    score: float = 0.0

    @property
    def text(self) -> str:
        """The stretch itself."""
        return self.passage.text[self.start - self.passage.start : self.end - self.passage.start]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the evidence suffices. `coverage` is the weighted share (0..1) of the question it holds.

    `uncovered` names the parts of the question of which no evidence speaks, as a person would write them.
    """

    enough: bool
    coverage: float
    uncovered: tuple[str, ...] = ()


class EvidenceFinder:
    """Scores sentences for one question. `rarity` maps each of its terms to an inverse document frequency."""

    def __init__(self, question: Question, rarity: Mapping[str, float]) -> None:
        self.question = question
        self.weights = {term: _weight(term, rarity.get(term, 1.0)) for term in question.terms}
        self.total = sum(self.weights.values()) or 1.0

    def sentences(self, hits: Sequence[Hit]) -> list[Evidence]:
        """All sentences of the hits' passages as evidence, best first; none twice."""
        best = max((hit.score for hit in hits), default=1.0) or 1.0
        found: dict[str, Evidence] = {}
        for hit in hits:
            for piece in self._of_passage(hit.passage, hit.score / best):
                known = found.get(piece.text)
                if known is None or piece.score > known.score:
                    found[piece.text] = piece
        return sorted(found.values(), key=lambda piece: -piece.score)

    def _of_passage(self, passage: Passage, standing: float) -> list[Evidence]:
        spans = _units(passage.text)
        texts = [words.normalize(passage.text[a:b]) for a, b in spans]
        whole, context = words.normalize(passage.text), words.normalize(passage.context)
        pieces = []
        for i, (start, end) in enumerate(spans):
            near = " ".join(texts[max(0, i - 1) : i] + texts[i + 1 : i + 2])
            share = self._share([(texts[i], 1.0), (near, NEIGHBOUR), (whole, PASSAGE), (context, CONTEXT)])
            own = self._share([(texts[i], 1.0)])
            score = (
                0.55 * own
                + 0.45 * share
                + 0.25 * standing
                + 0.15 * self._fits(passage, passage.text[start:end])
            )
            pieces.append(Evidence(passage, passage.start + start, passage.start + end, score))
        return pieces

    def _share(self, places: Sequence[tuple[str, float]]) -> float:
        """The weighted share of the question's terms, each counted in the place where it is worth most."""
        held = sum(
            weight * max(worth * holds(term, text) for text, worth in places)
            for term, weight in self.weights.items()
        )
        return held / self.total

    def _fits(self, passage: Passage, sentence: str) -> float:
        """1 if the sentence looks like the kind of answer that is asked for, else 0; headlines answer who and when."""
        asks = self.question.asks
        if passage.kind == "head":
            return 1.0 if asks in ("who", "when") else -2.0
        signs = _TYPE_SIGNS.get(asks)
        return 1.0 if signs and signs.search(sentence) else 0.0

    def choose(self, ranked: Sequence[Evidence], most: int = 3, close: float = 0.85) -> list[Evidence]:
        """The best sentence, then at most `most` - 1 others that add something or come close to it."""
        if not ranked:
            return []
        chosen = [ranked[0]]
        for piece in ranked[1:12]:
            if len(chosen) == most:
                break
            gain = self._gain(chosen, piece)
            if gain > 0.1 or piece.score >= close * ranked[0].score:
                chosen.append(piece)
        return chosen

    def _gain(self, chosen: Sequence[Evidence], piece: Evidence) -> float:
        """The share of the question that `piece` holds and none of `chosen` does."""
        texts = [words.normalize(one.text) for one in chosen]
        new = words.normalize(piece.text)
        held = 0.0
        for term, weight in self.weights.items():
            held += weight * max(0.0, holds(term, new) - max(holds(term, text) for text in texts))
        return held / self.total

    def judge(self, ranked: Sequence[Evidence]) -> Verdict:
        """Whether the best sentence, with what stands around it, speaks of enough of the question."""
        if not ranked:
            return Verdict(False, 0.0, tuple(self.question.terms))
        sources = [_surroundings(piece) for piece in ranked[:3]]
        coverage = max(self._share([(source, 1.0)]) for source in sources)
        lacking = [
            one for one in self.question.constraints if not any(_meets(one, source) for source in sources)
        ]
        absent = [
            term for term in self.question.terms if max(holds(term, source) for source in sources) < 0.5
        ]
        uncovered = tuple(dict.fromkeys([one.shown for one in lacking] + absent))
        hard = [one for one in lacking if one.kind != "year"]
        return Verdict(not hard and coverage >= ENOUGH, coverage, uncovered)


def _units(text: str) -> list[tuple[int, int]]:
    """Spans of sentences, long ones in clauses."""
    units: list[tuple[int, int]] = []
    for start, end in sentences(text):
        units += clauses(text, start, end) if end - start > LONG_SENTENCE else [(start, end)]
    return units


def _surroundings(piece: Evidence) -> str:
    passage = piece.passage
    return words.normalize(f"{passage.context} {passage.published} {passage.publisher} {passage.text}")


def _meets(constraint: Constraint, source: str) -> bool:
    if constraint.kind == "standard":
        return constraint.key in words.tokenize(source)
    return constraint.key in source


def _weight(term: str, rarity: float) -> float:
    """A longer word says more; a single character is mostly a fragment."""
    return rarity * (0.4 if len(term) == 1 else 1.0)


def holds(term: str, text: str) -> float:
    """How far `text` speaks of `term` (both normalised), 0..1.

    1 for the word itself, 0.3 behind a prefix that changes its meaning; for longer words the share of
    its character bigrams, and 0.8 when one character differs (螺狮粉 for 螺蛳粉).
    """
    position = text.find(term)
    while position >= 0:
        if position == 0 or text[position - 1] not in _CHANGES_TITLE:
            return 1.0
        position = text.find(term, position + 1)
    if term in text:
        return 0.3
    if len(term) < 3 or not ("\u4e00" <= term[0] <= "\u9fff"):
        return 0.0
    pairs = [term[i : i + 2] for i in range(len(term) - 1)]
    share = sum(pair in text for pair in pairs) / len(pairs)
    return max(0.8 if _one_off(term, text) else 0.0, 0.8 * share if share > 0.5 else 0.0)


def _one_off(term: str, text: str) -> bool:
    """Whether `text` holds `term` with exactly one character replaced, its first and last standing."""
    if len(term) < 3:
        return False
    pattern = "|".join(re.escape(term[:i]) + "." + re.escape(term[i + 1 :]) for i in range(1, len(term) - 1))
    return re.search(pattern, text) is not None
