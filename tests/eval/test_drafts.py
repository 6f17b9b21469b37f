"""Drafts from answer records: what is proposed first, what is filled in, and what approval lets through."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.drafts import approve, asked_in, draft_of, drafts_of, keep_draft, read_answers
from eval.gold import Evidence, GoldError, PastTurn, read_gold
from eval.gold_files import write_gold
from eval.personal import without_personal_data
from rag.history_types import Entry, Feedback
from rag.receipts import Receipt

QUOTE = "校准周期为90天。"


def answer(id, question, status="answered", **more):
    cited = [{"number": 1, "document": "计量.txt", "quote": QUOTE, "page": None, "passage": QUOTE}]
    record = {"id": id, "question": question, "status": status, "answer": f"{QUOTE}[1]", "confidence": 0.9}
    return record | {"citations": cited if status == "answered" else []} | more


def asked(tmp_path, *records):
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), encoding="utf-8")
    return read_answers(file)


def drafts(tmp_path, *records, **options):
    return drafts_of(asked(tmp_path, *records)[0], **options)


def test_a_draft_holds_what_was_asked_cited_and_said(tmp_path):
    (item,) = drafts(tmp_path, answer("a", "校准周期多长？"))
    assert (item.status, item.source, item.answerable) == ("draft", "chat:a", True)
    assert item.answers == (QUOTE,) and item.facts == ()
    assert item.evidence == ((Evidence("计量.txt", QUOTE),),)


def test_the_most_telling_come_first(tmp_path):
    items = drafts(
        tmp_path,
        answer("good", "甲设备几年检定一次？"),
        answer("twice", "乙设备放在哪个房间？"),
        answer("again", "乙设备放在哪个房间"),
        answer("low", "丙设备谁来保管？", confidence=0.5),
        answer("none", "食堂今天吃什么？", "refused"),
        answer("down", "校准周期多长？", feedback={"verdict": "down", "comment": "错了，打13800138000问我"}),
    )
    assert [item.source for item in items] == [
        f"chat:{id}" for id in ("down", "none", "low", "twice", "good")
    ]
    down, none, low, twice, _ = items
    assert down.answers == () and QUOTE in down.notes and "打〔手机号〕问我" in down.notes
    assert (none.answerable, none.evidence, none.answers) == (False, (), ())
    assert "0.50" in low.notes and "2 次" in twice.notes
    only = drafts(tmp_path, answer("a", "甲？"), answer("b", "食堂今天吃什么？", "refused"), only=["refused"])
    assert [item.source for item in only] == ["chat:b"]


def test_a_correction_is_the_answer(tmp_path):
    feedback = {"verdict": "down", "correction": "九十天"}
    answered, refused = drafts(
        tmp_path,
        answer("a", "周期？", feedback=feedback),
        answer("b", "天数呢？", "refused", feedback=feedback),
    )
    assert answered.answers == refused.answers == ("九十天",) and refused.answerable


def test_turns_become_history_without_marks(tmp_path):
    items = drafts(
        tmp_path,
        answer("c#0", "校准周期多长？"),
        answer("c#1", "谁来校准？"),
        answer("d", "谁来校准？", turns=[{"question": "温度计呢？", "answer": "九十天。[1]"}, {"x": 1}]),
        answer("e", "谁来校准？"),
    )
    assert [item.history for item in items] == [
        (),
        (PastTurn("校准周期多长？", QUOTE),),
        (PastTurn("温度计呢？", "九十天。"),),
        (),
    ]  # the same words after other turns are another question, so nothing here is a repetition


def test_what_the_gold_set_has_is_left_out(tmp_path):
    gold = tmp_path / "gold.jsonl"
    turns = [{"question": "校准周期多长？"}, {"question": "谁来校准？"}]
    gold.write_text(json.dumps({"id": "c", "turns": turns}) + "\n", encoding="utf-8")
    items = drafts(
        tmp_path,
        answer("x#0", "校准周期多长"),
        answer("x#1", "谁来校准"),
        answer("y", "谁来校准"),
        gold=read_gold(gold),
    )
    assert [item.source for item in items] == ["chat:y"]


def test_alike_questions_with_other_numbers_are_other_questions(tmp_path):
    one, other, same = (
        "2023年海岳省一共检定了多少台压力表",
        "2024年海岳省一共检定了多少台压力表",
        "2023年海岳省一共检定了多少台压力表呢？",
    )
    items = drafts(tmp_path, answer("a", one), answer("b", other), answer("c", same))
    assert [item.source for item in items] == ["chat:a", "chat:b"] and "2 次" in items[0].notes


def test_chinese_numerals_are_numbers_too(tmp_path):
    one, other = "供应商质量管理办法第十二条规定了什么内容？", "供应商质量管理办法第十三条规定了什么内容？"
    assert len(drafts(tmp_path, answer("a", one), answer("b", other))) == 2


def test_lines_without_an_answer_are_counted_and_a_broken_line_is_named(tmp_path):
    found, left_out = asked(tmp_path, answer("a", "问？"), answer("b", "问二？", "error"), {"id": "c"})
    assert (len(found), left_out) == (1, 2)
    (tmp_path / "bad.jsonl").write_text('{"id": "a", "question": "问"}\n[1]\n', encoding="utf-8")
    with pytest.raises(GoldError, match="第 2 行"):
        read_answers(tmp_path / "bad.jsonl")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("电话13800138000。", "电话〔手机号〕。"),
        ("电话＋８６ １３８ ００１３ ８０００", "电话〔手机号〕"),
        ("邮箱wang.wu@mail.example.com.cn的", "邮箱〔邮箱〕的"),
        ("身份证11010519491231002X", "身份证〔身份证号〕"),
        ("身份证 110105 19491231 0021 号", "身份证 〔身份证号〕 号"),
        ("标准号GB/T 19001-2016，1949年12月31日", "标准号GB/T 19001-2016，1949年12月31日"),
        ("编号1234567890123456789", "编号1234567890123456789"),
        ("营收13800138000000元", "营收13800138000000元"),
    ],
)
def test_personal_data_is_taken_out(text, expected):
    assert without_personal_data(text) == expected


@given(
    st.text("质量 年。，的", max_size=20),
    st.integers(10**8, 10**9 - 1),
    st.text("质量 年。，的", max_size=20),
)
def test_every_mobile_number_is_taken_out_and_nothing_else(before, digits, after):
    text = f"{before}13{digits}{after}"
    assert without_personal_data(text) == f"{before}〔手机号〕{after}"


# Approval


def reviewed(tmp_path, **changes):
    """A file of two drafts, of which the first has been filled in."""
    first, second = drafts(tmp_path, answer("a", "校准周期多长？"), answer("b", "食堂吃什么？", "refused"))[
        ::-1
    ]
    file = tmp_path / "drafts.jsonl"
    gold = tmp_path / "scratch.jsonl"
    write_gold(read_gold_of(first, second), gold)
    lines = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    lines[0] |= {"facts": [{"any": ["90天", "九十天"]}]} | changes
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return file, first.id, second.id


def read_gold_of(*items):
    from eval.gold import GoldSet

    return GoldSet(items)


def test_approval_moves_an_item_and_leaves_the_rest_of_both_files_as_it_was(tmp_path):
    file, first, second = reviewed(tmp_path)
    gold = tmp_path / "gold.jsonl"
    before = '{"id": "old",  "question": "旧题？", "facts": [["甲"]], "evidence": []}'
    gold.write_text(before, encoding="utf-8")  # without a line end, and not in canonical form
    (item,) = approve(file, [first], "李工", gold)
    assert (item.status, item.reviewer) == ("approved", "李工")
    assert gold.read_text(encoding="utf-8").startswith(before + "\n")
    assert [one.id for one in read_gold(gold).approved().items] == ["old", first]
    assert read_gold(gold).items[1] == item
    assert [one.id for one in read_gold(file).items] == [second]
    assert not list(tmp_path.glob("*.partial"))


def test_an_unanswerable_draft_needs_no_facts(tmp_path):
    file, _, second = reviewed(tmp_path)
    (item,) = approve(file, [second], "李工", tmp_path / "gold.jsonl")
    assert not item.answerable


def test_drafts_do_not_count(tmp_path):
    file, *_ = reviewed(tmp_path)
    assert read_gold(file).items and not read_gold(file).approved().items


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"facts": []}, "要点"),
        ({"facts": [{"any": ["90"], "vital": False}]}, "要点"),
        ({"evidence": []}, "证据"),
        ({"answerable": False}, "不可答"),
    ],
)
def test_an_item_that_is_not_whole_is_refused_and_nothing_changes(tmp_path, changes, reason):
    file, first, second = reviewed(tmp_path, **changes)
    before = file.read_bytes()
    with pytest.raises(GoldError, match=reason):
        approve(file, [second, first], "李工", tmp_path / "gold.jsonl")
    assert file.read_bytes() == before and not (tmp_path / "gold.jsonl").exists()


def test_duplicates_unknown_ids_and_no_reviewer_are_refused(tmp_path):
    file, first, _ = reviewed(tmp_path)
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"id": "old", "question": "校准周期多长"}\n', encoding="utf-8")
    with pytest.raises(GoldError, match="已有此题"):
        approve(file, [first], "李工", gold)
    with pytest.raises(GoldError, match="nobody"):
        approve(file, ["nobody"], "李工", gold)
    with pytest.raises(GoldError, match="reviewer"):
        approve(file, [first], " ", gold)


def test_an_approval_that_broke_off_between_the_files_goes_on(tmp_path):
    file, first, second = reviewed(tmp_path)
    gold, before = tmp_path / "gold.jsonl", file.read_bytes()
    approve(file, [first], "李工", gold)
    file.write_bytes(before)  # as it is when the gold file has been replaced and the drafts have not
    approve(file, [first], "李工", gold)
    assert [one.id for one in read_gold(gold).items] == [first]
    assert [one.id for one in read_gold(file).items] == [second]


def recorded(id, question, status="answered", said=None, **changes):
    """An entry of a library's history, as `answer` above."""
    record = answer(id, question, status) | {
        "standalone_question": question,
        "notices": [],
        "mode": "extractive",
    }
    receipt = Receipt(id, "甲", "", "2026-01-01", status, record, **changes)
    return Entry(receipt, Feedback(*said) if said else None)


