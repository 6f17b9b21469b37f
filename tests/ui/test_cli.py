"""The command line: what it prints, its exit codes, and one clear line for each mistake."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from index.embed import EMBEDDED_MODEL, open_embedder
from index.library import Library
from tests.waiting import PATIENCE, until
from ui.cli import COMMANDS, build_parser, main
from ui.commands.serve import rebuild_command
from ui.screenshot import free_port

ROOT = Path(__file__).parents[2]
QUESTION = "仓库温度计的校准周期是多少天？"


def run(capsys, *arguments):
    """Exit code, stdout, stderr of one call in this process."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as ended:
        code = ended.code
    out, err = capsys.readouterr()
    return code, out, err


def process(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "ui", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        timeout=PATIENCE,
        **options,
    )


def lines_of(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def one_line(text):
    return len(text.strip().splitlines()) == 1 and "Traceback" not in text


# Documents


def test_sync_reports_every_file_and_a_second_time_changes_nothing(capsys, docs, tmp_path):
    code, out, _ = run(capsys, "sync", docs, "--home", tmp_path / "h")
    assert code == 0
    assert "计量简报.txt: 新增 added" in out
    assert "接回断行 wraps joined" in out
    code, out, _ = run(capsys, "sync", docs, "--home", tmp_path / "h", "--json")
    report = json.loads(out)
    assert (code, report["added"], len(report["unchanged"]), report["documents"]) == (0, [], 2, 2)


def test_one_bad_file_never_stops_the_others(capsys, docs, tmp_path):
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "好.txt").write_bytes((docs / "计量简报.txt").read_bytes())
    (folder / "空.txt").write_bytes(b"")
    (folder / "乱.pdf").write_bytes(b"\x00\xff" * 100)
    code, out, err = run(capsys, "sync", folder, "--home", tmp_path / "h", "--json")
    report = json.loads(out)
    assert (code, report["added"]) == (0, ["好.txt"])
    assert sorted(Path(failed["path"]).name for failed in report["failed"]) == ["乱.pdf", "空.txt"]
    assert all(failed["error"] for failed in report["failed"])


def test_nothing_readable_is_a_mistake_and_loses_nothing(capsys, docs, tmp_path):
    home = tmp_path / "h"
    run(capsys, "sync", docs, "--home", home)
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "空.txt").write_bytes(b"")
    for path in (tmp_path / "d", tmp_path / "missing"):
        code, _, err = run(capsys, "sync", path, "--home", home)
        assert (code, one_line(err)) == (2, True)
    assert json.loads(run(capsys, "status", "--home", home, "--json")[1])["documents"] == 2


def test_status_counts_and_names_the_documents(capsys, home):
    code, out, _ = run(capsys, "status", "--home", home, "--json")
    status = json.loads(out)
    assert (code, status["documents"]) == (0, 2)
    assert {file["name"] for file in status["files"]} == {"计量简报.txt", "内审通知.txt"}
    assert "内审通知.txt" in run(capsys, "status", "--home", home)[1]


def test_export_gives_each_passage_as_the_contract_names_it(capsys, home, tmp_path):
    assert run(capsys, "export", tmp_path / "p.jsonl", "--home", home)[0] == 0
    passages = lines_of(tmp_path / "p.jsonl")
    assert set(passages[0]) == set(
        "document collection passage_id article heading speaker published url page start end text".split()
    )
    assert any("九十天" in passage["text"] for passage in passages)
    code, out, _ = run(capsys, "export", "-", "--home", home)
    assert (code, len(out.splitlines())) == (0, len(passages))


# Questions


def test_ask_prints_the_answer_with_its_source(capsys, home):
    code, out, _ = run(capsys, "ask", QUESTION, "--home", home)
    assert code == 0
    assert "九十天" in out
    assert "[1]" in out
    assert "计量简报.txt" in out


def test_ask_json_has_every_field_of_the_contract(capsys, home):
    answer = json.loads(run(capsys, "ask", QUESTION, "--home", home, "--json")[1])
    assert answer["status"] == "answered"
    assert {"question", "standalone_question", "answer", "citations", "mode", "notices", "timings_ms"} <= set(
        answer
    )
    citation = answer["citations"][0]
    names = "number document title url published speaker page start end quote passage"
    assert set(names.split()) <= set(citation)
    assert citation["quote"] in citation["passage"]


