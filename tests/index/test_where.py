"""Filters and collections: what `Where.admits` says of one passage is what every store finds."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.errors import LibraryError
from index.library import Library
from index.passage import Article, Document, Passage, Speaker, Where, period
from tests.conftest import HashingEmbedder

PEOPLE = ("韩永生", "周启明", "")
PAPERS = ("质量观察", "计量报", "")
STATUSES = ("现行", "废止", "")
COLLECTIONS = ("", "内部", "公开")
DATES = ("", "2023", "2024", "2023-12", "2024-02", "2023-12-31", "2024-01-01", "2024-02-29")

some = st.frozensets
wheres = st.builds(
    Where,
    documents=some(st.sampled_from(["0.txt", "1.txt", "2.txt", "没有.txt"])),
    collections=some(st.sampled_from(COLLECTIONS)),
    speakers=some(st.sampled_from(PEOPLE[:2])),
    publishers=some(st.sampled_from(PAPERS)),
    statuses=some(st.sampled_from(STATUSES)),
    published_from=st.sampled_from(DATES),
    published_to=st.sampled_from(DATES),
    readable=st.none() | some(st.sampled_from([*COLLECTIONS, "没有"])),
)


def document(name: str, collection: str, status: str, articles: list[tuple[str, str, str]]) -> Document:
    """A document of one sentence an article; each is (speaker, publisher, published)."""
    text, parts = "", []
    for number, (speaker, publisher, published) in enumerate(articles):
        start = len(text)
        text += f"计量器具校准第{number}份证书。\n"
        who = Speaker(speaker) if speaker else None
        parts.append(
            Article(
                f"第{number}篇",
                start,
                len(text) - 1,
                publisher=publisher,
                published=published,
                speaker=who,
            )
        )
    return Document(name, text, title=name, articles=tuple(parts), status=status, collection=collection)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    with Library.open(tmp_path_factory.mktemp("where") / "home", HashingEmbedder(), create=True) as library:
        kinds = [(who, paper, date) for who in PEOPLE for paper in PAPERS for date in DATES]
        for collection in COLLECTIONS:
            for number, status in enumerate(STATUSES):
                made = document(f"{number}.txt", collection, status, kinds[number::3])
                library.add(made, f"{collection}{number}".encode())
        yield library


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=wheres)
def test_every_store_finds_what_where_admits_and_nothing_else(library: Library, where: Where) -> None:
    expected = {passage.id for passage in library.all_passages() if where.admits(passage)}
    assert set(library._catalog.admitted(where).tolist()) == expected
    for mode in ("lexical", "dense"):
        assert {hit.passage.id for hit in library.search("计量器具校准证书", 9999, mode, where)} == expected


def test_the_best_of_the_admitted_come_when_few_are_asked_for(library: Library) -> None:
    only = Where(collections=frozenset(["内部"]), speakers=frozenset(["周启明"]), published_from="2024")
    for mode in ("lexical", "dense"):
        hits = library.search("计量器具校准证书", 2, mode, only)
        assert len(hits) == 2
        assert all(only.admits(hit.passage) for hit in hits)


@pytest.mark.parametrize(
    ("published", "since", "until", "admitted"),
    [
        ("2023-12-31", "2023", "2023", True),
        ("2024-01-01", "2023", "2023", False),
        ("2023", "2023-06", "2023-07", True),  # may have been then
        ("2024-02", "2024-02-29", "", True),
        ("2024-02", "2024-03", "", False),
        ("2024-02", "", "2024-01-31", False),
        ("", "2023", "", False),
        ("", "", "", True),
    ],
)
def test_a_date_without_a_day_is_its_whole_period(
    published: str, since: str, until: str, admitted: bool
) -> None:
    passage = Passage("a.txt", 0, 1, "字", published=published)
    assert Where(published_from=since, published_to=until).admits(passage) is admitted


def test_periods() -> None:
    assert period("2024") == ("2024-01-01", "2024-12-31")
    assert period("2024-02-29") == ("2024-02-29", "2024-02-29")


def test_the_same_name_in_two_collections_is_two_documents(tmp_path: Path) -> None:
    with Library.open(tmp_path / "home", HashingEmbedder(), create=True) as library:
        one = Document("制度.txt", "甲的制度是这样。", articles=(Article("", 0, 8),), collection="甲")
        library.add(one, b"1")
        library.add(replace(one, text="乙的制度是那样。", collection="乙"), b"2")
        assert library.document("制度.txt", "甲").text == "甲的制度是这样。"
        assert library.original("制度.txt", "乙") == b"2"
        library.remove("制度.txt", "甲")
        with pytest.raises(LibraryError, match="制度"):
            library.document("制度.txt", "甲")
        assert [hit.passage.collection for hit in library.search("制度", 9)] == ["乙"]


def test_a_sync_of_one_collection_leaves_the_others_alone(folder: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path / "home", HashingEmbedder(), create=True) as library:
        assert len(library.sync([folder]).added) == 4
        assert len(library.sync([folder / "计量"], collection="计量室").added) == 2
        names = {(info.collection, info.name) for info in library.documents()}
        assert len(names) == 6
        report = library.sync([folder / "计量"], collection="计量室", rebuild=True)
        assert (len(report.updated), report.documents) == (2, 6)
        only = Where(collections=frozenset(["计量室"]))
        assert {hit.passage.document for hit in library.search("计量器具", 9, "dense", only)} == {
            "校准.txt",
            "报废.txt",
        }


def test_collections_are_those_that_hold_a_document(tmp_path: Path) -> None:
    with Library.open(tmp_path / "home", HashingEmbedder(), create=True) as library:
        assert library.collections() == []
        for number, collection in enumerate(["~甲", "", "公开"]):
            library.add(document("1.txt", collection, "", [("", "", "")]), str(number).encode())
        assert library.collections() == ["", "~甲", "公开"]
        library.remove("1.txt", "~甲")
        assert library.collections() == ["", "公开"]


def test_asking_for_a_collection_does_not_make_it_readable(library: Library) -> None:
    asked = Where(collections=frozenset(["内部", "公开"]), readable=frozenset(["公开", ""]))
    for mode in ("lexical", "dense"):
        hits = library.search("计量器具校准证书", 9999, mode, asked)
        assert {hit.passage.collection for hit in hits} == {"公开"}
        assert not library.search("计量器具校准证书", 9999, mode, Where(readable=frozenset()))
