"""`zhida eval compare`: what got worse and what got better from run A to run B, and how much of it is more than chance."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from ui.console import as_json, note, say

HELP = "比较两次评测 compare two runs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida eval compare`."""
    parser.add_argument("a", type=Path, metavar="A", help="原来的评测 the run before")
    parser.add_argument("b", type=Path, metavar="B", help="现在的评测 the run after")
    parser.add_argument(
        "--intersect", action="store_true", help="只比相同的题 compare only the questions that both asked"
    )
    parser.add_argument(
        "--metrics",
        default="",
        metavar="NAMES",
        help="只比这些指标，逗号分隔 only these metrics, separated by commas",
    )
    parser.add_argument(
        "--gates", type=Path, metavar="FILE", help="门槛，以 A 为基线 gates for B with A as its baseline"
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Prints the comparison and the gates; 0, or what the gates come to, or 3 where a run is not finished."""
    # These load numpy and scipy; a mistake in the arguments is told without them.
    from eval.compare import compare
    from eval.compare_table import table
    from eval.gate import INCOMPLETE, NOTHING_EVALUATED, Gates, check, exit_code, incomplete, read_gates
    from eval.record import read_run

    before, after = read_run(arguments.a), read_run(arguments.b)
    gates = read_gates(arguments.gates) if arguments.gates else Gates(())
    for folder, found_run in ((arguments.a, before), (arguments.b, after)):
        if not found_run.scores:
            note(f"没有评分 nothing is scored: zhida eval score {folder}")
            return NOTHING_EVALUATED
    names = [name.strip() for name in arguments.metrics.split(",") if name.strip()]
    found = compare(before, after, arguments.intersect, metrics=names)
    results = check(gates, after, before, intersect=arguments.intersect)
    if arguments.json:
        say(as_json({**found.as_dict(), "gates": [asdict(one) for one in results]}))
    else:
        say(table(found))
        if results:
            say("\n门槛 gates\n" + "\n".join(f"  {one}" for one in results))
    if found.unfinished:
        note(f"评测未完成 not finished: {', '.join(found.unfinished)}")
        return INCOMPLETE
    if not arguments.gates:
        return 0
    if reason := incomplete(gates, after):
        note(reason)
    return exit_code(gates, after, results)
