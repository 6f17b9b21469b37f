"""Copies and near-copies: what is folded, what never may be, and which one is shown."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.library import Library
from index.passage import Article, Document, Hit, Passage, Speaker
from index.similar import (
    alike,
    firm_sums,
    grouped,
    jaccard,
    same_passage,
    shingles,
    shown,
    similar_documents,
    wording,
)
from tests.conftest import HashingEmbedder

NOTICE = (
    "现将2025年第一季度电动工具质量抽查情况通报如下：共抽查18家企业的42批次产品，3批次不合格，"
    "不合格率为7.1%，主要问题是接地电阻超标。请各单位于4月30日前完成整改，联系人李明，"
    "依据GB/T 3883.1—2014检验，结果不得用于宣传。"
)


def passage(text=NOTICE, document="甲.txt", **fields):
    return Passage(document, 0, len(text), text, **fields)


def test_jaccard_of_a_worked_example():
    # 质量检验 has the runs 质量检 and 量检验; 质量检测 the runs 质量检 and 量检测: one of three is shared.
    assert jaccard(shingles("质量检验"), shingles("质量检测")) == pytest.approx(1 / 3)
    assert shingles("质") == {"质"}


@pytest.mark.parametrize(
    "change",
    [
        ("，", "， "),
        ("：", ":"),
        ("18", "１８"),
        ("质", "質"),
        ("—", "-"),
        ("。", "。\n"),
        ("现将", "现就"),
        ("请各单位", "各单位"),
        ("质量抽查情况", "质量抽查的情况"),
    ],
)
def test_what_changes_nothing(change):
    assert NOTICE.replace(*change) != NOTICE and alike(NOTICE, NOTICE.replace(*change))


@pytest.mark.parametrize(
    "change",
    [
        ("2025", "2024"),
        ("第一季度", "第二季度"),
        ("18家", "19家"),
        ("7.1%", "71%"),
        ("4月30日", "4月13日"),
        ("李明", "李鸣"),
        ("电动工具", "电动玩具"),
        ("3883.1", "3883.2"),
        ("不得用于", "得用于"),
        ("GB/T", "GB"),
        ("接地电阻", "绝缘电阻"),
    ],
)
def test_what_makes_another_notice(change):
    assert NOTICE.replace(*change) != NOTICE and not alike(NOTICE, NOTICE.replace(*change))


@given(st.integers(0, len(NOTICE) - 1), st.sampled_from("0123456789一三五七甲乙ABxy"))
def test_no_inserted_figure_or_letter_goes_unnoticed(at, character):
    assert not alike(NOTICE, NOTICE[:at] + character + NOTICE[at:])


@given(st.text(max_size=60), st.text(max_size=60))
def test_alikeness_is_symmetric_and_holds_for_the_same_text(one, other):
    assert alike(one, one) and alike(one, other) == alike(other, one)


@given(st.lists(st.sampled_from([" ", "，", "\n", "、", "「"]), min_size=1, max_size=4), st.integers(0, 40))
def test_punctuation_between_words_does_not_count(marks, at):
    text = "供应商应当建立质量档案并且保存检验记录供监督部门查阅不得涂改或者销毁任何原始记录"
    assert alike(text, text[:at] + "".join(marks) + text[at:])


def test_separate_numbers_do_not_run_together():
    assert wording("100，200").numbers == ("100", "200")
    assert wording("1.5").numbers != wording("15").numbers


def test_the_same_sentence_in_rules_of_other_names_is_not_the_same():
    text = "本规定由质量部负责解释，自2025年1月1日起施行。"
    one = passage(text, article="供应商管理规定")
    assert not same_passage(one, passage(text, "乙.txt", article="不合格品管理规定"))
    assert same_passage(one, passage(text, "乙.txt", article="供应商管理规定"))
    assert not same_passage(one, passage(text, "甲.txt", article="供应商管理规定"))


@pytest.mark.parametrize(
    ("mine", "other", "same"),
    [
        ({"article": "关于2025年抽查的通知"}, {"article": "关于2024年抽查的通知"}, False),
        (
            {"article": "关于开展质量抽查工作的通知"},
            {"article": "甲市质量局关于开展质量抽查工作的通知"},
            True,
        ),
        ({"article": "抽查通报"}, {}, True),
        ({"heading": "怎么收费？"}, {"heading": "怎么报名？"}, False),
        ({"speaker": Speaker("李明")}, {"speaker": Speaker("王芳")}, False),
        ({"kind": "head"}, {"kind": "body"}, False),
    ],
)
def test_title_heading_and_speaker_have_to_agree(mine, other, same):
    assert same_passage(passage(**mine), passage(document="乙.txt", **other)) is same


def fold(hits):
    groups = grouped(
        [hit.passage.text for hit in hits], lambda places: {place: hits[place].passage for place in places}
    )
    return [shown([hits[place] for place in group]) for group in groups]


def test_a_rare_character_that_is_met_alone_as_something_new():
    (known,) = firm_sums(["检验员"])
    assert firm_sums(["检验员\U00020bb7", "检验员"]) == [known, known]


def test_ten_copies_are_one_hit_with_nine_others():
    copies = [
        Hit(passage(document=f"{n:02}.txt", published=f"2025-03-{n:02}", id=n), 2.0 - n / 100)
        for n in range(1, 11)
    ]
    other = Hit(passage("另一件事：校准证书的有效期不在证书上写明。", "其他.txt", id=99), 1.95)
    folded = fold(sorted([*copies, other], key=lambda hit: -hit.score))
    assert [hit.passage.document for hit in folded] == ["10.txt", "其他.txt"]
    assert [one.document for one in folded[0].also] == [f"{n:02}.txt" for n in range(9, 0, -1)]
    assert folded[0].score == 1.99 and folded[1].also == ()


def test_passages_are_asked_for_only_where_texts_may_be_alike():
    asked: list[int] = []

    def passages(places):
        asked.extend(places)
        # The one at place 3 has been removed meanwhile.
        return {place: passage(document=f"{place}.txt") for place in places if place != 3}

    assert grouped([NOTICE, "甲的检验", "乙的检验"], passages) == [[0], [1], [2]] and not asked
    assert grouped([NOTICE, "甲的检验", NOTICE, NOTICE], passages) == [[0, 2], [1]] and asked == [0, 2, 3]


def test_the_newest_then_what_is_in_force_then_the_name_is_shown():
    def first(*hits):
        return [fold(list(order))[0].passage.document for order in (hits, hits[::-1])]

    old, new = passage(published="2024"), passage(document="乙.txt", published="2025-01")
    assert first(Hit(old, 1), Hit(new, 1)) == ["乙.txt"] * 2
    gone, valid = passage(status="废止"), passage(document="乙.txt", status="现行")
    assert first(Hit(gone, 1), Hit(valid, 1)) == ["乙.txt"] * 2
    assert first(Hit(passage(), 1), Hit(passage(document="丙.txt"), 1)) == ["丙.txt"] * 2


def test_the_one_that_the_question_points_to_is_shown():
    pointed = Hit(passage(document="甲法.md"), 3.0, {"lookup": 2.5})
    folded = fold([pointed, Hit(passage(document="汇编.md", published="2026"), 1.0)])
    assert folded[0].passage.document == "甲法.md"


@given(st.lists(st.tuples(st.sampled_from("甲乙丙"), st.integers(0, 5)), max_size=12))
def test_folding_loses_no_passage_and_keeps_the_order_of_scores(pieces):
    hits = [
        Hit(passage(f"{text}类产品的检验周期不超过一年。" * 3, f"{n}.txt", id=i), 9.0 - i)
        for i, (text, n) in enumerate(pieces)
    ]
    folded = fold(hits)
    seen = [hit.passage.id for hit in folded] + [one.id for hit in folded for one in hit.also]
    assert sorted(seen) == [hit.passage.id for hit in hits]
    assert [hit.score for hit in folded] == sorted((hit.score for hit in folded), reverse=True)


def long_text(seed: int) -> str:
    characters = "质量检验标准产品企业抽查合格记录仪器校准证书报告审核改进供应商现场过程能力分析"
    chance = random.Random(seed)
    return "。".join("".join(chance.choices(characters, k=20)) for _ in range(40)) + "。"


def test_groups_of_similar_documents(tmp_path):
    texts = {
        "通知.txt": long_text(1),
        "通知（副本）.txt": long_text(1).replace("。", "。\n"),
        "转发.txt": long_text(1) + "特此通知，请认真落实。",
        "去年的通知.txt": long_text(1) + "2024年。",
        "别的.txt": long_text(2),
    }
    with Library.open(tmp_path / "home", HashingEmbedder(), create=True) as library:
        library.add_many(
            (Document(name, text, articles=(Article("", 0, len(text)),)), text.encode())
            for name, text in texts.items()
        )
        private = Document("我的.txt", long_text(1), articles=(Article("", 0, 9),), collection="~1")
        library.add(private, b"private")
        library.add(replace(private, name="公用.txt", collection="二部"), b"other")
        (group,) = similar_documents(library)
        assert set(group) == {"通知.txt", "通知（副本）.txt", "转发.txt", "二部/公用.txt"}
        ((*exact,),) = similar_documents(library, 1.0)
        assert set(exact) == {"通知.txt", "通知（副本）.txt", "二部/公用.txt"}
