"""How models/sentence.json is made: the weights by which sentences are ranked.

    python -m rag.training --corpus DIR [--corpus DIR …] [--out rag/models/sentence.json]

Each DIR holds corpus.jsonl.gz {"id", "title", "text"} and questions.dev.jsonl.gz {"question", "answers",
"doc_ids"}. Every question is asked of a library of its corpus; among the sentences that come back, those
of its document that hold an answer are right. The weights maximise the likelihood of a right sentence
under a softmax over all of them (a conditional logit, McFadden 1974), with a small L2 penalty. Even
questions are fitted, odd ones reported.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from index.library import Library
from rag.build import open_chatbot, open_library
from rag.chatbot import Chatbot
from rag.facts import plain
from rag.features import FEATURES, WEIGHTS, SentenceFeatures
from rag.question import understand
from rag.settings import Settings

PENALTY = 1e-3
HEADLINES = {"head": -3.0, "head_asked": 4.5}
"""Set by hand: the corpora that are fitted have no headlines of their own."""

MOST_QUESTIONS = 1200

Case = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""The feature rows of one question's sentences (n, features), and which of them are right (n,)."""


def read_lines(file: Path) -> list[dict[str, Any]]:
    """The records of a .jsonl.gz file."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def index_corpus(corpus: Path, folder: Path) -> Library:
    """A library of the corpus under `folder`; each document is written as a text file named by its id."""
    files = folder / "files"
    files.mkdir(parents=True)
    for record in read_lines(corpus / "corpus.jsonl.gz"):
        text = f"{record['title']}\n\n{record['text']}"
        (files / f"{record['id']}.txt").write_text(text, encoding="utf-8")
    library = open_library(Settings(home=folder / "home"), create=True)
    library.sync([files])
    return library


def cases(chatbot: Chatbot, questions: Sequence[dict[str, Any]]) -> Iterator[Case]:
    """A case for each question that has a right sentence among those retrieved, and a wrong one."""
    for record in questions:
        if not record["answers"] or not record["answerable"]:
            continue
        asked = understand(record["question"])
        hits = chatbot.retriever.search(asked.standalone, chatbot.passages)
        features = SentenceFeatures(
            asked, chatbot.library.rarity(asked.terms), chatbot.nearness(asked.standalone)
        )
        spans, rows = features.of(hits)
        documents = {f"{one}.txt" for one in record["doc_ids"]}
        answers = [plain(answer) for answer in record["answers"]]
        right = [
            passage.document in documents
            and any(answer in plain(passage.text[start:end]) for answer in answers)
            for passage, start, end in spans
        ]
        if any(right) and not all(right):
            yield np.array(rows), np.array(right)


def fit(examples: Sequence[Case]) -> NDArray[np.float64]:
    """The weights (features,) of the conditional logit."""

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, slope = (
            PENALTY * len(examples) * float(weights @ weights),
            2 * PENALTY * len(examples) * weights,
        )
        for rows, right in examples:
            scores = rows @ weights
            odds = np.exp(scores - scores.max())
            share = odds / odds.sum()
            of_right = np.where(right, odds, 0) / odds[right].sum()
            value -= float(np.log(share[right].sum()))
            slope = slope + (share - of_right) @ rows
        return value, slope

    result = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B")
    weights: NDArray[np.float64] = result.x
    return weights


def top_one(examples: Sequence[Case], weights: NDArray[np.float64]) -> float:
    """The share of questions whose best-ranked sentence is right."""
    return float(np.mean([right[int(np.argmax(rows @ weights))] for rows, right in examples]))


def main() -> None:
    """Fit the weights and write them with the figures of the half that was not fitted."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    fitted: list[Case] = []
    held_out: dict[str, list[Case]] = {}
    for corpus in given.corpus:
        with tempfile.TemporaryDirectory() as folder, index_corpus(corpus, Path(folder)) as library:
            chatbot = open_chatbot(Settings(), library)
            questions = read_lines(corpus / "questions.dev.jsonl.gz")[:MOST_QUESTIONS]
            fitted += cases(chatbot, questions[::2])
            held_out[corpus.name] = list(cases(chatbot, questions[1::2]))
    weights = fit(fitted)
    figures = {name: round(top_one(examples, weights), 4) for name, examples in held_out.items()}
    by_name = dict(zip(FEATURES, weights.round(3).tolist(), strict=True)) | HEADLINES
    record = {"weights": by_name, "top_one": figures}
    given.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
