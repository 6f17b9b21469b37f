"""From a question to ranked passages: lexical and dense search, fused by the model's own weight, reranked.

Fusion is a weighted sum of normalised scores: with the embedded model, equal-weight reciprocal rank
fusion ranks worse than BM25 alone, so the weight belongs to the embedding model and travels with it.
Every stage's score stays in `Hit.stages`. Does not judge whether the passages answer the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from index.errors import LibraryError
from index.library import Library
from index.library_search import Search
from index.passage import Hit, Passage, Where
from index.similar import fold
from rag.lookup import Address, addresses, is_named, names
from rag.lookup import score as lookup_score
from rag.question import understand
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
        where = where or Where()
        if mode != "hybrid":
            return self.library.search(question, k, mode, where)
        return self.library.searching(lambda search: self._hybrid(search, question, k, where))

    def _hybrid(self, search: Search, question: str, k: int, where: Where) -> list[Hit]:
        asked = addresses(question)
        enough = max(k, self.candidates // 2)
        wanted = max(k, self.candidates)
        pointed_at = self._pointed_at(search, asked, where) if asked else ()
        while True:
            fused, exhausted = self._fused(search, question, wanted, where, pointed_at)
            ranked = self._ranked(search, question, fused)
            folded = fold(at_addresses(asked, ranked) if asked else ranked)
            # Where copies of a few took most of the places, there is more to be seen behind them.
            if len(folded) >= enough or exhausted or wanted >= DEEPEST * self.candidates:
                return folded[:k]
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
    ) -> tuple[list[_Candidate], bool]:
        """`wanted` hits of each kind of search and the `others`, best first, and whether there are no more of either.

        A passage that dense search did not see gets its dense score all the same.
        """
        bm25 = dict(search.ranked(question, wanted, "lexical", where))
        cosine = dict(search.ranked(question, wanted, "dense", where))
        exhausted = len(bm25) < wanted and len(cosine) < wanted
        unseen = [id for id in dict.fromkeys((*bm25, *others)) if id not in cosine]
        if unseen:
            cosine |= search.products(question, unseen)
        best = max(bm25.values(), default=1.0) or 1.0
        fused = []
        for id, dense in cosine.items():
            lexical = bm25.get(id, 0.0)
            fused.append(_Candidate(id, lexical, dense, lexical / best + self.fusion_weight * dense))
        return sorted(fused, key=lambda one: (-one.fused, one.id)), exhausted

    def _ranked(self, search: Search, question: str, fused: Sequence[_Candidate]) -> list[Hit]:
        """The candidates in the order of fused score and reranker's score together."""
        passages = search.passages([one.id for one in fused])
        there = [one for one in fused if one.id in passages]
        if not self.rerank_weight:
            return [Hit(passages[one.id], one.fused, one.stages) for one in there]
        asked = understand(question, names=self.library.speakers())
        scores = self.reranker.score(
            asked, [passages[one.id] for one in there], search.rarity(asked.terms)
        ).tolist()
        totals = [one.fused + self.rerank_weight * score for one, score in zip(there, scores, strict=True)]
        order = sorted(range(len(there)), key=lambda at: (-totals[at], there[at].id))
        return [
            Hit(passages[there[at].id], totals[at], {**there[at].stages, "rerank": scores[at]})
            for at in order
        ]


class _Candidate(NamedTuple):
    """A passage that was found, by its id, with the scores of both searches."""

    id: int
    lexical: float
    dense: float
    fused: float

    @property
    def stages(self) -> dict[str, float]:
        return {"lexical": self.lexical, "dense": self.dense, "fused": self.fused}


def _may_be_searched(name: str, collection: str, where: Where) -> bool:
    """Whether a document is among those that `where` asks for by name and collection, and that may be read."""
    return (
        (not where.documents or name in where.documents)
        and (not where.collections or collection in where.collections)
        and (where.readable is None or collection in where.readable)
    )


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
