import pytest

from index.passage import Hit, Passage
from index.split import clauses
from rag.evidence import Evidence, sentences_of
from rag.features import units
from rag.finder import EvidenceFinder
from rag.framing import answer_behind, is_bare_line, says_nothing
from rag.question import understand

ASKED = "问：检具丢了怎么办？\n答：当天报告。由库房登记。\n问：能补领吗？\n答：可以。"


def piece(text, start=0, end=None):
    end = len(text) if end is None else end
    return Evidence(Passage("a.txt", 0, len(text), text, article="检具管理", id=1), start, end)


def answered(question, text):
    asked = understand(question)
    hit = Hit(Passage("a.txt", 0, len(text), text, article="检具管理", id=1), 1.0)
    finder = EvidenceFinder(asked, [hit], {term: 3.0 for term in asked.terms})
    _, lead = finder.judge()
    return [one.text for one in finder.choose(lead)] if lead else None


def test_a_question_in_a_text_is_answered_by_what_stands_behind_it():
    assert answered("检具丢了怎么处理？", ASKED) == ["答：当天报告。", "由库房登记。"]


def test_an_answer_ends_with_its_line():
    question = piece(ASKED, ASKED.index("问：能补领"), ASKED.index("\n答：可以"))
    assert [one.text for one in answer_behind(question)] == ["答：可以。"]


@pytest.mark.parametrize(
    ("text", "question", "nothing"),
    [
        ("ask：检具丢了怎么办？", "检具丢了怎么办", True),  # nobody answers it
        ("自：滨海检具厂", "滨海检具厂是几级？", True),
        ("致：滨海检具厂", "这封信是写给谁的？", False),
        ("附件：1. 检具清单", "检具有哪些要求？", True),
        ("附件：1. 检具清单", "有哪些附件？", False),
        ("检具由库房登记。", "检具由谁登记？", False),
    ],
)
def test_a_line_that_says_nothing(text, question, nothing):
    assert says_nothing(piece(text), question) is nothing


@pytest.mark.parametrize(
    ("text", "bare"), [("二〇二五年八月", True), ("已经登记。", False), ("长" * 30, False)]
)
def test_a_line_without_a_full_stop_is_bare_if_it_is_short(text, bare):
    assert is_bare_line(piece(text)) is bare


def test_the_headline_of_an_item_is_ranked_with_its_sentence_and_quoted_beside_it():
    text = "（一）检具开放日。共8场，每场2小时。（二）检具比武。不收费。"
    found = [text[start:end] for start, end in units(text)]
    assert found == ["（一）检具开放日。共8场，每场2小时。", "（二）检具比武。不收费。"]
    both = sentences_of(piece(text, 0, len(found[0])))
    assert [one.text for one in both] == ["（一）检具开放日。", "共8场，每场2小时。"]


@pytest.mark.parametrize(
    "text", ["一是清点。\n二是登记。", "（一）共8场，每场2小时。不收费。", "不收费。共8场。", ""]
)
def test_other_sentences_are_ranked_by_themselves(text):
    assert units(text) == clauses(text)
