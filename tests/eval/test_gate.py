"""gates.toml: what it may say, which bound a gate goes by, and the five exit codes."""

import tomllib
from dataclasses import replace

import pytest

from eval.gate import (
    GATE_FAILED,
    GATES_PASSED,
    INCOMPLETE,
    NOTHING_EVALUATED,
    GateError,
    check,
    exit_code,
    gates_of,
    incomplete,
    read_gates,
)
from eval.metrics.catalogue import METRICS
from eval.record import RunError
from tests.eval.made_runs import made_run, with_errors

TAGS = [["数字"]] * 40 + [["多跳"]] * 160
MET = made_run([1.0] * 170 + [0.0] * 30, "met", tags=TAGS)


def gates(text: str):
    return gates_of(tomllib.loads(text))


def verdicts(text: str, run, baseline=None):
    return [result.passed for result in check(gates(text), run, baseline)]


def code(text: str, run, baseline=None):
    found = gates(text)
    return exit_code(found, run, check(found, run, baseline) if run.scores else [])


# What passes


def test_a_floor_is_met_by_the_same_figure_and_not_by_less():
    assert verdicts("[correct]\nmin = 0.85", MET) == [True]
    assert verdicts("correct.min = 0.8501", MET) == [False]
    assert verdicts("[passed]\nmin = 0.85", MET) == [True]
    assert verdicts("[over_refusal]\nmax = 0.0", MET) == [True]


def test_a_result_says_its_figures_in_one_line():
    result = check(gates("[correct]\nmin = 0.9"), MET)[0]
    line = str(result)
    assert "FAIL" in line and "correct.min" in line and "85.0% < 90.0%" in line and "n=200" in line
    assert (result.value, result.limit) == (0.85, 0.9)
    assert "\n" not in line


def test_a_slice_is_held_alone():
    text = '[slice."数字".correct]\nmin = 1.0\n[slice."多跳".passed]\nmin = 0.82'
    results = check(gates(text), MET)
    assert [result.passed for result in results] == [True, False]
    assert results[0].name == 'slice."数字".correct.min'
    assert "n=160" in results[1].detail


def test_percentiles_of_times_and_their_ratio_to_the_baseline():
    slow = made_run([1] * 21, "slow", [{"total_ms": 100.0 * i} for i in range(21)])
    quick = made_run([1] * 21, "quick", [{"total_ms": 50.0 * i} for i in range(21)])
    # Of 0, 100 … 2000 the 95th percentile is 1900, of half of them 950.
    assert verdicts("[total_ms.p95]\nmax = 1900", slow) == [True]
    assert verdicts("[total_ms.p95]\nmax = 1899", slow) == [False]
    assert verdicts("[total_ms.p95]\nmax_ratio = 2", slow, quick) == [True]
    assert verdicts("[total_ms.p95]\nmax_ratio = 1.9", slow, quick) == [False]
    assert verdicts("[total_ms]\nmax = 1000", slow) == [True]


def test_the_number_of_questions_can_be_a_gate():
    assert verdicts("[questions]\nmin = 200", MET) == [True]
    assert verdicts("[questions]\nmin = 201", MET) == [False]


def test_a_metric_that_no_question_has_fails_its_gate():
    result = check(gates("[mrr]\nmin = 0.0"), MET)[0]
    assert not result.passed and result.value is None and "no question has" in result.detail


# Against a baseline


def test_a_drop_must_be_shown_to_be_within_the_limit():
    same = made_run([1.0] * 170 + [0.0] * 30, "same", tags=TAGS)
    # Two runs that agree on all of 200 questions leave 3.84 / 203.84 = 1.9 points; on 60 of them 6.0 points.
    assert verdicts("[correct]\nmax_drop = 0.019", same, MET) == [True]
    assert verdicts("[correct]\nmax_drop = 0.018", same, MET) == [False]
    small = made_run([1.0] * 60, "small")
    result = check(gates("[correct]\nmax_drop = 0.03"), small, small)[0]
    assert not result.passed and "too few questions" in result.detail
    assert result.value == pytest.approx(3.8415 / (60 + 3.8415), abs=1e-4)
    assert verdicts("[correct]\nmax_drop_mean = 0.03", small, small) == [True]


def test_a_loss_of_five_points_fails_and_a_gain_passes():
    lost = made_run([1.0] * 160 + [0.0] * 40, "lost", tags=TAGS)
    results = check(gates("[correct]\nmax_drop = 0.03\nmax_drop_mean = 0.03"), lost, MET)
    assert [result.passed for result in results] == [False, False]
    assert results[1].value == pytest.approx(0.05) and results[0].value > 0.05
    assert "too few" not in results[0].detail
    assert verdicts("[correct]\nmax_drop = 0.03", MET, lost) == [True]


def test_lower_is_better_has_a_rise():
    calm = made_run([1] * 200, "calm", [{"over_refusal": 0.0}] * 200)
    shy = made_run([1] * 200, "shy", [{"over_refusal": 1.0}] * 20 + [{"over_refusal": 0.0}] * 180)
    assert verdicts("[over_refusal]\nmax_rise = 0.05", shy, calm) == [False]
    assert verdicts("[over_refusal]\nmax_rise = 0.05\nmax_rise_mean = 0.05", calm, shy) == [True, True]


