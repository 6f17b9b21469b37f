"""verify, backup, restore, rollback and compact on the command line: what they say and their exit codes."""

import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from ui.cli import main

QUESTION = "仓库温度计的校准周期是多少天？"


def run(capsys, *arguments):
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def own(home, tmp_path):
    """A copy of the library that a test may change."""
    shutil.copytree(home, tmp_path / "own")
    return tmp_path / "own"


def test_backup_and_restore_into_an_empty_folder(capsys, own, tmp_path):
    code, out, _ = run(capsys, "backup", tmp_path / "b.zip", "--home", own)
    assert code == 0 and "文件 documents 2" in out
    code, out, _ = run(capsys, "restore", tmp_path / "b.zip", "--home", tmp_path / "new")
    assert code == 0 and "documents 2" in out
    code, out, _ = run(capsys, "ask", QUESTION, "--home", tmp_path / "new")
    assert code == 0 and "九十天" in out


def test_restore_can_be_rolled_back(capsys, own, docs, tmp_path):
    run(capsys, "backup", tmp_path / "b.zip", "--home", own)
    run(capsys, "sync", docs / "内审通知.txt", "--home", own)
    run(capsys, "restore", tmp_path / "b.zip", "--home", own)
    code, out, _ = run(capsys, "rollback", "--home", own)
    assert code == 0 and "文件 documents 1" in out


def test_verify_says_what_is_wrong_with_code_1(capsys, own):
    code, out, _ = run(capsys, "verify", "--home", own)
    assert code == 0 and out.count("✓") == 8
    with closing(sqlite3.connect(own / "catalog.db")) as db, db:
        db.execute("UPDATE documents SET original = zeroblob(9)")
    code, out, _ = run(capsys, "verify", "--home", own, "--json")
    wrong = [check for check in json.loads(out) if not check["sound"]]
    assert code == 1 and [check["name"].split()[-1] for check in wrong] == ["originals"]


def test_compact_keeps_what_is_there(capsys, own):
    code, out, _ = run(capsys, "compact", "--home", own)
    assert code == 0 and "→" in out
    assert "九十天" in run(capsys, "ask", QUESTION, "--home", own)[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rollback"], "previous state"),
        (["restore", "none.zip"], "backup not found"),
        (["backup", "/proc/none/b.zip"], "cannot write"),
    ],
)
def test_mistakes_are_one_line_with_code_2(capsys, own, arguments, words):
    code, out, err = run(capsys, *arguments, "--home", own)
    assert code == 2 and not out
    assert words in err and len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("command", ["verify", "compact", "rollback"])
def test_without_a_library_they_say_what_to_do(capsys, tmp_path, command):
    code, _, err = run(capsys, command, "--home", tmp_path / "none")
    assert code == 2 and "zhida sync" in err
