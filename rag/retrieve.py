"""From a question to ranked passages: lexical and dense search, fused by the model's own weight, reranked.

Fusion is a weighted sum of normalised scores: with the embedded model, equal-weight reciprocal rank
fusion ranks worse than BM25 alone, so the weight belongs to the embedding model and travels with it.
Every stage's score stays in `Hit.stages`. Does not judge whether the passages answer the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from index.errors import LibraryError
from index.library import Library
from index.passage import Hit, Passage, Where
from rag.lookup import Address, addresses, is_named, names
from rag.lookup import score as lookup_score
from rag.question import understand
from rag.rerank import CoverageReranker, Reranker

RERANK_WEIGHT = 1.0
"""What the reranker's score weighs beside the fused one. Measured with the coverage reranker on eight sets: 1
is best or within a point of it; less loses where documents repeat their subject (company reports: from 0 to 1, 26 → 34 of
100 answers among the first five), more loses where the question names an article of a law."""

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
        self._names: tuple[int, list[tuple[str, frozenset[str]]]] = (-1, [])
        """What each document may be called in an address, as of a generation."""

    def search(
        self, question: str, k: int = 10, mode: SearchMode = "hybrid", where: Where | None = None
    ) -> list[Hit]:
        """The `k` best passages, best first.

        Scores: BM25 for "lexical", inner product for "dense", and for "hybrid" lexical / best lexical +
        fusion weight × inner product + rerank weight × reranker's score.
        """
        where = where or Where()
        if mode != "hybrid":
            return self.library.search(question, k, mode, where)
        wanted = max(k, self.candidates)
        lexical = self.library.search(question, wanted, "lexical", where)
        dense = self.library.search(question, wanted, "dense", where)
        asked = addresses(question)
        fused = self._fuse(question, lexical, dense, self._pointed_at(asked, where) if asked else ())
        ranked = self._rerank(question, fused) if self.rerank_weight else fused
        return (at_addresses(asked, ranked) if asked else ranked)[:k]

    def _pointed_at(self, asked: Sequence[Address], where: Where) -> list[Passage]:
        """Passages of the named works that hold the clause's number; the whole question may not have found them."""
        generation = self.library.generation
        if self._names[0] != generation:
            named = [(info.name, names(info.name, info.title)) for info in self.library.documents()]
            self._names = (generation, named)
        works = {document for document, called in self._names[1] if is_named(asked, called)}
        works = works & where.documents if where.documents else works
        if not works or len(works) > WORKS:
            return []
        only = replace(where, documents=frozenset(works))
        return [
            hit.passage
            for address in asked
            for hit in self.library.search(address.clause, AT_CLAUSE, "lexical", only)
        ]

    def _fuse(
        self, question: str, lexical: Sequence[Hit], dense: Sequence[Hit], others: Sequence[Passage] = ()
    ) -> list[Hit]:
        """Both lists and the `others` in one order; a passage that dense search did not see gets its score all the same."""
        passages = {passage.id: passage for passage in others}
        passages |= {hit.passage.id: hit.passage for hit in (*lexical, *dense)}
        bm25 = {hit.passage.id: hit.score for hit in lexical}
        cosine = {hit.passage.id: hit.score for hit in dense}
        unseen = [passage_id for passage_id in passages if passage_id not in cosine]
        if unseen:
            scores = self.library.vectors(unseen) @ self.library.encode_query(question)
            cosine.update(zip(unseen, np.asarray(scores, dtype=float).tolist(), strict=True))
        best = max(bm25.values(), default=1.0) or 1.0
        hits = []
        for passage_id, passage in passages.items():
            stages = {"lexical": bm25.get(passage_id, 0.0), "dense": cosine[passage_id]}
            score = stages["lexical"] / best + self.fusion_weight * stages["dense"]
            hits.append(Hit(passage, score, {**stages, "fused": score}))
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage.id))

    def _rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """All hits in the order of fused score and reranker's score together."""
        asked = understand(question, names=self.library.speakers())
        scores = self.reranker.score(asked, [hit.passage for hit in hits], self.library.rarity(asked.terms))
        ranked = []
        for hit, score in zip(hits, scores.tolist(), strict=True):
            total = hit.score + self.rerank_weight * score
            ranked.append(Hit(hit.passage, total, {**hit.stages, "rerank": score}))
        return sorted(ranked, key=lambda hit: (-hit.score, hit.passage.id))


def at_addresses(asked: Sequence[Address], hits: Sequence[Hit]) -> list[Hit]:
    """The hits with those first that stand where the question points to, see rag.lookup."""
    raised = []
    for hit in hits:
        worth = lookup_score(asked, hit.passage)
        stages = {**hit.stages, "lookup": worth} if worth else hit.stages
        raised.append(Hit(hit.passage, hit.score + worth, stages))
    return sorted(raised, key=lambda hit: (-hit.score, hit.passage.id))


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
    return replace(other, start=start, end=end, text=text[start:end])


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
