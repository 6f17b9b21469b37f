"""Training text of the embedded model: reads the pairs, keeps them as token ids, draws examples.

A *document* is a distinct positive text, kept as one id array per sentence. Each epoch draws new
examples from it: for a question the passage around its best matching sentence (and another passage of
the same document as a negative), for an inverse cloze (ICT) example a sentence against its neighbours.
"""

from __future__ import annotations

import gzip
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from opencc import OpenCC
from tokenizers import Tokenizer

Ids = NDArray[np.int32]
SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;\n]*")
MAX_SENTENCE = 120  # characters; longer ones are cut, so that a window can always be filled
QUERY_REPEATS = 4  # a query that stands at more documents than this says too little about each


class Pair(NamedTuple):
    """A query and the text that answers it, simplified."""

    query: str
    positive: str
    source: str


class Example(NamedTuple):
    """One training example: token ids, and the document number (equal number = not a negative)."""

    query: Ids
    positive: Ids
    negative: Ids
    document: int


@dataclass
class Source:
    """One source's documents (a list of sentences each) and its (query, document) pairs, as ids."""

    name: str
    documents: list[list[Ids]] = field(default_factory=list)
    queries: list[tuple[Ids, int]] = field(default_factory=list)


def read_pairs(folder: Path) -> list[Pair]:
    """Reads all `*.jsonl.gz` of the folder; traditional characters become simplified ones."""
    simplify = OpenCC("t2s").convert
    pairs: list[Pair] = []
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                pairs.append(Pair(simplify(record["query"]), simplify(record["positive"]), record["source"]))
    return pairs


def sentences(text: str) -> list[str]:
    """Splits after sentence marks and line ends, and every `MAX_SENTENCE` characters."""
    found = (match.group() for match in SENTENCE.finditer(text))
    return [part[i : i + MAX_SENTENCE] for part in found for i in range(0, len(part), MAX_SENTENCE)]


def encode(tokenizer: Tokenizer, texts: list[str], batch: int = 8192) -> list[Ids]:
    """Token ids of each text."""
    ids: list[Ids] = []
    for start in range(0, len(texts), batch):
        found = tokenizer.encode_batch_fast(texts[start : start + batch], add_special_tokens=False)
        ids.extend(np.array(encoding.ids, dtype=np.int32) for encoding in found)
    return ids


def make_source(name: str, pairs: list[Pair], tokenizer: Tokenizer) -> Source:
    """Tokenises one source: each distinct positive once, by sentence."""
    source = Source(name)
    number = {positive: i for i, positive in enumerate(dict.fromkeys(pair.positive for pair in pairs))}
    parts = [sentences(positive) for positive in number]
    ids = iter(encode(tokenizer, [sentence for part in parts for sentence in part]))
    for part in parts:
        found = [next(ids) for _ in part]
        source.documents.append([sentence for sentence in found if len(sentence)])
    queries = encode(tokenizer, [pair.query for pair in pairs])
    repeats: dict[str, int] = {}
    for pair, query in zip(pairs, queries, strict=True):
        repeats[pair.query] = repeats.get(pair.query, 0) + 1
        document = number[pair.positive]
        if repeats[pair.query] <= QUERY_REPEATS and len(query) and source.documents[document]:
            source.queries.append((query, document))
    return source


def inverse_frequencies(sources: list[Source], size: int) -> NDArray[np.float32]:
    """idf of each token over all documents: log(1 + documents / (1 + documents with the token))."""
    documents = [document for source in sources for document in source.documents if document]
    found = np.zeros(size, dtype=np.int64)
    for document in documents:
        found[np.unique(np.concatenate(document))] += 1
    return np.log1p(len(documents) / (1.0 + found)).astype(np.float32)


class Sampler:
    """Draws the examples of one source, new ones each epoch, from one random generator."""

    def __init__(self, source: Source, idf: NDArray[np.float32], window: int, rng: Generator) -> None:
        """`window`: tokens of a passage at most, about; the passages drawn have a half to the whole of it."""
        self.source, self.idf, self.window, self.rng = source, idf, window, rng
        self._weight = np.zeros_like(idf)  # of the query's tokens, while sentences are compared

    def question_examples(self, limit: int) -> Iterator[Example]:
        """At most `limit` query–passage examples in random order."""
        order = self.rng.permutation(len(self.source.queries))[:limit]
        for i in order:
            query, number = self.source.queries[i]
            document = self.source.documents[number]
            first, last = self._grow(document, self._best_sentence(query, document))
            positive = np.concatenate(document[first:last])
            negative = self._other_passage(document, first, last)
            yield Example(query, positive, negative, number)

    def cloze_examples(self, limit: int) -> Iterator[Example]:
        """At most `limit` examples of a sentence against the passage around it."""
        usable = [i for i, document in enumerate(self.source.documents) if len(document) > 1]
        rounds = min(4, math.ceil(limit / max(1, len(usable))))
        order = np.concatenate([self.rng.permutation(usable) for _ in range(rounds)] or [np.empty(0)])[:limit]
        for number in order.astype(int):
            document = self.source.documents[number]
            chosen = int(self.rng.integers(len(document)))
            first, last = self._grow(document, chosen)
            rest = document[first:chosen] + document[chosen + 1 : last]
            if rest and len(document[chosen]) > 2:
                negative = self._other_passage(document, first, last)
                yield Example(document[chosen], np.concatenate(rest), negative, int(number))

    def _best_sentence(self, query: Ids, document: list[Ids]) -> int:
        """The sentence whose tokens, repeated ones too, hold most of the query's idf."""
        self._weight[query] = self.idf[query]
        gains = [float(self._weight[sentence].sum()) for sentence in document]
        self._weight[query] = 0.0
        return int(np.argmax(gains))

    def _grow(self, document: list[Ids], centre: int) -> tuple[int, int]:
        """Sentences [first, last) around `centre`, up to a random length."""
        room = self.rng.integers(self.window // 2, self.window + 1) - len(document[centre])
        first, last = centre, centre + 1
        while room > 0 and (first > 0 or last < len(document)):
            left = first > 0 and (last == len(document) or self.rng.random() < 0.5)
            if left:
                first -= 1
            else:
                last += 1
            room -= len(document[first if left else last - 1])
        return first, last

    def _other_passage(self, document: list[Ids], first: int, last: int) -> Ids:
        """A passage of the same document beside [first, last); of another document if there is none."""
        outside = [*range(first), *range(last, len(document))]
        if not outside:
            document = self.source.documents[int(self.rng.integers(len(self.source.documents)))]
            return np.concatenate(document)[: self.window] if document else np.empty(0, np.int32)
        centre = int(self.rng.choice(outside))
        low, high = (0, first) if centre < first else (last, len(document))
        part = document[low:high]
        begin, end = self._grow(part, centre - low)
        return np.concatenate(part[begin:end])
