"""Whether a sentence that was found answers the question at all, and what of the question it does not speak of.

Two things must hold: nothing that the question insists on may be lacking (rag.demands, its names, years and places),
and the sentence must be likely enough to hold an answer (rag.verdict). Which sentences come into question is found in
rag.finder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from index import words
from index.dates import relative_dates
from index.passage import Hit, Passage
from rag.demands import demands
from rag.evidence import Evidence, Verdict, next_to, same_article
from rag.features import SentenceFeatures, states_new
from rag.matching import comparable
from rag.orders import without_orders
from rag.question import Constraint, Question
from rag.stated import states_it
from rag.synonyms import says
from rag.verdict import LEAST_COVERAGE, SPOKEN_OF, likelihood, signs, threshold

ELSEWHERE = 0.7
"""What a word is worth that stands in another passage of the same article, instead of in the passage itself."""


class Sufficiency:
    """Judges sentences of `hits` for one question, one at a time."""

    def __init__(self, question: Question, hits: Sequence[Hit], features: SentenceFeatures) -> None:
        self.question = question
        self._hits = hits
        self._features = features

    def judge(self, piece: Evidence, row: Mapping[str, float]) -> Verdict:
        """The verdict on one sentence; `row` holds its FEATURES by name."""
        texts = self._texts(piece)
        ruled_out, uncovered = self._lacking(piece, texts)
        coverage = (
            self._features.share([texts["src"]]) * (1 - ELSEWHERE)
            + self._features.share([texts["art"]]) * ELSEWHERE
        )
        enough = (
            not ruled_out
            and coverage >= LEAST_COVERAGE
            and likelihood(self._signs(piece, row, texts)) >= threshold()
        )
        return Verdict(enough, coverage, uncovered)

    def examined(self, piece: Evidence, row: Mapping[str, float]) -> tuple[bool, list[float]]:
        """Whether a sentence lacks nothing firm, and its signs: what rag.verdict learns from."""
        texts = self._texts(piece)
        return not self._lacking(piece, texts)[0], self._signs(piece, row, texts)

    def _texts(self, piece: Evidence) -> dict[str, str]:
        """What stands in and around a sentence, comparable: as in rag.verdict, and "beside" without the context."""
        passage = piece.passage
        years = "".join(
            f"{meant[:4]}年" for meant in relative_dates(passage.text, passage.published).values()
        )
        context = comparable(f"{passage.context} {passage.published} {passage.publisher}")
        beside = comparable(" ".join(one.text for one in (piece, *next_to(piece)) if one))
        source = comparable(
            f"{passage.context} {passage.published} {passage.publisher} {years} {without_orders(passage.text)}"
        )
        return {
            "own": f"{comparable(piece.text)} {context}",
            "beside": f"{beside} {comparable(passage.published)}",
            "near": f"{context} {beside}",
            "src": source,
            "art": f"{source} {self._article_of(passage)}",
        }

    def _lacking(self, piece: Evidence, texts: Mapping[str, str]) -> tuple[bool, tuple[str, ...]]:
        """Whether what a sentence lacks rules it out, and what that is, as a person would write it."""
        asked, article = comparable(self.question.standalone), texts["art"]
        within = {"near": texts["beside"], "passage": texts["src"], "article": article}
        reach = {"title": article, "edition": article, "place": texts["near"]}
        lacking = [
            one for one in self.question.constraints if not _meets(one, reach.get(one.kind, texts["src"]))
        ]
        unmet = [one for one in demands(asked) if not one.met(within[one.reach])]
        absent = [term for term in self.question.terms if says(term, article) < SPOKEN_OF]
        of_head = self._speaks_of_head(texts["near"])
        if not of_head and self.question.head_noun not in absent:
            absent.append(self.question.head_noun)
        ruled_out = (
            bool(unmet)
            or not of_head
            or not states_new(self.question.asks, asked, texts["beside"])
            or not self._states(piece, asked)
            or any(_excludes(one, texts["src"], piece.passage.published) for one in lacking)
        )
        named = [one.shown for one in lacking] + [one.shown for one in unmet]
        return ruled_out, tuple(dict.fromkeys(named + absent))

    def _states(self, piece: Evidence, asked: str) -> bool:
        """Whether the sentence or one beside it states the number or moment of what is asked, not of something else."""
        sentences = [comparable(one.text) for one in (piece, *next_to(piece)) if one]
        return states_it(self.question, asked, sentences, comparable(piece.passage.context))

    def _signs(self, piece: Evidence, row: Mapping[str, float], texts: Mapping[str, str]) -> list[float]:
        asked = comparable(self.question.standalone)
        states = states_new(self.question.asks, asked, comparable(piece.text))
        return signs(self._features, row, piece.score, texts, states)

    def _speaks_of_head(self, text: str) -> bool:
        """Whether `text` speaks of what is asked about, if the question says what that is: 前主席 may be 原主席."""
        noun = self.question.head_noun
        held = says(noun, text) if noun else 1.0
        return held >= SPOKEN_OF or (held > 0 and f"前{noun}" in comparable(self.question.standalone))

    def _article_of(self, passage: Passage) -> str:
        """The other passages found of the same article: a subject is named once and then spoken of."""
        others = (hit.passage for hit in self._hits if same_article(hit.passage, passage))
        return " ".join(comparable(without_orders(other.text)) for other in others)


def _excludes(constraint: Constraint, source: str, published: str) -> bool:
    """Whether a source that lacks the constraint cannot answer; a year if the source speaks of another or is older."""
    if constraint.kind != "year":
        return True
    return bool(re.search(r"(?:19|20)\d{2}年", source)) or "" < published[:4] < constraint.key


def _meets(constraint: Constraint, source: str) -> bool:
    if constraint.kind == "standard":
        return constraint.key in words.tokenize(source)
    if constraint.kind == "name" and (versioned := re.fullmatch(r"([a-z]+)([\d.]+)", constraint.key)):
        return re.search(rf"{versioned[1]}[- ]?{re.escape(versioned[2])}(?!\.?\d)", source) is not None
    if constraint.kind == "year":
        year = constraint.key
        span = rf"{year}(?:年|[-~至到](?:19|20)?\d\d年|-\d\d)|\d{{4}}年?[-~至到]{year}(?!\d)"
        return re.search(span, source) is not None
    return constraint.key in source