def test_a_refusal_is_an_answer(capsys, home):
    code, out, _ = run(capsys, "ask", "火星基地的食堂几点开门？", "--home", home, "--json")
    assert (code, json.loads(out)["status"], json.loads(out)["citations"]) == (0, "refused", [])


def test_search_in_each_mode(capsys, home):
    for mode in ("hybrid", "lexical", "dense"):
        code, out, _ = run(capsys, "search", QUESTION, "-k", 2, "--mode", mode, "--home", home, "--json")
        hits = json.loads(out)["hits"]
        assert (code, 1 <= len(hits) <= 2) == (0, True)
        assert hits[0]["score"] >= hits[-1]["score"]
        assert "九十天" in hits[0]["text"]
    assert "计量简报.txt" in run(capsys, "search", QUESTION, "--home", home)[1]


def test_batch_of_questions_conversations_and_bad_lines(capsys, home, tmp_path):
    lines = [
        json.dumps({"id": "a", "question": QUESTION}),
        "not json",
        json.dumps(
            {"id": "b", "turns": [{"question": "审核组长由谁担任？"}, {}, {"question": "审核什么时候进行？"}]}
        ),
        json.dumps({"id": "c"}),
        json.dumps([1]),
        "",
        json.dumps({"id": 7, "question": "\ud800仓库温度计"}),
    ]
    (tmp_path / "q.jsonl").write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    code, _, err = run(
        capsys, "ask", "--batch", tmp_path / "q.jsonl", "--out", tmp_path / "a.jsonl", "--home", home
    )
    answers = lines_of(tmp_path / "a.jsonl")
    assert code == 0
    assert [answer["id"] for answer in answers] == ["a", "line 2", "b#0", "b#1", "b#2", "c", "line 5", 7]
    assert [answer["status"] == "error" for answer in answers] == [
        False,
        True,
        False,
        True,
        False,
        True,
        True,
        False,
    ]
    assert all(answer["notices"] for answer in answers if answer["status"] == "error")
    assert "何敏" in answers[2]["answer"]
    assert "errors 4" in err
    assert not (tmp_path / "a.jsonl.partial").exists()


def test_lines_that_python_itself_gives_up_on_do_not_stop_the_batch(capsys, home, tmp_path):
    lines = [
        '{"id": 9' + "9" * 5000 + ', "question": "问"}',
        "[" * 200_000,
        json.dumps({"id": "long", "question": "长" * 2001}),
        json.dumps({"id": "talk", "turns": [{"question": "长" * 2001}, {"question": "审核组长由谁担任？"}]}),
        json.dumps({"id": "good", "question": QUESTION}),
    ]
    (tmp_path / "q.jsonl").write_text("\n".join(lines), encoding="utf-8")
    batch = ["--batch", tmp_path / "q.jsonl", "--out", tmp_path / "a.jsonl", "--home", home]
    code, _, err = run(capsys, "ask", *batch)
    assert (code, "errors 4" in err) == (0, True)
    answers = lines_of(tmp_path / "a.jsonl")
    assert [line["id"] for line in answers] == ["line 1", "line 2", "long", "talk#0", "talk#1", "good"]
    failed = [line["status"] == "error" for line in answers]
    assert failed == [True, True, True, True, False, False]
    assert all("2000" in line["notices"][0] for line in answers[2:4])
    assert run(capsys, "search", *batch)[0] == 0
    found = lines_of(tmp_path / "a.jsonl")
    assert ["error" in line for line in found] == failed
    assert "2000" in found[2]["error"]


def test_search_batch_has_the_form_of_the_contract(capsys, home, tmp_path):
    (tmp_path / "q.jsonl").write_text(
        json.dumps({"id": "a", "question": QUESTION}) + "\n{\n", encoding="utf-8"
    )
    out = tmp_path / "r.jsonl"
    assert (
        run(capsys, "search", "--batch", tmp_path / "q.jsonl", "--out", out, "--home", home, "-k", 3)[0] == 0
    )
    good, bad = lines_of(out)
    assert set(good["hits"][0]) == {"document", "passage_id", "score", "start", "end", "text"}
    assert (bad["id"], bad["hits"]) == ("line 2", [])


