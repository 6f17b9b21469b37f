"""The history by itself: what is kept, for whom, what deleting leaves, and what happens when the file fails."""

import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from index.errors import LibraryError, NotThere
from rag import history_tables
from rag.answer import Answer
from rag.history import FILE_NAME, History, new_id
from rag.receipts import Receipt
from tests.waiting import PATIENCE


def receipt(question, conversation="", owner="", status="answered", **changes):
    answer = Answer(question, f"{question}（完整）", "answered", f"答：{question}")
    given = {"id": new_id(), "owner": owner, "conversation": conversation, "status": status}
    given |= {"asked": "2026-01-02T03:04:05.678+00:00", "answer": answer.as_dict()}
    return Receipt(**(given | changes))


@pytest.fixture
def history(tmp_path, monkeypatch):
    monkeypatch.setattr(history_tables, "BUSY_SECONDS", PATIENCE)  # however crowded the machine
    history = History.open(tmp_path)
    yield history
    history.close()


def questions(history, conversation, owner=""):
    return [entry.question for entry in history.entries(conversation.id, owner)]


def everything_below(folder):
    """All bytes of all files, as somebody reads them who has the disk."""
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def test_a_conversation_is_there_after_the_next_start(tmp_path):
    history = History.open(tmp_path)
    conversation = history.start("甲")
    history.record(receipt("一？", conversation.id, "甲"))
    history.record(receipt("二？", conversation.id, "甲"))
    history.close()
    again = History.open(tmp_path)
    assert again.notice == "" and questions(again, conversation, "甲") == ["一？", "二？"]
    (listed,) = again.conversations("甲")
    assert (listed.title, listed.entries) == ("一？", 2)
    turns = again.turns(conversation.id, "甲")
    assert [(t.question, t.answer, t.standalone) for t in turns][0] == ("一？", "答：一？", "一？（完整）")


def test_ids_cannot_be_guessed(history):
    ids = {new_id() for _ in range(500)}
    assert len(ids) == 500 and all(re.fullmatch(r"\w[\w-]{21}", id) for id in ids)


def test_the_file_is_for_its_user_alone(history):
    assert stat.S_IMODE(history.file.stat().st_mode) == 0o600


def test_nothing_of_another_owner_is_there(history):
    mine = history.start("甲", "机密")
    one = receipt("问？", mine.id, "甲")
    history.record(one)
    assert history.conversations("乙") == [] == history.conversations("乙", "机密")
    calls = (
        lambda: history.conversation(mine.id, "乙"),
        lambda: history.entries(mine.id, ""),
        lambda: history.turns(mine.id, "乙"),
        lambda: history.rename(mine.id, "乙", "x"),
        lambda: history.delete(mine.id, "乙"),
        lambda: history.receipt(one.id, "乙"),
        lambda: history.feedback(one.id, "乙", "down"),
        lambda: history.feedback_of(one.id, "乙"),
    )
    unknown = (lambda: history.conversation("nope", "乙"), lambda: history.receipt("nope", "乙"))
    told = set()
    for call in (*calls, *unknown):
        with pytest.raises(NotThere) as caught:
            call()
        told.add(str(caught.value))
    assert len(told) == 2  # one message for conversations, one for answers: somebody else's or not there
    assert history.forget("乙") == [] and questions(history, mine, "甲") == ["问？"]
    assert history.record(receipt("插话？", mine.id, "乙")) is False
    assert questions(history, mine, "甲") == ["问？"]


def test_an_administrator_sees_all(history):
    for owner in ("甲", "乙"):
        history.record(receipt("问？", history.start(owner).id, owner))
    assert {one.owner for one in history.conversations(None)} == {"甲", "乙"}
    assert len(list(history.receipts(None))) == 2


@pytest.mark.parametrize(
    ("find", "found"),
    [
        ("校准", ["a"]),
        ("GB/T", ["b"]),
        ("gb/t", ["b"]),
        ("100%", ["b"]),
        ("%", ["b"]),
        ("_", []),
        ("", ["b", "a"]),
    ],
)
def test_conversations_are_found_by_title_and_question(history, find, found):
    for title, question in (("a", "压力表校准周期？"), ("b", "GB/T 19001要100%检验吗？")):
        history.record(receipt(question, history.start("", title).id))
    assert [one.title for one in history.conversations("", find)] in (found, found[::-1])


def test_a_renamed_conversation_keeps_its_name(history):
    conversation = history.start("")
    history.rename(conversation.id, "", "  我的\n名字  ")
    history.record(receipt("问？", conversation.id))
    assert history.conversation(conversation.id, "").title == "我的 名字"


def test_what_was_broken_off_is_shown_and_is_no_turn(history):
    conversation = history.start("")
    for status in ("answered", "stopped", "refused", "error"):
        history.record(receipt(status, conversation.id, status=status))
    assert [entry.status for entry in history.entries(conversation.id, "")] == [
        "answered",
        "stopped",
        "refused",
        "error",
    ]
    assert [turn.question for turn in history.turns(conversation.id, "")] == ["answered", "refused"]


