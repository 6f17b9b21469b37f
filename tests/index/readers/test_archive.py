"""ZIP archives: a sync takes what is inside for files; names are mended, bombs and secrets refused."""

import io
import zipfile
from pathlib import Path

import pytest

from index.errors import ReadError
from index.library import Library
from index.readers import read
from index.readers.archive import list_members, member_name
from tests.conftest import HashingEmbedder
from tests.index.readers import bombs
from tests.index.readers.samples import OTHER, SENTENCE, archive, page


@pytest.fixture
def library(tmp_path: Path, embedder: HashingEmbedder) -> Library:
    with Library.open(tmp_path / "home", embedder, create=True) as library:
        yield library


def names(library: Library) -> list[str]:
    return sorted(info.name for info in library.documents())


def test_a_sync_takes_each_file_in_an_archive_for_a_document(library, tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    inner = archive(("c.txt", "第三个文件的内容。".encode()))
    members = [("甲/a.txt", SENTENCE.encode()), ("b.html", page()), ("内.zip", inner), ("片.mp4", b"x")]
    (folder / "资料.zip").write_bytes(archive(*members))
    report = library.sync([folder])
    expected = ["资料.zip/b.html", "资料.zip/内.zip/c.txt", "资料.zip/甲/a.txt"]
    assert names(library) == expected
    assert [path.rpartition("资料.zip")[2] for path, _ in report.failed] == ["/片.mp4"]
    assert sorted(library.sync([folder]).unchanged) == expected

    (folder / "资料.zip").write_bytes(archive(("甲/a.txt", OTHER.encode()), members[1]))
    report = library.sync([folder])
    assert (report.updated, report.unchanged) == (["资料.zip/甲/a.txt"], ["资料.zip/b.html"])
    assert report.removed == ["资料.zip/内.zip/c.txt"]

    (folder / "甲.txt").write_bytes(OTHER.encode())
    (folder / "资料.zip").write_bytes(archive(members[1]))
    assert library.sync([folder]).moved == ["甲.txt"]  # unpacked by hand: nothing is read again


def test_an_archive_that_cannot_be_read_now_costs_no_document(library, tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.txt").write_text(OTHER)
    (folder / "b.zip").write_bytes(archive(("c.txt", SENTENCE.encode())))
    library.sync([folder])
    (folder / "b.zip").write_bytes(b"PK broken")
    report = library.sync([folder])
    assert "broken" in report.failed[0][1]
    assert names(library) == ["a.txt", "b.zip/c.txt"]


@pytest.mark.parametrize(
    ("raw", "flag", "name"),
    [
        ("报告/说明.txt".encode("gbk"), 0, "报告/说明.txt"),
        ("报告/说明.txt".encode(), 0, "报告/说明.txt"),
        ("报告/说明.txt".encode(), 0x800, "报告/说明.txt"),
        ("報告說明.txt".encode("big5"), 0, "報告說明.txt"),
        (b"../../etc/passwd", 0, "etc/passwd"),
        (b"/etc/passwd", 0, "etc/passwd"),
        (b"C:\\Windows\\a.txt", 0, "Windows/a.txt"),
        (b"a\x1b[31m/./b.txt", 0, "a[31m/b.txt"),
        ("a\u202etxt.exe".encode(), 0x800, "atxt.exe"),
        (b"..", 0, "未命名"),
    ],
)
def test_names_are_mended_and_climb_nowhere(raw, flag, name):
    entry = zipfile.ZipInfo("x")
    entry.flag_bits = flag
    text = raw.decode("utf-8" if flag else "cp437")
    entry.filename = entry.orig_filename = text
    assert member_name(entry) == name


def test_a_name_that_comes_twice_gets_a_number(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        data = archive(("a.txt", b"1"), ("a.txt", b"2"), ("./a.txt", b"3"))
    (tmp_path / "a.zip").write_bytes(data)
    found = list_members(tmp_path / "a.zip", "a.zip")
    assert [member.name for member in found.members] == ["a.zip/a.txt", "a.zip/a (2).txt", "a.zip/a (3).txt"]
    assert [member.read_bytes() for member in found.members] == [b"1", b"2", b"3"]


def test_leftovers_of_programs_are_passed_over(tmp_path):
    members = ("__MACOSX/._a.txt", "a/.DS_Store", "~$b.docx", "Thumbs.db", "好.txt")
    (tmp_path / "a.zip").write_bytes(archive(*[(name, b"x") for name in members]))
    found = list_members(tmp_path / "a.zip", "a.zip")
    assert [member.name for member in found.members] == ["a.zip/好.txt"]
    assert not found.failed


def encrypted() -> bytes:
    data = bytearray(archive(("a.txt", b"secret")))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (encrypted(), "encrypted"),
        (archive(("a.zip", archive(("b.zip", archive(("c.txt", b"x")))))), "too deeply"),
        (archive(("a.txt", bytes(30_000_000))), "zip bomb"),
    ],
)
def test_a_member_that_must_not_be_unpacked_fails_with_its_reason(tmp_path, data, reason):
    (tmp_path / "a.zip").write_bytes(data)
    found = list_members(tmp_path / "a.zip", "a.zip")
    assert not found.members
    assert reason in found.failed[0][1]


@pytest.mark.parametrize("bomb", [bombs.many, bombs.overlapping])
def test_an_archive_that_is_a_bomb_is_refused_whole(tmp_path, bomb):
    (tmp_path / "a.zip").write_bytes(bomb()[1])
    with pytest.raises(ReadError, match="too many|more than"):
        list_members(tmp_path / "a.zip", "a.zip")


def test_an_archive_that_changed_since_it_was_listed_is_noticed(tmp_path):
    file = tmp_path / "a.zip"
    file.write_bytes(archive(("a.txt", b"one")))
    (member,) = list_members(file, "a.zip").members
    file.write_bytes(archive(("a.txt", b"two")))
    with pytest.raises(ReadError, match="changed"):
        member.read_bytes()


def test_an_archive_can_be_read_as_one_document():
    document = read(archive(("甲/a.txt", SENTENCE.encode()), ("b.html", page())), "a.zip")
    assert [article.title for article in document.articles] == ["a.txt", "关于开展质量月活动的通知"]


def test_a_member_that_says_it_is_empty_cannot_swell_up_when_it_is_read(tmp_path):
    data = bytearray(bombs.packed({"a.txt": bytes(8 * bombs.MIB)}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = bytes(4)  # its size in the table
    (tmp_path / "a.zip").write_bytes(data)
    found = list_members(tmp_path / "a.zip", "a.zip")
    for member in found.members:
        assert member.size == 0
        with pytest.raises(ReadError):
            member.read_bytes()
        assert len(member.route[0].unpack(io.BytesIO(data), "a.txt")) <= 1


def test_a_member_whose_header_lies_elsewhere_is_broken(tmp_path):
    (tmp_path / "a.zip").write_bytes(bombs.packed({"a.txt": "甲。".encode() * 50, "b.txt": "乙。".encode()}))
    first, second = list_members(tmp_path / "a.zip", "a.zip").members
    assert (first.read_bytes(), second.read_bytes()) == ("甲。".encode() * 50, "乙。".encode())
    moved = first.route[0]._replace(offset=3)
    with pytest.raises(ReadError, match="broken"):
        moved.unpack(io.BytesIO((tmp_path / "a.zip").read_bytes()), "a.txt")
