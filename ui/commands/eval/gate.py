"""`zhida eval gate`: a line for each gate of gates.toml. Exit codes: 0 passed, 1 a gate failed, 2 a mistake in what was given,
3 the run is incomplete or has more errors than allowed, 4 nothing was evaluated."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from ui.console import as_json, note, say

HELP = "检查一次评测是否达标 hold a run against gates.toml"
GATES = Path("gates.toml")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida eval gate`."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="评测结果文件夹 the folder of a run")
    parser.add_argument(
        "--baseline", type=Path, metavar="RUN", help="相比的评测 the run that drops are measured against"
    )
    parser.add_argument(
        "--gates", type=Path, metavar="FILE", default=GATES, help="门槛 the gates (./gates.toml)"
    )
    parser.add_argument(
        "--intersect", action="store_true", help="只比相同的题 compare only the questions that both asked"
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Prints the gates and returns what they come to."""
    # These load numpy and scipy; a mistake in the arguments is told without them.
    from eval.gate import INCOMPLETE, NOTHING_EVALUATED, check, exit_code, incomplete, read_gates
    from eval.record import read_run

    gates, found = read_gates(arguments.gates), read_run(arguments.folder)
    baseline = read_run(arguments.baseline) if arguments.baseline else None
    if baseline and not baseline.info.finished:
        note(f"基线评测未完成 the baseline is not finished: {arguments.baseline}")
        return INCOMPLETE
    results = check(gates, found, baseline, intersect=arguments.intersect) if found.scores else []
    code = exit_code(gates, found, results)
    if arguments.json:
        say(as_json({"run": found.info.name, "code": code, "gates": [asdict(one) for one in results]}))
    else:
        for result in results:
            say(str(result))
    if code == NOTHING_EVALUATED:
        note(
            "没有评分 nothing was evaluated: 若已作答，先评分 if there are answers, score them first: "
            f"zhida eval score {arguments.folder}"
        )
    if code == INCOMPLETE:
        note(incomplete(gates, found))
    return code
