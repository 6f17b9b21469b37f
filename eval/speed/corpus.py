"""Documents and questions to measure with: made up by a seeded generator, or read from a folder or a file.

The made-up ones are no language: words of the dictionary by their frequency, in sentences and articles of usual
length. They cost what text costs; what is found in them says nothing about quality.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from index.segmenter import jieba_dictionary

SEED = 20250101
SENTENCES = 60  # of a made-up document: some ten passages
WORDS = (6, 18)  # of a sentence
LEAST_FREQUENCY = 50  # in jieba's dictionary: about 30,000 words


def write_documents(folder: Path, passages: int, data: Path | None) -> None:
    """Fill `folder` with text files that make about `passages` passages: of `data`, else made up.

    `data` is a folder of text files or a JSONL file whose lines have a text (field "text"). Raises ValueError if it
    holds none.
    """
    folder.mkdir(parents=True)
    wanted = passages * 265  # characters of a passage, roughly
    number = 0
    for number, text in enumerate(_texts(data) if data else made_up(), 1):
        (folder / f"{number:06}.txt").write_text(text, encoding="utf-8")
        wanted -= len(text)
        if wanted <= 0:
            return
    if not number:
        raise ValueError(f"没有文本 no texts in {data}")


def made_up() -> Iterator[str]:
    """Documents without end, the same ones every time."""
    chance = random.Random(SEED)
    words, frequencies = [], []
    for line in jieba_dictionary().read_text(encoding="utf-8").splitlines():
        word, frequency, _ = line.split(" ")
        if int(frequency) >= LEAST_FREQUENCY:
            words.append(word)
            frequencies.append(int(frequency) ** 0.8)
    weights = list(accumulate(frequencies))
    while True:
        title = "".join(chance.choices(words, cum_weights=weights, k=4))
        lines = [title]
        for at in range(SENTENCES):
            chosen = chance.choices(words, cum_weights=weights, k=chance.randint(*WORDS))
            half = len(chosen) // 2
            sentence = "".join(chosen[:half]) + "，" + "".join(chosen[half:]) + "。"
            lines += [sentence] if at % 6 == 0 else []
            lines[-1] += sentence if at % 6 else ""
        yield "\n".join(lines) + "\n"


def questions(texts: list[str], count: int) -> list[str]:
    """Questions in the words of `count` of the texts, spread over all of them."""
    chance = random.Random(SEED)
    asked = []
    for text in texts[:: max(1, len(texts) // count)][:count]:
        start = chance.randrange(max(1, len(text) - 14))
        asked.append(text[start : start + 14].replace("\n", "") + "是什么？")
    return asked


def _texts(data: Path) -> Iterator[str]:
    if data.is_dir():
        for file in sorted(data.rglob("*.txt")):
            yield file.read_text(encoding="utf-8", errors="replace")
    else:
        with data.open(encoding="utf-8") as lines:
            for line in lines:
                yield str(json.loads(line)["text"])
