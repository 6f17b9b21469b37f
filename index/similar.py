"""What is held twice: passages that say the same in several documents, and documents that are copies of each other.

Two texts are the same when they agree in all letters and digits; white space, punctuation, full width and
traditional characters do not count. They are nearly the same when besides they share most of their runs of
three characters (Jaccard), every number and every Latin word is equal, and the words in which they differ can
change nothing: 现将 and 现就, 的 and nothing. So two notices that differ in a year, an amount, a name or a 不 are
two notices, and a copy with a misread character stays beside its original. Nothing is deleted here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index import words
from index.passage import Hit, Passage, is_private
from index.recent import looked_up

if TYPE_CHECKING:
    from index.library import Library

NEAR = 0.9
"""The share of runs of three characters (Jaccard) from which on two texts are nearly the same."""

SHINGLE = 3
"""Characters of a run: one changed character of a passage of 230 costs 3 of 228, and leaves 0.97 of them."""

BARE = 40
"""Characters of a passage that tells by itself what it is about, where only one of two has a title or a heading."""

LONG_TITLE = 12
"""Characters of a title that may be a part of another's: 关于…的通知 with and without who gives it."""

BINS, BANDS = 128, 16
"""Smallest hash values that stand for a document, and the bands that they are put into. Of two documents with
0.9 of their runs in common, a band of 8 values agrees with 0.9^8 = 0.43, and at least one of 16 with 0.9999."""

IN_FORCE, GONE = ("现行", "有效"), ("废止", "失效", "作废", "被代替")

LIGHT = frozenset(
    "的 地 得 了 着 之 等 也 还 又 就 便 即 将 现 现将 现就 把 对 对于 关于 于 在 以 由 向 从 与 和 以及 及 并 并且 且 而 "
    "其 该 此 这 日前 近日 据悉 据了解 获悉 进行 开展 组织 有关 相关 切实 认真 特 特此 各 各位 请 时 所 来 中".split()
)
"""Words whose coming and going changes no statement."""

_NUMBER = re.compile(
    r"[±≥≤<>+\-]?\d+(?:\.\d+)*[%‰]?|[零〇一二两三四五六七八九十百千万亿]+|[±≥≤<>]|[a-z]+", re.ASCII
)
_SPARE = re.compile(r"-(?!\d)|(?<![\d .])[ .]+|[ .]++(?!\d)")
_KEPT = frozenset("%‰±≥≤<>=+-/.°")
"""Signs that belong to numbers; all other punctuation is looked past."""


class _Letters(dict[int, str]):
    """From a character to how it is compared: in its normal spelling, and a space for what is no letter or digit."""

    def __missing__(self, code: int) -> str:
        plain = words.normalize(chr(code))
        self[code] = "".join(one if one.isalnum() or one in _KEPT else " " for one in plain) or " "
        return self[code]


_letters = _Letters()


@dataclass(frozen=True, slots=True)
class Wording:
    """A text as it is compared: its letters and digits, and in order its numbers and Latin words."""

    key: str
    numbers: tuple[str, ...]


@lru_cache(maxsize=8192)
def wording(text: str) -> Wording:
    """How `text` is compared.

    >>> wording("第３条　不超过 1.5 ％，GB/T 19001。").key
    '第3条不超过1.5%gb/t19001'
    """
    key = re.sub("  +", " ", _SPARE.sub("", text.translate(_letters)))
    return Wording(key, tuple(_NUMBER.findall(key)))


def shingles(key: str) -> frozenset[str]:
    """All runs of three characters of `key`; the whole of it where it is shorter."""
    return frozenset(key[i : i + SHINGLE] for i in range(max(1, len(key) - SHINGLE + 1)))


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of what both have in what either has, 0..1."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def alike(one: str, other: str, near: float = NEAR) -> bool:
    """Whether two texts say the same, see above."""
    a, b = wording(one), wording(other)
    if a.key == b.key:
        return True
    if a.numbers != b.numbers or min(len(a.key), len(b.key)) < near * max(len(a.key), len(b.key)):
        return False
    return _nearly(*sorted((a.key, b.key)), near)


@lru_cache(maxsize=4096)
def _nearly(one: str, other: str, near: float) -> bool:
    """Whether two keys of equal numbers share enough, and differ in light words only."""
    if jaccard(shingles(one), shingles(other)) < near:
        return False
    left, right = words.words(one), words.words(other)
    changes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    differing = [left[a:b] + right[c:d] for kind, a, b, c, d in changes if kind != "equal"]
    return all(word in LIGHT for piece in differing for word in piece)


