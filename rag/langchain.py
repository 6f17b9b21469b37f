"""Ours as LangChain's: the retriever, the library as a vector store, and their embedding models as ours.

ZhidaRetriever      hybrid search with citations' metadata, for any pipeline that takes a retriever
ZhidaVectorStore    a library into which LangChain documents are put and from which they come back
LangChainEmbedder   any LangChain embeddings (an OpenAI-compatible endpoint, say) as a library's model
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore
from numpy.typing import NDArray
from pydantic import ConfigDict

from index.library import Library
from index.library_search import Mode as SearchMode
from index.passage import Article, Hit, Where
from index.passage import Document as Source
from rag.retrieve import Retriever


class ZhidaRetriever(BaseRetriever):
    """Hybrid search as `invoke(question) -> [Document]`, best first.

    Each document's `page_content` is the passage exactly as it stands in its source; its metadata hold
    where (document, start, end), what (article, heading, speaker, published, url) and `score`, which is
    higher for better and comparable within one result only.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Retriever
    k: int = 8

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        return [to_document(hit) for hit in self.retriever.search(query, k or self.k)]


def to_document(hit: Hit) -> Document:
    """A hit as a LangChain document."""
    passage = hit.passage
    metadata: dict[str, Any] = {
        "document": passage.document,
        "start": passage.start,
        "end": passage.end,
        "article": passage.article,
        "heading": passage.heading,
        "speaker": passage.speaker.name if passage.speaker else "",
        "published": passage.published,
        "publisher": passage.publisher,
        "url": passage.url,
        "page": passage.page,
        "score": hit.score,
    }
    return Document(page_content=passage.text, metadata=metadata, id=str(passage.id))


class LangChainEmbedder:
    """LangChain embeddings behind our Embedder contract. `name` goes into the library, and must change with the model."""

    def __init__(self, embeddings: Embeddings, name: str, fusion_weight: float = 0.5) -> None:
        """Asks for one vector, to learn its length. `fusion_weight` is what a dense score weighs beside a lexical one."""
        self.name = name
        self.fusion_weight = fusion_weight
        self._embeddings = embeddings
        self.dimension = len(embeddings.embed_query("维数 dimension"))

    def encode(self, texts: Sequence[str], kind: Literal["passage", "query"]) -> NDArray[np.float32]:
        """Unit vectors, float32 of shape (n, dimension)."""
        # A passage comes with its title's line before it, which is empty where there is none.
        plain = [text.strip() for text in texts]
        embed = self._embed_questions if kind == "query" else self._embeddings.embed_documents
        rows = embed(plain) if plain else []
        vectors = np.array(rows, dtype=np.float32).reshape(len(plain), self.dimension)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)

    def _embed_questions(self, texts: list[str]) -> list[list[float]]:
        return [self._embeddings.embed_query(text) for text in texts]


class ZhidaVectorStore(VectorStore):
    """One collection of a library as a LangChain vector store; what is added is durable and found at once.

    A LangChain document becomes a document named by its id. It is split as every document is, and comes back whole,
    with the metadata that it came with (which must be JSON).
    """

    def __init__(self, library: Library, collection: str = "langchain", mode: SearchMode = "dense") -> None:
        """`mode` is how `similarity_search` searches: "dense" by vectors, "lexical" by BM25."""
        self.library = library
        self.collection = collection
        self.mode = mode

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        home: str | Path = ".zhida",
        model: str = "langchain",
        **kwargs: Any,
    ) -> Self:
        """A store in the folder `home` that holds these texts; `model` names what `embedding` embeds with."""
        library = Library.open(Path(home), LangChainEmbedder(embedding, model), create=True)
        store = cls(library, **kwargs)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Store texts, each in place of the one of its id if there is one; returns the ids, made where none is given."""
        contents = list(texts)
        given = metadatas or [{} for _ in contents]
        names = [one or uuid.uuid4().hex for one in (ids or [""] * len(contents))]
        self.library.add_many(
            (self._source(name, text), json.dumps([text, metadata], ensure_ascii=False).encode())
            for name, text, metadata in zip(names, contents, given, strict=True)
        )
        return names

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool | None:
        """Remove the documents of these ids, or all of the collection; unknown ones are passed over."""
        there = [info.name for info in self.library.documents() if info.collection == self.collection]
        names = there if ids is None else sorted(set(ids).intersection(there))
        if names:
            self.library.remove_many(names, self.collection)
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """The documents of these ids that there are."""
        there = {info.name for info in self.library.documents() if info.collection == self.collection}
        return [self._document(name) for name in ids if name in there]

    def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        """The `k` documents with the best passages, best first."""
        return [document for document, _ in self.similarity_search_with_score(query, k, **kwargs)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """The same with the score of each document's best passage: higher is better."""
        where = Where(collections=frozenset([self.collection]))
        best: dict[str, float] = {}
        wanted, seen = k, -1
        while len(best) < k and seen < wanted:  # several passages of one document count once
            hits = self.library.search(query, wanted, self.mode, where)
            if len(hits) == seen:
                break
            seen, wanted = len(hits), wanted * 4
            for hit in hits:
                best.setdefault(hit.passage.document, hit.score)
        return [(self._document(name), score) for name, score in list(best.items())[:k]]

    def _source(self, name: str, text: str) -> Source:
        return Source(name, text, articles=(Article("", 0, len(text)),), collection=self.collection)

    def _document(self, name: str) -> Document:
        text, metadata = json.loads(self.library.original(name, self.collection))
        return Document(page_content=text, metadata=metadata, id=name)
