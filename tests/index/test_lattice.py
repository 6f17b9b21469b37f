"""The lattice cuts as the segmenter does, whatever the dictionary and the runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index import words
from index.lattice import Lattice, codes_of
from index.segmenter import JIEBA_TOTAL, Segmenter, jieba_dictionary, read_words

OWN = read_words(words.DICTIONARIES / "domain.txt")


@pytest.fixture(scope="module")
def lattice() -> Lattice:
    return Lattice(jieba_dictionary().read_text(encoding="utf-8"), OWN, JIEBA_TOTAL)


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter(jieba_dictionary(), OWN)


def by_run(lattice: Lattice, runs: list[str]) -> list[list[str]]:
    cut, counts = lattice.cut(runs)
    assert sum(counts) == len(cut)
    pieces = iter(cut)
    return [[next(pieces) for _ in range(count)] for count in counts]


def test_runs_of_the_sample_are_cut_alike(lattice, segmenter):
    file = Path(__file__).parents[2] / "eval" / "sets" / "sample" / "documents"
    text = "".join(f.read_text(encoding="utf-8") for f in sorted(file.glob("*.txt")))
    runs = [run for run, _, _ in words._scan(text) if run]
    assert len(runs) > 1000
    assert by_run(lattice, runs) == [segmenter.cut(run) for run in runs]


@settings(deadline=None)
@given(
    runs=st.lists(
        st.text(st.sampled_from("中国人民共和质量管理体系首席官的㐀龥在京大学生"), min_size=1), max_size=30
    )
)
def test_any_runs_are_cut_alike(lattice, segmenter, runs):
    assert by_run(lattice, runs) == [segmenter.cut(run) for run in runs]


@settings(deadline=None)
@given(
    own=st.dictionaries(st.text("甲乙丙", min_size=1, max_size=4), st.integers(0, 8), max_size=12),
    runs=st.lists(st.text("甲乙丙丁", min_size=1, max_size=9), max_size=12),
)
def test_ties_and_missing_characters_fall_alike(tmp_path_factory, own, runs):
    """Frequencies of a few small numbers give many equal products; a frequency of 0 is no word."""
    file = tmp_path_factory.mktemp("words") / "dict.txt"
    file.write_text("甲乙 4 n\n甲 2 n\n乙 2 n\n", encoding="utf-8")
    lattice = Lattice(file.read_text(encoding="utf-8"), own, JIEBA_TOTAL)
    segmenter = Segmenter(file, own)
    assert by_run(lattice, runs) == [segmenter.cut(run) for run in runs]


def test_what_is_a_word(lattice):
    codes = codes_of("质量管理")
    assert lattice.are_words(codes, np.arange(3), 2).tolist() == [True, False, True]
    assert lattice.are_words(codes, np.arange(0), 2).tolist() == []


def test_a_dictionary_of_another_form_is_refused():
    with pytest.raises(ValueError, match="word frequency tag"):
        Lattice("甲 2\n", {}, 10)
