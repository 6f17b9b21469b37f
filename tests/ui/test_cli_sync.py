"""`zhida sync` broken off and carried on, its report as a page, and its workers."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from index.library_writer import Writer
from tests.index.conftest import children_of
from tests.ui.test_cli import one_line, process, run
from tests.waiting import PATIENCE, runs, until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """So many web pages that a sync takes seconds."""
    folder = tmp_path / "多"
    folder.mkdir()
    for i in range(1200):
        text = f"<h1>规程{i}</h1><p>第{i}号规程由检验组每月核对一次，记录签字后存档三年。</p>"
        (folder / f"{i:04}.html").write_text(text, encoding="utf-8")
    return folder


def stored(home: Path) -> int:
    try:
        with sqlite3.connect(f"file:{home / 'catalog.db'}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])
    except sqlite3.OperationalError:  # not made yet
        return 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_broken_off_it_ends_at_once_says_what_is_stored_and_leaves_no_process(tmp_path, many, number, code):
    home = tmp_path / "h"
    command = [sys.executable, "-m", "ui", "sync", many, "--home", home, "--workers", "2"]
    running = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    until(lambda: stored(home))
    children = children_of(running.pid)
    running.send_signal(number)
    _, told = running.communicate(timeout=PATIENCE)
    assert running.returncode == code
    count = stored(home)
    assert 0 < count < 1200
    assert children and not any(runs(pid) for pid in children)
    assert one_line(told.decode()) and f"{count} / 1200" in told.decode() and "run it again" in told.decode()
    if number == signal.SIGTERM:
        return
    again = json.loads(process("sync", many, "--home", home, "--json").stdout)
    assert (len(again["unchanged"]), len(again["added"])) == (count, 1200 - count)


def test_what_was_stored_when_it_was_broken_off_counts_though_nobody_had_counted_it(
    capsys, docs, tmp_path, monkeypatch
):
    store = Writer.store

    def stored_and_broken_off(writer, readings):
        store(writer, readings)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Writer, "store", stored_and_broken_off)
    home = tmp_path / "h"
    code, _, err = run(capsys, "sync", docs, "--home", home)
    assert (code, one_line(err)) == (143, True)
    count = stored(home)
    assert count > 0 and f"stored {count} / {count} " in err


def test_a_broken_off_rebuild_says_that_nothing_has_changed(capsys, docs, tmp_path, monkeypatch):
    home = tmp_path / "h"
    run(capsys, "sync", docs, "--home", home)
    monkeypatch.setattr(
        "index.library_writer.Writer.encode_again", lambda *_: os.kill(os.getpid(), signal.SIGTERM)
    )
    code, _, err = run(capsys, "sync", docs, "--home", home, "--rebuild")
    assert (code, one_line(err)) == (143, True)
    assert "as it was" in err
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_the_report_is_a_page_with_what_failed(capsys, docs, tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "好.txt").write_bytes((docs / "计量简报.txt").read_bytes())
    (folder / "<img src=x onerror=alert(1)>.pdf").write_bytes(b"%PDF-1.7 nothing")
    (folder / "空.txt").write_bytes(b"")
    file = tmp_path / "report.html"
    code, out, _ = run(
        capsys, "sync", folder, "--home", tmp_path / "h", "--report", file, "--workers", 1, "--json"
    )
    assert code == 0 and len(json.loads(out)["failed"]) == 2
    page = file.read_text(encoding="utf-8")
    assert "好.txt" in page and "空.txt" in page and "<img" not in page and "&lt;img" in page
    assert not list(tmp_path.glob("*.partial"))
    (folder / "好.txt").unlink()  # now nothing can be read, which the owner wants to see all the more
    code, _, err = run(capsys, "sync", folder, "--home", tmp_path / "h2", "--report", file)
    assert code == 2 and one_line(err.splitlines()[-1])
    assert "没有可读的文件" in file.read_text(encoding="utf-8")


def test_the_report_tells_of_copies_and_of_what_an_earlier_sync_has_noticed(capsys, docs, tmp_path):
    folder, file = tmp_path / "d", tmp_path / "report.html"
    folder.mkdir()
    text = (docs / "计量简报.txt").read_text(encoding="utf-8")
    for name in ("通知.txt", "通知（副本）.txt"):
        (folder / name).write_text(text, encoding="utf-8")
    hidden = "<p>生产者应当对其生产的产品质量负责。</p><p style='display:none'>" + "看不见的一段文字。" * 9
    (folder / "页.html").write_text(f"<h1>规定</h1>{hidden}</p>", encoding="utf-8")
    for _ in range(2):  # the second time nothing is read
        assert run(capsys, "sync", folder, "--home", tmp_path / "h", "--report", file)[0] == 0
    page = file.read_text(encoding="utf-8")
    assert "通知.txt<br>通知（副本）.txt" in page
    assert "含有看不见的文字" in page and "页.html" in page


def test_a_report_that_would_become_a_document_or_has_no_folder_is_refused(capsys, docs, tmp_path):
    for file in (docs / "report.html", tmp_path / "nowhere" / "report.html", tmp_path):
        code, out, err = run(capsys, "sync", docs, "--home", tmp_path / "h", "--report", file)
        assert (code, out, one_line(err)) == (2, "", True)
    assert not (tmp_path / "h").exists()


@pytest.mark.parametrize("workers", ["0", "-1", "many", "257"])
def test_workers_are_a_whole_number(capsys, docs, tmp_path, workers):
    code, _, err = run(capsys, "sync", docs, "--home", tmp_path / "h", f"--workers={workers}")
    assert code == 2 and one_line(err)
