"""LangChain's hybrid recipe: RecursiveCharacterTextSplitter, FAISS and BM25Retriever under an EnsembleRetriever."""
# mypy: disable-error-code="import-not-found, import-untyped, misc, no-any-return"

from __future__ import annotations

from collections.abc import Callable, Sequence

from langchain_classic.retrievers import EnsembleRetriever
from langchain_community.retrievers import BM25Retriever
from langchain_community.vectorstores import FAISS
from langchain_community.vectorstores.utils import DistanceStrategy
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_text_splitters import RecursiveCharacterTextSplitter

from eval.baselines.base import Baseline, SharedEmbedding, Source
from eval.baselines.chinese import SEPARATORS, jieba_words
from eval.record import Found

DEPTH = 20
"""How many passages each retriever puts forward, so that ten different documents can be counted."""


class _Embeddings(Embeddings):
    """The shared model in LangChain's form."""

    def __init__(self) -> None:
        self._model = SharedEmbedding()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._model.passages(texts)

    def embed_query(self, text: str) -> list[float]:
        return self._model.query(text)


class LangChain(Baseline):
    """As its tutorials have it: passages of 1,000 characters that overlap by 200, both lists of equal weight."""

    name = "langchain"
    recipe = "RecursiveCharacterTextSplitter(1000, 200), FAISS, BM25Retriever on white space, EnsembleRetriever 0.5/0.5"
    length, overlap = 1000, 200
    separators: Sequence[str] | None = None
    preprocess: Callable[[str], list[str]] | None = None

    def index(self, documents: Sequence[Source]) -> None:
        """Split, embed into FAISS, count words for BM25."""
        splitter = RecursiveCharacterTextSplitter(
            chunk_size=self.length,
            chunk_overlap=self.overlap,
            add_start_index=True,
            separators=self.separators,
        )
        passages = splitter.split_documents(
            [Document(page_content=one.text, metadata={"source": one.name}) for one in documents]
        )
        given = {"preprocess_func": self.preprocess} if self.preprocess else {}
        words = BM25Retriever.from_documents(passages, k=DEPTH, **given)
        self._retriever = self._combine(words, passages)

    def search(self, question: str, k: int) -> list[Found]:
        """The ensemble's list; it gives no scores."""
        found = []
        for document in self._retriever.invoke(question):
            start = document.metadata["start_index"]
            text = document.page_content
            found.append(Found(document.metadata["source"], text, start, start + len(text)))
        return found

    def _combine(self, words: BM25Retriever, passages: list[Document]) -> BaseRetriever:
        # With unit vectors the order is that of the default, L2, but for a passage of nothing but punctuation: its vector
        # is zero, and by L2 it would be nearer to most questions than any text.
        store = FAISS.from_documents(
            passages, _Embeddings(), distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT
        )
        dense = store.as_retriever(search_kwargs={"k": DEPTH})
        return EnsembleRetriever(retrievers=[words, dense], weights=[0.5, 0.5])


class LangChainChinese(LangChain):
    """With the separators that its documentation lists for Chinese, and jieba's words for BM25."""

    name = "langchain + jieba"
    recipe = "as langchain, with the documented separators for Chinese and jieba as preprocess_func"
    separators = SEPARATORS
    preprocess = staticmethod(jieba_words)


class LangChainShort(LangChainChinese):
    """Passages about as long as Zhida's."""

    name = "langchain short + jieba"
    recipe = "as langchain + jieba, with passages of 250 characters that overlap by 50"
    length, overlap = 250, 50


class LangChainWords(LangChainChinese):
    """BM25 alone: what is left when somebody finds that the weak vectors only disturb."""

    name = "langchain BM25 + jieba"
    recipe = "BM25Retriever alone, with jieba and the separators for Chinese"

    def _combine(self, words: BM25Retriever, passages: list[Document]) -> BaseRetriever:
        return words
