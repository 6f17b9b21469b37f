"""Puts passages that speak of the whole question before those that repeat one word of it.

BM25 lets a passage that names the company in every sentence win over the one that holds the figure asked
for and names the company only in its title. Here each of the question's terms counts once, wherever it
stands. Needs no model; a cross-encoder can take its place behind the same contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.passage import Passage
from rag.matching import comparable, holds, weigh
from rag.question import Question

IN_CONTEXT = 0.8
"""What a term is worth that stands in the title, heading or speaker instead of in the passage."""


class Reranker(Protocol):
    """Scores passages for one question."""

    def score(
        self, question: Question, passages: Sequence[Passage], rarity: Mapping[str, float]
    ) -> NDArray[np.float32]:
        """One score a passage, shape (n,): higher is better, comparable within one question only.

        `rarity` maps the question's terms to their inverse document frequencies.
        """


class CoverageReranker:
    """Scores by the weighted share of the question's terms that a passage or its context holds, 0..1."""

    def score(
        self, question: Question, passages: Sequence[Passage], rarity: Mapping[str, float]
    ) -> NDArray[np.float32]:
        """As the contract says."""
        weights = weigh(rarity, question.terms)
        total = sum(weights.values())
        scores = np.zeros(len(passages), dtype=np.float32)
        if not total:
            return scores
        contexts: dict[str, dict[str, float]] = {}
        for i, passage in enumerate(passages):
            if passage.context not in contexts:
                context = comparable(f"{passage.context} {passage.published}")
                contexts[passage.context] = {term: IN_CONTEXT * holds(term, context) for term in weights}
            text = comparable(passage.text)
            held = contexts[passage.context]
            scores[i] = sum(w * max(holds(term, text), held[term]) for term, w in weights.items()) / total
        return scores
