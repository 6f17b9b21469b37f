"""Asks a gold set and keeps every answer, then scores what was kept: `run_gold`, `run_answers`, `score_run`.

Asking and scoring are apart, so that a run is scored again without asking again. A run may be stopped or killed at
any moment and goes on where it was; what is asked at the same time does not change what is answered, since the turns
of a conversation stay in order. What a folder of a run holds is told in eval.record. Draws no reports.
"""

from __future__ import annotations

import hashlib
import os
import platform
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.anchors import find_anchors
from eval.cache import AnswerCache
from eval.gold import GoldItem, GoldSet
from eval.metrics.score import ScoreOptions, score_all
from eval.record import Record, Run, RunInfo, Score, read_run, write_json, write_lines
from eval.run_folder import RunFolder, dump, open_run
from eval.summary import summarise
from eval.systems.answers_file import AnswersError, AnswersFile
from eval.systems.base import System
from index.errors import ZhidaError
from index.library import Library
from rag.answer import Turn

SHOWN = 300
"""Characters of an error that are kept."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a gold set is asked. `library` is where its quotations are looked for, if it is known (eval.anchors).

    `parallel` questions are asked at once; `cache` is a folder of answers kept from other runs; `fresh` begins anew
    what would be resumed; with `retry_errors`, what ended in an error is asked again. `on_record` hears of each record.
    """

    name: str = ""
    parallel: int = 1
    cache: Path | None = None
    fresh: bool = False
    retry_errors: bool = False
    library: Library | None = None
    on_record: Callable[[Record], object] | None = None
    seed: int = 0


def run_gold(gold: GoldSet, system: System, folder: Path, options: RunOptions | None = None) -> Run:
    """Asks all of `gold` that `folder` has no answer to yet, and gives back the run, without scores.

    Raises RunError, before anything is asked, for a folder of something else or of a run that differs. What a
    system raises becomes a record of status "error"; KeyboardInterrupt passes, and the folder can be resumed.
    """
    options = options or RunOptions()
    info = _info(gold, system.describe(), options.name or folder.resolve().name, options.seed)
    cache = AnswerCache(options.cache, info.config_hash) if options.cache else None
    with open_run(folder, info, gold, fresh=options.fresh) as run:
        asker = _Asker(system, cache, run.records, options.retry_errors)
        started, finished = time.perf_counter(), False
        try:
            with closing(_answers(gold.conversations(), asker, options.parallel)) as records:
                for record in records:
                    run.append(record)
                    if options.on_record:
                        options.on_record(record)
            finished = True
        finally:
            run.note(seconds=time.perf_counter() - started, finished=finished)
        if options.library is not None:
            write_json(folder / "anchors.json", find_anchors(gold, options.library))
    return read_run(folder)


def run_answers(gold: GoldSet, answers: AnswersFile, folder: Path, options: RunOptions | None = None) -> Run:
    """The run that a file of answers stands for, without scores; a question without an answer is an error.

    Raises AnswersError for a file in which no question of `gold` is answered, RunError like `run_gold`.
    """
    options = options or RunOptions()
    if not any(item.id in answers.records for item in gold.items):
        raise AnswersError(
            f"{answers.name} 里没有这个评测集的答案 holds no answer to this gold set: "
            f"id 应如 the ids should be like {gold.items[0].id!r}"
        )
    info = _info(gold, answers.describe(), options.name or folder.resolve().name, options.seed)
    with open_run(folder, info, gold, fresh=options.fresh) as run:
        _take_over(gold, answers, run)
        if options.library is not None:
            write_json(folder / "anchors.json", find_anchors(gold, options.library))
    return read_run(folder)


def score_run(
    folder: Path, options: ScoreOptions | None = None, judged: Mapping[str, float] | None = None
) -> Run:
    """Scores the answers in `folder` (again), without asking; writes scores.jsonl and summary.json.

    A question without an answer counts as an error, and so as wrong. `judged` are the values of the metric "judge"
    by the id of the question (eval.judge). Raises RunError where there is no run.
    """
    run = read_run(folder)
    scores = score_all(run.gold, run.records, run.anchors, options or ScoreOptions())
    scores = tuple(_with_judge(score, judged or {}) for score in scores)
    write_lines(folder / "scores.jsonl", scores)
    write_json(folder / "summary.json", summarise(scores, seed=run.info.seed).as_dict())
    return replace(run, scores=scores)


def error_share(run: Run) -> float:
    """The share (0..1) of the questions that have no answer or ended in an error; 0 for no questions."""
    if not run.gold.items:
        return 0.0
    bad = sum(item.id not in run.records or run.records[item.id].status == "error" for item in run.gold.items)
    return bad / len(run.gold.items)


