"""The report's parts that need no browser: the difference, marks, what is embedded, Markdown, JUnit, the policy."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.compare import compare
from eval.gate import GateResult
from eval.record import as_line, write_json, write_lines
from eval.report import ReportError, checked_address, write_all
from eval.report.cause_texts import CAUSES
from eval.report.charts import Axis, Series, curves, difference, spread, whisker
from eval.report.diff import closest, edits
from eval.report.figures import k_curve
from eval.report.html import page
from eval.report.junit import junit
from eval.report.markdown import MOST_FAILURES, inline, markdown
from eval.report.marks import merged, nearest, whole
from eval.report.markup import data_block, escaped, foreign
from eval.report.payload import Limits, payload
from eval.report.texts import TEXTS, Text
from eval.summary import CAUSES as NAMES
from eval.summary import summarise
from eval.text import lcs_length
from tests.eval.report_run import HOSTILE, make_run, only
from tests.waiting import costs_less
from ui.cli import main

SMALL = make_run(60)
GATES = (
    GateResult("correct.min", True, 0.8, 0.7, "80% ≥ 70%"),
    GateResult("过\x00不了", False, None, 1.0, HOSTILE[0]),
)


# ---- The difference of two texts


def test_a_swapped_year_is_the_only_thing_marked():
    assert edits("截至2023年共66项", "截至2022年共66项") == [
        ("=", "截至202"),
        ("-", "3"),
        ("+", "2"),
        ("=", "年共66项"),
    ]


@given(st.text("甲乙丙a", max_size=30), st.text("甲乙丙b", max_size=30))
def test_edits_lead_from_one_text_to_the_other(first, second):
    found = edits(first, second)
    assert "".join(text for kind, text in found if kind != "+") == first
    assert "".join(text for kind, text in found if kind != "-") == second
    assert all(one[0] != other[0] for one, other in zip(found, found[1:], strict=False))
    assert sum(len(text) for kind, text in found if kind == "=") <= lcs_length(first, second)


def test_the_closest_gold_answer_is_the_one_that_is_compared():
    assert closest("共修复66项", ["完全两样", "修复了66项", ""]) == "修复了66项"
    assert closest("什么", []) == ""


def test_long_texts_are_compared_in_milliseconds():
    costs_less(1, lambda: edits("甲乙" * 1000, "乙甲" * 1000))


# ---- Evidence in passages


@pytest.mark.parametrize(
    ("quote", "text", "expected"),
    [
        ("修复66项", "共修复66项。", (1, 6)),
        ("修复66项。", "共修复 ６６ 项，其中", (1, 8)),
        ("ABC", "x😀a b-c", (2, 7)),
        ("没有", "别的", None),
        ("。", "。", (0, 1)),
        ("", "别的", None),
    ],
)
def test_a_quotation_is_found_whatever_space_width_and_punctuation_do(quote, text, expected):
    assert whole(quote, text) == expected


def test_what_a_passage_has_of_a_quotation_that_it_cuts_off_is_marked():
    assert nearest("江苏开展信用修复提醒服务", "机制。江苏开展信用修复") == (3, 11)
    assert nearest("江苏开展信用修复提醒服务", "毫不相干的江苏") is None


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)), max_size=8))
def test_merged_spans_cover_the_same_characters_and_never_touch(pairs):
    spans = [(start, start + length) for start, length in pairs]
    found = merged(spans)
    assert {i for span in found for i in range(*span)} == {i for span in spans for i in range(*span)}
    assert all(one[1] < other[0] for one, other in zip(found, found[1:], strict=False))


# ---- Figures and charts


def test_the_k_curve_counts_groups_and_whole_questions():
    one, two = SMALL.scores[0], SMALL.scores[1]
    trace = one.evidence[0]
    both = (replace(trace, rank=1), replace(trace, rank=3))
    run = replace(
        SMALL, scores=(replace(one, evidence=both), replace(two, evidence=(replace(trace, rank=None),)))
    )
    curve = k_curve(run)
    # At k=1 one of two groups of the first question; from k=3 all of it; never the second question.
    assert curve.recall[:3] == ((1 / 2 + 0) / 2, (1 / 2 + 0) / 2, (1 + 0) / 2)
    assert curve.all_there[:3] == (0, 0, 1 / 2)
    assert curve.sent == 8


def test_charts_are_well_formed_and_told_in_words():
    line = Series(Text("证据 <召回>", "recall & more"), [(1, 0.25), (2, 0.5)])
    axes = Axis(Text("段", "k"), 1, 2, (1, 2)), Axis(Text("比例", "share"), 0, 1, (0, 1), share=True)
    root = ElementTree.fromstring(
        curves(Text("标题", "title"), [line], *axes, marker=(2, Text("送入", "sent")))
    )
    assert root.find("title").text == "标题 title"
    assert "1: 25%, 2: 50%" in root.find("desc").text
    for strip in (whisker(0.5, 0.4, 0.6, 0.7), difference(-0.5, -2, 0.1, 0.2), spread(1, 2, 3, 0)):
        for shape in ElementTree.fromstring(strip):
            at = [float(value) for name, value in shape.items() if name in ("x", "x1", "x2")]
            assert all(0 <= value <= 100 for value in at)


# ---- What is embedded


def test_nothing_in_the_data_can_end_its_element():
    block = data_block("data", list(HOSTILE) + ["\ud800"])
    inside = block.removeprefix('<script type="application/json" id="data">').removesuffix("</script>")
    assert not set("<>&\u2028\u2029") & set(inside)
    assert json.loads(inside) == [*HOSTILE, "\ud800"]
    block.encode()


@given(st.text())
def test_escaped_text_holds_no_markup_and_can_be_written(text):
    assert not set("<>\"'\x00") & set(escaped(text))
    foreign(text).encode()


def test_passages_are_kept_once_and_cut_around_their_evidence():
    told = payload(SMALL, limits=Limits(passage_bytes=20_000))
    assert told["length"] < 1500
    assert len({(one[0], one[2], one[3]) for one in told["passages"]}) == len(told["passages"])
    assert all(len(one[2]) <= told["length"] for one in told["passages"])
    shown = [
        (hit, told["passages"][hit[0]]) for question in told["questions"] for hit in question["p"] if hit[3]
    ]
    assert shown
    assert all(passage[3] <= hit[3][0][0] for hit, passage in shown)


def test_evidence_spans_are_the_quotation():
    run = make_run(40, hostile=False)
    told = payload(run)
    marked = []
    for item, question in zip(run.gold.items, told["questions"], strict=True):
        quotes = {one.quote for group in item.evidence for one in group}
        for place, _, _, spans, _ in question["p"]:
            found = [told["passages"][place][2][start:end] for start, end in spans]
            assert set(found) <= quotes
            marked += found
    assert len(marked) >= 20


def test_a_later_turn_carries_the_turns_before_it():
    questions = {one["id"]: one for one in payload(SMALL)["questions"]}
    asked, said = questions["对话-0#1"]["h"][-1]
    assert asked == questions["对话-0#0"]["q"]
    assert said == questions["对话-0#0"]["a"]


def test_numbers_that_json_does_not_know_are_left_out():
    score = replace(
        SMALL.scores[0], values={"correct": float("nan"), "mrr": float("inf"), "fact_recall": 1.0}
    )
    told = payload(replace(SMALL, scores=(score,)))
    assert sorted(told["questions"][0]["v"], key=str) == [1.0, None, None]


# ---- The page


class Tags(HTMLParser):
    """Counts the elements of a page as a browser would see them, and keeps what loads or runs something."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def parsed(text):
    tags = Tags()
    tags.feed(text)
    return tags


