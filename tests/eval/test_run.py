"""Runs: what is kept, resuming after anything, the same answers however many are asked at once, the cache."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.gold import Fact, GoldItem, GoldSet, PastTurn
from eval.record import Record, Run, RunError, RunInfo, read_run
from eval.run import RunOptions, config_hash, error_share, run_answers, run_gold, score_run
from eval.systems.answers_file import AnswersError, AnswersFile
from index.errors import AnswererError
from tests.eval.doubles import Echo, many
from tests.waiting import PATIENCE, until

GOLD = GoldSet(
    (
        GoldItem("a", "甲？", facts=(Fact(any=("甲",)),)),
        GoldItem("c#0", "乙？", conversation="c", facts=(Fact(any=("乙",)),)),
        GoldItem("c#1", "那么丙？", conversation="c", facts=(Fact(any=("丙",)),)),
        GoldItem("d", "丁？", history=(PastTurn("戊？", "戊。"),), facts=(Fact(any=("戊",)),)),
        GoldItem("u", "无？", answerable=False),
    ),
    "gold.jsonl",
)
ANSWERS = {
    "a": "甲？[1]",
    "c#0": "乙？[1]",
    "c#1": "那么丙？（乙？[1]）[1]",
    "d": "丁？（戊。）[1]",
    "u": "无？[1]",
}


def answers_of(run):
    return {id: record.answer for id, record in run.records.items()}


def test_everything_is_asked_with_what_came_before_it(tmp_path):
    system = Echo()
    run = run_gold(GOLD, system, tmp_path / "run")
    assert answers_of(run) == ANSWERS
    assert list(run.records) == [item.id for item in GOLD.items] and system.asked == [
        i.question for i in GOLD.items
    ]
    assert (
        run.info.finished and run.info.questions == 5 and run.info.name == "run" and run.info.system == "echo"
    )
    assert run.gold.items == GOLD.items and run.info.gold_hash == GOLD.hash == run.gold.hash
    assert {file.name for file in (tmp_path / "run").iterdir()} == {"run.json", "gold.jsonl", "items.jsonl"}


def test_a_record_is_read_back_as_it_was(tmp_path):
    run = run_gold(GOLD, Echo(), tmp_path)
    assert run.records["a"] == replace(Echo().ask("甲？", ()), id="a")


@pytest.mark.parametrize("parallel", [2, 5, 16])
def test_answers_do_not_depend_on_how_many_are_asked_at_once(tmp_path, parallel):
    gold = many(12)
    one = run_gold(gold, Echo(), tmp_path / "one")
    system = Echo(delay=0.002)
    system.on_ask = lambda _: time.sleep(random.random() / 500)
    several = run_gold(gold, system, tmp_path / "several", RunOptions(parallel=parallel))
    assert several.records == one.records and several.info.config_hash == one.info.config_hash
    assert sorted(system.asked) == sorted(item.question for item in gold.items)


def test_as_many_are_asked_at_once_as_may_be(tmp_path):
    gold = GoldSet(tuple(GoldItem(str(i), f"{i}？") for i in range(20)))
    system, all_there = Echo(), threading.Barrier(10, timeout=PATIENCE)
    system.on_ask = lambda _: all_there.wait()
    run = run_gold(gold, system, tmp_path, RunOptions(parallel=10))
    assert len(run.records) == 20 and error_share(run) == 0


def test_a_finished_run_asks_nothing_again(tmp_path):
    run_gold(GOLD, Echo(), tmp_path)
    system = Echo()
    assert answers_of(run_gold(GOLD, system, tmp_path)) == ANSWERS and system.asked == []


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_cut_off_anywhere_a_run_goes_on_to_the_same_answers(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("run")
    whole = run_gold(GOLD, Echo(), folder)
    items = folder / "items.jsonl"
    written = items.read_bytes()
    cut = data.draw(st.integers(0, len(written)))
    items.write_bytes(written[:cut])
    system = Echo()
    again = run_gold(GOLD, system, folder)
    assert again.records == whole.records
    assert len(system.asked) == 5 - written[:cut].count(b"\n")
    assert len(items.read_bytes().splitlines()) == 5


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from eval.run import RunOptions, run_gold
from tests.eval.doubles import Echo, many
run_gold(many(100), Echo(delay=0.1), Path(sys.argv[1]), RunOptions(parallel=2))
"""


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_goes_on_where_it_was(tmp_path, blow):
    folder = tmp_path / "run"
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder), str(root)], stderr=subprocess.DEVNULL, cwd=root
    )
    items = folder / "items.jsonl"
    until(lambda: process.poll() is None and items.exists() and items.read_bytes().count(b"\n") >= 20)
    with pytest.raises(RunError, match="另一个进程"):
        run_gold(many(100), Echo(), folder)
    os.kill(process.pid, blow)
    assert process.wait(PATIENCE) != 0
    before = items.read_bytes().count(b"\n")
    assert 20 <= before < 400 and not read_run(folder).info.finished
    system = Echo()
    run = run_gold(many(100), system, folder)
    assert len(system.asked) == 400 - before and run.info.finished
    assert answers_of(run) == answers_of(run_gold(many(100), Echo(), tmp_path / "other"))