def test_a_batch_without_one_good_line_is_a_mistake(capsys, home, tmp_path):
    (tmp_path / "q.jsonl").write_text("nothing\n", encoding="utf-8")
    assert (
        run(capsys, "ask", "--batch", tmp_path / "q.jsonl", "--out", tmp_path / "a.jsonl", "--home", home)[0]
        == 2
    )


def test_an_interrupted_batch_keeps_its_lines_and_the_earlier_result(home, tmp_path):
    questions = "\n".join(json.dumps({"id": i, "question": QUESTION}) for i in range(20000))
    (tmp_path / "q.jsonl").write_text(questions, encoding="utf-8")
    (tmp_path / "a.jsonl").write_text("earlier\n", encoding="utf-8")
    command = [sys.executable, "-m", "ui", "ask", "--home", home]
    command += ["--batch", tmp_path / "q.jsonl", "--out", tmp_path / "a.jsonl"]
    partial = tmp_path / "a.jsonl.partial"
    with subprocess.Popen(list(map(str, command)), cwd=ROOT, stderr=subprocess.PIPE) as running:
        until(lambda: partial.exists() and partial.stat().st_size > 5000)
        running.send_signal(signal.SIGINT)
        err = running.stderr.read().decode()
        assert running.wait(PATIENCE) == 130
    assert "Traceback" not in err
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8") == "earlier\n"
    assert len(partial.read_text(encoding="utf-8").splitlines()) > 3


# Mistakes


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["ask", "  "],
        ["ask", "问", "--batch", "x"],
        ["ask", "--batch", "/nowhere/q.jsonl"],
        ["search", "问", "-k", "0"],
        ["search", "问", "-k", "many"],
        ["search", "问", "-k", "9" * 5000],
        ["search", "问", "--mode", "magic"],
        ["sync"],
        ["sync", "/nowhere"],
        ["export"],
        ["nonsense"],
        ["ask", "问", "--nonsense"],
        ["serve", "--host", "0.0.0.0"],
        ["serve", "--port", "99999"],
        ["serve", "--docs", "/nowhere", "--port", str(free_port())],
        ["ask", "问", "--settings", "/nowhere/zhida.toml"],
    ],
)
def test_a_mistake_gets_one_line_and_code_2(capsys, tmp_path, arguments):
    home = [] if arguments[0] == "nonsense" else ["--home", tmp_path / "h"]
    code, _, err = run(capsys, *arguments, *home)
    assert code == 2
    assert one_line(err)


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", QUESTION, "-k", "1001"],
        ["search", QUESTION, "-k", "99999999999"],
        ["search", QUESTION, "-k", "1" + "0" * 20],
        ["search", "长" * 2001],
        ["ask", "长" * 2001],
    ],
    ids=lambda arguments: " ".join(arguments)[:30],
)
def test_what_is_too_much_is_refused_though_there_is_a_library(home, arguments):
    done = process(*arguments, "--home", home)
    assert (done.returncode, done.stdout) == (2, b"")
    assert one_line(done.stderr.decode())
    assert b"1000" in done.stderr or b"2000" in done.stderr


def test_the_most_passages_that_a_search_may_return(capsys, home):
    code, out, _ = run(capsys, "search", QUESTION, "-k", "1000", "--home", home, "--json")
    assert code == 0
    assert json.loads(out)["hits"]


def test_a_library_without_documents_says_what_to_do(capsys, docs, tmp_path):
    home = tmp_path / "h"
    run(capsys, "sync", docs, "--home", home)
    with Library.open(home, open_embedder("")) as library:
        for document in library.documents():
            library.remove(document.name)
    (tmp_path / "q.jsonl").write_text('{"question": "问"}\n', encoding="utf-8")
    batch = ["--batch", tmp_path / "q.jsonl", "--out", tmp_path / "a.jsonl"]
    for command in (["ask", "问"], ["search", "问"], ["ask", *batch], ["search", *batch]):
        code, out, err = run(capsys, *command, "--home", home)
        assert (code, out, one_line(err)) == (2, "", True)
        assert "库里还没有文档" in err
        assert "zhida sync FOLDER" in err
    assert not (tmp_path / "a.jsonl").exists()


