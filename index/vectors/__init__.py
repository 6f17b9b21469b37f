"""Vector stores: `base.VectorStore` is the contract, `open_store` makes one by the name of its kind."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from index.vectors.base import Vectors, VectorStore
from index.vectors.flat import FlatStore

__all__ = ["StoreKind", "VectorStore", "Vectors", "load_store", "open_store"]

StoreKind = Literal["flat", "faiss", "ivf"]


def open_store(kind: StoreKind, dimension: int) -> VectorStore:
    """An empty store for vectors of `dimension` numbers; one of kind "ivf" is made by IvfStore.build."""
    if kind == "flat":
        return FlatStore(dimension)
    if kind == "faiss":
        from index.vectors.faiss import FaissStore  # heavy: a flat store must not pay for it

        return FaissStore(dimension)
    raise ValueError(f"store kind must be 'flat' or 'faiss', got {kind!r}")


def load_store(kind: StoreKind, file: Path) -> VectorStore:
    """The store that `save` wrote to `file`. Raises LibraryError if the file is missing or damaged."""
    if kind == "flat":
        return FlatStore.load(file)
    if kind == "faiss":
        from index.vectors.faiss import FaissStore  # heavy: a flat store must not pay for it

        return FaissStore.load(file)
    if kind == "ivf":
        from index.vectors.ivf import IvfStore

        return IvfStore.load(file)
    raise ValueError(f"store kind must be 'flat', 'faiss' or 'ivf', got {kind!r}")
