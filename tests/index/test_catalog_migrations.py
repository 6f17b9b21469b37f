"""A catalog of an earlier version is brought to the present one, with a copy of it as it was."""

import json
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from index import catalog_migrations
from index.catalog import Catalog
from index.catalog_reader import SCHEMA
from index.library import Library
from index.passage import Article, Document
from tests.conftest import HashingEmbedder

SCHEMA_1 = """
CREATE TABLE documents (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, sha256 TEXT NOT NULL,
 size INTEGER NOT NULL, characters INTEGER NOT NULL, passages INTEGER NOT NULL, first_passage INTEGER NOT NULL,
 reading INTEGER NOT NULL, added_at TEXT NOT NULL, title TEXT NOT NULL, published TEXT NOT NULL,
 publisher TEXT NOT NULL, media_type TEXT NOT NULL, encoding TEXT NOT NULL, hygiene JSON NOT NULL,
 pages JSON NOT NULL, outline JSON NOT NULL, origin JSON NOT NULL, text TEXT NOT NULL, UNIQUE (name));
CREATE INDEX ix_documents_sha256 ON documents (sha256);
CREATE TABLE changes (number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, action TEXT NOT NULL,
 document_id INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, issued INTEGER NOT NULL);
CREATE TABLE meta ("key" TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY ("key"));
CREATE TABLE passages (id INTEGER NOT NULL, document_id INTEGER NOT NULL, seq INTEGER NOT NULL,
 start INTEGER NOT NULL, "end" INTEGER NOT NULL, kind TEXT NOT NULL, article TEXT NOT NULL, heading TEXT NOT NULL,
 section TEXT NOT NULL, speaker_name TEXT, speaker_organisation TEXT, speaker_role TEXT, published TEXT NOT NULL,
 publisher TEXT NOT NULL, url TEXT NOT NULL, page INTEGER, text TEXT NOT NULL, PRIMARY KEY (id),
 FOREIGN KEY(document_id) REFERENCES documents (id) ON DELETE CASCADE);
CREATE INDEX passages_by_document ON passages (document_id, seq);
CREATE TABLE vectors (passage_id INTEGER NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (passage_id),
 FOREIGN KEY(passage_id) REFERENCES passages (id) ON DELETE CASCADE);
"""
TEXT = "质量方针由最高管理者批准。"
EMBEDDER = HashingEmbedder()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of schema 1 with one document, which was the third that it ever had."""
    vector = EMBEDDER.encode([f"\n{TEXT}"], "passage")[0]
    outline = [vars_of(Article("", 0, len(TEXT)))]
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(SCHEMA_1)
        values = (
            3,
            "方针.txt",
            "sha",
            39,
            len(TEXT),
            1,
            7,
            3,
            "2025-01-01",
            "",
            "",
            "",
            "text/plain",
            "utf-8",
            "{}",
        )
        db.execute(
            f"INSERT INTO documents VALUES ({','.join('?' * 19)})",
            (*values, "[]", json.dumps(outline), '{"starts": [0], "origins": [0]}', TEXT),
        )
        db.execute("UPDATE sqlite_sequence SET seq = 9 WHERE name = 'documents'")
        passage = (7, 3, 0, 0, len(TEXT), "body", "", "", "", None, None, None, "", "", "", None, TEXT)
        db.execute(f"INSERT INTO passages VALUES ({','.join('?' * 17)})", passage)
        db.execute("INSERT INTO vectors VALUES (7, ?)", (vector.astype("<f4").tobytes(),))
        db.execute("INSERT INTO changes VALUES (5, 'add', 3, 7, 7, 8)")
        db.executemany("INSERT INTO meta VALUES (?, ?)", [("embedder", "hashing"), ("dimension", "64")])
        db.execute("PRAGMA user_version = 1")
        db.commit()
    return tmp_path


@pytest.fixture
def home_of_2(home: Path) -> Path:
    """The same library after the next version of the program has used it."""
    catalog_migrations.migrate(home / "catalog.db", 1, 2)
    (home / "catalog.v1.db").unlink()
    (home / "originals").mkdir()
    (home / "originals" / "sha").write_text(TEXT, encoding="utf-8")
    with closing(sqlite3.connect(home / "catalog.db")) as db, db:
        db.execute(
            "UPDATE passages SET start = 2, text = substr(text, 3)"
        )  # what no passage holds is kept, too
        db.create_function("crc", -1, lambda *values: zlib.crc32("\x1f".join(map(str, values)).encode()))
        db.execute(
            """UPDATE passages SET crc = crc(start, "end", text, kind, article, heading, section, speaker_name,
               speaker_organisation, speaker_role, published, publisher, url, page, document_id, id, seq)"""
        )
    return home


def test_schema_2_is_brought_forward(home_of_2: Path) -> None:
    with Library.open(home_of_2, EMBEDDER) as library:
        stored = library.document("方针.txt")
        assert (stored.id, stored.text, stored.articles[0].end) == (3, TEXT, len(TEXT))
        assert (stored.notices, stored.unsure, stored.effective) == ((), (), "")
        (passage,) = library.all_passages()
        assert (passage.id, passage.text, passage.unsure) == (7, TEXT[2:], False)
        assert [hit.passage.id for hit in library.search("最高管理者", 5)] == [7]
        assert library.catalog.original("方针.txt") == ("sha", None, "")
        assert library.catalog.originals() == ["sha"], "it stays the file that it was"
        assert library.catalog.damaged_rows() == []
        library.remove("方针.txt")
        assert not list((home_of_2 / "originals").iterdir())
    assert version(home_of_2 / "catalog.v2.db") == 2


def test_schema_3_is_brought_forward(home: Path) -> None:
    catalog_migrations.migrate(home / "catalog.db", 1, 3)
    with closing(sqlite3.connect(home / "catalog.db")) as db:
        assert db.execute("SELECT text FROM passages").fetchall() == [(TEXT,)]
    with Library.open(home, EMBEDDER) as library:
        assert library.document("方针.txt").text == TEXT
        (passage,) = library.all_passages()
        assert (passage.id, passage.text) == (7, TEXT)
        assert library.catalog.damaged_rows() == []
        library.add(Document("en.txt", "Plain English.", articles=(Article("", 0, 14),)), b"en")
    assert version(home / "catalog.v3.db") == 3
    with closing(sqlite3.connect(home / "catalog.db")) as db:
        stored = [text for (text,) in db.execute("SELECT text FROM passages ORDER BY id")]
    assert stored == [b"\1" + TEXT.encode("utf-16-le"), b"\0Plain English."], (
        "each in the shorter of two encodings"
    )


def vars_of(article: Article) -> dict[str, object]:
    return {name: getattr(article, name) for name in Article.__slots__}


def version(file: Path) -> int:
    with closing(sqlite3.connect(file)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def test_schema_1_is_brought_forward_and_its_copy_kept(home: Path) -> None:
    with Library.open(home, EMBEDDER) as library:
        stored = library.document("方针.txt")
        assert (stored.id, stored.text, stored.articles[0].end) == (3, TEXT, len(TEXT))
        passage = next(library.all_passages())
        assert passage.text == stored.text[passage.start : passage.end]
        expected = EMBEDDER.encode([f"\n{TEXT}"], "passage")
        assert np.allclose(library.vectors([7]), expected, atol=1e-3)
        for mode in ("lexical", "dense"):
            assert [hit.passage.id for hit in library.search("质量方针", 5, mode)] == [7]
        added = library.add(Document("新.txt", TEXT, articles=(Article("", 0, len(TEXT)),)), b"new")
        assert added.id == 10, "numbers that were given before are not given again"
        assert [hit.passage.id for hit in library.search("质量方针", 5)] == [7, 9]
    assert version(home / "catalog.db") == SCHEMA
    assert version(home / "catalog.v1.db") == 1
    with closing(sqlite3.connect(home / "catalog.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_migrated_catalog_has_the_tables_of_a_new_one(home: Path, tmp_path: Path) -> None:
    Catalog(home / "catalog.db").close()
    Catalog(tmp_path / "new.db").close()

    def columns(file: Path) -> dict[str, list[tuple[object, ...]]]:
        with closing(sqlite3.connect(file)) as db:
            names = [
                row[0]
                for row in db.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'index')")
            ]
            return {name: db.execute(f"PRAGMA table_info({name})").fetchall() for name in sorted(names)}

    assert columns(home / "catalog.db") == columns(tmp_path / "new.db")


def test_a_crash_on_the_way_changes_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(connection: sqlite3.Connection) -> None:
        catalog_migrations._to_2(connection)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(catalog_migrations.STEPS, 1, crash)
        with pytest.raises(KeyboardInterrupt):
            Catalog(home / "catalog.db")
    assert version(home / "catalog.db") == 1
    with Library.open(home, EMBEDDER) as library:
        assert library.document("方针.txt").text == TEXT
