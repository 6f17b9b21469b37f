"""Pictures inside other files: what is recognised, what is passed over, and what is told of the rest."""

import base64
import gzip
import io
import zipfile
from email.message import EmailMessage

import docx
import numpy as np
import openpyxl
import openpyxl.drawing.image
import pytest
from PIL import Image

from index.readers import ocr, pictures, read, tesseract
from index.readers.blocks import Block
from index.readers.office.package import R
from index.readers.office.sheet import read_xlsx
from index.readers.office.sheet_pictures import XDR, A
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
    monkeypatch.setattr(tesseract, "missing", lambda: "")
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

    monkeypatch.setattr(tesseract, "missing", lambda: "")
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
    monkeypatch.setattr(tesseract, "missing", lambda: "请安装 please install: tesseract-ocr")
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
    monkeypatch.setattr(tesseract, "missing", lambda: "")
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


def with_parts(package, parts, changes):
    """An office file with other parts in it, and some text of its parts changed: part → (old, new)."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            text = source.read(name)
            for old, new in changes.get(name, ()):
                assert old.encode() in text
                text = text.replace(old.encode(), new.encode())
            target.writestr(name, text)
        for name, data in parts.items():
            target.writestr(name, data)
    return made.getvalue()


def sheets(*, hidden=False):
    """A workbook of two sheets: two pictures over the first, one over the second."""
    book = openpyxl.Workbook()
    book.active.title = "台账"
    book.active.append(["器具", "周期"])
    book.active.append(["卡尺", "一年"])
    for cell, shade in (("C40", 1), ("C5", 2)):
        book.active.add_image(openpyxl.drawing.image.Image(io.BytesIO(picture(shade=shade))), cell)
    other = book.create_sheet("照片")
    other.add_image(openpyxl.drawing.image.Image(io.BytesIO(picture(shade=3))), "A1")
    if hidden:
        other.sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


class Shades(Pictures):
    """Says of a picture how dark it is."""

    def blocks(self, data: bytes, page: int | None = None) -> list[Block]:
        return [Block("text", f"图中的灰度是{Image.open(io.BytesIO(data)).convert('L').getpixel((0, 0))}。")]


def test_the_text_of_a_sheet_s_pictures_follows_its_rows_from_top_to_bottom():
    document = read_xlsx(sheets(), "台账.xlsx", Shades("a"))
    lines = document.text.split("\n")
    assert lines[-4:] == ["图中的灰度是2。", "图中的灰度是1。", "照片", "图中的灰度是3。"]
    assert "灰度是3" not in read_xlsx(sheets(hidden=True), "台账.xlsx", Shades("a")).text


def test_hidden_pictures_of_a_sheet_are_left_out():
    name = "xl/drawings/drawing1.xml"
    changed = with_parts(sheets(), {}, {name: [('name="Image 1"', 'name="Image 1" hidden="1"')]})
    assert "灰度是1" not in read_xlsx(changed, "台账.xlsx", Shades("a")).text


def test_pictures_that_wps_puts_in_cells_are_read_and_their_formula_is_not():
    book = openpyxl.Workbook()
    book.active.append(["器具", "照片"])
    book.active.append(["卡尺", '_xlfn.DISPIMG("ID_1A",1)'])
    book.active.append(["秤", "无"])
    file = io.BytesIO()
    book.save(file)
    spaces = (
        'xmlns:e="http://www.wps.cn/officeDocument/2017/etCustomData" '
        f'xmlns:x="{XDR[1:-1]}" xmlns:a="{A[1:-1]}" xmlns:r="{R[1:-1]}"'
    )
    cells = (
        f'<e:cellImages {spaces}><e:cellImage><x:pic><x:nvPicPr><x:cNvPr id="1" name="ID_1A"/></x:nvPicPr>'
        '<x:blipFill><a:blip r:embed="r1"/></x:blipFill></x:pic></e:cellImage></e:cellImages>'
    )
    link = '<Relationship Id="{}" Type="http://x/{}" Target="{}"/>'
    links = f"<Relationships>{link.format('r1', 'image', 'media/1.png')}</Relationships>"
    added = link.format("rId99", "cellImage", "cellimages.xml") + "</Relationships>"
    changed = with_parts(
        file.getvalue(),
        {
            "xl/cellimages.xml": cells,
            "xl/_rels/cellimages.xml.rels": links,
            "xl/media/1.png": picture(shade=7),
        },
        {"xl/_rels/workbook.xml.rels": [("</Relationships>", added)]},
    )
    text = read_xlsx(changed, "台账.xlsx", Shades("a")).text
    assert text.endswith("图中的灰度是7。") and "DISPIMG" not in text


@pytest.mark.parametrize(
    "drawing",
    [
        b"\xd7\xcd\xc6\x9a" + bytes(40),
        b"\x01\x00\x09\x00\x00\x03" + bytes(40),
        b"\x01\x00\x00\x00" + bytes(36) + b" EMF" + bytes(40),
        gzip.compress(bytes(40), mtime=0),
    ],
    ids=["wmf with a header", "wmf", "emf", "emz"],
)
def test_drawings_in_windows_own_formats_are_told(drawing):
    reader = Pictures("a.docx")
    assert not reader.blocks(drawing)
    assert reader.notices() == (
        "a.docx: 1 张图片中 1 张未识别 1 of 1 pictures were not read; "
        "EMF、WMF 矢量图无法识别 EMF and WMF drawings cannot be recognised",
    )


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


@needs_ocr
def test_a_picture_on_a_sheet_is_read():
    shown = as_file(scan([TEXT[0]], size=(900, 160), top=60))
    book = openpyxl.Workbook()
    book.active.add_image(openpyxl.drawing.image.Image(io.BytesIO(shown)), "B2")
    file = io.BytesIO()
    book.save(file)
    assert TEXT[0] in read(file.getvalue(), "a.xlsx").text