def same_passage(one: Passage, other: Passage) -> bool:
    """Whether two passages of different documents say the same of the same thing.

    本规定由质量部负责解释 stands in many rules and means another in each: titles, headings and speakers
    have to agree, too.
    """
    if (one.document, one.collection) == (other.document, other.collection) or one.kind != other.kind:
        return False
    if not alike(one.text, other.text):
        return False
    if one.speaker and other.speaker and one.speaker.name != other.speaker.name:
        return False
    pairs = ((one.article, other.article), (one.heading, other.heading))
    return all(_agree(a, b, len(one.text) >= BARE) for a, b in pairs)


def _agree(one: str, other: str, bare: bool) -> bool:
    """Whether two titles may name the same; one that is missing agrees with any if the text is long enough."""
    if not one or not other:
        return bare or one == other
    if alike(one, other):
        return True
    short, long = sorted((wording(one), wording(other)), key=lambda each: len(each.key))
    return len(short.key) >= LONG_TITLE and short.numbers == long.numbers and short.key in long.key


def preference(passage: Passage) -> tuple[tuple[int, ...], int, str, str]:
    """Sorts copies: the newest first, then what is in force before what is not, then by name."""
    newest = tuple(-ord(digit) for digit in passage.published) or (0,)
    status = -1 if passage.status in IN_FORCE else int(passage.status in GONE)
    return newest, status, passage.document, passage.collection


def grouped(
    texts: Sequence[str], passages: Callable[[Sequence[int]], Mapping[int, Passage]]
) -> list[list[int]]:
    """The places of these texts of passages, those of other documents that say the same as an earlier one put with it.

    They come best first, and so do the groups: each stands where its best one stood. `passages` gives the passages
    of some places, and is asked for those alone whose texts may be alike; a place that it does not give is left out.
    """
    sums = firm_sums(texts)  # the wordings take many times as long to make
    if len(set(sums)) == len(sums):
        return [[place] for place in range(len(sums))]
    counts = Counter(sums)
    known = passages([place for place, firm in enumerate(sums) if counts[firm] > 1])
    groups: list[list[int]] = []
    by_sum: dict[int, list[list[int]]] = {}
    for place, firm in enumerate(sums):
        if counts[firm] == 1:
            groups.append([place])
        elif place in known:
            alike = by_sum.setdefault(firm, [])
            same = (group for group in alike if _say_the_same(known[group[0]], known[place]))
            if (group := next(same, None)) is not None:
                group.append(place)
            else:
                groups.append([place])
                alike.append(groups[-1])
    return groups


def shown(group: Sequence[Hit]) -> Hit:
    """One hit for a group of them that say the same: the others are in its `also`, its score is that of the best.

    Which one it is is for `preference`, among those that the question points to alike. `group` comes best first.
    """
    if len(group) == 1:
        return group[0]
    pointed_at = group[0].stages.get("lookup", 0.0)
    equal = [hit for hit in group if hit.stages.get("lookup", 0.0) == pointed_at]
    chosen = min(equal, key=lambda hit: preference(hit.passage))
    others = sorted((hit.passage for hit in group if hit is not chosen), key=preference)
    return replace(chosen, score=group[0].score, also=tuple(others))


SUMS_KEPT = 20_000
_sums: dict[str, int] = {}
"""Of the texts of late: the same passages are found again and again."""


def firm_sums(texts: Sequence[str]) -> list[int]:
    """A number for each text, which is the same for any two that are `alike`: of all letters and digits but those that
    may come and go, the sum of a random number each."""
    known = looked_up(_sums, texts, _firm_sums, SUMS_KEPT)
    return [known[text] for text in texts]


