"""Haystack's hybrid recipe: DocumentSplitter, BM25 and embedding retrievers in memory, DocumentJoiner."""
# mypy: disable-error-code="import-not-found, import-untyped, misc"

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

# Before the import: nothing may be sent anywhere by a measurement.
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")

from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import DocumentSplitter, RecursiveDocumentSplitter
from haystack.components.retrievers.in_memory import (
    InMemoryBM25Retriever,
    InMemoryEmbeddingRetriever,
)
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.document_stores.types import DuplicatePolicy

from eval.baselines.base import Baseline, SharedEmbedding, Source
from eval.baselines.chinese import SEPARATORS, spaced
from eval.record import Found

DEPTH = 20
"""How many passages each retriever puts forward, so that ten different documents can be counted."""


class Haystack(Baseline):
    """As its tutorial on hybrid retrieval has it: 512 words that overlap by 32, reciprocal rank fusion."""

    name = "haystack"
    recipe = "DocumentSplitter(word, 512, 32), InMemoryBM25Retriever, InMemoryEmbeddingRetriever, DocumentJoiner (RRF)"

    def __init__(self) -> None:
        self._model = SharedEmbedding()

    def index(self, documents: Sequence[Source]) -> None:
        """Split, embed, write both stores, connect the pipeline."""
        splitter = self._splitter()
        whole = [Document(content=one.text, meta={"source": one.name}) for one in documents]
        passages = splitter.run(documents=whole)["documents"]
        vectors = self._model.passages(one.content for one in passages)
        self._texts = {one.id: one for one in passages}
        dense = InMemoryDocumentStore(embedding_similarity_function="dot_product")
        dense.write_documents(
            [
                Document(id=one.id, content=one.content, meta=one.meta, embedding=vector)
                for one, vector in zip(passages, vectors, strict=True)
            ],
            policy=DuplicatePolicy.SKIP,
        )
        self._pipeline = Pipeline()
        self._pipeline.add_component(
            "words", InMemoryBM25Retriever(self._words(passages, dense), top_k=DEPTH)
        )
        self._pipeline.add_component("dense", InMemoryEmbeddingRetriever(dense, top_k=DEPTH))
        self._pipeline.add_component("join", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=DEPTH))
        self._pipeline.connect("words", "join")
        self._pipeline.connect("dense", "join")

    def search(self, question: str, k: int) -> list[Found]:
        """The joined list."""
        found = []
        given = {
            "dense": {"query_embedding": self._model.query(question)},
            "words": {"query": self._asked(question)},
        }
        for hit in self._pipeline.run(given)["join"]["documents"]:
            passage = self._texts[hit.id]
            start = passage.meta.get("split_idx_start", 0)
            end = start + len(passage.content)
            found.append(Found(passage.meta["source"], passage.content, start, end, hit.score or 0.0))
        return found

    def _splitter(self) -> Any:
        return DocumentSplitter(split_by="word", split_length=512, split_overlap=32)

    def _words(self, passages: list[Document], dense: InMemoryDocumentStore) -> InMemoryDocumentStore:
        """The store that BM25 searches: by default the same."""
        return dense

    def _asked(self, question: str) -> str:
        return question


class HaystackChinese(Haystack):
    """Split at Chinese marks, and with jieba's words for BM25 in a store of their own."""

    name = "haystack + jieba"
    recipe = "RecursiveDocumentSplitter(512 characters, 32, Chinese separators), else as haystack, BM25 over jieba's words"

    def _splitter(self) -> Any:
        return RecursiveDocumentSplitter(
            split_length=512,
            split_overlap=32,
            split_unit="char",
            separators=[one for one in SEPARATORS if one],
        )

    def _words(self, passages: list[Document], dense: InMemoryDocumentStore) -> InMemoryDocumentStore:
        store = InMemoryDocumentStore(bm25_tokenization_regex=r"\S+")
        store.write_documents(
            [Document(id=one.id, content=spaced(one.content)) for one in passages],
            policy=DuplicatePolicy.SKIP,
        )
        return store

    def _asked(self, question: str) -> str:
        return spaced(question)