def test_a_slice_can_have_a_maximum_drop():
    broken = replace(MET, scores=(*made_run([0.0] * 40, tags=[["数字"]] * 40).scores, *MET.scores[40:]))
    text = '[slice."数字".correct]\nmax_drop = 0.2\n[slice."多跳".correct]\nmax_drop = 0.2'
    assert verdicts(text, broken, MET) == [False, True]


def test_a_drop_without_a_baseline_or_on_other_questions_is_a_mistake():
    with pytest.raises(GateError, match=r"correct.max_drop .*--baseline"):
        check(gates("[correct]\nmax_drop = 0.03"), MET)
    with pytest.raises(RunError, match="different gold sets"):
        check(gates("[correct]\nmax_drop = 0.03"), MET, made_run([1.0] * 3))
    shared = check(gates("[correct]\nmax_drop_mean = 0.0"), made_run([1.0] * 3), MET, intersect=True)
    assert shared[0].passed is True


# What a file may not say


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[corect]\nmin = 0.8", "did you mean 'correct'"),
        ("[correct]\nmim = 0.8", "did you mean 'min'"),
        ("[correct]\nmin = 85", "did you mean 0.85"),
        ("[correct]\nmin = '0.85'", "must be a number"),
        ("[correct]\nmin = true", "must be a number"),
        ("[correct]\nmin = nan", "must be a number"),
        ("[correct]\nmin = -0.1", "must be a number"),
        ("[correct]\nmax = 0.8", "better when higher.*min, max_drop"),
        ("[over_refusal]\nmin = 0.8", "better when lower.*max, max_rise"),
        ("[total_ms.p95]\nmax_drop = 1", "max, max_ratio"),
        ("[total_ms]\np95_max = 1", "did you mean"),
        ("[correct.p95]\nmax = 1", "no percentiles"),
        ("correct = 0.85", "must be a table"),
        ("[char_f1]\nmin = 0.8", "must not gate.*likeness is not correctness"),
        ('[slice."数字".corect]\nmin = 0.8', "did you mean 'correct'"),
        ("[errors]\nmin = 1", "did you mean 'max'"),
        ("[errors]", "needs max"),
        ("[questions]\nmin = 'many'", "must be a number"),
        ("", "no gate"),
        ("[slice]", "no gate"),
    ],
)
def test_a_mistake_in_the_file_is_one_line(text, told):
    with pytest.raises(GateError, match=told) as error:
        gates(text)
    assert "\n" not in str(error.value)


def test_every_metric_that_never_gates_is_refused_with_the_reason():
    for metric in METRICS:
        if not metric.gating:
            with pytest.raises(GateError, match="must not gate"):
                gates(f'["{metric.name}"]\nmin = 0.5')


def test_a_tag_that_no_question_has_is_a_mistake():
    with pytest.raises(GateError, match="did you mean '数字'"):
        check(gates('[slice."数值".correct]\nmin = 0.8'), MET)


def test_files_that_are_not_there_or_not_toml(tmp_path):
    with pytest.raises(GateError, match="not found"):
        read_gates(tmp_path / "none.toml")
    file = tmp_path / "gates.toml"
    file.write_text("correct.min 0.8", encoding="utf-8")
    with pytest.raises(GateError, match="not valid TOML"):
        read_gates(file)
    file.write_text("[corect]\nmin = 1.0", encoding="utf-8")
    with pytest.raises(GateError, match=r"gates.toml: .*'correct'"):
        read_gates(file)
    file.write_text("\ufeff[correct]\nmin = 0.85", encoding="utf-8")
    assert read_gates(file).gates[0].name == "correct.min"


# Exit codes


def test_the_exit_codes_are_distinct():
    assert code("[correct]\nmin = 0.85", MET) == GATES_PASSED == 0
    assert code("[correct]\nmin = 0.86", MET) == GATE_FAILED == 1
    assert (
        code("[correct]\nmin = 0.1", replace(MET, info=replace(MET.info, finished=False))) == INCOMPLETE == 3
    )
    assert code("[correct]\nmin = 0.1", replace(MET, scores=MET.scores[:-1])) == INCOMPLETE
    assert code("[correct]\nmin = 0.1", made_run([])) == NOTHING_EVALUATED == 4
    assert code("[correct]\nmin = 0.1", replace(MET, scores=())) == NOTHING_EVALUATED


def test_errors_above_the_limit_make_a_run_incomplete():
    # 5% of 200 are 10, where the file does not say otherwise.
    assert code("[correct]\nmin = 0.1", with_errors(MET, 10)) == 0
    assert code("[correct]\nmin = 0.1", with_errors(MET, 11)) == INCOMPLETE
    assert code("[errors]\nmax = 0.0", with_errors(MET, 1)) == INCOMPLETE
    assert code("[errors]\nmax = 0.2", with_errors(MET, 40)) == 0
    assert "11/200" in incomplete(gates("[correct]\nmin = 0.1"), with_errors(MET, 11))


def test_an_incomplete_run_is_no_verdict_on_its_gates():
    assert code("[correct]\nmin = 1.0", with_errors(MET, 100)) == INCOMPLETE
