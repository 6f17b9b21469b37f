"""Our retriever as a LangChain retriever, so that it fits into any LangChain pipeline."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from index.passage import Hit
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
