"""Normalising a text by one look-up a character, where that is all there is to do.

NFKC, lower case, one dash and simplified characters change nearly every Chinese text (its commas alone), and
the library functions for them take 280 ns a character. Most characters become one other character, whatever
stands beside them; a text of only such ones goes through a table here in a tenth of the time. Whatever else it
holds (a ligature, a combining mark, a phrase that converts as a whole), the table says so and leaves it alone.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.spelling import DASHES, simplifier, spell

Units = NDArray[np.uint16]
"""UTF-16 code units."""

_SEVERAL = (("，", ", "), ("…", "..."))
"""Frequent characters that become several."""

_IN_PHRASES = "乾傢剋劄吒哩噁坏幺彷徵扞昇樊氾沈濛甦畫瞭祕籌脩蒐薹藉衹袷覆谿貲逕釐鉅鍊鍾陞麼麽"
"""One of these is in each phrase that OpenCC's t2s changes to something else than its characters one by one (乾坤 and
not 干坤, 毛坯 for 毛坏): the fewest and rarest that will do."""

_STAYS = re.compile("於(?=[世乎仲倫其則勇呼單坦崇忠惟戲敖梨清潛琳穆竹菟邑陵])")
"""Where 於, which is in nearly each text in traditional characters, may be a part of such a phrase (於則 stays 於則)."""

_IDEOGRAPHS, _PRIVATE = range(0x3400, 0xA000), range(0xE000, 0xF900)
"""Blocks that NFKC and lower case leave alone."""

_SCRIPTS = (range(0x530), range(0x2000, 0x2800), range(0x3000, 0x3400), range(0xFF00, 0xFFF0))
"""Latin, Greek, Cyrillic; punctuation and symbols; Chinese punctuation, kana and squared words; full width."""

_PLAIN, _YU, _PHRASES, _HARD = 0, 1, 2, 3
"""What a text of such characters needs: the table only, a look at each 於, OpenCC for its phrases, the slow way."""

_BETWEEN = "\x1e"
"""Put between texts that are looked up together: ASCII's record separator, which stays as it is."""


def fold(text: str) -> str:
    """`index.spelling.spell(text)`, for a long text in less time."""
    codes = _codes(text)
    table = _table()
    hardest = table.kinds.take(codes).max(initial=_PLAIN)
    return _as_needed(text, hardest, _looked_up(codes, table.simplified))


def fold_all(texts: Sequence[str]) -> list[str]:
    """`fold` of each of these texts; looked up together, which takes a quarter of the time."""
    codes = _codes(_BETWEEN.join(texts))
    table = _table()
    found = _looked_up(codes, table.simplified).split(_BETWEEN)
    if len(found) != len(texts):  # one of them holds what was put between them
        return [fold(text) for text in texts]
    met = table.kinds.take(codes)
    starts = np.append(0, np.flatnonzero(codes == ord(_BETWEEN)) + 1)
    hardest = np.maximum.reduceat(np.append(met, np.uint8(_PLAIN)), starts)
    for place in np.flatnonzero(hardest).tolist():
        found[place] = _as_needed(texts[place], hardest[place], found[place])
    return found


def _codes(text: str) -> Units:
    for mark, spelled in _SEVERAL:
        text = text.replace(mark, spelled)
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype=np.uint16)


def _looked_up(codes: Units, table: Units) -> str:
    return table.take(codes).tobytes().decode("utf-16-le", "surrogatepass")


def _as_needed(text: str, kind: int, looked_up: str) -> str:
    """`text`, of which the hardest character is of this kind, as it was looked up or as it has to be done instead."""
    if kind == _HARD:
        return spell(text)
    if kind == _PHRASES or (kind == _YU and _STAYS.search(text)):
        return str(simplifier().convert(_looked_up(_codes(text), _table().becomes)))
    return looked_up


class _Table(NamedTuple):
    """Of each UTF-16 unit what it becomes, what that becomes in simplified characters, and the kind of it."""

    becomes: Units
    simplified: Units
    kinds: NDArray[np.uint8]


@functools.cache
def _table() -> _Table:
    becomes = np.arange(0x10000, dtype=np.uint16)
    kinds = np.full(0x10000, _HARD, dtype=np.uint8)
    kinds[_IDEOGRAPHS.start : _IDEOGRAPHS.stop] = kinds[_PRIVATE.start : _PRIVATE.stop] = _PLAIN
    dashes = dict(DASHES)
    for code in chain.from_iterable(_SCRIPTS):
        character = chr(code)
        folded = unicodedata.normalize("NFKC", character)
        folded = dashes.get(folded, folded).lower()
        # Σ becomes ς or σ by where it stands.
        if len(folded) == 1 and folded != "σ" and not _joins(character) and not _joins(folded):
            becomes[code] = ord(folded)
            kinds[code] = _PLAIN
    plain = np.flatnonzero(kinds == _PLAIN)
    plain = plain[plain != ord("\n")]
    # Each alone on its line, so that no phrase is made.
    before = "\n".join(map(chr, becomes[plain].tolist()))
    after = simplifier().convert(before).split("\n")
    simplified = becomes.copy()
    simplified[plain] = [ord(one) if len(one.encode("utf-16-le")) == 2 else 0 for one in after]
    kinds[plain[simplified[plain] == 0]] = _PHRASES
    kinds[[ord(character) for character in _IN_PHRASES]] = _PHRASES
    kinds[ord("於")] = _YU
    return _Table(becomes, simplified, kinds)


def _joins(character: str) -> bool:
    """Whether NFKC may put a character together with its neighbours."""
    return unicodedata.category(character)[0] == "M" or "\u1100" <= character <= "\u11ff"
