"""Truncated and bit-flipped copies of each sample file: none hangs, each is read or refused with a reason."""

import random
from dataclasses import replace

import pytest

from index.errors import ReadError
from index.readers import sandbox
from index.split import split
from tests.index.readers.samples import samples

COPIES = 40
"""Of each sample; every one takes some milliseconds."""


def copies(data: bytes, seed: int) -> list[bytes]:
    """Cut short, and with some bits turned, bytes doubled or left out."""
    chance = random.Random(seed)
    found = []
    for i in range(COPIES):
        copy = bytearray(data)
        if i % 2:
            del copy[chance.randrange(len(copy)) :]
        for _ in range(chance.choice((1, 3, 30)) if copy else 0):
            at = chance.randrange(len(copy))
            copy[at] ^= 1 << chance.randrange(8)
            if chance.random() < 0.2:
                copy[at : at + 4] = copy[at : at + 2] * chance.randrange(4) or b"<"
        found.append(bytes(copy))
    return found


@pytest.mark.parametrize("name", samples())
def test_broken_copies_are_read_or_refused_with_a_reason(name):
    limits = replace(sandbox.limits_for(name), seconds=10)
    for copy in copies(samples()[name], seed=len(name)):
        try:
            document = sandbox.read_safely(copy, name, limits)
        except ReadError as error:
            assert "\n" not in str(error)
            assert not any(word in str(error) for word in ("longer than", "crashed"))
            continue
        for passage in split(document):
            assert passage.text == document.text[passage.start : passage.end]


@pytest.mark.parametrize("name", samples())
def test_the_samples_themselves_are_read(name):
    assert sandbox.read_safely(samples()[name], name).articles
