"""The reference store: one NumPy matrix, every vector compared with every question.

Exact and plain; what the other stores are tested against, and enough for a small library.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.errors import LibraryError
from index.vectors.arrays import Ids, checked_query, checked_rows, id_array, ranked
from index.vectors.base import Vectors


class FlatStore:
    """A float32 matrix of shape (n, d) beside its n ids."""

    def __init__(self, dimension: int) -> None:
        """An empty store for vectors of `dimension` numbers."""
        self._ids: Ids = np.zeros(0, dtype=np.int64)
        self._vectors: Vectors = np.zeros((0, dimension), dtype=np.float32)

    @classmethod
    def load(cls, file: Path) -> Self:
        """The store that `save` wrote. Raises LibraryError if the file is missing or damaged."""
        try:
            with np.load(file, allow_pickle=False) as saved:
                ids, vectors = saved["ids"], saved["vectors"]
            if ids.dtype != np.int64 or vectors.dtype != np.float32 or vectors.shape[:1] != ids.shape:
                raise ValueError("ids and vectors do not belong together")
        except (OSError, ValueError, KeyError, EOFError, AttributeError, zipfile.BadZipFile) as error:
            raise LibraryError(f"向量文件缺失或损坏 vector file is missing or damaged: {file}") from error
        store = cls(vectors.shape[1])
        store._ids, store._vectors = ids, vectors
        return store

    @property
    def dimension(self) -> int:
        """d of every vector in the store."""
        return int(self._vectors.shape[1])

    def __len__(self) -> int:
        """How many vectors are stored."""
        return len(self._ids)

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Store `vectors[i]` under `ids[i]`. An id that is there already is replaced."""
        new_ids, new_vectors = checked_rows(ids, vectors, self.dimension)
        self.remove(new_ids.tolist())
        self._ids = np.concatenate([self._ids, new_ids])
        self._vectors = np.concatenate([self._vectors, new_vectors])

    def remove(self, ids: Collection[int]) -> None:
        """Forget these ids; unknown ones are passed over."""
        kept = ~np.isin(self._ids, id_array(ids))
        if not kept.all():
            self._ids, self._vectors = self._ids[kept], self._vectors[kept]

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: Collection[int] | NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """The `k` nearest as (id, inner product), best first; of equal ones the smaller id first."""
        query = checked_query(vector, self.dimension)
        ids, vectors = self._ids, self._vectors
        if allowed is not None:
            admitted = np.isin(ids, id_array(allowed))
            ids, vectors = ids[admitted], vectors[admitted]
        # Not `vectors @ query`: BLAS adds up the last rows in another order than the first, so that
        # equal vectors would not have equal scores.
        scores = np.einsum("nd,d->n", vectors, query)
        if 0 < k < len(scores):
            # Keeps all that are as good as the k-th, so that ties are broken by id and not by place.
            near = scores >= np.partition(scores, -k)[-k]
            ids, scores = ids[near], scores[near]
        return ranked(ids, scores, max(k, 0))

    def kept(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        """Those of `ids` that are stored, in their order, and their vectors (n, d)."""
        places = {id: place for place, id in enumerate(self._ids.tolist())}
        there = [id for id in ids if id in places]
        return there, self._vectors[[places[id] for id in there]]

    def save(self, file: Path) -> None:
        """Write everything to one new file (NumPy's npz, no pickle)."""
        with file.open("wb") as target:
            np.savez(target, ids=self._ids, vectors=self._vectors)
