"""`zhida history`, `replay`, `eval draft --from-history` and backups of the history, as they are typed."""

import json
import shutil

import pytest

from rag.build import open_chatbot, open_library
from rag.dialogue import Dialogue
from rag.history import History
from rag.settings import Settings
from tests.ui.test_cli import QUESTION, lines_of, one_line, run

NO_HISTORY = shutil.ignore_patterns("history.db*")
"""The shared library may have been served by another test, which leaves a history."""


@pytest.fixture
def own(home, tmp_path):
    """A copy of the library that a test may change, and a server's dialogue that stays open over it."""
    shutil.copytree(home, tmp_path / "own", ignore=NO_HISTORY)
    settings = Settings(home=tmp_path / "own")
    with open_library(settings) as library:
        yield settings.home, Dialogue(open_chatbot(settings, library), History.open(settings.home), settings)


def test_a_replay_shows_what_a_changed_document_changes(own, docs, tmp_path, capsys):
    home, dialogue = own
    id = dialogue.ask(QUESTION, owner="甲").answer_id
    code, out, err = run(capsys, "replay", id, "--home", home)
    assert (code, "一致 same" in out, err) == (0, True, "")
    folder = tmp_path / "docs"
    shutil.copytree(docs, folder)
    brief = folder / "计量简报.txt"
    brief.write_text(brief.read_text("utf-8").replace("九十天", "六十天"), encoding="utf-8")
    assert run(capsys, "sync", folder, "--home", home)[0] == 0
    code, out, _ = run(capsys, "replay", id, "--home", home)
    assert code == 1 and "不一致" in out and "六十天" in out and "原文已改" in out and "generation" in out
    code, out, _ = run(capsys, "replay", id, "--home", home, "--json")
    told = json.loads(out)
    assert (code, told["same"], told["citations"]) == (1, False, {"1": "changed"})
    assert "九十天" in told["cited_no_more"][0]["quote"]


@pytest.mark.parametrize(
    "arguments", [["replay", "unknown"], ["history", "--delete", "unknown"], ["history", "--forget"]]
)
def test_what_is_not_there_is_one_line(own, capsys, arguments):
    code, out, err = run(capsys, *arguments, "--home", own[0])
    assert (code, out, one_line(err)) == (2, "", True)


def test_without_a_history_commands_say_so_and_make_none(home, tmp_path, capsys):
    home = shutil.copytree(home, tmp_path / "alone", ignore=NO_HISTORY)
    for arguments in (["history"], ["replay", "x"], ["eval", "draft", "--from-history"]):
        code, _, err = run(capsys, *arguments, "--home", home)
        assert (code, one_line(err), "history.db" in err) == (2, True, True)
    assert not (home / "history.db").exists()


def test_an_administrator_lists_exports_and_deletes_while_the_server_runs(own, tmp_path, capsys):
    home, dialogue = own
    mine, other = dialogue.history.start("甲"), dialogue.history.start("乙")
    dialogue.ask(QUESTION, mine.id, owner="甲")
    dialogue.ask("火星基地的食堂几点开门？", other.id, owner="乙")
    _, out, err = run(capsys, "history", "--home", home)
    assert mine.id in out and other.id in out and "2" in err
    _, out, _ = run(capsys, "history", "--home", home, "--owner", "乙", "--json")
    assert [json.loads(line)["owner"] for line in out.splitlines()] == ["乙"]
    _, out, _ = run(capsys, "history", "--home", home, "--find", "温度计")
    assert mine.id in out and other.id not in out
    records = tmp_path / "records.jsonl"
    assert run(capsys, "history", "--home", home, "--export", records)[0] == 0
    assert {line["owner"] for line in lines_of(records)} == {"甲", "乙"}
    assert run(capsys, "eval", "draft", records, "--out", tmp_path / "d.jsonl")[0] == 0
    code, out, err = run(capsys, "history", "--home", home, "--delete", mine.id)
    assert (code, err, dialogue.history.conversations("甲")) == (0, "", [])
    code, out, _ = run(capsys, "history", "--home", home, "--owner", "乙", "--forget")
    assert code == 0 and "1" in out and dialogue.history.conversations(None) == []
    assert QUESTION.encode() not in b"".join(file.read_bytes() for file in home.glob("history.db*"))


def test_downvotes_and_refusals_become_drafts(own, tmp_path, capsys):
    home, dialogue = own
    down = dialogue.ask(QUESTION).answer_id
    dialogue.history.feedback(down, "", "down", "答非所问", "应为九十天")
    dialogue.ask("火星基地的食堂几点开门？")
    dialogue.ask("审核组长由谁担任？")
    drafts = tmp_path / "drafts.jsonl"
    code, _, _ = run(
        capsys,
        "eval",
        "draft",
        "--from-history",
        "--home",
        home,
        "--out",
        drafts,
        "--only",
        "down",
        "refused",
    )
    first, second = lines_of(drafts)
    assert (code, first["source"], second["answerable"]) == (0, f"chat:{down}", False)
    assert "答非所问" in first["notes"] and first["status"] == "draft"
    code, _, err = run(capsys, "eval", "draft", "--home", home)
    assert (code, one_line(err)) == (2, True)


def test_a_backup_brings_the_history_back_and_never_overwrites_one(own, tmp_path, capsys):
    home, dialogue = own
    before = dialogue.ask(QUESTION).answer_id
    assert run(capsys, "backup", tmp_path / "b.zip", "--home", home)[0] == 0
    since = dialogue.ask("审核组长由谁担任？").answer_id
    assert run(capsys, "restore", tmp_path / "b.zip", "--home", home)[0] == 0
    assert dialogue.history.receipt(since, "").question == "审核组长由谁担任？"
    assert run(capsys, "restore", tmp_path / "b.zip", "--home", tmp_path / "new")[0] == 0
    restored = History.open(tmp_path / "new")
    assert restored.receipt(before, "").question == QUESTION and restored.file.stat().st_mode & 0o77 == 0
