"""Is everything in a library as it should be? Every checksum and every count, as `zhida verify` shows them.

Reads the whole library and changes nothing. What is found wrong in the search index mends itself when the library
is next opened or synced; what is wrong in the catalog needs a backup.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from index import words
from index.catalog import Catalog
from index.durable import sha256_of_file
from index.errors import LibraryError
from index.manifest import ids_of, read_manifest
from index.originals import original_of
from index.projections import open_lexical
from index.snapshot import VECTORS

SHOWN = 3  # names in the detail of one check


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `detail` says how much there was, or what is wrong and what mends it."""

    name: str
    sound: bool
    detail: str


def verify(catalog: Catalog) -> list[Check]:
    """All checks of the library of `catalog`, in the order in which one rests on the other."""
    checks = [_database(catalog.file)]
    if checks[0].sound:
        checks.append(_rows(catalog))
    if checks[-1].sound:
        checks += [_passages(catalog), _vectors(catalog), _originals(catalog), *_index(catalog)]
    return checks


def _database(file: Path) -> Check:
    name = "目录 catalog.db"
    try:
        with closing(sqlite3.connect(file)) as connection:
            wrong = [row[0] for row in connection.execute("PRAGMA integrity_check(10)") if row[0] != "ok"]
            wrong += [str(row) for row in connection.execute("PRAGMA foreign_key_check")][:10]
    except sqlite3.DatabaseError as error:
        wrong = [str(error)]
    if wrong:
        return Check(name, False, f"{wrong[0]}; 请从备份恢复 restore a backup: zhida restore FILE")
    return Check(name, True, f"{file.stat().st_size:,} bytes")


def _rows(catalog: Catalog) -> Check:
    wrong = catalog.damaged_rows()
    return _check(
        "每一行的校验和 checksums of rows",
        "CRC-32",
        wrong,
        "请从备份恢复 restore a backup: zhida restore FILE",
    )


def _passages(catalog: Catalog) -> Check:
    name = "段落与原文一致 passages are stretches of their documents"
    count, wrong = 0, []
    text, current = "", None
    for passage in catalog.all_passages():
        if current != (passage.collection, passage.document):
            current = (passage.collection, passage.document)
            try:
                document = catalog.document(passage.document, passage.collection)
            except LibraryError:
                document = None
            text = document.text if document else ""
        count += 1
        if passage.text != text[passage.start : passage.end]:
            wrong.append(passage.document)
    counted = catalog.totals().passages
    if counted != count:
        wrong.append(f"{counted} counted, {count} found")
    return _check(name, f"{count:,}", wrong, "请从备份恢复 restore a backup, or sync --rebuild")


def _vectors(catalog: Catalog) -> Check:
    _, ids, vectors = catalog.all_vectors()
    passages = {passage.id for passage in catalog.all_passages()}
    wrong = [f"passage {id}" for id in sorted(passages.symmetric_difference(ids))]
    dimension = catalog.meta().get("dimension", "0")
    if ids and vectors.shape[1] != int(dimension):
        wrong.append(f"{vectors.shape[1]} dimensions, not {dimension}")
    return _check("向量 vectors", f"{len(ids):,} × {dimension}", wrong, "zhida sync FOLDER --rebuild")


def _originals(catalog: Catalog) -> Check:
    wrong = []
    documents = catalog.documents()
    for info in documents:
        try:
            original_of(catalog, info.name, info.collection)
        except LibraryError:
            wrong.append(info.name)
    return _check(
        "原文件 originals", f"{len(documents):,}", wrong, "重新同步 sync again: zhida sync FOLDER --rebuild"
    )


def _index(catalog: Catalog) -> Iterator[Check]:
    home, last, total = catalog.file.parent, catalog.last_change(), catalog.totals().passages
    mends = "下次打开时自动重建 mends itself when next opened"
    manifest = read_manifest(home)
    if manifest is None:
        yield Check("索引清单 manifest.json", False, f"缺失或损坏 missing or damaged; {mends}")
        return
    manifest = manifest.at(last)
    ahead = max(manifest.upto, manifest.lexical_upto) > last
    yield _check(
        "索引清单 manifest.json", f"{manifest.generation}", ["ahead of the catalog"] if ahead else [], mends
    )
    lexical = open_lexical(home, manifest)
    wrong = []
    if lexical is None or manifest.words != words.fingerprint():
        wrong.append("缺失、损坏或分词已变 missing, damaged or made with other words")
    elif manifest.lexical_upto == last and len(lexical) != total:
        wrong.append(f"{len(lexical)} rows for {total} passages")
    yield _check("词语索引 lexical index", f"{total:,}", wrong, mends)
    wrong = []
    for segment in manifest.segments:
        file = home / VECTORS / segment.file
        if not file.is_file() or sha256_of_file(file) != segment.sha256:
            wrong.append(segment.file)
    held = sum(segment.count for segment in manifest.segments) - len(ids_of(manifest.dead))
    if manifest.upto == last and held != total:
        wrong.append(f"{held:,} for {total:,} passages")
    yield _check("向量索引 vector segments", f"{len(manifest.segments)} ({held:,})", wrong, mends)


def _check(name: str, detail: str, wrong: list[str], remedy: str) -> Check:
    if not wrong:
        return Check(name, True, detail)
    more = f" … ({len(wrong):,})" if len(wrong) > SHOWN else ""
    return Check(name, False, f"{', '.join(wrong[:SHOWN])}{more}; {remedy}")
