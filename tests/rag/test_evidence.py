from dataclasses import replace

from index.passage import Hit, Passage, Speaker
from rag.companions import announced_items
from rag.evidence import Evidence
from rag.features import FEATURES, SentenceFeatures, groups_of_clauses
from rag.finder import EvidenceFinder
from rag.question import understand


def hit(text, article="", speaker=None, kind="body", score=1.0):
    return Hit(Passage("a.txt", 0, len(text), text, kind=kind, article=article, speaker=speaker), score)


def finder(question, *hits):
    asked = understand(question)
    return EvidenceFinder(asked, hits, {term: 3.0 for term in asked.terms})


TEXT = "会议在滨海召开。全市检测机构42家。去年营收3.5亿元。食堂供应早餐。"


def test_the_sentence_that_holds_the_words_comes_first():
    ranked = finder("检测机构有多少家？", hit(TEXT)).ranked
    assert ranked[0].text == "全市检测机构42家。"


def test_evidence_is_an_exact_stretch_of_its_passage():
    passage = Passage("a.txt", 50, 50 + len(TEXT), TEXT)
    for piece in finder("营收是多少？", Hit(passage, 1.0)).ranked:
        assert piece.text == TEXT[piece.start - 50 : piece.end - 50]


def test_the_subject_may_stand_in_the_title():
    verdict, lead = finder("潍城检测年报里营收是多少？", hit(TEXT, article="潍城检测年报")).judge()
    assert verdict.enough and lead is not None and lead.text == "去年营收3.5亿元。"


def test_a_place_that_no_passage_mentions_is_refused_and_named():
    verdict, _ = finder("广东省有多少家检测机构？", hit(TEXT)).judge()
    assert not verdict.enough and "广东" in verdict.uncovered


def test_another_subject_is_refused():
    verdict, _ = finder("Python怎么读取Excel文件？", hit(TEXT)).judge()
    assert not verdict.enough and verdict.coverage == 0


def test_who_is_answered_by_the_headline():
    head = "提升检测水平 市质检院院长 周岚"
    speaker = Speaker("周岚", "市质检院", "院长")
    ranked = finder("质检院院长是谁？", hit(TEXT), hit(head, speaker=speaker, kind="head")).ranked
    assert ranked[0].text == head


def test_a_second_sentence_is_chosen_only_for_what_it_adds():
    found = finder("检测机构有多少家，营收是多少？", hit(TEXT))
    chosen = found.choose(found.ranked[0])
    assert {piece.text for piece in chosen} == {"全市检测机构42家。", "去年营收3.5亿元。"}


def test_no_hits_no_evidence():
    found = finder("检测机构有多少家？")
    verdict, lead = found.judge()
    assert found.ranked == [] and not verdict.enough and lead is None


def test_the_noun_that_is_asked_about_must_be_spoken_of():
    verdict, _ = finder("检测机构的董事长是谁？", hit(TEXT)).judge()
    assert not verdict.enough and "董事长" in verdict.uncovered


def test_another_year_is_no_answer():
    question = "2023年全市检测机构有多少家？"
    assert not finder(question, hit("2024年，全市检测机构42家。")).judge()[0].enough
    assert finder(question, hit("2023年，全市检测机构42家。")).judge()[0].enough


def test_a_sentence_brings_the_items_it_announces():
    text = "工作分为3个方面。第一，摸清底数。第二，补齐短板。最后，检查成效。散会。"
    piece = Evidence(Passage("a.txt", 0, len(text), text), 0, len("工作分为3个方面。"))
    assert [one.text for one in announced_items(piece)] == [
        "第一，摸清底数。",
        "第二，补齐短板。",
        "最后，检查成效。",
    ]


def test_a_quotation_brings_the_sentence_that_says_whose_it_is():
    found = finder("“质量是企业的命”是谁说的？", hit("“质量是企业的命。”厂长吴明说。大家鼓掌。"))
    chosen = found.choose(found.ranked[0])
    assert "厂长吴明说。" in "".join(piece.text for piece in chosen)


def test_a_clause_is_ranked_together_with_those_beside_it():
    def clause(n, text, start, score):
        passage = Passage("a.txt", start, start + len(text), text, article="章程", heading=f"评级 › 第{n}条")
        return Hit(passage, score)

    texts = ["第一条 供应商每季度评级一次。", "第二条 D级暂停供货。", "第三条 本章程由质量部解释。"]
    starts = [0, len(texts[0]) + 1, 500]
    hits = [
        clause(n, *rest)
        for n, rest in zip("一二三", zip(texts, starts, (1.0, 3.0, 2.0), strict=True), strict=True)
    ]
    assert groups_of_clauses(hits[::-1]) == [[hits[2]], hits[:2]]
    apart = [Hit(replace(one.passage, heading="评级"), one.score) for one in hits]
    assert groups_of_clauses(apart) == [[one] for one in apart]
    features = SentenceFeatures(understand("供应商D级会怎样？"), {"供应商": 3.0, "d": 3.0, "级": 3.0})
    (spans, rows), (_, alone) = features.of(hits[:2]), features.of(hits[1:2])
    assert [(one.start, one.text[start:end]) for one, start, end in spans] == list(
        zip(starts, texts[:2], strict=False)
    )
    assert rows[1][FEATURES.index("passage")] > alone[0][FEATURES.index("passage")]
