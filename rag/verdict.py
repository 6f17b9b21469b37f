"""How likely a sentence that was found holds the answer at all: what refusing rests on beside the firm demands.

A logistic regression over how much of the question stands in the sentence, near it, in its passage and in its article,
and over what is lacking there. Weights and threshold are in models/verdict.json and made by
rag/training_verdict.py: on sentences that hold an answer, and on the best ones for questions that have none
(models/README.md says which).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from index import words
from rag.features import SentenceFeatures
from rag.matching import is_han
from rag.synonyms import says

WEIGHTS = Path(__file__).parent / "models" / "verdict.json"

LEAST_COVERAGE = 0.25
"""A source that holds less of the question is never enough, whatever else speaks for it."""

SPOKEN_OF = 0.5
"""What `says` gives at least for a word that a text is said to speak of."""

SIGNS = (
    "near",  # share of the question's words in the sentence, those beside it, title, heading and speaker
    "own",  # share in the sentence, title, heading and speaker
    "sent",  # share in the sentence
    "src",  # share in the passage with title, heading and speaker
    "art",  # share in all that was found of the article
    "maxmiss",  # weight of the heaviest word that the article lacks
    "maxmissn",  # weight of the heaviest word that is not near the sentence
    "missname",  # weight of all names that the article lacks
    "missnamen",  # weight of all names that are not near
    "missnoun",  # weight of all nouns that the article lacks
    "meaning",
    "distinct",
    "bigrams",
    "stretch",
    "type",
    "standing",  # these six as in rag.features
    "score",  # the sentence's score
    "states_own",  # the sentence itself names a quantity or moment, where one is asked for
    "parts",  # two things are asked for at once
)
"""The columns, in order. Shares and weights are 0..1, by the rarity of the words."""


def signs(
    features: SentenceFeatures,
    row: Mapping[str, float],
    score: float,
    texts: Mapping[str, str],
    states_new: bool,
) -> list[float]:
    """The values of SIGNS for one sentence: its `row` of FEATURES by name, and the comparable `texts` "own" (the sentence
    with its context), "near", "src" and "art"."""
    weights = features.weights
    total = sum(weights.values()) or 1.0
    lacking = {
        term: weight / total for term, weight in weights.items() if says(term, texts["art"]) < SPOKEN_OF
    }
    far = {term: weight / total for term, weight in weights.items() if says(term, texts["near"]) < SPOKEN_OF}
    values = {name: features.share([texts[name]]) for name in ("near", "own", "src", "art")}
    values |= {
        "sent": row["own"],
        "maxmiss": max(lacking.values(), default=0.0),
        "maxmissn": max(far.values(), default=0.0),
        "missname": _sum_of(lacking, _is_name),
        "missnamen": _sum_of(far, _is_name),
        "missnoun": _sum_of(lacking, _is_noun),
        "score": score,
        "states_own": float(states_new),
        "parts": float(features.question.parts > 1),
    }
    return [values.get(name, row.get(name, 0.0)) for name in SIGNS]


def likelihood(values: Sequence[float]) -> float:
    """How likely the sentence with these SIGNS holds the answer, 0..1, where half of all questions have one."""
    weights, bias, _ = _model()
    z = bias + sum(weight * value for weight, value in zip(weights, values, strict=True))
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, z))))


def threshold() -> float:
    """The likelihood from which on a sentence is quoted."""
    return _model()[2]


@cache
def _model() -> tuple[tuple[float, ...], float, float]:
    record = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return tuple(record["weights"][name] for name in SIGNS), record["bias"], record["threshold"]


def _sum_of(lacking: Mapping[str, float], which: Callable[[str], bool]) -> float:
    return sum(weight for term, weight in lacking.items() if which(term))


def _is_name(term: str) -> bool:
    """A name by the dictionary, a Latin word or number, or a word that no dictionary has."""
    tag = words.tag(term)
    return not is_han(term) or tag[:2] in ("nr", "ns", "nt", "nz") or (not tag and len(term) > 1)


def _is_noun(term: str) -> bool:
    return words.tag(term)[:1] == "n"
