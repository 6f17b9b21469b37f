"""Pictures inside other files: what is recognised, what is passed over, and what is told of the rest."""

import base64
import io
from email.message import EmailMessage

import docx
import numpy as np
import pytest
from PIL import Image

from index.readers import ocr, pictures, read
from index.readers.blocks import Block
from index.readers.pdf.layout import Paragraph
from index.readers.pictures import Pictures
from index.readers.web.images import Images
from tests.index.readers.press import as_file, scan
from tests.index.readers.samples import SENTENCE
from tests.index.readers.test_ocr import TEXT, needs_ocr


class Told(Pictures):
    """Says the same doubtful text of every picture."""

    def __init__(self, text: str) -> None:
        super().__init__("a")
        self.text = text

    def blocks(self, data: bytes, page: int | None = None) -> list[Block]:
        return [Block("text", self.text, page=page, unsure=True)] if data else []


def picture(width=200, height=100, shade=255):
    return as_file(Image.new("L", (width, height), shade))


@pytest.fixture
def recognised(monkeypatch):
    """Recognition that says `found` of every picture, and lists what it was asked for."""
    asked = []
    found = [Paragraph("检定周期一年", 1, confidence=90.0), Paragraph("有效期", 1, confidence=50.0)]
    monkeypatch.setattr(ocr, "missing", lambda: "")
    monkeypatch.setattr(ocr, "paragraphs_in", lambda data, name, seconds: asked.append(seconds) or found)
    return asked


def test_the_text_of_a_picture_with_its_doubts(recognised):
    reader = Pictures("a.docx")
    found = reader.blocks(picture(), page=3)
    assert [(block.text, block.unsure, block.page) for block in found] == [
        ("检定周期一年", False, 3),
        ("有效期", True, 3),
    ]
    assert [notice.split()[1] for notice in reader.notices()] == ["1"]


def test_icons_are_passed_over_and_the_same_picture_is_read_once(recognised):
    reader = Pictures("a.docx")
    assert not reader.blocks(picture(16, 16)) and not reader.blocks(picture(300, 8))
    assert reader.blocks(picture()) and not reader.blocks(picture())
    assert len(recognised) == 1


def test_more_pictures_than_are_read_are_told(recognised, monkeypatch):
    monkeypatch.setattr(pictures, "MOST_PICTURES", 2)
    reader = Pictures("a.docx")
    assert [bool(reader.blocks(picture(shade=shade))) for shade in range(4)] == [True, True, False, False]
    assert "4 张图片中 2 张未识别" in reader.notices()[0]


def test_when_the_time_is_up_the_rest_is_told(recognised):
    reader = Pictures("a.docx", seconds=0.0)
    assert not reader.blocks(picture())
    assert "1 张图片中 1 张未识别" in reader.notices()[0]


def costing(monkeypatch, seconds):
    """From now on each picture costs so many seconds of the processor; gives the sizes that were recognised."""
    spent = iter(range(0, 100_000, seconds))
    at = [0]

    def recognise(data, name, left):
        at[0] = next(spent) + seconds
        return [Paragraph("检定周期一年", 1, confidence=90.0)]

    monkeypatch.setattr(ocr, "missing", lambda: "")
    monkeypatch.setattr(ocr, "paragraphs_in", recognise)
    monkeypatch.setattr(pictures, "_cpu_seconds", lambda: at[0])


def test_small_files_that_take_long_use_up_the_time_of_their_document(monkeypatch):
    costing(monkeypatch, 6)
    reader = Pictures("a.docx")
    read_ones = [bool(reader.blocks(picture(shade=shade))) for shade in range(20)]
    assert read_ones == [True] * 4 + [False] * 16  # after the fourth 24 of 20 s are gone
    assert "20 张图片中 16 张未识别 16 of 20 pictures were not read" in reader.notices()[0]


def test_large_files_may_take_longer(monkeypatch):
    costing(monkeypatch, 6)
    reader = Pictures("a.docx")
    noise = np.random.default_rng(1)
    sheets = [noise.integers(0, 255, (600, 500), dtype=np.uint8) for _ in range(12)]  # 300 KB each
    assert all(reader.blocks(as_file(Image.fromarray(sheet))) for sheet in sheets)
    assert not reader.notices()