def test_a_first_sync_that_reads_nothing_leaves_no_library_that_answers(capsys, tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "空.txt").write_bytes(b"")
    assert run(capsys, "sync", tmp_path / "d", "--home", tmp_path / "h")[0] == 2
    for command in ("ask", "search"):
        code, out, err = run(capsys, command, "问", "--home", tmp_path / "h")
        assert (code, out, one_line(err)) == (2, "", True)
        assert "zhida sync" in err


def test_no_library_yet_says_what_to_do(capsys, tmp_path):
    for command in (
        ["ask", "问"],
        ["search", "问"],
        ["status"],
        ["export", "-"],
        ["serve", "--port", free_port()],
    ):
        code, out, err = run(capsys, *command, "--home", tmp_path / "none")
        assert (code, out, one_line(err)) == (2, "", True)
        assert "zhida sync" in err


def test_an_unknown_setting_names_the_nearest(capsys, home, tmp_path, monkeypatch):
    (tmp_path / "zhida.toml").write_text("passage = 3\n", encoding="utf-8")
    code, _, err = run(capsys, "ask", "问", "--home", home, "--settings", tmp_path / "zhida.toml")
    assert (code, one_line(err)) == (2, True)
    assert "passages" in err
    monkeypatch.setenv("ZHIDA_CHATMODEL", "x")
    assert "ZHIDA_CHAT_MODEL" in run(capsys, "status", "--home", home)[2]


def test_a_library_of_another_model_is_refused_and_can_be_rebuilt(capsys, docs, tmp_path):
    home, model = tmp_path / "h", tmp_path / "model"
    run(capsys, "sync", docs, "--home", home)
    shutil.copytree(EMBEDDED_MODEL, model)
    card = json.loads((model / "zhida.json").read_text(encoding="utf-8"))
    (model / "zhida.json").write_text(json.dumps({**card, "name": "other"}), encoding="utf-8")
    settings = tmp_path / "zhida.toml"
    settings.write_text(f"embedding_model = {json.dumps(str(model))}\n", encoding="utf-8")
    for command in (["ask", QUESTION], ["sync", docs], ["serve", "--port", free_port()]):
        code, _, err = run(capsys, *command, "--home", home, "--settings", settings)
        assert (code, one_line(err)) == (2, True)
        assert "--rebuild" in err
    assert "九十天" in run(capsys, "ask", QUESTION, "--home", home)[1]
    assert run(capsys, "sync", docs, "--rebuild", "--home", home, "--settings", settings)[0] == 0
    assert "九十天" in run(capsys, "ask", QUESTION, "--home", home, "--settings", settings)[1]


def test_serve_names_the_command_that_rebuilds_for_another_model(capsys, docs, tmp_path):
    home, model = tmp_path / "资料 库", tmp_path / "model"
    run(capsys, "sync", docs, "--home", home)
    shutil.copytree(EMBEDDED_MODEL, model)
    card = json.loads((model / "zhida.json").read_text(encoding="utf-8"))
    (model / "zhida.json").write_text(json.dumps({**card, "name": "other"}), encoding="utf-8")
    settings = tmp_path / "zhida.toml"
    settings.write_text(f"embedding_model = {json.dumps(str(model))}\n", encoding="utf-8")
    options = ["--home", home, "--settings", settings]
    code, _, err = run(capsys, "serve", "--docs", docs, "--port", free_port(), *options)
    assert (code, one_line(err)) == (2, True)
    command = shlex.split(err.split("`")[1])
    assert command[:4] == ["zhida", "sync", str(docs), "--rebuild"]
    assert run(capsys, *command[1:])[0] == 0
    assert "九十天" in run(capsys, "ask", QUESTION, *options)[1]


