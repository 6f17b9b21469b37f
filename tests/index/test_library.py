"""The library as a whole: search, what survives damage and death, other processes, other models."""

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index import words
from index.errors import LibraryBusy, LibraryError, ModelMismatch
from index.library import Library
from index.passage import Article, Document, Speaker, Where
from tests.conftest import TEXTS, HashingEmbedder
from tests.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
QUESTIONS = ["计量器具校准", "供应商评价", "质量管理体系文件评审", "设备科", "保存三年"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def library(home: Path, folder: Path, embedder: HashingEmbedder) -> Library:
    with Library.open(home, embedder, create=True) as library:
        library.sync([folder])
        yield library


def document(name: str, text: str) -> Document:
    return Document(name, text, title=name, articles=(Article(name, 0, len(text)),))


def results(library: Library) -> list[list[tuple[int, float]]]:
    """What all questions find in both modes, ids with scores."""
    return [
        [(hit.passage.id, pytest.approx(hit.score, abs=1e-5)) for hit in library.search(question, 5, mode)]
        for question in QUESTIONS
        for mode in ("lexical", "dense")
    ]


def in_another_process(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A real second Python process at the project's root; `code` has Library and HashingEmbedder at hand."""
    head = (
        "import sys, time, signal; from pathlib import Path\n"
        "from index.library import Library; from tests.conftest import HashingEmbedder\n"
    )
    command = [sys.executable, "-c", head + code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


# Searching and looking up


def test_both_modes_find_the_passage_and_keep_the_score(library: Library) -> None:
    for mode in ("lexical", "dense"):
        hits = library.search("计量器具的校准证书", 3, mode)
        assert hits[0].passage.document == "计量/校准.txt"
        assert hits[0].stages == {mode: hits[0].score}
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_filter_works_inside_the_search(library: Library) -> None:
    only = Where(frozenset(["采购.txt"]))
    for mode in ("lexical", "dense"):
        assert {hit.passage.document for hit in library.search("计量器具评价", 1, mode, only)} == {"采购.txt"}
        assert library.search("计量器具", 5, mode, Where(frozenset(["没有.txt"]))) == []


def test_dense_search_is_the_inner_product(library: Library) -> None:
    query = library.encode_query("计量器具校准")
    passages = list(library.all_passages())
    expected = library.vectors([p.id for p in passages]) @ query
    found = {hit.passage.id: hit.score for hit in library.search("计量器具校准", 99, "dense")}
    assert found == {
        p.id: pytest.approx(score, abs=1e-5) for p, score in zip(passages, expected, strict=True)
    }
    assert library.search("。", 5, "dense") == []


def test_every_passage_is_exactly_its_stretch_of_the_document(library: Library) -> None:
    texts = {info.name: library.document(info.name).text for info in library.documents()}
    passages = list(library.all_passages())
    assert passages and {p.document for p in passages} == set(TEXTS)
    assert all(p.text == texts[p.document][p.start : p.end] for p in passages)


def test_passages_come_in_the_order_asked_for(library: Library) -> None:
    ids = [p.id for p in library.all_passages()][::-1]
    assert [p.id for p in library.passages([*ids, 999])] == ids
    assert library.passage(ids[0]).id == ids[0]
    with pytest.raises(LibraryError, match="999"):
        library.passage(999)
    with pytest.raises(LibraryError, match="没有"):
        library.document("没有.txt")


def test_an_excerpt_is_the_passage_without_its_document(library: Library) -> None:
    passages = {p.id: p for p in library.all_passages()}
    excerpts = library._catalog.excerpts([*passages, 999])
    labels = library._catalog.labels([p.document_id for p in passages.values()])
    assert excerpts.keys() == passages.keys()
    for id, passage in passages.items():
        excerpt = excerpts[id]
        assert (excerpt.text, excerpt.context) == (passage.text, passage.context)
        assert excerpt.passage(*labels[passage.document_id]) == passage


def test_passages_are_the_same_whatever_the_cache_holds(library: Library, monkeypatch) -> None:
    monkeypatch.setattr("index.library_reader.PASSAGES_KEPT", 2)
    monkeypatch.setattr("index.library_reader.EXCERPTS_KEPT", 1)
    ids = [p.id for p in library.all_passages()]
    for part in (ids[:1], ids, ids[::-1], ids[1:3], ids):
        assert [p.id for p in library.passages(part)] == part


def test_neighbours_stay_inside_the_article(library: Library) -> None:
    first = (
        "。".join(f"第一篇的第{i}句话讲的是计量器具的管理办法和周期检定的具体要求" for i in range(60)) + "。"
    )
    second = (
        "。".join(f"第二篇的第{i}句话讲的是供应商的评价办法和合格名录的更新要求" for i in range(60)) + "。"
    )
    whole = first + second
    articles = (Article("甲", 0, len(first)), Article("乙", len(first), len(whole), speaker=Speaker("张三")))
    library.add(Document("二.txt", whole, articles=articles), whole.encode())
    passages = [p for p in library.all_passages() if p.document == "二.txt" and p.kind == "body"]
    inside = [p for p in passages if p.article == "甲"]
    assert len(inside) > 3
    assert library.neighbours(inside[1]) == inside[0:3]
    assert library.neighbours(inside[0], before=2, after=0) == [inside[0]]
    assert library.neighbours(inside[-1], after=5)[-1] == inside[-1]
    assert library.neighbours(passages[len(inside)], before=9, after=0) == [passages[len(inside)]]
    assert passages[-1].speaker == Speaker("张三")


def test_rarity_is_that_of_the_passages(library: Library) -> None:
    rarity = library.rarity(["计量", "校准", "没有这个词"])
    assert rarity["计量"] < rarity["校准"] < rarity["没有这个词"]


def test_status_counts(library: Library, embedder: HashingEmbedder, home: Path) -> None:
    status = library.status()
    assert (status.documents, status.characters) == (4, sum(map(len, TEXTS.values())))
    assert status.passages == len(list(library.all_passages()))
    assert (status.embedder, status.generation) == (embedder.name, library.generation)
    assert status.size > (home / "catalog.db").stat().st_size


# Adding and removing


def test_an_added_document_is_found_at_once_and_a_removed_one_no_more(library: Library, home: Path) -> None:
    before = library.generation
    added = library.add(document("新.txt", "内部审核员应当经过培训。"), "内部审核员应当经过培训。".encode())
    assert added.id > 0 and library.generation > before
    for mode in ("lexical", "dense"):
        assert library.search("内部审核员培训", 1, mode)[0].passage.document == "新.txt"
    assert library.original("新.txt").decode() == added.text
    id = library.search("内部审核员培训", 1)[0].passage.id
    library.remove("新.txt")
    for mode in ("lexical", "dense"):
        assert "新.txt" not in {hit.passage.document for hit in library.search("内部审核员培训", 9, mode)}
    with pytest.raises(LibraryError):
        library.passage(id)
    with pytest.raises(LibraryError):
        library.remove("新.txt")
    assert not list((home / "originals").iterdir()), "small files lie in the catalog"


def test_the_same_content_is_not_encoded_twice(library: Library, embedder: HashingEmbedder) -> None:
    encoded = embedder.encoded
    text = TEXTS["采购.txt"]
    assert library.add(document("采购.txt", text), text.encode()).id > 0
    assert embedder.encoded == encoded


def test_adding_and_removing_by_turns_loses_nothing(library: Library) -> None:
    names = [f"{i}.txt" for i in range(30)]
    for i, name in enumerate(names):
        library.add(document(name, f"编号{i}的检验规程由检验组编写。"), name.encode())
        if i % 3 == 2:
            library.remove(names[i - 1])
    left = [name for i, name in enumerate(names) if i % 3 != 1]
    allowed = Where(frozenset(names))
    for mode in ("lexical", "dense"):
        found = library.search("检验规程由检验组编写", 99, mode, allowed)
        assert sorted(hit.passage.document for hit in found) == sorted(left)
    assert sorted(h.passage.document for h in library.search("检验规程由检验组编写", 20, "dense")) == sorted(
        left
    )


def test_a_name_is_a_label_and_never_a_path(library: Library, home: Path, tmp_path: Path) -> None:
    before = {file for file in tmp_path.rglob("*") if home not in file.parents}
    for name in ("../../x.txt", "/etc/passwd", "..\\y.txt", "a" * 300, "\u202etxt.exe", "CON"):
        library.add(document(name, f"名称为{name}的文件。"), name.encode())
        assert library.original(name) == name.encode()
    assert {file for file in tmp_path.rglob("*") if home not in file.parents} == before


# Models


def test_another_model_is_refused_with_the_way_out(library: Library, home: Path, folder: Path) -> None:
    expected = results(library)
    for other in (HashingEmbedder(name="other"), HashingEmbedder(dimension=32)):
        with pytest.raises(ModelMismatch, match="--rebuild") as caught:
            Library.open(home, other)
        assert (
            "hashing" in str(caught.value)
            and other.name in str(caught.value)
            and "\n" not in str(caught.value)
        )
    assert results(library) == expected

    other = HashingEmbedder(name="other", dimension=32)
    with Library.open(home, other, rebuild=True) as again:
        with pytest.raises(ModelMismatch):
            again.search("校准", mode="dense")
        with pytest.raises(ModelMismatch):
            again.sync([folder])
        (folder / "采购.txt").write_bytes(b"")  # now unreadable: it stays, with vectors of the new model
        report = again.sync([folder], rebuild=True)
        assert (len(report.updated), report.documents, len(report.failed)) == (3, 4, 1)
        assert again.search("计量器具的校准证书", mode="dense")[0].passage.document == "计量/校准.txt"
        assert again.search("供应商每两年重新评价一次", mode="dense")[0].passage.document == "采购.txt"
        assert again.vectors([p.id for p in again.all_passages()]).shape == (again.status().passages, 32)
    with pytest.raises(ModelMismatch):  # the reader that was open all the while doesn't mix them either
        library.search("校准", mode="dense")
    with Library.open(home, other) as fresh:
        assert fresh.search("计量器具的校准证书", mode="dense")[0].passage.document == "计量/校准.txt"


def test_a_rebuild_that_breaks_off_leaves_everything_as_it_was(library: Library, folder: Path) -> None:
    expected = results(library)

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.sync([folder], rebuild=True, on_progress=stop)
    assert results(library) == expected


def test_a_new_tokenizer_rebuilds_the_lexical_index(
    library: Library, home: Path, embedder, monkeypatch
) -> None:
    expected = results(library)
    library.close()
    monkeypatch.setattr(words, "fingerprint", lambda: "another")
    with Library.open(home, embedder) as again:
        assert results(again) == expected
    assert json.loads((home / "manifest.json").read_text())["words"] == "another"


def test_a_missing_library_is_one_clear_line(tmp_path: Path, embedder: HashingEmbedder) -> None:
    with pytest.raises(LibraryError, match="zhida sync FOLDER") as caught:
        Library.open(tmp_path / "nothing", embedder)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "nothing").exists()
    (tmp_path / "file").write_text("x")
    with pytest.raises(LibraryError):
        Library.open(tmp_path / "file", embedder, create=True)


# Damage


def segment(home: Path) -> Path:
    (file,) = (home / "vectors").glob("*.faiss")
    return file


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no manifest": lambda home: (home / "manifest.json").unlink(),
    "half a manifest": lambda home: cut(home / "manifest.json"),
    "empty manifest": lambda home: (home / "manifest.json").write_bytes(b""),
    "a list as manifest": lambda home: (home / "manifest.json").write_text("[1]"),
    "no segment": lambda home: segment(home).unlink(),
    "a flipped bit in the segment": lambda home: flip(segment(home)),
    "half a segment": lambda home: cut(segment(home)),
    "no lexical folder": lambda home: shutil.rmtree(home / "lexical"),
    "empty lexical folder": lambda home: (shutil.rmtree(home / "lexical"), (home / "lexical").mkdir()),
    "no lexical meta": lambda home: (home / "lexical" / "meta.json").unlink(),
    "cut lexical files": lambda home: [
        cut(file) for file in (home / "lexical").glob("*.*") if file.stat().st_size > 20
    ],
    "nothing but the catalog": lambda home: [
        shutil.rmtree(file) if file.is_dir() else file.unlink()
        for file in home.iterdir()
        if not file.name.startswith("catalog")
    ],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_index_is_put_right_by_itself(
    library: Library, home: Path, embedder: HashingEmbedder, damage: Callable[[Path], object]
) -> None:
    library.add(document("尾.txt", "设备科负责报废审批。"), "尾".encode())  # after the segment was written
    expected, encoded = results(library), embedder.encoded
    library.close()
    damage(home)
    with Library.open(home, embedder) as again:
        assert results(again) == expected
    assert embedder.encoded == encoded
    assert segment(home).name.startswith(
        json.loads((home / "manifest.json").read_text())["segments"][0]["sha256"]
    )
    with Library.open(home, embedder) as once_more:
        assert results(once_more) == expected


def test_the_index_follows_what_only_reached_the_catalog(
    library: Library, home: Path, embedder, monkeypatch
) -> None:
    """As if the writer had died between the catalog's commit and everything after it."""
    monkeypatch.setattr("index.library_writer.Writer.catch_up", lambda self: None)
    monkeypatch.setattr("index.library_writer.Writer.fold_if", lambda self, pending: None)
    library.add(document("新.txt", "内部审核员应当经过培训。"), b"1")
    library.remove("采购.txt")
    monkeypatch.undo()
    for reader in (library, Library.open(home, embedder)):
        for mode in ("lexical", "dense"):
            assert reader.search("内部审核员培训", 1, mode)[0].passage.document == "新.txt"
            assert "采购.txt" not in {hit.passage.document for hit in reader.search("供应商评价", 9, mode)}


def test_a_full_disk_is_one_clear_line_and_loses_nothing(library: Library, home: Path, monkeypatch) -> None:
    expected = results(library)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("index.durable.os.fsync", full)
    with pytest.raises(LibraryError, match="No space left"):
        library.add(document("新.txt", "内部审核员应当经过培训。"), bytes(range(256)) * 9999)
    assert results(library) == expected
    monkeypatch.undo()
    library.add(document("新.txt", "内部审核员应当经过培训。"), b"new")
    assert library.search("内部审核员培训")[0].passage.document == "新.txt"
    assert not [file for file in home.rglob("*.tmp")]


def test_nothing_is_pickled(home: Path, folder: Path, embedder: HashingEmbedder, monkeypatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("pickle was used")

    for name in ("load", "loads", "dump", "dumps", "Unpickler", "Pickler"):
        monkeypatch.setattr(pickle, name, forbidden)
    with Library.open(home, embedder, create=True) as library:
        library.sync([folder])
    with Library.open(home, embedder) as library:
        assert library.search("计量器具校准", mode="dense")
    magic = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
    assert not [file for file in home.rglob("*") if file.is_file() and file.read_bytes().startswith(magic)]


# Other threads and processes


def test_another_process_adds_and_an_open_reader_sees_it(library: Library, home: Path) -> None:
    assert not library.refresh() or not library.refresh()
    other = in_another_process(
        "from index.passage import Document, Article\n"
        "text = '内部审核员应当经过培训。'\n"
        "with Library.open(Path(sys.argv[1]), HashingEmbedder()) as l:\n"
        "    l.add(Document('新.txt', text, articles=(Article('新', 0, len(text)),)), text.encode())\n"
        "    l.remove('采购.txt')\n",
        home,
    )
    assert other.wait(PATIENCE) == 0
    before = library.generation
    assert library.refresh()
    assert library.generation == before + 2
    for mode in ("lexical", "dense"):
        assert library.search("内部审核员培训", 1, mode)[0].passage.document == "新.txt"
        assert "采购.txt" not in {hit.passage.document for hit in library.search("供应商评价", 9, mode)}
    time.sleep(0.1)
    library.refresh()
    assert not library.refresh()


HOLD = (
    "with Library.open(Path(sys.argv[1]), HashingEmbedder()) as l, l.writing():\n"
    "    print('held', flush=True); time.sleep(600)\n"
)


def test_a_second_writer_is_refused_by_pid_and_the_lock_dies_with_its_holder(
    library: Library, home: Path, folder: Path, embedder: HashingEmbedder
) -> None:
    expected = results(library)
    holder = in_another_process(HOLD, home)
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LibraryBusy, match=str(holder.pid)):
        library.sync([folder])
    with pytest.raises(LibraryBusy, match=str(holder.pid)):
        library.remove("采购.txt")
    assert results(library) == expected  # readers take no lock
    with Library.open(home, embedder) as reader:
        assert results(reader) == expected
    shutil.rmtree(home / "lexical")  # and find everything even when nobody may mend the index
    segment(home).unlink()
    with Library.open(home, embedder) as reader:
        assert results(reader) == expected
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    library.remove("采购.txt")


def test_a_library_deleted_and_made_anew_under_an_open_reader_is_noticed(
    library: Library, home: Path, embedder: HashingEmbedder, tmp_path: Path
) -> None:
    shutil.rmtree(home)
    library.refresh()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "新.txt").write_text("内部审核员应当经过培训。", encoding="utf-8")
    with Library.open(home, embedder, create=True) as other:
        other.sync([tmp_path / "b"])
    for mode in ("lexical", "dense"):
        assert [hit.passage.document for hit in library.search("内部审核员", 9, mode)] == ["新.txt"]


def test_many_threads_search_while_one_writes(library: Library) -> None:
    wrong: list[object] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            for mode in ("lexical", "dense"):
                try:
                    hits = library.search("计量器具的校准证书", 3, mode)
                except Exception as error:  # noqa: BLE001 - a thread would swallow it
                    wrong.append(error)
                    return
                if hits[0].passage.document != "计量/校准.txt":
                    wrong.append(hits)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for i in range(15):
        library.add(document(f"{i}.txt", f"第{i}号检验规程由检验组编写。"), str(i).encode())
    for i in range(0, 15, 2):
        library.remove(f"{i}.txt")
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(library.documents()) == 4 + 7


def test_two_threads_that_write_wait_for_each_other(library: Library) -> None:
    texts = [f"第{i}号检验规程由检验组编写。" for i in range(8)]
    threads = [
        threading.Thread(target=library.add, args=(document(f"{i}.txt", text), text.encode()))
        for i, text in enumerate(texts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(library.documents()) == 4 + 8


SYNC = (
    "home, folder = Path(sys.argv[1]), Path(sys.argv[2])\n"
    "import index.sync; index.sync.PASSAGES_AT_ONCE = 4; index.sync.INDEX_EVERY = 0.01; index.sync.PENDING = 8\n"
    "with Library.open(home, HashingEmbedder(), create=True) as l:\n"
    "    print('ready', flush=True)\n"
    "    l.sync([folder], on_progress=lambda p: print(p.name, flush=True))\n"
    "    print('done', flush=True)\n"
)


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.06, 0.15, 0.3])
def test_kill_9_at_any_moment_loses_nothing_that_was_acknowledged(
    home: Path, tmp_path: Path, embedder: HashingEmbedder, delay: float
) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for i in range(120):
        text = "".join(f"第{i}号规程第{j}条，检验组每月核对一次记录并签字存档。" for j in range(i % 5 + 1))
        (many / f"{i:03}.txt").write_text(text, encoding="utf-8")
    child = in_another_process(SYNC, home, many)
    assert child.stdout.readline() == "ready\n"
    time.sleep(delay)
    os.kill(child.pid, signal.SIGKILL)
    acknowledged = {line for line in child.stdout.read().splitlines() if line.endswith(".txt")}
    child.wait()
    child.stdout.close()
    with Library.open(home, embedder) as library:
        infos = {info.name: info for info in library.documents()}
        assert acknowledged <= set(infos)
        passages = list(library.all_passages())
        by_document = {name: [p for p in passages if p.document == name] for name in infos}
        for name, info in infos.items():
            assert len(by_document[name]) == info.passages
            assert library.document(name).text == (many / name).read_text(encoding="utf-8")
            assert library.original(name) == (many / name).read_bytes()
        for mode in ("lexical", "dense"):
            hits = library.search("检验组每月核对一次记录", len(passages) + 9, mode)
            assert sorted(hit.passage.id for hit in hits) == [
                p.id for p in sorted(passages, key=lambda p: p.id)
            ]
        assert np.isfinite(library.vectors([p.id for p in passages])).all()
        report = library.sync([many])
        assert len(report.added) == 120 - len(infos) and report.documents == 120


def test_vectors_of_what_is_gone_are_zero(library: Library) -> None:
    ids = [passage.id for passage in library.all_passages()]
    expected = library.vectors(ids)
    rows = library.vectors([ids[1], 999_999, ids[0]])
    assert np.array_equal(rows[[0, 2]], expected[[1, 0]])
    assert not rows[1].any()
    assert library.vectors([999_999]).shape == (1, expected.shape[1])


def test_any_number_of_hits_can_be_asked_for(library: Library) -> None:
    for mode in ("lexical", "dense"):
        assert library.search("计量器具", 10**11, mode) == library.search("计量器具", 50, mode)


def overwrite(home: Path) -> None:
    for name in ("catalog.db-wal", "catalog.db-shm"):
        (home / name).unlink(missing_ok=True)
    data = bytearray((home / "catalog.db").read_bytes())
    data[len(data) // 3 :] = b"\xaa" * (len(data) - len(data) // 3)
    (home / "catalog.db").write_bytes(data)


def a_folder(home: Path) -> None:
    (home / "catalog.db").unlink()
    (home / "catalog.db").mkdir()


CATALOG_DAMAGES: dict[str, Callable[[Path], object]] = {
    "overwritten": overwrite,
    "cut": lambda home: os.truncate(home / "catalog.db", (home / "catalog.db").stat().st_size // 2),
    "empty": lambda home: (home / "catalog.db").write_bytes(b""),
    "a folder": a_folder,
}


def test_an_older_manifest_that_was_put_back_makes_no_passage_come_twice(
    library: Library, home: Path, embedder: HashingEmbedder
) -> None:
    with library.writing() as writer:
        writer.fold()  # all vectors are in the segment
    right = [hit.passage.id for hit in library.search("计量", 10, "dense")]
    library.close()
    manifest = json.loads((home / "manifest.json").read_text(encoding="utf-8"))
    manifest |= {"upto": 0, "lexical_upto": 0, "generation": 0}
    del manifest["crc"]
    (home / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with Library.open(home, embedder) as again:
        assert [hit.passage.id for hit in again.search("计量", 10, "dense")] == right


@pytest.mark.parametrize("damage", CATALOG_DAMAGES.values(), ids=CATALOG_DAMAGES)
def test_a_damaged_catalog_is_one_clear_line(
    library: Library, home: Path, embedder: HashingEmbedder, damage: Callable[[Path], object]
) -> None:
    library.close()
    damage(home)
    with pytest.raises(LibraryError, match="catalog.db") as caught, Library.open(home, embedder) as again:
        again.status()
        list(again.all_passages())
        again.vectors(range(1, 50))
        [again.document(info.name) for info in again.documents()]
    assert "\n" not in str(caught.value)


def test_a_file_where_a_folder_belongs_is_one_clear_line(
    library: Library, home: Path, folder: Path, embedder: HashingEmbedder
) -> None:
    expected = results(library)
    library.close()
    shutil.rmtree(home / "lexical")
    (home / "lexical").write_text("x")
    with Library.open(home, embedder) as again:
        assert results(again) == expected
        with pytest.raises(LibraryError, match="lexical"):
            again.sync([folder])


def test_many_are_added_and_removed_together(library: Library, embedder: HashingEmbedder) -> None:
    made = [(document(f"{n}.txt", f"第{n}号计量器具已送检。"), str(n).encode()) for n in range(300)]
    assert library.add_many(iter(made)) == 300
    encoded = embedder.encoded
    assert library.add_many(made) == 0
    assert embedder.encoded == encoded
    assert library.status().documents == len(TEXTS) + 300
    with pytest.raises(LibraryError, match="none"):
        library.remove_many(["1.txt", "none.txt"])
    assert library.document("1.txt").text == made[1][0].text
    library.remove_many([f"{n}.txt" for n in range(300)])
    assert library.status().documents == len(TEXTS)
    assert {info.name: library.original(info.name).decode() for info in library.documents()} == TEXTS


def test_a_document_that_is_listed_and_not_found_is_damage_and_not_unknown(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(LibraryError, match="no such document: 没有.txt"):
        library.document("没有.txt")
    monkeypatch.setattr(
        type(library.catalog), "document", lambda *_: None
    )  # as a spoilt index of SQLite would
    name = library.documents()[0].name
    with pytest.raises(LibraryError, match="damaged"):
        library.document(name)