def test_a_downvoted_answer_becomes_a_draft_with_its_reason(tmp_path):
    entry = recorded(
        "a",
        "校准周期多长？我的手机13800138000",
        said=("down", "答非所问", "应为180天，见wang@example.com"),
        turns=[{"question": "谁校准？", "answer": "计量室。[1]", "standalone": "谁校准？"}],
    )
    item = draft_of(entry.receipt, entry.feedback)
    assert (item.status, item.source, item.answers) == ("draft", "chat:a", ())
    assert item.history == (PastTurn("谁校准？", "计量室。"),)
    assert "答非所问" in item.notes and "180天" in item.notes
    assert "13800138000" not in item.question and "wang@" not in item.notes
    file = tmp_path / "drafts.jsonl"
    assert keep_draft(item, file) is True and keep_draft(item, file) is False
    assert read_gold(file).items == (item,)


def test_a_refused_question_of_the_history_becomes_a_draft_without_an_answer():
    item = draft_of(recorded("a", "食堂几点开门？", "refused").receipt)
    assert not item.answerable and item.evidence == ()


def test_the_history_is_drafted_like_a_file_of_answers():
    entries = [
        recorded("a", "校准周期多长？", said=("down",)),
        recorded("b", "食堂几点开门？", "refused"),
        recorded("c", "压力表谁校准？", said=("up",)),
        recorded("d", "坏了吗？", "error"),
        recorded("e", "停了吗？", "stopped"),
    ]
    asked, left_out = asked_in(entries)
    assert left_out == 2
    assert [item.source for item in drafts_of(asked)] == ["chat:a", "chat:b", "chat:c"]
    assert [item.source for item in drafts_of(asked, only=["down", "refused"])] == ["chat:a", "chat:b"]