def test_serve_names_the_program_as_it_was_called(monkeypatch):
    parse = build_parser(["serve"]).parse_args
    monkeypatch.setattr(sys, "argv", [".venv/bin/zhida", "serve"])
    command = rebuild_command(parse(["serve", "--docs", "我的 文件", "--home", ".zhida"]))
    assert command == ".venv/bin/zhida sync '我的 文件' --rebuild --home .zhida"


def test_names_and_texts_of_documents_do_not_steer_the_terminal(capsys, tmp_path):
    docs, home = tmp_path / "d", tmp_path / "h"
    docs.mkdir()
    name = "坏\x1b]0;owned\x07\n假.txt"
    (docs / name).write_text("仓库温度计的校准周期\x1b[2J\x9b31m\u202e为九十天。\n", encoding="utf-8")
    (docs / f"空{name}").write_bytes(b"")
    (docs / f"{name}.pdf").write_bytes(b"\x00\xff")
    outputs = [
        run(capsys, *command, "--home", home)
        for command in (
            ["sync", docs],
            ["ask", QUESTION],
            ["search", QUESTION],
            ["status"],
            ["sync", docs / name / "x"],
        )
    ]
    for _, out, err in outputs:
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out + err)
        assert "\n假" not in out + err
    assert "␛]0;owned" in outputs[0][1]
    assert [code for code, _, _ in outputs] == [0, 0, 0, 0, 2]


def test_an_output_that_cannot_be_written_is_told(capsys, home, tmp_path):
    code, _, err = run(capsys, "export", tmp_path / "no" / "p.jsonl", "--home", home)
    assert (code, one_line(err)) == (2, True)


def test_version_and_help(capsys):
    assert run(capsys, "--version")[:2][0] == 0
    for command in COMMANDS:
        code, out, _ = run(capsys, command, "--help")
        assert code == 0
        assert "--home" in out
    code, _, err = run(capsys)
    assert code == 2
    assert "COMMAND" in err


def test_doctor_finds_this_machine_in_order_and_a_missing_model_not(capsys, home, monkeypatch):
    code, out, _ = run(capsys, "doctor", "--home", home, "--json")
    assert (code, json.loads(out)["ok"]) == (0, True)
    monkeypatch.setenv("ZHIDA_EMBEDDING_MODEL", "/nowhere/model")
    code, out, _ = run(capsys, "doctor", "--home", home)
    assert code == 1
    assert "问题 problem embedding model" in out


# As a process


def test_ask_loads_neither_gradio_nor_torch(home):
    program = (
        "import sys; from ui.cli import main; "
        f"code = main(['ask', {QUESTION!r}, '--home', {str(home)!r}]); "
        "heavy = {'gradio', 'torch', 'langchain', 'langchain_core', 'sentence_transformers', 'fastapi', 'sklearn'}; "
        "print(sorted(heavy & set(sys.modules)), code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, timeout=PATIENCE, check=True
    )
    assert done.stdout.decode().splitlines()[-1] == "[] 0"


NO_CHINESE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
"""An environment in which Python knows ASCII only."""


def test_chinese_comes_out_whole_where_the_locale_knows_none(home):
    if not str(home).isascii():
        pytest.skip(
            f"SKIPPED: without Chinese in the locale no library opens below a folder named {home.parent}"
        )
    done = process("ask", QUESTION, "--home", home, env=os.environ | NO_CHINESE)
    assert done.returncode == 0
    assert "九十天" in done.stdout.decode("utf-8")


@pytest.mark.parametrize("command", [["ask", QUESTION], ["sync", "."]])
def test_a_chinese_folder_that_no_engine_could_open_is_one_clear_line(tmp_path, command):
    done = process(*command, "--home", tmp_path / "资料库", env=os.environ | NO_CHINESE)
    said = done.stderr.decode("utf-8")
    assert done.returncode == 2
    assert one_line(said)
    assert "资料库" in said and "PYTHONUTF8=1" in said
    assert list(tmp_path.iterdir()) == []


