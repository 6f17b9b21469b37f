"""`zhida eval run` and `zhida eval score` as they are typed: what is asked, kept and printed, and how they end."""

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.eval.scripted_server import Reply, completion, serving
from tests.ui.test_cli import QUESTION, ROOT, lines_of, one_line, run
from tests.waiting import PATIENCE, until

GOLD = [
    {
        "id": "cycle",
        "question": QUESTION,
        "facts": [["九十天"]],
        "evidence": [{"doc": "计量简报.txt", "quote": "仓库温度计的校准周期为九十天"}],
        "tags": ["数字"],
        "split": "dev",
    },
    {
        "id": "audit",
        "turns": [
            {"question": "内部审核定于哪几天进行？", "facts": [["9月15日"]], "evidence": []},
            {"question": "审核组长由谁担任？", "facts": [["何敏"]], "evidence": []},
        ],
    },
    {"id": "none", "question": "海岳省计量院的院长是谁？", "answerable": False},
    {"id": "draft", "question": "还没审定的题？", "facts": [["x"]], "status": "draft"},
]
MADE = {"run.json", "gold.jsonl", "items.jsonl", "anchors.json", "scores.jsonl", "summary.json"}


def write_lines(file, records):
    file.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), encoding="utf-8")
    return file


@pytest.fixture
def gold(tmp_path):
    return write_lines(tmp_path / "gold.jsonl", GOLD)


def test_a_run_leaves_everything_and_prints_the_table(capsys, tmp_path, home, gold):
    out = tmp_path / "runs" / "first"
    code, table, err = run(capsys, "eval", "run", gold, "--out", out, "--home", home)
    assert code == 0 and "答对率" in table and "Traceback" not in err
    assert "1 道未审定的题不计入" in err and str(out / "report.html") in err
    assert {file.name for file in out.iterdir()} >= MADE | {"report.html", "report.md", "junit.xml"}
    items = {item["id"]: item for item in lines_of(out / "items.jsonl")}
    assert list(items) == ["cycle", "audit#0", "audit#1", "none"]
    assert "九十天" in items["cycle"]["answer"] and "何敏" in items["audit#1"]["answer"]
    info = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert info["finished"] and info["questions"] == 4 and info["library"]["documents"] == 2
    assert json.loads((out / "anchors.json").read_text()) == {"cycle": [["whole"]]}
    scores = {score["id"]: score for score in lines_of(out / "scores.jsonl")}
    assert scores["cycle"]["values"]["correct"] == scores["cycle"]["values"]["evidence_cited"] == 1.0


def test_a_second_start_asks_only_what_is_missing(capsys, tmp_path, home, gold):
    out = tmp_path / "run"
    assert run(capsys, "eval", "run", gold, "--out", out, "--home", home)[0] == 0
    items = out / "items.jsonl"
    lines = items.read_bytes().splitlines(keepends=True)
    items.write_bytes(lines[0] + lines[1][:50])
    assert run(capsys, "eval", "run", gold, "--out", out, "--home", home, "--parallel", 2)[0] == 0
    again = items.read_bytes().splitlines(keepends=True)
    assert again[0] == lines[0] and sorted(json.loads(line)["id"] for line in again) == [
        "audit#0",
        "audit#1",
        "cycle",
        "none",
    ]


def test_other_settings_or_questions_are_not_mixed_in(capsys, tmp_path, home, gold):
    out = tmp_path / "run"
    settings = tmp_path / "zhida.toml"
    settings.write_text("passages = 3\n")
    command = ["eval", "run", gold, "--out", out, "--home", home]
    assert run(capsys, *command)[0] == 0
    code, _, err = run(capsys, *command, "--settings", settings)
    assert code == 2 and one_line(
        err.replace("1 道未审定的题不计入 1 questions of drafts do not count\n", "")
    )
    assert "settings.passages" in err and "--fresh" in err
    assert run(capsys, *command, "--id", "cycle")[0] == 2
    assert run(capsys, *command, "--settings", settings, "--fresh")[0] == 0
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["settings"]["passages"] == 3


