"""What a reader searches: one immutable state of the vectors and the lexical index.

The vectors are FAISS segments as written, without the ids that have gone since (`dead`), and the tail:
what came since, searched by brute force. A change makes a new Snapshot; who holds the old one goes on
undisturbed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.catalog_reader import CatalogReader, Changes
from index.durable import sha256_of_file
from index.errors import LibraryError
from index.lexical import LexicalIndex
from index.manifest import Segment
from index.vectors import load_store
from index.vectors.base import Vectors, VectorStore
from index.vectors.flat import FlatStore

VECTORS = "vectors"
"""Folder of the segments, below the home."""

NO_VECTORS: Vectors = np.zeros((0, 0), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The search index at change `number`. `stores` are `segments` as they were loaded, none where one is not sound."""

    number: int
    lexical: LexicalIndex
    segments: tuple[Segment, ...]
    stores: tuple[VectorStore, ...]
    dead: frozenset[int]
    tail_ids: tuple[int, ...]
    tail_vectors: Vectors
    _tail: VectorStore | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Makes the tail searchable."""
        tail = None
        if self.tail_ids:
            tail = FlatStore(self.tail_vectors.shape[1])
            tail.add(self.tail_ids, self.tail_vectors)
        object.__setattr__(self, "_tail", tail)

    @property
    def pending(self) -> int:
        """How many vectors the segments lack or have too many."""
        return len(self.tail_ids) + len(self.dead)

    def nearest(
        self, vector: NDArray[np.float32], k: int, allowed: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """The `k` nearest as (passage id, inner product), best first; only among the ids `allowed` when given."""
        if not vector.any():  # a question without a known word is near to nothing
            return []
        living = allowed
        if allowed is not None and self.dead:
            living = np.setdiff1d(allowed, np.fromiter(self.dead, dtype=np.int64, count=len(self.dead)))
        found: dict[int, float] = {}
        for store in self.stores:
            found.update(self._in_segment(store, vector, k, living))
        if self._tail is not None:
            # A manifest that lags behind its segments (an older one put back) has passages in both: the tail counts.
            found.update(self._tail.search(vector, k, allowed))
        return sorted(found.items(), key=lambda hit: (-hit[1], hit[0]))[:k]

    def _in_segment(
        self, store: VectorStore, vector: NDArray[np.float32], k: int, living: NDArray[np.int64] | None
    ) -> list[tuple[int, float]]:
        if living is not None:
            return store.search(vector, k, living)
        # Few of the dead are near any one question: look a little further first, past all of them if need be.
        for further in (min(k, len(self.dead)), len(self.dead)):
            hits = store.search(vector, k + further)
            alive = [hit for hit in hits if hit[0] not in self.dead]
            if len(alive) >= k or len(hits) < k + further:
                break
        return alive[:k]

    def kept(self, ids: Sequence[int]) -> tuple[list[int], Vectors]:
        """Those of `ids` whose vectors can be had without asking the catalog, and the vectors (n, d)."""
        found = [self._tail.kept(ids)] if self._tail is not None else []
        passed = self.dead.union(*(known for known, _ in found))
        living = [id for id in ids if id not in passed]
        return gathered(found + [store.kept(living) for store in self.stores])

    def followed_by(self, changes: Changes, catalog: CatalogReader, lexical: LexicalIndex) -> Snapshot:
        """The snapshot after `changes`, whose vectors are taken from the catalog."""
        removed = frozenset(changes.removed)
        kept = [place for place, id in enumerate(self.tail_ids) if id not in removed]
        known = frozenset(self.tail_ids)
        # One that went and came back (a library that was rolled back) may have another vector now.
        wanted = [id for id in changes.added if id not in known or id in removed]
        ids, vectors = catalog.vectors(wanted)
        catalog.check_gone(sorted(set(wanted).difference(ids)))
        parts = [part for part in (self.tail_vectors[kept], vectors) if len(part)]
        return Snapshot(
            number=changes.upto,
            lexical=lexical,
            segments=self.segments,
            stores=self.stores,
            dead=self.dead | (removed - known),
            tail_ids=(*(self.tail_ids[place] for place in kept), *ids),
            tail_vectors=np.concatenate(parts) if parts else NO_VECTORS,
        )


def gathered(parts: Sequence[tuple[list[int], Vectors]]) -> tuple[list[int], Vectors]:
    """All ids of `parts` and their vectors (n, d); (0, 0) where there is none."""
    some = [part for part in parts if part[0]]
    if len(some) == 1:
        return some[0]
    rows = np.concatenate([rows for _, rows in some]) if some else NO_VECTORS
    return [id for ids, _ in some for id in ids], rows


def empty(lexical: LexicalIndex) -> Snapshot:
    """The snapshot before the first change, from which any other can be reached without a segment."""
    return Snapshot(0, lexical, (), (), frozenset(), (), NO_VECTORS)


def load_segment(home: Path, segment: Segment) -> VectorStore | None:
    """The vectors of a segment; None when its file is missing or is not, bit by bit, what was written.

    FAISS itself loads most damaged files without a word and then finds the wrong passages, hence the hash.
    """
    file = home / VECTORS / segment.file
    try:
        if sha256_of_file(file) != segment.sha256:
            return None
        store = load_store(segment.kind, file)  # type: ignore[arg-type]
    except (OSError, ValueError, LibraryError):
        return None
    return store if len(store) == segment.count else None
