"""Pages of PDFs from a child process: what comes back is a picture and sound numbers, or a reason."""

import base64

import pytest

from index.errors import ReadError
from index.readers import pages
from index.readers.pages import SIGNATURE, picture_of_page, quote_on_page
from tests.index.readers.press import HEIGHT, WIDTH, Press


@pytest.fixture(scope="module")
def file() -> bytes:
    press = Press()
    press.line(70, 100, "不合格品必须在二十四小时内隔离。")
    return press.data()


def test_a_page_is_a_picture_and_a_quotation_on_it_a_box(file):
    picture = picture_of_page(file, 1, "a.pdf")
    assert picture is not None and picture.startswith(SIGNATURE)
    assert int.from_bytes(picture[16:20]) == pages.WIDTH
    found = quote_on_page(file, 1, "a.pdf", "二十四小时")
    assert found is not None
    assert (found.width, found.height) == pytest.approx((WIDTH, HEIGHT), abs=0.1)
    ((left, top, right, bottom),) = found.boxes
    assert left == pytest.approx(70 + 7 * 10.5, abs=1) and right - left == pytest.approx(5 * 10.5, abs=1)
    assert 85 < top < bottom < 105
    assert quote_on_page(file, 1, "a.pdf", "没有这句话").boxes == ()


def test_a_page_that_is_not_there_is_none_and_a_broken_file_a_reason(file):
    assert picture_of_page(file, 2, "a.pdf") is None
    assert quote_on_page(file, 2, "a.pdf", "不合格品") is None
    for data in (b"", b"%PDF-1.7 nothing", b"<svg/>"):
        with pytest.raises(ReadError):
            picture_of_page(data, 1, "a.pdf")


@pytest.mark.parametrize(
    "answer",
    [
        {"png": 1},
        {"png": "???"},
        {"png": base64.b64encode(b"<svg onload=alert(1)>").decode()},
        {"size": [1, 2], "boxes": None, "png": "中"},
        {"size": [1, float("nan")], "boxes": [], "png": ""},
        {"size": [0, 0], "boxes": [], "png": []},
        {"size": [1, 2, 3, 4], "boxes": [], "png": {}},
        {"size": [9, 9], "boxes": [["1", 2, 3, 4]], "png": "a"},
        {"size": [9, 9], "boxes": [[1, 2]], "png": "a"},
        {"size": [9, 9], "boxes": [[1, 2, 3, 4]] * 501, "png": "a"},
        {"size": "9", "boxes": [], "png": False},
        {"size": [1e9, 1], "boxes": [], "png": "=="},
    ],
)
def test_an_answer_that_is_not_sound_is_refused(monkeypatch, answer):
    monkeypatch.setattr(pages, "ask_safely", lambda *_: answer)
    with pytest.raises(ReadError):
        picture_of_page(b"", 1, "a.pdf")
    if "size" in answer:
        with pytest.raises(ReadError):
            quote_on_page(b"", 1, "a.pdf", "一")
