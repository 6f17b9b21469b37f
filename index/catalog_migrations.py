"""Brings a catalog that an earlier version of this program made to the present schema, version by version.

Each step is written out in SQL as it was at its time and never changed afterwards. All steps run in one
transaction, after a copy of the file as it was has been put beside it: `catalog.v1.db` for schema 1. There
is no way back but that copy.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np

from index.durable import sync_file, sync_folder

Step = Callable[[sqlite3.Connection], None]


def migrate(file: Path, version: int, wanted: int) -> None:
    """Bring the catalog in `file` from schema `version` to `wanted`; a crash on the way changes nothing.

    The caller holds the writer's lock. Raises sqlite3.Error, and KeyError for a schema with no way forward.
    """
    steps = [STEPS[number] for number in range(version, wanted)]
    copy_catalog(file, file.with_name(f"catalog.v{version}.db"))
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        # Tables are made anew and take the old one's name, which references by name must not follow.
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA legacy_alter_table = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        for step in steps:
            step(connection)
        connection.execute(f"PRAGMA user_version = {wanted}")
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def copy_catalog(file: Path, copy: Path) -> None:
    """A copy of a catalog as it is at one moment, whole and durable, whoever writes to it meanwhile."""
    partial = copy.with_name(copy.name + ".partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM INTO ?", (str(partial),))
    sync_file(partial)
    partial.replace(copy)
    sync_folder(copy.parent)


def _to_2(connection: sqlite3.Connection) -> None:
    """Collections, status and version of documents; long columns compressed; vectors in half precision; checksums."""
    connection.create_function("zlib", 1, _compressed, deterministic=True)
    connection.create_function("half", 1, _half, deterministic=True)
    connection.create_function("plain", 1, _plain, deterministic=True)
    connection.create_function("crc", -1, _crc, deterministic=True)
    connection.create_function("vector_crc", 2, _vector_crc, deterministic=True)
    issued = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'documents'").fetchone()
    connection.execute(
        """CREATE TABLE documents_2 (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, collection TEXT NOT NULL, name TEXT NOT NULL,
            version INTEGER NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, characters INTEGER NOT NULL,
            passages INTEGER NOT NULL, first_passage INTEGER NOT NULL, reading INTEGER NOT NULL,
            added_at TEXT NOT NULL, title TEXT NOT NULL, published TEXT NOT NULL, publisher TEXT NOT NULL,
            status TEXT NOT NULL, media_type TEXT NOT NULL, encoding TEXT NOT NULL, hygiene TEXT NOT NULL,
            label_crc BIGINT NOT NULL, crc BIGINT NOT NULL,
            pages BLOB NOT NULL, outline BLOB NOT NULL, origin BLOB NOT NULL, text BLOB NOT NULL,
            UNIQUE (collection, name))"""
    )
    connection.execute(
        """INSERT INTO documents_2 SELECT id, '', name, 1, sha256, size, characters, passages, first_passage,
            reading, added_at, title, published, publisher, '', media_type, encoding, plain(hygiene),
            crc(name, '', ''), crc('', name, 1, sha256, size, characters, passages, first_passage, reading,
                added_at, title, published, publisher, '', media_type, encoding, plain(hygiene)),
            zlib(pages), zlib(outline), zlib(origin), zlib(text) FROM documents"""
    )
    connection.execute("DROP TABLE documents")
    connection.execute("ALTER TABLE documents_2 RENAME TO documents")
    connection.execute("CREATE INDEX ix_documents_sha256 ON documents (sha256)")
    if issued is not None:
        connection.execute("DELETE FROM sqlite_sequence WHERE name IN ('documents', 'documents_2')")
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('documents', ?)", issued)
    _passages_to_2(connection)


def _passages_to_2(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE passages_2 (
            id INTEGER NOT NULL, document_id INTEGER NOT NULL, seq INTEGER NOT NULL, start INTEGER NOT NULL,
            "end" INTEGER NOT NULL, kind TEXT NOT NULL, article TEXT NOT NULL, heading TEXT NOT NULL,
            section TEXT NOT NULL, speaker_name TEXT, speaker_organisation TEXT, speaker_role TEXT,
            published TEXT NOT NULL, publisher TEXT NOT NULL, url TEXT NOT NULL, page INTEGER,
            crc BIGINT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (id),
            FOREIGN KEY(document_id) REFERENCES documents (id) ON DELETE CASCADE)"""
    )
    own = """kind, article, heading, section, speaker_name, speaker_organisation, speaker_role, published,
        publisher, url, page"""
    connection.execute(
        f"""INSERT INTO passages_2 SELECT id, document_id, seq, start, "end", {own},
            crc(start, "end", text, {own}, document_id, id, seq), text FROM passages"""
    )
    connection.execute(
        """CREATE TABLE vectors_2 (
            passage_id INTEGER NOT NULL, crc BIGINT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (passage_id),
            FOREIGN KEY(passage_id) REFERENCES passages (id) ON DELETE CASCADE)"""
    )
    connection.execute(
        """INSERT INTO vectors_2
            SELECT passage_id, vector_crc(passage_id, half(vector)), half(vector) FROM vectors"""
    )
    for table in ("vectors", "passages"):
        connection.execute(f"DROP TABLE {table}")
        connection.execute(f"ALTER TABLE {table}_2 RENAME TO {table}")
    connection.execute("CREATE INDEX passages_by_document ON passages (document_id, seq)")
    last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
    connection.execute(
        """CREATE TABLE changes_2 (
            number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, action TEXT NOT NULL, document_id INTEGER NOT NULL,
            first INTEGER NOT NULL, last INTEGER NOT NULL, issued INTEGER NOT NULL, crc BIGINT NOT NULL)"""
    )
    connection.execute(
        """INSERT INTO changes_2 SELECT number, action, document_id, first, last, issued,
            crc(action, document_id, first, last, issued) FROM changes"""
    )
    connection.execute("DROP TABLE changes")
    connection.execute("ALTER TABLE changes_2 RENAME TO changes")
    if last is not None:
        connection.execute("DELETE FROM sqlite_sequence WHERE name IN ('changes', 'changes_2')")
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', ?)", last)


