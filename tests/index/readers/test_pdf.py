"""PDF files made here must come back as they were written: in order, whole, and on the right pages."""

import io
import random
import re

import pypdfium2 as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib import pdfencrypt

from index.errors import ReadError
from index.lines import squeeze
from index.passage import OffsetMap
from index.readers import ocr, tesseract
from index.readers.pdf.boxes import boxes
from index.readers.pdf.chars import _meaning
from index.readers.pdf.document import _forward, ranges
from index.readers.pdf.page import HYPHEN
from index.readers.pdf.reader import read_pdf, read_single_page
from index.readers.pdf.tables import rows_of
from index.split import split
from tests import layout
from tests.index.readers.press import FONT, HEIGHT, SONG, WIDTH, Press, prose, scan, width_of, wrap

needs_ocr = pytest.mark.skipif(
    bool(tesseract.missing()) or not FONT.exists(),
    reason=f"NOT TESTED: recognition of text; needs Debian's {tesseract.INSTALL} and fonts-noto-cjk",
)


def lines_of(document):
    return document.text.split("\n")


def check(document):
    """What holds for every document; returns its passages."""
    passages = split(document)
    for passage in passages:
        assert passage.text == document.text[passage.start : passage.end]
    assert list(document.pages) == sorted(document.pages)
    assert (
        not re.search("[\ue000-\uf8ff\ufffe\uffff\u00ad\x00-\x08]", document.text)
        and HYPHEN not in document.text
    )
    return passages


def test_hard_wraps_are_joined():
    press, paragraphs = Press(), [prose(n) for n in range(6)]
    y = 80
    for paragraph in paragraphs:
        y = press.paragraph(70, y, paragraph)
    document = read_pdf(press.data(), "a.pdf")
    assert lines_of(document) == paragraphs
    check(document)


def test_words_broken_at_line_ends_are_mended():
    press = Press()
    lines = [
        "The quality of the incoming material is inspected by the respon-",
        "sible department, which keeps records of long-term and short-",
        "term stability. A well-known method is the well-",
        "known control chart, drawn for each characteristic of the part.",
    ]
    press.lines(70, 80, lines, font="Helvetica")
    assert lines_of(read_pdf(press.data(), "a.pdf")) == [
        "The quality of the incoming material is inspected by the responsible department, which keeps records of "
        "long-term and short-term stability. A well-known method is the well-known control chart, drawn for each "
        "characteristic of the part."
    ]


def two_columns(press, paragraphs, top=80):
    """Sets paragraphs in two columns of a page, the second with other line heights than the first."""
    rows = [
        (number == 0, line)
        for paragraph in paragraphs
        for number, line in enumerate(wrap(paragraph, 210, 10.5, 21))
    ]
    half = (len(rows) + 1) // 2
    for column, part in enumerate((rows[:half], rows[half:])):
        y = top + 4.0 * column
        for first, line in part:
            press.line(60 + column * 245 + (21 if first else 0), y, line)
            y += 16


def test_columns_are_read_one_after_the_other():
    press, paragraphs = Press(), [prose(n, 6) for n in range(7)]
    press.line(150, 70, "关于过程能力研究的若干问题", 20)
    two_columns(press, paragraphs, 130)
    document = read_pdf(press.data(), "a.pdf")
    assert document.title == "关于过程能力研究的若干问题"
    assert lines_of(document)[1:] == paragraphs
    check(document)


def test_full_width_text_between_columns():
    press = Press()
    above, below, middle = [prose(n, 5) for n in range(4)], [prose(n, 5) for n in range(10, 14)], prose(99, 4)
    two_columns(press, above, 60)
    y = press.paragraph(60, 400, middle, width=455)
    two_columns(press, below, y + 20)
    assert lines_of(read_pdf(press.data(), "a.pdf")) == [*above, middle, *below]


def many_pages(count):
    """A PDF of `count` pages with header and page number; a paragraph goes on over each page's end."""
    press, truth = Press(), {}
    for page in range(1, count + 1):
        press.line(70 if page % 2 else 330, 40, "远岭重工质量手册 2024年第3版", 9)
        press.line(290, HEIGHT - 30, f"- {page} -", 9)
        y = 80.0
        for n in range(3):
            text = f"第{page}页第{n}段的编号是{page * 1000 + n}，" + prose(page * 10 + n, 3)
            truth[page * 1000 + n] = page
            y = press.paragraph(70, y, text)
        press.turn()
    return press.data(), truth


