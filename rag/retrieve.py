"""From a question to ranked passages: lexical and dense search, fused by the model's own weight, reranked.

Fusion is a weighted sum of normalised scores: with the embedded model, equal-weight reciprocal rank
fusion ranks worse than BM25 alone, so the weight belongs to the embedding model and travels with it.
Every stage's score stays in `Hit.stages`. Does not judge whether the passages answer the question.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.errors import LibraryError
from index.library import Library
from index.library_search import Search
from index.passage import EVERYWHERE, Hit, Passage, Where
from index.similar import grouped, shown
from index.stored import Excerpt
from rag.lookup import Address, addresses, is_named, names
from rag.lookup import score as lookup_score
from rag.question import wording
from rag.rerank import CoverageReranker, Reranker

RERANK_WEIGHT = 1.0
"""What the reranker's score weighs beside the fused one. Measured with the coverage reranker on eight sets: 1
is best or within a point of it; less loses where documents repeat their subject (company reports: from 0 to 1, 26 → 34 of
100 answers among the first five), more loses where the question names an article of a law."""

DEEPER, DEEPEST = 4, 16
"""How many times more candidates are looked at where copies crowd out others, each time and in all."""

WORKS, AT_CLAUSE = 20, 20
"""Documents that a name may stand for, and passages of them that are looked at, where a question points to a clause."""

SearchMode = Literal["hybrid", "lexical", "dense"]


class Retriever:
    """Searches one library.

    `candidates` is how many passages each kind of search puts forward. `fusion_weight` is what a dense score
    weighs beside a lexical one, None for the embedding model's own; `rerank_weight` what the reranker's score
    weighs beside both, and with 0 it is not asked.
    """

    def __init__(
        self,
        library: Library,
        candidates: int = 50,
        reranker: Reranker | None = None,
        *,
        fusion_weight: float | None = None,
        rerank_weight: float = RERANK_WEIGHT,
    ) -> None:
        self.library = library
        self.candidates = candidates
        self.reranker = reranker or CoverageReranker()
        self.fusion_weight = library.fusion_weight if fusion_weight is None else fusion_weight
        self.rerank_weight = rerank_weight
        self._names: tuple[int, list[tuple[str, str, frozenset[str]]]] = (-1, [])
        """Of each document, as of a generation: name, collection, and what it may be called in an address."""

    def search(
        self, question: str, k: int = 10, mode: SearchMode = "hybrid", where: Where | None = None
    ) -> list[Hit]:
        """The `k` best passages, best first; in "hybrid" no two that say the same, see index.similar.

        Scores: BM25 for "lexical", inner product for "dense", and for "hybrid" lexical / best lexical +
        fusion weight × inner product + rerank weight × reranker's score.
        """
        where = where or EVERYWHERE
        if mode != "hybrid":
            return self.library.search(question, k, mode, where)
        return self.library.searching(lambda search: self._hybrid(search, question, k, where))

    def _hybrid(self, search: Search, question: str, k: int, where: Where) -> list[Hit]:
        asked = addresses(question)
        enough = max(k, self.candidates // 2)
        wanted = max(k, self.candidates)
        pointed_at = self._pointed_at(search, asked, where) if asked else ()
        while True:
            stages, exhausted = self._fused(search, question, wanted, where, pointed_at)
            ranking = self._ranked(search, question, asked, stages)
            groups = ranking.groups(search)
            # Where copies of a few took most of the places, there is more to be seen behind them.
            if len(groups) >= enough or exhausted or wanted >= DEEPEST * self.candidates:
                return ranking.hits(search, groups[:k])
            wanted *= DEEPER

    def _pointed_at(self, search: Search, asked: Sequence[Address], where: Where) -> list[int]:
        """Passages of the named works that hold the clause's number; the whole question may not have found them."""
        generation = self.library.generation
        if self._names[0] != generation:
            listed = self.library.documents()
            self._names = (
                generation,
                [(info.name, info.collection, names(info.name, info.title)) for info in listed],
            )
        works = {
            name
            for name, collection, called in self._names[1]
            if _may_be_searched(name, collection, where) and is_named(asked, called)
        }
        if not works or len(works) > WORKS:
            return []
        only = replace(where, documents=frozenset(works))
        return [
            id for address in asked for id, _ in search.ranked(address.clause, AT_CLAUSE, "lexical", only)
        ]

    def _fused(
        self, search: Search, question: str, wanted: int, where: Where, others: Sequence[int]
    ) -> tuple[_Found, bool]:
        """`wanted` hits of each kind of search and the `others`, and whether there are no more of either.

        A passage that dense search did not see gets its dense score all the same.
        """
        bm25 = dict(search.ranked(question, wanted, "lexical", where))
        cosine = dict(search.ranked(question, wanted, "dense", where))
        exhausted = len(bm25) < wanted and len(cosine) < wanted
        unseen = [id for id in dict.fromkeys((*bm25, *others)) if id not in cosine]
        if unseen:
            cosine |= search.products(question, unseen)
        lexical = np.array([bm25.get(id, 0.0) for id in cosine])
        dense = np.array(list(cosine.values()))
        best = max(bm25.values(), default=1.0) or 1.0
        fused = lexical / best + self.fusion_weight * dense
        return _Found(list(cosine), {"lexical": lexical, "dense": dense, "fused": fused}), exhausted

    def _ranked(
        self, search: Search, question: str, pointed_at: Sequence[Address], found: _Found
    ) -> _Ranking:
        """What was found in the order of fused score, reranker's score and that of the address together."""
        there = search.excerpts(found.ids)
        if len(there) < len(found.ids):
            found = found.only(there)
        excerpts = [there[id] for id in found.ids]
        stages = dict(found.stages)
        total = stages["fused"]
        if self.rerank_weight:
            asked = wording(question, self.library.speakers())
            scores = self.reranker.score(asked, excerpts, search.rarity(asked.terms))
            stages["rerank"] = scores.astype(np.float64)
            total = total + self.rerank_weight * stages["rerank"]
        if pointed_at:
            whole = search.passages(found.ids)
            at_address = [lookup_score(pointed_at, whole[id]) if id in whole else 0.0 for id in found.ids]
            stages["lookup"] = np.array(at_address)
            total = total + stages["lookup"]
        order = np.lexsort((np.array(found.ids), -total))
        return _Ranking(
            [excerpts[place] for place in order.tolist()],
            total[order].tolist(),
            {name: scores[order].tolist() for name, scores in stages.items()},
        )


