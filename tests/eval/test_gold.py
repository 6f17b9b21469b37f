"""Gold sets as JSON lines: what is read, what is refused, and one hash for one content."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eval.gold
from eval.gold import Evidence, Fact, GoldError, GoldItem, GoldSet, PastTurn, as_record, item_of, read_gold
from eval.gold_files import losses, read_any, write_any, write_gold
from tests.eval.gold_items import CALM, ITEMS, gold_sets

SAMPLE = Path(eval.gold.__file__).parent / "sets" / "sample" / "gold.jsonl"
SCHEMA = json.loads((Path(eval.gold.__file__).parent / "gold_schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

FULL = {
    "schema": "zhida-gold/1",
    "id": "q-1",
    "question": "校准周期是多少天？",
    "history": [{"question": "谁负责校准？", "answer": "计量员。"}],
    "answerable": True,
    "answers": ["90天"],
    "facts": [
        {"any": ["计量员", "计量人员"], "vital": False, "id": "f1"},
        {"type": "number", "value": 90, "unit": "天", "tol": 1, "any": ["三个月"]},
        {"type": "percent", "value": 7.5},
        {"type": "date", "value": "2025-09"},
        {"type": "list", "members": [["甲"], ["乙", "丙"]], "least": 1},
    ],
    "forbidden": ["180天"],
    "evidence": [[{"doc": "a.txt", "quote": "周期为九十天", "page": 2}, {"doc": "b.txt", "quote": ""}]],
    "tags": ["数字"],
    "difficulty": 2,
    "split": "test",
    "weight": 2,
    "status": "draft",
    "author": "甲",
    "reviewer": "乙",
    "source": "manual",
    "created": "2025-01-01",
    "notes": "无",
}
ITEM = GoldItem(
    id="q-1",
    question="校准周期是多少天？",
    history=(PastTurn("谁负责校准？", "计量员。"),),
    answers=("90天",),
    facts=(
        Fact(any=("计量员", "计量人员"), vital=False, id="f1"),
        Fact("number", ("三个月",), 90.0, "天", 1.0),
        Fact("percent", value=7.5),
        Fact("date", value="2025-09"),
        Fact("list", members=(("甲",), ("乙", "丙")), least=1),
    ),
    forbidden=("180天",),
    evidence=((Evidence("a.txt", "周期为九十天", 2), Evidence("b.txt", "")),),
    tags=("数字",),
    difficulty=2,
    split="test",
    weight=2.0,
    status="draft",
    author="甲",
    reviewer="乙",
    source="manual",
    created="2025-01-01",
    notes="无",
)
BAD = {
    "no id": {"question": "问？"},
    "empty id": {"id": " ", "question": "问？"},
    "space around the id": {"id": " q", "question": "问？"},
    "no question": {"id": "q"},
    "an empty question": {"id": "q", "question": "\u3000"},
    "another schema": {"schema": "zhida-gold/2", "id": "q", "question": "问？"},
    "an unknown key": {"id": "q", "question": "问？", "fact": []},
    "a conversation inside an item": {"id": "q", "question": "问？", "conversation": "c"},
    "answers as a text": {"id": "q", "question": "问？", "answers": "答"},
    "an empty answer": {"id": "q", "question": "问？", "answers": [""]},
    "answerable as a text": {"id": "q", "question": "问？", "answerable": "是"},
    "a number without a value": {"id": "q", "question": "问？", "facts": [{"type": "number", "unit": "日"}]},
    "a number as a text": {"id": "q", "question": "问？", "facts": [{"type": "number", "value": "30"}]},
    "a fact of no type": {"id": "q", "question": "问？", "facts": [{"type": "money", "value": 3}]},
    "a text fact without texts": {"id": "q", "question": "问？", "facts": [{"any": []}]},
    "a text fact with a value": {"id": "q", "question": "问？", "facts": [{"any": ["甲"], "value": 3}]},
    "a month of no calendar": {"id": "q", "question": "问？", "facts": [{"type": "date", "value": "2023-9"}]},
    "a date in words": {"id": "q", "question": "问？", "facts": [{"type": "date", "value": "九月"}]},
    "an empty list": {"id": "q", "question": "问？", "facts": [{"type": "list", "members": []}]},
    "an empty member": {"id": "q", "question": "问？", "facts": [{"type": "list", "members": [[]]}]},
    "a tolerance below 0": {
        "id": "q",
        "question": "问？",
        "facts": [{"type": "percent", "value": 1, "tol": -1}],
    },
    "vital as a number": {"id": "q", "question": "问？", "facts": [{"any": ["甲"], "vital": 1}]},
    "evidence without a document": {"id": "q", "question": "问？", "evidence": [[{"quote": "甲"}]]},
    "evidence with an id": {"id": "q", "question": "问？", "evidence": [[{"doc": "a", "passage": 3}]]},
    "an empty group": {"id": "q", "question": "问？", "evidence": [[]]},
    "page 0": {"id": "q", "question": "问？", "evidence": [[{"doc": "a", "page": 0}]]},
    "page as a text": {"id": "q", "question": "问？", "evidence": [[{"doc": "a", "page": "2"}]]},
    "history as texts": {"id": "q", "question": "问？", "history": ["问"]},
    "history without a question": {"id": "q", "question": "问？", "history": [{"answer": "答"}]},
    "weight 0": {"id": "q", "question": "问？", "weight": 0},
    "weight true": {"id": "q", "question": "问？", "weight": True},
    "a status of no kind": {"id": "q", "question": "问？", "status": "done"},
    "half a difficulty": {"id": "q", "question": "问？", "difficulty": 1.5},
    "a tag that is no text": {"id": "q", "question": "问？", "tags": [3]},
    "notes that are no text": {"id": "q", "question": "问？", "notes": None},
    "no turns": {"id": "q", "turns": []},
    "turns and a question": {"id": "q", "question": "问？", "turns": [{"question": "问？"}]},
    "a turn with an id": {"id": "q", "turns": [{"id": "q#0", "question": "问？"}]},
    "a turn without a question": {"id": "q", "turns": [{"answers": ["答"]}]},
    "a list for an item": ["q"],
    "a text for an item": "q",
}
REFUSED_BY_US_ONLY = {
    "a day of no calendar": {
        "id": "q",
        "question": "问？",
        "facts": [{"type": "date", "value": "2023-02-30"}],
    },
    "more than there are": {
        "id": "q",
        "question": "问？",
        "facts": [{"type": "list", "members": ["甲"], "least": 2}],
    },
    "a control character in the id": {"id": "q\x07q", "question": "问？"},
    "half of a surrogate pair": {"id": "q", "question": "问\ud800"},
}


def write(folder, *lines) -> Path:
    file = folder / "gold.jsonl"
    shown = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=True) for line in lines]
    file.write_text("\n".join(shown), encoding="utf-8")
    return file


def test_every_field_is_read_and_written_as_it_was(tmp_path):
    assert read_gold(write(tmp_path, FULL)).items == (ITEM,)
    assert as_record(ITEM) == {key: value for key, value in FULL.items() if key != "answerable"}
    VALIDATOR.validate(FULL)


@CALM
@given(ITEMS)
def test_as_record_and_item_of_undo_each_other(item):
    record = as_record(item)
    assert item_of(json.loads(json.dumps(record)), item.id) == item
    VALIDATOR.validate(record)


@CALM
@given(gold=gold_sets())
def test_what_is_written_is_valid_and_read_back(gold, tmp_path_factory):
    file = tmp_path_factory.mktemp("gold") / "gold.jsonl"
    write_gold(gold, file)
    for line in file.read_text(encoding="utf-8").split("\n"):
        if line:
            VALIDATOR.validate(json.loads(line))
    back = read_gold(file)
    assert back.items == gold.items
    assert back.hash == gold.hash


@pytest.mark.parametrize("name", BAD)
def test_what_the_schema_refuses_is_refused(name, tmp_path):
    assert not VALIDATOR.is_valid(BAD[name])
    with pytest.raises(GoldError, match="第 1 行"):
        read_gold(write(tmp_path, BAD[name]))


@pytest.mark.parametrize("name", REFUSED_BY_US_ONLY)
def test_what_no_schema_can_say_is_refused_too(name, tmp_path):
    with pytest.raises(GoldError, match="第 1 行"):
        read_gold(write(tmp_path, REFUSED_BY_US_ONLY[name]))


@pytest.mark.parametrize(
    "line", ["{", "[" * 100_000, '{"id": "q", "question": "问？", "weight": NaN}', "9" * 5000]
)
def test_what_is_no_json_is_refused_in_one_line(line, tmp_path):
    with pytest.raises(GoldError, match="第 2 行") as caught:
        read_gold(write(tmp_path, {"id": "a", "question": "问？"}, line))
    assert len(str(caught.value)) < 500


def test_a_number_too_large_is_refused(tmp_path):
    line = '{"id": "q", "question": "问？", "weight": 1' + "0" * 400 + "}"
    with pytest.raises(GoldError, match="weight"):
        read_gold(write(tmp_path, line))


def test_all_wrong_lines_and_fields_are_told_up_to_twenty(tmp_path):
    lines = [{"id": f"q{i}", "question": "", "weight": -1} for i in range(25)]
    with pytest.raises(GoldError) as caught:
        read_gold(write(tmp_path, *lines))
    assert len(caught.value.problems) == 21
    assert "question" in caught.value.problems[0] and "weight" in caught.value.problems[0]
    assert caught.value.problems[-1] == "另有 5 处 and 5 more"


def test_a_repeated_id_names_both_lines(tmp_path):
    with pytest.raises(GoldError, match="第 3 行.*第 1 行"):
        read_gold(
            write(
                tmp_path, {"id": "a#0", "question": "问？"}, "", {"id": "a", "turns": [{"question": "问？"}]}
            )
        )


def test_missing_files_and_other_encodings_are_one_clear_line(tmp_path):
    with pytest.raises(GoldError, match="不存在"):
        read_gold(tmp_path / "none.jsonl")
    (tmp_path / "gbk.jsonl").write_bytes('{"id": "问"}'.encode("gb18030"))
    with pytest.raises(GoldError, match="读不了"):
        read_gold(tmp_path / "gbk.jsonl")


def test_the_simple_form_is_the_same_item(tmp_path):
    simple = {
        "id": "q",
        "question": "问？",
        "answer": "66项",
        "facts": [["66项", "66 项"], ["甲"]],
        "evidence": [{"doc": "a.txt", "quote": "共66项"}],
        "answerable": True,
        "tags": ["数字"],
    }
    canonical = {
        "schema": "zhida-gold/1",
        "id": "q",
        "question": "问？",
        "answers": ["66项"],
        "facts": [{"type": "text", "any": ["66项", "66 项"]}, {"any": ["甲"], "vital": True}],
        "evidence": [[{"doc": "a.txt", "quote": "共66项"}]],
        "tags": ["数字"],
        "weight": 1.0,
    }
    nothing = {
        "id": "n",
        "question": "无？",
        "answer": None,
        "facts": [],
        "evidence": [],
        "answerable": False,
    }
    one = read_gold(write(tmp_path, simple, nothing))
    other = read_gold(write(tmp_path, {"id": "n", "question": "无？", "answerable": False}, canonical))
    assert one.items == other.items[::-1]
    assert one.hash == other.hash


def test_a_conversation_is_not_the_same_as_its_questions(tmp_path):
    turns = read_gold(
        write(tmp_path, {"id": "c", "tags": ["对话"], "turns": [{"question": "甲？"}, {"question": "乙？"}]})
    )
    assert [(item.id, item.conversation, item.tags) for item in turns.items] == [
        ("c#0", "c", ("对话",)),
        ("c#1", "c", ("对话",)),
    ]
    alone = GoldSet(tuple(replace(item, conversation="") for item in turns.items))
    assert alone.hash != turns.hash


def test_a_conversation_with_a_draft_does_not_count():
    items = (GoldItem("a", "甲？"), GoldItem("b", "乙？", status="draft"))
    turns = tuple(replace(item, id=f"c#{i}", conversation="c") for i, item in enumerate(items))
    assert GoldSet(items + turns).approved().items == items[:1]


@CALM
@given(st.lists(ITEMS, min_size=1, max_size=4, unique_by=lambda item: item.id), st.randoms())
def test_the_hash_ignores_order_and_nothing_else(items, random):
    mixed = list(items)
    random.shuffle(mixed)
    assert GoldSet(tuple(mixed), "other").hash == GoldSet(tuple(items)).hash
    assert (
        GoldSet((*items[1:], replace(items[0], question=items[0].question + "？"))).hash
        != GoldSet(tuple(items)).hash
    )


def test_items_that_could_not_be_read_back_are_not_written(tmp_path):
    for bad in (GoldItem("q", " "), GoldItem("q", "问？", weight=0), GoldItem("q", "问？", conversation="c")):
        with pytest.raises(GoldError):
            write_any(GoldSet((bad,)), tmp_path / "gold.jsonl")
    with pytest.raises(GoldError, match="2 times"):
        write_gold(GoldSet((GoldItem("q", "问？"), GoldItem("q", "问？"))), tmp_path / "gold.jsonl")
    assert not list(tmp_path.iterdir())


def test_the_simple_form_says_what_it_cannot_hold(tmp_path):
    file = tmp_path / "simple.jsonl"
    assert len(losses(ITEM)) == 14
    with pytest.raises(GoldError, match="q-1.*forbidden"):
        write_gold(GoldSet((ITEM,)), file, "simple")
    write_gold(
        GoldSet((replace(ITEM, status="approved"), replace(ITEM, id="draft"))), file, "simple", lossy=True
    )
    (line,) = file.read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "id": "q-1",
        "question": "校准周期是多少天？",
        "answer": "90天",
        "facts": [["90天", "90 天", "三个月"], ["7.5%", "7.5 %"], ["2025年9月", "2025-09"]],
        "evidence": [{"doc": "a.txt", "quote": "周期为九十天"}],
        "answerable": True,
        "tags": ["数字"],
    }


@pytest.mark.parametrize("file", [SAMPLE], ids=lambda file: file.parent.name)
def test_every_item_of_the_sample_set_is_valid(file, tmp_path):
    gold = read_any(file)
    assert gold.items
    for item in gold.items:
        VALIDATOR.validate(as_record(item))
    write_gold(gold, tmp_path / "gold.jsonl")
    assert read_gold(tmp_path / "gold.jsonl").hash == gold.hash


def test_a_simple_set_goes_through_the_simple_form_unchanged(tmp_path):
    items = (
        GoldItem(
            "a",
            "甲？",
            answers=("甲",),
            facts=(Fact(any=("甲", "乙")),),
            evidence=((Evidence("a", "甲乙"),),),
        ),
        GoldItem("b", "乙？", answerable=False, tags=("无",)),
        GoldItem("c#0", "丙？", conversation="c"),
        GoldItem("c#1", "丁？", conversation="c", answers=("丁",)),
    )
    write_gold(GoldSet(items), tmp_path / "gold.jsonl", "simple")
    assert read_gold(tmp_path / "gold.jsonl").items == items