def test_every_passage_is_on_its_page():
    data, truth = many_pages(40)
    document = read_pdf(data, "a.pdf")
    passages = check(document)
    assert len(document.pages) == 40
    assert "质量手册" not in document.text and not re.search(r"- \d+ -", document.text)
    seen = set()
    for passage in passages:
        found = re.match(r"第(\d+)页第\d段的编号是(\d+)", passage.text)
        if found:
            assert passage.page == int(found[1]) == truth[int(found[2])]
            seen.add(passage.page)
    assert len(seen) > 33
    for number, page in truth.items():
        at = document.text.index(f"编号是{number}，")
        assert document.pages[page - 1] <= at < [*document.pages, len(document.text)][page]


def test_a_paragraph_goes_on_overleaf():
    press, text = Press(), prose(1, 30)
    rows = wrap(text, 440, 10.5, 21)
    press.lines(70, 600, rows[:10], indent=21)
    press.turn()
    press.lines(70, 80, rows[10:])
    document = read_pdf(press.data(), "a.pdf")
    assert lines_of(document) == [text]
    assert document.pages == (0, len("".join(rows[:10])))
    late = [passage for passage in check(document) if passage.start >= document.pages[1]]
    assert late and {passage.page for passage in late} == {2}


def test_empty_pages_count():
    press = Press()
    press.paragraph(70, 80, prose(1))
    press.turn()
    press.turn()
    press.paragraph(70, 80, prose(2))
    document = read_pdf(press.data(), "a.pdf")
    check(document)
    assert document.pages == (0, len(prose(1)) + 1, len(prose(1)) + 1)


def test_footnotes_stay_out_of_the_sentence():
    press, text = Press(), prose(3, 24)
    rows = wrap(text, 440, 10.5, 21)
    press.lines(70, 560, rows[:8], indent=21)
    press.rule(70, 730, 170)
    press.line(70, 745, "① 本条所称供应商指直接供货的单位。", 8)
    press.turn()
    press.lines(70, 80, rows[8:])
    document = read_pdf(press.data(), "a.pdf")
    assert lines_of(document) == ["①本条所称供应商指直接供货的单位。", text]
    assert check(document)[0].page == 1


def test_raised_digits_do_not_change_a_number():
    press = Press()
    press.line(70, 80, "每批抽样数量为2×10")
    x = 70 + width_of("每批抽样数量为2×10", 10.5)
    press.line(x, 75, "6", 6)
    press.line(x + 4, 80, "件，按规定执行。")
    assert lines_of(read_pdf(press.data(), "a.pdf")) == ["每批抽样数量为2×10⁶件，按规定执行。"]


TABLE = [
    ["级别", "一线城市", "二线城市"],
    ["总经理", "800", "600"],
    ["部门主管", "650", "500"],
    ["员工", "450", "350"],
]
ROWS = [
    "级别：总经理；一线城市：800；二线城市：600",
    "级别：部门主管；一线城市：650；二线城市：500",
    "级别：员工；一线城市：450；二线城市：350",
]


@pytest.mark.parametrize("rules", ["grid", "three", "none"])
def test_tables_are_read_as_rows(rules):
    press = Press()
    y = press.paragraph(70, 60, prose(5))
    for r, row in enumerate(TABLE):
        for c, text in enumerate(row):
            press.line(80 + 130 * c, y + 25 + 20 * r, text)
    levels = {"grid": range(5), "three": (0, 1, 4), "none": ()}[rules]
    for n in levels:
        press.rule(70, y + 10 + 20 * n, 460)
    if rules == "grid":
        for c in range(4):
            press.rule(70 + 130 * c, y + 10, 70 + 130 * c, y + 90)
    press.paragraph(70, y + 120, prose(6))
    document = read_pdf(press.data(), "a.pdf")
    assert lines_of(document) == [prose(5), *ROWS, prose(6)]
    check(document)