def test_a_picture_that_is_all_one_shade_for_its_size_is_not_unpacked(recognised):
    reader = Pictures("a.docx")
    made = io.BytesIO()
    Image.new("1", (20_000, 4_000)).save(made, "TIFF", compression="group4")
    assert len(made.getvalue()) < 4_500
    assert not reader.blocks(made.getvalue()) and not recognised and not reader.notices()


def test_without_tesseract_one_notice_says_what_to_install(monkeypatch):
    monkeypatch.setattr(ocr, "missing", lambda: "请安装 please install: tesseract-ocr")
    made = docx.Document()
    made.add_paragraph(SENTENCE)
    for shade in range(3):
        made.add_picture(io.BytesIO(picture(shade=shade)))
    file = io.BytesIO()
    made.save(file)
    document = read(file.getvalue(), "a.docx")
    assert document.text == SENTENCE
    assert document.notices == (
        "a.docx: 3 张图片中 3 张未识别 3 of 3 pictures were not read; 请安装 please install: tesseract-ocr",
    )


@pytest.mark.parametrize("data", [b"\xd7\xcd\xc6\x9a wmf", b"\x89PNG\r\n\x1a\n", b"x", picture()[:40]])
def test_what_is_no_picture_is_told_and_no_failure(data):
    reader = Pictures("a.pptx")
    assert not reader.blocks(data)
    assert len(reader.notices()) == 1


def test_a_picture_that_unpacks_to_too_much_is_not_unpacked(recognised, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(ocr, "missing", lambda: "")
    monkeypatch.setattr(ocr, "MOST_PIXELS", 1000)
    reader = Pictures("a.pptx")
    assert not reader.blocks(picture())
    assert "damaged, too large" in reader.notices()[0]


def link(data):
    return "data:image/png;base64," + base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (link(b"abcd"), b"abcd"),
        (link(b"abcd").rstrip("="), b"abcd"),
        ("data:image/gif,a%20b", b"a b"),
        ("data:text/html;base64,YQ==", b""),
        ("data:image/png;base64,\u4e2d", b""),
        ("http://a.cn/1.png", b""),
        ("file:///etc/passwd", b""),
        ("http://[", b""),
    ],
)
def test_only_pictures_that_the_page_carries_are_found(source, found):
    assert Images().find(source) == found


def test_the_parts_of_a_saved_page_and_of_a_mail_are_found_by_their_names():
    part = EmailMessage()
    part.set_content(b"abc", "image", "png")
    part["Content-Location"] = "http://a.cn/img/1.png"
    part["Content-ID"] = "<x@y>"
    images = Images([part], "http://a.cn/tz/index.html")
    assert images.find("../img/1.png") == images.find("cid:x@y") == b"abc"


@needs_ocr
def test_pictures_in_pages_mails_and_documents_are_read():
    shown = as_file(scan(TEXT, size=(1000, 300), top=40))
    html = f"<p>{SENTENCE}</p><p>如下图：<img src='{link(shown)}'></p><p>{SENTENCE[::-1]}</p>"
    lines = read(html.encode(), "a.html").text.split("\n")
    assert lines[1] == "如下图：" and TEXT[0] in lines[2] and lines[-1] == SENTENCE[::-1]

    mail = EmailMessage()
    mail["Subject"] = "截图"
    mail.set_content(SENTENCE)
    mail.add_alternative('<p>请看：</p><img src="cid:1"><p>谢谢。</p>', subtype="html")
    mail.get_payload()[1].add_related(shown, "image", "png", cid="<1>")
    lines = read(mail.as_bytes(), "a.eml").text.split("\n")
    assert [lines[1], lines[-1]] == ["请看：", "谢谢。"] and TEXT[1] in "".join(lines[2:-1])

    made = docx.Document()
    made.add_paragraph("如下图：")
    made.add_picture(io.BytesIO(shown))
    file = io.BytesIO()
    made.save(file)
    assert TEXT[0] in read(file.getvalue(), "a.docx").text
