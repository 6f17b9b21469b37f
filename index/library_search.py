"""One state of a library, being searched: what is found in it belongs together, whoever writes meanwhile.

Ranks ids and reads passages only of those that are asked for, so that whoever fuses several rankings reads no more
than it needs. Doesn't fuse.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.catalog_reader import CatalogReader
from index.library_reader import Reader
from index.passage import Passage, Where
from index.stored import Excerpt

Mode = Literal["lexical", "dense"]

_Found = TypeVar("_Found")


class Search:
    """Made by Library.searching for one question. `gone` are the ids whose passages were asked for and are not there any more."""

    def __init__(
        self,
        reader: Reader,
        catalog: CatalogReader,
        encode: Callable[[str], NDArray[np.float32]],
        further: int = 0,
    ) -> None:
        """`encode` gives the vector of a question; each ranking goes `further` than it is asked for."""
        self._reader = reader
        self._catalog = catalog
        self._encode = encode
        self.snapshot = reader.snapshot
        self.gone: set[int] = set()
        self._further = further
        self._rankings: list[tuple[int, list[tuple[int, float]]]] = []

    def ranked(self, question: str, k: int, mode: Mode, where: Where) -> list[tuple[int, float]]:
        """The `k` best as (passage id, score), best first; see Library.search. Raises ModelMismatch in dense mode."""
        where = self._reader.narrowed(where)
        found = self._best(question, k + self._further, mode, where)
        self._rankings.append((k, found))
        return found

    def _best(self, question: str, k: int, mode: Mode, where: Where) -> list[tuple[int, float]]:
        if mode == "lexical":
            named = self._catalog.document_ids(where) if where.documents else None
            return self.snapshot.lexical.search(question, k, where, named)
        if self._reader.mismatch is not None:
            raise self._reader.mismatch
        return self.snapshot.nearest(self._encode(question), k, self._reader.admitted(where))

    @property
    def wanted(self) -> int:
        """How many were asked for at most."""
        return max((k for k, _ in self._rankings), default=0)

    @property
    def short(self) -> bool:
        """Whether, for what is gone, some ranking has fewer left than were asked for."""
        return bool(self.gone) and any(self._left(found) < k for k, found in self._rankings)

    @property
    def exhausted(self) -> bool:
        """Whether no ranking that is short has more behind it."""
        short = [(k, found) for k, found in self._rankings if self._left(found) < k]
        return all(len(found) < k + self._further for k, found in short)

    def _left(self, found: Sequence[tuple[int, float]]) -> int:
        return sum(id not in self.gone for id, _ in found)

    def products(self, question: str, ids: Sequence[int]) -> dict[int, float]:
        """The inner product of the question's vector with that of each passage; 0 for one that is gone."""
        products = dict.fromkeys(ids, 0.0)
        there, rows = self._reader.vectors(ids)
        if there:
            products |= zip(there, (rows @ self._encode(question)).tolist(), strict=True)
        return products

    def excerpts(self, ids: Sequence[int]) -> dict[int, Excerpt]:
        """The passages of these ids as far as ranking needs them; those that are gone are noted and left out."""
        return self._noting_gone(ids, self._reader.excerpts(ids))

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """The passages of these ids; those that are gone are noted and left out."""
        return self._noting_gone(ids, self._reader.passages(ids))

    def _noting_gone(self, ids: Sequence[int], found: dict[int, _Found]) -> dict[int, _Found]:
        if len(found) < len(ids):
            self.gone.update(id for id in ids if id not in found)
        return found

    def rarity(self, tokens: Collection[str]) -> dict[str, float]:
        """How rare each word is among the passages, see LexicalIndex.rarity: 0 is everywhere, higher is rarer."""
        return self.snapshot.lexical.rarity(tokens)