def test_ctrl_c_leaves_what_was_answered(tmp_path):
    system = Echo()

    def interrupt(question):
        if question == "丁？":
            raise KeyboardInterrupt

    system.on_ask = interrupt
    for parallel in (1, 2):
        folder = tmp_path / str(parallel)
        with pytest.raises(KeyboardInterrupt):
            run_gold(GOLD, system, folder, RunOptions(parallel=parallel))
        stopped = read_run(folder)
        assert not stopped.info.finished and "d" not in stopped.records
        assert answers_of(run_gold(GOLD, Echo(), folder)) == ANSWERS


def test_a_run_of_other_questions_or_settings_is_not_resumed(tmp_path):
    run_gold(GOLD, Echo({"passages": 8}), tmp_path)
    with pytest.raises(RunError, match="the questions.*--fresh"):
        run_gold(many(1), Echo({"passages": 8}), tmp_path)
    with pytest.raises(RunError, match=r"settings\.passages"):
        run_gold(GOLD, Echo({"passages": 9}), tmp_path)
    assert answers_of(read_run(tmp_path)) == ANSWERS
    score_run(tmp_path)
    fresh = run_gold(many(1), Echo({"passages": 9}), tmp_path, RunOptions(fresh=True))
    assert len(fresh.records) == 4 and fresh.info.settings == {"passages": 9} and fresh.scores == ()


def test_nobody_elses_folder_is_filled(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    for fresh in (False, True):
        with pytest.raises(RunError, match=r"letter\.txt"):
            run_gold(GOLD, Echo(), tmp_path, RunOptions(fresh=fresh))
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]
    with pytest.raises(RunError, match="文件夹"):
        run_gold(GOLD, Echo(), tmp_path / "letter.txt")


def test_a_run_that_was_killed_in_its_first_moment_can_be_begun(tmp_path):
    (tmp_path / "items.jsonl").touch()
    (tmp_path / "run.json.partial").write_text("{")
    assert answers_of(run_gold(GOLD, Echo(), tmp_path)) == ANSWERS


@pytest.mark.parametrize("parallel", [1, 3])
def test_what_is_raised_is_an_error_of_one_question(tmp_path, parallel):
    system = Echo()

    def fail(question):
        if question == "乙？":
            raise AnswererError("服务停了\nthe server is down")
        if question == "丁？":
            raise ZeroDivisionError("oh")

    system.on_ask = fail
    run = run_gold(GOLD, system, tmp_path, RunOptions(parallel=parallel))
    assert run.records["c#0"].error == "服务停了 the server is down"
    assert run.records["d"].error.startswith("ZeroDivisionError: oh (test_run.py:")
    # What failed is no turn that the next question could refer to.
    assert run.records["c#1"].answer == "那么丙？[1]"
    assert error_share(run) == 2 / 5


def test_errors_are_asked_again_on_wish_with_the_turns_behind_them(tmp_path):
    system = Echo()

    def fail(question):
        if question == "乙？":
            raise AnswererError("down")

    system.on_ask = fail
    run_gold(GOLD, system, tmp_path)
    healthy = Echo()
    assert error_share(run_gold(GOLD, healthy, tmp_path)) == 1 / 5 and healthy.asked == []
    run = run_gold(GOLD, healthy, tmp_path, RunOptions(retry_errors=True))
    assert healthy.asked == ["乙？", "那么丙？"] and answers_of(run) == ANSWERS and error_share(run) == 0


# The cache


def test_kept_answers_are_not_asked_again_and_say_so(tmp_path):
    options = RunOptions(cache=tmp_path / "cache")
    run_gold(GOLD, Echo(), tmp_path / "one", options)
    system = Echo()
    run = run_gold(GOLD, system, tmp_path / "two", options)
    assert system.asked == [] and answers_of(run) == ANSWERS
    assert all(record.cached for record in run.records.values())
    assert not any(record.cached for record in read_run(tmp_path / "one").records.values())


