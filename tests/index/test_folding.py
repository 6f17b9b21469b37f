"""The table folds as the functions do that it stands for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.folding import fold
from index.spelling import spell

COMMON = "，。：；！？（）《》“”—…％①ＡｂΣσéİ㎡℃ﬁ坏毛沈深瞭明覆回藉口質量體系乾坤於則是計畫ㄱ\u0301\u3099か\U00020000\ue000 a1\n"


def test_every_character_alone_and_between_letters():
    every = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    assert [fold(character) for character in every] == [spell(character) for character in every]
    for character in every[::7]:
        assert fold(f"e{character}a") == spell(f"e{character}a"), ascii(character)


@given(st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(COMMON)), max_size=12))
def test_any_text(text):
    assert fold(text) == spell(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("毛坏，不坏", "毛坯, 不坏"),
        ("明瞭", "明了"),
        ("回覆", "回复"),
        ("藉口", "借口"),
        ("乾坤與乾燥", "乾坤与干燥"),
        ("於是與於則", "于是与於则"),
        ("計畫與畫家", "计划与画家"),
        ("計劃與國家標準", "计划与国家标准"),
    ],
)
def test_what_changes_in_a_phrase_only(text, folded):
    assert fold(text) == spell(text) == folded
