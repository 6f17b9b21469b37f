"""Recognition of text in pictures; what needs no tesseract is tested on tables as tesseract gives them."""

import io
import stat

import numpy as np
import pytest
from PIL import Image

from index.errors import ReadError
from index.readers import ocr
from index.readers.pdf.page import Box
from index.split import split
from tests.index.readers.press import FONT, as_file, scan

needs_ocr = pytest.mark.skipif(
    bool(ocr.missing()) or not FONT.exists(),
    reason=f"NOT TESTED: recognition of text; needs Debian's {ocr.INSTALL} and fonts-noto-cjk",
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
    words = ocr._without_noise(ocr._words(table(*rows)))
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
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_on_its_side_or_its_head_is_set_upright(turns):
    page = np.asarray(scan(TEXT * 3, size=(1240, 900), top=60))
    words, found = ocr.recognise_upright(np.ascontiguousarray(np.rot90(page, turns)))
    assert found == turns
    assert "不合格品应当" in "".join(word.text for word in words)


def test_confidence_counts_characters():
    words = [ocr.Word("质量", Box(0, 0, 1, 1), 90, (1, 1, 1)), ocr.Word("检", Box(0, 0, 1, 1), 60, (1, 1, 1))]
    assert ocr.mean_confidence(words) == 80 and ocr.mean_confidence([]) == 100


def test_without_tesseract_a_picture_says_what_to_install(monkeypatch):
    monkeypatch.setattr(ocr, "languages", lambda: ())
    with pytest.raises(ReadError, match="tesseract-ocr-chi-sim") as caught:
        ocr.read_picture(as_file(Image.new("L", (50, 50), 255)), "图.png")
    assert str(caught.value).startswith("图.png") and "\n" not in str(caught.value)


def test_damaged_and_huge_pictures_are_refused(monkeypatch):
    monkeypatch.setattr(ocr, "languages", lambda: ocr.LANGUAGES)
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
    with pytest.raises(ReadError, match="took more than"):
        ocr.recognise(np.full((20, 20), 255, dtype=np.uint8), seconds=0.3)


@needs_ocr
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP"])
def test_pictures_are_read(kind):
    data = as_file(scan(TEXT, size=(900, 400), top=80), kind)
    document = ocr.read_picture(data, f"图.{kind.lower()}")
    assert "".join(TEXT) in document.text.replace("\n", "")
    assert document.media_type.startswith("image/") and not document.unsure


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
