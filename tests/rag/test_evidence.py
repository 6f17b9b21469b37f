from dataclasses import replace

from index.passage import Hit, Passage, Speaker
from rag.companions import WITH_ANTECEDENT, announced_items, antecedent
from rag.evidence import Evidence
from rag.features import FEATURES, SentenceFeatures, groups_of_clauses, states_new
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


def test_a_sentence_that_points_back_brings_the_one_before_it():
    first, second = "1900年他到了滨海。", "同年七月，他第一次采集标本。"
    passage = Passage("a.txt", 0, len(first + second), first + second)
    piece = Evidence(passage, len(first), len(first + second))
    assert [one.text for one in antecedent(piece)] == [first]
    assert antecedent(Evidence(passage, 0, len(first))) == []
    long = "长" * WITH_ANTECEDENT + "。"
    far = Passage("a.txt", 0, len(long + second), long + second)
    assert antecedent(Evidence(far, len(long), len(long + second))) == []


def test_what_each_clause_asks_for_is_quoted():
    text = "去年抽查小家电198批次。会议在滨海召开。食堂供应早餐。一季度坏品有21批次。"
    found = finder("小家电抽查了多少批次，坏品有多少批次？", hit(text))
    chosen = "".join(piece.text for piece in found.choose(found.ranked[0]))
    assert "198批次" in chosen and "21批次" in chosen


def test_what_stands_around_the_question_word_counts():
    features = SentenceFeatures(understand("滨海的检测站建成后，最大的用途是什么？"), {"滨海": 1.0})
    _, rows = features.of([hit("最大的用途是检验钢材。滨海的检测站去年建成。")])
    asked, preamble = (dict(zip(FEATURES, row, strict=True)) for row in rows)
    assert asked["asked_before"] == 6 / 8 and preamble["asked_before"] < asked["asked_before"]


def test_a_question_for_a_place_wants_a_place():
    features = SentenceFeatures(understand("仓库的地理位置是什么？"), {"仓库": 1.0})
    _, rows = features.of([hit("仓库位于花卷市矢泽。仓库去年翻修。")])
    assert [row[FEATURES.index("type")] for row in rows] == [1.0, 0.0]


def test_the_row_of_a_table_is_read_and_quoted_with_its_head():
    head, rows = "| 设备 | 负责人 | 保养周期 |", ["| 铣床 | 李强 | 半年 |", "| 车床 | 王伟 | 一年 |"]
    found = finder("车床的负责人是谁？", hit("\n".join(["设备由设备科统一管理。", head, *rows])))
    verdict, lead = found.judge()
    assert verdict.enough and lead.text == rows[1]
    assert [one.text for one in found.choose(lead)][:2] == [head, rows[1]]


def test_a_number_with_another_unit_is_new():
    assert states_new("number", "车床多久保养一次", "一年")
    assert not states_new("number", "车床多久保养一次", "保养一次")


def test_a_sentence_that_is_the_question_but_for_the_number_answers_it():
    verdict, lead = finder("内审发现几项不符合？", hit("内审发现七项不符合。")).judge()
    assert verdict.enough and lead is not None and lead.text == "内审发现七项不符合。"
    assert finder("内审发现了什么不符合？", hit("内审发现不符合。")).ranked == []