def test_a_retry_takes_the_place_of_what_it_replaces_and_all_after(history):
    conversation = history.start("")
    rows = [receipt(q, conversation.id) for q in ("一", "二", "三")]
    for row in rows:
        history.record(row)
    assert [turn.question for turn in history.turns(conversation.id, "", before=rows[1].id)] == ["一"]
    history.record(receipt("二改", conversation.id, replaces=rows[1].id))
    assert questions(history, conversation) == ["一", "二改"]
    assert history.conversation(conversation.id, "").entries == 2
    assert history.receipt(rows[2].id, "").question == "三"  # the records stay


def test_the_last_word_about_an_answer_counts(history):
    conversation = history.start("")
    row = receipt("问？", conversation.id)
    history.record(row)
    history.feedback(row.id, "", "up")
    history.feedback(row.id, "", "down", "答非所问", "应为三家")
    said = history.entries(conversation.id, "")[0].feedback
    assert (said.verdict, said.reason, said.comment) == ("down", "答非所问", "应为三家")
    assert history.feedback_of(row.id, "") == said


@pytest.mark.parametrize("how", ["delete", "forget", "expire"])
def test_what_is_deleted_is_not_in_the_file_any_more(tmp_path, how):
    history = History.open(tmp_path)
    kept = history.start("乙", "留下的对话")
    history.record(receipt("留下的问题？", kept.id, "乙"))
    gone = [history.start("甲", f"SECRETTITLE{i}") for i in range(5)]
    needles = []
    for i in range(60):  # enough for several pages, so that they are split and joined
        row = receipt(
            f"SECRETQUESTION{i:03d}" * 9, gone[i % 5].id, "甲", passages=[{"text": os.urandom(600).hex()}]
        )
        row = Receipt(**{**row.as_dict(), "asked": "2020-01-01T00:00:00.000+00:00"})
        history.record(row)
        history.feedback(row.id, "甲", "down", "SECRETREASON", "SECRETCOMMENT")
        needles.append(row.packed()[100:132])
    before = everything_below(tmp_path)
    assert b"SECRET" in before and sum(needle in before for needle in needles) > 50
    with history._store._disk.begin() as connection:  # as if all of it were long ago
        connection.exec_driver_sql("UPDATE conversations SET changed = '2020' WHERE owner = '甲'")
    if how == "delete":
        for one in gone:
            history.delete(one.id, "甲")
    else:
        ids = history.forget("甲") if how == "forget" else history.expire(30)
        assert set(ids) == {one.id for one in gone}
    after = everything_below(tmp_path)
    assert b"SECRET" not in after and not any(needle in after for needle in needles)
    assert questions(history, kept, "乙") == ["留下的问题？"]


def test_one_conversation_of_many_goes_without_a_trace(tmp_path):
    history = History.open(tmp_path)
    conversations = [history.start("") for _ in range(8)]
    for i in range(160):
        which = i % 8
        history.record(receipt(f"SECRET{which}-{i} " * (1 + i % 40), conversations[which].id))
    for which in (3, 0, 6):
        history.delete(conversations[which].id, "")
        assert f"SECRET{which}-".encode() not in everything_below(tmp_path)
    assert b"SECRET1-" in everything_below(tmp_path)


def test_nothing_expires_unless_it_is_asked_for(history):
    history.record(receipt("2020年？", asked="2020-01-01T00:00:00.000+00:00"))
    assert history.expire(0) == [] and len(list(history.receipts(""))) == 1
    history.expire(30)
    assert list(history.receipts("")) == []


def test_an_answer_to_a_deleted_conversation_does_not_bring_it_back(history):
    conversation = history.start("")
    history.delete(conversation.id, "")
    assert history.record(receipt("迟到？", conversation.id)) is False
    assert history.conversations("") == [] and list(history.receipts("")) == []


# When the file cannot be used


@pytest.fixture
def full(monkeypatch):
    """Makes the disk full and free again: SQLite gets a bound on the pages that a file may have."""

    def fill(history, is_full=True):
        with closing(sqlite3.connect(history.file)) as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]

        def limit(connection, _record, _proxy=None):
            connection.execute(f"PRAGMA max_page_count = {pages if is_full else 1 << 30}")

        history_tables.event.listen(history._store._disk, "checkout", limit)

    return fill


def test_a_full_disk_keeps_history_in_memory_and_says_so(history, full, tmp_path):
    conversation = history.start("甲")
    history.record(receipt("一？", conversation.id, "甲"))
    full(history)
    big = [{"text": os.urandom(30_000).hex()}]
    two = receipt("二？", conversation.id, "甲", passages=big)
    assert history.record(two) is False
    assert "内存" in history.notice and "full" in history.notice
    assert questions(history, conversation, "甲") == ["一？", "二？"]
    history.feedback(two.id, "甲", "down", "不对")
    assert history.receipt(two.id, "甲").passages[0]["text"] == big[0]["text"]
    assert [one.entries for one in history.conversations("甲")] == [2]
    with pytest.raises(NotThere):
        history.receipt(two.id, "乙")
    full(history, is_full=False)
    assert history.record(receipt("三？", conversation.id, "甲")) is True
    assert history.notice == ""
    other = History.open(tmp_path)
    assert questions(other, conversation, "甲") == ["一？", "二？", "三？"]
    assert other.feedback_of(two.id, "甲").reason == "不对"


