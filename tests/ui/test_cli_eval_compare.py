"""`zhida eval compare` and `zhida eval gate` as they are typed: output, exit codes, one line for a mistake."""

import json
from pathlib import Path

import pytest

from tests.eval.made_runs import made_run, with_errors, write
from ui.cli import main


@pytest.fixture
def runs(tmp_path):
    before = made_run([1.0] * 170 + [0.0] * 30, "before", tags=[["数字"]] * 200, settings={"passages": 8})
    after = made_run(
        [0.0] * 20 + [1.0] * 150 + [0.0] * 30, "after", tags=[["数字"]] * 200, settings={"passages": 1}
    )
    return write(before, tmp_path / "A"), write(after, tmp_path / "B")


@pytest.fixture
def gates(tmp_path):
    file = tmp_path / "gates.toml"
    file.write_text("[correct]\nmin = 0.85\nmax_drop = 0.03\n", encoding="utf-8")
    return file


def test_compare_tells_flips_figures_and_settings(runs, capsys):
    a, b = runs
    assert main(["eval", "compare", str(a), str(b)]) == 0
    out = capsys.readouterr().out
    assert "right → wrong: 20" in out and "q0" in out and "wrong → right: 0" in out
    assert "-10.0%" in out and "变差 worse" in out and "settings.passages" in out


def test_compare_as_json_and_narrowed(runs, capsys):
    a, b = runs
    assert main(["eval", "compare", str(a), str(b), "--json", "--metrics", "correct, passed"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in found["metrics"]] == ["passed", "correct"]
    assert len(found["flips"]) == 20 and found["gates"] == []


def test_compare_with_gates_uses_a_as_the_baseline(runs, gates, capsys):
    a, b = runs
    assert main(["eval", "compare", str(a), str(b), "--gates", str(gates)]) == 1
    assert "correct.max_drop" in capsys.readouterr().out
    assert main(["eval", "compare", str(a), str(a), "--gates", str(gates)]) == 0


def test_compare_refuses_other_questions_in_one_line(runs, tmp_path, capsys):
    other = write(made_run([1.0] * 3, "other"), tmp_path / "C")
    assert main(["eval", "compare", str(runs[0]), str(other)]) == 2
    error = capsys.readouterr().err
    assert "--intersect" in error and error.count("\n") == 1
    assert main(["eval", "compare", str(runs[0]), str(tmp_path / "nowhere")]) == 2
    assert main(["eval", "compare", str(runs[0]), str(runs[1]), "--metrics", "corect"]) == 2


def test_compare_of_an_unfinished_run_is_3(runs, tmp_path, capsys):
    half = write(made_run([1.0] * 5, "half", finished=False), tmp_path / "C")
    assert main(["eval", "compare", str(half), str(half)]) == 3
    assert "half" in capsys.readouterr().err


def test_compare_of_a_run_without_scores_says_so(runs, capsys):
    (runs[1] / "scores.jsonl").unlink()
    assert main(["eval", "compare", *map(str, runs)]) == 4
    assert f"zhida eval score {runs[1]}" in capsys.readouterr().err


def test_gate_exit_codes(runs, gates, tmp_path, capsys):
    a, b = map(str, runs)
    given = ["--gates", str(gates)]
    assert main(["eval", "gate", a, "--baseline", a, *given]) == 0
    assert capsys.readouterr().out.count("通过 pass") == 2
    assert main(["eval", "gate", b, "--baseline", a, *given]) == 1
    out = capsys.readouterr().out
    assert out.count("未过 FAIL") == 2 and "75.0% < 85.0%" in out
    assert main(["eval", "gate", a, *given]) == 2  # a drop from what?
    error = capsys.readouterr().err
    assert "--baseline" in error and error.count("\n") == 1
    failing = str(write(with_errors(made_run([1.0] * 10, "failing"), 3), tmp_path / "C"))
    assert main(["eval", "gate", failing, "--baseline", failing, *given]) == 3
    assert "3/10" in capsys.readouterr().err
    assert main(["eval", "gate", str(write(made_run([]), tmp_path / "D")), *given]) == 4
    assert "nothing was evaluated" in capsys.readouterr().err


def test_gate_as_json(runs, gates, capsys):
    a, b = map(str, runs)
    assert main(["eval", "gate", b, "--baseline", a, "--gates", str(gates), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["code"] == 1 and [one["passed"] for one in found["gates"]] == [False, False]
    assert found["gates"][0]["name"] == "correct.min"


def test_gate_without_a_gates_file_says_which_it_looked_for(runs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path / "A")
    assert main(["eval", "gate", str(runs[0])]) == 2
    assert "gates.toml" in capsys.readouterr().err


SAMPLE = Path("eval/sets/sample")


def test_the_sample_sets_gates_are_read():
    from eval.gate import read_gates

    names = {gate.name for gate in read_gates(SAMPLE / "gates.toml").gates}
    assert {"correct.min", "passed.min"} <= names


@pytest.mark.slow
def test_a_broken_setting_does_not_get_through_the_sample_sets_gates(tmp_path, monkeypatch, capsys):
    home, run = tmp_path / "home", tmp_path / "run"
    assert main(["sync", str(SAMPLE / "documents"), "--home", str(home), "--json"]) == 0
    monkeypatch.setenv("ZHIDA_PASSAGES", "1")
    monkeypatch.setenv("ZHIDA_CANDIDATES", "1")
    assert main(["eval", "run", str(SAMPLE / "gold.jsonl"), "--home", str(home), "--out", str(run)]) == 0
    capsys.readouterr()
    assert main(["eval", "gate", str(run), "--gates", str(SAMPLE / "gates.toml")]) == 1
    failed = [line for line in capsys.readouterr().out.splitlines() if "FAIL" in line]
    assert any("correct.min" in line for line in failed) and any(
        "all_evidence@sent" in line for line in failed
    )