def config_hash(description: Mapping[str, Any]) -> str:
    """A hash of what decides the answers: the system, its settings, versions and the content of its library."""
    content = description.get("library", {}).get("content", "")
    parts = [description["system"], description.get("settings", {}), description.get("versions", {}), content]
    return hashlib.sha256(dump(parts).encode()).hexdigest()


def _info(gold: GoldSet, description: Mapping[str, Any], name: str, seed: int) -> RunInfo:
    return RunInfo(
        name=name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        gold_name=gold.name,
        gold_hash=gold.hash,
        questions=len(gold.items),
        system=description["system"],
        settings=description.get("settings", {}),
        config_hash=config_hash(description),
        generation=description.get("generation"),
        versions=description.get("versions", {}),
        host={"python": platform.python_version(), "platform": platform.platform(), "cpus": os.cpu_count()},
        seed=seed,
        library=description.get("library", {}),
    )


def _take_over(gold: GoldSet, answers: AnswersFile, run: RunFolder) -> None:
    for item in gold.items:
        if item.id in run.records:
            continue
        reason = "答案文件里没有 not in the file of answers"
        record = answers.records.get(item.id, Record(item.id, item.question, "error", "", error=reason))
        run.append(replace(record, question=record.question or item.question))
    run.note(seconds=0.0, finished=True)


def _with_judge(score: Score, judged: Mapping[str, float]) -> Score:
    if score.id not in judged:
        return score
    return replace(score, values={**score.values, "judge": judged[score.id]})


class _Asker:
    """Asks conversations, turn after turn, leaving out what is `known`."""

    def __init__(
        self, system: System, cache: AnswerCache | None, known: Mapping[str, Record], retry_errors: bool
    ) -> None:
        self._system = system
        self._cache = cache
        self._known = dict(known)
        self._retry_errors = retry_errors

    def ask_all(self, conversation: Sequence[GoldItem]) -> Iterator[Record]:
        """The records that are missing; behind a turn that is asked again, all turns are."""
        turns: list[Turn] = []
        asking = False
        for item in conversation:
            record = self._known.get(item.id)
            if asking or record is None or (self._retry_errors and record.status == "error"):
                asking = True
                before = [Turn(past.question, past.answer) for past in item.history]
                record = replace(self._ask(item.question, [*before, *turns]), id=item.id)
                yield record
            if record.status != "error":
                turns.append(Turn(item.question, record.answer, record.standalone_question))

    def _ask(self, question: str, turns: Sequence[Turn]) -> Record:
        kept = self._cache.get(question, turns) if self._cache else None
        if kept is not None:
            return kept
        try:
            record = self._system.ask(question, turns)
        except ZhidaError as error:
            return Record("", question, "error", "", error=" ".join(str(error).split())[:SHOWN])
        except Exception as error:  # noqa: BLE001  one question must not cost the others their answers
            return Record("", question, "error", "", error=_defect(error))
        if self._cache:
            self._cache.put(question, turns, record)
        return record


def _defect(error: Exception) -> str:
    """What was raised and where, in one line."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})" if trace else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:SHOWN]}{place}"


def _answers(conversations: Sequence[Sequence[GoldItem]], asker: _Asker, parallel: int) -> Generator[Record]:
    """The missing records as they come: in order if one question is asked at a time."""
    if parallel <= 1:
        for conversation in conversations:
            yield from asker.ask_all(conversation)
        return
    waiting: queue.SimpleQueue[Sequence[GoldItem]] = queue.SimpleQueue()
    results: queue.SimpleQueue[Record | BaseException | None] = queue.SimpleQueue()
    stop = threading.Event()
    for conversation in conversations:
        waiting.put(conversation)

    def work() -> None:
        try:
            while not stop.is_set():
                for record in asker.ask_all(waiting.get_nowait()):
                    results.put(record)
                    if stop.is_set():
                        return
        except queue.Empty:
            results.put(None)
        except BaseException as error:  # noqa: BLE001  raised again by the thread that reads the results
            results.put(error)

    # Daemons, so that Ctrl-C does not wait for a server that takes two minutes to answer.
    for _ in range(parallel):
        threading.Thread(target=work, daemon=True).start()
    try:
        yield from _until_done(results, parallel)
    finally:
        stop.set()


def _until_done(results: queue.SimpleQueue[Record | BaseException | None], workers: int) -> Iterator[Record]:
    while workers:
        result = results.get()
        if result is None:
            workers -= 1
        elif isinstance(result, BaseException):
            raise result
        else:
            yield result
