import json

from index.passage import Hit, Passage
from rag.finder import EvidenceFinder
from rag.question import understand
from rag.verdict import SIGNS, WEIGHTS, likelihood, threshold

TEXT = "潍城计量站去年检定水表8400只。检定费每只12元。计量站位于北街。"


def judged(question, text=TEXT, article="潍城计量站年报"):
    asked = understand(question)
    hits = [Hit(Passage("a.txt", 0, len(text), text, article=article), 1.0)]
    return EvidenceFinder(asked, hits, {term: 3.0 for term in asked.terms}).judge()[0]


def test_every_sign_has_a_weight():
    record = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    assert list(record["weights"]) == list(SIGNS) and 0 < threshold() < 1


def test_likelihood_is_a_probability_whatever_the_signs():
    for value in (-1e6, 0.0, 1.0, 1e6):
        assert 0.0 <= likelihood([value] * len(SIGNS)) <= 1.0


def test_more_that_is_lacking_makes_it_less_likely():
    least = [0.5] * len(SIGNS)
    more = list(least)
    more[SIGNS.index("missname")] = 1.0
    assert likelihood(more) < likelihood(least)


def test_what_the_sentence_says_is_enough():
    assert judged("潍城计量站去年检定了多少只水表？").enough


def test_an_office_that_nobody_is_said_to_hold_is_refused():
    verdict = judged("潍城计量站站长是谁？")
    assert not verdict.enough and "站长" in verdict.uncovered


def test_the_former_chairman_may_be_called_otherwise():
    assert judged("水表协会的前主席是谁？", "水表协会原主席 田禾", "水表协会年会").enough


def test_what_is_asked_about_has_to_stand_near():
    text = "潍城计量站去年检定水表8400只。" + "设备每季度保养。" * 4 + "燃气表另有规定。"
    assert not judged("潍城计量站去年检定了多少只燃气表？", text).enough


def test_another_version_is_refused():
    assert not judged("Fluxor-4的流量是多少？", "Fluxor-3的流量是每秒40升。", "Fluxor 手册").enough
    assert judged("Fluxor-3的流量是多少？", "Fluxor 3的流量是每秒40升。", "Fluxor 手册").enough


def test_a_clause_that_is_not_there_is_refused():
    assert not judged("水表检定规程第九十条说了什么？", "第九条 水表应当检定。", "水表检定规程").enough
