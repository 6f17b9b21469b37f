"""`zhida eval sweep`, `draft` and `approve` as they are typed: what is printed, written, and how they end."""

import json
import tomllib

import pytest

from tests.ui.test_cli import QUESTION, lines_of, one_line, run

GOLD = [
    ("审核组长由谁担任？", "何敏", "内审通知.txt", "审核组长由何敏担任"),
    (QUESTION, "九十天", "计量简报.txt", "仓库温度计的校准周期为九十天"),
]


@pytest.fixture
def gold(tmp_path):
    """Two questions, each in twenty ways that differ only by question marks."""
    lines = [
        {
            "id": f"q{number}-{i}",
            "question": question + "？" * i,
            "facts": [[fact]],
            "evidence": [{"doc": document, "quote": quote}],
        }
        for number, (question, fact, document, quote) in enumerate(GOLD)
        for i in range(20)
    ]
    file = tmp_path / "gold.jsonl"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return file


def space(tmp_path, text):
    file = tmp_path / "space.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_sweep_writes_its_settings_and_goes_on_where_it_was(capsys, tmp_path, docs, gold):
    out = tmp_path / "out"
    values = "[values]\npassages = [2, 8]\nrerank_weight = [0, 1]\npassage_length = [60, 230]\n"
    command = ["eval", "sweep", space(tmp_path, values), "--gold", gold, "--documents", docs, "--out", out]
    code, table, err = run(capsys, *command)
    assert (code, "Traceback" in err) == (0, False)
    assert "passage_length=60" in table and "按问题哈希" in err
    assert tomllib.loads((out / "zhida.toml").read_text(encoding="utf-8")) == {}  # all answer everything
    told = json.loads((out / "sweep.json").read_text(encoding="utf-8"))
    assert len(told["candidates"]) == 8 and not told["adopted"]
    assert all(one["values"]["correct"] == 1 for one in told["candidates"])
    assert len(list((out / "libraries").iterdir())) == 2
    before = {file: file.stat().st_mtime_ns for file in out.rglob("items.jsonl")}
    assert len(before) >= 9
    assert run(capsys, *command)[1] == table
    assert {file: file.stat().st_mtime_ns for file in out.rglob("items.jsonl")} == before


def test_retrieval_only_asks_for_no_answer(capsys, tmp_path, docs, gold):
    out = tmp_path / "out"
    values = 'retrieval_objective = "mrr"\n[values]\nfusion_weight = [0, 1, ""]\n'
    command = ["eval", "sweep", space(tmp_path, values), "--gold", gold, "--documents", docs, "--out", out]
    code, table, _ = run(capsys, *command, "--retrieval-only")
    assert (code, "mrr" in table.lower(), (out / "runs").exists()) == (0, True, False)


@pytest.mark.parametrize(
    "text", ["[values]\npasages = [1]\n", "", "[values]\npassages = [8]\n", "[values]\npassages = [-1]\n"]
)
def test_a_mistake_in_the_space_is_one_line(capsys, tmp_path, docs, gold, text):
    command = ["--gold", gold, "--documents", docs, "--out", tmp_path / "out"]
    code, _, err = run(capsys, "eval", "sweep", space(tmp_path, text), *command)
    assert (code, one_line(err)) == (2, True)


def test_a_folder_that_is_not_there_is_one_line(capsys, tmp_path, gold):
    good = space(tmp_path, "[values]\npassages = [2]\n")
    code, _, err = run(
        capsys,
        "eval",
        "sweep",
        good,
        "--gold",
        gold,
        "--documents",
        tmp_path / "none",
        "--out",
        tmp_path / "o",
    )
    assert (code, "none" in err, "Traceback" in err) == (2, True, False)


def test_from_an_answer_to_an_approved_question(capsys, home, tmp_path):
    questions, answers, drafts, gold = (tmp_path / f"{name}.jsonl" for name in ("q", "a", "drafts", "gold"))
    asked = [QUESTION, QUESTION, "火星基地的食堂几点开门？", "审核组长由谁担任？我的手机13800138000"]
    questions.write_text(
        "".join(json.dumps({"id": f"n{i}", "question": text}) + "\n" for i, text in enumerate(asked)), "utf-8"
    )
    assert run(capsys, "ask", "--batch", questions, "--out", answers, "--home", home)[0] == 0
    code, out, _ = run(capsys, "eval", "draft", answers, "--out", drafts)
    lines = lines_of(drafts)
    assert (code, len(lines)) == (0, 3)
    assert [line["status"] for line in lines] == ["draft"] * 3
    assert not lines[0]["answerable"] and "13800138000" not in drafts.read_text("utf-8")
    (twice,) = [line for line in lines if line["question"] == QUESTION]
    assert "2" in twice["notes"] and twice["evidence"][0][0]["doc"] == "计量简报.txt"
    command = ["eval", "approve", drafts, "--id", twice["id"], "--reviewer", "李工", "--into", gold]
    code, _, err = run(capsys, *command)
    assert (code, one_line(err), gold.exists()) == (2, True, False)  # it has no fact yet
    twice["facts"] = [{"any": ["九十天", "90天"]}]
    drafts.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    assert run(capsys, *command)[0] == 0
    assert [(line["id"], line["reviewer"]) for line in lines_of(gold)] == [(twice["id"], "李工")]
    assert len(lines_of(drafts)) == 2
    again = tmp_path / "again.jsonl"
    assert run(capsys, "eval", "draft", answers, "--out", again, "--gold", gold)[0] == 0
    assert QUESTION not in [line["question"] for line in lines_of(again)] and len(lines_of(again)) == 2


def test_drafts_are_not_overwritten_and_reasons_are_checked(capsys, tmp_path):
    answers, drafts = tmp_path / "a.jsonl", tmp_path / "drafts.jsonl"
    answers.write_text(
        '{"id": "a", "question": "问？", "status": "refused", "answer": "无"}\n', encoding="utf-8"
    )
    assert (
        run(capsys, "eval", "draft", answers, "--out", drafts, "--only", "low")[0] == 0
        and not drafts.exists()
    )
    assert run(capsys, "eval", "draft", answers, "--out", drafts, "--only", "refused")[0] == 0
    code, _, err = run(capsys, "eval", "draft", answers, "--out", drafts)
    assert (code, one_line(err)) == (2, True)
    assert run(capsys, "eval", "draft", answers, "--out", drafts, "--only", "nonsense")[0] == 2
    code, _, err = run(capsys, "eval", "draft", tmp_path / "none.jsonl")
    assert (code, one_line(err)) == (2, True)