@pytest.mark.parametrize(
    ("choice", "asked"),
    [
        (["--id", "none"], ["none"]),
        (["--tag", "数字"], ["cycle"]),
        (["--split", "dev"], ["cycle"]),
        (["--limit", 2], ["cycle", "audit#0"]),
        (["--id", "audit#1"], ["audit#0", "audit#1"]),
    ],
)
def test_some_of_the_questions(capsys, tmp_path, home, gold, choice, asked):
    assert run(capsys, "eval", "run", gold, "--out", tmp_path / "run", "--home", home, *choice)[0] == 0
    assert [item["id"] for item in lines_of(tmp_path / "run" / "items.jsonl")] == asked


def test_nothing_to_evaluate_is_4(capsys, tmp_path, home, gold):
    command = ["eval", "run", "--home", home, "--out", tmp_path / "run"]
    assert run(capsys, *command, gold, "--tag", "没有")[0] == 4
    assert run(capsys, *command, write_lines(tmp_path / "drafts.jsonl", GOLD[-1:]))[0] == 4
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "mistake",
    [
        ["--id", "unknown"],
        ["--id", "draft"],
        ["--answers", "a.jsonl", "--endpoint", "http://127.0.0.1:1/v1", "--model", "m"],
        ["--endpoint", "http://127.0.0.1:1/v1"],
        ["--model", "m"],
        ["--endpoint", "127.0.0.1", "--model", "m"],
        ["--endpoint", "http://127.0.0.1:1/v1", "--model", "m", "--key-from", "NOT_SET_ANYWHERE"],
        ["--endpoint", "http://127.0.0.1:1/v1", "--model", "m", "--extra", "[1]"],
        ["--endpoint", "http://127.0.0.1:1/v1", "--model", "m", "--system-prompt", "no such file"],
        ["--answers", "no such file"],
        ["--prices", "no such file"],
        ["--gates", "no such file"],
        ["--max-errors", "2"],
        ["--parallel", "0"],
    ],
)
def test_a_mistake_is_one_clear_line(capsys, tmp_path, home, gold, mistake):
    code, out, err = run(capsys, "eval", "run", gold, "--out", tmp_path / "run", "--home", home, *mistake)
    told = [line for line in err.splitlines() if "未审定" not in line]
    assert code == 2 and out == "" and len(told) == 1 and "error" in told[0], err
    assert not (tmp_path / "run").exists()


def test_gates_that_cannot_be_held_are_told_before_anything_is_asked(capsys, tmp_path, home, gold):
    gates = tmp_path / "gates.toml"
    command = ["eval", "run", gold, "--home", home, "--gates", gates]
    for text, told in (
        ("[correct]\nmax_drop = 0.1\n", "--baseline"),
        ("[slice.no.correct]\nmin = 0.1\n", "'no'"),
    ):
        gates.write_text(text)
        code, _, err = run(capsys, *command, "--out", tmp_path / "run")
        assert code == 2 and told in err and not (tmp_path / "run").exists()
    assert run(capsys, *command[:-2], "--out", tmp_path / "one", "--limit", "1")[0] == 0
    code, _, err = run(capsys, *command[:-2], "--out", tmp_path / "run", "--baseline", tmp_path / "one")
    assert code == 2 and "--limit" in err and not (tmp_path / "run").exists()


def test_a_library_without_documents_is_a_mistake(capsys, tmp_path, gold):
    code, _, err = run(capsys, "eval", "run", gold, "--out", tmp_path / "run", "--home", tmp_path / "h")
    assert code == 2 and "zhida sync" in err


