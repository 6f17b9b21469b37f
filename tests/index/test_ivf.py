"""Search by lists: its recall is measured, held above a floor or not used at all."""

from pathlib import Path

import numpy as np
import pytest

from index import projections
from index.library import Library
from index.vectors import load_store
from index.vectors.flat import FlatStore
from index.vectors.ivf import RECALL_FLOOR, IvfStore, recall
from tests.conftest import HashingEmbedder


def clustered(count: int, dimension: int = 16, seed: int = 0) -> np.ndarray:
    """Unit vectors around twenty directions: lists suit them."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((20, dimension))
    vectors = centres[random.integers(20, size=count)] + 0.3 * random.standard_normal((count, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def flat(vectors: np.ndarray) -> FlatStore:
    store = FlatStore(vectors.shape[1])
    store.add(range(len(vectors)), vectors)
    return store


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    return clustered(5000)


def test_recall_counts_the_truly_nearest_that_were_found(vectors: np.ndarray) -> None:
    store = flat(vectors[:100])
    assert recall(store, vectors[:1], [{id for id, _ in store.search(vectors[0], 10)}]) == 1.0
    assert recall(store, vectors[:1], [{0, 999}]) == 0.5
    assert recall(store, vectors[:1], [set()]) == 1.0


def test_it_is_built_to_the_floor_and_says_its_recall(vectors: np.ndarray, tmp_path: Path) -> None:
    exact, questions = flat(vectors), clustered(100, seed=5)
    store, measured = IvfStore.build(range(5000), vectors, questions, exact)
    assert measured >= RECALL_FLOOR
    truth = [{id for id, _ in exact.search(question, 10)} for question in questions]
    assert recall(store, questions, truth) == measured
    store.save(tmp_path / "ivf")
    again = load_store("ivf", tmp_path / "ivf")
    assert [again.search(question, 5) for question in questions] == [
        store.search(question, 5) for question in questions
    ]


def test_a_filter_loses_nothing_and_what_was_removed_is_not_found(vectors: np.ndarray) -> None:
    exact = flat(vectors)
    store, _ = IvfStore.build(range(5000), vectors, vectors[:50], exact)
    allowed = np.arange(0, 5000, 97)
    for question in clustered(20, seed=6):
        expected = [id for id, _ in exact.search(question, 10, allowed)]
        assert [id for id, _ in store.search(question, 10, allowed)] == expected
    nearest = store.search(vectors[7], 1)[0][0]
    store.remove([nearest])
    assert nearest not in [id for id, _ in store.search(vectors[7], 5000)]


def test_where_lists_find_too_little_there_are_none() -> None:
    random = np.random.default_rng(3)
    noise = random.standard_normal((4000, 128)).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    questions = random.standard_normal((50, 128)).astype(np.float32)
    assert IvfStore.build(range(4000), noise, questions, flat(noise)) is None


def test_a_large_library_is_searched_by_lists_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedder: HashingEmbedder
) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    things = "温度计 压力表 卡尺 天平 砝码 量块 秒表 电表".split()
    for number in range(400):
        text = f"{things[number % 8]}第{number}号由计量室校准，{things[number % 7]}送检。"
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    with Library.open(tmp_path / "exact", embedder, create=True) as exact:
        exact.sync([folder])
        expected = [hit.passage.text for hit in exact.search("天平第3号校准", 10, "dense")]
        assert exact.status().recall == 1.0
    monkeypatch.setattr(projections, "EXHAUSTIVE_UP_TO", 100)
    with Library.open(tmp_path / "lists", embedder, create=True) as library:
        library.sync([folder], rebuild=True)
        (segment,) = library._reader.snapshot.segments
        assert segment.kind == "ivf" and segment.recall >= RECALL_FLOOR
        assert library.status().recall == segment.recall
        found = [hit.passage.text for hit in library.search("天平第3号校准", 10, "dense")]
        assert len(set(found) & set(expected)) >= 9
