"""Truncated and bit-flipped copies of each sample file: none hangs, each is read or refused with a reason.

ZHIDA_FUZZ is how many copies of each are tried (the default takes seconds; 2000 takes an hour or so), and
ZHIDA_FUZZ_SEED another set of them.
"""

import io
import os
import random
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import pytest

from index.errors import ReadError
from index.readers import sandbox, suffix_of, tesseract
from index.split import split
from tests.index.readers.office_samples import all_samples

COPIES = int(os.environ.get("ZHIDA_FUZZ", "24"))
"""Of each sample; every one takes some milliseconds."""
SLOW = {".png": 6}
"""One copy in so many is tried of what takes longer."""
SEED = int(os.environ.get("ZHIDA_FUZZ_SEED", "0"))
PACKED = (".docx", ".pptx", ".xlsx", ".zip")


def broken(data: bytes, chance: random.Random, cut: bool) -> bytes:
    """A copy cut short, and with some bits turned, bytes doubled or left out."""
    copy = bytearray(data)
    if cut and copy:
        del copy[chance.randrange(len(copy)) :]
    for _ in range(chance.choice((1, 3, 30)) if copy else 0):
        at = chance.randrange(len(copy))
        copy[at] ^= 1 << chance.randrange(8)
        if chance.random() < 0.2:
            copy[at : at + 4] = copy[at : at + 2] * chance.randrange(4) or b"<"
    return bytes(copy)


def repacked(data: bytes, chance: random.Random) -> bytes:
    """An archive of which one member is broken inside: the checksum holds, so that its parser gets to see it."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        members = source.infolist()
        chosen = chance.choice(members)
        for member in members:
            content = source.read(member)
            if member is chosen:
                content = broken(content, chance, chance.random() < 0.5)
            made.writestr(member.filename, content)
    return file.getvalue()


def copies(name: str) -> Iterator[bytes]:
    """The broken copies of a sample."""
    data = all_samples()[name]
    chance = random.Random(f"{name}{SEED}")
    suffix = suffix_of(name)
    for i in range(-(-COPIES // SLOW.get(suffix, 1))):
        if suffix in PACKED and i % 3:
            yield repacked(data, chance)
        else:
            yield broken(data, chance, bool(i % 2))


@pytest.mark.parametrize("name", all_samples())
def test_broken_copies_are_read_or_refused_with_a_reason(name):
    limits = replace(sandbox.limits_for(name), seconds=20)
    for number, copy in enumerate(copies(name)):
        try:
            document = sandbox.read_safely(copy, name, limits)
        except ReadError as error:
            assert "\n" not in str(error)
            bad = [word for word in ("longer than", "crashed", "not valid") if word in str(error)]
            assert not bad, f"copy {number}: {error}"
            continue
        for passage in split(document):
            assert passage.text == document.text[passage.start : passage.end]


@pytest.mark.parametrize("name", all_samples())
def test_the_samples_themselves_are_read(name):
    if suffix_of(name) == ".png" and tesseract.missing():
        pytest.skip(f"NOT TESTED: recognition; {tesseract.missing()}")
    assert sandbox.read_safely(all_samples()[name], name).articles