def test_what_waits_in_memory_is_written_when_the_server_stops(history, full, tmp_path):
    conversation = history.start("")
    full(history)
    assert not history.record(receipt("大？", conversation.id, passages=[{"text": os.urandom(30_000).hex()}]))
    full(history, is_full=False)
    history.close()
    assert questions(History.open(tmp_path), conversation) == ["大？"]


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_left_alone_and_history_goes_on_in_memory(tmp_path, content):
    (tmp_path / FILE_NAME).write_bytes(content)
    history = History.open(tmp_path)
    assert history.notice
    conversation = history.start("甲")
    history.record(receipt("问？", conversation.id, "甲"))
    assert questions(history, conversation, "甲") == ["问？"]
    assert (tmp_path / FILE_NAME).read_bytes() == content
    with pytest.raises(LibraryError) as caught:
        history.conversation("elsewhere", "甲")
    assert not isinstance(caught.value, NotThere)  # nobody knows whether it is there


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    history = History.open(tmp_path / "none")
    assert history.notice and not (tmp_path / "none").exists()
    history.record(receipt("问？", history.start("").id))
    assert len(history.conversations("")) == 1


def test_a_file_that_comes_back_is_used_again(tmp_path, monkeypatch):
    monkeypatch.setattr("rag.history_store.TRY_AGAIN", 0.0)
    home = tmp_path / "home"
    history = History.open(home)
    conversation = history.start("")
    history.record(receipt("一？", conversation.id))
    home.mkdir()
    assert history.record(receipt("二？", conversation.id)) is True and history.notice == ""
    assert questions(History.open(home), conversation) == ["一？", "二？"]


# Schema


def test_a_later_schema_is_left_alone(tmp_path):
    History.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.execute("PRAGMA user_version = 99")
    history = History.open(tmp_path)
    assert "99" in history.notice
    history.start("")
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        assert connection.execute("SELECT count(*) FROM conversations").fetchone() == (0,)


def test_an_earlier_schema_is_brought_forward(tmp_path, monkeypatch):
    old = History.open(tmp_path)
    conversation = old.start("甲")
    old.record(receipt("一？", conversation.id, "甲"))
    old.close()
    steps = {
        1: lambda c: c.exec_driver_sql("ALTER TABLE feedback ADD COLUMN b TEXT NOT NULL DEFAULT ''"),
        2: lambda c: c.exec_driver_sql("ALTER TABLE feedback RENAME COLUMN b TO c"),
    }
    monkeypatch.setattr(history_tables, "SCHEMA", 3)
    monkeypatch.setattr(history_tables, "STEPS", steps)
    new = History.open(tmp_path)
    assert new.notice == "" and questions(new, conversation, "甲") == ["一？"]
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)
        assert "c" in [row[1] for row in connection.execute("PRAGMA table_info(feedback)")]


# Several at once

WRITER = """
import sys, itertools
from pathlib import Path
from tests.rag.test_history import receipt
from rag import history_tables
from rag.history import History
history_tables.BUSY_SECONDS = 120  # however crowded the machine
history = History.open(Path(sys.argv[1]))
for i in range(int(sys.argv[4])) if sys.argv[4] != "-" else itertools.count():
    one = receipt(f"{sys.argv[3]}-{i}", sys.argv[2], passages=[{"text": "长" * 3000}])
    if history.record(one):
        print(one.question, flush=True)
history.close()
"""


def writer(home, conversation, name, count):
    command = [sys.executable, "-c", WRITER, str(home), conversation.id, name, str(count)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)


def test_two_processes_and_several_threads_write_at_once(history, tmp_path):
    conversation = history.start("")
    process = writer(tmp_path, conversation, "p", 30)

    def work(name):
        for i in range(10):
            assert history.record(receipt(f"{name}-{i}", conversation.id))

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 and history.notice == ""
    asked = questions(history, conversation)
    assert len(asked) == 70
    for name, count in (("p", 30), ("t0", 10), ("t3", 10)):
        assert [q for q in asked if q.startswith(name)] == [f"{name}-{i}" for i in range(count)]


def test_a_kill_loses_nothing_that_was_recorded(history, tmp_path):
    conversation = history.start("")
    for i in range(4):
        process = writer(tmp_path, conversation, f"k{i}", "-")
        told = [process.stdout.readline().strip() for _ in range(3 + i)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.read().split()  # not communicate(), which loses what readline has taken in
        process.communicate(timeout=PATIENCE)
        asked = questions(history, conversation)
        assert set(told) <= set(asked)  # what was acknowledged is there; at most one more was about to be
        assert len([q for q in asked if q.startswith(f"k{i}")]) <= len(told) + 1
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
