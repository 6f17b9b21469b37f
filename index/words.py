"""What a word is: one normalisation and one segmentation for indexing and for asking.

Chinese runs are cut with jieba's dictionary and our domain words (index/segmenter.py). Standard
numbers, clause numbers and amounts are kept whole, in one spelling. Part-of-speech tags, new-word
guessing (jieba's HMM brings nothing to retrieval here) and synonyms are not made.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, count
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING

from index.segmenter import JIEBA_TOTAL, Segmenter, jieba_dictionary, read_words
from index.spelling import spell

if TYPE_CHECKING:
    from index.lattice import Lattice

DICTIONARIES = Path(__file__).parent / "dictionary"

VERSION = "1"
"""Changes with any change of the rules below, so that an index made with other tokens is made anew."""

STOPWORDS = frozenset(read_words(DICTIONARIES / "stopwords.txt"))
"""Function words and the words a question is asked with: they say nothing about what is looked for."""

_DIGITS = {digit: str(value) for value, digit in enumerate("零一二三四五六七八九")} | {"〇": "0", "两": "2"}
_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000}

_NUMERAL = "零〇一二两三四五六七八九十百千万"
_UNITS = (
    r"条(?!件|例)|章(?!程)|节|款|项(?!目)|目(?![标的前录])|编(?![辑制码])|篇|部分|届|次|批|期|号|季度|卷|集(?![团合体])|轮|版"
    r"|类(?![别型似])|名(?![单称])|位(?!置)"
)
_ORDINAL = re.compile(rf"第[ \t]*(?:([{_NUMERAL}]+)|(\d+(?:\.\d+)*))[ \t]*({_UNITS})")
_CHINESE_YEAR = re.compile(r"[一二](?<![零〇一二三四五六七八九十百千万].)[零〇一二三四五六七八九]{3}(?=年)")

# Longest first: gbz before gb.
_BODIES = "|".join(sorted(read_words(DICTIONARIES / "standard_bodies.txt"), key=len, reverse=True))
_STANDARD = (
    rf"(?P<body>(?:t|q)/[a-z][a-z0-9]{{1,7}}|db ?\d{{2,6}}(?:/[tz])?|(?:{_BODIES})"
    r"(?: ?/ ?(?:t|z|iec|ieee|iso|ts|tr|pas|guide|cie))*)"
    r"[ -]?(?P<number>[a-z]{0,2}\d+(?:\.\d+)*)(?P<parts>(?:-\d{1,3}(?!\d))*)"
    r"(?: ?[-:] ?(?P<year>(?:19|20)\d\d))?(?![a-z0-9])"
)
_HAN = r"\u3005\u3007\u3400-\u4dbf\u4e00-\u7b2b\u7b2d-\u9fff\U00020000-\U0003ffff"  # all but 第, U+7B2C
_CHINESE = re.compile(rf"(?P<ordinal>第\d+(?:\.\d+)*(?:{_UNITS})?)|(?:[{_HAN}]|第(?!\d))+")
_OTHER = re.compile(
    rf"(?<![a-z0-9])(?P<standard>{_STANDARD})"
    r"|(?P<measure>(?P<amount>\d+(?:\.\d+)?)(?P<unit>[a-z][a-z0-9]*))"
    r"|(?P<grouped>\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?)"
    r"|(?P<plain>\d+(?:\.\d+)*)"
    rf"|(?P<latin>[^\W\d_第{_HAN}][^\W_第{_HAN}]*)"
)
_DOTTED = re.compile(r"\d+(?:\.\d+)+")
_LONG_NUMBER = re.compile(r"\d{3,}$")

LONG = 64
"""Characters of a text from which on a table brings something (index.folding): a question waits for none."""

FEW = 300
"""Such texts from which on the table is worth its making: the first question of a process waits for none, either."""

_long_texts = count()
"""How many there have been."""

LONGEST_RUN = 400
"""Characters of a Chinese run that is cut together with others; few have more, and each would cost a step."""

MANY = 50_000
"""Characters from which on a whole dictionary is worth its making (index.lattice)."""

SOME = 1000
"""The same when it has been made before."""

SUBWORDS_KEPT = 200_000  # words with their parts: some 30 MB

_Piece = tuple[str, Sequence[str], Sequence[str]]  # Chinese run; words; extra tokens
_Cut = Callable[[str], Sequence[str]]


def normalize(text: str) -> str:
    """`text` in NFKC, lower case and simplified characters, with one kind of dash and slash.

    Offsets are not kept. A full-width comma becomes a comma and a space, so that 100，200 stays two
    numbers where 1,234 is one.
    """
    if text.isascii():
        return text.lower()
    if len(text) < LONG:
        return _spelled(text)
    return spell(text) if next(_long_texts) < FEW else _fold()(text)


def normalize_all(texts: Sequence[str]) -> list[str]:
    """`normalize` of each text; of many at once it takes half the time."""
    long = [text for text in texts if len(text) >= LONG and not text.isascii()]
    if len(long) < 2 or next(_long_texts) < FEW:
        return [normalize(text) for text in texts]
    folded = dict(zip(long, _fold_all()(long), strict=True))
    return [folded[text] if text in folded else normalize(text) for text in texts]


def arabic_ordinals(text: str) -> str:
    """Normalised `text` with 第十二条 as 第12条 and 二〇二四年 as 2024年: the one spelling that tokens have."""
    if "第" in text:
        text = _ORDINAL.sub(_arabic_ordinal, text)
    if "年" in text:
        text = _CHINESE_YEAR.sub(lambda year: "".join(_DIGITS[digit] for digit in year[0]), text)
    return text


def tokenize(text: str) -> list[str]:
    """The tokens that BM25 counts: every word, and beside it what else somebody may call it by.

    A long word brings its two- and three-character words, as in jieba's cut_for_search; a standard
    number brings its spelling with the year, its base and its bare number: GB/T 2828.1-2012 gives
    gb/t2828.1, 2012, gb/t2828.1-2012, 2828.1.
    """
    return _tokens(_scan(text), _cut)


def words(text: str) -> list[str]:
    """The words of `text` in order, each once where it stands: for comparing sentences.

    GB/T 19001—2016 is the two words gb/t19001 and 2016, so that a question without the year meets it.
    """
    listed: list[str] = []
    for run, found, _ in _scan(text):
        listed += _cut(run) if run else found
    return listed


def bigrams(text: str) -> list[str]:
    """Pairs of neighbouring characters of each Chinese run (a lone one as it is), and all other words."""
    return _pairs(_scan(text))


def tokens_and_bigrams(text: str) -> tuple[list[str], list[str]]:
    """`tokenize(text)` and `bigrams(text)`, reading the text once."""
    pieces = list(_scan(text))
    return _tokens(pieces, _cut), _pairs(pieces)


def tokens_and_bigrams_of(texts: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    """`tokens_and_bigrams` of each text; of very many at once it takes a quarter of the time."""
    enough = SOME if _lattice.cache_info().currsize else MANY
    if sum(map(len, texts)) < enough:
        yield from map(tokens_and_bigrams, texts)
        return
    scanned = [list(_scan(text)) for text in texts]
    runs = list(dict.fromkeys(run for pieces in scanned for run, _, _ in pieces if run))
    cut = _cut_at_once(runs)
    for pieces in scanned:
        yield _tokens(pieces, cut), _pairs(pieces)


@functools.cache
def tag(word: str) -> str:
    """The part of speech of a normalised word by jieba's dictionary: n… nouns, v… verbs, a… adjectives; "" unknown."""
    return _segmenter().tag(word)