def test_the_library_may_be_named_behind_each_command(capsys, tmp_path):
    home = tmp_path / "h"
    assert run(capsys, "user", "add", "li", "--no-password", "--home", home)[0] == 0
    assert "li" in run(capsys, "user", "list", "--home", home)[1]
    assert "li" in run(capsys, "user", "--home", home, "list")[1]
    assert run(capsys, "collection", "allow", "内审", "质量部", "--home", home)[0] == 0
    assert run(capsys, "widget", "list", "--home", home)[0] == 0


@pytest.mark.parametrize("name", ["~x", "a" * 101, "甲\n乙"])
def test_a_collection_has_a_name_that_the_api_would_take(capsys, docs, tmp_path, name):
    code, _, err = run(capsys, "sync", docs, "--collection", name, "--home", tmp_path / "h")
    assert code == 2 and one_line(err) and "--collection" in err
    assert not (tmp_path / "h").exists()


def test_answers_into_a_folder_leave_nothing_beside_it(capsys, home, tmp_path):
    (tmp_path / "q.jsonl").write_text(json.dumps({"id": "1", "question": QUESTION}), encoding="utf-8")
    (tmp_path / "out").mkdir()
    code, _, err = run(
        capsys, "ask", "--batch", tmp_path / "q.jsonl", "--out", tmp_path / "out", "--home", home
    )
    assert code == 2 and one_line(err)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out", "q.jsonl"]


def test_a_reader_that_leaves_is_no_error(home):
    command = (
        f"{shlex.quote(sys.executable)} -m ui export - --home {shlex.quote(str(home))} "
        "| head -c 20 >/dev/null; exit ${PIPESTATUS[0]}"
    )
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, timeout=PATIENCE)
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


def test_a_taken_port_is_told_before_anything_is_loaded(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = process("serve", "--port", other.getsockname()[1], "--home", tmp_path / "h")
    assert done.returncode == 2
    assert one_line(done.stderr.decode())
    assert "--port" in done.stderr.decode()


def test_serve_says_one_line_when_ready_indexes_nothing_twice_and_ends_quietly(docs, home):
    command = [sys.executable, "-m", "ui", "serve", "--docs", docs, "--home", home, "--port", free_port()]
    command = [str(part) for part in command]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        line = server.stdout.readline().decode()
        url = line[line.index("http://") :].strip()
        assert url == f"http://127.0.0.1:{command[-1]}"
        with urllib.request.urlopen(f"{url}/readyz", timeout=PATIENCE) as response:
            assert json.load(response)["documents"] == 2
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=PATIENCE)
    assert server.returncode == 0
    assert out == b""
    told, *logged = err.decode().splitlines()
    assert told == "正在启动 starting…"
    assert [json.loads(line)["route"] for line in logged] == ["/readyz"]


# Filters and collections


def test_search_and_ask_only_where_they_are_told_to(capsys, docs, tmp_path):
    home = tmp_path / "h"
    run(capsys, "sync", docs / "计量简报.txt", "--home", home)
    run(capsys, "sync", docs / "内审通知.txt", "--home", home, "--collection", "内审")
    for filters, expected in (
        ([], {"计量简报.txt", "内审通知.txt"}),
        (["--collection", "内审"], {"内审通知.txt"}),
        (["--document", "计量简报.txt"], {"计量简报.txt"}),
        (["--document", "计量简报.txt", "--collection", "内审"], set()),
        (["--from", "2030"], set()),
    ):
        _, out, _ = run(capsys, "search", "审核组长与校准周期", "--json", "--home", home, *filters)
        assert {hit["document"] for hit in json.loads(out)["hits"]} == expected
    _, out, _ = run(capsys, "ask", QUESTION, "--json", "--home", home, "--collection", "内审")
    assert json.loads(out)["status"] == "refused"
    _, out, _ = run(capsys, "ask", "审核组长是谁？", "--json", "--home", home, "--collection", "内审")
    assert json.loads(out)["citations"][0]["collection"] == "内审"


@pytest.mark.parametrize("date", ["2024-13", "24", "2024-1-1", "明年"])
def test_a_filter_that_is_no_date_is_refused_in_one_line(capsys, home, date):
    code, _, err = run(capsys, "search", "校准", "--home", home, "--from", date)
    assert code == 2 and one_line(err) and "YYYY" in err
