"""LangChain's own standard tests, passed by the library as a vector store and by the retriever."""

from collections.abc import Generator
from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.vectorstores import VectorStore
from langchain_tests.integration_tests import RetrieversIntegrationTests, VectorStoreIntegrationTests

from index.library import Library
from rag.langchain import LangChainEmbedder, ZhidaRetriever, ZhidaVectorStore
from rag.retrieve import Retriever
from tests.conftest import HashingEmbedder


class TestVectorStore(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, tmp_path: Path) -> Generator[VectorStore, None, None]:  # type: ignore[override]
        embedder = LangChainEmbedder(self.get_embeddings(), "fake")
        with Library.open(tmp_path / "home", embedder, create=True) as library:
            yield ZhidaVectorStore(library)


class TestRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def a_library(self, folder: Path, tmp_path: Path) -> Generator[None, None, None]:
        with Library.open(tmp_path / "home", HashingEmbedder(), create=True) as library:
            library.sync([folder])
            type(self).library = library
            yield

    @property
    def retriever_constructor(self) -> type[ZhidaRetriever]:
        return ZhidaRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, object]:
        return {"retriever": Retriever(type(self).library)}

    @property
    def retriever_query_example(self) -> str:
        return "计量器具多久校准一次？"


def test_long_texts_come_back_whole_and_once(tmp_path: Path) -> None:
    long = "计量器具应当按周期送检。" * 200
    store = ZhidaVectorStore.from_texts(
        [long, "供应商评价。"],
        DeterministicFakeEmbedding(size=8),
        [{"页": 3}, {}],
        ids=["长", "短"],
        home=tmp_path / "home",
        mode="lexical",
    )
    assert store.similarity_search("计量器具送检", 4) == [
        Document(id="长", page_content=long, metadata={"页": 3})
    ]
    assert store.library.status().passages > 5
    store.library.close()


def test_one_store_does_not_see_the_other(tmp_path: Path) -> None:
    embedder = LangChainEmbedder(DeterministicFakeEmbedding(size=8), "fake")
    with Library.open(tmp_path / "home", embedder, create=True) as library:
        one, other = ZhidaVectorStore(library, "甲"), ZhidaVectorStore(library, "乙")
        one.add_texts(["质量"], ids=["1"])
        other.add_texts(["计量"], ids=["1"])
        assert [found.page_content for found in one.similarity_search("质量", 5)] == ["质量"]
        one.delete()
        assert (one.get_by_ids(["1"]), len(other.get_by_ids(["1"]))) == ([], 1)
