"""`zhida eval lint`, `import` and `export` as they are called: what is printed, what is written, exit codes."""

import json
from pathlib import Path

import pytest

from eval.gold import read_gold
from eval.gold_files import read_any
from ui.cli import main

QUOTE = "仓库温度计的校准周期为九十天"
GOOD = {
    "id": "q-1",
    "question": "仓库温度计的校准周期是多少天？",
    "answers": ["90天"],
    "facts": [{"type": "number", "value": 90, "unit": "天"}],
    "evidence": [[{"doc": "计量简报.txt", "quote": QUOTE}]],
    "tags": ["数字"],
}


@pytest.fixture
def gold(tmp_path):
    def write(*items, name="gold.jsonl") -> Path:
        file = tmp_path / name
        file.write_text("\n".join(json.dumps(item, ensure_ascii=False) for item in items), encoding="utf-8")
        return file

    return write


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A working folder without a library."""
    monkeypatch.chdir(tmp_path)


def zhida(*arguments) -> int:
    return main(["eval", *map(str, arguments)])


def test_lint_passes_a_good_set(gold, home, capsys):
    assert zhida("lint", gold(GOOD), "--home", home) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == "1 题 questions · 错误 error 0 · 警告 warning 0 · 提示 note 2"


def test_lint_fails_on_an_error_and_tells_one_line_each(gold, home, capsys):
    missing = {
        **GOOD,
        "id": "q-2",
        "question": "何时收回？",
        "evidence": [[{"doc": "计量简报.txt", "quote": "到期前三十天由仓库员收回"}]],
    }
    assert zhida("lint", gold(GOOD, missing, {**GOOD, "id": "q-3"}), "--home", home) == 2
    out = capsys.readouterr().out.splitlines()
    assert any(line.startswith("错误 error · q-2 · quote-missing") for line in out)
    assert any(line.startswith("错误 error · q-3 · duplicate") for line in out)


def test_lint_with_warnings_only_is_no_failure(gold, elsewhere, capsys):
    assert zhida("lint", gold({**GOOD, "evidence": []})) == 0
    said = capsys.readouterr()
    assert "no-evidence" in said.out
    assert "引文未核对" in said.err


def test_lint_as_json_and_against_training_data(gold, elsewhere, tmp_path, capsys):
    train = tmp_path / "train.jsonl"
    train.write_text(json.dumps({"query": GOOD["question"], "positive": "…"}), encoding="utf-8")
    assert zhida("lint", gold(GOOD), "--json", "--train", train) == 2
    said = json.loads(capsys.readouterr().out)
    assert (said["questions"], said["error"], said["library"]) == (1, 1, False)
    assert said["findings"][0]["code"] == "leak"


def test_a_library_of_other_documents_is_only_used_when_asked_for(gold, home, tmp_path, monkeypatch, capsys):
    other = {**GOOD, "evidence": [[{"doc": "别的.txt", "quote": QUOTE}]]}
    monkeypatch.setenv("ZHIDA_HOME", str(home))
    assert zhida("lint", gold(other)) == 0
    assert "引文未核对" in capsys.readouterr().err
    assert zhida("lint", gold(other), "--home", home) == 2
    assert "unknown-document" in capsys.readouterr().out
    assert zhida("lint", gold(GOOD)) == 0
    assert "引文未核对" not in capsys.readouterr().err


def test_a_home_that_is_not_there_is_one_clear_line(gold, tmp_path, capsys):
    assert zhida("lint", gold(GOOD), "--home", tmp_path / "none") == 2
    assert capsys.readouterr().err.startswith("zhida: 错误 error: 还没有建立索引")


@pytest.mark.parametrize("command", ["lint", "export", "import"])
def test_a_bad_gold_file_is_told_line_by_line(command, gold, elsewhere, capsys):
    file = gold({"id": "a"}, {"id": "b", "question": 3})
    more = {"lint": [], "export": ["x.csv"], "import": ["--out", "x.jsonl"]}[command]
    assert zhida(command, file, *more) == 2
    err = capsys.readouterr().err.splitlines()
    assert "第 1 行" in err[0] and "第 2 行" in err[1]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_export_and_import_are_a_round_trip(kind, gold, tmp_path, capsys):
    conversation = {
        "id": "c",
        "turns": [{"question": "谁收回？", "facts": [["计量员"]]}, {"question": "几天前？"}],
    }
    file = gold(GOOD, conversation)
    assert zhida("export", file, tmp_path / f"gold.{kind}", "--chinese") == 0
    assert zhida("import", tmp_path / f"gold.{kind}", "--out", tmp_path / "back.jsonl") == 0
    assert read_gold(tmp_path / "back.jsonl").items == read_gold(file).items
    assert "3 题" in capsys.readouterr().err


def test_the_simple_form_is_refused_or_said_to_lose(gold, tmp_path, capsys):
    file, out = gold({**GOOD, "forbidden": ["180天"]}), tmp_path / "simple.jsonl"
    assert zhida("export", file, out, "--form", "simple") == 2
    assert "q-1: forbidden" in capsys.readouterr().err and not out.exists()
    assert zhida("export", file, out, "--form", "simple", "--lossy") == 0
    assert "警告 warning · q-1" in capsys.readouterr().err
    assert json.loads(out.read_text(encoding="utf-8"))["facts"] == [["90天", "90 天"]]
    assert zhida("export", file, tmp_path / "simple.csv", "--form", "simple") == 2


def test_errors_of_a_table_name_row_and_column(tmp_path, capsys):
    (tmp_path / "gold.csv").write_bytes("问题,要点\n几天？,数字:九十 天\n".encode("gb18030"))
    assert zhida("import", tmp_path / "gold.csv", "--out", tmp_path / "gold.jsonl") == 2
    assert "第 2 行“要点”列" in capsys.readouterr().err
    assert not (tmp_path / "gold.jsonl").exists()


@pytest.fixture
def dataset(tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    documents = [{"id": f"d{i}", "title": f"标题{i}", "text": f"第{i}篇文档说九十天。"} for i in range(9)]
    questions = [
        {
            "id": f"q{i}",
            "question": f"第{i}篇？",
            "answers": ["九十天"],
            "doc_ids": [f"d{i}"],
            "answerable": True,
        }
        for i in range(9)
    ]
    for name, lines in (("corpus.jsonl", documents), ("questions.dev.jsonl", questions)):
        (folder / name).write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return folder


def test_a_data_set_becomes_documents_and_gold(dataset, tmp_path, capsys):
    out, documents = tmp_path / "gold.jsonl", tmp_path / "documents"
    assert zhida("import", dataset, "--documents", documents, "--out", out, "--sample", 3, "--limit", 5) == 0
    gold = read_any(out)
    assert len(gold.items) == 3 and len(list(documents.iterdir())) == 5
    assert all((documents / group[0].document).is_file() for item in gold.items for group in item.evidence)
    assert "3 题 questions" in capsys.readouterr().err
    first = out.read_bytes()
    assert zhida("import", dataset, "--out", out, "--sample", 3) == 0
    assert out.read_bytes() == first
    assert zhida("import", dataset, "--out", out, "--sample", 3, "--seed", 1) == 0
    assert out.read_bytes() != first


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["none", "--documents", "d"], "没有数据集文件夹"),
        (["gold.jsonl", "--sample", "3"], "数据集文件夹"),
        (["set", "--limit", "3"], "--documents"),
        (["none.csv"], "不存在"),
        (["none.txt"], "不认识"),
        (["set", "--sample", "0"], "1"),
    ],
)
def test_wrong_calls_are_one_clear_line(arguments, reason, dataset, gold, elsewhere, capsys):
    gold(GOOD)
    try:
        code = zhida("import", *arguments, "--out", "out.jsonl")
    except SystemExit as end:
        code = end.code
    err = capsys.readouterr().err.splitlines()
    assert code == 2 and len(err) == 1 and reason in err[0]
    assert not Path("out.jsonl").exists()


def test_an_empty_table_does_not_empty_the_gold_set(tmp_path, capsys):
    there = tmp_path / "gold.jsonl"
    there.write_bytes(b"what was there")
    (tmp_path / "empty.csv").write_text("问题,答案\n", encoding="utf-8-sig")
    assert main(["eval", "import", str(tmp_path / "empty.csv"), "--out", str(there)]) == 2
    assert "no question" in capsys.readouterr().err and there.read_bytes() == b"what was there"
