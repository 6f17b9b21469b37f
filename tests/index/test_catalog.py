"""The catalog: what is stored comes back, ids are never given twice, and the change log tells all."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.catalog import Catalog
from index.catalog_reader import Changes
from index.catalog_transaction import Record
from index.errors import LibraryError
from index.passage import Article, Document, Hygiene, OffsetMap, Passage, Speaker

TEXT = "第一条 总则。第二条 质量方针由最高管理者批准。"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    catalog = Catalog(tmp_path / "catalog.db")
    yield catalog
    catalog.close()


def record(name: str, count: int = 2, text: str = TEXT) -> Record:
    """A document of `count` passages of three characters each, whose vectors are 1/1, 1/2, 1/3… long."""
    document = Document(name, text, title=name)
    passages = [Passage(name, 3 * i, 3 * i + 3, text[3 * i : 3 * i + 3]) for i in range(count)]
    vectors = np.array([[1 / (i + 1), 0] for i in range(count)], dtype=np.float32).reshape(count, 2)
    return Record(document, "sha-" + name, len(text), passages, vectors, 1)


def put(catalog: Catalog, *records: Record) -> None:
    with catalog.writing() as transaction:
        transaction.put(records)


def test_everything_of_a_document_comes_back(catalog: Catalog) -> None:
    speaker = Speaker("韩永生", "省市场监管局", "副局长")
    article = Article(
        "标题", 3, 9, 0, 3, "栏目", "网站", "https://example.org", "2024-05", speaker, ((4, "小标题"),)
    )
    document = Document(
        name="a/b.txt",
        text=TEXT,
        title="题",
        articles=(article,),
        origin=OffsetMap((0, 4), (2, 9)),
        hygiene=Hygiene(wraps_joined=3, speakers=1),
        media_type="text/markdown",
        encoding="gb18030",
        published="2024",
        publisher="社",
        pages=(0, 7),
        notices=("第 2 页没有文字", "第 3 页也没有"),
        unsure=((5, 8), (20, 21)),
        effective="2024-07-01",
    )
    passage = Passage(
        "a/b.txt",
        3,
        9,
        TEXT[3:9],
        "head",
        "标题",
        "小标题",
        "栏目",
        speaker,
        "2024-05",
        "网站",
        "https://example.org",
        2,
    )
    put(
        catalog,
        replace(record("a/b.txt"), document=document, passages=[passage, replace(passage, speaker=None)]),
    )
    passage = replace(passage, unsure=True)
    assert catalog.document("a/b.txt") == replace(document, id=1)
    assert catalog.passages([1, 2]) == {
        1: replace(passage, id=1, document_id=1),
        2: replace(passage, id=2, document_id=1, speaker=None),
    }
    (info,) = catalog.documents()
    assert (info.name, info.title, info.passages, info.sha256) == ("a/b.txt", "题", 2, "sha-a/b.txt")
    assert (info.hygiene, info.notices) == (document.hygiene, document.notices)
    assert catalog.document("b.txt") is None


@pytest.mark.parametrize(
    ("span", "unsure"), [((0, 3), False), ((2, 4), True), ((4, 5), True), ((6, 9), False)]
)
def test_a_passage_is_unsure_where_it_meets_an_unsure_stretch(catalog: Catalog, span, unsure) -> None:
    one = record("a")
    put(catalog, replace(one, document=replace(one.document, unsure=(span,))))
    assert catalog.passages([2])[2].unsure is unsure, "characters 3, 4 and 5"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spans=st.lists(st.tuples(st.integers(0, 23), st.integers(0, 23)).map(sorted).map(tuple), max_size=5))
def test_a_text_comes_back_whatever_its_passages_hold(catalog: Catalog, spans) -> None:
    passages = [Passage("a", start, end, TEXT[start:end]) for start, end in spans]
    vectors = np.zeros((len(spans), 2), dtype=np.float32)
    put(catalog, replace(record("a"), passages=passages, vectors=vectors))
    assert catalog.document("a").text == TEXT


def test_passages_that_are_found_alike_keep_their_ids(catalog: Catalog) -> None:
    put(catalog, record("a", 2))
    moved = [Passage("a", 4, 7, TEXT[:3], page=2), Passage("a", 7, 10, TEXT[3:6])]
    longer = replace(record("a", 2).document, text="新加的字" + TEXT, title="新题")
    put(catalog, replace(record("a", 2), document=longer, passages=moved))
    assert [(p.id, p.start, p.page) for p in catalog.all_passages()] == [(1, 4, 2), (2, 7, None)]
    assert (catalog.document("a").title, catalog.document("a").text) == ("新题", "新加的字" + TEXT)
    assert catalog.changes(1) == Changes(2, (), ())
    assert catalog.damaged_rows() == []
    put(catalog, record("b", 1))  # 3
    put(catalog, replace(record("a", 2), vectors=np.ones((2, 2), dtype=np.float32)))
    assert [p.id for p in catalog.all_passages()] == [4, 5, 3], "another vector is another passage"
    put(catalog, record("a", 2, "一二三四五六"))
    assert [p.id for p in catalog.all_passages()] == [6, 7, 3]


def test_vectors_are_found_by_what_they_were_made_of(catalog: Catalog) -> None:
    put(catalog, replace(record("a", 2), digests=[-5, 2**63 - 1]), record("b", 1))
    found = catalog.vectors_of([2**63 - 1, -5, 7])
    assert {digest: float(vector[0]) for digest, vector in found.items()} == {-5: 1.0, 2**63 - 1: 0.5}


def test_a_passage_that_is_not_its_stretch_of_the_text_is_refused_whole(catalog: Catalog) -> None:
    wrong = replace(record("a"), passages=[Passage("a", 0, 3, "第一条"), Passage("a", 3, 6, "第一条")])
    with pytest.raises(ValueError, match="3:6"):
        put(catalog, record("b"), wrong)
    assert catalog.totals().documents == 0 and catalog.last_change() == 0


def test_ids_never_come_back(catalog: Catalog) -> None:
    put(catalog, record("a", 2), record("b", 3))
    with catalog.writing() as transaction:
        assert transaction.remove(["b"]) == 1
        assert transaction.remove(["b"]) == 0
    put(catalog, record("c", 1))
    assert [p.id for p in catalog.all_passages()] == [1, 2, 6]
    assert {p.document_id for p in catalog.all_passages()} == {1, 3}


def test_an_update_keeps_the_document_and_replaces_its_passages(catalog: Catalog) -> None:
    put(catalog, record("a", 2))
    put(catalog, record("a", 3))
    assert catalog.document("a").id == 1
    assert [p.id for p in catalog.all_passages()] == [3, 4, 5]
    assert catalog.totals() == type(catalog.totals())(documents=1, passages=3, characters=len(TEXT))
    assert catalog.all_vectors()[1] == [3, 4, 5]


def test_the_change_log_says_what_came_and_went(catalog: Catalog) -> None:
    put(catalog, record("a", 2))  # change 1: 1, 2
    put(catalog, record("b", 1))  # change 2: 3
    put(catalog, record("a", 1))  # changes 3, 4: without 1, 2; with 4
    with catalog.writing() as transaction:
        transaction.rename("b", "z")  # change 5
    assert catalog.last_change() == 5
    now, later, latest = (catalog.changes(since) for since in (0, 2, 5))
    assert (now.upto, now.added, now.removed) == (5, (3, 4), ())
    assert (later.upto, later.added, later.removed) == (5, (4,), (1, 2))
    assert (latest.upto, latest.added, latest.removed) == (5, (), ())
    assert catalog.passages([3])[3].document == "z"


def test_vectors_come_in_the_order_asked_for_and_the_missing_are_left_out(catalog: Catalog) -> None:
    put(catalog, record("a", 3))
    ids, vectors = catalog.vectors([3, 9, 1])
    assert ids == [3, 1]
    assert vectors[:, 0] == pytest.approx([1 / 3, 1], rel=1e-3)  # kept in half precision
    assert vectors.dtype == np.float32
    assert catalog.vectors([])[1].size == 0


def test_a_broken_transaction_leaves_nothing(catalog: Catalog) -> None:
    with pytest.raises(KeyError), catalog.writing() as transaction:
        transaction.put([record("a")])
        raise KeyError
    assert catalog.totals().documents == 0
    put(catalog, record("b"))
    assert [info.name for info in catalog.documents()] == ["b"]


def test_a_transaction_inside_another_joins_it(catalog: Catalog) -> None:
    with pytest.raises(KeyError), catalog.writing():
        put(catalog, record("a"))
        raise KeyError
    assert catalog.totals().documents == 0


def test_it_is_durable_and_guarded_as_promised(catalog: Catalog, tmp_path: Path) -> None:
    with catalog._engine.connect() as connection:
        answers = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "foreign_keys")
        ]
    assert answers == [2, 1]  # FULL, ON
    assert sqlite3.connect(tmp_path / "catalog.db").execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert sqlite3.connect(tmp_path / "catalog.db").execute("PRAGMA user_version").fetchone() == (4,)


def test_a_file_that_is_no_catalog_and_one_of_a_later_version_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_bytes(b"this is no database at all, but long enough to look at" * 20)
    with pytest.raises(LibraryError, match="damaged"):
        Catalog(tmp_path / "text.db")
    later = sqlite3.connect(tmp_path / "later.db")
    later.execute("PRAGMA user_version = 99")
    later.close()
    with pytest.raises(LibraryError, match="schema 99"):
        Catalog(tmp_path / "later.db")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=12
    )  # (name, number of passages to put; 0 removes the document)
)
def test_following_the_change_log_from_anywhere_gives_what_is_there(tmp_path_factory, steps) -> None:
    catalog = Catalog(tmp_path_factory.mktemp("catalog") / "catalog.db")
    states = {0: frozenset()}
    for name, count in steps:
        with catalog.writing() as transaction:
            if count:
                transaction.put([record(name, count)])
            else:
                transaction.remove([name])
        states[catalog.last_change()] = frozenset(p.id for p in catalog.all_passages())
    now = frozenset(p.id for p in catalog.all_passages())
    for number, state in states.items():
        changes = catalog.changes(number)
        assert (state - set(changes.removed)) | set(changes.added) == now
        assert set(changes.removed) <= state and not state & set(changes.added)
    catalog.close()
