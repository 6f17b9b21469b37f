"""The tokens and bigrams of very many texts at once, as a lexical index takes them: the ones of index.words, in a fifth
of the time.

All texts lie in one array of characters, and what is Chinese in it is cut together (index.lattice); words, parts of
words and bigrams are then copied out of that array, each with a space before it. Order is lost, which BM25 does not
look at. Needs the whole dictionary: for indexing, not for a question.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from index import words
from index.lattice import Codes, Ints, Lattice, codes_of
from index.segmenter import JIEBA_TOTAL, jieba_dictionary, read_words

LONGEST_RUN = 400
"""Characters of a Chinese run that is cut together with others; few have more, and each would cost a step."""

MANY = 50_000
"""Characters from which on a whole dictionary is worth its making."""

SOME = 1000
"""The same when it has been made before."""

_NOTHING, _CHINESE, _OTHER, _ORDINAL = range(4)
_SPACE = ord(" ")


def tokens_and_bigrams_of(texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What `words.tokens_and_bigrams` gives for each text, in any order and with spaces between."""
    enough = SOME if _lattice.cache_info().currsize else MANY
    if sum(map(len, texts)) < enough:
        for text in texts:
            one = words.tokens_and_bigrams(text)
            yield " ".join(one[0]), " ".join(one[1])
        return
    plain = [words.arabic_ordinals(text) for text in words.normalize_all(texts)]
    joined = "\n".join([*plain, ""])  # no word goes beyond its line
    ends = list(accumulate(len(text) + 1 for text in plain))
    codes = codes_of(joined)
    kinds = _kinds().take(np.minimum(codes, 0xFFFF))
    beyond = codes > 0xFFFF
    if beyond.any():
        kinds[beyond] = np.where((codes[beyond] >= 0x20000) & (codes[beyond] < 0x40000), _CHINESE, _OTHER)
    tokens: list[list[str]] = [[] for _ in plain]
    pairs: list[list[str]] = [[] for _ in plain]
    for match in words.ORDINAL_WORD.finditer(joined):
        kinds[match.start() : match.end()] = _ORDINAL
        _sort_in(tokens, pairs, bisect_right(ends, match.start()), words.ordinal_piece(match))
    for start, end in _stretches(kinds, codes):
        for match in words.OTHER_WORD.finditer(joined, start, end):
            _sort_in(tokens, pairs, bisect_right(ends, start), words.other_piece(match))
    parts = _chinese(np.flatnonzero(kinds == _CHINESE), codes, np.array(ends))
    for own_tokens, own_pairs, (chinese_tokens, chinese_pairs) in zip(tokens, pairs, parts, strict=True):
        yield " ".join([chinese_tokens, *own_tokens]), " ".join([chinese_pairs, *own_pairs])


def _sort_in(tokens: list[list[str]], pairs: list[list[str]], number: int, piece: words.Piece) -> None:
    found, extra = piece
    tokens[number] += found
    tokens[number] += extra
    pairs[number] += found


def _stretches(kinds: NDArray[np.uint8], codes: Codes) -> Iterator[tuple[int, int]]:
    """From the first to the last letter or digit of each stretch between Chinese characters or the ends of a line."""
    others = np.flatnonzero(kinds == _OTHER)
    if not len(others):
        return
    bounds = (kinds == _CHINESE) | (kinds == _ORDINAL) | (codes == ord("\n"))
    before = np.cumsum(bounds)[others]
    breaks = np.flatnonzero(before[1:] != before[:-1])
    starts = others[np.append(0, breaks + 1)]
    ends = others[np.append(breaks, len(others) - 1)] + 1
    yield from zip(starts.tolist(), ends.tolist(), strict=True)


def _chinese(places: Ints, codes: Codes, ends: Ints) -> Iterator[tuple[str, str]]:
    """The tokens and bigrams of the characters at `places`, for each text, which ends at its place in `ends`."""
    own = codes[places]
    begins = np.flatnonzero(np.append(True, places[1:] != places[:-1] + 1)[: len(places)])
    lengths = np.diff(np.append(begins, len(own)))
    upto = np.searchsorted(places, ends)
    first = _word_starts(own, begins, lengths)
    alone = np.zeros(len(own), dtype=bool)
    alone[begins[lengths == 1]] = True
    followed = np.ones(len(own), dtype=bool)
    followed[begins + lengths - 1] = False
    whole = np.full(len(own) + np.count_nonzero(first), _SPACE, dtype=np.uint32)
    words_before = np.cumsum(first)
    whole[np.arange(len(own)) + words_before] = own
    tokens = [_Pieces(_text_of(whole), upto + np.append(0, words_before)[upto])]
    tokens += [_copied(own, _inner(own, first, size), size, upto) for size in (2, 3)]
    pairs = [_copied(own, np.flatnonzero(followed), 2, upto), _copied(own, np.flatnonzero(alone), 1, upto)]
    for number in range(len(ends)):
        yield "".join([part.of(number) for part in tokens]), "".join([part.of(number) for part in pairs])


class _Pieces:
    """One string for all texts, and where the piece of each ends in it."""

    def __init__(self, text: str, ends: Ints) -> None:
        self._text = text
        self._bounds = [0, *ends.tolist()]

    def of(self, number: int) -> str:
        return self._text[self._bounds[number] : self._bounds[number + 1]]


def _copied(codes: Codes, starts: Ints, size: int, upto: Ints) -> _Pieces:
    """The `size` characters from each of `starts`, each time with a space before them."""
    copied = np.full((len(starts), size + 1), _SPACE, dtype=np.uint32)
    for place in range(size):
        copied[:, place + 1] = codes[starts + place]
    return _Pieces(_text_of(copied), np.searchsorted(starts, upto) * (size + 1))


def _text_of(codes: Codes) -> str:
    return codes.tobytes().decode("utf-32-le")


def _word_starts(codes: Codes, begins: Ints, lengths: Ints) -> NDArray[np.bool_]:
    """Whether a word starts at each character of runs that lie one behind the other."""
    short = lengths <= LONGEST_RUN
    if short.all():
        return _lattice().starts(codes, lengths)
    first = np.zeros(len(codes), dtype=bool)
    together = np.repeat(short, lengths)
    first[together] = _lattice().starts(codes[together], lengths[short])
    for begin, length in zip(begins[~short].tolist(), lengths[~short].tolist(), strict=True):
        at = begin
        for word in words.cut(_text_of(codes[begin : begin + length])):
            first[at] = True
            at += len(word)
    return first


def _inner(codes: Codes, first: NDArray[np.bool_], size: int) -> Ints:
    """Where in a longer word a word of `size` characters starts."""
    starts = np.flatnonzero(first)
    lengths = np.diff(np.append(starts, len(codes)))
    long = lengths > size
    counts = lengths[long] - size + 1
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    places = np.repeat(starts[long], counts) + offsets
    there: Ints = places[_lattice().are_words(codes, places, size)]
    return there


@functools.cache
def _kinds() -> NDArray[np.uint8]:
    """Of each character up to U+FFFF whether it is Chinese, or a letter or digit otherwise."""
    kinds = [_OTHER if chr(code).isalnum() else _NOTHING for code in range(0x10000)]
    table = np.array(kinds, dtype=np.uint8)
    for start, end in words.HAN:
        table[start : min(end, 0xFFFF) + 1] = _CHINESE
    return table


@functools.cache
def _lattice() -> Lattice:
    own = read_words(words.DICTIONARIES / "domain.txt")
    return Lattice(jieba_dictionary().read_text(encoding="utf-8"), own, JIEBA_TOTAL)
