"""What every store asks of its input, said once."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from index.vectors.base import HALF, Vectors

Ids = NDArray[np.int64]


def id_array(ids: Collection[int] | Ids) -> Ids:
    """The ids as int64, in their order."""
    if isinstance(ids, np.ndarray):
        return ids
    return np.fromiter(ids, dtype=np.int64, count=len(ids))


def checked_rows(ids: Sequence[int], vectors: Vectors, dimension: int) -> tuple[Ids, Vectors]:
    """Ids and vectors of one `add`, contiguous and rounded to half precision; of an id given twice only the last
    vector is kept.

    Raises ValueError unless `vectors` has the shape (len(ids), dimension).
    """
    if vectors.shape != (len(ids), dimension):
        raise ValueError(f"vectors must have the shape ({len(ids)}, {dimension}), got {vectors.shape}")
    last = {row_id: row for row, row_id in enumerate(ids)}
    rows = np.fromiter(last.values(), dtype=np.intp, count=len(last))
    return id_array(last), vectors[rows].astype(HALF).astype(np.float32)


def checked_query(vector: NDArray[np.float32], dimension: int) -> NDArray[np.float32]:
    """The vector of one question, contiguous. Raises ValueError unless its shape is (dimension,)."""
    if vector.shape != (dimension,):
        raise ValueError(f"the question's vector must have the shape ({dimension},), got {vector.shape}")
    return np.ascontiguousarray(vector, dtype=np.float32)


def ranked(ids: Ids, scores: NDArray[np.float32], k: int) -> list[tuple[int, float]]:
    """The `k` best as (id, score): highest score first, of equal scores the smaller id first."""
    order = np.lexsort((ids, -scores))[:k]
    return list(zip(ids[order].tolist(), scores[order].tolist(), strict=True))
