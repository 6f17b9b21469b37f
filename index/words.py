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
from itertools import count
from operator import add
from pathlib import Path

from index.segmenter import Segmenter, jieba_dictionary, read_words
from index.spelling import spell

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
_A_CHINESE_YEAR = re.compile("年(?<=[一二][零〇一二三四五六七八九]{3}年)")
"""Where one may stand: it begins with a character and not with a set of them, so that looking is a tenth of the work."""

# Longest first: gbz before gb.
_BODIES = "|".join(sorted(read_words(DICTIONARIES / "standard_bodies.txt"), key=len, reverse=True))
_STANDARD = (
    rf"(?P<body>(?:t|q)/[a-z][a-z0-9]{{1,7}}|db ?\d{{2,6}}(?:/[tz])?|(?:{_BODIES})"
    r"(?: ?/ ?(?:t|z|iec|ieee|iso|ts|tr|pas|guide|cie))*)"
    r"[ -]?(?P<number>[a-z]{0,2}\d+(?:\.\d+)*)(?P<parts>(?:-\d{1,3}(?!\d))*)"
    r"(?: ?[-:] ?(?P<year>(?:19|20)\d\d))?(?![a-z0-9])"
)
HAN = ((0x3005, 0x3005), (0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3FFFF))
"""First and last of the characters that are Chinese."""

_HAN = r"\u3005\u3007\u3400-\u4dbf\u4e00-\u7b2b\u7b2d-\u9fff\U00020000-\U0003ffff"  # all but 第, U+7B2C
_AN_ORDINAL = rf"第\d+(?:\.\d+)*(?:{_UNITS})?"
ORDINAL_WORD = re.compile(_AN_ORDINAL)
_CHINESE = re.compile(rf"(?P<ordinal>{_AN_ORDINAL})|(?:[{_HAN}]|第(?!\d))+")
OTHER_WORD = re.compile(
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

SUBWORDS_KEPT = 200_000  # words with their parts: some 30 MB

Piece = tuple[Sequence[str], Sequence[str]]
"""What is no Chinese run: its words, and extra tokens."""

_Pieces = Iterable[tuple[str, Sequence[str], Sequence[str]]]
"""Each either a Chinese run or words, with extra tokens."""


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
    if _A_CHINESE_YEAR.search(text):
        text = _CHINESE_YEAR.sub(lambda year: "".join(_DIGITS[digit] for digit in year[0]), text)
    return text


def tokenize(text: str) -> list[str]:
    """The tokens that BM25 counts: every word, and beside it what else somebody may call it by.

    A long word brings its two- and three-character words, as in jieba's cut_for_search; a standard
    number brings its spelling with the year, its base and its bare number: GB/T 2828.1-2012 gives
    gb/t2828.1, 2012, gb/t2828.1-2012, 2828.1.
    """
    return _tokens(_scan(text))


def words(text: str) -> list[str]:
    """The words of `text` in order, each once where it stands: for comparing sentences.

    GB/T 19001—2016 is the two words gb/t19001 and 2016, so that a question without the year meets it.
    """
    listed: list[str] = []
    for run, found, _ in _scan(text):
        listed += cut(run) if run else found
    return listed


def bigrams(text: str) -> list[str]:
    """Pairs of neighbouring characters of each Chinese run (a lone one as it is), and all other words."""
    return _pairs(_scan(text))


def tokens_and_bigrams(text: str) -> tuple[list[str], list[str]]:
    """`tokenize(text)` and `bigrams(text)`, reading the text once."""
    pieces = list(_scan(text))
    return _tokens(pieces), _pairs(pieces)


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
def cut(run: str) -> tuple[str, ...]:
    """The words of a run of Chinese characters; kept, since several read one question."""
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


_subwords: dict[str, list[str]] = {}
"""The two- and three-character words inside each longer word that has been met."""


def _tokens(pieces: _Pieces) -> list[str]:
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


def _pairs(pieces: _Pieces) -> list[str]:
    pairs: list[str] = []
    for run, found, _ in pieces:
        if len(run) > 1:
            pairs += map(add, run, run[1:])
        else:
            pairs += [run] if run else found
    return pairs


def _scan(text: str) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """The pieces of `text` in order; each is either a Chinese run or words."""
    text = arabic_ordinals(normalize(text))
    at = 0
    for chinese in _CHINESE.finditer(text):
        start, end = chinese.span()
        if start > at:
            for match in OTHER_WORD.finditer(text, at, start):
                yield "", *other_piece(match)
        if chinese.lastgroup:
            yield "", *ordinal_piece(chinese)
        else:
            yield chinese[0], (), ()
        at = end
    for match in OTHER_WORD.finditer(text, at):
        yield "", *other_piece(match)


def ordinal_piece(match: re.Match[str]) -> Piece:
    """Words and extra tokens of an ordinal, a match of ORDINAL_WORD."""
    return (match[0],), _DOTTED.findall(match[0])


def other_piece(match: re.Match[str]) -> Piece:
    """Words and extra tokens of what is not Chinese, a match of OTHER_WORD."""
    kind, value = match.lastgroup, match[0]
    if kind == "standard":
        return _standard(match)
    if kind == "measure":
        return (match["amount"], match["unit"]), (value,)
    if kind == "grouped":
        return (value.replace(",", ""),), ()
    if kind == "latin" and (number := _LONG_NUMBER.search(value)) and number[0] != value:
        return (value,), (number[0],)
    return (value,), ()


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
