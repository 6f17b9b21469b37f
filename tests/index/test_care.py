"""Backup, restore, rollback, compact and verify: what they promise, and what damage they notice."""

import random
import sqlite3
import threading
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from index.care import backup, compact, restore, rollback
from index.catalog import Catalog
from index.catalog_types import unpacked
from index.errors import LibraryError, ModelMismatch
from index.library import Library
from index.originals import original_of
from index.passage import Article, Document
from index.verify import verify
from tests.conftest import TEXTS, HashingEmbedder

QUESTION = "计量器具校准"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def library(home: Path, folder: Path, embedder: HashingEmbedder) -> Library:
    with Library.open(home, embedder, create=True) as library:
        library.sync([folder])
        yield library


def state(library: Library) -> list[object]:
    """All that a reader can see, but for BM25's scores, which deleted rows sway until their segment is merged."""
    hits: list[object] = [hit.passage for hit in library.search(QUESTION, 9)]
    hits += [
        (hit.passage, pytest.approx(hit.score, abs=1e-6)) for hit in library.search(QUESTION, 9, "dense")
    ]
    originals = [library.original(info.name, info.collection) for info in library.documents()]
    return [list(library.all_passages()), hits, originals]


def wrong(library: Library) -> list[str]:
    return [check.name.split()[-1] for check in verify(library.catalog) if not check.sound]


def document(name: str, text: str) -> Document:
    return Document(name, text, title=name, articles=(Article(name, 0, len(text)),))


def add_large(library: Library, count: int = 2) -> None:
    """Documents of files that are too large to be kept in the catalog."""
    for number in range(count):
        library.add(
            document(f"大{number}.doc", f"大文件{number}的校准记录。"),
            random.Random(number).randbytes(99_999),
        )


def test_a_backup_brings_everything_back(
    library: Library, folder: Path, tmp_path: Path, embedder: HashingEmbedder
) -> None:
    add_large(library, 1)
    before = state(library)
    made = backup(library, tmp_path / "b.zip")
    assert (made.documents, made.missing) == (5, ())
    library.remove("采购.txt")
    library.add(document("新.txt", "新的计量器具校准办法。"), b"new")
    encoded = embedder.encoded
    restore(library, tmp_path / "b.zip")
    assert state(library) == before
    assert embedder.encoded == encoded, "nothing is encoded again"
    assert wrong(library) == []
    with Library.open(tmp_path / "elsewhere", embedder, create=True) as other:
        restore(other, tmp_path / "b.zip")
        assert state(other) == before


def test_numbers_never_fall(library: Library, tmp_path: Path) -> None:
    backup(library, tmp_path / "b.zip")
    newest = library.add(document("新.txt", "新的办法。"), b"new")
    issued = max(passage.id for passage in library.all_passages())
    generation = library.generation
    restore(library, tmp_path / "b.zip")
    assert library.generation > generation
    again = library.add(document("更新.txt", "更新的办法。"), b"newer")
    assert again.id > newest.id
    assert max(passage.id for passage in library.all_passages()) > issued


def test_an_open_reader_sees_a_restore_and_a_rollback(
    library: Library, home: Path, tmp_path: Path, embedder: HashingEmbedder
) -> None:
    with Library.open(home, embedder) as reader:
        before = state(reader)
        backup(library, tmp_path / "b.zip")
        library.remove("计量/校准.txt")
        after = state(reader)
        assert after != before
        restore(library, tmp_path / "b.zip")
        assert state(reader) == before
        rollback(library)
        assert state(reader) == after
        rollback(library)
        assert state(reader) == before


@pytest.mark.parametrize("damage", ["cut", "flipped", "swapped", "empty", "text", "traversal", "future"])
def test_a_damaged_backup_changes_nothing(library: Library, tmp_path: Path, damage: str) -> None:
    file = tmp_path / "b.zip"
    add_large(library)
    backup(library, file)
    spoil(file, damage)
    before = state(library)
    with pytest.raises(LibraryError, match=r"b\.zip|another version"):
        restore(library, file)
    assert state(library) == before
    assert not list(tmp_path.glob("evil*"))


def spoil(file: Path, how: str) -> None:
    data = bytearray(file.read_bytes())
    if how == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif how == "flipped":
        data[len(data) // 3] ^= 0xFF
        file.write_bytes(data)
    elif how in ("empty", "text"):
        file.write_bytes(b"" if how == "empty" else b"this is no archive")
    else:
        with zipfile.ZipFile(file) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        if how == "swapped":
            first, second = [name for name in members if name.startswith("originals/")][:2]
            members[first], members[second] = members[second], members[first]
        elif how == "traversal":
            members["originals/../../evil"] = b"x"
        else:
            members["backup.json"] = members["backup.json"].replace(b'"format": 2', b'"format": 99')
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)


def test_a_missing_backup_is_named(library: Library, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="none.zip"):
        restore(library, tmp_path / "none.zip")


