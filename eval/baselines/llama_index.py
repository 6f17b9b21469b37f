"""LlamaIndex's hybrid recipe: SentenceSplitter, VectorStoreIndex and BM25Retriever under a QueryFusionRetriever."""
# mypy: disable-error-code="import-not-found, import-untyped, misc"

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.retrievers.bm25 import BM25Retriever
from pydantic import PrivateAttr

from eval.baselines.base import Baseline, SharedEmbedding, Source
from eval.baselines.chinese import spaced
from eval.record import Found

DEPTH = 20
"""How many passages each retriever puts forward, so that ten different documents can be counted."""

UNSEEN = ["source"]
"""The file's name rides along and is neither embedded nor counted as words."""


class _Embedding(BaseEmbedding):
    """The shared model in LlamaIndex's form."""

    _model: SharedEmbedding = PrivateAttr(default_factory=SharedEmbedding)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._model.passages([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._model.passages(texts)

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._model.query(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._model.query(query)


class LlamaIndex(Baseline):
    """As its examples have it: 512 tokens a passage, reciprocal rank fusion, the question as it is (no LLM)."""

    name = "llama-index"
    recipe = "SentenceSplitter(512), VectorStoreIndex, BM25Retriever, QueryFusionRetriever(reciprocal_rerank)"

    def index(self, documents: Sequence[Source]) -> None:
        """Split, embed, count words."""
        splitter = SentenceSplitter(chunk_size=512)
        nodes = splitter.get_nodes_from_documents([_document(one) for one in documents])
        index = VectorStoreIndex(nodes, embed_model=_Embedding(model_name="shared"))
        self._retriever = QueryFusionRetriever(
            [index.as_retriever(similarity_top_k=DEPTH), self._words(nodes)],
            llm=MockLLM(),
            num_queries=1,
            similarity_top_k=DEPTH,
            mode="reciprocal_rerank",
            use_async=False,
        )

    def search(self, question: str, k: int) -> list[Found]:
        """The fused list."""
        found = []
        for hit in self._retriever.retrieve(question):
            node: Any = hit.node
            start = node.start_char_idx or 0
            found.append(
                Found(node.metadata["source"], node.text, start, start + len(node.text), hit.score or 0.0)
            )
        return found

    def _words(self, nodes: list[TextNode]) -> BM25Retriever:
        return BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=DEPTH)


class _JiebaRetriever(BM25Retriever):
    """BM25 over jieba's words. The library takes a pattern only, so words are told apart by the spaces put between them."""

    def __init__(self, nodes: list[TextNode]) -> None:
        self._by_id = {node.node_id: node for node in nodes}
        words = [TextNode(id_=node.node_id, text=spaced(node.text)) for node in nodes]
        super().__init__(words, similarity_top_k=DEPTH, skip_stemming=True, token_pattern=r"\S+")

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = super()._retrieve(QueryBundle(spaced(query_bundle.query_str)))
        return [NodeWithScore(node=self._by_id[hit.node.node_id], score=hit.score) for hit in hits]


class LlamaIndexChinese(LlamaIndex):
    """With jieba's words for BM25. Its splitter knows Chinese sentence ends by itself."""

    name = "llama-index + jieba"
    recipe = "as llama-index, BM25 over words cut by jieba"

    def _words(self, nodes: list[TextNode]) -> BM25Retriever:
        return _JiebaRetriever(nodes)


def _document(source: Source) -> Document:
    return Document(
        text=source.text,
        metadata={"source": source.name},
        excluded_embed_metadata_keys=UNSEEN,
        excluded_llm_metadata_keys=UNSEEN,
    )
