"""A store for libraries that are too large to compare every vector: FAISS's inverted lists.

Only the lists nearest to a question are looked through, so that something near may be missed: how much is
measured on the library's own questions when the store is built, and `nprobe` is raised until enough is found.
`build` gives up, and the caller stays with the exhaustive store, when even a quarter of the lists is too few.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import faiss
import numpy as np

from index.vectors.arrays import Ids
from index.vectors.base import Vectors, VectorStore
from index.vectors.faiss import FaissStore, selector

RECALL_FLOOR = 0.97
"""The least share of the ten truly nearest that must be found."""

LISTS_PER_ROOT = 4.0  # lists = 4 √n, as FAISS's guidelines have it
TRAINING_PER_LIST = 39  # vectors; fewer make FAISS warn that its clusters mean little
NEAREST = 10


class IvfStore(FaissStore):
    """Inverted lists of vectors of 16 bits. Made by `build`, which knows all vectors beforehand."""

    def __init__(self, training: Vectors) -> None:
        """An empty store whose lists suit `training`, float32 of shape (n, d)."""
        count, dimension = training.shape
        lists = max(1, min(int(LISTS_PER_ROOT * count**0.5), count // TRAINING_PER_LIST))
        random = np.random.default_rng(0)
        sample = random.permutation(count)[: lists * TRAINING_PER_LIST]
        coarse = faiss.IndexFlatIP(dimension)
        self._index: Any = faiss.IndexIVFScalarQuantizer(
            coarse, dimension, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT, False
        )
        self._index.train(np.ascontiguousarray(training[sample], dtype=np.float32))

    @classmethod
    def build(
        cls, ids: Sequence[int], vectors: Vectors, questions: Vectors, exact: VectorStore
    ) -> tuple[Self, float] | None:
        """A store of these vectors and its recall@10 of `questions` (m, d) against `exact`; None below the floor."""
        store = cls(vectors)
        store.add(ids, vectors)
        truth = [{id for id, _ in exact.search(question, NEAREST)} for question in questions]
        lists = store._index.nlist
        probes = 8
        while probes <= max(8, lists // 4):
            store._index.nprobe = min(probes, lists)
            found = recall(store, questions, truth)
            if found >= RECALL_FLOOR:
                return store, found
            probes *= 2
        return None

    @classmethod
    def _is_ours(cls, index: Any) -> bool:
        return type(index) is faiss.IndexIVFScalarQuantizer

    def kept(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        """Nothing: in lists, a vector is not found by its id."""
        return [], np.zeros((0, self.dimension), dtype=np.float32)

    def _parameters(self, allowed: Ids | None) -> Any:
        if allowed is None:
            return None
        # Among few, all lists are looked through: a filter must not make anything harder to find.
        return faiss.SearchParametersIVF(  # type: ignore[call-arg]
            sel=selector(allowed), nprobe=self._index.nlist
        )


def recall(store: VectorStore, questions: Vectors, truth: Sequence[set[int]]) -> float:
    """The share of the truly nearest ids that `store` finds, 0..1; 1 where there is nothing to find."""
    wanted = sum(map(len, truth))
    found = sum(
        len(nearest & {id for id, _ in store.search(question, len(nearest))})
        for question, nearest in zip(questions, truth, strict=True)
    )
    return found / wanted if wanted else 1.0
