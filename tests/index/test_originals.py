"""Originals come back bit by bit, compressed where that pays."""

import os
from pathlib import Path

import pytest

from index.durable import sha256_of
from index.errors import LibraryError
from index.originals import SMALL, THE_TEXT, TRIED, Originals, pack_small


@pytest.fixture
def originals(tmp_path: Path) -> Originals:
    (tmp_path / "originals").mkdir()
    return Originals(tmp_path)


def test_text_is_compressed_and_noise_is_not(originals: Originals) -> None:
    text, noise = ("质量管理体系的文件应当定期评审。" * 50).encode(), os.urandom(2000)
    originals.keep({sha256_of(data): data for data in (text, noise)})
    assert {originals.read(sha256_of(data)) for data in (text, noise)} == {text, noise}
    sizes = {file.name: file.stat().st_size for file in originals.folder.iterdir()}
    assert sizes[sha256_of(noise)] == 2000
    assert sizes[sha256_of(text) + ".z"] < len(text) / 5


@pytest.mark.parametrize("damage", [b"", b"not compressed at all"])
def test_what_is_not_what_was_stored_is_not_given_out(originals: Originals, damage: bytes) -> None:
    text = ("质量" * 500).encode()
    originals.keep({sha256_of(text): text})
    next(originals.folder.iterdir()).write_bytes(damage)
    with pytest.raises(LibraryError, match="damaged"):
        originals.read(sha256_of(text))


def test_only_the_wanted_stay(originals: Originals) -> None:
    one, two = b"1" * 100, b"2"
    originals.keep({sha256_of(one): one, sha256_of(two): two})
    (originals.folder / ".half.tmp").write_bytes(b"x")
    originals.drop_all_but({sha256_of(one)})
    assert list(originals.hashes()) == [sha256_of(one)]
    assert len(list(originals.folder.iterdir())) == 1


def test_a_small_file_lies_in_the_catalog_as_what_its_text_is_not() -> None:
    text = "质量管理体系的文件应当定期评审。" * 50
    assert pack_small(text.encode(), text) == THE_TEXT
    assert len(pack_small(("\ufeff" + text + "\n").encode(), text)) < 40
    assert pack_small(os.urandom(SMALL + 1), "") is None
    assert pack_small(bytes(TRIED), text) is not None and pack_small(bytes(TRIED + 1), text) is None