def fingerprint() -> str:
    """A short hash of all that decides the tokens: the rules' version and the dictionaries."""
    return _digest(
        VERSION, jieba_dictionary(), DICTIONARIES / "domain.txt", DICTIONARIES / "standard_bodies.txt"
    )


@functools.cache
def _digest(version: str, *files: Path) -> str:
    """Read once: the dictionaries are those that this process has in memory, whatever happens to the files."""
    digest = hashlib.sha256(version.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def _segmenter() -> Segmenter:
    return Segmenter(jieba_dictionary(), read_words(DICTIONARIES / "domain.txt"))


@functools.lru_cache(maxsize=1024)
def _cut(run: str) -> tuple[str, ...]:
    """The words of a run; kept, since several read one question."""
    return tuple(_segmenter().cut(run))


_spelled = functools.lru_cache(maxsize=4096)(spell)
"""Of short texts: a question is read by several, and the titles of documents stand over many passages."""


@functools.cache
def _fold() -> Callable[[str], str]:
    from index.folding import fold  # NumPy, which one question does without

    return fold


@functools.cache
def _fold_all() -> Callable[[Sequence[str]], list[str]]:
    from index.folding import fold_all  # NumPy, as above

    return fold_all


@functools.cache
def _lattice() -> Lattice:
    from index.lattice import Lattice  # NumPy, as above

    return Lattice(
        jieba_dictionary().read_text(encoding="utf-8"), read_words(DICTIONARIES / "domain.txt"), JIEBA_TOTAL
    )


_subwords: dict[str, list[str]] = {}
"""The two- and three-character words inside each longer word that has been met."""


def _cut_at_once(runs: Sequence[str]) -> _Cut:
    """A look-up of the words of `runs`, all cut together; what is inside their long words is then known too."""
    short = [run for run in runs if len(run) <= LONGEST_RUN]
    cut, counts = _lattice().cut(short)
    _find_subwords({word for word in cut if len(word) > 2})
    place = dict(zip(short, accumulate(counts, initial=0), strict=False))
    size = dict(zip(short, counts, strict=True))
    return lambda run: cut[place[run] : place[run] + size[run]] if run in place else _segmenter().cut(run)


def _find_subwords(found: set[str]) -> None:
    if len(_subwords) > SUBWORDS_KEPT:
        _subwords.clear()
    fresh: dict[str, list[str]] = {word: [] for word in found if word not in _subwords}
    for size in (2, 3):
        wholes = [word for word in fresh if len(word) > size for _ in range(len(word) - size + 1)]
        parts = [
            word[at : at + size] for word in fresh if len(word) > size for at in range(len(word) - size + 1)
        ]
        for word, part, is_word in zip(wholes, parts, _lattice().are_words(parts).tolist(), strict=True):
            if is_word:
                fresh[word].append(part)
    _subwords.update(fresh)  # at once: another thread must not see half of them


def _tokens(pieces: Iterable[_Piece], cut: _Cut) -> list[str]:
    tokens: list[str] = []
    for run, found, extra in pieces:
        if run:
            for word in cut(run):
                if len(word) > 2:
                    tokens += _parts_of(word)
                tokens.append(word)
        else:
            tokens += found
            tokens += extra
    return tokens


def _parts_of(word: str) -> list[str]:
    parts = _subwords.get(word)
    if parts is None:
        if len(_subwords) > SUBWORDS_KEPT:
            _subwords.clear()
        parts = _subwords[word] = _segmenter().subwords(word)
    return parts


def _pairs(pieces: Iterable[_Piece]) -> list[str]:
    pairs: list[str] = []
    for run, found, _ in pieces:
        if len(run) > 1:
            pairs += map(add, run, run[1:])
        else:
            pairs += [run] if run else found
    return pairs


def _scan(text: str) -> Iterator[_Piece]:
    """The pieces of `text` in order; each is either a Chinese run or words."""
    text = arabic_ordinals(normalize(text))
    at = 0
    for chinese in _CHINESE.finditer(text):
        start, end = chinese.span()
        if start > at:
            yield from map(_other, _OTHER.finditer(text, at, start))
        if chinese.lastgroup:
            yield "", (chinese[0],), _DOTTED.findall(chinese[0])
        else:
            yield chinese[0], (), ()
        at = end
    yield from map(_other, _OTHER.finditer(text, at))


def _other(match: re.Match[str]) -> _Piece:
    kind, value = match.lastgroup, match[0]
    if kind == "standard":
        return "", *_standard(match)
    if kind == "measure":
        return "", (match["amount"], match["unit"]), (value,)
    if kind == "grouped":
        return "", (value.replace(",", ""),), ()
    if kind == "latin" and (number := _LONG_NUMBER.search(value)) and number[0] != value:
        return "", (value,), (number[0],)
    return "", (value,), ()


def _standard(match: re.Match[str]) -> tuple[list[str], list[str]]:
    """Words and extra tokens of a standard number."""
    body, number, parts, year = match.group("body", "number", "parts", "year")
    base = body.replace(" ", "").replace("gbt", "gb/t") + number
    named = [base + parts]
    extra = [number]
    if parts:
        extra.append(base)
    if year:
        named.append(year)
        extra.append(f"{base}{parts}-{year}")
    return named, extra


def _arabic_ordinal(match: re.Match[str]) -> str:
    chinese, arabic, unit = match.groups()
    return f"第{_arabic(chinese) if chinese else arabic}{unit}"


def _arabic(numeral: str) -> int:
    """The value of a Chinese numeral up to 99,999, in words (一百二十) or digit by digit (二〇二四)."""
    if not any(character in _SCALES for character in numeral):
        return int("".join(_DIGITS[digit] for digit in numeral))
    total, digit = 0, 0
    for character in numeral:
        scale = _SCALES.get(character)
        if scale is None:
            digit = int(_DIGITS[character])
        elif scale == 10_000:
            total, digit = (total + digit) * scale, 0
        else:
            # 十二 begins with its scale: one ten.
            total, digit = total + (digit or 1) * scale, 0
    return total + digit
