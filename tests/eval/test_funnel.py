import pytest

from eval.funnel import Outcome, cause_of
from eval.gold import Evidence, Fact, GoldItem, GoldSet
from eval.metrics.score import ScoreOptions, score_all, score_record
from eval.record import EvidenceTrace, Found, Record

QUOTE = "全省共有检验检测机构1706家"
ITEM = GoldItem(
    "q", "多少家？", facts=(Fact(any=("1706家",)),), evidence=((Evidence("a.txt", QUOTE),),), conversation="c"
)
NOTHING = GoldItem("n", "董事长是谁？", answerable=False)
HIT, MISS = Found("a.txt", f"{QUOTE}。"), Found("a.txt", "今天天气很好。")


def record(answer="1706家[1]。", status="answered", retrieved=(HIT,), sent=1, cited=HIT.text, item="q"):
    citations = ({"number": 1, "document": "a.txt", "quote": cited, "passage": cited},) if cited else ()
    return Record(
        item, "多少家？", status, answer, citations=citations, retrieved=tuple(retrieved), sent=sent
    )


@pytest.mark.parametrize(
    ("given", "anchors", "cause"),
    [
        (record(), None, ""),
        (record("无", retrieved=(MISS,), cited=""), [["missing"]], "not_in_documents"),
        (record("无", retrieved=(MISS,), cited=""), [["lost"]], "lost_in_reading"),
        (record("无", retrieved=(MISS,), cited=""), [["split"]], "split_apart"),
        (record("无", retrieved=(MISS,), cited=""), [["whole"]], "not_retrieved"),
        (record("无", retrieved=(MISS,), cited=""), None, "not_retrieved"),
        (record("无", retrieved=(MISS, HIT), sent=1, cited=""), [["whole"]], "ranked_low"),
        (record("天气很好[1]。", retrieved=(MISS, HIT), sent=2, cited=MISS.text), None, "not_cited"),
        (record("1760家[1]。"), [["whole"]], "wrong_answer"),
        (record("没有找到。", "refused", cited=""), [["whole"]], "refused_wrongly"),
        (record("没有找到。", "refused", retrieved=(MISS,), cited=""), [["whole"]], "not_retrieved"),
        (record("", "error", retrieved=(), cited=""), [["missing"]], "error"),
        # Retrieved by joining two passages although no passage holds it whole: then that was not what failed.
        (record("1760家[1]。"), [["split"]], "wrong_answer"),
    ],
)
def test_each_cause(given, anchors, cause):
    assert score_record(ITEM, given, anchors).cause == cause


def test_an_unanswerable_question_should_be_refused():
    assert score_record(NOTHING, record("韩永生[1]。", item="n")).cause == "should_have_refused"
    assert score_record(NOTHING, record("没有找到。", "refused", cited="", item="n")).cause == ""
    assert score_record(NOTHING, record("", "error", cited="", item="n")).cause == "error"


def test_the_best_alternative_and_the_worst_group_decide():
    two = GoldItem(
        "q", "？", facts=ITEM.facts, evidence=(*ITEM.evidence, (Evidence("b.txt", "年营收139.6亿元"),))
    )
    assert score_record(two, record("无"), [["whole"], ["whole"]]).cause == "not_retrieved"
    assert score_record(two, record("无"), [["whole"], ["missing", "lost"]]).cause == "lost_in_reading"


def test_a_system_that_shows_no_passages_is_not_blamed_for_them():
    bare = record("1760家。", retrieved=(), sent=0, cited="")
    assert score_record(ITEM, bare).cause == "not_retrieved"
    (score,) = score_all(GoldSet((ITEM,)), {"q": bare})
    assert score.cause == "wrong_answer"
    assert not any(name.startswith(("evidence", "mrr")) for name in score.values)


def test_what_was_cited_was_there_whatever_was_listed():
    trace = EvidenceTrace(rank=None, cited=True, anchor="split")
    assert cause_of(Outcome(answerable=True, failed=True, sent=3), [trace]) == "wrong_answer"


def test_turns_of_a_conversation_have_causes_of_their_own():
    turns = GoldSet((ITEM, GoldItem("q2", "营收呢？", facts=(Fact(any=("139.6亿",)),), conversation="c")))
    scores = score_all(turns, {"q": record(), "q2": record("无[1]。", item="q2")}, options=ScoreOptions())
    assert [one.cause for one in scores] == ["", "wrong_answer"]
    assert {one.cluster for one in scores} == {"c"}
