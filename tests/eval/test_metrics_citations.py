import json
from pathlib import Path

import pytest

from eval.gold import Evidence, GoldItem
from eval.metrics.citations import (
    checked_claims,
    citation_precision,
    citation_recall,
    citation_validity,
    citation_values,
    evidence_values,
    sources,
)
from eval.record import Claim, Record

PASSAGE = "全省共有检验检测机构1706家，居全国第9位。年营收139.6亿元。"
OTHER = "北斗标准于11月16日被国际民航组织正式采纳。"


def record(answer, *citations):
    listed = [
        {"number": n, "document": "a.txt", "quote": "", "passage": passage}
        for n, passage in enumerate(citations, 1)
    ]
    return Record("q", "？", "answered", answer, citations=tuple(listed))


def values(*given):
    one = record(*given)
    return citation_values(one, checked_claims(one))


def test_quoted_sentences_that_cite_their_passage_score_one():
    answer = "全省共有检验检测机构1706家，居全国第9位。[1]北斗标准于11月16日被国际民航组织正式采纳。[2]"
    assert values(answer, PASSAGE, OTHER) == {
        "citation_recall": 1.0,
        "citation_precision": 1.0,
        "citation_validity": 1.0,
    }


def test_recall_counts_claims():
    got = values("全省共有检验检测机构1706家[1]。北斗标准已被采纳。营收达到150亿元[1]。", PASSAGE)
    assert got["citation_recall"] == pytest.approx(
        1 / 3
    )  # one has no mark, one a number that its source lacks
    assert got["citation_precision"] == 1 / 2


def test_a_mark_that_stands_for_nothing_spoils_its_claim():
    got = values("全省共有检验检测机构1706家[1][7]。", PASSAGE)
    assert got == {"citation_recall": 0.0, "citation_precision": 0.0, "citation_validity": 0.5}


def test_a_citation_that_is_not_needed_is_not_precise():
    # [1] supports alone; [2] does not, and without it the claim still stands.
    assert values("全省共有检验检测机构1706家[1][2]。", PASSAGE, OTHER)["citation_precision"] == 0.5


def test_a_citation_that_is_needed_with_another_is_precise():
    claim = "检验检测机构1706家；北斗标准于11月16日被采纳"
    claims = [Claim(claim, (1, 2), True)]
    assert citation_precision(claims, {1: PASSAGE, 2: OTHER}) == 1.0


def test_what_cites_nothing_has_no_precision_and_no_validity():
    assert values("全省共有检验检测机构1706家。") == {"citation_recall": 0.0}
    assert citation_recall([]) is None and citation_precision([], {}) is None
    assert citation_validity("无", {}) is None


def test_courtesies_and_denials_are_no_claims():
    got = values("您好。全省共有检验检测机构1706家[1]。资料中没有提到营收的构成。希望对您有帮助。", PASSAGE)
    assert got["citation_recall"] == 1.0


def test_speaker_and_title_of_a_citation_are_part_of_its_source():
    citation = {"number": 1, "document": "a", "quote": PASSAGE, "passage": PASSAGE, "speaker": "韩永生"}
    one = Record("q", "？", "answered", "韩永生：年营收139.6亿元。[1]", citations=(citation,))
    assert [claim.supported for claim in checked_claims(one)] == [True]
    assert "韩永生" in sources(one)[1]


def test_a_quoted_headline_is_a_claim_of_its_own():
    citations = [
        {"number": n, "document": "a", "quote": q, "passage": q}
        for n, q in ((1, "采纳标准 记者 李明"), (2, OTHER))
    ]
    one = Record("q", "？", "answered", f"采纳标准 记者 李明[1]{OTHER}[2]", citations=tuple(citations))
    assert [claim.marks for claim in checked_claims(one)] == [(1,), (2,)]


def test_evidence_cited_and_quoted_are_shares_of_the_groups():
    citation = {"number": 1, "document": "dir/a.txt", "quote": "居全国第9位。", "passage": PASSAGE}
    one = Record("q", "？", "answered", "第9位[1]", citations=(citation,))
    item = GoldItem(
        "q",
        "？",
        evidence=(
            (Evidence("a.txt", "检验检测机构1706家，居全国第9位"),),
            (Evidence("a.txt", "年营收139.6亿元"),),
        ),
    )
    assert evidence_values(item, one) == {"evidence_cited": 1.0, "evidence_quoted": 0.5}
    elsewhere = Record("q", "？", "answered", "第9位[1]", citations=(citation | {"document": "b.txt"},))
    assert evidence_values(item, elsewhere) == {"evidence_cited": 0.0, "evidence_quoted": 0.0}
    assert evidence_values(GoldItem("q", "？"), one) == {}


def test_extraction_is_right_by_construction(chatbot):
    """What only quotes must have citation recall, precision and validity of 1 on the sample's questions."""
    gold = Path(__file__).parents[2] / "eval" / "sets" / "sample" / "gold.jsonl"
    questions = [json.loads(line).get("question") for line in gold.read_text(encoding="utf-8").splitlines()]
    answered = 0
    for question in [one for one in questions if one][:60]:
        answer = chatbot.ask(question)
        if answer.status != "answered":
            continue
        one = Record.from_dict({"id": "q", **answer.as_dict()})
        got = citation_values(one, checked_claims(one))
        assert got == {"citation_recall": 1.0, "citation_precision": 1.0, "citation_validity": 1.0}, (
            one.answer
        )
        answered += 1
    assert answered > 20
