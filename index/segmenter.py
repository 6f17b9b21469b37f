"""jieba's segmentation without its start-up: the same cuts, from the few words that a text can hold.

`jieba.initialize()` reads all 349,046 words, which takes more than a second; a question needs those few
thousand that begin with one of its characters. jieba's dict.txt keeps words of one first character
together, so each block is read when its character first occurs. Cuts are those of
`jieba.Tokenizer.cut(run, HMM=False)`, which the tests hold equal, about 2.5 times as fast. The jieba
package itself is not imported: it would log to stderr and write a cache to the system's temporary folder.
"""

from __future__ import annotations

import functools
import importlib.util
import re
import threading
from math import inf, log
from pathlib import Path

JIEBA_TOTAL = 60_101_967
"""Sum of all frequencies in the dict.txt of jieba 0.42.1, by which each is divided."""

DEFAULT_FREQUENCY = 1000
"""Frequency of an own word that names none: two parts of 200,000 each would not outweigh it."""

_BLOCK = re.compile(rb"([\x00-\x7f]|[\xc0-\xdf].|[\xe0-\xef]..|[\xf0-\xf7]...).*+\n(?:\1.*+\n)*+")
"""Lines that begin with one and the same character of UTF-8. Possessive, since none of it is ever given back."""


@functools.cache
def jieba_dictionary() -> Path:
    """The dict.txt of the installed jieba package. Raises ModuleNotFoundError if there is none."""
    spec = importlib.util.find_spec("jieba")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("jieba is not installed: pip install jieba==0.42.1")
    return Path(spec.origin).parent / "dict.txt"


def read_words(file: Path) -> dict[str, int]:
    """Words with their frequencies from a file of `word` or `word frequency` lines; `#` begins a comment."""
    own = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        word, _, frequency = line.partition("#")[0].strip().partition(" ")
        if word:
            own[word] = int(frequency or DEFAULT_FREQUENCY)
    return own


class Segmenter:
    """Cuts runs of Chinese characters into words. Safe to use from several threads."""

    def __init__(self, dictionary: Path, own_words: dict[str, int]) -> None:
        """`dictionary` in jieba's format (word, frequency, tag); `own_words` are added to it."""
        self._data = dictionary.read_bytes()
        self._blocks: dict[bytes, list[tuple[int, int]]] = {}
        for block in _BLOCK.finditer(self._data):
            self._blocks.setdefault(block[1], []).append(block.span())
        self._own: dict[str, list[tuple[str, int]]] = {}
        for word, frequency in own_words.items():
            self._own.setdefault(word[0], []).append((word, frequency))
        self._log_total = log(JIEBA_TOTAL + sum(own_words.values()))
        self._weight_of = _Weights(self._log_total)
        # Log probability of each word read so far; 0 for what is only the beginning of words.
        self._weights: dict[str, float] = {}
        self._read: set[str] = set()
        self._lock = threading.Lock()

    def cut(self, run: str) -> list[str]:
        """The words of `run`, in order and without gaps: the path of the greatest product of probabilities.

        Viterbi from the end, as jieba does it, so that ties fall alike. Characters that begin no word
        count as a word of frequency 1.
        """
        self._read_blocks(run)
        weight_of = self._weights.get
        length = len(run)
        best = [0.0] * (length + 1)
        next_start = [0] * length
        for start in range(length - 1, -1, -1):
            top, top_end = -inf, start + 1
            end = start + 1
            weight = weight_of(run[start])
            while weight is not None:
                if weight:
                    score = weight + best[end]
                    if score >= top:
                        top, top_end = score, end
                if end == length:
                    break
                end += 1
                weight = weight_of(run[start:end])
            best[start] = top if top > -inf else best[start + 1] - self._log_total
            next_start[start] = top_end
        words = []
        start = 0
        while start < length:
            words.append(run[start : next_start[start]])
            start = next_start[start]
        return words

    def tag(self, word: str) -> str:
        """The part of speech of a word in jieba's dictionary (n, v, a, ns…, ICTCLAS tags); "" for any other."""
        head, line = (part.encode(errors="surrogatepass") for part in (word[:1], f"\n{word} "))
        for begin, end in reversed(self._blocks.get(head, ())):
            block = b"\n" + self._data[begin:end]
            if (at := block.rfind(line)) >= 0:
                return block[at : block.index(b"\n", at + 1)].split()[2].decode()
        return ""

    def subwords(self, word: str) -> list[str]:
        """Words of two and three characters inside a longer word, as jieba's cut_for_search lists them."""
        self._read_blocks(word)
        found = []
        for size in (2, 3):
            if len(word) > size:
                parts = (word[at : at + size] for at in range(len(word) - size + 1))
                found += [part for part in parts if self._weights.get(part)]
        return found

    def _read_blocks(self, run: str) -> None:
        if self._read.issuperset(run):
            return
        with self._lock:
            for character in set(run) - self._read:
                self._read_block(character)
                # Last, so that no other thread takes a half-read block for a whole one.
                self._read.add(character)

    def _read_block(self, character: str) -> None:
        block = self._blocks.get(character.encode(errors="ignore"), ())
        columns = b"".join([self._data[begin:end] for begin, end in block]).decode().split()
        words = columns[::3]
        own = self._own.get(character, ())
        longer = [word for word in (*words, *(word for word, _ in own)) if len(word) > 2]
        size, found = 2, {character: 0.0}
        while longer:
            found |= dict.fromkeys([word[:size] for word in longer], 0.0)
            size += 1
            longer = [word for word in longer if len(word) > size]
        found.update(zip(words, map(self._weight_of.__getitem__, columns[1::3]), strict=True))
        found |= {word: self._weight_of[str(frequency)] for word, frequency in own}
        self._weights |= found


class _Weights(dict[str, float]):
    """From a frequency, as it is printed, to the log probability; 0 for a frequency of 0. Most are met often."""

    def __init__(self, log_total: float) -> None:
        super().__init__({"0": 0.0})
        self._log_total = log_total

    def __missing__(self, frequency: str) -> float:
        weight = self[frequency] = log(int(frequency)) - self._log_total
        return weight