def _to_3(connection: sqlite3.Connection) -> None:
    """Texts stored once; small originals inside; notices, unsure stretches, the day of coming into force; digests."""
    connection.create_function("crc", -1, _crc, deterministic=True)
    issued = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'documents'").fetchone()
    connection.execute(
        """CREATE TABLE documents_3 (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, collection TEXT NOT NULL, name TEXT NOT NULL,
            version INTEGER NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, characters INTEGER NOT NULL,
            passages INTEGER NOT NULL, first_passage INTEGER NOT NULL, reading INTEGER NOT NULL,
            added_at TEXT NOT NULL, title TEXT NOT NULL, published TEXT NOT NULL, publisher TEXT NOT NULL,
            status TEXT NOT NULL, effective TEXT NOT NULL, media_type TEXT NOT NULL, encoding TEXT NOT NULL,
            hygiene TEXT NOT NULL, notices TEXT NOT NULL, text_crc BIGINT NOT NULL, label_crc BIGINT NOT NULL,
            crc BIGINT NOT NULL, layout BLOB NOT NULL, original BLOB, UNIQUE (collection, name))"""
    )
    for (number,) in connection.execute("SELECT id FROM documents ORDER BY id").fetchall():
        try:
            text_crc, layout = _layout(connection, number)
        except (zlib.error, ValueError, TypeError) as error:
            raise sqlite3.DatabaseError(f"document {number}: {error}") from error
        checked = f"""collection, name, version, sha256, size, characters, passages, first_passage, reading, added_at,
            title, published, publisher, status, '', media_type, encoding, hygiene, '[]', {text_crc}"""
        connection.execute(
            f"INSERT INTO documents_3 SELECT id, {checked}, label_crc, crc({checked}), ?, NULL "
            "FROM documents WHERE id = ?",
            (layout, number),
        )
    connection.execute("DROP TABLE documents")
    connection.execute("ALTER TABLE documents_3 RENAME TO documents")
    connection.execute("CREATE INDEX documents_by_file ON documents (sha256) WHERE original IS NULL")
    if issued is not None:
        connection.execute("DELETE FROM sqlite_sequence WHERE name IN ('documents', 'documents_3')")
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('documents', ?)", issued)
    _passages_to_3(connection)