def test_merged_cells_are_repeated():
    press = Press()
    for y in (100, 120, 160):
        press.rule(70, y, 330)
    press.rule(200, 140, 330)
    for x in (70, 200, 330):
        press.rule(x, 100, x, 160)
    for x, y, text in [
        (80, 114, "地区"),
        (210, 114, "标准"),
        (80, 144, "华东"),
        (210, 134, "甲级"),
        (210, 154, "乙级"),
    ]:
        press.line(x, y, text)
    assert lines_of(read_pdf(press.data(), "a.pdf")) == ["地区：华东；标准：甲级", "地区：华东；标准：乙级"]


def test_headings_are_told_by_their_size():
    press = Press()
    press.line(150, 70, "供应商质量管理要求", 22)
    y = 120
    for n, heading in enumerate(["适用范围", "职责分工", "检查办法"]):
        press.line(70, y, heading, 14)
        y = press.paragraph(70, y + 25, prose(n)) + 10
    document = read_pdf(press.data(), "a.pdf")
    assert document.title == "供应商质量管理要求"
    assert [text for _, text in document.articles[0].headings] == ["适用范围", "职责分工", "检查办法"]
    assert {passage.heading for passage in check(document)} == {"适用范围", "职责分工", "检查办法"}


def test_marks_across_the_page_are_dropped_when_they_repeat():
    press, texts = Press(), []
    for page in range(3):
        press.canvas.saveState()
        press.canvas.translate(150, 300)
        press.canvas.rotate(45)
        press.canvas.setFont(SONG, 60)
        press.canvas.drawString(0, 0, "内部资料")
        press.canvas.restoreState()
        texts += [prose(page * 2), prose(page * 2 + 1)]
        press.paragraph(70, press.paragraph(70, 80, texts[-2]), texts[-1])
        press.turn()
    assert lines_of(read_pdf(press.data(), "a.pdf")) == texts


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turned_pages_read_as_they_are_shown(turn):
    press, texts = Press(), [prose(n) for n in range(5)]
    y = 80
    for text in texts:
        y = press.paragraph(70, y, text)
    file = pdfium.PdfDocument(press.data())
    file[0].set_rotation(turn)
    out = io.BytesIO()
    file.save(out)
    # A page that is turned and whose text thus runs across the screen is read along its text.
    assert lines_of(read_pdf(out.getvalue(), "a.pdf")) == texts


def newsletter(truth):
    """A newsletter as offices make it: contents, articles with titles, links below them, a running header."""
    press, y = Press(), 120.0
    articles = truth["newsletter"]["articles"]
    press.line(200, 70, "质量观察", 26)

    def put(text, size=10.5, indent=0.0, x=80):
        nonlocal y
        for number, line in enumerate(wrap(text, 430, size, indent)):
            if y > HEIGHT - 80:
                press.line(WIDTH / 2, HEIGHT - 30, str(press.page), 9)
                press.turn()
                press.line(430, 40, "质量观察 2025年", 9)
                y = 80.0
            press.line(x + (0 if number else indent), y, line, size)
            y += 1.5 * size

    press.line(80, 100, "目录", 12)
    for article in articles:
        put(article["title"])
    for article in articles:
        y += 10
        put(article["title"], 15)
        for paragraph in article["paragraphs"]:
            put(paragraph, indent=21)
    return press.data()


@pytest.mark.parametrize("seed", range(4))
def test_a_newsletter_has_its_articles(seed):
    truth = layout.random_truth(seed)
    document = read_pdf(newsletter(truth), "a.pdf")
    check(document)
    bodies = {squeeze(a.title): squeeze(document.text[a.start : a.end]) for a in document.articles}
    for article in truth["newsletter"]["articles"]:
        assert bodies[squeeze(article["title"])] == squeeze("".join(article["paragraphs"]))


def sample():
    press = Press()
    press.paragraph(
        70,
        80,
        "供应商应当每季度提交一次质量报告，并在发现不合格品后的二十四小时之内通知采购方；逾期未通知的按合同处理。",
    )
    press.paragraph(70, 160, prose(8))
    return press.data()


