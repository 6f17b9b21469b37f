"""Lint: each kind of finding on the smallest set that has it, and silence where nothing is wrong."""

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.alike import NEAR, Question, near
from eval.gold import Evidence, Fact, GoldItem, GoldSet
from eval.gold_files import read_any
from eval.lint import knows, lint
from index.embed import open_embedder
from index.library import Library
from tests.eval.gold_items import CALM
from tests.waiting import costs_less

SAMPLE = Path(__file__).parents[2] / "eval" / "sets" / "sample"
QUOTE = "温度计的校准周期为九十天"
GOOD = GoldItem(
    "good",
    "仓库温度计的校准周期是多少天？",
    answers=("90天",),
    facts=(Fact("number", value=90.0, unit="天"),),
    evidence=((Evidence("计量简报.txt", QUOTE),),),
)
NOTES = {"few-unanswerable", "small-set", "drafts"}


def codes(*items, **given_too) -> list[tuple[str, str, str]]:
    """(severity, code, id) of the findings, without the notes about the whole."""
    found = lint(GoldSet(items), **given_too)
    return [(one.severity, one.code, one.id) for one in found if one.code not in NOTES]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    docs = tmp_path_factory.mktemp("docs")
    (docs / "计量简报.txt").write_text(
        "计量简报\n\n仓库温度计\n的校准周期为 九十天，到期前七天由计量员收回。\n", encoding="utf-8"
    )
    with Library.open(tmp_path_factory.mktemp("library") / "home", open_embedder(""), create=True) as library:
        library.sync([docs])
        yield library


def test_nothing_is_found_in_a_good_item(library):
    assert codes(GOOD) == []
    assert codes(GOOD, library=library, train=["别的问题是什么？"], prompts=["照资料回答。"]) == []
    assert codes(GoldItem("n", "董事长是谁？", answerable=False)) == []


@pytest.mark.parametrize(
    ("changed", "severity", "code"),
    [
        ({"answers": (), "facts": (), "evidence": ()}, "error", "no-answer"),
        ({"answers": (), "facts": ()}, "warning", "no-answer"),
        ({"evidence": ()}, "warning", "no-evidence"),
        ({"facts": (Fact("number", value=90.0),)}, "error", "number-without-unit"),
        ({"facts": (Fact(any=("六十天",)),)}, "error", "fact-unsupported"),
        ({"answers": (), "facts": (Fact(any=("六十天",)),)}, "warning", "fact-unsupported"),
        ({"facts": (Fact("number", value=60.0, unit="天"),)}, "error", "fact-unsupported"),
        ({"facts": (Fact(any=("温度计",)),)}, "warning", "answer-incomplete"),
        ({"answerable": False}, "error", "unanswerable-with-evidence"),
    ],
)
def test_what_is_wrong_with_one_item(changed, severity, code):
    assert (severity, code, "good") in codes(replace(GOOD, **changed))


def test_a_fact_may_stand_in_a_quote_or_be_spread_over_several():
    spread = Fact("list", members=(("甲省",), ("乙省",)), vital=False)
    quotes = ((Evidence("a", "甲省有三家，周期90天"),), (Evidence("b", "乙省有两家"),))
    assert codes(replace(GOOD, facts=(*GOOD.facts, spread), evidence=quotes)) == []


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ("仓库温度计的校准周期是 多少天", "duplicate"),
        ("倉庫溫度計的校準週期是多少天？", "duplicate"),
        ("请问仓库温度计的校准周期是多少天？", "near-duplicate"),
        ("仓库湿度表什么时候检定？", None),
        ("车间温度计由谁来收回？", None),
    ],
)
def test_questions_that_are_asked_twice(other, code):
    found = codes(GOOD, replace(GOOD, id="b", question=other))
    assert [one[1:] for one in found] == ([(code, "b")] if code else [])


def test_questions_with_other_numbers_are_other_questions():
    first, second = (
        replace(GOOD, id=id, question=f"《产品质量法》第{n}条是怎样规定的？")
        for id, n in (("a", "十二"), ("b", "十三"))
    )
    assert codes(first, second) == []