def test_another_configuration_history_or_question_is_another_answer(tmp_path):
    options = RunOptions(cache=tmp_path / "cache")
    run_gold(GOLD, Echo(), tmp_path / "one", options)
    system = Echo({"passages": 9})
    run_gold(GOLD, system, tmp_path / "two", options)
    assert len(system.asked) == 5
    system = Echo()
    changed = replace(GOLD.items[3], history=(PastTurn("戊？", "己。"),))
    run_gold(GoldSet((GOLD.items[0], changed)), system, tmp_path / "three", options)
    assert system.asked == ["丁？"]


def test_errors_and_damaged_files_are_not_kept(tmp_path):
    options = RunOptions(cache=tmp_path / "cache")
    system = Echo()

    def fail(_):
        raise AnswererError("down")

    system.on_ask = fail
    run_gold(GOLD, system, tmp_path / "one", options)
    assert not list((tmp_path / "cache").rglob("*.json"))
    run_gold(GOLD, Echo(), tmp_path / "two", options)
    for file in (tmp_path / "cache").rglob("*.json"):
        file.write_bytes(file.read_bytes()[:9])
    healthy = Echo()
    assert (
        answers_of(run_gold(GOLD, healthy, tmp_path / "three", options)) == ANSWERS
        and len(healthy.asked) == 5
    )


def test_half_a_character_from_a_foreign_system_does_not_stop_a_run(tmp_path):
    gold = GoldSet((GoldItem("a", "甲？"),))
    system = Echo()
    system.ask = lambda question, turns: Record("", question, "answered", "坏\ud800字")
    for folder in ("one", "two"):
        run = run_gold(gold, system, tmp_path / folder, RunOptions(cache=tmp_path / "cache"))
        assert run.records["a"].answer == "坏?字"
    assert score_run(tmp_path / "two").scores[0].values["error"] == 0.0


def test_where_a_library_lies_does_not_change_the_configuration():
    assert config_hash(Echo().describe()) == config_hash(Echo().describe())
    assert config_hash(Echo({"a": 1}).describe()) != config_hash(Echo({"a": 2}).describe())


# Files of answers


def answers_file(tmp_path, answers):
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(json.dumps({"id": id, "answer": text}) + "\n" for id, text in answers.items()))
    return AnswersFile(file)


def test_a_file_of_answers_is_a_run(tmp_path):
    run = run_answers(
        GOLD, answers_file(tmp_path, {"a": "甲。", "c#0": "资料未提及。", "x": "?"}), tmp_path / "run"
    )
    assert [run.records[item.id].status for item in GOLD.items] == [
        "answered",
        "refused",
        "error",
        "error",
        "error",
    ]
    assert run.records["a"].question == "甲？" and error_share(run) == 3 / 5
    assert run.info.finished and run.info.system == "answers"


def test_a_file_for_other_questions_is_refused(tmp_path):
    with pytest.raises(AnswersError, match="'a'"):
        run_answers(GOLD, answers_file(tmp_path, {"x": "?"}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


# Scores


def test_a_run_is_scored_again_without_asking(tmp_path):
    run_gold(GOLD, Echo(), tmp_path)
    run = score_run(tmp_path)
    assert [score.id for score in run.scores] == [item.id for item in GOLD.items]
    assert [score.values.get("correct") for score in run.scores] == [1.0, 1.0, 1.0, 1.0, None]
    summary = (tmp_path / "summary.json").read_bytes()
    (tmp_path / "scores.jsonl").unlink()
    again = score_run(tmp_path)
    assert again.scores == run.scores == read_run(tmp_path).scores
    assert (tmp_path / "summary.json").read_bytes() == summary


def test_what_was_not_answered_counts_as_wrong(tmp_path):
    run_gold(GOLD, Echo(), tmp_path)
    items = tmp_path / "items.jsonl"
    items.write_bytes(b"".join(items.read_bytes().splitlines(keepends=True)[:2]))
    run = score_run(tmp_path)
    assert [score.values.get("correct") for score in run.scores] == [1.0, 1.0, 0.0, 0.0, None]
    assert [score.values["error"] for score in run.scores] == [0.0, 0.0, 1.0, 1.0, 1.0]
    assert error_share(run) == 3 / 5


def test_the_judges_values_become_a_column(tmp_path):
    run_gold(GOLD, Echo(), tmp_path)
    run = score_run(tmp_path, judged={"a": 1.0})
    assert [score.values.get("judge") for score in run.scores] == [1.0, None, None, None, None]


def test_no_run_is_told_in_one_line(tmp_path):
    with pytest.raises(RunError, match="zhida eval run"):
        score_run(tmp_path)
    nothing = Run(RunInfo("", "", "", "", 0, ""), GoldSet(()), {"x": Record("x", "", "error", "")})
    assert error_share(nothing) == 0.0
