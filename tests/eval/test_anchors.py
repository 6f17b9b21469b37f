"""Where gold quotations stand: missing, lost in reading, split apart, or whole."""

import pytest

from eval.anchors import find_anchors
from eval.gold import Evidence, GoldItem, GoldSet
from index.library import Library
from tests.layout import random_truth, render_newsletter
from tests.waiting import costs_less

WRAPPED = """质量观察

质量强省建设行动方案正式发布，提出到2027年全省规模以上企业全部建立

质量管理体系，重点产品监督抽查合格率稳定在百分之九十五以上。

"""
TRUTH = random_truth(3)
LONG = "".join(
    f"第{i}条 计量器具应当按照周期送检，由计量室负责登记第{i}号台账并保存三年。" for i in range(1, 40)
)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    from tests.conftest import HashingEmbedder

    folder = tmp_path_factory.mktemp("files")
    (folder / "下级").mkdir()
    (folder / "下级" / "台账.txt").write_text(LONG, encoding="utf-8")
    (folder / "通讯.txt").write_text(WRAPPED * 30, encoding="gb18030")
    (folder / "观察.txt").write_text(render_newsletter(TRUTH), encoding="utf-8")
    found = Library.open(tmp_path_factory.mktemp("home"), HashingEmbedder(), create=True)
    found.sync([folder])
    return found


def anchors(library, *groups):
    item = GoldItem("q", "？", evidence=tuple(tuple(Evidence(*one) for one in group) for group in groups))
    return find_anchors(GoldSet((item, GoldItem("r", "？"))), library)


def test_a_quotation_in_a_passage_is_whole_whatever_its_spaces_and_width(library):
    assert anchors(library, [("台账.txt", "由计量室负责登记第７号台账 并\n保存三年")]) == {"q": [["whole"]]}
    assert anchors(library, [("下级/台账.txt", "第3条 计量器具")]) == {"q": [["whole"]]}


def test_a_quotation_over_the_seam_of_two_passages_is_whole(library):
    passages = [passage for passage in library.all_passages() if passage.document == "下级/台账.txt"]
    assert len(passages) > 3
    seam = passages[1].text[-20:] + passages[2].text[:20]
    assert anchors(library, [("台账.txt", seam)]) == {"q": [["whole"]]}


def test_a_quotation_over_three_passages_is_split_apart(library):
    text = library.document("下级/台账.txt").text
    passages = [passage for passage in library.all_passages() if passage.document == "下级/台账.txt"]
    quote = text[passages[1].end - 30 : passages[3].start + 30]
    assert anchors(library, [("台账.txt", quote)]) == {"q": [["split"]]}


def test_what_reading_dropped_is_lost(library):
    url = TRUTH["newsletter"]["articles"][0]["url"]
    assert url not in library.document("观察.txt").text
    assert anchors(library, [("观察.txt", url)]) == {"q": [["lost"]]}


def test_a_quotation_over_a_joined_line_is_whole(library):
    assert anchors(library, [("通讯.txt", "企业全部建立质量管理体系")]) == {"q": [["whole"]]}


def test_what_is_nowhere_is_missing(library):
    groups = [
        [("通讯.txt", "董事长是谁并没有说")],
        [("没有.txt", "计量器具")],
        [("台账.txt", "质量管理体系")],
    ]
    assert anchors(library, *groups) == {"q": [["missing"], ["missing"], ["missing"]]}


def test_each_group_and_alternative_has_its_own(library):
    groups = [
        [("台账.txt", "没有这一句话在里面呀"), ("通讯.txt", "质量强省建设行动方案")],
        [("通讯.txt", "")],
    ]
    assert anchors(library, *groups) == {"q": [["missing", "whole"], ["whole"]]}


def test_a_document_may_be_named_by_its_hash(library):
    sha256 = next(info.sha256 for info in library.documents() if info.name == "通讯.txt")
    assert anchors(library, [(f"sha256:{sha256}", "质量强省建设")], [("sha256:", "质量强省建设")]) == {
        "q": [["whole"], ["missing"]]
    }


def test_a_nearly_right_quotation_stands_there_but_not_with_another_number(library):
    assert anchors(
        library, [("通讯.txt", "质量强省建设行动方案已正式发布，提出到2027年全省规模以上企业")]
    ) == {"q": [["whole"]]}
    assert anchors(
        library, [("通讯.txt", "质量强省建设行动方案已正式发布，提出到2028年全省规模以上企业")]
    ) == {"q": [["missing"]]}


def test_a_thousand_questions_take_little_time(library):
    items = tuple(
        GoldItem(str(i), "？", evidence=((Evidence("台账.txt", f"登记第{i % 50}号台账并保存三年"),),))
        for i in range(1000)
    )
    found = costs_less(2, lambda: find_anchors(GoldSet(items), library))
    assert found["7"] == [["whole"]] and found["45"] == [["missing"]]
