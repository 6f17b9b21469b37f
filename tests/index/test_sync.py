"""From folders to a plan: names, what is passed over, what moves; and what a sync promises of bad files."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from index import reading as reading_module
from index import sync as sync_module
from index.catalog import DocumentInfo
from index.errors import ReadError
from index.library import Library
from index.library_writer import READING, Reading
from index.passage import Article, Document, Hygiene
from index.readers import sandbox
from index.reading import read_file
from index.scan import scan
from index.sync import Progress, plan
from tests.conftest import TEXTS, HashingEmbedder
from tests.index.conftest import children_of
from tests.waiting import until_gone


@pytest.fixture
def library(tmp_path: Path, embedder: HashingEmbedder) -> Library:
    with Library.open(tmp_path / "home", embedder, create=True) as library:
        yield library


def names(library: Library) -> list[str]:
    return [info.name for info in library.documents()]


def stored(**hashes: str) -> list[DocumentInfo]:
    return [
        DocumentInfo(name, "", 1, "", sha256, Hygiene(), reading=READING) for name, sha256 in hashes.items()
    ]


def test_a_plan_lays_files_beside_documents() -> None:
    result = plan({"a": "1", "b": "9", "d": "3", "e": "5"}, stored(a="1", b="2", c="3", f="4"))
    assert result.unchanged == ["a"]
    assert result.updated == ["b"]
    assert result.moved == [("c", "d")]
    assert result.added == ["e"]
    assert result.removed == ["f"]


def test_two_files_that_changed_places_are_updated_and_a_copy_is_added() -> None:
    assert plan({"a": "2", "b": "1"}, stored(a="1", b="2")).updated == ["a", "b"]
    copy = plan({"a": "1", "b": "1"}, stored(a="1"))
    assert (copy.unchanged, copy.added) == (["a"], ["b"])
    # Of two copies that are gone, one file takes one.
    twice = plan({"c": "1"}, stored(a="1", b="1"))
    assert (twice.moved, twice.removed) == ([("a", "c")], ["b"])


def test_what_is_kept_is_not_removed_and_again_means_everything() -> None:
    assert plan({}, stored(a="1"), kept={"a"}).removed == []
    assert plan({"a": "1", "c": "2"}, stored(a="1", b="2"), again=True).updated == ["a"]


def test_names_are_relative_and_hidden_files_are_passed_over(folder: Path, tmp_path: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "config.txt").write_text("x")
    (folder / ".DS_Store").write_text("x")
    (folder / "~$采购.docx").write_text("x")
    (folder / "home").mkdir()
    (folder / "home" / "inside.txt").write_text("x")
    found = scan([folder], folder / "home")
    assert set(found.files) == set(TEXTS)
    assert found.failed == []
    assert set(scan([folder / "计量" / "校准.txt"], tmp_path / "home").files) == {"校准.txt"}


def test_links_that_lead_outside_and_pipes_are_not_opened(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("secret")
    (folder / "secret.txt").symlink_to(tmp_path / "outside" / "secret.txt")
    (folder / "outside").symlink_to(tmp_path / "outside")
    (folder / "gone.txt").symlink_to(folder / "nowhere.txt")
    (folder / "again.txt").symlink_to(folder / "采购.txt")
    os.mkfifo(folder / "pipe.txt")
    found = scan([folder], tmp_path / "home")
    assert {Path(path).name for path, _ in found.failed} == {"secret.txt", "outside", "gone.txt", "pipe.txt"}
    assert len(found.files) == len(TEXTS)  # the link to a file inside is the same file


def test_two_roots_with_the_same_name_are_told_apart(tmp_path: Path) -> None:
    for root in ("甲", "乙", "x/乙"):
        (tmp_path / root).mkdir(parents=True)
        (tmp_path / root / "a.txt").write_text(root)
        (tmp_path / root / f"{Path(root).name}.txt").write_text(root)
    found = scan([tmp_path / "甲", tmp_path / "乙"], tmp_path / "home")
    assert set(found.files) == {"甲/a.txt", "甲.txt", "乙/a.txt", "乙.txt"}
    three = scan([tmp_path / "甲", tmp_path / "乙", tmp_path / "x/乙"], tmp_path / "home")
    assert len(three.files) == 6
    assert len(scan([tmp_path / "甲", tmp_path / "甲"], tmp_path / "home").files) == 2


def test_a_name_that_is_not_utf8_can_be_stored(library: Library, folder: Path) -> None:
    raw = os.path.join(os.fsencode(folder), "制度".encode("gbk") + b".txt")  # noqa: PTH118
    with open(raw, "wb") as stream:  # noqa: PTH123
        stream.write("考勤制度由人事部解释。".encode())
    report = library.sync([folder])
    assert len(report.added) == 5
    assert library.search("考勤制度")[0].passage.document.endswith(".txt")
    assert library.sync([folder]).unchanged == report.added


def test_sync_adds_updates_moves_and_removes(
    library: Library, folder: Path, embedder: HashingEmbedder
) -> None:
    seen: list[Progress] = []
    report = library.sync([folder], on_progress=seen.append)
    assert sorted(report.added) == sorted(TEXTS)
    assert (report.documents, report.passages) == (4, len(list(library.all_passages())))
    assert [(p.done, p.total) for p in seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    encoded = embedder.encoded
    ids = {passage.document: passage.id for passage in library.all_passages()}

    assert sorted(library.sync([folder]).unchanged) == sorted(TEXTS)
    assert embedder.encoded == encoded

    (folder / "质量.txt").rename(folder / "计量" / "质量体系.txt")
    (folder / "计量" / "报废.txt").unlink()
    (folder / "采购.txt").write_text("合格供应商名录每季度更新。", encoding="utf-8")
    (folder / "新.txt").write_text("内部审核每年两次。", encoding="utf-8")
    report = library.sync([folder])
    assert report.moved == ["计量/质量体系.txt"]
    assert (report.removed, report.updated, report.added) == (["计量/报废.txt"], ["采购.txt"], ["新.txt"])
    assert report.unchanged == ["计量/校准.txt"]
    assert names(library) == sorted(["计量/质量体系.txt", "采购.txt", "新.txt", "计量/校准.txt"])
    assert embedder.encoded == encoded + 2
    assert library.search("质量管理体系")[0].passage.document == "计量/质量体系.txt"
    assert library.search("质量管理体系")[0].passage.id == ids["质量.txt"]
    assert not library.search("设备科")
    assert library.search("合格供应商名录")[0].passage.document == "采购.txt"
    assert report.as_dict()["documents"] == 4
    originals = {library.original(info.name) for info in library.documents()}
    assert originals == {file.read_bytes() for file in folder.rglob("*.txt")}


def test_a_bad_file_never_stops_the_others(library: Library, folder: Path) -> None:
    (folder / "空.txt").write_bytes(b"")
    (folder / "照片.jpeg").write_bytes(b"\xff\xd8\xff\xe0")
    (folder / "二进制.txt").write_bytes(bytes(range(256)) * 8)
    report = library.sync([folder])
    assert sorted(report.added) == sorted(TEXTS)
    assert {Path(path).name for path, _ in report.failed} == {"空.txt", "照片.jpeg", "二进制.txt"}
    assert all(reason and "\n" not in reason for _, reason in report.failed)
    assert {"path", "error"} == set(report.as_dict()["failed"][0])


def test_a_file_that_can_no_longer_be_read_keeps_its_version(library: Library, folder: Path) -> None:
    library.sync([folder])
    (folder / "采购.txt").write_bytes(b"")
    shutil.rmtree(folder / "计量")
    (folder / "计量").symlink_to("/nowhere/else")  # a share that is not mounted
    report = library.sync([folder])
    assert {Path(path).name for path, _ in report.failed} == {"采购.txt", "计量"}
    assert report.removed == []
    assert sorted(names(library)) == sorted(TEXTS)
    assert library.search("供应商重新评价")[0].passage.document == "采购.txt"
    assert library.search("计量器具校准")[0].passage.document == "计量/校准.txt"


def test_a_missing_path_changes_nothing(library: Library, folder: Path, tmp_path: Path) -> None:
    library.sync([folder])
    with pytest.raises(ReadError, match="没有.txt|nothing.txt"):
        library.sync([tmp_path / "nothing.txt", folder / "采购.txt"])
    assert sorted(names(library)) == sorted(TEXTS)


def test_a_folder_without_a_readable_file_changes_nothing_and_says_so(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    library.sync([folder])
    (tmp_path / "leer").mkdir()
    report = library.sync([tmp_path / "leer"])
    assert report.message and report.failed and report.documents == 4
    (tmp_path / "leer" / "a.jpeg").write_bytes(b"x")
    report = library.sync([tmp_path / "leer"])
    assert report.message and len(report.failed) == 1 and report.documents == 4
    (tmp_path / "leer" / "b.txt").write_bytes(b"")
    report = library.sync([tmp_path / "leer"])
    assert report.message and len(report.failed) == 2 and report.documents == 4


def test_a_link_to_itself_is_one_failed_entry(library: Library, folder: Path) -> None:
    (folder / "self").symlink_to("self")
    (folder / "一.txt").symlink_to("二.txt")
    (folder / "二.txt").symlink_to("一.txt")
    report = library.sync([folder])
    assert sorted(report.added) == sorted(TEXTS)
    assert sorted(Path(path).name for path, _ in report.failed) == ["self", "一.txt", "二.txt"]
    assert all("loop" in reason or "itself" in reason for _, reason in report.failed)


def test_folders_may_be_deeper_than_the_stack(library: Library) -> None:
    # Not in tmp_path: if the run is killed, pytest's own tidying could not get out of so deep a folder.
    root = Path(tempfile.mkdtemp(prefix="zhida-deep-"))
    deep = root
    try:
        for _ in range(1100):
            deep = deep / "d"
            deep.mkdir()
        (deep / "深.txt").write_text("深处的文件也要读到。", encoding="utf-8")
        report = library.sync([root])
        assert len(report.added) == 1 and not report.failed
    finally:
        (deep / "深.txt").unlink(missing_ok=True)
        while deep != root.parent:  # rmtree would be too deep for the stack
            deep.rmdir()
            deep = deep.parent


def test_the_own_folder_is_no_source_and_nothing_changes(
    library: Library, folder: Path, tmp_path: Path, embedder: HashingEmbedder
) -> None:
    library.sync([folder])
    for path in (library.home, library.home / "originals", library.home / "LOCK"):
        with pytest.raises(ReadError, match="--home"):
            library.sync([folder, path])
    assert sorted(names(library)) == sorted(TEXTS)
    assert sorted(library.sync([tmp_path]).moved) == sorted(f"文件/{name}" for name in TEXTS)
    with Library.open(folder, embedder, create=True) as inside, pytest.raises(ReadError, match="--home"):
        inside.sync([folder])
    assert not (folder / "catalog.db").exists() and not (folder / "LOCK").exists()


def test_a_failed_first_sync_leaves_no_library(
    tmp_path: Path, folder: Path, embedder: HashingEmbedder
) -> None:
    home = tmp_path / "neu" / "home"
    (tmp_path / "leer").mkdir()
    for path in (tmp_path / "nothing", tmp_path / "leer"):
        with Library.open(home, embedder, create=True) as library:
            try:
                assert library.sync([path]).message
            except ReadError:
                assert path.name == "nothing"
        assert not home.exists() and not home.parent.exists()
    with Library.open(home, embedder, create=True) as library:
        assert library.sync([folder]).documents == len(TEXTS)
    with Library.open(home, embedder, create=True) as library:
        assert library.sync([tmp_path / "leer"]).message
        assert library.status().documents == len(TEXTS)


def test_clashing_names_get_no_more_of_the_path_than_they_need(tmp_path: Path) -> None:
    roots = [tmp_path / root for root in ("甲/文", "乙/文", "丙")]
    for root in roots:
        root.mkdir(parents=True)
        (root / "a.txt").write_text(root.name)
        (root / f"{root.parent.name}.txt").write_text("x")
    found = scan(roots, tmp_path / "home")
    own = {f"{root.parent.name}.txt" for root in roots}
    assert set(found.files) == {"甲/文/a.txt", "乙/文/a.txt", "丙/a.txt"} | own
    assert all(file.exists() for file in found.files.values())


def test_another_passage_length_is_read_again_once_and_the_way_back_too(
    folder: Path, tmp_path: Path, embedder: HashingEmbedder
) -> None:
    (folder / "长.txt").write_text("计量器具应当按照规定的周期送检。" * 100, encoding="utf-8")
    home = tmp_path / "home"
    passages = []
    for length in (230, 60, 60, 230):
        with Library.open(home, embedder, create=True, passage_length=length) as library:
            report = library.sync([folder])
            passages.append((len(report.updated), len(report.unchanged), report.passages))
    total = len(TEXTS) + 1
    assert [counts[:2] for counts in passages] == [(0, 0), (total, 0), (0, total), (total, 0)]
    assert passages[1][2] > 2 * passages[0][2] and passages[3][2] == passages[0][2]
    with Library.open(home, embedder, passage_length=60) as library:  # searching needs no match
        assert library.search("送检", 3)


def test_a_document_that_is_added_has_the_length_of_its_library(
    tmp_path: Path, embedder: HashingEmbedder
) -> None:
    text = "计量器具应当按照规定的周期送检。" * 100
    document = Document("长.txt", text, articles=(Article("长", 0, len(text)),))
    counts = {}
    for length in (60, 230):
        with Library.open(tmp_path / "home", embedder, create=True, passage_length=length) as library:
            library.add(document, text.encode())
            before = library.generation
            library.add(document, text.encode())
            assert library.generation == before
            counts[length] = library.status().passages
    assert counts[60] > 2 * counts[230]


def test_what_a_reader_has_to_say_of_a_document_is_in_the_report(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = reading_module.reading_of

    def noticed(document: Document, *rest: object) -> Reading:
        return read(replace(document, notices=("第 3 页需要识别",)), *rest)

    monkeypatch.setattr(reading_module, "reading_of", noticed)
    (folder / "扫描.txt").write_text("设备科的扫描件。", encoding="utf-8")
    report = library.sync([folder])
    assert report.as_dict()["notices"]["扫描.txt"] == ["第 3 页需要识别"]


# Reading in several processes


def write_many(folder: Path, count: int) -> None:
    """Web pages and texts, of one to four sentences; too much in all to be read in place."""
    folder.mkdir()
    for i in range(count):
        text = "".join(f"第{i}号规程第{j}条，检验组每月核对一次记录并签字存档。" for j in range(i % 4 + 1))
        if i % 3:
            (folder / f"{i:03}.html").write_text(f"<h1>规程{i}</h1><p>{text}</p>", encoding="utf-8")
        else:
            (folder / f"{i:03}.txt").write_text(text, encoding="utf-8")


def state(library: Library) -> list[tuple[object, ...]]:
    passages = [(p.id, p.document, p.start, p.text) for p in library.all_passages()]
    return [*passages, *((info.name, info.sha256) for info in library.documents())]


def test_ids_do_not_depend_on_how_many_read_nor_on_which_is_done_first(
    tmp_path: Path, embedder: HashingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_many(tmp_path / "many", 20)
    (tmp_path / "many" / "空.html").write_bytes(b"")
    states, reports = [], []
    for workers in (1, 2, 4):
        with Library.open(tmp_path / f"home{workers}", embedder, create=True) as library:
            seen: list[Progress] = []
            report = library.sync([tmp_path / "many"], workers=workers, on_progress=seen.append)
            states.append(state(library))
            reports.append({**report.as_dict(), "seconds": 0})
            assert [p.done for p in seen] == list(range(1, 22))
            assert (seen[-1].stored, seen[-1].bytes_done) == (20, seen[-1].bytes_total)
    assert states[0] == states[1] == states[2] and reports[0] == reports[1] == reports[2]
    monkeypatch.setattr(sync_module, "is_small_text", lambda name, size: True)
    with Library.open(tmp_path / "in-place", embedder, create=True) as library:
        library.sync([tmp_path / "many"])
        assert state(library) == states[0]


def test_what_crashes_or_hangs_among_others_is_a_failed_file(
    library: Library, tmp_path: Path, odd_reader: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(sandbox.LIMITS, seconds=4)
    monkeypatch.setattr(sandbox, "limits_for", lambda name: short)
    write_many(tmp_path / "many", 12)
    for i, what in enumerate(["sleep", "die", "memory", "deep"]):
        (tmp_path / "many" / f"00{i}.odd").write_text(what)
    report = library.sync([tmp_path / "many"], workers=2)
    assert len(report.added) == 12
    reasons = dict((Path(path).name, reason) for path, reason in report.failed)
    assert sorted(reasons) == ["000.odd", "001.odd", "002.odd", "003.odd"]
    assert "longer than 4 s" in reasons["000.odd"] and "crashed" in reasons["001.odd"]


INTERRUPTED = (
    "import sys, index.sync; from pathlib import Path; from index.library import Library\n"
    "from tests.conftest import HashingEmbedder\n"
    "index.sync.PASSAGES_AT_ONCE = 8\n"
    "with Library.open(Path(sys.argv[1]), HashingEmbedder(), create=True) as library:\n"
    "    def told(progress):\n"
    "        print(progress.name, flush=True)\n"
    "        if progress.done == 30: sys.stdin.read()\n"  # so that it cannot be done before it is killed
    "    library.sync([Path(sys.argv[2])], workers=2, on_progress=told)\n"
)


@pytest.mark.parametrize("stored_first", [1, 14])
def test_a_sync_that_was_killed_is_carried_on_without_reading_anything_twice(
    tmp_path: Path, embedder: HashingEmbedder, monkeypatch: pytest.MonkeyPatch, stored_first: int
) -> None:
    write_many(tmp_path / "many", 40)
    home = tmp_path / "home"
    command = [sys.executable, "-c", INTERRUPTED, str(home), str(tmp_path / "many")]
    running = subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with running.stdout as told:
        for _ in range(stored_first):
            assert told.readline()
        children = children_of(running.pid)
        running.kill()
        acknowledged = stored_first + len(told.read().splitlines())
    running.wait()
    assert children
    read: list[str] = []

    def counted(file: Path, name: str, *rest: object) -> Reading:
        read.append(name)
        return read_file(file, name, *rest)

    monkeypatch.setattr(reading_module, "read_file", counted)
    with Library.open(home, embedder) as library:
        stored = {info.name: info.passages for info in library.documents()}
        assert acknowledged <= len(stored) < 40
        report = library.sync([tmp_path / "many"], workers=2)
        assert sorted(report.unchanged) == sorted(stored)
        assert sorted(read) == sorted(report.added) and len(read) == 40 - len(stored)
        assert embedder.encoded == report.passages - sum(stored.values())
        carried_on = state(library)
    until_gone(children)
    with Library.open(tmp_path / "at-once", embedder, create=True) as library:
        library.sync([tmp_path / "many"], workers=1)
        assert state(library) == carried_on  # the same ids as without the accident


def test_files_of_one_name_in_archives_and_folders_come_in_the_same_order_each_time(
    tmp_path: Path, embedder: HashingEmbedder
) -> None:
    write_many(tmp_path / "many", 6)
    with zipfile.ZipFile(tmp_path / "many" / "003.zip", "w") as archive:
        archive.writestr("000.txt", "压缩包中的规程由档案室保存。")
        archive.writestr("bad.txt", bytes(range(256)) * 8)
    states = []
    for workers in (1, 3):
        with Library.open(tmp_path / f"home{workers}", embedder, create=True) as library:
            report = library.sync([tmp_path / "many"], workers=workers)
            assert len(report.added) == 7 and len(report.failed) == 1
            states.append(state(library))
    assert states[0] == states[1]


def test_what_was_sent_stays_beside_the_folder_until_a_file_takes_its_name(
    library: Library, folder: Path
) -> None:
    """A server that is started again syncs its folder: what the API has acknowledged must survive it."""
    text = "临时通知：周五停水。"
    document = Document("通知.txt", text, articles=(Article("", 0, len(text)),))
    library.add(document, text.encode())
    for rebuild in (False, True):
        report = library.sync([folder], rebuild=rebuild)
        assert report.removed == [] and library.document("通知.txt").text == text
    assert library.add_many([(document, text.encode())]) == 0  # unchanged, as it was before

    (folder / "通知.txt").write_text("新通知：周六停水。", encoding="utf-8")
    assert library.sync([folder]).updated == ["通知.txt"]
    (folder / "通知.txt").unlink()
    assert library.sync([folder]).removed == ["通知.txt"]