def _firm_sums(texts: Sequence[str]) -> dict[str, int]:
    codes = np.frombuffer("\n".join([*texts, ""]).encode("utf-16-le", "surrogatepass"), dtype=np.uint16)
    values = _worth.take(codes)
    if (unknown := values == _UNKNOWN).any():
        _learn(sorted(set(codes[unknown].tolist())))  # np.unique would load numpy.ma
        values = _worth.take(codes)
    ends = list(accumulate(len(text) + 1 for text in texts))
    if ends[-1] != len(codes):  # a character of two units
        ends = list(accumulate(len(text.encode("utf-16-le", "surrogatepass")) // 2 + 1 for text in texts))
    sums = np.add.reduceat(values, [0, *ends[:-1]], dtype=np.uint32).tolist()
    return dict(zip(texts, sums, strict=True))


_UNKNOWN = np.uint32(1)
_worth = np.full(0x10000, _UNKNOWN, dtype=np.uint32)
"""The random number of each character that has been met; 0 for what does not count."""

_COMING_AND_GOING = frozenset("".join(LIGHT))


def _learn(codes: Sequence[int]) -> None:
    chars = [chr(code) for code in codes if code != ord("\n") and not 0xD800 <= code < 0xE000]
    plain = words.normalize("\n".join([*chars, ""])).split("\n")  # together, which takes a tenth of the time
    _worth[list(codes)] = 0
    for char, spelled in zip(chars, plain, strict=False):  # behind the last there is nothing
        firm = [ord(one) for one in spelled if one.isalnum() and one not in _COMING_AND_GOING]
        _worth[ord(char)] = sum(map(_random, firm)) & 0xFFFFFFFE


def _random(code: int) -> int:
    """64 bits that look random (SplitMix64 of Steele, Lea and Flood, 2014)."""
    mixed = (code * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return mixed ^ (mixed >> 31)


def _say_the_same(one: Passage, other: Passage) -> bool:
    short, long = sorted((len(one.text), len(other.text)))
    # A text of half the length is not looked at, punctuation and white space included.
    return short > long // 2 and same_passage(one, other)


def similar_documents(library: Library, threshold: float = NEAR) -> list[tuple[str, ...]]:
    """Groups of documents of which each holds the same text as its first, or nearly; names in order.

    Documents of nearly the same text have equal numbers and share at least `threshold` (0..1) of their runs of
    three characters. Candidates come from MinHash, so that time and memory grow as the texts do and not with
    the pairs of documents; whether they are alike is then decided on the texts. What belongs to one
    conversation is left out, and a document of a collection is called collection/name.
    """
    found: dict[int, list[str]] = {}
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    firsts: list[tuple[str, str]] = []
    for info in library.documents():
        if is_private(info.collection):
            continue
        text = library.document(info.name, info.collection).text
        places = list(enumerate(_bands(wording.__wrapped__(text).key)))
        near = dict.fromkeys(number for place in places for number in buckets.get(place, ()))
        label = f"{info.collection}/{info.name}" if info.collection else info.name
        for number in near:
            if _copies(text, library.document(*firsts[number]).text, threshold):
                found[number].append(label)
                break
        else:
            number = len(firsts)
            firsts.append((info.name, info.collection))
            found[number] = [label]
            for place in places:
                buckets[place].append(number)
    return [tuple(group) for group in found.values() if len(group) > 1]


def _copies(one: str, other: str, threshold: float) -> bool:
    a, b = wording.__wrapped__(one), wording.__wrapped__(other)
    if a.key == b.key:
        return True
    return a.numbers == b.numbers and jaccard(shingles(a.key), shingles(b.key)) >= threshold


def _bands(key: str) -> Iterable[bytes]:
    """The MinHash of a text in bands, by one permutation hashing (Li, Owen and Zhang, NIPS 2012).

    Every run's hash falls into one of the bins, which keeps the smallest; an empty bin takes the value of the next
    one that is not, with its distance (Shrivastava and Li, ICML 2014), so that short texts have as many.
    """
    hashes = _hashes(key)
    values = np.full(BINS, np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(values, (hashes >> np.uint64(57)).astype(np.intp), hashes)
    filled = np.flatnonzero(values != np.iinfo(np.uint64).max)
    following = np.append(filled, filled[0] + BINS)[np.searchsorted(filled, np.arange(BINS))]
    values = values[following % BINS] + (following - np.arange(BINS)).astype(np.uint64)
    return (band.tobytes() for band in values.reshape(BANDS, -1))


def _hashes(key: str) -> NDArray[np.uint64]:
    """A 64-bit hash of each run of three characters (multiply and shift, Dietzfelbinger et al. 1997)."""
    codes = np.frombuffer((key or " ").ljust(SHINGLE).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    packed = (codes[:-2] << np.uint64(42)) | (codes[1:-1] << np.uint64(21)) | codes[2:]
    with np.errstate(over="ignore"):
        mixed = (packed ^ (packed >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
        return (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
