"""Signs of symbol fonts become plain characters, one for one, and what may be a formula is left alone."""

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.readers import read
from index.readers.symbols import plain_signs
from tests.index.readers.office_samples import _saved
from tests.index.readers.samples import OTHER, SENTENCE

PRIVATE = "".join(map(chr, range(0xF020, 0xF100)))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\uf06c 外观\n　\uf075 尺寸", "● 外观\n　◆ 尺寸"),
        ("\uf0b7\t质量\uf0e0改进", "•\t质量→改进"),
        ("结论：\uf0fe合格 \uf06f不合格 \uf0fb", "结论：☑合格 □不合格 ✗"),
        ("波长\uf06c=3，角\uf071", "波长\uf06c=3，角\uf071"),  # λ and θ of the font Symbol
        (
            "\uf0e6\uf0e7\uf0e8x\uf0f6\uf0f7\uf0f8\uf0fc \uf0b7",
            "\uf0e6\uf0e7\uf0e8x\uf0f6\uf0f7\uf0f8\uf0fc •",
        ),
        ("没有符号", "没有符号"),
    ],
)
def test_well_known_signs_are_plain_ones(text, plain):
    assert plain_signs(text) == plain


@given(st.text(st.sampled_from(PRIVATE + "质量 \n1\ue000")))
def test_every_character_stays_where_it_was(text):
    plain = plain_signs(text)
    assert len(plain) == len(text)
    assert all(a == b or a in PRIVATE for a, b in zip(text, plain, strict=True))


def test_bullets_of_a_text_file_are_plain_and_lead_back_to_the_file():
    text = f"检查要点说明\n\uf0d8 {SENTENCE}\n\uf0fc {OTHER}\n"
    document = read(text.encode(), "a.txt")
    assert document.text.split("\n")[1:] == [f"➢ {SENTENCE}", f"✓ {OTHER}"]
    assert text[document.origin.original(document.text.index("➢"))] == "\uf0d8"


def test_bullets_of_a_word_file_are_plain():
    made = docx.Document()
    made.add_heading("\uf06e 检查要点", 1)
    made.add_paragraph(f"\uf0b7 {SENTENCE}")
    document = read(_saved(made), "a.docx")
    assert document.text.split("\n") == ["■ 检查要点", f"• {SENTENCE}"]
    assert document.articles[0].headings[0][1] == "■ 检查要点"
