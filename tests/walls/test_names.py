"""Names of files that lead elsewhere, sent in, packed into archives and backups: they stay labels, and nothing breaks."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from index.backup import restore_backup
from index.care import backup, restore
from index.errors import LibraryError
from index.library import Library
from rag.build import open_chatbot
from rag.settings import Settings
from tests.conftest import HashingEmbedder
from tests.walls.names import nasty_names
from ui.cli import main
from ui.server import create_app
from ui.viewer.routes import disposition

NAMES = nasty_names()
AT_ONCE = 20


def snapshot(root: Path) -> set[Path]:
    return {path.relative_to(root) for path in root.rglob("*")}


def assert_inside(root: Path, before: set[Path]) -> None:
    """Whatever is new below `root` is in the library's home."""
    assert [path for path in snapshot(root) - before if path.parts[0] != "home"] == []


def test_there_are_two_hundred():
    assert len(NAMES) >= 200


def test_files_that_are_sent_in(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("计量器具应当按周期送检校准。", encoding="utf-8")
    assert main(["sync", str(tmp_path / "docs"), "--home", str(tmp_path / "home")]) == 0
    monkeypatch.chdir(tmp_path)
    before = snapshot(tmp_path)
    # What a reader makes of text is tested elsewhere; a process for each of them would take a minute.
    from index.readers import read

    monkeypatch.setattr("ui.uploads.read_safely", read)
    settings = Settings(home=tmp_path / "home")
    app = create_app(open_chatbot(settings), settings, chat=False)
    sent = [name.encode("utf-8", "replace").decode() for name in NAMES]
    with TestClient(app, base_url="http://127.0.0.1") as client:
        for start in range(0, len(sent), AT_ONCE):
            files = [("files", (name, "量具周检。".encode())) for name in sent[start : start + AT_ONCE]]
            answer = client.post("/api/documents", files=files, data={"wait": 30})
            assert answer.status_code < 500, answer.text
            for one in answer.json().get("documents", []):
                assert one["state"] != "failed" or one["error"]
                assert "内部错误" not in one["error"], one
        stored = client.get("/api/documents", params={"limit": 1000}).json()["documents"]
        assert len(stored) > 20
        catalog = app.state.service.library.catalog
        for info in stored:
            original = client.get(f"/sources/{catalog.document(info['name']).id}/original")
            assert original.status_code == 200
            assert original.headers["content-type"] == "application/octet-stream"
            assert original.headers["content-disposition"].startswith("attachment; ")
        for info in stored:
            assert not set("/\\\x00\r\n") & set(info["name"])
        for info in stored[::5]:
            removed = client.delete("/api/documents", params={"name": info["name"]})
            assert removed.status_code == 200
        for name in sent:
            answer = client.get("/sources", params={"name": name[:1000]}, follow_redirects=False)
            assert answer.status_code in (303, 307, 404, 422), (name, answer.status_code)
    assert_inside(tmp_path, before)


def test_members_of_an_archive(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for number, name in enumerate(NAMES):
            entry = zipfile.ZipInfo("x")
            entry.filename = name[:60_000].encode("utf-8", "replace").decode()
            archive.writestr(entry, f"第{number}号量具每年送检一次。")
        link = zipfile.ZipInfo("link.txt")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "../../etc/passwd")
    (tmp_path / "docs" / "包.zip").write_bytes(data.getvalue())
    monkeypatch.chdir(tmp_path)
    before = snapshot(tmp_path)
    with Library.open(tmp_path / "home", HashingEmbedder(), create=True) as library:
        report = library.sync([tmp_path / "docs"])
        names = [info.name for info in library.documents()]
        assert len(names) + len(report.failed) > 100
        for name in names:
            assert name.startswith("包.zip/")
            assert ".." not in name.split("/") and "\\" not in name and name.isprintable()
        assert not any("root:" in passage.text for passage in library.all_passages())
    assert_inside(tmp_path, before)


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A sound backup beside the home that it was made of."""
    root = tmp_path_factory.mktemp("backup")
    (root / "docs").mkdir()
    (root / "docs" / "a.txt").write_text("计量器具应当按周期送检校准。", encoding="utf-8")
    with Library.open(root / "home", HashingEmbedder(), create=True) as library:
        library.sync([root / "docs"])
        backup(library, root / "sound.zip")
    return root


def test_members_of_a_backup(sound, monkeypatch):
    """Each name as a member that the list of contents vouches for, and one in the place of the catalog."""
    monkeypatch.chdir(sound)
    with zipfile.ZipFile(sound / "sound.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with Library.open(sound / "home", HashingEmbedder()) as library:
        shutil.copy(sound / "sound.zip", sound / "bad.zip")
        before = snapshot(sound)
        for name in NAMES:
            name = name[:60_000].encode("utf-8", "replace").decode()
            contents = json.loads(members["backup.json"])
            data = b"outside"
            contents["members"][name] = hashlib.sha256(data).hexdigest()
            with zipfile.ZipFile(sound / "bad.zip", "w") as archive:
                for member, content in members.items():
                    archive.writestr(member, json.dumps(contents) if member == "backup.json" else content)
                entry = zipfile.ZipInfo("x")
                entry.filename = name
                archive.writestr(entry, data)
            with pytest.raises(LibraryError):
                restore_backup(library.catalog, sound / "bad.zip", forbidden)
        assert snapshot(sound) == before
        assert restore(library, sound / "sound.zip").documents == 1


def forbidden(*_: object) -> object:
    raise AssertionError("a bad backup was taken in")


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_what_a_download_is_called(name):
    header = disposition(name)
    assert header.isascii() and header.isprintable()
    kind, plain, encoded = header.split("; ")
    assert kind == "attachment"
    assert plain.removeprefix('filename="document.').removesuffix('"').isalnum()
    called = unquote(encoded.removeprefix("filename*=UTF-8''"), errors="strict")
    assert called and not called.startswith(".") and called.isprintable()
    assert not set('/\\:*?"<>|') & set(called)
    assert len(called) <= 140