def test_gates_decide_how_it_ends(capsys, tmp_path, home, gold):
    gates = tmp_path / "gates.toml"
    command = ["eval", "run", gold, "--out", tmp_path / "run", "--home", home, "--gates", gates]
    gates.write_text("[correct]\nmin = 0.5\n")
    assert run(capsys, *command)[0] == 0
    gates.write_text("[answer_length]\nmax = 1\n")
    code, out, _ = run(capsys, *command)
    assert code == 1 and "FAIL" in out and "answer_length.max" in out
    gates.write_text("[correct]\nmax_drop_mean = 0.1\n")
    code, _, err = run(capsys, *command)
    assert code == 2 and "--baseline" in err
    assert run(capsys, *command, "--baseline", tmp_path / "run")[0] == 0


# Other systems


def test_a_file_of_answers_is_scored(capsys, tmp_path, gold):
    answers = write_lines(
        tmp_path / "answers.jsonl",
        [
            {"id": "cycle", "answer": "校准周期为九十天。"},
            {"id": "audit#0", "answer": "9月15日至19日。"},
            {"id": "audit#1", "answer": "李明。"},
            {"id": "none", "answer": "资料中没有提到。"},
        ],
    )
    out = tmp_path / "run"
    code, table, _ = run(capsys, "eval", "run", gold, "--answers", answers, "--out", out)
    assert code == 0 and "66.7%" in table
    assert not (out / "anchors.json").exists()


