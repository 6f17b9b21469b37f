from index.passage import Hit, Passage
from rag.enumeration import enumerations
from rag.finder import EvidenceFinder
from rag.question import understand


def passage(text, start=0, id=1):
    return Passage("a.txt", start, start + len(text), text, article="车间改造方案", id=id)


def texts(items):
    return [one.passage.text[one.start : one.end] for one in items]


def chosen(question, *passages):
    asked = understand(question)
    finder = EvidenceFinder(asked, [Hit(one, 1.0) for one in passages], {term: 3.0 for term in asked.terms})
    verdict, lead = finder.judge()
    assert lead is not None, verdict
    return [piece.text for piece in finder.choose(lead)]


THREE = "改造分三步：一是腾空旧库房。费用由车间承担。二是铺设地坪。三是安装货架。完工后验收。"


def test_numbered_items_are_found_with_sentences_between_them():
    (items,) = enumerations([passage(THREE)])
    assert texts(items) == ["改造分三步：一是腾空旧库房。", "二是铺设地坪。", "三是安装货架。"]


def test_an_enumeration_goes_on_in_the_next_passage():
    first = passage("第一，校准量具。第二，培训检验员。", 0, 1)
    second = passage("第三，每季度复核。", 100, 2)
    (items,) = enumerations([second, first])
    assert texts(items) == ["第一，校准量具。", "第二，培训检验员。", "第三，每季度复核。"]


def test_a_number_out_of_order_ends_it():
    (items,) = enumerations([passage("1.清点。2.登记。4.归还。")])
    assert texts(items) == ["1.清点。", "2.登记。"]


def test_bullets_and_labels_follow_each_other_directly():
    bullets = enumerations([passage("- 手套\n- 护目镜\n其他另发。\n- 耳塞")])
    assert [texts(items) for items in bullets] == [["- 手套", "- 护目镜"]]


def test_one_item_is_no_enumeration():
    assert enumerations([passage("一是腾空旧库房。完工后验收。")]) == []


def test_who_asks_for_the_steps_gets_all_of_them():
    assert chosen("车间改造分哪三步？", passage(THREE)) == [
        "改造分三步：一是腾空旧库房。",
        "二是铺设地坪。",
        "三是安装货架。",
    ]


def test_who_asks_for_one_thing_gets_no_list():
    assert "三是安装货架。" not in chosen("旧库房的改造费用由谁承担？", passage(THREE))


def test_a_bulleted_list_comes_whole_and_without_what_only_repeats_the_question():
    text = "领料单由三个栏目组成：\n- 物料：名称和规格\n- 数量：实发件数\n- 签名：领料人"
    assert chosen("领料单由哪三个栏目组成？", passage(text)) == [
        "- 物料：名称和规格",
        "- 数量：实发件数",
        "- 签名：领料人",
    ]


def test_a_list_that_is_announced_as_of_other_things_is_not_the_one_asked_for():
    outlook = "对今后有三点判断。第一，订单会增加。第二，人手会减少。第三，库房会变小。"
    text = f"车间改造走过的三个阶段是清点、搬迁和验收。时间都很紧。{outlook}"
    quoted = chosen("车间改造走过了哪三个阶段？", passage(text))
    assert quoted[0] == "车间改造走过的三个阶段是清点、搬迁和验收。"
    assert not any(one.startswith("第") for one in quoted)