class _Found(NamedTuple):
    """Ids of passages that were found, and of each stage the scores, float64 of shape (n,)."""

    ids: list[int]
    stages: dict[str, NDArray[np.float64]]

    def only(self, ids: Container[int]) -> _Found:
        """Those of `ids`."""
        kept = [place for place, id in enumerate(self.ids) if id in ids]
        stages = {name: scores[kept] for name, scores in self.stages.items()}
        return _Found([self.ids[place] for place in kept], stages)


class _Ranking(NamedTuple):
    """Passages, best first, with the score of each and those of all stages."""

    excerpts: list[Excerpt]
    scores: list[float]
    stages: dict[str, list[float]]

    def groups(self, search: Search) -> list[list[int]]:
        """The places, with those that say the same put together, see index.similar."""

        def passages(places: Sequence[int]) -> dict[int, Passage]:
            found = search.passages([self.excerpts[place].id for place in places])
            return {place: found[id] for place in places if (id := self.excerpts[place].id) in found}

        return grouped([excerpt.text for excerpt in self.excerpts], passages)

    def hits(self, search: Search, groups: Sequence[Sequence[int]]) -> list[Hit]:
        """One hit for each group of places, so far as its passages are still there."""
        found = search.passages([self.excerpts[place].id for group in groups for place in group])
        there = (
            [
                self._hit(place, passage)
                for place in group
                if (passage := found.get(self.excerpts[place].id)) is not None
            ]
            for group in groups
        )
        return [shown(hits) for hits in there if hits]

    def _hit(self, place: int, passage: Passage) -> Hit:
        """What stands there; a stage that says nothing of an address is left out."""
        stages = {name: scores[place] for name, scores in self.stages.items()}
        if stages.get("lookup") == 0:
            del stages["lookup"]
        return Hit(passage, self.scores[place], stages)


def _may_be_searched(name: str, collection: str, where: Where) -> bool:
    """Whether a document is among those that `where` asks for by name and collection, and that may be read."""
    return (
        (not where.documents or name in where.documents)
        and (not where.collections or collection in where.collections)
        and (where.readable is None or collection in where.readable)
    )


def join_neighbours(hits: Sequence[Hit], library: Library) -> list[Passage]:
    """The hits' passages, with those that follow each other in one article made into one, best first.

    A reader (a language model above all) should not see one paragraph as two snippets in the wrong order.
    """
    joined: list[Passage] = []
    for hit in hits:
        for i, other in enumerate(joined):
            whole = _joined(hit.passage, other, library) if _adjacent(hit.passage, other) else None
            if whole is not None:
                joined[i] = whole
                break
        else:
            joined.append(hit.passage)
    return joined


def _joined(one: Passage, other: Passage, library: Library) -> Passage | None:
    """The stretch from the first to the last of both; None if the document has changed since they were found."""
    try:
        text = library.document(other.document, other.collection).text
    except LibraryError:
        return None
    if any(text[passage.start : passage.end] != passage.text for passage in (one, other)):
        return None
    start, end = min(one.start, other.start), max(one.end, other.end)
    unsure = one.unsure or other.unsure
    return replace(other, start=start, end=end, text=text[start:end], unsure=unsure)


def _adjacent(one: Passage, other: Passage) -> bool:
    """Whether two body passages of one article have nothing but white space between them, or overlap."""
    same = (one.document_id, one.article, one.heading, one.kind) == (
        other.document_id,
        other.article,
        other.heading,
        other.kind,
    )
    gap = max(one.start, other.start) - min(one.end, other.end)
    return same and one.kind == "body" and gap <= 2