def test_the_page_holds_no_element_that_its_texts_name():
    comparison = compare(make_run(60, seed=7), SMALL)
    text = page(SMALL, summarise(SMALL.scores), comparison, GATES)
    tags = parsed(text)
    assert not {"img", "iframe", "base", "form", "object", "embed", "b坏标签"} & set(tags.tags)
    assert (tags.tags.count("script"), tags.tags.count("style"), tags.tags.count("link")) == (2, 1, 0)
    assert not [one for one in tags.attributes if one[1].startswith("on") or one[1] in ("style", "src")]
    links = [value for tag, name, value in tags.attributes if name == "href"]
    assert links
    assert all(link.startswith("#") for link in links)


def test_the_policy_names_exactly_the_script_and_the_style_of_the_page():
    text = page(SMALL, summarise(SMALL.scores))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].replace("&#x27;", "'")
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        source = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_every_text_is_told_in_both_languages_and_every_cause_has_a_remedy():
    assert list(CAUSES) == list(NAMES)
    for key, (zh, en) in TEXTS.items():
        assert set(re.findall(r"{\w+}", zh)) == set(re.findall(r"{\w+}", en)), key
    keys = set(re.findall(r'say\("(\w+)"', "".join(asset("report.js") + asset("question.js"))))
    assert keys <= set(TEXTS)


