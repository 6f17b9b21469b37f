"""Recognition of text in pictures; what needs no tesseract is tested on tables as tesseract gives them."""

import io
import resource
import stat

import numpy as np
import pytest
from PIL import ExifTags, Image

from index.errors import ReadError
from index.readers import ocr, tesseract
from index.readers.pdf.page import Box
from index.split import split
from tests.index.readers.press import FONT, as_file, scan

needs_ocr = pytest.mark.skipif(
    bool(tesseract.missing()) or not FONT.exists(),
    reason=f"NOT TESTED: recognition of text; needs Debian's {tesseract.INSTALL} and fonts-noto-cjk",
)

TEXT = ["供应商应当每季度提交质量报告", "不合格品应当在二十四小时内隔离"]
HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"


def table(*rows):
    """(line, left, confidence, text) of each word, 40 pixels high and 40 a character wide."""
    cells = [
        f"5\t1\t1\t1\t{line}\t{n}\t{left}\t{100 * line}\t{40 * len(text)}\t40\t{confidence}\t{text}"
        for n, (line, left, confidence, text) in enumerate(rows, 1)
    ]
    return "\n".join([HEAD, "1\t1\t0\t0\t0\t0\t0\t0\t900\t900\t-1\t", *cells])


def runs(*rows):
    words = ocr._without_noise(tesseract.words(table(*rows)))
    return ocr.runs_of(words, 0.24)


def test_spaces_between_chinese_characters_go():
    (run,) = runs((1, 100, 90, "质量"), (1, 190, 90, "检验"), (1, 280, 90, "ISO"), (1, 420, 90, "9001"))
    assert run.text == "质量检验ISO 9001"
    assert len(run.letters) == len(run.text)
    assert run.box.x0 == pytest.approx(100 * 0.24) and run.box.x1 == pytest.approx((420 + 160) * 0.24)


def test_noise_goes_and_a_doubtful_word_in_a_good_line_stays():
    found = runs((1, 100, 95, "质量检验"), (1, 260, 10, "记"), (1, 300, 95, "录表"), (2, 100, 20, "SRE"))
    assert [run.text for run in found] == ["质量检验记录表"]
    assert found[0].confidence == pytest.approx((4 * 95 + 10 + 2 * 95) / 7)


def test_parts_of_a_line_far_apart_are_runs_of_their_own():
    assert [run.text for run in runs((1, 100, 90, "名称"), (1, 600, 90, "数量"))] == ["名称", "数量"]


@needs_ocr
@pytest.mark.parametrize("turns", [2, 3])
def test_a_page_on_its_side_or_its_head_is_set_upright(turns):
    page = np.asarray(scan(TEXT * 2, size=(900, 500), top=60))
    words, found = ocr.recognise_upright(np.ascontiguousarray(np.rot90(page, turns)))
    assert found == turns
    assert "不合格品应当" in "".join(word.text for word in words)


def test_confidence_counts_characters():
    words = [
        tesseract.Word("质量", Box(0, 0, 1, 1), 90, (1, 1, 1)),
        tesseract.Word("检", Box(0, 0, 1, 1), 60, (1, 1, 1)),
    ]
    assert ocr.mean_confidence(words) == 80 and ocr.mean_confidence([]) == 100


def test_without_tesseract_a_picture_says_what_to_install(monkeypatch):
    monkeypatch.setattr(tesseract, "languages", lambda: ())
    with pytest.raises(ReadError, match="tesseract-ocr-chi-sim") as caught:
        ocr.read_picture(as_file(Image.new("L", (50, 50), 255)), "图.png")
    assert str(caught.value).startswith("图.png") and "\n" not in str(caught.value)


def test_damaged_and_huge_pictures_are_refused(monkeypatch):
    monkeypatch.setattr(tesseract, "languages", lambda: tesseract.LANGUAGES)
    monkeypatch.setattr(ocr, "recognise_best", lambda grey: [])
    good = as_file(Image.new("L", (200, 200), 255))
    for data in (b"", b"no picture", good[:60]):
        with pytest.raises(ReadError, match="damaged"):
            ocr.read_picture(data, "图.png")
    monkeypatch.setattr(ocr, "MOST_PIXELS", 100)
    with pytest.raises(ReadError, match="too large"):
        ocr.read_picture(good, "图.png")


@pytest.fixture
def slow_tesseract(tmp_path, monkeypatch):
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\nexec sleep 20\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


def test_recognition_has_a_time_limit(slow_tesseract):
    grey = np.tile(np.arange(60, dtype=np.uint8) * 4, (60, 1))
    with pytest.raises(ReadError, match="took more than"):
        ocr.recognise(grey, seconds=0.3)


