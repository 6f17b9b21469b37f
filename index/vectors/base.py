"""The contract of a vector store: ids and unit vectors in, the nearest ids out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (n, d), unit length each row; a zero row is a text without a known word and is never near."""


HALF = "<f2"
"""What a store keeps, and the catalog: little-endian numbers of 16 bits. That moves an inner product by less than a
thousandth, which is less than neighbouring passages differ by, and halves what a library weighs."""


class VectorStore(Protocol):
    """Vectors under integer ids, kept in half precision. Scores are the inner products with the vectors as they are
    kept: higher is better, 1 for the same direction."""

    @property
    def dimension(self) -> int:
        """d of every vector in the store."""

    def __len__(self) -> int:
        """How many vectors are stored."""

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """Store `vectors[i]` under `ids[i]`. An id that is there already is replaced."""

    def remove(self, ids: Collection[int]) -> None:
        """Forget these ids; unknown ones are passed over."""

    def search(
        self, vector: NDArray[np.float32], k: int, allowed: Collection[int] | NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """The `k` nearest as (id, score), best first; only among `allowed` when it is given.

        The filter works inside the search: k results come back whenever k allowed ids exist.
        """

    def kept(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        """Those of `ids` that are stored, in their order, and their vectors (n, d), so far as the store can give them."""

    def save(self, file: Path) -> None:
        """Write everything to one new file; never a pickle."""
