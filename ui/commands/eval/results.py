"""What `run` and `score` do alike once there are answers: score, print the table, write the reports, check the gates."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import SettingsError
from ui.commands.options import settings_of, whole_number
from ui.console import note, say

if TYPE_CHECKING:
    from eval.gate import Gates
    from eval.gold import GoldSet
    from eval.metrics.score import ScoreOptions
    from eval.record import Run

LONGEST_ANSWER = 100_000


@dataclass(frozen=True, slots=True)
class Standard:
    """What a run is held against."""

    gates: Gates
    baseline: Run | None = None


def add_scoring_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that say how answers are scored and what is good enough."""
    parser.add_argument(
        "--answer-limit",
        type=whole_number(LONGEST_ANSWER),
        default=200,
        metavar="N",
        help="要点须在回答的前 N 字内 characters of an answer within which facts count (200)",
    )
    parser.add_argument(
        "--prices",
        type=Path,
        metavar="FILE",
        help="每百万令牌的价格，JSON 或 TOML，键为 input、output prices of a million tokens",
    )
    parser.add_argument(
        "--gates",
        type=Path,
        metavar="FILE",
        help="门槛 gates.toml; 未过则退出码为 1 exit code 1 if one fails",
    )
    parser.add_argument(
        "--baseline",
        type=Path,
        metavar="DIR",
        help="作为基线的另一次评测 the run that drops are measured against",
    )
    parser.add_argument(
        "--max-errors",
        type=_share,
        metavar="SHARE",
        help="出错题的比例超过它则退出码为 3 exit code 3 above this share of errors (0.05, or what the gates say)",
    )


def score_options(arguments: argparse.Namespace) -> ScoreOptions:
    """How to score, as the arguments say it; similarity is measured with the embedding model of the settings."""
    from eval.metrics.score import ScoreOptions
    from index.embed import open_embedder

    embedder = open_embedder(settings_of(arguments).embedding_model)
    return ScoreOptions(
        answer_limit=arguments.answer_limit,
        prices=read_prices(arguments.prices) if arguments.prices else {},
        embed=lambda texts: embedder.encode(texts, kind="passage"),
    )


def standard_of(arguments: argparse.Namespace, gold: GoldSet) -> Standard:
    """What the arguments hold a run of `gold` against; raises GateError or RunError for what it cannot be held against.

    Called before anything is asked: a mistake in gates.toml must not cost an hour of answers.
    """
    from eval.gate import Gates, read_gates, require_usable
    from eval.record import RunError, read_run

    gates = read_gates(arguments.gates) if arguments.gates else Gates(())
    if arguments.max_errors is not None:
        gates = replace(gates, errors=arguments.max_errors)
    baseline = read_run(arguments.baseline) if arguments.baseline else None
    if baseline is not None and not (baseline.info.finished and baseline.scores):
        raise RunError(
            f"基线评测未完成或未评分 the baseline is not finished or not scored: {arguments.baseline}"
        )
    if baseline is not None and baseline.info.gold_hash != gold.hash:
        raise RunError(
            f"基线评测的题目不同 the baseline has other questions: {baseline.info.gold_name}; "
            "用同样的选项再评基线 evaluate it with the same --limit, --tag, --split and --id"
        )
    require_usable(gates, baseline, {tag for item in gold.items for tag in item.tags})
    return Standard(gates, baseline)


def tell(run: Run, folder: Path, standard: Standard) -> int:
    """Checks the gates, prints the table, writes the reports; returns the exit code, as eval.gate has them."""
    from eval.compare import compare
    from eval.gate import INCOMPLETE, check, exit_code, incomplete
    from eval.report import write_all
    from eval.summary import summarise, table

    results = check(standard.gates, run, standard.baseline)
    say(table(summarise(run.scores, seed=run.info.seed)))
    write_all(run, folder, compare(standard.baseline, run) if standard.baseline else None, results)
    for result in results:
        say(str(result))
    note(f"报告 report: {folder / 'report.html'}")
    code = exit_code(standard.gates, run, results)
    if code == INCOMPLETE:
        reasons = [record.error for record in run.records.values() if record.status == "error"]
        note(incomplete(standard.gates, run) + (f"; 例如 such as: {reasons[0]}" if reasons else ""))
        if len(run.records) < len(run.gold.items):
            note("再运行同一命令即可继续 the same command goes on: zhida eval run …")
        else:
            note("再问一次用 to ask again: zhida eval run … --retry-errors")
    return code


def read_prices(file: Path) -> Mapping[str, float]:
    """Prices by "input" and "output" from a JSON or TOML file. Raises SettingsError for anything else in it."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        given = json.loads(text) if file.suffix.lower() == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise SettingsError(f"读不了价格文件 cannot read the prices {file}: {error}") from None
    fits = isinstance(given, dict) and given.keys() <= {"input", "output"}
    if not fits or not all(isinstance(price, int | float) and price >= 0 for price in given.values()):
        raise SettingsError(f'{file} 应如 should be like {{"input": 2.0, "output": 8.0}}')
    return {name: float(price) for name, price in given.items()}


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"应为 0 到 1 之间的数，得到 {text[:20]!r}; a number from 0 to 1")
    return share
