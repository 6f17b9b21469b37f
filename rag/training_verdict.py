"""How models/verdict.json is made: the weights by which it is decided whether a sentence holds an answer at all.

    python -m rag.training_verdict --set GOLD HOME [--set GOLD HOME …] [--out rag/models/verdict.json]

Each GOLD is a .jsonl of questions {"question", "answerable", "answers" or "facts", "evidence": [{"quote"}], "doc": [names],
"without": [names], "weight"}, of the library in HOME. Right are sentences that hold a quote, or all facts; wrong are the two
best sentences for a question without an answer. "without" are documents that are passed over: who asks about them then
asks what no document says. Wrong sentences for questions that have an answer are not fitted, nor are those that the
firm demands of a question rule out. Both kinds weigh the same together.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from rag.build import open_chatbot, open_library
from rag.chatbot import Chatbot
from rag.evidence import Evidence
from rag.facts import plain
from rag.finder import EvidenceFinder
from rag.question import understand
from rag.settings import Settings
from rag.verdict import SIGNS, WEIGHTS

PENALTY = 10.0
"""Half of the L2 penalty on standardised weights."""

THRESHOLD = 0.2
"""Where fewest questions were judged wrongly of those not fitted, with a third of them unanswerable."""

BEST, RIGHT_AMONG = 2, 5
"""How many of the best sentences are taken as wrong for a question without an answer; where right ones are looked for."""

FEWER = 0.5
"""What a sentence weighs that is not the best."""

Rows = list[tuple[list[float], bool, float]]
"""Signs, whether the sentence is right, and its weight."""


def examples(gold: Path, home: Path) -> Rows:
    """The sentences of one set."""
    library = open_library(Settings(home=home))
    try:
        chatbot = open_chatbot(Settings(home=home), library)
        with gold.open(encoding="utf-8") as lines:
            records = [json.loads(line) for line in lines]
        return [row for record in records if "question" in record for row in _of(chatbot, record)]
    finally:
        library.close()


def _of(chatbot: Chatbot, record: Mapping[str, Any]) -> Iterator[tuple[list[float], bool, float]]:
    asked = understand(record["question"], chatbot.library.speakers())
    passed_over = set(record.get("without", ()))
    found = chatbot.retriever.search(asked.standalone, chatbot.passages + 6 * bool(passed_over))
    hits = [hit for hit in found if hit.passage.document not in passed_over][: chatbot.passages]
    finder = EvidenceFinder(
        asked, hits, chatbot.library.rarity(asked.terms), chatbot.nearness(asked.standalone)
    )
    answerable = record.get("answerable", True)
    for rank, piece in enumerate(finder.ranked[: RIGHT_AMONG if answerable else BEST]):
        right = answerable and _is_right(piece, record)
        allowed, signs = finder.examined(piece)
        if allowed and (right or not answerable):
            yield signs, right, float(record.get("weight", 1.0)) * (FEWER if rank else 1.0)


def _is_right(piece: Evidence, record: Mapping[str, Any]) -> bool:
    text, documents = plain(piece.text), record.get("doc")
    if documents and piece.passage.document not in documents:
        return False
    quotes = [plain(one["quote"]) for one in record.get("evidence", ()) if one.get("quote")]
    if any(quote in text or text in quote for quote in quotes):
        return True
    facts = record.get("facts") or ([record["answers"]] if record.get("answers") else [])
    return bool(facts) and all(any(plain(one) in text for one in fact) for fact in facts)


def fit(rows: Rows) -> tuple[NDArray[np.float64], float]:
    """Weights (signs,) and bias of the logistic regression."""
    signs = np.array([row[0] for row in rows])
    right = np.array([row[1] for row in rows])
    weight = np.array([row[2] for row in rows])
    weight[right] *= weight[~right].sum() / weight[right].sum()
    mean, spread = signs.mean(0), np.where(signs.std(0) > 0, signs.std(0), 1.0)
    standard = np.column_stack([(signs - mean) / spread, np.ones(len(signs))])
    target = np.where(right, 1.0, -1.0)

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margin = target * (standard @ values)
        penalised = np.append(values[:-1], 0.0)
        value = float((weight * np.logaddexp(0, -margin)).sum() + PENALTY / 2 * penalised @ penalised)
        slope = standard.T @ (-weight * target / (1 + np.exp(margin))) + PENALTY * penalised
        return value, slope

    result = minimize(loss, np.zeros(standard.shape[1]), jac=True, method="L-BFGS-B")
    weights: NDArray[np.float64] = result.x[:-1] / spread
    return weights, float(result.x[-1] - weights @ mean)


def main() -> None:
    """Fit the weights and write them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", type=Path, nargs=2, action="append", required=True, metavar=("GOLD", "HOME"))
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    weights, bias = fit([row for gold, home in given.set for row in examples(gold, home)])
    record = {
        "weights": dict(zip(SIGNS, weights.round(3).tolist(), strict=True)),
        "bias": round(bias, 3),
        "threshold": THRESHOLD,
    }
    given.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