@needs_ocr
def test_pictures_are_read():
    document = ocr.read_picture(as_file(scan(TEXT, size=(900, 400), top=80)), "图.png")
    assert "".join(TEXT) in document.text.replace("\n", "")
    assert document.media_type == "image/png" and not document.unsure


GREY = np.tile(np.arange(0, 240, 2, dtype=np.uint8), (90, 1))
"""A slope from dark to light, 120 pixels wide and 90 high."""


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_pictures_of_each_kind_are_the_same_in_grey(kind, mode):
    if mode in ("RGBA", "P") and kind in ("JPEG", "WEBP"):
        mode = "RGB"
    (grey,) = ocr._frames(as_file(Image.fromarray(GREY).convert(mode), kind), "a")
    inner = grey[ocr.MARGIN : -ocr.MARGIN, ocr.MARGIN : -ocr.MARGIN]
    assert np.abs(inner.astype(int) - GREY).max() <= (8 if kind in ("JPEG", "WEBP", "GIF") else 3)
    assert grey[0, 0] == 255


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG"])
def test_a_large_picture_is_made_smaller_and_turned_as_its_file_says(kind, monkeypatch):
    monkeypatch.setattr(ocr, "LONG_SIDE", 60)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # to be turned by a quarter clockwise
    (grey,) = ocr._frames(as_file(Image.fromarray(GREY), kind, exif=exif), "a")
    inner = grey[ocr.MARGIN : -ocr.MARGIN, ocr.MARGIN : -ocr.MARGIN]
    assert inner.shape == (60, 45)
    assert np.abs(inner.astype(int)[:, 20] - np.arange(2, 240, 4)).max() <= 12


class Recognised:
    """Stands for tesseract: says of the pictures that it is shown, in turn, words of such confidences."""

    def __init__(self, monkeypatch, *confidences):
        self.shapes = []
        self.confidences = list(confidences)
        monkeypatch.setattr(tesseract, "languages", lambda: tesseract.LANGUAGES)
        monkeypatch.setattr(tesseract, "say", self.say)

    def say(self, grey, options, seconds):
        assert seconds <= tesseract.SECONDS
        self.shapes.append(grey.shape)
        confidence = self.confidences.pop(0)
        return table((1, 0, confidence, "质量检验")) if confidence else table()


@pytest.mark.parametrize(
    ("size", "confidences", "asked"),
    [
        (400, [90], [800]),  # small: larger first
        (400, [85, 92], [800, 400]),
        (400, [0, 92], [800, 400]),  # letters were too large to be seen
        (400, [20], [800]),  # a photograph with specks
        (1000, [90], [1200]),
        (2000, [85], [2000]),
        (2000, [70, 60], [2000, 1240]),
        (2000, [0], [2000]),  # a photograph
        (2000, [20, 0], [2000, 1240]),
    ],
)
def test_a_second_size_is_tried_only_where_the_first_leaves_doubts(monkeypatch, size, confidences, asked):
    shown = Recognised(monkeypatch, *confidences)
    grey = np.full((size, size), 255, dtype=np.uint8)
    grey[100:200, 100:200] = 0
    words = ocr.recognise_best(grey)
    assert [shape[0] for shape in shown.shapes] == asked
    best = max(confidences)
    assert [word.confidence for word in words] == ([best] if best > ocr.LEAST_CONFIDENCE else [])


def test_a_picture_of_one_shade_costs_nothing(monkeypatch):
    shown = Recognised(monkeypatch)
    page = np.full((2000, 1500), 240, dtype=np.uint8)
    page[900:1000] = 225  # a shadow
    assert ocr.recognise_upright(page) == ([], 0) and not shown.shapes
    grey = np.pad(np.zeros((300, 300), dtype=np.uint8), ocr.MARGIN, constant_values=255)
    assert ocr.recognise_best(grey) == []


@pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="NOT TESTED: limits of processor time; needs Linux"
)
def test_a_picture_may_take_as_much_of_the_processor_as_its_size_allows(tmp_path, monkeypatch):
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\ncat >/dev/null\nwhile :; do :; done\n")
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(tesseract, "CPU_SECONDS", 0.5)
    with pytest.raises(ReadError, match="too long for a picture"):
        ocr.recognise(GREY)


@needs_ocr
def test_a_tiff_has_pages():
    pages = [scan([line] * 2, size=(900, 400), top=80) for line in TEXT]
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    document = ocr.read_picture(file.getvalue(), "图.tif")
    assert len(document.pages) == 2
    assert document.text.index(TEXT[1]) >= document.pages[1] > document.text.index(TEXT[0])
    assert all(p.text == document.text[p.start : p.end] for p in split(document))


@needs_ocr
def test_a_picture_without_text_is_no_success():
    with pytest.raises(ReadError, match=r"no text found \(scan\?\)"):
        ocr.read_picture(as_file(Image.new("RGB", (400, 400), "white")), "图.png")
