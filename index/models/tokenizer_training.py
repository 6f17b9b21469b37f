"""Builds the tokenizer of the embedded model: a jieba dictionary as a Hugging Face `Unigram`.

Each piece is a dictionary word with log(frequency / total) as its score, so the tokenizer's Viterbi
search finds the words that jieba's own maximum-probability path finds, in Rust and without jieba at
run time. Words that are written in neither the dictionary nor the corpus fall back to characters.
Training only: nothing here is imported when Zhida answers questions.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer
from tokenizers.models import Unigram
from tokenizers.normalizers import NFKC, Lowercase
from tokenizers.normalizers import Sequence as Normalizers
from tokenizers.pre_tokenizers import Sequence as PreTokenizers
from tokenizers.pre_tokenizers import Split

UNKNOWN = "[UNK]"
PADDING = "[PAD]"
UNKNOWN_SCORE = -30.0  # below every real piece, so that it is taken only where nothing else fits
HAN = r"[\u3400-\u9fff]"
RUNS = rf"{HAN}+|[a-z]+|[0-9]+|\p{{L}}"  # what is read at all; punctuation and symbols are dropped
LATIN_AND_DIGITS = r"[0-9]+|[a-z]+"
LATIN_SHARE = 0.12  # of the pieces, at most
DIGIT_SHARE = 0.03
MINIMUM_COUNT = 3  # of a Latin word or a number in the corpus
Counts = Mapping[str, float]


def dictionary_counts(path: Path) -> dict[str, float]:
    """Reads a jieba dictionary (`word frequency tag` per line): the words written in Han characters."""
    counts: dict[str, float] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            word, frequency, *_ = line.split(" ")
            if all("\u3400" <= char <= "\u9fff" for char in word):
                counts[word] = float(frequency)
    return counts


def unigram(counts: Counts) -> Tokenizer:
    """A `Unigram` tokenizer whose pieces are the keys of `counts`, most frequent first."""
    total = sum(counts.values())
    ordered = sorted(counts, key=lambda piece: (-counts[piece], piece))
    scored = [(piece, math.log(max(counts[piece], 1.0) / total)) for piece in ordered]
    vocabulary = [(UNKNOWN, UNKNOWN_SCORE), (PADDING, UNKNOWN_SCORE), *scored]
    tokenizer = Tokenizer(Unigram(vocabulary, unk_id=0))
    tokenizer.normalizer = Normalizers([NFKC(), Lowercase()])
    tokenizer.pre_tokenizer = PreTokenizers(
        [
            Split(Regex(RUNS), "removed", invert=True),
            Split(Regex(LATIN_AND_DIGITS), "isolated"),
        ]
    )
    return tokenizer


def piece_counts(tokenizer: Tokenizer, texts: Sequence[str], batch: int = 4096) -> Counter[str]:
    """How often each piece of the tokenizer occurs in the texts."""
    ids: Counter[int] = Counter()
    for start in range(0, len(texts), batch):
        for encoding in tokenizer.encode_batch_fast(texts[start : start + batch], add_special_tokens=False):
            ids.update(encoding.ids)
    pieces = {i: piece for piece, i in tokenizer.get_vocab(with_added_tokens=False).items()}
    return Counter({pieces[i]: n for i, n in ids.items()})


def ascii_runs(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[str]:
    """Counts the runs of Latin letters and the runs of digits of the texts."""
    counts: Counter[str] = Counter()
    pattern = re.compile(LATIN_AND_DIGITS)
    for text in texts:
        counts.update(pattern.findall(tokenizer.normalizer.normalize_str(text)))
    return counts


def latin_pieces(words: Counter[str], size: int) -> dict[str, float]:
    """Frequent Latin words, then letters, pairs and frequent triples of letters for all other words."""
    parts: Counter[str] = Counter()
    for word, count in words.items():
        for width in (2, 3):
            parts.update({word[i : i + width]: count for i in range(len(word) - width + 1)})
    pairs = Counter({part: n for part, n in parts.items() if len(part) == 2})
    triples = Counter({part: n for part, n in parts.items() if len(part) == 3})
    chosen = dict.fromkeys("abcdefghijklmnopqrstuvwxyz", 1.0)
    # A part's own count would outbid whole words made of it; a tenth keeps words whole.
    for part, count in [*pairs.most_common(size // 10), *triples.most_common(size // 10)]:
        chosen[part] = max(1.0, count / 10)
    for word, count in words.most_common(size - len(chosen)):
        if count >= MINIMUM_COUNT:
            chosen[word] = max(float(count), chosen.get(word, 0.0))
    return chosen


def number_pieces(numbers: Counter[str], size: int) -> dict[str, float]:
    """The digits, all pairs of digits, and the most frequent longer numbers (years above all)."""
    chosen: dict[str, float] = {f"{n}": 1.0 for n in range(10)} | {f"{n:02}": 2.0 for n in range(100)}
    for number, count in numbers.most_common(size):
        if len(number) <= 4 and len(chosen) < size and count >= MINIMUM_COUNT:
            chosen[number] = max(float(count), chosen.get(number, 0.0))
    return chosen


def shares(counts: Counts) -> dict[str, float]:
    """The counts divided by their sum."""
    total = sum(counts.values()) or 1.0
    return {piece: count / total for piece, count in counts.items()}


def han_pieces(dictionary: Counts, by_source: Sequence[Counts], size: int) -> dict[str, float]:
    """The most frequent words, half by the dictionary and half by the sources, each source alike.

    All characters of GB 2312 and all that the sources use are in, so that no Han text is lost.
    """
    weight: defaultdict[str, float] = defaultdict(float)
    for word, share in shares(dictionary).items():
        weight[word] += share
    for counts in by_source:
        for word, share in shares(counts).items():
            weight[word] += share / len(by_source)
    chars = {char for counts in by_source for piece in counts for char in piece} | set(gb2312())
    chosen = {char: dictionary.get(char, 1.0) for char in chars if "\u3400" <= char <= "\u9fff"}
    for word in sorted(weight, key=lambda word: (-weight[word], word)):
        if len(chosen) >= size:
            break
        if word in dictionary:
            chosen[word] = dictionary[word]
    return chosen


def gb2312() -> str:
    """The 6,763 characters of GB 2312, the set every simplified text is written in."""
    pairs = (bytes([row, cell]) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    return "".join(pair.decode("gb2312", errors="ignore") for pair in pairs)


def train_tokenizer(texts: Mapping[str, Sequence[str]], dictionary: Counts, size: int) -> Tokenizer:
    """Makes the tokenizer: `texts` by source, `size` pieces at most (with the two special ones)."""
    full = dict.fromkeys((char for char in gb2312()), 1.0) | dict(dictionary)
    whole = unigram(full)
    by_source = [piece_counts(whole, part) for part in texts.values()]
    ascii_counts: Counter[str] = Counter()
    for part in texts.values():
        ascii_counts.update(ascii_runs(whole, part))
    latin = Counter({run: n for run, n in ascii_counts.items() if run.isalpha()})
    digits = Counter({run: n for run, n in ascii_counts.items() if run.isdigit()})
    pieces = latin_pieces(latin, int(size * LATIN_SHARE)) | number_pieces(digits, int(size * DIGIT_SHARE))
    return unigram(han_pieces(dictionary, by_source, size - len(pieces) - 2) | pieces)
