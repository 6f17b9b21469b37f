from index.passage import Hit, Passage, Speaker
from rag.evidence import Verdict
from rag.refusal import refusal_text, says_not_found, speaks_of

HITS = [
    Hit(Passage("a.txt", 0, 2, "甲。", article="关于《计量办法》的说明"), 1.0),
    Hit(Passage("b.txt", 0, 2, "乙。"), 0.5),
]


def test_it_names_what_is_missing_once_and_what_is_nearest():
    text = refusal_text(Verdict(False, 0.2, ("广东", "广东省", "《办法》")), HITS)
    assert (
        text
        == "资料中没有找到这个问题的答案：没有提到“广东”、《办法》。最接近的资料是《关于〈计量办法〉的说明》、《b.txt》。"
    )


def test_with_nothing_near_it_says_no_more_than_that():
    assert refusal_text(Verdict(False, 0.0, ("广东",)), []) == "资料中没有找到这个问题的答案。"


def test_a_model_s_refusal_is_recognised():
    assert (
        says_not_found("资料中没有找到该数据。") and says_not_found("") and not says_not_found("共42家。[1]")
    )


def test_what_stands_somewhere_is_not_said_to_be_lacking():
    verdict = Verdict(False, 0.2, ("广东", "iso"))
    text = refusal_text(verdict, HITS[1:], "广东的ISO主席是谁？", lambda part: part == "iso")
    assert (
        text
        == "资料中没有找到这个问题的答案：没有提到“广东”；提到“ISO”之处没有说到所问的内容。最接近的资料是《b.txt》。"
    )


def test_a_word_is_looked_for_in_text_title_and_speaker():
    passage = Passage(
        "a.txt", 0, 4, "贯标认证", article="ISO动态", speaker=Speaker("周岚", "省计量院", "院长")
    )
    assert all(speaks_of(part, [passage]) for part in ("贯标", "iso", "院长", "《ISO动态》"))
    assert not speaks_of("广东", [passage]) and not speaks_of("贯标", [])