def test_boxes_of_a_quotation():
    quote = "并在发现不合格品后的二十四小时之内通知采购方"
    found = boxes(sample(), 1, quote)
    assert len(found) == 1 or len(found) == 2
    assert sum(box.width for box in found) == pytest.approx(len(quote) * 10.5, rel=0.02)
    assert all(70 <= box.x0 < box.x1 <= 70 + 440 + 11 and 65 < box.y0 < box.y1 < 105 for box in found)
    assert boxes(sample(), 1, "没有这句话，也没有哪怕一半") == [] and boxes(sample(), 9, quote) == []


def test_boxes_of_a_quotation_that_goes_on_overleaf():
    press, text = Press(), prose(1, 30)
    rows = wrap(text, 440, 10.5, 21)
    press.lines(70, 600, rows[:10], indent=21)
    press.turn()
    press.lines(70, 80, rows[10:])
    quote = rows[9][10:] + rows[10][:20]
    data = press.data()
    (last,), (first,) = boxes(data, 1, quote), boxes(data, 2, quote)
    assert last.y1 > 740 and first.y0 < 80
    assert last.width == pytest.approx(10.5 * len(rows[9][10:]), rel=0.15)


def test_encrypted_broken_and_empty_files_say_so():
    closed = Press(encrypt=pdfencrypt.StandardEncryption("secret", "owner"))
    closed.paragraph(70, 80, prose(1))
    with pytest.raises(ReadError, match="encrypted"):
        read_pdf(closed.data(), "a.pdf")
    owned = Press(encrypt=pdfencrypt.StandardEncryption("", "owner"))
    owned.paragraph(70, 80, prose(1))
    assert read_pdf(owned.data(), "a.pdf").text == prose(1)
    for data, word in [(b"", "empty"), (b"%PDF-1.4\nnothing", "broken"), (b"hello", "broken")]:
        with pytest.raises(ReadError, match=word) as caught:
            read_pdf(data, "册.pdf")
        assert "\n" not in str(caught.value) and str(caught.value).startswith("册.pdf")
    blank = Press()
    blank.turn()
    with pytest.raises(ReadError, match=r"no text found \(scan\?\)"):
        read_pdf(blank.data(), "a.pdf")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_damaged_files_end_well(seed):
    chance = random.Random(seed)
    data = bytearray(SAMPLE)
    if chance.random() < 0.5:
        del data[chance.randrange(len(data)) :]
    for _ in range(chance.randint(0, 30)):
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    try:
        check(read_pdf(bytes(data), "a.pdf"))
    except ReadError as error:
        assert "\n" not in str(error)


SAMPLE = sample()


def test_characters_that_mean_something_else():
    assert _meaning(0x2F42) == "文" and _meaning(0x2ED3) == "长" and _meaning(0xFB01) == "fi"
    assert (
        _meaning(0xF0B7) == "•" and _meaning(0xE123) == "" and _meaning(0xAD) == "" and _meaning(0x200B) == ""
    )
    assert _meaning(0xFFFE) == HYPHEN and _meaning(ord("质")) == "质"


cell = st.text("质量检验1234 ", min_size=1, max_size=6).map(str.strip).filter(bool)


@given(
    st.integers(2, 5).flatmap(
        lambda n: st.lists(st.lists(cell, min_size=n, max_size=n), min_size=1, max_size=6)
    )
)
def test_every_value_of_a_table_keeps_its_name(cells):
    header = [f"项目{'甲乙丙丁戊'[n]}" for n in range(len(cells[0]))]
    rows = rows_of([header, *cells])
    assert rows == [
        "；".join(f"{name}：{value}" for name, value in zip(header, row, strict=True)) for row in cells
    ]


def test_tables_without_a_head():
    assert rows_of([]) == [] and rows_of([["", ""]]) == [] and rows_of([["共三项"]]) == ["共三项"]
    assert rows_of([["设备名称", "三坐标测量机，2021年购入"], ["编号", "A-17"]]) == [
        "设备名称：三坐标测量机，2021年购入",
        "编号：A-17",
    ]
    assert rows_of([["表一", "表一"], ["级别", "标准"], ["员工", "350"]]) == ["表一", "级别：员工；标准：350"]


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 60))
def test_forward_is_the_way_back_of_the_map(kept, offset):
    """An original of which the True characters were kept."""
    runs = [n for n, keep in enumerate(kept) if keep and (n == 0 or not kept[n - 1])]
    starts = tuple(sum(kept[:n]) for n in runs)
    origin = OffsetMap(starts, tuple(runs)) if runs else OffsetMap()
    expected = sum(kept[:offset])
    if runs:
        assert _forward(origin, min(offset, len(kept)), sum(kept)) == expected