def test_later_turns_and_questions_with_a_history_may_be_alike():
    turns = [
        replace(GOOD, id=f"{c}#{i}", conversation=c, question=f"{c if not i else ''}年营收呢？")
        for c in "甲乙"
        for i in (0, 1)
    ]
    assert [one for one in codes(*turns) if "duplicate" in one[1]] == []


@pytest.mark.parametrize(
    ("split", "found"), [("dev", "leak"), ("train", "leak"), ("test", "duplicate"), ("", "duplicate")]
)
def test_a_test_question_in_another_split_is_a_leak(split, found):
    tested, used = replace(GOOD, id="t", split="test"), replace(GOOD, id="u", split=split)
    assert codes(used, tested) == [("error", found, "t")]


def test_leaks_into_training_data_and_prompts():
    assert codes(GOOD, train=["无关的问题？", GOOD.question + " "]) == [("error", "leak", "good")]
    assert codes(GOOD, train=["请问" + GOOD.question]) == [("warning", "leak", "good")]
    assert codes(replace(GOOD, split="train"), train=[GOOD.question]) == []
    assert codes(GOOD, prompts=[f"例如：问：{GOOD.question} 答：90天。"]) == [("error", "leak", "good")]


def test_quotes_are_looked_for_without_regard_to_white_space(library):
    assert knows(library, GoldSet((GOOD,)))
    missing = replace(GOOD, evidence=((Evidence("计量简报.txt", "温度计的校准周期为一百八十天，逾期停用"),),))
    assert codes(missing, library=library) == [("error", "quote-missing", "good")]
    unknown = replace(GOOD, evidence=((Evidence("别的.txt", QUOTE),),))
    assert codes(unknown, library=library) == [("error", "unknown-document", "good")]
    assert not knows(library, GoldSet((unknown,)))
    anywhere = replace(GOOD, evidence=((Evidence("计量简报.txt", ""),),))
    assert codes(anywhere, library=library) == []


def test_notes_on_the_whole_set():
    items = [replace(GOOD, id=f"{n}", question=f"第{n}号温度计是谁校准的？") for n in range(300)]
    assert {one.code for one in lint(GoldSet(tuple(items)))} == {"few-unanswerable"}
    items[:60] = [GoldItem(item.id, item.question, answerable=False) for item in items[:60]]
    assert lint(GoldSet(tuple(items))) == []
    small = lint(GoldSet((GoldItem("a", "甲？", answerable=False), replace(GOOD, status="draft"))))
    assert [one.code for one in small] == ["drafts", "small-set"]


@CALM
@given(st.lists(st.text("甲乙丙丁12", min_size=1, max_size=9), max_size=12))
def test_the_fast_way_finds_what_comparing_all_with_all_finds(texts):
    questions = [Question.of(text) for text in texts]

    def by_definition(one: Question, other: Question) -> bool:
        alike = len(one.pairs & other.pairs) / len(one.pairs | other.pairs) >= NEAR
        return one.text == other.text or (alike and one.numbers == other.numbers)

    slow = {
        (i, j) for i, j in combinations(range(len(texts)), 2) if by_definition(questions[i], questions[j])
    }
    assert {(i, j) for i, j in near(questions, questions) if i < j} == slow


def test_two_thousand_questions_take_seconds_not_minutes():
    draw = Random(0)
    words = [
        "".join(draw.choices("计量校准检定标准质量审核记录供应商改进风险召回抽查", k=2)) for _ in range(400)
    ]
    items = tuple(
        GoldItem(f"q{i}", "".join(draw.choices(words, k=8)) + "是什么？", answerable=False)
        for i in range(2000)
    )
    assert len(costs_less(10, lambda: lint(GoldSet(items)))) < 100


def test_the_sample_set_has_no_error():
    found = lint(read_any(SAMPLE / "gold.jsonl"))
    assert [one for one in found if one.severity == "error"] == []