def test_a_rebuild_with_another_model_can_be_rolled_back(
    library: Library, home: Path, folder: Path, embedder: HashingEmbedder
) -> None:
    before = state(library)
    other = HashingEmbedder("other", 32)
    with Library.open(home, other, rebuild=True) as rebuilt:
        rebuilt.sync([folder], rebuild=True)
        assert len(rebuilt.search(QUESTION, 3, "dense")) == 3
    with pytest.raises(ModelMismatch):
        library.search(QUESTION, 3, "dense")
    with Library.open(home, embedder, rebuild=True) as back:
        rollback(back)
    assert state(library) == before


def test_a_sync_of_the_wrong_folder_can_be_undone(
    home: Path, tmp_path: Path, embedder: HashingEmbedder
) -> None:
    right, mistaken = tmp_path / "right", tmp_path / "wrong"
    for number in range(12):
        (right / f"{number}.txt").parent.mkdir(exist_ok=True)
        (right / f"{number}.txt").write_text(f"第{number}号文件，计量器具校准。", encoding="utf-8")
    mistaken.mkdir()
    (mistaken / "a.txt").write_text("别的。", encoding="utf-8")
    with Library.open(home, embedder, create=True) as library:
        library.sync([right])
        before = state(library)
        assert len(library.sync([mistaken]).removed) == 12
        rollback(library)
        assert state(library) == before


def test_nothing_to_roll_back_to_is_said(library: Library) -> None:
    with pytest.raises(LibraryError, match="no previous state"):
        rollback(library)


def bytes_of(home: Path) -> bytes:
    """Everything on disk, compressed columns and files laid open."""
    parts = [file.read_bytes() for file in home.rglob("*") if file.is_file()]
    parts += [zlib.decompress(file.read_bytes()) for file in home.glob("originals/*.z")]
    with closing(sqlite3.connect(home / "catalog.db")) as db:
        parts += [unpacked(layout) for (layout,) in db.execute("SELECT layout FROM documents")]
        names = db.execute("SELECT name, collection FROM documents").fetchall()
    with closing(Catalog(home / "catalog.db")) as catalog:
        parts += [original_of(catalog, *name) or b"" for name in names]
    return b"\0".join(parts)


def holds(home: Path, word: str) -> bool:
    """Whether a word is anywhere on disk, in either encoding that texts have there."""
    data = bytes_of(home)
    return any(word.encode(encoding) in data for encoding in ("utf-8", "utf-16-le"))


def test_what_was_deleted_is_nowhere_after_compacting(library: Library, home: Path, folder: Path) -> None:
    secret = "绝密配方甲乙丙丁零一二三"
    library.add(document("密.txt", f"{secret}。" * 40), f"\n{secret}。".encode() * 40)
    library.add(
        document("密.bin", f"{secret}。"), f"{secret}。".encode() + random.Random(1).randbytes(99_999)
    )
    assert holds(home, secret)
    library.sync([folder], rebuild=True)  # keeps the previous state
    library.remove_many(["密.txt", "密.bin"])
    assert holds(home, secret)
    done = compact(library)
    assert done.after < done.before
    assert not holds(home, secret)
    assert not holds(home, "绝密"), "nor a word of it in the search index"
    assert library.search("绝密配方") == []
    assert wrong(library) == []
    assert len(library.search(QUESTION, 9)) > 0


def test_readers_go_on_while_it_is_compacted(library: Library, home: Path, embedder: HashingEmbedder) -> None:
    expected = state(library)
    done = threading.Event()

    def read() -> int:
        rounds = 0
        with Library.open(home, embedder) as reader:
            while not done.is_set() or not rounds:
                assert state(reader) == expected
                rounds += 1
        return rounds

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        for _ in range(5):
            compact(library)
        done.set()
        assert all(reader.result() > 0 for reader in readers)


def test_verify_finds_nothing_wrong_in_a_sound_library(library: Library) -> None:
    checks = verify(library.catalog)
    assert [check.name for check in checks if not check.sound] == []
    assert len(checks) == 8


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE passages SET text = zeroblob(20) WHERE id = 1", "rows"),
        ("UPDATE documents SET layout = zeroblob(20) WHERE id = 2", "rows"),
        ("DELETE FROM vectors WHERE passage_id = 2", "vectors"),
        ("UPDATE documents SET original = zeroblob(20) WHERE id = 2", "originals"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM documents WHERE id = 1", "catalog.db"),
    ],
)
def test_verify_names_what_is_wrong_in_the_catalog(
    library: Library, home: Path, damage: str, found: str
) -> None:
    with closing(sqlite3.connect(home / "catalog.db")) as db:
        db.executescript(damage)
        db.commit()
    assert wrong(library)[0] == found


def test_verify_names_what_is_wrong_beside_it(library: Library, home: Path) -> None:
    add_large(library)
    next((home / "originals").iterdir()).write_bytes(b"x")
    segment = next((home / "vectors").iterdir())
    data = bytearray(segment.read_bytes())
    data[-9] ^= 1
    segment.write_bytes(data)
    assert wrong(library) == ["originals", "segments"]
    (home / "manifest.json").write_text("{}")
    assert wrong(library) == ["originals", "manifest.json"]


def test_texts_of_the_folder_are_what_is_kept(library: Library) -> None:
    assert {info.name: library.original(info.name).decode() for info in library.documents()} == TEXTS
