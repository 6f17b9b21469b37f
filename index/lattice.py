"""Cutting very many runs of Chinese at once: the cuts of index.segmenter, ten times as fast.

A word is a path in a tree of characters, and the best cut a path through the words (Viterbi). Both go one
character at a time, but the same step can be taken in thousands of runs together, which is what NumPy is good
at: runs lie beside each other, longest first, so that step t touches one stretch of memory. The numbers added
and their order are those of `Segmenter.cut`, so that cuts and ties are the same. Needs the whole dictionary
(0.4 s, 40 MB): for indexing, not for a question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, log

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Codes = NDArray[np.uint32]

_CODE_BITS = 21  # of a Unicode code point
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: Fibonacci hashing
_NOTHING = -1


class Lattice:
    """A dictionary as a tree. Safe to use from several threads once it is made."""

    def __init__(self, dictionary: str, own_words: Mapping[str, int], total: int) -> None:
        """`dictionary` is a text in jieba's format (lines of word, frequency and tag), `total` the sum of its
        frequencies; `own_words` are added to it, or take the place of its own."""
        added = "".join(f"{word} {frequency} x\n" for word, frequency in own_words.items())
        self._log_total = log(total + sum(own_words.values()))
        codes = codes_of(dictionary + added)
        begins, lengths, frequencies = _columns(codes)
        counts, which = np.unique(frequencies, return_inverse=True)
        # By math.log, whose last digit is not always that of NumPy's.
        weights = [log(count) - self._log_total if count else -inf for count in counts.tolist()]
        self._grow(codes, begins, lengths, np.array(weights)[which])

    def cut(self, runs: Sequence[str]) -> tuple[list[str], list[int]]:
        """The words of all runs in one list, as `Segmenter.cut` gives them, and how many each run has. No run may be empty."""
        if not runs:
            return [], []
        lengths = np.fromiter(map(len, runs), dtype=np.int64, count=len(runs))
        joined = "".join(runs)
        first = self.starts(codes_of(joined), lengths)
        counts = np.add.reduceat(first, np.cumsum(lengths) - lengths, dtype=np.int64).tolist()
        starts = np.flatnonzero(first).tolist()
        return list(map(joined.__getitem__, map(slice, starts, [*starts[1:], len(joined)]))), counts

    def starts(self, codes: Codes, lengths: Ints) -> NDArray[np.bool_]:
        """Whether a word of the best cut starts at each character of runs of `lengths`, none of them 0, that lie one
        behind the other in `codes`. The longest one decides how many steps it takes."""
        first = np.zeros(len(codes), dtype=bool)
        if not len(lengths):
            return first
        order = np.argsort(-lengths, kind="stable")
        places = _Places(lengths[order])
        # Where the character at distance t from the end of the r-th longest run stands in `codes`.
        ends = np.cumsum(lengths)[order]
        at = ends[places.run] - places.distance
        first[at] = self._starts(places, codes[at])
        return first

    def are_words(self, codes: Codes, places: Ints, size: int) -> NDArray[np.bool_]:
        """Whether the `size` characters from each of `places` in `codes` are a word of the dictionary."""
        nodes = self._roots(codes[places])
        for offset in range(1, size):
            nodes = self._children(nodes, codes[places + offset])
        there: NDArray[np.bool_] = (self._weights[nodes] > -inf) & (nodes != _NOTHING)
        return there

    def _starts(self, places: _Places, codes: Codes) -> NDArray[np.bool_]:
        """Whether a word of the best cut starts at each place, whose characters are `codes`."""
        edges = self._edges(places, codes)
        best = np.zeros(places.count + len(places.offsets), dtype=np.float64)
        chosen = np.ones(places.count, dtype=np.int64)
        for step in range(1, places.longest + 1):
            begin, size = places.offsets[step - 1], places.sizes[step - 1]
            top = np.full(size, -inf)
            length_of = chosen[begin : begin + size]
            for length, (where, weight) in edges.get(step, {}).items():
                ahead = weight + (best[places.offsets[step - length - 1] + where] if step > length else 0.0)
                better = ahead >= top[where]  # a tie goes to the longer word, as with jieba
                top[where[better]] = ahead[better]
                length_of[where[better]] = length
            bare = top == -inf
            if bare.any():
                rest = best[places.offsets[step - 2] : places.offsets[step - 2] + size] if step > 1 else 0.0
                np.subtract(rest, self._log_total, out=top, where=bare)
            best[begin : begin + size] = top
        return _walk(places, chosen)

    def _edges(self, places: _Places, codes: Codes) -> dict[int, dict[int, tuple[Ints, Floats]]]:
        """Of each step and each length the runs in which a word of that length starts, and its weight."""
        edges: dict[int, dict[int, tuple[Ints, Floats]]] = {}
        alive = np.arange(places.count)
        nodes = self._roots(codes)
        ahead = alive
        length = 1
        while True:
            kept = nodes != _NOTHING
            alive, nodes, ahead = alive[kept], nodes[kept], ahead[kept]
            if not len(alive):
                return edges
            weights = self._weights[nodes]
            words = np.flatnonzero(weights > -inf)
            self._sort_in(edges, places, length, alive[words], weights[words])
            going = np.flatnonzero((places.distance[alive] > length) & self._has_children[nodes])
            alive, nodes = alive[going], nodes[going]
            ahead = places.next[ahead[going]]
            nodes = self._children(nodes, codes[ahead])
            length += 1

    @staticmethod
    def _sort_in(
        edges: dict[int, dict[int, tuple[Ints, Floats]]],
        places: _Places,
        length: int,
        where: Ints,
        weights: Floats,
    ) -> None:
        steps = places.distance[where]
        bounds = np.searchsorted(steps, np.arange(1, places.longest + 2))
        runs = places.run[where]
        for step in range(1, places.longest + 1):
            start, end = bounds[step - 1], bounds[step]
            if start < end:
                edges.setdefault(step, {})[length] = (runs[start:end], weights[start:end])

    # The tree: nodes are numbered, 0 is the root; a table leads from (node, character) to the child.

    def _grow(self, codes: Codes, begins: Ints, lengths: Ints, weights: Floats) -> None:
        nodes = np.zeros(len(begins), dtype=np.int64)
        count = 1
        keys: list[Ints] = []
        for depth in range(int(lengths.max(initial=0))):
            still = np.flatnonzero(lengths > depth)
            wanted = (nodes[still] << _CODE_BITS) | codes[begins[still] + depth]
            found, which = np.unique(wanted, return_inverse=True)
            nodes[still] = count + which
            keys.append(found)
            count += len(found)
        every = np.concatenate(keys) if keys else np.zeros(0, dtype=np.int64)
        self._weights = np.full(count, -inf)
        self._weights[nodes] = weights
        self._has_children = np.zeros(count, dtype=bool)
        self._has_children[every >> _CODE_BITS] = True
        self._bits = max(4, int(2 * count).bit_length())
        self._keys = np.full(1 << self._bits, _NOTHING, dtype=np.int64)
        self._values = np.zeros(1 << self._bits, dtype=np.int32)
        self._fill(every)
        plane = np.arange(1 << 16, dtype=np.uint32)
        self._first = self._children(np.zeros(len(plane), dtype=np.int64), plane)

    def _fill(self, keys: Ints) -> None:
        """Put each key, whose child is numbered one more than its place, into the first free slot behind its own."""
        slots = self._slot(keys)
        waiting = np.arange(len(keys))
        while len(waiting):
            free = waiting[self._keys[slots[waiting]] == _NOTHING]
            self._keys[slots[free]] = keys[free]
            placed = self._keys[slots[waiting]] == keys[waiting]
            done = waiting[placed]
            self._values[slots[done]] = done + 1
            waiting = waiting[~placed]
            slots[waiting] = (slots[waiting] + 1) & (len(self._keys) - 1)

    def _slot(self, keys: Ints) -> Ints:
        spread = keys.view(np.uint64) * _SPREAD
        spread >>= np.uint64(64 - self._bits)
        return spread.view(np.int64)

    def _children(self, nodes: Ints, codes: Codes) -> Ints:
        """The child of each node by that character; _NOTHING where there is none."""
        keys = (nodes << _CODE_BITS) | codes
        slots = self._slot(keys)
        there = self._keys.take(slots)
        found = there == keys
        children: Ints = np.where(found, self._values.take(slots), np.int64(_NOTHING))
        waiting = np.flatnonzero(~found & (there != _NOTHING))
        slots = slots[waiting]
        while len(waiting):
            slots = (slots + 1) & (len(self._keys) - 1)
            there = self._keys.take(slots)
            found = there == keys.take(waiting)
            children[waiting[found]] = self._values.take(slots[found])
            going = ~found & (there != _NOTHING)
            waiting, slots = waiting[going], slots[going]
        return children

    def _roots(self, codes: Codes) -> Ints:
        """The node of each character alone; _NOTHING where no word begins with it."""
        nodes = self._first.take(np.minimum(codes, len(self._first) - 1))
        beyond = np.flatnonzero(codes >= len(self._first) - 1)
        if len(beyond):
            nodes[beyond] = self._children(np.zeros(len(beyond), dtype=np.int64), codes[beyond])
        return nodes


class _Places:
    """The characters of many runs in the order in which they are met: by distance from the end, then by run.

    `sizes[t - 1]` runs have a character at distance t, and these begin at `offsets[t - 1]`.
    """

    def __init__(self, lengths: Ints) -> None:
        """`lengths` in descending order."""
        self.longest = int(lengths[0])
        steps = np.arange(1, self.longest + 1)
        sizes = len(lengths) - np.searchsorted(lengths[::-1], steps)
        offsets = np.cumsum(sizes) - sizes
        self.count = int(sizes.sum())
        self.distance = np.repeat(steps, sizes)
        self.run = np.arange(self.count) - np.repeat(offsets, sizes)
        # The next character of the text is one step nearer to the end.
        before = np.concatenate([[0], offsets[:-1]])
        self.next = self.run + np.repeat(before, sizes)
        self.sizes: list[int] = sizes.tolist()
        self.offsets: list[int] = offsets.tolist()


def _walk(places: _Places, chosen: Ints) -> NDArray[np.bool_]:
    """The places that the best cut comes by, from the start of each run to its end in words of `chosen` length."""
    starts = np.zeros(places.count, dtype=bool)
    for step in range(places.longest, 0, -1):
        begin, size = places.offsets[step - 1], places.sizes[step - 1]
        # Runs of this very length begin here.
        longer = places.sizes[step] if step < places.longest else 0
        starts[begin + longer : begin + size] = True
        runs = np.flatnonzero(starts[begin : begin + size])
        rest = step - chosen[begin + runs]
        going = rest > 0
        targets = np.asarray(places.offsets)[rest[going] - 1] + runs[going]
        starts[targets] = True
    return starts


def codes_of(text: str) -> Codes:
    """The code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _columns(codes: Codes) -> tuple[Ints, Ints, Ints]:
    """Of each line of a dictionary where its word begins, its length, and its frequency."""
    line_ends = np.flatnonzero(codes == ord("\n"))
    begins = np.append(0, line_ends[:-1] + 1)
    spaces = np.flatnonzero(codes == ord(" "))
    word_ends, frequency_ends = spaces[::2], spaces[1::2]
    if (
        len(spaces) != 2 * len(line_ends)
        or not (begins < word_ends).all()
        or not (frequency_ends < line_ends).all()
    ):
        raise ValueError("lines of a dictionary must be: word frequency tag")
    frequencies = np.zeros(len(begins), dtype=np.int64)
    for digit in range(int((frequency_ends - word_ends).max()) - 1):
        place = word_ends + 1 + digit
        inside = place < frequency_ends
        frequencies[inside] = 10 * frequencies[inside] + codes[place[inside]] - ord("0")
    return begins, word_ends - begins, frequencies
