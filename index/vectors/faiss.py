"""The store of everyday use: FAISS, exact, under our own ids.

Every vector is compared, so that nothing near is missed; at 50,000 passages that takes a few milliseconds.
For very many more there is index.vectors.ivf.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from index.errors import LibraryError
from index.vectors.arrays import Ids, checked_query, checked_rows, id_array, ranked
from index.vectors.base import HALF, Vectors

# One thread a search: OpenMP's threads spin while they wait, which costs four times the search itself, and
# a server has its own threads. This holds for the thread that says it, so `search` says it again.
faiss.omp_set_num_threads(1)

BITS_PER_ID = 1000
"""Of the highest id, from which on a filter by bits would cost more to make than it saves."""

DEEPER = 4
"""How many times as many are looked for where the last that was found is no worse than the k-th: FAISS's search by score
takes some twenty times as long as its search for the best."""

_NO_HIT = np.finfo(np.float32).min
"""The score FAISS fills up with when fewer than k vectors were found."""


class FaissStore:
    """An exhaustive index of numbers of 16 bits, which the catalog keeps too, behind `IndexIDMap`."""

    _views: tuple[Ids, NDArray[np.float16]] | None = None
    """What `_places` has found; none after a change, which may move what FAISS holds."""

    _highest: int | None = None
    """Of all ids ever added; None where that is not known."""

    def __init__(self, dimension: int) -> None:
        """An empty store for vectors of `dimension` numbers."""
        self._index: Any = faiss.IndexIDMap(
            faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        )
        self._highest = np.iinfo(np.int64).min

    @classmethod
    def load(cls, file: Path) -> Self:
        """The store that `save` wrote. Raises LibraryError if the file is missing or damaged."""
        message = f"向量文件缺失或损坏 vector file is missing or damaged: {file}"
        try:
            index = faiss.read_index(str(file))
        except (RuntimeError, MemoryError) as error:
            raise LibraryError(message) from error
        # A damaged file may still be an index of another kind.
        if not cls._is_ours(index) or index.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise LibraryError(message)
        store = cls.__new__(cls)
        store._index = index
        return store

    @classmethod
    def _is_ours(cls, index: Any) -> bool:
        """Whether a file that was read holds what this class writes."""
        return type(index) is faiss.IndexIDMap

    def _parameters(self, allowed: Ids | None) -> Any:
        """How FAISS is to search: only among `allowed`, when it is given."""
        if allowed is None:
            return None
        return faiss.SearchParameters(sel=selector(allowed))  # type: ignore[call-arg]

    @property
    def dimension(self) -> int:
        """d of every vector in the store."""
        return int(self._index.d)

    def __len__(self) -> int:
        """How many vectors are stored."""
        return int(self._index.ntotal)

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Store `vectors[i]` under `ids[i]`. An id that is there already is replaced."""
        new_ids, new_vectors = checked_rows(ids, vectors, self.dimension)
        if not len(new_ids):
            return
        highest = int(new_ids.max())
        if self._highest is None or new_ids.min() <= self._highest:
            self.remove(new_ids.tolist())  # looks at every vector
            highest = max(highest, self._highest or highest)
        self._highest = None if self._highest is None else highest
        self._views = None
        self._index.add_with_ids(new_vectors, new_ids)

    def ids(self) -> Ids:
        """The ids of all vectors, in the order of `vectors`."""
        return faiss.vector_to_array(self._index.id_map)

    def vectors(self) -> Vectors:
        """All vectors, float32 of shape (n, d)."""
        return self._codes().astype(np.float32)

    def remove(self, ids: Collection[int]) -> None:
        """Forget these ids; unknown ones are passed over."""
        if len(ids) and len(self):
            self._views = None
            self._index.remove_ids(id_array(ids))

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: Collection[int] | NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """The `k` nearest as (id, inner product), best first; of equal ones the smaller id first."""
        rows = checked_query(vector, self.dimension)[np.newaxis]
        if k < 1 or not len(self) or (allowed is not None and not len(allowed)):
            return []
        faiss.omp_set_num_threads(1)
        params = self._parameters(None if allowed is None else id_array(allowed))
        # One more than asked for shows whether the k-th has an equal that was left out: then it is looked further.
        looked = k + 1
        while True:
            scores, ids = self._index.search(rows, min(looked, len(self)), params=params)
            found = scores[0] > _NO_HIT  # ids cannot tell: -1 may be somebody's id
            scores, ids = scores[0][found], ids[0][found]
            if len(scores) < looked or scores[-1] < scores[k - 1]:
                return ranked(ids, scores, k)
            looked *= DEEPER

    def kept(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        """Those of `ids` that are stored, in their order, and their vectors (n, d); none where they are not in order."""
        if not len(self):
            return [], np.zeros((0, self.dimension), dtype=np.float32)
        own, codes = self._places()
        wanted = id_array(ids)
        places = own.searchsorted(wanted)
        found = places < len(own)
        found[found] = own[places[found]] == wanted[found]
        return wanted[found].tolist(), codes[places[found]].astype(np.float32)

    def _places(self) -> tuple[Ids, NDArray[np.float16]]:
        """The ids in ascending order and their vectors, as views of what FAISS holds; empty if it is in no such order."""
        if self._views is None:
            own, codes = self.ids(), self._codes()
            ascending = bool((own[1:] > own[:-1]).all())
            self._views = (own, codes) if ascending else (own[:0], codes[:0])
        return self._views

    def _codes(self) -> NDArray[np.float16]:
        """The numbers that FAISS holds, a row each vector: a view, for as long as nothing is added or removed."""
        inner: Any = faiss.downcast_index(self._index.index)
        held = inner.codes
        codes: NDArray[np.float16] = faiss.rev_swig_ptr(held.data(), held.size()).view(HALF)
        return codes.reshape(len(self), self.dimension)

    def save(self, file: Path) -> None:
        """Write everything to one new file in FAISS's own format."""
        faiss.write_index(self._index, str(file))


def selector(allowed: Ids) -> Any:
    """FAISS's filter for these ids: one bit an id where they lie close together, which a hash takes ten times as long for."""
    if len(allowed) and allowed.min() >= 0 and allowed.max() < BITS_PER_ID * len(allowed):
        bits = np.zeros(int(allowed.max()) + 1, dtype=bool)
        bits[allowed] = True
        packed: Any = np.packbits(bits, bitorder="little")
        return faiss.IDSelectorBitmap(packed)  # type: ignore[call-arg]
    return faiss.IDSelectorBatch(allowed)