def _passages_to_3(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE passages_3 (
            id INTEGER NOT NULL, document_id INTEGER NOT NULL, seq INTEGER NOT NULL, start INTEGER NOT NULL,
            "end" INTEGER NOT NULL, kind TEXT NOT NULL, article TEXT NOT NULL, heading TEXT NOT NULL,
            section TEXT NOT NULL, speaker_name TEXT, speaker_organisation TEXT, speaker_role TEXT,
            published TEXT NOT NULL, publisher TEXT NOT NULL, url TEXT NOT NULL, page INTEGER,
            unsure BOOLEAN NOT NULL, digest BIGINT, crc BIGINT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (id),
            FOREIGN KEY(document_id) REFERENCES documents (id) ON DELETE CASCADE)"""
    )
    own = """kind, article, heading, section, speaker_name, speaker_organisation, speaker_role, published,
        publisher, url, page"""
    connection.execute(
        f"""INSERT INTO passages_3 SELECT id, document_id, seq, start, "end", {own}, 0, NULL,
            crc(start, "end", text, {own}, 'False', document_id, id, seq), text FROM passages"""
    )
    connection.execute("DROP TABLE passages")
    connection.execute("ALTER TABLE passages_3 RENAME TO passages")
    connection.execute("CREATE INDEX passages_by_document ON passages (document_id, seq)")
    connection.execute("CREATE INDEX passages_by_digest ON passages (digest)")
    connection.execute(
        "CREATE INDEX passages_by_speaker ON passages (speaker_name) WHERE speaker_name IS NOT NULL"
    )


def _layout(connection: sqlite3.Connection, number: int) -> tuple[int, bytes]:
    """The checksum of a document's text, and the column that holds its outline and what no passage holds."""
    columns = connection.execute(
        "SELECT pages, outline, origin, text FROM documents WHERE id = ?", (number,)
    ).fetchone()
    pages, outline, origin = [json.loads(zlib.decompress(column)) for column in columns[:3]]
    text = zlib.decompress(columns[3]).decode()
    gaps, upto = [], 0
    spans = 'SELECT start, "end" FROM passages WHERE document_id = ? ORDER BY start, "end"'
    for start, end in connection.execute(spans, (number,)):
        if start > upto:
            gaps.append([upto, text[upto:start]])
        upto = max(upto, end)
    if upto < len(text):
        gaps.append([upto, text[upto:]])
    layout = {
        "pages": pages,
        "outline": outline,
        "origin": [origin["starts"], origin["origins"]],
        "gaps": gaps,
    }
    written = json.dumps(layout, ensure_ascii=False, separators=(",", ":")).encode()
    return zlib.crc32(text.encode()), zlib.compress(written, 6)


def _to_4(connection: sqlite3.Connection) -> None:
    """Texts of passages in UTF-16 where that is shorter."""
    connection.create_function("shorter", 1, _shorter, deterministic=True)
    connection.execute(
        """CREATE TABLE passages_4 (
            id INTEGER NOT NULL, document_id INTEGER NOT NULL, seq INTEGER NOT NULL, start INTEGER NOT NULL,
            "end" INTEGER NOT NULL, kind TEXT NOT NULL, article TEXT NOT NULL, heading TEXT NOT NULL,
            section TEXT NOT NULL, speaker_name TEXT, speaker_organisation TEXT, speaker_role TEXT,
            published TEXT NOT NULL, publisher TEXT NOT NULL, url TEXT NOT NULL, page INTEGER,
            unsure BOOLEAN NOT NULL, digest BIGINT, crc BIGINT NOT NULL, text BLOB NOT NULL, PRIMARY KEY (id),
            FOREIGN KEY(document_id) REFERENCES documents (id) ON DELETE CASCADE)"""
    )
    connection.execute(
        """INSERT INTO passages_4 SELECT id, document_id, seq, start, "end", kind, article, heading, section,
            speaker_name, speaker_organisation, speaker_role, published, publisher, url, page, unsure, digest, crc,
            shorter(text) FROM passages"""
    )
    connection.execute("DROP TABLE passages")
    connection.execute("ALTER TABLE passages_4 RENAME TO passages")
    connection.execute("CREATE INDEX passages_by_document ON passages (document_id, seq)")
    connection.execute("CREATE INDEX passages_by_digest ON passages (digest)")
    connection.execute(
        "CREATE INDEX passages_by_speaker ON passages (speaker_name) WHERE speaker_name IS NOT NULL"
    )


STEPS: dict[int, Step] = {1: _to_2, 2: _to_3, 3: _to_4}
"""The step that leads on from each schema."""


def _compressed(value: str) -> bytes:
    return zlib.compress(value.encode(), 6)


def _shorter(value: str) -> bytes:
    narrow, wide = value.encode(), value.encode("utf-16-le")
    return b"\1" + wide if len(wide) < len(narrow) else b"\0" + narrow


def _half(value: bytes) -> bytes:
    return np.frombuffer(value, dtype="<f4").astype("<f2").tobytes()


def _plain(value: str) -> str:
    return json.dumps(json.loads(value), ensure_ascii=False, separators=(",", ":"))


def _crc(*values: object) -> int:
    return zlib.crc32("\x1f".join(map(str, values)).encode())


def _vector_crc(passage_id: int, vector: bytes) -> int:
    return zlib.crc32(vector, passage_id & 0xFFFFFFFF)
