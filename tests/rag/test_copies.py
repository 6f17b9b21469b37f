"""Copies of one notice in a library: one citation that names the others, and room for other documents."""

import io

import pytest

from index.passage import Hit, Passage, Where
from index.readers import ocr, tesseract
from rag.answer import Citation
from rag.build import open_chatbot, open_library
from rag.chatbot import unsure_notices
from rag.cite import with_copies
from rag.settings import Settings
from tests.index.readers.press import FONT, scan
from ui.commands.ask import in_words

NOTICE = """关于开展阀门密封比对试验的通知

各实验室：

为了摸清各家的能力，决定组织一次阀门密封比对试验，报名截止日期为2031年5月20日，每家交样品三只。

比对费用由组织单位承担，样品由泊江阀门研究所统一发出，试验应当在收到样品后十五天内做完。

泊江市质量局

2031年4月8日
"""
QUESTION = "阀门密封比对试验的报名截止日期是哪一天？"
COPIES = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sixty copies, one that differs in a day, and twelve documents of other things in like words."""
    folder = tmp_path_factory.mktemp("copies")
    for n in range(COPIES):
        spelled = NOTICE if n % 2 else NOTICE.replace("，", "， ")
        (folder / f"通知{n:02}.txt").write_text(spelled)
    (folder / "改期通知.txt").write_text(NOTICE.replace("5月20日", "5月28日"))
    for n, thing in enumerate(
        ["硬度", "粗糙度", "噪声", "温升", "绝缘", "耐压", "振动", "盐雾", "跌落", "气味", "色差", "拉力"]
    ):
        text = f"{thing}比对试验的安排\n\n{thing}比对试验的报名由实验室自己决定，阀门不在其中，时间另行商量，共{n + 2}轮。\n"
        (folder / f"其他{n:02}.txt").write_text(text)
    return folder


@pytest.fixture(scope="module")
def copies(folder, tmp_path_factory):
    library = open_library(Settings(home=tmp_path_factory.mktemp("home")), create=True)
    library.sync([folder])
    library.sync([folder / "通知00.txt"], collection="内部")
    return open_chatbot(Settings(), library)


def test_copies_do_not_crowd_out_others(copies):
    hits = copies.retriever.search(QUESTION, 10)
    assert len(hits) == 10
    texts = [(hit.passage.kind, hit.passage.text) for hit in hits]
    assert len(set(texts)) == 10
    documents = {hit.passage.document for hit in hits}
    assert "改期通知.txt" in documents and len(documents) >= 8
    first = next(hit for hit in hits if "5月20日" in hit.passage.text)
    assert len(first.also) == COPIES and all("5月20日" in one.text for one in first.also)


def test_ten_copies_give_one_citation_that_names_the_others(copies):
    answer = copies.ask(QUESTION)
    assert answer.status == "answered" and "5月20日" in answer.text
    cited = next(citation for citation in answer.citations if "5月20日" in citation.quote)
    assert len(cited.also_in) == COPIES - 1 and cited.passage.document not in cited.also_in
    assert cited.as_dict()["also_in"] == list(cited.also_in)
    assert sum("5月20日" in citation.quote for citation in answer.citations) == 1
    assert "另见 also in: 通知" in in_words(answer)


def test_a_copy_that_may_not_be_read_is_not_named(copies):
    everywhere = copies.retriever.search(QUESTION, 3)
    assert any(one.collection == "内部" for hit in everywhere for one in (hit.passage, *hit.also))
    common = copies.retriever.search(QUESTION, 3, where=Where(readable=frozenset([""])))
    assert all(one.collection == "" for hit in common for one in (hit.passage, *hit.also))


def test_the_same_is_shown_every_time(copies):
    shown = [[hit.passage.id for hit in copies.retriever.search(QUESTION, 5)] for _ in range(3)]
    assert shown[0] == shown[1] == shown[2]


def passage(document, text="读数不得下降。", **fields):
    return Passage(document, 0, len(text), text, **fields)


def test_a_citation_names_copies_of_its_own_passage_only():
    one, other = passage("甲.txt"), passage("乙.txt", "保压一分钟。")
    hits = [Hit(one, 1, also=(passage("丙.txt"), passage("丙.txt"), passage("丁.txt"))), Hit(other, 1)]
    cited = [Citation(1, one, 0, 7, one.text), Citation(2, other, 0, 6, other.text)]
    assert [citation.also_in for citation in with_copies(cited, hits)] == [("丙.txt", "丁.txt"), ()]


def test_a_citation_from_a_doubtful_picture_says_so():
    sure, unsure = passage("甲.txt"), passage("乙.png", unsure=True)
    cited = [Citation(1, sure, 0, 7, sure.text), Citation(2, unsure, 0, 7, unsure.text)]
    assert [citation.as_dict()["unsure"] for citation in cited] == [False, True]
    (notice,) = unsure_notices(cited)
    assert notice.startswith("[2]") and "识别自图片" in notice
    assert unsure_notices(cited[:1]) == ()


@pytest.mark.skipif(
    bool(tesseract.missing()) or not FONT.exists(),
    reason=f"NOT TESTED: recognition of text; needs Debian's {tesseract.INSTALL} and fonts-noto-cjk",
)
def test_a_doubtful_picture_is_doubted_up_to_the_answer(tmp_path, monkeypatch):
    picture = io.BytesIO()
    scan(["阀门密封试验的保压时间不少于六十秒", "试验记录由检验员签字以后归档保存"]).save(picture, "PNG")
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "试验.png").write_bytes(picture.getvalue())
    library = open_library(Settings(home=tmp_path / "home"), create=True)
    document = doubted(picture.getvalue(), monkeypatch)
    assert document.unsure
    library.add(document, picture.getvalue())
    answer = open_chatbot(Settings(), library).ask("阀门密封试验的保压时间不少于多少秒？")
    assert answer.status == "answered" and all(citation.unsure for citation in answer.citations)
    assert any("识别自图片" in notice for notice in answer.notices)


def doubted(picture, monkeypatch):
    """The picture as a document, read by a recogniser that trusts nothing: faint print would be read by luck."""
    from index.readers.pdf import document, page

    for module in (document, page):
        if hasattr(module, "LOW_CONFIDENCE"):
            monkeypatch.setattr(module, "LOW_CONFIDENCE", 100.1)
    return ocr.read_picture(picture, "试验.png")
