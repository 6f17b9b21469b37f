import pytest

from eval.gold import Evidence, GoldError, GoldItem, read_gold
from eval.metrics import holds_facts, score, summary

ITEM = GoldItem("q1", "多少家？", (("42家", "42 家"), ("营收",)), (Evidence("a.txt", "检测机构42家"),))


def answer(
    text,
    status="answered",
    quote="全市检测机构42家。",
    passage="全市检测机构42家。营收好。",
    document="a.txt",
):
    return {
        "status": status,
        "answer": text,
        "citations": [{"document": document, "quote": quote, "passage": passage}],
    }


def test_every_group_of_facts_is_needed():
    assert holds_facts("共42 家[1]，营收增长", ITEM.facts)
    assert not holds_facts("共42家", ITEM.facts)


def test_facts_beyond_the_longest_length_do_not_count():
    assert score(ITEM, answer("42家，营收")).correct
    assert not score(ITEM, answer("无" * 200 + "42家，营收")).correct


def test_evidence_counts_only_from_its_document():
    assert score(ITEM, answer("42家，营收")).evidence_quoted
    assert not score(ITEM, answer("42家，营收", document="b.txt")).evidence_cited


def test_a_refusal_is_wrong_where_an_answer_exists_and_right_where_none_does():
    assert score(ITEM, answer("", "refused")).correct is False
    nothing = GoldItem("q2", "董事长是谁？", answerable=False)
    scores = [score(ITEM, answer("42家，营收")), score(nothing, answer("", "refused"))]
    assert summary(scores)["correct"] == 1.0 and summary(scores)["refusal_recall"] == 1.0
    assert summary(scores)["over_refusal"] == 0.0


def test_conversations_get_numbered_ids(tmp_path):
    file = tmp_path / "gold.jsonl"
    file.write_text(
        '{"id": "c", "turns": [{"question": "甲？"}, {"question": "乙？"}]}\n\n{"id": "d", "question": "丙？"}\n'
    )
    assert [[item.id for item in items] for items in read_gold(file)] == [["c#0", "c#1"], ["d"]]


@pytest.mark.parametrize("line", ["not json", "{}", '{"id": 1}', "[]"])
def test_a_bad_line_is_named(tmp_path, line):
    file = tmp_path / "gold.jsonl"
    file.write_text('{"id": "a", "question": "甲？"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(GoldError, match="2"):
        read_gold(file)
