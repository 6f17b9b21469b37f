"""Segments of vectors: small ones are written for what is new, and merged with those that are not much larger."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import library_writer
from index.library import Library
from index.manifest import Manifest, Segment, ids_of, read_manifest, spans_of, write_manifest
from index.passage import Article, Document
from index.projections import RATIO, kept_beside
from index.vectors.flat import FlatStore
from tests.conftest import HashingEmbedder

PENDING = 8


@pytest.fixture(autouse=True)
def merged_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_writer, "PENDING", PENDING)


@pytest.fixture
def library(tmp_path: Path, embedder: HashingEmbedder) -> Iterator[Library]:
    with Library.open(tmp_path / "home", embedder, create=True) as library:
        yield library


def put(library: Library, numbers: range, mark: str = "") -> None:
    texts = {number: f"第{number * 7919}号量具{mark}由{number * 31}室校准。" for number in numbers}
    library.add_many(
        (Document(f"{number}.txt", text, articles=(Article("", 0, len(text)),)), text.encode())
        for number, text in texts.items()
    )


def manifest_of(library: Library) -> Manifest:
    manifest = read_manifest(library.home)
    assert manifest is not None
    return manifest


def sizes(library: Library) -> list[int]:
    return [segment.count for segment in manifest_of(library).segments]


def assert_each_vector_is_in_one_place(library: Library) -> None:
    snapshot = library._reader.snapshot
    places = [id for store in snapshot.stores for id in store.ids().tolist() if id not in snapshot.dead]
    places += snapshot.tail_ids
    assert sorted(places) == library.catalog.all_vectors()[1]


def assert_finds_what_comparing_all_finds(library: Library) -> None:
    _, ids, vectors = library.catalog.all_vectors()
    exact = FlatStore(vectors.shape[1])
    exact.add(ids, vectors)
    for number in (3, 40, 77):
        question = library.encode_query(f"第{number * 7919}号量具")
        for allowed in (None, np.array(ids[::3])):
            found = library._reader.snapshot.nearest(question, 10, allowed)
            right = exact.search(question, 10, allowed)
            # Not by their ids: of what is equally near, one rounding may name another first.
            assert [score for _, score in found] == pytest.approx([score for _, score in right], abs=1e-5)
            assert allowed is None or set(allowed).issuperset(id for id, _ in found)


def written(segments: list[Segment]) -> list[int]:
    return [segment.count for segment in segments]


@pytest.mark.parametrize(
    ("there", "new", "kept"),
    [
        ([], 5, []),
        ([1000, 300, 100], 20, [1000, 300, 100]),
        ([1000, 300, 100], 60, [1000]),  # 60 + 100 + 300
        ([1000, 300, 100], 100, []),  # 100 + 100 + 300 is half of 1000
        ([1000, 300, 100], 0, [1000, 300, 100]),
    ],
)
def test_a_new_segment_takes_in_what_is_not_much_larger(there: list[int], new: int, kept: list[int]) -> None:
    segments = [Segment(str(number), "", count) for number, count in enumerate(there)]
    assert written(list(kept_beside(segments, new))) == kept


@given(st.lists(st.integers(min_value=1, max_value=50), max_size=300))
def test_segments_are_few_and_a_vector_is_written_seldom(counts: list[int]) -> None:
    segments: list[Segment] = []
    wrote = total = 0
    for count in counts:
        kept = list(kept_beside(segments, count))
        new = count + sum(written(segments)) - sum(written(kept))
        segments, wrote, total = [*kept, Segment("", "", new)], wrote + new, total + count
        assert sum(written(segments)) == total
        assert all(
            one > RATIO * other for one, other in zip(written(segments), written(segments)[1:], strict=False)
        )
    # Each time it is written among half as many again, or is new.
    assert wrote <= total * (1 + np.log(max(total, 1)) / np.log(1 + 1 / RATIO))


@given(st.sets(st.integers(min_value=0, max_value=200)))
def test_spans_name_the_ids(ids: set[int]) -> None:
    assert ids_of(spans_of(ids)) == ids


def test_spans_are_short() -> None:
    assert spans_of([12, 3, 4, 5, 9, 8]) == "3-5 8-9 12"
    assert spans_of([]) == ""


def test_a_small_change_leaves_the_large_segment_as_it_is(library: Library) -> None:
    put(library, range(100))
    large = manifest_of(library).segments[0]
    put(library, range(100, 110))
    assert sizes(library) == [100, 10]
    put(library, range(110, 114))
    assert sizes(library) == [100, 10]  # four are searched one by one
    put(library, range(114, 120))
    assert sizes(library) == [100, 20]
    assert manifest_of(library).segments[0] == large
    assert len(list((library.home / "vectors").iterdir())) == 2
    put(library, range(120, 160))
    assert sizes(library) == [160]
    assert_each_vector_is_in_one_place(library)
    assert_finds_what_comparing_all_finds(library)


def test_what_has_gone_from_a_segment_stays_gone(library: Library, embedder: HashingEmbedder) -> None:
    put(library, range(100))
    library.remove_many([f"{number}.txt" for number in (3, 4, 40)])
    put(library, range(100, 110))
    assert sizes(library) == [100, 10]
    gone = ids_of(manifest_of(library).dead)
    assert len(gone) == 3
    with Library.open(library.home, embedder) as again:
        assert again._reader.snapshot.dead == gone
        assert_each_vector_is_in_one_place(again)
        assert_finds_what_comparing_all_finds(again)
    library.remove_many([f"{number}.txt" for number in range(10, 25)])  # more than an eighth with the three
    assert sizes(library) == [92]
    assert manifest_of(library).dead == ""


@pytest.mark.parametrize("seed", range(2))
def test_whatever_comes_and_goes_each_vector_is_in_one_place(
    library: Library, embedder: HashingEmbedder, seed: int
) -> None:
    dice, there, next_number = random.Random(seed), set[int](), 0
    for turn in range(30):
        if dice.random() < 0.7 or len(there) < 10:
            numbers = range(next_number, next_number := next_number + dice.choice((1, 5, 12, 30)))
            put(library, numbers)
            there.update(numbers)
        elif dice.random() < 0.5:
            gone = dice.sample(sorted(there), dice.randint(1, 9))
            library.remove_many([f"{number}.txt" for number in gone])
            there.difference_update(gone)
        else:
            start = dice.choice(sorted(there))
            put(library, range(start, start + 1), mark=f"改{turn}")
        assert_each_vector_is_in_one_place(library)
    assert len(library.documents()) == len(there)
    with Library.open(library.home, embedder) as again:
        assert_each_vector_is_in_one_place(again)
        assert_finds_what_comparing_all_finds(again)


def test_one_document_that_is_replaced_again_and_again_leaves_a_short_log(library: Library) -> None:
    put(library, range(60))
    for turn in range(30):
        put(library, range(1), mark=f"改{turn}")
        manifest = manifest_of(library)
        assert manifest.generation - manifest.upto <= PENDING
    assert sum(sizes(library)) - len(ids_of(manifest_of(library).dead)) <= 60
    assert_each_vector_is_in_one_place(library)


def test_a_library_of_one_segment_that_does_not_say_its_last_id_is_written_anew_once(
    library: Library, embedder: HashingEmbedder
) -> None:
    put(library, range(50))
    manifest = json.loads((library.home / "manifest.json").read_text())
    del manifest["segments"][0]["last"], manifest["dead"], manifest["crc"]
    (library.home / "manifest.json").write_text(json.dumps(manifest))
    with Library.open(library.home, embedder) as again:
        put(again, range(50, 60))
        assert sizes(again) == [60]
        put(again, range(60, 70))
        assert sizes(again) == [60, 10]
        assert_each_vector_is_in_one_place(again)


def test_a_damaged_small_segment_is_made_anew(library: Library, embedder: HashingEmbedder) -> None:
    put(library, range(100))
    put(library, range(100, 110))
    small = library.home / "vectors" / manifest_of(library).segments[1].file
    library.close()
    small.write_bytes(small.read_bytes()[:-1] + b"\x07")
    with Library.open(library.home, embedder) as again:
        assert_each_vector_is_in_one_place(again)
        assert sizes(again) == [110]


def test_a_wrong_figure_in_the_manifest_is_noticed(tmp_path: Path) -> None:
    manifest = Manifest(generation=57, upto=56, dead="3-9 12", segments=(Segment("a", "", 20, last=20),))
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
    text = (tmp_path / "manifest.json").read_text()
    for right, wrong in (("56", "57"), ("3-9 12", "3-9 13"), ('"last": 20', '"last": 21')):
        (tmp_path / "manifest.json").write_text(text.replace(right, wrong))
        assert read_manifest(tmp_path) is None


@pytest.mark.parametrize("dead", ["x", "3-", " 3", "3  4"])
def test_ids_that_cannot_be_read_are_no_manifest(tmp_path: Path, dead: str) -> None:
    write_manifest(tmp_path, Manifest(dead=dead))
    assert read_manifest(tmp_path) is None
