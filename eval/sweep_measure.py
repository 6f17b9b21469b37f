"""How a candidate of a sweep is measured: what it finds, and what it answers. Everything is kept on disk.

Under the sweep's folder:

    libraries/KEY/       one library for each way of indexing, synced with the documents when it is first needed
    retrieval/KEY.jsonl  a line for each question: ranks of its evidence, milliseconds; appended as they are found
    runs/KEY-HASH/       one run for each candidate and set of questions (eval.record), as `zhida eval run` leaves it
    runs/cache/          answers that are taken over when a candidate is asked more questions

so that a sweep that broke off goes on where it was. Chooses nothing.
"""

from __future__ import annotations

import hashlib
import json
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

from eval.gold import GoldItem, GoldSet, as_record
from eval.metrics.matching import first_rank
from eval.metrics.score import cluster_of
from eval.record import Found, as_line, read_lines
from eval.run import RunOptions, run_gold, score_run
from eval.sweep_rounds import Outcome
from eval.sweep_space import PASSED, Candidate
from eval.systems.zhida import ZhidaSystem, content_hash
from index.library import Library
from index.passage import Hit
from rag.answer import Turn
from rag.build import open_chatbot, open_library, open_retriever
from rag.followup import stand_alone
from rag.receipts import code_hash
from rag.retrieve import Retriever

DEPTH = 20
"""How many passages evidence is looked for in."""

CUTS = (1, 3, 5, 10)
BUDGET = 2000
"""Characters of the cut `@2000c`."""


class Libraries:
    """The libraries of a sweep, each made when a candidate first needs it."""

    def __init__(self, folder: Path, documents: Sequence[Path], tell: Callable[[str], object]) -> None:
        self._folder = folder
        self._documents = documents
        self._tell = tell
        self._open: dict[str, Library] = {}

    def of(self, candidate: Candidate) -> Library:
        """The library that holds the documents as `candidate` splits and encodes them. Raises what sync raises."""
        key = candidate.indexing_key
        if key not in self._open:
            settings = replace(candidate.settings, home=self._folder / key)
            model = settings.embedding_model or "default"
            self._tell(f"索引 indexing: passage_length={settings.passage_length} embedding_model={model}")
            library = open_library(settings, create=True)
            library.sync(self._documents)
            self._open[key] = library
        return self._open[key]

    def close(self) -> None:
        """Closes all of them."""
        for library in self._open.values():
            library.close()
        self._open.clear()


@dataclass(frozen=True, slots=True)
class RetrievalMeasure:
    """Searches for each answerable question and notes where its evidence comes; no answer is made.

    A follow-up is completed from the questions before it only, since there are no answers to them. One question at
    a time, so that the milliseconds are those of a search.
    """

    libraries: Libraries
    folder: Path

    def __call__(self, candidate: Candidate, gold: GoldSet) -> list[Outcome]:
        """The outcomes of all items that have evidence, in the order of `gold`."""
        library = self.libraries.of(candidate)
        retriever = open_retriever(candidate.settings, library)
        depth = min(DEPTH, max(candidate.settings.candidates, candidate.settings.passages))
        self.folder.mkdir(parents=True, exist_ok=True)
        file = (
            self.folder
            / f"{_digest(candidate.retrieval_key, content_hash(library), code_hash(), depth)}.jsonl"
        )
        known = {line["question"]: line for line in read_lines(file)}
        outcomes = []
        with file.open("a", encoding="utf-8", newline="\n") as out:
            for item, turns, question in asked(gold, library):
                if not (item.answerable and item.evidence):
                    continue
                key = _digest(as_record(item), [turn.standalone for turn in turns])
                if key not in known:
                    known[key] = {"question": key, **_search(retriever, item, question, depth)}
                    out.write(as_line(known[key]))
                    out.flush()
                outcomes.append(_found(item, known[key]))
        return outcomes


def asked(gold: GoldSet, library: Library) -> Iterator[tuple[GoldItem, list[Turn], str]]:
    """Each item with the turns before it and its question made to stand alone."""
    for items in gold.conversations():
        turns: list[Turn] = []
        for item in items:
            before = [Turn(past.question, past.answer) for past in item.history] + turns
            question = stand_alone(item.question, before, library.speakers())
            yield item, before, question
            turns.append(Turn(item.question, standalone=question))


def _search(retriever: Retriever, item: GoldItem, question: str, depth: int) -> dict[str, Any]:
    """The rank of each group of evidence, from 1; the characters up to the end of each rank; the milliseconds."""
    started = time.perf_counter()
    hits = retriever.search(question, depth)
    ms = (time.perf_counter() - started) * 1000
    found = [_as_found(hit) for hit in hits]
    return {
        "ranks": [first_rank(group, found) for group in item.evidence],
        "ends": list(accumulate(len(hit.passage.text) for hit in hits)),
        "ms": round(ms, 3),
    }


def _as_found(hit: Hit) -> Found:
    passage = hit.passage
    return Found(passage.document, passage.text, passage.start, passage.end, hit.score, passage_id=passage.id)


def _found(item: GoldItem, line: Mapping[str, Any]) -> Outcome:
    """The retrieval metrics from the ranks of the evidence, as eval.metrics.catalogue names them."""
    ranks: list[int | None] = line["ranks"]
    values = {"mrr": 1 / min((rank for rank in ranks if rank is not None), default=float("inf"))}
    # However long it is, one passage is read.
    in_budget = max(1, bisect_right(line["ends"], BUDGET))
    for cut, k in [*((str(k), k) for k in CUTS), (f"{BUDGET}c", in_budget)]:
        within = [rank is not None and rank <= k for rank in ranks]
        values[f"evidence_recall@{cut}"] = sum(within) / len(within)
        values[f"all_evidence@{cut}"] = float(all(within))
    return Outcome(item.id, values, line["ms"], cluster_of(item), item.weight)


@dataclass(frozen=True, slots=True)
class AnswerMeasure:
    """Asks every question and scores the answers, as `zhida eval run` does; `parallel` questions at a time."""

    libraries: Libraries
    folder: Path
    parallel: int = 1

    def __call__(self, candidate: Candidate, gold: GoldSet) -> list[Outcome]:
        """The outcomes of all items, in the order of `gold`."""
        library = self.libraries.of(candidate)
        settings = replace(candidate.settings, home=library.home)
        system = ZhidaSystem(open_chatbot(settings, library), settings)
        key = _digest(candidate.key, content_hash(library), code_hash())
        folder = self.folder / f"{key}-{gold.hash[:8]}"
        # With a cache, a candidate that goes on to more questions is not asked the first ones again.
        options = RunOptions(
            name=candidate.label, parallel=self.parallel, cache=self.folder / "cache" / key, library=library
        )
        run_gold(gold, system, folder, options)
        run = score_run(folder)
        return [
            Outcome(
                score.id,
                {**score.values, PASSED: float(score.passed)},
                run.records[score.id].timings_ms.get("total", 0.0) if score.id in run.records else 0.0,
                score.cluster,
                score.weight,
            )
            for score in run.scores
        ]


def _digest(*parts: object) -> str:
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]
