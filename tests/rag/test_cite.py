import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.passage import Passage, Speaker
from rag.cite import MARK, UNVERIFIED, check, claims, renumber, supported
from rag.evidence import Evidence

TEXT = "全市共有检测机构42家。去年营收3.5亿元，居全省第2位。今年将新增5家。"
PASSAGE = Passage(
    "a.txt", 100, 100 + len(TEXT), TEXT, article="检测业年报", speaker=Speaker("周岚", "市质检院", "院长")
)
WHOLE = Evidence(PASSAGE, PASSAGE.start, PASSAGE.end)
FIRST = Evidence(PASSAGE, 100, 100 + len("全市共有检测机构42家。"))


def test_marks_belong_to_the_sentence_before_them():
    assert claims("甲是一。[1]乙是二[2][3]。丙是三") == [
        ("甲是一。", [1]),
        ("乙是二。", [2, 3]),
        ("丙是三", []),
    ]
    assert claims("甲是一【1、2】") == [("甲是一", [1, 2])]


def test_a_quotation_is_supported_and_its_span_is_exact():
    checked = check("全市共有检测机构42家。[1]", [FIRST])
    (citation,) = checked.citations
    assert citation.quote == "全市共有检测机构42家。" == TEXT[citation.start - 100 : citation.end - 100]
    assert checked.unverified == ()


def test_a_paraphrase_is_narrowed_to_the_sentence_that_bears_it():
    checked = check("检测机构去年营收为3.5亿元，居全省第2位。[1]", [WHOLE])
    assert [c.quote for c in checked.citations] == ["去年营收3.5亿元，居全省第2位。"]


def test_a_wrong_number_is_never_shown_as_supported():
    checked = check("全市共有检测机构43家。[1]", [WHOLE])
    assert checked.citations == () and UNVERIFIED in checked.text and "[1]" not in checked.text
    assert checked.unverified == ("全市共有检测机构43家。",)


def test_another_subject_is_not_supported_by_matching_numbers():
    assert not supported("食堂供应42种菜肴和5种汤品", [WHOLE])


def test_a_mark_that_counts_no_evidence_is_removed():
    checked = check("全市共有检测机构42家。[7]", [WHOLE])
    assert checked.citations == () and "[7]" not in checked.text


def test_the_speaker_of_the_source_supports_the_attribution():
    assert supported("周岚（市质检院院长）：全市共有检测机构42家。", [FIRST])


def test_a_sentence_without_a_mark_is_unverified():
    checked = check("全市共有检测机构42家。[1]员工都很满意。", [WHOLE])
    assert checked.unverified == ("员工都很满意。",) and len(checked.citations) == 1


def test_renumbering_follows_the_order_of_first_use():
    other = Passage("b.txt", 0, 9, "抽查合格率97%。")
    checked = renumber(check("抽查合格率97%。[2]全市共有检测机构42家。[1]", [WHOLE, Evidence(other, 0, 9)]))
    assert checked.text == "抽查合格率97%。[1]全市共有检测机构42家。[2]"
    assert [(c.number, c.passage.document) for c in checked.citations] == [(1, "b.txt"), (2, "a.txt")]


@pytest.mark.parametrize(
    "text", ["。[[4]12]", "、[[1]2]]]【3】[1],", "全市共有检测机构42家。[[1]1]", "[1][[2]1]"]
)
def test_no_mark_is_left_without_its_citation(text):
    checked = renumber(check(text, [WHOLE]))
    marks = {int(number) for number in re.findall(r"[\[【](\d+)[\]】]", checked.text)}
    assert marks == {citation.number for citation in checked.citations}


@given(st.text(alphabet="甲4家[]【】12、,。 ", max_size=30))
def test_marks_and_citations_always_agree(text):
    checked = renumber(check(text, [WHOLE, FIRST]))
    marks = {number for match in MARK.finditer(checked.text) for number in re.findall(r"\d+", match[1])}
    assert marks == {str(citation.number) for citation in checked.citations}


def test_a_sentence_on_a_line_of_its_own_keeps_it():
    text = "全市检测机构42家。[1]\n去年营收3.5亿元。[2]另有一句。\n\n又一句。"
    assert [claim for claim, _ in claims(text)] == [
        "全市检测机构42家。",
        "\n去年营收3.5亿元。",
        "另有一句。",
        "\n又一句。",
    ]
