"""One body of tests for every vector store; the naive loop below is what they must agree with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import LibraryError
from index.vectors import StoreKind, load_store, open_store

KINDS: tuple[StoreKind, ...] = ("flat", "faiss")
each_kind = pytest.mark.parametrize("kind", KINDS)


def rows(*vectors: list[float]) -> np.ndarray:
    return np.array(vectors, dtype=np.float32)


def row(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float32)


@each_kind
def test_nearest_first_with_inner_product_as_score(kind: StoreKind) -> None:
    store = open_store(kind, 2)
    store.add([7, 8, 9], rows([1, 0], [0, 1], [0.6, 0.8]))
    assert store.dimension == 2
    assert len(store) == 3
    found = store.search(row(1, 0), 3)
    assert [row_id for row_id, _ in found] == [7, 9, 8]
    assert [score for _, score in found] == pytest.approx([1.0, 0.6, 0.0], abs=5e-4)  # kept in half precision


@each_kind
def test_empty_store_finds_nothing(kind: StoreKind) -> None:
    store = open_store(kind, 3)
    store.remove([1])
    assert store.search(row(1, 0, 0), 5) == []
    assert store.search(row(1, 0, 0), 5, allowed=[1]) == []


@each_kind
def test_asking_for_more_than_there_is(kind: StoreKind) -> None:
    store = open_store(kind, 2)
    store.add([1, 2], rows([1, 0], [0, 1]))
    assert len(store.search(row(1, 0), 100)) == 2
    assert len(store.search(row(1, 0), 100, allowed=[2, 3])) == 1
    assert store.search(row(1, 0), 0) == []


@each_kind
def test_the_filter_works_inside_the_search(kind: StoreKind) -> None:
    store = open_store(kind, 2)
    store.add(range(1000), np.tile(row(1, 0), (1000, 1)))
    store.add([5000, 5001], rows([0, 1], [-1, 0]))
    found = store.search(row(1, 0), 2, allowed={5000, 5001, 99_999})
    assert found == [(5000, 0.0), (5001, -1.0)]
    assert store.search(row(1, 0), 2, allowed=set()) == []


@each_kind
def test_an_id_given_again_is_replaced(kind: StoreKind) -> None:
    store = open_store(kind, 2)
    store.add([1, 2], rows([1, 0], [1, 0]))
    store.add([1], rows([0, 1]))
    assert len(store) == 2
    assert store.search(row(0, 1), 1) == [(1, 1.0)]
    store.add([3, 3], rows([1, 0], [0.5, 0]))
    assert store.search(row(1, 0), 3) == [(2, 1.0), (3, 0.5), (1, 0.0)]


@each_kind
def test_removed_ids_are_gone_and_unknown_ones_passed_over(kind: StoreKind) -> None:
    store = open_store(kind, 2)
    store.add([1, 2, 3], rows([1, 0], [0, 1], [1, 0]))
    store.remove([1, 42])
    assert len(store) == 2
    assert store.search(row(1, 0), 9) == [(3, 1.0), (2, 0.0)]


@each_kind
def test_kept_vectors_come_back_by_id(kind: StoreKind) -> None:
    store = open_store(kind, 2)
    assert store.kept([1])[0] == []
    store.add([3, 7, 9], rows([1, 0], [0, 1], [0.5, 0.25]))
    there, found = store.kept([9, 4, 3])
    assert there == [9, 3] and found.tolist() == [[0.5, 0.25], [1, 0]]
    assert store.kept([])[0] == []
    store.remove([3])
    store.add([12], rows([0.75, 0]))
    there, found = store.kept([3, 12, 99])
    assert there == [12] and found.tolist() == [[0.75, 0]]


@each_kind
def test_of_equal_scores_the_smaller_id_comes_first(kind: StoreKind) -> None:
    store = open_store(kind, 4)
    ids = [50, 3, 40, -7, 20, 9, 1]
    store.add(ids, np.tile(row(0.5, 0.5, 0.5, 0.5), (len(ids), 1)))
    assert [row_id for row_id, _ in store.search(row(1, 0, 0, 0), 3)] == [-7, 1, 3]
    assert [row_id for row_id, _ in store.search(row(1, 0, 0, 0), 2, allowed=[50, 40, 20])] == [20, 40]


@each_kind
def test_zero_vectors_score_zero(kind: StoreKind) -> None:
    store = open_store(kind, 2)
    store.add([1, 2], rows([0, 0], [0.6, 0.8]))
    assert store.search(row(0.6, 0.8), 2)[1] == (1, 0.0)
    assert store.search(row(0, 0), 2) == [(1, 0.0), (2, 0.0)]


@each_kind
def test_ids_are_any_64_bit_integers(kind: StoreKind) -> None:
    ids = [-1, 0, 2**63 - 1, -(2**63)]
    store = open_store(kind, 2)
    store.add(ids, np.tile(row(1, 0), (4, 1)))
    assert [row_id for row_id, _ in store.search(row(1, 0), 9)] == sorted(ids)
    assert [row_id for row_id, _ in store.search(row(1, 0), 9, allowed=[-1, 2**63 - 1])] == [-1, 2**63 - 1]


@each_kind
def test_wrong_shapes_are_named(kind: StoreKind) -> None:
    store = open_store(kind, 3)
    with pytest.raises(ValueError, match=r"\(2, 3\), got \(1, 3\)"):
        store.add([1, 2], rows([1, 0, 0]))
    with pytest.raises(ValueError, match=r"\(3,\), got \(2,\)"):
        store.search(row(1, 0), 1)


@each_kind
def test_saved_and_loaded(kind: StoreKind, tmp_path: Path) -> None:
    store = open_store(kind, 2)
    store.add([5, 6], rows([1, 0], [0.6, 0.8]))
    store.save(tmp_path / "vectors")
    again = load_store(kind, tmp_path / "vectors")
    assert (len(again), again.dimension) == (2, 2)
    assert again.search(row(0, 1), 2) == store.search(row(0, 1), 2)
    again.add([7], rows([0, 1]))
    assert again.search(row(0, 1), 1) == [(7, 1.0)]


@each_kind
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "other"])
def test_a_damaged_file_is_a_library_error(kind: StoreKind, damage: str, tmp_path: Path) -> None:
    file = tmp_path / "vectors"
    store = open_store(kind, 8)
    store.add(range(50), np.ones((50, 8), dtype=np.float32))
    store.save(file)
    whole = file.read_bytes()
    contents = {"empty": b"", "cut": whole[: len(whole) // 2], "other": b"not an index at all" * 20}
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(contents[damage])
    with pytest.raises(LibraryError, match="vectors"):
        load_store(kind, file)


def test_the_flat_store_needs_no_faiss() -> None:
    code = "import sys, index.vectors as v; v.open_store('flat', 2); assert 'faiss' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def naive_search(
    stored: dict[int, list[int]], query: list[int], k: int, allowed: set[int] | None
) -> list[tuple[int, float]]:
    scores = [
        (row_id, float(sum(a * b for a, b in zip(vector, query, strict=True))))
        for row_id, vector in stored.items()
        if allowed is None or row_id in allowed
    ]
    return sorted(scores, key=lambda hit: (-hit[1], hit[0]))[:k]


small_ids = st.integers(-4, 12)


@each_kind
def test_copies_that_are_equally_near_are_all_found(kind: StoreKind) -> None:
    random = np.random.default_rng(0)
    vectors = random.standard_normal((20, 256)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    store = open_store(kind, 256)
    store.add(range(1000), np.repeat(vectors, 50, axis=0))
    for number, vector in enumerate(vectors):
        for k in (5, 50):
            first = 50 * number
            assert [row_id for row_id, _ in store.search(vector, k)] == list(range(first, first + k))


# Small whole numbers: their inner products are exact in float32, and ties are frequent.
vectors_of_3 = st.lists(st.integers(-3, 3), min_size=3, max_size=3)
steps = st.lists(
    st.one_of(
        st.dictionaries(small_ids, vectors_of_3, max_size=6),
        st.sets(small_ids, max_size=4),
    ),
    max_size=6,
)


@each_kind
@given(steps, vectors_of_3, st.integers(0, 15), st.none() | st.sets(small_ids, max_size=8))
def test_any_history_agrees_with_a_naive_loop(
    kind: StoreKind,
    steps: list[dict[int, list[int]] | set[int]],
    query: list[int],
    k: int,
    allowed: set[int] | None,
) -> None:
    store = open_store(kind, 3)
    stored: dict[int, list[int]] = {}
    for step in steps:
        if isinstance(step, dict):
            store.add(list(step), np.array(list(step.values()), dtype=np.float32).reshape(-1, 3))
            stored |= step
        else:
            store.remove(step)
            stored = {row_id: vector for row_id, vector in stored.items() if row_id not in step}
    assert len(store) == len(stored)
    found = store.search(np.array(query, dtype=np.float32), k, allowed)
    assert found == naive_search(stored, query, k, allowed)


@each_kind
def test_agrees_with_numpy_on_many_vectors(kind: StoreKind) -> None:
    random = np.random.default_rng(1)
    vectors = random.standard_normal((3000, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors.astype(np.float16).astype(np.float32)  # as they are kept
    store = open_store(kind, 64)
    store.add(range(3000), vectors)
    for query in vectors[:20]:
        expected = np.argsort(-(vectors @ query), kind="stable")[:10]
        assert [row_id for row_id, _ in store.search(query, 10)] == expected.tolist()
