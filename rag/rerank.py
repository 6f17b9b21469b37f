"""Puts passages that speak of the whole question before those that repeat one word of it.

BM25 lets a passage that names the company in every sentence win over the one that holds the figure asked
for and names the company only in its title. Here each of the question's terms counts once, wherever it
stands. Needs no model; a cross-encoder that is on this machine can take its place behind the same contract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import ModelError
from index.recent import looked_up
from rag.matching import Texts, comparables, weigh

IN_CONTEXT = 0.8
"""What a term is worth that stands in the title, heading or speaker instead of in the passage."""

PASSAGES_KEPT = 20_000
"""Passages whose spelling is kept; their texts are those that index.library_reader keeps, too."""


class Readable(Protocol):
    """What is read of a passage: a Passage has it, and so has index.stored.Excerpt."""

    @property
    def text(self) -> str:
        """Its own text."""

    @property
    def context(self) -> str:
        """Title, heading and speaker."""

    @property
    def published(self) -> str:
        """An ISO date, or "" when nothing says it."""


class Asked(Protocol):
    """What is read of a question: a Question has it, and so has rag.question.Wording."""

    @property
    def standalone(self) -> str:
        """The question in full, as it is understood without the turns before it."""

    @property
    def terms(self) -> tuple[str, ...]:
        """Its normalised content words, each once."""


class Reranker(Protocol):
    """Scores passages for one question."""

    def score(
        self, question: Asked, passages: Sequence[Readable], rarity: Mapping[str, float]
    ) -> NDArray[np.float32]:
        """One score a passage, 0..1, shape (n,): higher is better, comparable within one question only.

        `rarity` maps the question's terms to their inverse document frequencies.
        """


class CoverageReranker:
    """Scores by the weighted share of the question's terms that a passage or its context holds, 0..1."""

    def __init__(self) -> None:
        self._known: dict[int, _Spelled] = {}
        """Passages of late by their id(), which is nobody else's while they are kept here."""

    def score(
        self, question: Asked, passages: Sequence[Readable], rarity: Mapping[str, float]
    ) -> NDArray[np.float32]:
        """As the contract says."""
        weights = weigh(rarity, question.terms)
        total = sum(weights.values())
        if not total or not passages:
            return np.zeros(len(passages), dtype=np.float32)
        _, texts, contexts = zip(*self._spelled(passages), strict=True)
        distinct = {context: place for place, context in enumerate(dict.fromkeys(contexts), len(texts))}
        together = Texts([*texts, *distinct])
        held = np.array([together.holding(term) for term in weights])
        around = IN_CONTEXT * held[:, [distinct[context] for context in contexts]]
        shares = np.maximum(held[:, : len(texts)], around)
        # Not `weights @ shares`: BLAS adds up in an order that depends on the place, see FlatStore.search.
        covered = (np.array([*weights.values()])[:, np.newaxis] * shares).sum(axis=0)
        scores: NDArray[np.float32] = (covered / total).astype(np.float32)
        return scores

    def _spelled(self, passages: Sequence[Readable]) -> list[_Spelled]:
        """The passages with their texts and contexts as they are compared."""
        by_id = {id(passage): passage for passage in passages}

        def spell(ids: Sequence[int]) -> dict[int, _Spelled]:
            fresh = [by_id[one] for one in ids]
            texts = comparables([passage.text for passage in fresh])
            contexts = comparables([f"{passage.context} {passage.published}" for passage in fresh])
            return dict(zip(ids, map(_Spelled, fresh, texts, contexts), strict=True))

        found = looked_up(self._known, by_id, spell, PASSAGES_KEPT)
        return [found[id(passage)] for passage in passages]


class _Spelled(NamedTuple):
    """A passage with its text and its context as `rag.matching` compares them."""

    passage: Readable
    text: str
    context: str


class CrossEncoderReranker:
    """Scores with a sentence-transformers CrossEncoder of one output, through a sigmoid: 0..1.

    The model reads the question and each passage together, with its title before it, which takes a CPU some
    milliseconds a passage: `candidates` is what bounds it.
    """

    def __init__(self, name_or_path: str) -> None:
        """Loads the model. Raises ModelError if it is not on this machine or is no reranker."""
        # Heavy, and only for those who have chosen such a model.
        try:
            from sentence_transformers import CrossEncoder
            from torch.nn import Sigmoid
        except ImportError as error:
            raise ModelError(
                f"重排模型 {name_or_path!r} 需要 sentence-transformers，请安装 this reranker needs the package "
                "sentence-transformers: install it, or choose the reranker coverage"
            ) from error
        folder = Path(name_or_path).expanduser()
        try:
            self._model = CrossEncoder(
                str(folder) if folder.exists() else name_or_path,
                local_files_only=True,
                trust_remote_code=False,
                activation_fn=Sigmoid(),
            )
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(
                f"本机没有重排模型 {name_or_path!r}，可填 coverage、none 或模型文件夹 this reranker is not on this machine "
                "and nothing is downloaded: give coverage, none, or the folder of a CrossEncoder"
            ) from error
        if self._model.num_labels != 1:
            raise ModelError(
                f"{name_or_path}: 重排模型应只有一个输出 a reranker has one output, this model has {self._model.num_labels}"
            )

    def score(
        self, question: Asked, passages: Sequence[Readable], rarity: Mapping[str, float]
    ) -> NDArray[np.float32]:
        """As the contract says; `rarity` is of no use to a model."""
        if not passages:
            return np.zeros(0, dtype=np.float32)
        pairs = [(question.standalone, f"{passage.context}\n{passage.text}") for passage in passages]
        scores = self._model.predict(pairs, show_progress_bar=False, convert_to_numpy=True)
        return np.asarray(scores, dtype=np.float32).reshape(len(passages))


def open_reranker(name: str) -> Reranker:
    """The reranker of this name: "coverage", else a CrossEncoder. Raises ModelError as the latter does."""
    return CoverageReranker() if name in {"", "coverage"} else CrossEncoderReranker(name)