def asset(name):
    from importlib import resources

    return resources.files("eval.report").joinpath(name).read_text(encoding="utf-8")


def test_runs_without_anything_are_still_written(tmp_path):
    nothing = replace(SMALL, records={}, scores=(), gold=replace(SMALL.gold, items=()))
    unanswered = replace(only(SMALL, 3), records={})
    foreign_system = replace(
        SMALL,
        records={
            key: replace(one, retrieved=(), citations=(), confidence=None, timings_ms={})
            for key, one in SMALL.records.items()
        },
    )
    for run in (nothing, unanswered, foreign_system):
        write_all(run, tmp_path)
        assert (tmp_path / "report.html").stat().st_size > 10_000


def test_only_addresses_of_the_web_become_links():
    assert checked_address("http://127.0.0.1:7860/") == "http://127.0.0.1:7860/"
    for bad in ("javascript:alert(1)", "file:///etc/passwd", 'http://x/"><script>', "data:text/html,x"):
        with pytest.raises(ReportError):
            checked_address(bad)


# ---- Markdown and JUnit


def test_markdown_keeps_foreign_texts_on_their_line_and_inert():
    text = markdown(SMALL, summarise(SMALL.scores), compare(SMALL, SMALL), GATES)
    assert "<script" not in text
    assert "<img" not in text
    table = [line for line in text.split("\n") if line.startswith("| `")]
    assert 0 < len(table) <= MOST_FAILURES
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 6 for line in table)
    for part in ("门槛", "未通过的原因", "全部指标", "可检出差", "由对变错"):
        assert part in text


@given(st.text())
def test_an_inline_text_is_one_line_without_live_markup(text):
    line = inline(text)
    assert "\n" not in line
    assert not re.search(r"(?<!\\)[|`*\[<]", line)


def test_junit_is_well_formed_and_counts_what_failed():
    root = ElementTree.fromstring(junit(SMALL, GATES))
    questions, gates = root
    failed = [score for score in SMALL.scores if not score.passed]
    assert int(questions.get("tests")) == len(questions) == 60
    assert int(questions.get("failures")) == len(questions.findall(".//failure"))
    assert int(questions.get("failures")) + int(questions.get("errors")) == len(failed) > 0
    assert (gates.get("tests"), gates.get("failures")) == ("2", "1")
    missed = next(score for score in failed if score.facts and not score.values["error"])
    case = next(one for one in questions if one.get("name").startswith(missed.id))
    assert missed.facts[0].shown.split("<")[0] in case.find("failure").text


@given(st.text(st.characters(exclude_categories=())))
def test_junit_takes_any_text(text):
    run = only(SMALL, 1)
    item, record = run.gold.items[0], run.records[run.gold.items[0].id]
    run = replace(
        run,
        gold=replace(run.gold, items=(replace(item, question=text),)),
        records={item.id: replace(record, answer=text)},
        scores=(replace(run.scores[0], values={"correct": 0.0}, cause="wrong_answer"),),
    )
    ElementTree.fromstring(junit(run))


# ---- The command


@pytest.fixture
def run_folder(tmp_path):
    from eval.gold_files import write_gold

    run = make_run(40, hostile=False)
    folder = tmp_path / "run"
    folder.mkdir()
    write_json(folder / "run.json", run.info)
    write_gold(run.gold, folder / "gold.jsonl")
    (folder / "items.jsonl").write_text("".join(map(as_line, run.records.values())), encoding="utf-8")
    write_lines(folder / "scores.jsonl", run.scores)
    return folder


def test_the_command_writes_all_three_files_again(run_folder, tmp_path, capsys):
    gates = tmp_path / "gates.toml"
    gates.write_text("[correct]\nmin = 0.5\n", encoding="utf-8")
    command = ["eval", "report", str(run_folder), "--compare", str(run_folder), "--gates", str(gates)]
    assert main(command) == 0
    assert "report.html" in capsys.readouterr().out
    assert {"report.html", "report.md", "junit.xml"} <= {file.name for file in run_folder.iterdir()}
    assert "correct.min" in (run_folder / "report.md").read_text(encoding="utf-8")


def test_what_cannot_be_reported_is_told_in_one_line(run_folder, tmp_path, capsys):
    assert main(["eval", "report", str(tmp_path)]) == 2
    assert main(["eval", "report", str(run_folder), "--chat", "javascript:alert(1)"]) == 2
    (run_folder / "scores.jsonl").unlink()
    assert main(["eval", "report", str(run_folder)]) == 4
    assert len(capsys.readouterr().err.strip().splitlines()) == 2