def test_too_many_errors_are_3_and_can_be_tried_again(capsys, tmp_path, gold, monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-9")
    out = tmp_path / "run"
    good = Reply(completion("校准周期为九十天。"))
    with serving(good, Reply({"error": "out of memory"}, 400), good, good) as server:
        command = ["eval", "run", gold, "--out", out, "--home", tmp_path / "h", "--key-from", "MY_KEY"]
        command += ["--endpoint", server.url, "--model", "m"]
        code, table, err = run(capsys, *command)
        assert code == 3 and "out of memory" in err and "--retry-errors" in err and "出错率" in table
        assert [item["status"] for item in lines_of(out / "items.jsonl")].count("error") == 1
        assert run(capsys, *command, "--max-errors", 0.5)[0] == 0
        assert len(server.asked) == 4
        assert run(capsys, *command, "--retry-errors")[0] == 0
    assert [body["messages"][-1]["content"] for _, _, body in server.asked[4:]] == [
        "内部审核定于哪几天进行？",
        "审核组长由谁担任？",
    ]
    assert server.asked[0][1]["Authorization"] == "Bearer sk-9"
    assert all("sk-9" not in file.read_text(encoding="utf-8") for file in out.iterdir())


def test_an_endpoints_answers_are_kept_unless_told_otherwise(capsys, tmp_path, gold):
    with serving(Reply(completion("校准周期为九十天。"))) as server:
        command = ["eval", "run", gold, "--home", tmp_path / "h", "--endpoint", server.url, "--model", "m"]
        assert run(capsys, *command, "--out", tmp_path / "one")[0] == 0
        code, _, err = run(capsys, *command, "--out", tmp_path / "two")
        assert code == 0 and len(server.asked) == 4 and "4 个答案取自缓存" in err
        assert run(capsys, *command, "--out", tmp_path / "three", "--no-cache")[0] == 0
        assert len(server.asked) == 8
    assert list((tmp_path / "h" / "eval-cache").rglob("*.json"))


def test_tokens_are_priced(capsys, tmp_path, gold):
    prices = tmp_path / "prices.toml"
    prices.write_text("input = 1000000.0\noutput = 2000000\n")
    with serving(Reply(completion("九十天。"))) as server:
        command = ["eval", "run", gold, "--home", tmp_path / "h", "--endpoint", server.url, "--model", "m"]
        assert run(capsys, *command, "--out", tmp_path / "run", "--prices", prices)[0] == 0
    scores = lines_of(tmp_path / "run" / "scores.jsonl")
    assert [score["values"]["cost"] for score in scores] == [11 + 2 * 7] * 4
    for bad in ("[1]", "in = 1\n", "input = -1\n", 'input = "x"\n'):
        prices.write_text(bad)
        code, _, err = run(capsys, "eval", "score", tmp_path / "run", "--prices", prices)
        assert code == 2 and one_line(err), bad


# Scoring again


def test_score_asks_nobody(capsys, tmp_path, home, gold):
    out = tmp_path / "run"
    assert run(capsys, "eval", "run", gold, "--out", out, "--home", home)[0] == 0
    items = (out / "items.jsonl").read_bytes()
    for name in ("scores.jsonl", "summary.json", "report.html"):
        (out / name).unlink()
    code, table, _ = run(capsys, "eval", "score", out, "--answer-limit", 1)
    assert code == 0 and "答对率" in table and (out / "items.jsonl").read_bytes() == items
    assert [score["values"].get("correct") for score in lines_of(out / "scores.jsonl")] == [
        0.0,
        0.0,
        0.0,
        None,
    ]


def test_an_unfinished_run_is_scored_as_far_as_it_goes(capsys, tmp_path, home, gold):
    out = tmp_path / "run"
    assert run(capsys, "eval", "run", gold, "--out", out, "--home", home)[0] == 0
    items = out / "items.jsonl"
    items.write_bytes(items.read_bytes().splitlines(keepends=True)[0])
    code, _, err = run(capsys, "eval", "score", out)
    assert code == 3 and "3/4" in err
    items.write_bytes(b"")
    code, _, err = run(capsys, "eval", "score", out)
    assert code == 3 and "same command" in err and "--retry-errors" not in err


def test_no_run_and_labels_without_a_judge_are_mistakes(capsys, tmp_path):
    code, _, err = run(capsys, "eval", "score", tmp_path)
    assert code == 2 and one_line(err)
    code, _, err = run(capsys, "eval", "score", tmp_path, "--labels", "x")
    assert code == 2 and "--judge" in err


def test_a_judge_is_a_column_with_its_agreement(capsys, tmp_path, home, gold, monkeypatch):
    out = tmp_path / "run"
    assert run(capsys, "eval", "run", gold, "--out", out, "--home", home)[0] == 0
    labels = write_lines(
        tmp_path / "labels.jsonl", [{"id": "cycle", "correct": True}, {"id": "audit#1", "correct": False}]
    )
    with serving(Reply(completion('{"correct": true, "reason": "一致"}'))) as server:
        monkeypatch.setenv("ZHIDA_CHAT_MODEL_URL", server.url)
        command = ["eval", "score", out, "--judge", "openai:judge", "--labels", labels]
        code, table, err = run(capsys, *command)
        assert code == 0 and "LLM judge" in table and "50.0% (n=2)" in err
        asked = len(server.asked)
        assert asked == 3 and run(capsys, *command)[0] == 0 and len(server.asked) == asked
    report = json.loads((out / "judge.json").read_text(encoding="utf-8"))
    assert report["model"] == "openai:judge" and report["judged"] == 3


def test_ctrl_c_says_how_to_go_on(tmp_path, home, gold):
    out = tmp_path / "run"
    with serving(Reply(completion("九十天。")), Reply(completion("迟了。"), delay=2 * PATIENCE)) as server:
        started = subprocess.Popen(
            [sys.executable, "-m", "ui", "eval", "run", str(gold), "--out", str(out), "--home", str(home)]
            + ["--endpoint", server.url, "--model", "m", "--no-cache", "--parallel", "2"],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        items = out / "items.jsonl"
        until(lambda: len(server.asked) == 3 and items.exists() and items.read_bytes().count(b"\n") == 1)
        os.kill(started.pid, signal.SIGINT)
        _, err = started.communicate(timeout=PATIENCE)  # which is no time to wait for an answer in
    assert started.returncode == 130
    assert "再运行同一命令即可继续" in err.decode() and "Traceback" not in err.decode()
    assert not json.loads((out / "run.json").read_text(encoding="utf-8"))["finished"]
    assert len(lines_of(out / "items.jsonl")) == 1