def testranges():
    assert ranges([1, 2, 3, 7, 9, 10]) == "1–3, 7, 9–10"


SCANNED = ["质量检验记录表", "供应商应当每季度提交质量报告", "不合格品应当在二十四小时内隔离"]


def mixed():
    press = Press()
    press.paragraph(70, 80, prose(1, 8))
    press.turn()
    press.picture(scan(SCANNED), 0, 0, WIDTH, HEIGHT)
    return press.data()


@needs_ocr
def test_scanned_pages_are_recognised():
    document = read_pdf(mixed(), "a.pdf")
    check(document)
    for line in SCANNED[1:]:
        at = document.text.index(line)
        assert at >= document.pages[1]
    assert not document.notices
    assert boxes(mixed(), 2, SCANNED[2])[0].y0 > boxes(mixed(), 2, SCANNED[1])[0].y0


def plain_picture():
    """A picture without a font to draw with: some boxes."""
    from PIL import Image, ImageDraw

    picture = Image.new("L", (1240, 1754), 255)
    ImageDraw.Draw(picture).rectangle((200, 200, 900, 600), fill=0)
    return picture


def test_without_tesseract_the_rest_is_read(monkeypatch):
    monkeypatch.setattr(tesseract, "languages", lambda: ())
    press = Press()
    press.paragraph(70, 80, prose(1, 8))
    for _ in range(2):
        press.turn()
        press.picture(plain_picture(), 0, 0, WIDTH, HEIGHT)
    document = read_pdf(press.data(), "册.pdf")
    assert document.text == prose(1, 8)
    (notice,) = document.notices
    assert notice.startswith("册.pdf") and "2–3" in notice and tesseract.INSTALL in notice


def test_without_tesseract_a_scan_is_an_error(monkeypatch):
    monkeypatch.setattr(tesseract, "languages", lambda: ())
    press = Press()
    press.picture(plain_picture(), 0, 0, WIDTH, HEIGHT)
    with pytest.raises(ReadError, match="tesseract-ocr") as caught:
        read_pdf(press.data(), "册.pdf")
    assert str(caught.value).startswith("册.pdf") and "\n" not in str(caught.value)


def test_recognition_ends_when_the_time_is_up_or_pages_fail(monkeypatch):
    def fail(*_):
        raise ReadError("识别失败 failed")

    monkeypatch.setattr(tesseract, "missing", lambda: "")
    monkeypatch.setattr(tesseract, "say", fail)
    press = Press()
    press.paragraph(70, 80, prose(1, 8))
    for _ in range(6):
        press.turn()
        press.picture(plain_picture(), 0, 0, WIDTH, HEIGHT)
    data = press.data()
    first, rest = read_pdf(data, "a.pdf").notices
    assert "2–4" in first and "failed" in first and "5–7" in rest
    monkeypatch.setattr(ocr, "FILE_SECONDS", -1)
    (notice,) = read_pdf(data, "a.pdf").notices
    assert "2–7" in notice and ocr.TIME_UP in notice


@needs_ocr
def test_the_text_of_a_picture_on_a_page_with_text_stands_behind_it():
    press = Press(invariant=1)
    press.paragraph(80, 60, prose(1, 8))
    press.picture(scan(["图中写明的检验结论是合格"], size=(1000, 400)), 60, 400, 475, 190)
    lines = read_pdf(press.data(), "a.pdf").text.split("\n")
    assert lines[-1].startswith("图中写明的检验结论") and lines[0] == prose(1, 8)


@needs_ocr
def test_a_scan_that_lies_on_its_side_is_read_and_its_page_turned():
    press = Press(invariant=1)
    lying = scan(["供应商应当每季度提交质量报告"] * 4, size=(1200, 800), top=100).rotate(90, expand=True)
    press.picture(lying, 0, 0, 595, 842)
    data = press.data()
    page = read_single_page(data, 1)
    assert "供应商应当每季度提交质量报告" in [run.text for run in page.runs]
    assert page.width > page.height
